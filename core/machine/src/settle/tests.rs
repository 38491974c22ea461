//! Every stage with every fact, as a table; and what no order of facts may do.

use super::*;
use crate::media::SizeClass;
use crate::stage::Origin;
use proptest::prelude::*;

const ONE: Version = Version(1);
const TWO: Version = Version(2);
const STAGED: u64 = 7_000;

fn digest() -> Digest {
    Digest { sha256: [7; 32], md5: None, size: STAGED }
}

fn waiting(why: Why, bytes: Bytes) -> Stage {
    Stage::Waiting(Waiting { due: Elapsed(900), attempt: 3, wasted: 5, why, bytes })
}

/// One of every stage, by the name that the table has for it.
fn stages() -> Vec<(&'static str, Stage)> {
    let staged = Bytes::Staged(STAGED);
    let failed = Why::Failed(Fault::DownloadFailed);
    vec![
        ("Discovered", Stage::Discovered),
        ("Awaiting", Stage::AwaitingOriginal),
        ("Checksumming", Stage::Checksumming),
        ("Checking", Stage::CheckingDuplicate { bytes: staged }),
        ("Uploading", Stage::Uploading { bytes: Bytes::WithOs(STAGED) }),
        ("Verifying", Stage::Verifying { bytes: staged, origin: Origin::Sent }),
        ("Waiting", waiting(failed, staged)),
        ("NeedsSpace", waiting(Why::NeedsMoreSpace, Bytes::InLibrary)),
        ("BackedUp", Stage::BackedUp),
        ("Duplicate", Stage::Duplicate),
        ("Freed", Stage::Freed),
        ("Lost", Stage::Lost),
        ("Quarantined", Stage::Quarantined(Fault::Crashed)),
        ("Hidden", Stage::Hidden),
        ("Closed", Stage::Closed),
        ("Excluded", Stage::Excluded),
        ("Forgotten", Stage::Forgotten),
    ]
}

fn seen(version: Version, chosen: bool) -> Fact {
    let size = Size::Exact(STAGED);
    Fact::Seen { version, locality: Locality::Local, size, chosen }
}

/// Every fact, by the name that the table has for it.
fn facts() -> Vec<(&'static str, Fact)> {
    vec![
        ("seen", seen(ONE, true)),
        ("seen, not chosen", seen(ONE, false)),
        ("changed", seen(TWO, true)),
        ("changed, not chosen", seen(TWO, false)),
        ("absent", Fact::Absent),
        ("out of sight", Fact::OutOfSight),
        ("chosen", Fact::Chosen(true)),
        ("not chosen", Fact::Chosen(false)),
        ("still there", Fact::StillThere),
        ("gone from vault", Fact::GoneFromVault),
        ("forget", Fact::Forget),
        ("remember", Fact::Remember),
        ("retry", Fact::Retry),
        ("freed", Fact::Freed),
        ("crashed", Fact::Crashed(Fault::Crashed)),
    ]
}

/// For each fact: what becomes of the stages that it changes; all others stay.
const TABLE: &str = "
    seen: NeedsSpace>Discovered Freed>BackedUp Lost>Discovered Hidden>Discovered Closed>Discovered Excluded>Discovered
    seen, not chosen: Discovered>Excluded Awaiting>Excluded Checksumming>Excluded Checking>Excluded Uploading>Excluded Verifying>Excluded Waiting>Excluded NeedsSpace>Excluded Freed>BackedUp Lost>Excluded Quarantined>Excluded Hidden>Excluded Closed>Excluded
    changed: Awaiting>Discovered Checksumming>Discovered Checking>Discovered Uploading>Discovered Verifying>Discovered Waiting>Discovered NeedsSpace>Discovered BackedUp>Discovered Duplicate>Discovered Freed>Discovered Lost>Discovered Quarantined>Discovered Hidden>Discovered Closed>Discovered Excluded>Discovered Forgotten>Discovered
    changed, not chosen: Discovered>Excluded Awaiting>Excluded Checksumming>Excluded Checking>Excluded Uploading>Excluded Verifying>Excluded Waiting>Excluded NeedsSpace>Excluded BackedUp>Excluded Duplicate>Excluded Freed>Excluded Lost>Excluded Quarantined>Excluded Hidden>Excluded Closed>Excluded Forgotten>Excluded
    absent: Discovered>Closed Awaiting>Closed Checksumming>Closed Checking>Closed Uploading>Closed Verifying>Closed Waiting>Closed NeedsSpace>Closed BackedUp>Closed Duplicate>Closed Quarantined>Closed Hidden>Closed Excluded>Closed
    out of sight: Discovered>Hidden Awaiting>Hidden Checksumming>Hidden Checking>Hidden Uploading>Hidden Verifying>Hidden Waiting>Hidden NeedsSpace>Hidden
    chosen: Excluded>Discovered
    not chosen: Discovered>Excluded Awaiting>Excluded Checksumming>Excluded Checking>Excluded Uploading>Excluded Verifying>Excluded Waiting>Excluded NeedsSpace>Excluded Quarantined>Excluded Hidden>Excluded
    still there: Lost>Freed
    gone from vault: BackedUp>Discovered Duplicate>Discovered Freed>Lost
    forget: Discovered>Forgotten Awaiting>Forgotten Checksumming>Forgotten Checking>Forgotten Uploading>Forgotten Verifying>Forgotten Waiting>Forgotten NeedsSpace>Forgotten BackedUp>Forgotten Duplicate>Forgotten Freed>Forgotten Lost>Forgotten Quarantined>Forgotten Hidden>Forgotten Closed>Forgotten Excluded>Forgotten
    remember: Forgotten>Discovered
    retry: Waiting>Due NeedsSpace>Due Quarantined>Discovered
    freed: BackedUp>Freed Duplicate>Freed
    crashed: Discovered>Quarantined Awaiting>Quarantined Checksumming>Quarantined Checking>Quarantined Uploading>Quarantined Verifying>Quarantined Waiting>Quarantined NeedsSpace>Quarantined";

