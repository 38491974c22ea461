//! Random lives of a catalog, against a recount from scratch and a refill that looks at every row.

use super::support::{Home, OTHER_VAULT, VAULT, digest, photo, want};
use super::{assert_counted, rows};
use crate::scan::Ending;
use crate::seen::SeenAsset;
use crate::stored::{Sight, Stored};
use crate::{Known, Note, Settling, UnderWay, Which};
use keepsake_machine::effect::{Change, Want};
use keepsake_machine::media::{
    AssetId, Locality, Media, ResourceId, Role, Size, SizeClass, Version,
};
use keepsake_machine::row::Row;
use keepsake_machine::settle::Fact;
use keepsake_machine::stage::{Bytes, Fault, Origin, Stage, Waiting, Why};
use keepsake_machine::time::Elapsed;
use proptest::prelude::*;
use std::collections::HashSet;

const NAMES: [&str; 8] = ["a/1", "a/2", "a/3", "b/1", "b/2", "c", "d", "e"];

#[derive(Debug, Clone, Copy)]
enum Step {
    Scan {
        seen: u8,
        edited: u8,
        kind: u8,
        limited: bool,
        hidden: bool,
        under_way: u8,
        sorted: bool,
    },
    Stage {
        of: u8,
        stage: Stage,
        bind: bool,
    },
    Locality {
        of: u8,
        locality: Locality,
    },
    Freed {
        of: u8,
    },
    Fact {
        fact: Fact,
        which: u8,
        under_way: u8,
    },
    Confirmed {
        of: u8,
    },
    Vault {
        other: bool,
    },
    Reopened,
}

fn localities() -> impl Strategy<Value = Locality> {
    prop_oneof![Just(Locality::Local), Just(Locality::Cloud), Just(Locality::Unknown)]
}

fn bytes() -> impl Strategy<Value = Bytes> {
    prop_oneof![Just(Bytes::InLibrary), Just(Bytes::Staged(9)), Just(Bytes::WithOs(7))]
}

fn stages() -> impl Strategy<Value = Stage> {
    let dues = prop_oneof![0..6_u64, Just(u64::MAX)];
    let waiting = (dues, bytes(), any::<bool>()).prop_map(|(due, bytes, space)| {
        let why = if space { Why::NeedsMoreSpace } else { Why::Failed(Fault::ReadFailed) };
        Stage::Waiting(Waiting { due: Elapsed(due), attempt: 1, wasted: 3, why, bytes })
    });
    prop_oneof![
        4 => waiting,
        1 => Just(Stage::Discovered),
        1 => bytes().prop_map(|bytes| Stage::CheckingDuplicate { bytes }),
        1 => bytes().prop_map(|bytes| Stage::Uploading { bytes }),
        1 => bytes().prop_map(|bytes| Stage::Verifying { bytes, origin: Origin::Sent }),
        2 => Just(Stage::BackedUp),
        1 => Just(Stage::Duplicate),
        1 => Just(Stage::Quarantined(Fault::Unreadable)),
        1 => Just(Stage::Hidden),
        1 => Just(Stage::Closed),
        1 => Just(Stage::Lost),
    ]
}

fn facts() -> impl Strategy<Value = Fact> {
    prop_oneof![
        Just(Fact::Chosen(false)),
        Just(Fact::Chosen(true)),
        Just(Fact::StillThere),
        Just(Fact::GoneFromVault),
        Just(Fact::Forget),
        Just(Fact::Remember),
        Just(Fact::Retry),
        Just(Fact::Crashed(Fault::Crashed)),
    ]
}

