use super::*;
use proptest::prelude::*;

const SEED: u64 = 42;

fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

fn fail(before: Option<Waiting>, fault: Fault, wasted: u64, size: u64) -> Result<Waiting, Fault> {
    after_failure(before, fault, wasted, size, Elapsed(1_000), SEED, ResourceId(7))
}

/// How many failures it takes until the item is given up on.
fn failures(fault: Fault, wasted: u64, size: u64) -> u32 {
    let mut before = None;
    for count in 1..=300 {
        match fail(before, fault, wasted, size) {
            Ok(waiting) => before = Some(waiting),
            Err(given_up) => {
                assert_eq!(given_up, fault);
                return count;
            }
        }
    }
    panic!("{fault:?} is tried for ever");
}

#[test]
fn a_back_off_doubles_up_to_its_cap() {
    let wait = |attempt| delay(secs(8), secs(60), SEED, 1, attempt);
    for (attempt, whole) in [(0, 8), (1, 8), (2, 16), (3, 32), (4, 60), (9, 60), (255, 60)] {
        let wait = wait(attempt);
        assert!(wait >= secs(whole) / 2 && wait < secs(whole), "{attempt}: {wait:?}");
    }
}

#[test]
fn the_jitter_is_a_hash_and_the_same_on_every_platform() {
    let wait = |seed, id, attempt| delay(secs(100), secs(1_000), seed, id, attempt).as_millis();
    assert_eq!(wait(SEED, 1, 1), wait(SEED, 1, 1));
    assert_ne!(wait(SEED, 1, 1), wait(SEED, 2, 1));
    assert_ne!(wait(SEED, 1, 1), wait(SEED + 1, 1, 1));
    let waits: Vec<_> = (1..=4).map(|attempt| wait(SEED, 1, attempt)).collect();
    insta::assert_snapshot!(format!("{waits:?}"), @r#"[73452, 134214, 303815, 738620]"#);
    // Reference value of SplitMix64: the first output for seed 1234567 (Vigna's splitmix64.c).
    assert_eq!(mix(1_234_567), 6_457_827_717_110_365_317);
}

#[test]
fn jitter_spreads_over_its_whole_range() {
    let waits: Vec<_> =
        (0..1_000).map(|id| delay(secs(100), secs(100), SEED, id, 1).as_secs()).collect();
    for bucket in 0..5 {
        let from = 50 + bucket * 10;
        let within = waits.iter().filter(|wait| (from..from + 10).contains(*wait)).count();
        assert!((120..280).contains(&within), "{from} s: {within}");
    }
}

proptest! {
    #[test]
    fn no_back_off_overflows_or_leaves_its_bounds(
        base in 0..=u64::MAX, cap in 0..=u64::MAX, seed: u64, id: u64, attempt: u8,
    ) {
        let wait =
            delay(Duration::from_millis(base), Duration::from_millis(cap), seed, id, attempt);
        prop_assert!(wait <= Duration::from_millis(cap));
        prop_assert!(wait >= Duration::from_millis(base.min(cap) / 2));
    }
}

#[test]
fn an_item_has_as_many_attempts_as_its_fault_is_worth() {
    let mut counts: Vec<_> = FAULTS.iter().map(|fault| (failures(*fault, 0, 1), *fault)).collect();
    counts.sort_unstable();
    let lines: Vec<_> = counts.iter().map(|(count, fault)| format!("{count} {fault:?}")).collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    1 Crashed
    2 Unreadable
    2 Refused
    3 ReadFailed
    4 OriginalMissing
    4 VerifyFailed
    4 DigestMismatch
    4 HostFault
    6 KeepsChanging
    8 DownloadFailed
    8 DownloadIncomplete
    8 UploadFailed
    "#);
}

const FAULTS: [Fault; 12] = [
    Fault::Unreadable,
    Fault::ReadFailed,
    Fault::KeepsChanging,
    Fault::OriginalMissing,
    Fault::DownloadFailed,
    Fault::DownloadIncomplete,
    Fault::Refused,
    Fault::UploadFailed,
    Fault::VerifyFailed,
    Fault::DigestMismatch,
    Fault::Crashed,
    Fault::HostFault,
];

#[test]
fn an_item_has_four_times_its_size_in_bytes_but_at_least_three_attempts() {
    let gigabyte = 1_000_000_000;
    assert_eq!(failures(Fault::DownloadFailed, gigabyte, gigabyte), 5);
    assert_eq!(failures(Fault::DownloadFailed, 100 * gigabyte, gigabyte), 3);
    assert_eq!(failures(Fault::DownloadFailed, 3 << 20, 1 << 20), 6, "16 MiB at least");
    assert_eq!(failures(Fault::DownloadFailed, 1 << 20, 1 << 20), 8);
    assert_eq!(failures(Fault::DownloadFailed, u64::MAX, u64::MAX), 8, "saturates");
}

#[test]
fn a_failure_counts_attempts_and_waste_and_waits_from_now() {
    let first = fail(None, Fault::UploadFailed, 10, 100).unwrap();
    let second = fail(Some(first), Fault::DownloadFailed, 5, 100).unwrap();
    assert_eq!((second.attempt, second.wasted), (2, 15));
    assert_eq!(second.why, Why::Failed(Fault::DownloadFailed));
    assert!(second.due >= Elapsed(1_000) + secs(30) && second.due < Elapsed(1_000) + secs(60));
    assert_eq!(second.bytes, Bytes::InLibrary);
}

#[test]
fn failures_of_what_was_under_way_count_as_one() {
    let mut backoffs = Backoffs::default();
    let until = backoffs.vault_failed(Elapsed(0), SEED);
    for at in 1..9 {
        assert_eq!(backoffs.vault_failed(Elapsed(at), SEED), until);
    }
    assert!(backoffs.holds().has(Hold::VaultUnavailable));
    assert_eq!(backoffs.due(), Some((until, Deadline::Vault)));
}

#[test]
fn each_probe_that_fails_makes_the_vaults_back_off_longer() {
    let mut backoffs = Backoffs::default();
    let mut at = Elapsed(0);
    let mut waits = Vec::new();
    for _ in 0..12 {
        let until = backoffs.vault_failed(at, SEED);
        waits.push(until - at);
        at = until;
        let fired = backoffs.fire(at, SEED);
        assert!(fired.probe_vault && backoffs.holds().has(Hold::VaultUnavailable));
    }
    assert!(waits[0] < secs(5) && waits[4] >= secs(40), "{waits:?}");
    assert!(waits.iter().all(|wait| *wait < Duration::from_mins(15)), "{waits:?}");
    assert!(backoffs.vault_answered() && !backoffs.vault_answered());
    assert_eq!((backoffs.holds(), backoffs.due()), (Holds::NONE, None));
}

#[test]
fn a_probe_whose_answer_is_lost_is_repeated() {
    let mut backoffs = Backoffs::default();
    let until = backoffs.vault_failed(Elapsed(0), SEED);
    assert!(!backoffs.fire(Elapsed(until.0 - 1), SEED).probe_vault);
    assert!(backoffs.fire(until, SEED).probe_vault);
    assert!(!backoffs.fire(until, SEED).probe_vault, "one is under way");
    // A kill in between: what was stored asks again too.
    let stored = serde_json::to_string(&backoffs).unwrap();
    let mut restored: Backoffs = serde_json::from_str(&stored).unwrap();
    let (again, _) = restored.due().unwrap();
    assert!(restored.fire(again, SEED).probe_vault);
}

#[test]
fn a_full_vault_waits_for_room_for_the_smallest() {
    let mut backoffs = Backoffs::default();
    let until = backoffs.full(500, Elapsed(0), SEED);
    assert_eq!(backoffs.full(300, Elapsed(1), SEED), until);
    assert_eq!(backoffs.full(900, Elapsed(1), SEED), until);
    assert_eq!(backoffs.needed(), Some(300));
    assert!(!backoffs.room(Some(299)) && backoffs.holds().has(Hold::VaultFull));
    assert!(backoffs.fire(until, SEED).probe_vault);
    assert!(backoffs.room(Some(300)) && backoffs.holds().is_empty());
    assert_eq!((backoffs.due(), backoffs.needed()), (None, None));
}

#[test]
fn a_vault_that_does_not_tell_its_room_is_tried_less_and_less_often() {
    let mut backoffs = Backoffs::default();
    let mut at = Elapsed(0);
    let mut waits = Vec::new();
    for _ in 0..6 {
        let until = backoffs.full(1, at, SEED);
        waits.push(until - at);
        at = until;
        assert!(backoffs.fire(at, SEED).probe_vault);
        assert!(backoffs.room(None));
    }
    assert!(waits[5] > waits[0] * 8, "{waits:?}");
    backoffs.sent();
    assert!(backoffs.full(1, at, SEED) - at < secs(5), "something was sent in between");
    backoffs.sent();
    assert!(backoffs.holds().has(Hold::VaultFull), "a late success does not end it");
}

#[test]
fn three_different_items_failing_in_a_row_are_the_sources_trouble() {
    let mut backoffs = Backoffs::default();
    let mut trouble = |id| backoffs.source_trouble(ResourceId(id), Elapsed(0), SEED);
    assert_eq!([trouble(1), trouble(1), trouble(1), trouble(2)], [None; 4], "one item twice");
    let until = trouble(3).unwrap();
    assert!(trouble(4).is_none(), "it has begun");
    assert!(backoffs.holds().has(Hold::SourceUnavailable));
    assert_eq!(backoffs.due(), Some((until, Deadline::Source)));
    assert!(backoffs.fire(until, SEED).source && backoffs.holds().is_empty());
    let again = backoffs.source_trouble(ResourceId(1), until, SEED).unwrap();
    assert!(again - until >= secs(30), "one more failure begins it again, for longer");
    assert!(backoffs.source_ok() && backoffs.holds().is_empty());
    assert!(backoffs.source_trouble(ResourceId(1), again, SEED).is_none(), "three again");
}

#[test]
fn an_item_that_is_served_in_between_breaks_the_row() {
    let mut backoffs = Backoffs::default();
    for id in 0..20 {
        assert_eq!(backoffs.source_trouble(ResourceId(id), Elapsed(0), SEED), None);
        if id % 2 == 1 {
            assert!(!backoffs.source_ok());
        }
    }
}

#[test]
fn when_conditions_get_better_what_waits_is_due_at_once() {
    let mut backoffs = Backoffs::default();
    backoffs.vault_failed(Elapsed(0), SEED);
    for id in 0..3 {
        backoffs.source_trouble(ResourceId(id), Elapsed(0), SEED);
    }
    backoffs.hurry(Elapsed(10));
    assert_eq!(backoffs.fire(Elapsed(10), SEED), Fired { probe_vault: true, source: true });
    backoffs.hurry(Elapsed(11));
    assert!(!backoffs.fire(Elapsed(11), SEED).probe_vault, "its probe is under way");
}

#[test]
fn a_source_that_is_due_probes_no_vault() {
    let mut backoffs = Backoffs::default();
    for id in [1, 2, 3] {
        backoffs.source_trouble(ResourceId(id), Elapsed(0), 0);
    }
    let due = backoffs.source_until().unwrap();
    // A moment before, the vault was found to be full, and is left alone for seconds.
    let later = backoffs.full(9, due, 0);
    assert!(later > due);
    assert_eq!(backoffs.fire(due, 0), Fired { probe_vault: false, source: true });
    // It made room, which is only remembered: nothing is due any more.
    assert!(backoffs.room(None));
    assert_eq!(backoffs.fire(later, 0), Fired::default());
}

#[test]
fn what_was_stored_of_back_offs_opens() {
    let mut backoffs = Backoffs::default();
    backoffs.vault_failed(Elapsed(1_000), SEED);
    backoffs.full(300, Elapsed(2_000), SEED);
    backoffs.source_trouble(ResourceId(1), Elapsed(3_000), SEED);
    let stored = serde_json::to_string(&backoffs).unwrap();
    insta::assert_snapshot!(stored, @r#"{"vault":{"attempt":1,"until":4405,"probing":false},"full":{"attempt":1,"until":5927,"needed":300,"held":true},"source":{"attempt":0,"until":null,"failed":[1]}}"#);
    assert_eq!(serde_json::from_str::<Backoffs>(&stored).unwrap(), backoffs);
    assert_eq!(serde_json::from_str::<Backoffs>("{}").unwrap(), Backoffs::default());
}

#[test]
fn a_vault_that_does_not_answer_a_probe_is_left_alone_for_longer() {
    let mut backoffs = Backoffs::default();
    let first = backoffs.vault_failed(Elapsed(0), SEED);
    assert!(backoffs.fire(first, SEED).probe_vault);
    let second = backoffs.vault_failed(first, SEED);
    assert!((secs(5)..secs(10)).contains(&(second - first)), "{:?}", second - first);
}

#[test]
fn an_original_that_is_missing_is_looked_for_again_after_a_while_and_not_at_once() {
    let waits = fail(None, Fault::OriginalMissing, 0, 1).unwrap();
    assert!(waits.due >= Elapsed(1_000) + secs(30), "{waits:?}");
}
