//! Seeds that hold, and seeds of today: what fails is printed with the command that runs it again.

use keepsake_simulator::{Invariant, Plan, Run, find, planted, simulate};
use keepsake_tests::random::Random;
use std::collections::BTreeSet;

fn hold(seeds: impl Iterator<Item = u64>) {
    let (mut kills, mut events) = (0, 0);
    for seed in seeds {
        let outcome = simulate(seed);
        kills += outcome.kills;
        events += outcome.events;
        if let Some(violation) = outcome.violation {
            let again = "cargo run --release -p keepsake-simulator -- --seeds 1 --from";
            panic!("seed {seed}: {violation}\n  {again} {seed}");
        }
    }
    assert!(kills > 0 && events > 0, "{kills} kills, {events} events");
}

#[test]
fn the_first_seeds_hold() {
    hold(0..400);
}

/// Each of these once found a mistake; the changelog says which of nearly all.
#[test]
fn seeds_that_found_something_hold() {
    let found = [
        115, 4_940, 7_353, 8_162, 8_846, 59_354, 98_090, 126_059, 163_775, 256_389, 304_326,
        315_269, 317_534, 474_374, 731_038, 761_255, 822_909, 973_593, 2_045_761,
    ];
    hold(found.into_iter());
}

#[test]
fn seeds_of_today_hold() {
    let mut random = Random::from_environment();
    hold((0..60).map(|_| random.number()));
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let run = |seed| Run::new(Plan::of(seed)).traced().to_the_end();
    for seed in 0..20 {
        let [one, other] = [run(seed), run(seed)];
        assert_eq!((one.trace, one.events, one.lasted), (other.trace, other.events, other.lasted));
    }
    let traces: BTreeSet<u64> = (0..20).map(|seed| run(seed).trace).collect();
    assert_eq!(traces.len(), 20, "and another seed another one");
}

#[test]
fn every_promise_has_a_sentence_of_its_own() {
    let sentences: BTreeSet<_> = Invariant::ALL.into_iter().map(Invariant::sentence).collect();
    assert_eq!(sentences.len(), Invariant::ALL.len());
}

#[test]
fn planted_bugs_are_found() {
    // Those that few seeds find: the table in SIMULATOR.md is of all.
    let quick =
        ["safe-before-it-is-verified", "hit-taken-for-a-miss", "waits-for-ever", "raise-not-given"];
    let bugs = planted::all().filter(|bug| quick.contains(&bug.name)).collect::<Vec<_>>();
    assert_eq!(bugs.len(), quick.len());
    for bug in bugs {
        assert!(find(bug, 0, 60).is_some(), "{} is not found", bug.name);
    }
    let names: BTreeSet<_> = planted::all().map(|bug| bug.name).collect();
    assert_eq!(names.len(), planted::all().count(), "two have one name");
    assert!(names.len() >= 40);
}