fn row(stage: Stage) -> Settled {
    Settled {
        version: ONE,
        locality: Locality::Cloud,
        size: Size::Exact(STAGED),
        digest: Some(digest()),
        stage,
        at_vault: if stage.is_safe() { AtVault::There } else { AtVault::Never },
    }
}

#[test]
fn every_stage_settles_by_every_fact_as_the_table_says() {
    for (fact_name, fact) in facts() {
        let prefix = format!("{fact_name}: ");
        let line = TABLE.lines().find_map(|line| line.trim().strip_prefix(&prefix));
        let moves: Vec<_> = line
            .unwrap_or_else(|| panic!("no line for {fact_name}"))
            .split_whitespace()
            .map(|entry| entry.split_once('>').expect("from>to"))
            .collect();
        for (name, stage) in stages() {
            let after = settle(row(stage), fact).stage;
            let case = format!("{name} + {fact_name}");
            match moves.iter().find(|(from, _)| *from == name) {
                None => assert_eq!(after, stage, "{case}: should stay"),
                Some((_, "Due")) => match (stage, after) {
                    (Stage::Waiting(before), Stage::Waiting(after)) => {
                        assert_eq!(after, Waiting { due: Elapsed(0), ..before }, "{case}");
                    }
                    _ => panic!("{case}: {after:?}"),
                },
                Some((_, to)) => {
                    let to = stages().into_iter().find(|(name, _)| name == to).expect("a stage");
                    assert_eq!(after, to.1, "{case}");
                }
            }
        }
    }
}

#[test]
fn only_other_bytes_drop_the_digest() {
    for (_, stage) in stages() {
        for (name, fact) in facts() {
            let after = settle(row(stage), fact);
            let changed = matches!(fact, Fact::Seen { version: TWO, .. });
            assert_eq!(after.digest.is_none(), changed, "{stage:?} + {name}");
            assert_eq!(after.version == TWO, changed, "{stage:?} + {name}");
        }
    }
}

#[test]
fn a_staged_file_that_no_stage_names_is_told() {
    for (_, stage) in stages() {
        for (name, fact) in facts() {
            let before = row(stage);
            let after = settle(before, fact);
            let held = stage.bytes().staged();
            let left = left_in_staging(&before, &after);
            assert_eq!(left + after.stage.bytes().staged(), held, "{stage:?} + {name}");
        }
    }
    let waiting = row(waiting(Why::NotFinal, Bytes::Staged(STAGED)));
    assert_eq!(left_in_staging(&waiting, &settle(waiting, Fact::Absent)), STAGED);
    assert_eq!(left_in_staging(&waiting, &settle(waiting, Fact::Retry)), 0);
}

#[test]
fn a_scan_that_does_not_know_leaves_what_was_found_out() {
    let hint = Size::Hinted { class: SizeClass::Heif, measure: 12_000_000 };
    let unknown =
        |version| Fact::Seen { version, locality: Locality::Unknown, size: hint, chosen: true };
    let same = settle(row(Stage::Discovered), unknown(ONE));
    assert_eq!((same.locality, same.size), (Locality::Cloud, Size::Exact(STAGED)));
    let other = settle(row(Stage::Discovered), unknown(TWO));
    assert_eq!((other.locality, other.size), (Locality::Unknown, hint));
}