fn steps() -> impl Strategy<Value = Step> {
    let scan = any::<(u8, u8, u8, bool, bool, u8, bool)>().prop_map(
        |(seen, edited, kind, limited, hidden, under_way, sorted)| Step::Scan {
            seen,
            edited: edited & kind,
            kind,
            limited: limited && hidden,
            hidden,
            under_way,
            sorted,
        },
    );
    prop_oneof![
        3 => scan,
        8 => (0..8_u8, stages(), any::<bool>())
            .prop_map(|(of, stage, bind)| Step::Stage { of, stage, bind }),
        1 => (0..8_u8, localities()).prop_map(|(of, locality)| Step::Locality { of, locality }),
        1 => (0..8_u8).prop_map(|of| Step::Freed { of }),
        2 => (facts(), 0..5_u8, any::<u8>())
            .prop_map(|(fact, which, under_way)| Step::Fact { fact, which, under_way }),
        1 => (0..8_u8).prop_map(|of| Step::Confirmed { of }),
        1 => any::<bool>().prop_map(|other| Step::Vault { other }),
        1 => Just(Step::Reopened),
    ]
}

fn bit(bits: u8, place: usize) -> bool {
    bits >> place & 1 == 1
}

/// The library as `seen`, `edited` and `kind` say.
fn library(seen: u8, edited: u8, kind: u8) -> Vec<SeenAsset> {
    let mut library = Vec::new();
    for (place, name) in NAMES.iter().enumerate().filter(|(place, _)| bit(seen, *place)) {
        let mut asset = photo(name);
        asset.taken = [0, 1, 2][place % 3];
        asset.chosen = !bit(kind, (place + 1) % 8);
        let resource = &mut asset.resources[0];
        resource.version = Version(1 + u64::from(bit(edited, place)));
        if bit(kind, place) {
            resource.media = Media::Video;
            resource.size = Size::Hinted { class: SizeClass::Video, measure: 5 };
            resource.locality = Locality::Cloud;
        } else {
            resource.size = Size::Exact(900 + place as u64 * 50);
        }
        library.push(asset);
    }
    // "d" is a part of "c" in some libraries.
    if let [.., c, d] = library.as_mut_slice()
        && d.local_id == b"d"
        && bit(kind, 0)
    {
        let mut moved = d.resources.remove(0);
        moved.role = Role::AlternatePhoto;
        c.resources.push(moved);
        library.pop();
    }
    library
}

fn under_way(bits: u8) -> UnderWay {
    (1..9).zip(0..8).filter(|(_, place)| bit(bits, *place)).map(|(id, _)| ResourceId(id)).collect()
}

fn take(mut home: Home, step: Step) -> Home {
    let resource = |of: u8| ResourceId(i64::from(of) + 1);
    match step {
        Step::Scan { seen, edited, kind, limited, hidden, under_way: held, sorted } => {
            let mut library = library(seen, edited, kind);
            if !sorted {
                library.reverse();
            }
            let hidden = if hidden { vec![b"a/".to_vec()] } else { Vec::new() };
            let whole = !limited && hidden.is_empty() && held % 4 == 0;
            let held = if whole { UnderWay::new() } else { under_way(held) };
            home.scan_as_given(&library, &Ending { limited, hidden }, &held);
            if whole {
                assert_seen(&home, &library);
            }
        }
        Step::Stage { of, stage, bind } => {
            let resource = resource(of);
            let row = Stored::load(&home.catalog.reader.connection, resource).unwrap();
            let outside = |row: Stored| row.sight == Sight::Gone || !row.stage.class().is_inside();
            if row.is_some_and(outside) {
                return home; // the machine has no such row
            }
            let mut changes = vec![Change::Stage { resource, stage }];
            if bind && let Some(row) = home.catalog.row(resource).unwrap() {
                let digest = digest(NAMES[usize::from(of) % 3]);
                changes.push(Change::Digest { resource, version: row.version, digest });
            }
            let path = Note::Path { resource, path: format!("p{}", of % 3) };
            let mut notes = vec![path];
            if bind && stage.is_safe() {
                let digest = digest(NAMES[usize::from(of) % 3]);
                notes.push(Note::Known { digest, path: format!("p{}", of % 3) });
            }
            home.catalog.apply(&changes, &notes, false, Elapsed(u64::from(of))).unwrap();
        }
        Step::Locality { of, locality } => {
            let resource = resource(of);
            let row = home.catalog.row(resource).unwrap();
            let version = row.map_or(Version(1), |row| row.version);
            let change = Change::Locality { resource, version, locality };
            home.catalog.apply(&[change], &[], false, Elapsed(1)).unwrap();
        }
        Step::Freed { of } => {
            let change = Change::Freed { asset: AssetId(i64::from(of)) };
            home.catalog.apply(&[change], &[], false, Elapsed(1)).unwrap();
        }
        Step::Fact { fact, which, under_way: held } => {
            let which = match which {
                0 => Which::All,
                1 => Which::These(vec![ResourceId(5), ResourceId(2), ResourceId(99)]),
                2 => Which::Quarantined,
                3 => Which::Digests(vec![digest(NAMES[1])]),
                _ => Which::Held(vec![Known { digest: digest(NAMES[1]), path: "p1".into() }]),
            };
            let held = under_way(held);
            let before = rows(&home.catalog);
            let settling = home.catalog.settle_where(&which, fact, Elapsed(9), &held).unwrap();
            assert_settled(&before, &rows(&home.catalog), &held, &settling);
        }
        Step::Confirmed { of } => {
            let note = Note::Confirmed { resource: resource(of) };
            home.catalog.apply(&[], &[note], false, Elapsed(77)).unwrap();
        }
        Step::Vault { other } => {
            let (vault, place) = if other { (OTHER_VAULT, "/other") } else { (VAULT, "/vault") };
            home.catalog.activate(&vault, place).unwrap();
        }
        Step::Reopened => home = home.reopened(),
    }
    home
}

