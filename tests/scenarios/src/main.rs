//! Plays scenarios from seeds on the real engine: `cargo run --release -p keepsake-scenarios -- --seeds
//! 1000`. One that fails is printed with the command that judges it again, and as a short story: `--file
//! STORY.json --judge`.
//!
//! The last lines say how often what happened, and `N seeds, M failed`.

use clap::Parser;
use keepsake_scenarios::format::{Happening, What};
use keepsake_scenarios::seed::{FAIR, drawn};
use keepsake_scenarios::shrink::{Verdict, judged, shrink};
use keepsake_scenarios::{Scenario, play};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Stories of backups, on the real engine in virtual time.
#[derive(Debug, Parser)]
struct Args {
    /// How many seeds.
    #[arg(long, default_value_t = 100)]
    seeds: u64,
    /// The first of them.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Print what the host sees.
    #[arg(long)]
    show: bool,
    /// Play this file instead.
    #[arg(long)]
    file: Option<PathBuf>,
    /// Judge that file as the story of a seed, which ends in fair weather: with its kills and without.
    #[arg(long, requires = "file")]
    judge: bool,
    /// Write each, with what the host sees and how it ends, into this folder: to be played elsewhere.
    #[arg(long)]
    write: Option<PathBuf>,
}

fn main() -> ExitCode {
    let args = Args::parse();
    if let Some(file) = &args.file {
        let text = std::fs::read_to_string(file).map_err(|why| why.to_string());
        let told = text.and_then(|text| {
            serde_json::from_str::<Scenario>(&text).map_err(|why| why.to_string())
        });
        return match told {
            Ok(scenario) if args.judge => verdict(&scenario),
            Ok(scenario) => report(&scenario, true),
            Err(why) => {
                eprintln!("{}: {why}", file.display());
                ExitCode::FAILURE
            }
        };
    }
    if args.show {
        return report(&drawn(args.from), true);
    }
    let next = AtomicU64::new(args.from);
    let tally = Mutex::new(Tally::default());
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= args.from + args.seeds {
                        return;
                    }
                    let scenario = drawn(seed);
                    let happened = words(&scenario);
                    let (failed, died) = match &args.write {
                        Some(folder) => (!is_written(seed, scenario, folder), 0),
                        None => fails(seed, scenario),
                    };
                    tally
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .add(happened, failed, died);
                }
            });
        }
    });
    let Tally { happened, died, failed } =
        tally.into_inner().unwrap_or_else(PoisonError::into_inner);
    let each: Vec<_> = happened.iter().map(|(word, times)| format!("{word} {times}")).collect();
    println!("{} happenings: {}", happened.values().sum::<u64>(), each.join(", "));
    println!("died {died} times amid an operation");
    println!("{} seeds, {failed} failed", args.seeds);
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What was played.
#[derive(Default)]
struct Tally {
    /// How often each thing happened, by its word; fair weather too.
    happened: BTreeMap<String, u64>,
    died: u64,
    failed: u64,
}

impl Tally {
    fn add(&mut self, happened: Vec<String>, failed: bool, died: u64) {
        self.died += died;
        for word in happened {
            *self.happened.entry(word).or_default() += 1;
        }
        self.failed += u64::from(failed);
    }
}

/// What happens in it: the word of each.
fn words(scenario: &Scenario) -> Vec<String> {
    let word = |happening: &Happening| match serde_json::to_value(&happening.what) {
        Ok(serde_json::Value::Object(what)) => what.into_iter().next().map(|(word, _)| word),
        _ => None,
    };
    scenario.happens.iter().filter_map(word).collect()
}

/// Plays a seed, and writes it with what came of it. Says whether all is well. (Other hosts do not die amid
/// an operation: which one that is, is counted here.)
fn is_written(seed: u64, mut scenario: Scenario, folder: &Path) -> bool {
    let is_left_out =
        |what: &What| matches!(what, What::KilledAmid(_) | What::PowerCutAmid(_) | What::LetsGo(_));
    scenario.happens.retain(|one| !is_left_out(&one.what));
    let played = match play(&scenario) {
        Ok(played) if played.broken.is_empty() => played,
        other => {
            println!("seed {seed}: {other:?}");
            return false;
        }
    };
    (scenario.trace, scenario.ends) = (played.trace, played.ends);
    let text = serde_json::to_string_pretty(&scenario).unwrap_or_default() + "\n";
    let file = folder.join(format!("seed-{seed}.json"));
    let written = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&file, text));
    if let Err(why) = &written {
        println!("{}: {why}", file.display());
    }
    written.is_ok()
}

/// Plays a seed; prints it, and a short story of it, if it fails. Says whether it does, and how often the
/// program died amid its work.
fn fails(seed: u64, scenario: Scenario) -> (bool, u64) {
    let Verdict { wrong, died } = judged(&scenario);
    let Some(why) = wrong else { return (false, died) };
    println!("seed {seed}: {why}");
    println!("  cargo run --release -p keepsake-scenarios -- --seeds 1 --from {seed}");
    let kind = |why: &str| why.split(':').next().map(str::to_owned);
    let same = |less: &Scenario| judged(less).wrong.is_some_and(|other| kind(&other) == kind(&why));
    let short = shrink(scenario, FAIR, &same);
    println!("{}", serde_json::to_string(&short).unwrap_or_default());
    (true, died)
}

/// Judges it.
fn verdict(scenario: &Scenario) -> ExitCode {
    let Some(wrong) = judged(scenario).wrong else {
        println!("all is well");
        return ExitCode::SUCCESS;
    };
    println!("{wrong}");
    ExitCode::FAILURE
}

fn report(scenario: &Scenario, show: bool) -> ExitCode {
    match play(scenario) {
        Ok(played) => {
            for line in played.trace.iter().filter(|_| show) {
                println!("{line}");
            }
            println!("{:?}", played.ends);
            for broken in &played.broken {
                println!("{broken}");
            }
            if played.broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}