#[test]
fn one_that_waits_for_space_with_its_bytes_staged_goes_on_waiting() {
    let staged = row(waiting(Why::NeedsMoreSpace, Bytes::Staged(STAGED)));
    assert_eq!(settle(staged, seen(ONE, true)).stage, staged.stage);
}

#[test]
fn what_keeps_changing_waits_on_and_its_attempts_count() {
    let restless = row(waiting(Why::Failed(Fault::KeepsChanging), Bytes::Staged(STAGED)));
    let after = settle(restless, seen(TWO, true));
    let Stage::Waiting(still) = after.stage else { panic!("{:?}", after.stage) };
    let Stage::Waiting(before) = restless.stage else { panic!("{:?}", restless.stage) };
    assert_eq!((still.attempt, still.due, still.why), (before.attempt, before.due, before.why));
    assert_eq!((after.version, still.bytes), (TWO, Bytes::InLibrary));
    assert_eq!(settle(restless, seen(TWO, false)).stage, Stage::Excluded);
    let given_up = row(Stage::Quarantined(Fault::KeepsChanging));
    assert_eq!(settle(given_up, seen(TWO, true)).stage, Stage::Discovered, "it was edited");
}

fn any_fact() -> impl Strategy<Value = Fact> {
    let version = prop_oneof![3 => Just(ONE), 1 => Just(TWO)];
    let locality =
        prop_oneof![Just(Locality::Local), Just(Locality::Cloud), Just(Locality::Unknown)];
    let size = prop_oneof![
        (0..9_u64).prop_map(Size::Exact),
        (0..9_u64).prop_map(|measure| Size::Hinted { class: SizeClass::Raw, measure }),
    ];
    let seen =
        (version, locality, size, any::<bool>()).prop_map(|(version, locality, size, chosen)| {
            Fact::Seen { version, locality, size, chosen }
        });
    let facts: Vec<_> = facts().into_iter().map(|(_, fact)| fact).collect();
    prop_oneof![seen, proptest::sample::select(facts)]
}

fn any_stage() -> impl Strategy<Value = Stage> {
    proptest::sample::select(stages().into_iter().map(|(_, stage)| stage).collect::<Vec<_>>())
}

/// A row whose bytes the vault had shown, or lost.
fn row_of(stage: Stage, at_vault: AtVault) -> Settled {
    Settled { at_vault, ..row(stage) }
}

#[test]
fn what_the_vault_lost_and_the_library_loses_too_is_lost_until_one_shows_it() {
    for stage in [Stage::BackedUp, Stage::Duplicate] {
        let kept = settle(row(stage), Fact::Absent);
        assert_eq!((kept.stage, kept.at_vault), (Stage::Closed, AtVault::There));
        assert_eq!(settle(kept, Fact::GoneFromVault).stage, Stage::Closed, "it left first");
        assert_eq!(settle(kept, Fact::Freed).stage, Stage::Freed, "a scan came first");
        assert_eq!(settle(kept, seen(ONE, true)).stage, Stage::Discovered, "to be looked at");
        let to_send = settle(row(stage), Fact::GoneFromVault);
        assert_eq!((to_send.stage, to_send.at_vault), (Stage::Discovered, AtVault::Lost));
        assert_eq!(settle(to_send, Fact::OutOfSight).stage, Stage::Lost);
        for between in [Fact::OutOfSight, Fact::Chosen(false), Fact::Crashed(Fault::Crashed)] {
            assert_eq!(settle(settle(to_send, between), Fact::Absent).stage, Stage::Lost);
        }
        let edited = settle(to_send, seen(TWO, true));
        assert_eq!(settle(edited, Fact::Absent).stage, Stage::Closed, "no vault had that version");
    }
    let closed = settle(row_of(Stage::Closed, AtVault::Never), Fact::GoneFromVault);
    assert_eq!(closed.stage, Stage::Closed, "it was never there");
    let back = settle(row_of(Stage::Lost, AtVault::Lost), Fact::StillThere);
    assert_eq!((back.stage, back.at_vault), (Stage::Closed, AtVault::There));
    let freed = settle(row(Stage::Freed), Fact::GoneFromVault);
    assert_eq!((freed.stage, freed.at_vault), (Stage::Lost, AtVault::Never));
    assert_eq!(settle(freed, Fact::StillThere).stage, Stage::Freed);
    let recovered = settle(freed, seen(ONE, true));
    assert_eq!(settle(recovered, Fact::Absent).stage, Stage::Lost, "deleted before it was sent");
    let seen_again = settle(row_of(Stage::Lost, AtVault::Lost), seen(ONE, true));
    assert_eq!(settle(seen_again, Fact::Absent).stage, Stage::Lost);
}