/// After a complete scan with nothing under way, rows are what the library is.
fn assert_seen(home: &Home, library: &[SeenAsset]) {
    let mut here = HashSet::new();
    for (asset, seen) in library.iter().flat_map(|a| a.resources.iter().map(move |r| (a, r))) {
        let entry = home.catalog.by_local_id(&seen.local_id).unwrap().unwrap();
        let row = home.catalog.row(entry.resource).unwrap().unwrap();
        assert_eq!((row.version, row.taken, row.role), (seen.version, asset.taken, seen.role));
        assert_eq!((row.locality, row.media), (seen.locality, seen.media));
        let away = matches!(row.stage, Stage::Closed | Stage::Hidden | Stage::Freed | Stage::Lost);
        assert!(!away, "{:?} is here and {:?}", seen.local_id, row.stage);
        assert!(asset.chosen || !row.stage.is_pending(), "{:?} is not chosen", seen.local_id);
        here.insert(row.id);
    }
    for row in rows(&home.catalog).iter().filter(|row| !here.contains(&row.id)) {
        let away =
            matches!(row.stage, Stage::Closed | Stage::Freed | Stage::Lost | Stage::Forgotten);
        assert!(away, "{row:?} was not seen");
    }
}

/// What is under way was left alone, and what changed was counted.
fn assert_settled(before: &[Stored], after: &[Stored], held: &UnderWay, settling: &Settling) {
    let changed = before.iter().zip(after).filter(|(before, after)| before != after);
    assert!(changed.clone().all(|(before, _)| !held.contains(&before.id)));
    assert_eq!(changed.count() as u64, settling.changed);
    assert!(settling.skipped.iter().all(|resource| held.contains(resource)));
}

