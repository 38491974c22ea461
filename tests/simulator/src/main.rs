//! Runs seeds: `cargo run --release -p keepsake-simulator -- --seeds 10000`.
//!
//! The last line is `N seeds, M failed`. A seed that fails is printed with the command that runs it
//! again, shrunk: without the kinds of happenings that it does not take, with as little foul weather and
//! as small a library as still break the same promise; and with what happened last.

use clap::Parser;
use keepsake_simulator::kind::{Kind, Kinds};
use keepsake_simulator::shrink::shrink;
use keepsake_simulator::{Coverage, Shown, Simpler, find, planted};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// A phone in a box: backups in virtual time, each from one seed.
#[derive(Debug, Parser)]
#[allow(clippy::struct_excessive_bools)] // independent flags
struct Args {
    /// How many seeds.
    #[arg(long, default_value_t = 1_000)]
    seeds: u64,
    /// The first of them.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Stop after so many that fail.
    #[arg(long, default_value_t = 10)]
    most: usize,
    /// Print every event and effect.
    #[arg(long)]
    show: bool,
    /// Plant each bug, and print in how many seeds it was found, as a table in Markdown.
    #[arg(long)]
    bugs: bool,
    /// Plant this bug.
    #[arg(long)]
    bug: Option<String>,
    /// Leave these kinds of happenings out.
    #[arg(long, value_enum, value_delimiter = ',')]
    without: Vec<Kind>,
    /// End foul weather after so many happenings.
    #[arg(long)]
    lasts: Option<u32>,
    /// Begin with so many assets of the library.
    #[arg(long)]
    assets: Option<u32>,
    /// Print how often each path was taken, as a table in Markdown.
    #[arg(long)]
    coverage: bool,
    /// Fail if a path that is possible was not taken.
    #[arg(long)]
    all_paths: bool,
}

impl Args {
    fn bug(&self) -> Option<planted::Bug> {
        planted::all().find(|bug| Some(bug.name) == self.bug.as_deref())
    }

    fn simpler(&self) -> Simpler {
        let without: Kinds = self.without.iter().copied().collect();
        Simpler { without, lasts: self.lasts, assets: self.assets }
    }
}

/// What all runs came to.
#[derive(Debug, Default)]
struct Sum {
    events: u64,
    kills: u64,
    millis: u64,
    /// The fewest of one run that came to its end.
    fewest: Option<(u64, u32)>,
    coverage: Coverage,
    failed: Vec<(u64, String)>,
}

fn main() -> ExitCode {
    let args = Args::parse();
    if args.bugs {
        return plant(&args);
    }
    let next = AtomicU64::new(args.from);
    let sum = Mutex::new(Sum::default());
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| work(&args, &next, &sum));
        }
    });
    let Sum { events, kills, millis, fewest, coverage, mut failed } =
        sum.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    failed.sort();
    for (seed, why) in &failed {
        println!("seed {seed}: {why}");
        show_shrunk(*seed, &args);
    }
    let years = millis / (365 * 86_400_000);
    if args.coverage {
        println!("{}", coverage.table());
    }
    let missed = coverage.missed();
    for (step, hold, fate) in missed.iter().filter(|_| args.all_paths) {
        let hold = hold.map_or("no hold".to_owned(), |hold| format!("{hold:?}"));
        println!("never taken: {step:?}, under {hold}, {fate:?}");
    }
    let (fewest_events, fewest_kills) = fewest.unwrap_or_default();
    println!(
        "{events} events (at least {fewest_events} a seed), {kills} kills (at least \
         {fewest_kills}), {years} device-years"
    );
    println!("{} seeds, {} failed", args.seeds, failed.len());
    let good = failed.is_empty() && (missed.is_empty() || !args.all_paths);
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn work(args: &Args, next: &AtomicU64, sum: &Mutex<Sum>) {
    loop {
        let seed = next.fetch_add(1, Ordering::Relaxed);
        if seed >= args.from + args.seeds {
            return;
        }
        let shown = if args.show { Shown::Everything } else { Shown::Nothing };
        let outcome = args.simpler().run(seed).shown(shown).with(args.bug()).to_the_end();
        let mut sum = sum.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if sum.failed.len() >= args.most {
            return;
        }
        sum.events += outcome.events;
        sum.kills += u64::from(outcome.kills);
        sum.millis += outcome.lasted;
        if outcome.violation.is_none() {
            let (events, kills) = sum.fewest.unwrap_or((u64::MAX, u32::MAX));
            sum.fewest = Some((events.min(outcome.events), kills.min(outcome.kills)));
        }
        sum.coverage.add(&outcome.coverage);
        sum.failed.extend(outcome.violation.map(|violation| (seed, violation.to_string())));
    }
}

/// Prints how the simplest run is made that fails as `seed` does, and what happens last in it.
fn show_shrunk(seed: u64, args: &Args) {
    let again = "  cargo run --release -p keepsake-simulator -- --seeds 1 --from";
    println!("{again} {seed}");
    let asked = args.simpler();
    let Some((simpler, outcome)) = shrink(seed, args.bug()).filter(|_| asked == Simpler::default())
    else {
        return;
    };
    let violation = outcome.violation.map(|violation| violation.to_string());
    println!("  shrunk, it fails after {} happenings and {} events:", outcome.foul, outcome.events);
    println!("{again} {seed}{}", simpler.flags());
    outcome.last.iter().for_each(|line| println!("    {line}"));
    println!("    {}", violation.unwrap_or_default());
}

/// Plants each bug in turn.
fn plant(args: &Args) -> ExitCode {
    println!("| planted bug | what is wrong | found in | by |\n|---|---|---|---|");
    let mut missed = 0;
    for bug in planted::all() {
        let found = find(bug, args.from, args.seeds);
        missed += u64::from(found.is_none());
        let (seeds, by) = match found {
            Some((1, by)) => ("1 seed".to_owned(), format!("{by:?}")),
            Some((seeds, by)) => (format!("{seeds} seeds"), format!("{by:?}")),
            None => ("**not found**".to_owned(), String::new()),
        };
        println!("| {} | {} | {seeds} | {by} |", bug.name, bug.sentence);
    }
    println!("\n{} bugs, {missed} not found", planted::all().count());
    if missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