proptest! {
    #[test]
    fn a_fact_applied_twice_equals_once(
        stage in any_stage(),
        before in proptest::collection::vec(any_fact(), 0..6),
        fact in any_fact(),
    ) {
        let row = before.into_iter().fold(row(stage), settle);
        let once = settle(row, fact);
        prop_assert_eq!(settle(once, fact), once);
    }

    #[test]
    fn nothing_becomes_safe_that_no_vault_has_shown(
        facts in proptest::collection::vec(any_fact(), 1..12),
    ) {
        // What no vault ever had is never counted as safe, whatever the library and the user do.
        let mut row = row(Stage::Discovered);
        for fact in facts {
            row = settle(row, fact);
            prop_assert!(!row.stage.is_safe() && row.stage != Stage::Lost, "{:?}", row);
        }
    }

    #[test]
    fn a_freed_photo_is_never_dropped_in_silence(
        facts in proptest::collection::vec(any_fact(), 1..12),
    ) {
        // Nothing but the user's word and its own reappearance takes a freed photo out of what is
        // safe or loudly lost.
        let mut row = row(Stage::Freed);
        for fact in facts {
            row = settle(row, fact);
            if matches!(fact, Fact::Forget | Fact::Seen { .. }) {
                return Ok(());
            }
            prop_assert!(matches!(row.stage, Stage::Freed | Stage::Lost), "{:?}", row);
        }
    }
}

#[test]
fn what_is_recorded_of_facts_opens() {
    let facts: Vec<_> = facts().into_iter().map(|(_, fact)| fact).collect();
    let stored: Vec<_> = facts.iter().map(|fact| serde_json::to_string(fact).unwrap()).collect();
    insta::assert_snapshot!(stored.join("\n"), @r#"
    {"Seen":{"version":1,"locality":"Local","size":{"Exact":7000},"chosen":true}}
    {"Seen":{"version":1,"locality":"Local","size":{"Exact":7000},"chosen":false}}
    {"Seen":{"version":2,"locality":"Local","size":{"Exact":7000},"chosen":true}}
    {"Seen":{"version":2,"locality":"Local","size":{"Exact":7000},"chosen":false}}
    "Absent"
    "OutOfSight"
    {"Chosen":true}
    {"Chosen":false}
    "StillThere"
    "GoneFromVault"
    "Forget"
    "Remember"
    "Retry"
    "Freed"
    {"Crashed":"Crashed"}
    "#);
    for (fact, text) in facts.iter().zip(stored) {
        assert_eq!(serde_json::from_str::<Fact>(&text).unwrap(), *fact);
    }
}

fn settled(stage: Stage, at_vault: AtVault) -> Settled {
    let (locality, size) = (Locality::Local, Size::Exact(STAGED));
    Settled { version: ONE, locality, size, digest: Some(digest()), stage, at_vault }
}

#[test]
fn what_is_out_of_sight_and_then_lost_by_the_vault_is_lost() {
    let hidden = settled(Stage::Hidden, AtVault::There);
    let lost = settle(hidden, Fact::GoneFromVault);
    assert_eq!((lost.stage, lost.at_vault), (Stage::Lost, AtVault::Lost));
}

#[test]
fn what_waits_for_space_begins_again_only_when_it_has_come_to_the_phone() {
    let waits = settled(waiting(Why::NeedsMoreSpace, Bytes::InLibrary), AtVault::Never);
    let seen = |locality| {
        let size = Size::Exact(STAGED);
        settle(waits, Fact::Seen { version: ONE, locality, size, chosen: true })
    };
    assert_eq!(seen(Locality::Cloud).stage, waits.stage);
    assert_eq!(seen(Locality::Local).stage, Stage::Discovered);
}

#[test]
fn a_scan_brings_up_to_date_where_an_original_is_and_how_large() {
    let before = Settled {
        size: Size::Hinted { class: SizeClass::Heif, measure: 1 },
        ..settled(Stage::Discovered, AtVault::Never)
    };
    let (locality, size) = (Locality::Cloud, Size::Exact(9));
    let seen = settle(before, Fact::Seen { version: ONE, locality, size, chosen: true });
    assert_eq!((seen.locality, seen.size), (locality, size));
}