/// A refill as its contract says, from a look at every row.
fn plain_refill(all: &[Stored], want: &Want) -> (Vec<Row>, Option<Elapsed>) {
    let mut brought: HashSet<ResourceId> = want.skip.iter().copied().collect();
    let mut answer = Vec::new();
    let mut bring = |rows: Vec<&Stored>, most: u32| {
        let new: Vec<&Stored> = rows.into_iter().filter(|row| !brought.contains(&row.id)).collect();
        for row in new.into_iter().take(most as usize) {
            brought.insert(row.id);
            answer.push(row.row());
        }
    };
    let fits = |row: &&Stored| {
        want.classes.iter().any(|class| {
            let size = match row.known_size() {
                Size::Exact(bytes) => bytes,
                Size::Hinted { .. } => 0,
            };
            class.media == row.media
                && class.locality == row.locality
                && class.digest_known == (row.digest.is_some() || row.stage.bytes().staged() > 0)
                && class.at_most.is_none_or(|most| size <= most)
        })
    };
    let exactly = want.exactly.iter().filter_map(|id| all.iter().find(|row| row.id == *id));
    bring(exactly.collect(), u32::MAX);
    let due = |row: &Stored| match row.stage {
        Stage::Waiting(waiting) => Some(waiting.due),
        _ => None,
    };
    let mut waiting: Vec<&Stored> =
        all.iter().filter(fits).filter(|row| due(row).is_some()).collect();
    let needs = |row: &&Stored| due(row) == Some(Elapsed(u64::MAX));
    let recalled = |row: &&Stored| needs(row) && want.recall.is_some_and(|beyond| row.id > beyond);
    waiting.retain(|row| due(row).is_some_and(|due| due <= want.due) || recalled(row));
    waiting.sort_by_key(|row| (due(row), row.id));
    bring(waiting, want.newest + want.oldest);
    let pending = |row: &&Stored| row.stage.is_pending() && due(row).is_none();
    let mut pending: Vec<&Stored> = all.iter().filter(fits).filter(pending).collect();
    pending.sort_by_key(|row| row.row().position());
    let above = |row: &&&Stored| want.above.is_none_or(|above| row.row().position() > above);
    let below = |row: &&&Stored| want.below.is_none_or(|below| row.row().position() < below);
    bring(pending.iter().rev().filter(below).copied().collect(), want.newest);
    bring(pending.iter().filter(above).copied().collect(), want.oldest);
    let later = all.iter().filter_map(due).filter(|due| *due > want.due && due.0 < u64::MAX);
    (answer, later.min())
}

fn wants(all: &[Stored], seed: u64) -> Want {
    let bits = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
    let mut want = want((bits & 3) as u32);
    want.oldest = (bits >> 2 & 3) as u32;
    want.due = Elapsed([0, 2, 4, 6][(bits >> 4 & 3) as usize]);
    want.recall =
        [None, Some(ResourceId(i64::MIN)), Some(ResourceId(3))][(bits >> 23) as usize % 3];
    want.classes.retain(|class| bits >> 6 & 1 == 0 || class.media == Media::Photo);
    for class in &mut want.classes {
        class.at_most = [None, None, Some(1_000), Some(950)][(bits >> 7 & 3) as usize];
    }
    let some = all.get((bits >> 9) as usize % all.len().max(1));
    if bits >> 20 & 1 == 1 {
        want.below = some.map(|row| row.row().position());
        want.above = want.below;
    }
    want.exactly.extend(some.filter(|_| bits >> 21 & 1 == 1).map(|row| row.id));
    want.skip.extend(all.last().filter(|_| bits >> 22 & 1 == 1).map(|row| row.id));
    want
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn counters_and_refills_agree_with_a_look_at_every_row(
        steps in proptest::collection::vec((steps(), any::<u64>()), 1..25),
    ) {
        let mut home = Home::new();
        for (step, seed) in steps {
            home = take(home, step);
            assert_counted(&home.catalog);
            let all = rows(&home.catalog);
            let want = wants(&all, seed);
            let answer = home.catalog.refill(&want).unwrap();
            let (expected, next_due) = plain_refill(&all, &want);
            prop_assert_eq!(&answer.rows, &expected, "{:?}", want);
            prop_assert_eq!(answer.next_due, next_due);
            // Nothing that a walk asked for is left when it says so.
            if !answer.more && want.newest > 0 && want.oldest > 0 {
                let everything = Want { newest: 99, oldest: 99, ..want.clone() };
                let whole = home.catalog.refill(&everything).unwrap().rows.len();
                prop_assert!(want.below.is_some() || answer.rows.len() == whole, "{:?}", want);
            }
            for row in &all {
                prop_assert!(row.digest.is_some() || !row.stage.is_safe() || row.stage == Stage::Freed);
                prop_assert_eq!(row.confirmed.is_some(), row.stage.is_safe());
            }
        }
    }
}
