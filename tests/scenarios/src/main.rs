//! Plays scenarios from seeds on the real engine: `cargo run --release -p keepsake-scenarios -- --seeds
//! 1000`. One that fails is printed with the command that plays it again, and as a short story.
//!
//! The last line is `N seeds, M failed`.

use clap::Parser;
use keepsake_scenarios::seed::{FAIR, drawn};
use keepsake_scenarios::shrink::{shrink, wrong};
use keepsake_scenarios::{Scenario, play};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

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
    let failed = Mutex::new(0);
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= args.from + args.seeds {
                        return;
                    }
                    let failed_to = match &args.write {
                        Some(folder) => !is_written(seed, folder),
                        None => fails(seed),
                    };
                    if failed_to {
                        *failed.lock().unwrap_or_else(std::sync::PoisonError::into_inner) += 1;
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    println!("{} seeds, {failed} failed", args.seeds);
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Plays a seed, and writes it with what came of it. Says whether all is well.
fn is_written(seed: u64, folder: &Path) -> bool {
    let mut scenario = drawn(seed);
    let played = match play(&scenario) {
        Ok(played) if played.wrong.is_empty() => played,
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

/// Plays a seed; prints it, and a short story of it, if it fails.
fn fails(seed: u64) -> bool {
    let scenario = drawn(seed);
    let Some(why) = wrong(&scenario) else { return false };
    println!("seed {seed}: {why}");
    println!("  cargo run --release -p keepsake-scenarios -- --show --from {seed}");
    let kind = |why: &str| why.split([' ', ';']).skip(1).take(3).collect::<Vec<_>>().join(" ");
    let short =
        shrink(scenario, FAIR, &|less| wrong(less).is_some_and(|other| kind(&other) == kind(&why)));
    println!("{}", serde_json::to_string(&short).unwrap_or_default());
    true
}

fn report(scenario: &Scenario, show: bool) -> ExitCode {
    match play(scenario) {
        Ok(played) => {
            for line in played.trace.iter().filter(|_| show) {
                println!("{line}");
            }
            println!("{:?}", played.ends);
            for what in &played.wrong {
                println!("wrong: {what}");
            }
            if played.wrong.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}
