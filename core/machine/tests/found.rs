//! What the phone in a box (tests/simulator) found, each as short as it gets.

use crate::support::library::Photo;
use crate::support::script::{MB, ROOMY, Script, WINDOW, counts, known, small, tickets};
use keepsake_machine::Machine;
use keepsake_machine::effect::{Change, Effect, Part};
use keepsake_machine::event::{
    Answer, Disappearance, Event, Finding, LibraryAccess, Network, TransferOutcome, Trouble,
    VaultHealth,
};
use keepsake_machine::media::{ResourceId, Run};
use keepsake_machine::row::Row;
use keepsake_machine::session::admissions::Admitted;
use keepsake_machine::settings::{Config, Limits};
use keepsake_machine::stage::{Bytes, Fault, Origin, Stage, Waiting, Why};
use keepsake_machine::status::Activity;
use keepsake_machine::time::Elapsed;
use std::time::Duration;

#[test]
fn while_only_the_os_goes_on_it_is_said_so() {
    let stage = Stage::Uploading { bytes: Bytes::Staged(MB) };
    let row = Row { stage, ..known(1, &Photo::cloud(1, MB)) };
    let mut script = Script::started(tickets(), &[row], ROOMY);
    script.tell(WINDOW);
    script.bring(vec![row]);
    let id = script.hand_over().unwrap();
    script.bring_no_more();
    script.answer(id, Answer::HandedOver);
    assert_eq!(script.activity(), Activity::WithOs);
    script.tell(Event::UserPaused);
    assert_eq!(script.activity(), Activity::Paused);
}

#[test]
fn where_the_os_has_every_place_nothing_of_ours_is_waited_for() {
    let stage = Stage::Uploading { bytes: Bytes::Staged(MB) };
    let rows = [1, 2, 3].map(|id| Row { stage, ..known(i64::from(id), &Photo::cloud(id, MB)) });
    let limits = Limits { under_way: 2, ..tickets().limits };
    let mut script = Script::started(Config { limits, ..tickets() }, &rows, ROOMY);
    script.tell(WINDOW);
    script.bring(rows[..2].to_vec());
    while let Some(id) = script.hand_over() {
        assert_eq!(script.activity(), Activity::Working);
        script.answer(id, Answer::HandedOver);
    }
    assert_eq!(script.activity(), Activity::WithOs, "the third comes when a place is given back");
    let outcome = TransferOutcome::Delivered;
    script.tell(Event::TransferFinished { resource: rows[0].id, outcome });
    let id = script.verify().unwrap();
    assert_eq!(script.activity(), Activity::Working);
    script.answer(id, Answer::Confirmed);
    assert!(script.wanted().is_some(), "{:?}", script.orders);
}

#[test]
fn what_begins_to_wait_while_rows_are_on_their_way_is_tried_again_in_time() {
    let rows = [Photo::local(1, MB).row(ResourceId(1))];
    let mut script = Script::started(small(), &rows, ROOMY);
    script.bring(rows.to_vec());
    script.bring(Vec::new());
    let id = script.checksum();
    // The user has everything tried again: the question is for all that waits, whenever it is due.
    script.tell(Event::RetryRequested);
    let want = script.wanted().unwrap();
    assert!(want.recall.is_some());
    script.answer(id.unwrap(), Answer::Failed { fault: Fault::ReadFailed, wasted: 0 });
    // The answer is of a moment before.
    script.tell(Event::Refilled { id: want.id, rows: Vec::new(), next_due: None, more: false });
    let stage = script.take(|effect| match effect {
        Effect::Persist { change: Change::Stage { stage, .. }, .. } => Some(*stage),
        _ => None,
    });
    let waits = Row { stage: stage.unwrap(), ..rows[0] };
    script.tell(Event::Counted(counts(&[waits])));
    assert!(matches!(script.activity(), Activity::Waiting { .. }), "{:?}", script.activity());
}

#[test]
fn a_reading_of_the_disk_that_is_on_its_way_is_work() {
    let rows = [Photo::cloud(1, MB).row(ResourceId(1))];
    let mut script = Script::new(small());
    script.tell(Event::Counted(counts(&rows)));
    script.tell(Event::Started { run: Run(1) });
    script.tell(Event::TransfersReported);
    script.tell(Event::ScanFinished { changed: false });
    script.bring(rows.to_vec());
    script.bring(Vec::new());
    assert_eq!(script.activity(), Activity::Working, "not a pause without a reason");
    script.tell(Event::DiskRead { asked: Some(1), available: ROOMY, total: 1 << 40 });
    assert!(script.download().is_some());
}

#[test]
fn what_went_out_of_sight_while_it_was_stopped_is_looked_for_again() {
    let rows = [Photo::local(1, MB).row(ResourceId(1))];
    // Also what was deleted: the user may have recovered it.
    for (how, stage) in
        [(Disappearance::Hidden, Stage::Hidden), (Disappearance::Deleted, Stage::Closed)]
    {
        let mut script = Script::started(small(), &rows, ROOMY);
        script.bring(rows.to_vec());
        script.bring(Vec::new());
        let id = script.checksum();
        script.take(|effect| (*effect == Effect::Scan).then_some(())).unwrap();
        script.tell(Event::Disappeared { resource: ResourceId(1), how });
        // A scan sees it again meanwhile: of one under way only a change is told.
        script.tell(Event::ScanFinished { changed: false });
        script.answer(id.unwrap(), Answer::Stopped);
        script.tell(Event::Counted(counts(&[Row { stage, ..rows[0] }])));
        script.bring_no_more();
        assert!(script.has(&Effect::Scan), "{how:?}");
    }
}

const DAY: u64 = 24 * 3_600_000;

/// Photos that wait while the phone is locked.
fn locked(rows: &[Row]) -> Script {
    let mut script = Script::started(small(), &[], ROOMY);
    script.bring_no_more();
    assert_eq!(script.activity(), Activity::Done);
    script.tell(Event::LockChanged { locked: true });
    // Nothing happens for long, and nothing is stored.
    script.wait(20 * DAY);
    script.tell(Event::Counted(counts(rows)));
    script
}

fn starts_locked(script: &mut Script, rows: &[Row]) {
    script.tell(Event::LockChanged { locked: true });
    script.tell(Event::Counted(counts(rows)));
    script.tell(Event::Started { run: Run(2) });
}

#[test]
fn the_alarm_counts_on_over_a_restart_after_weeks_in_which_nothing_was_stored() {
    let rows = [Photo::local(1, MB).row(ResourceId(1))];
    let mut script = locked(&rows);
    script.restart(small(), DAY);
    starts_locked(&mut script, &rows);
    script.wait(5 * DAY);
    assert_eq!(script.machine.status().alarm, None);
    script.wait(DAY + 10);
    let alarm = script.machine.status().alarm.expect("seven days");
    assert!(alarm.since >= Duration::from_hours(7 * 24), "{alarm:?}");
}

#[test]
fn what_was_made_safe_after_the_alarm_is_not_forgotten_in_a_kill() {
    let bytes = Bytes::InLibrary;
    let first = Row {
        stage: Stage::Verifying { bytes, origin: Origin::Sent },
        ..known(1, &Photo::local(1, MB))
    };
    let rows = [first, Photo::local(2, MB).row(ResourceId(2))];
    let mut script = locked(&rows);
    script.wait(8 * DAY);
    assert!(script.machine.status().alarm.is_some());
    script.tell(Event::LockChanged { locked: false });
    script.bring(vec![first]);
    let id = script.verify().unwrap();
    script.answer(id, Answer::Confirmed);
    script.restart(small(), 1_000);
    starts_locked(&mut script, &rows[1..]);
    assert_eq!(script.machine.status().alarm, None);
}

#[test]
fn what_waited_for_a_condition_and_was_let_go_of_to_make_room_is_brought_again() {
    let rows: Vec<_> =
        (1..=8).map(|id| known(id, &Photo::local(u8::try_from(id).unwrap(), MB))).collect();
    let waiting = Waiting {
        due: Elapsed(u64::MAX),
        attempt: 0,
        wasted: 0,
        why: Why::NeedsUnmetered,
        bytes: Bytes::InLibrary,
    };
    for stage in [Stage::Waiting(waiting), Stage::Discovered] {
        let last = Row { stage, ..rows[7] };
        let mut script = Script::started(small(), &rows, ROOMY);
        script.bring([&rows[..7], &[last]].concat());
        let found: Vec<_> = std::iter::from_fn(|| script.find()).collect();
        // Nothing can be asked now; what can be read is asked for in their place.
        script.tell(Event::VaultChanged(VaultHealth::Unavailable));
        for id in found {
            script.answer(id, Answer::Stopped);
        }
        assert!(script.bring(Vec::new()).skip.contains(&last.id), "it was let go of");
        script.bring_no_more();
        script.tell(Event::VaultChanged(VaultHealth::Up { room: None }));
        let want = script.wanted().expect("the others come again");
        assert!(!want.skip.contains(&last.id));
        // What only waits for a condition is left alone, unless one of them was let go of.
        assert_eq!(want.recall.is_some(), stage != Stage::Discovered);
    }
}

#[test]
fn who_runs_alone_is_not_waited_for_by_what_waits_for_room_that_is_taken_outside() {
    let suspect = |id| Admitted { resource: ResourceId(id), ends: 3, under_way: false };
    let mut config = small();
    config.settings.staging = Some(50 * MB);
    let cloud = |id: i64, megabytes: u64| {
        Photo::cloud(u8::try_from(id).unwrap(), megabytes * MB).row(ResourceId(id))
    };
    let stage = Stage::Uploading { bytes: Bytes::Staged(45 * MB) };
    let staged = Row { stage, ..known(3, &Photo::cloud(3, 45 * MB)) };
    let (first, large) = (cloud(1, 1), cloud(4, 20));
    let rows = [first, cloud(2, 1), staged, large];
    let mut script = Script::new(config.clone());
    let suspects = vec![suspect(1), suspect(2)];
    script.machine = Machine::new(config, vec![Part::Admissions(suspects)]);
    script.tell(Event::NetworkChanged(Network::OFFLINE));
    script.begin(&rows, ROOMY);
    assert_eq!(script.bring(vec![first]).exactly, [first.id]);
    script.bring(vec![staged, large]);
    // It fails, and waits outside, in staging; the first ends well.
    let id = script.upload().unwrap();
    script.answer(id, Answer::Failed { fault: Fault::UploadFailed, wasted: 0 });
    script.bring_no_more();
    script.tell(Event::NetworkChanged(Network::UNMETERED));
    let id = script.download().unwrap();
    assert_eq!(id.resource, first.id);
    assert_eq!(script.wanted(), None, "nothing comes beside who runs alone");
    script.answer(id, Answer::Downloaded(Photo::cloud(1, MB).digest()));
    let id = script.find().unwrap();
    script.answer(id, Answer::Found(Finding::Hit));
    let id = script.verify().unwrap();
    script.answer(id, Answer::Confirmed);
    // The large one has no room, and would keep the second suspect waiting: what takes the room is
    // asked for.
    let want = script.wanted().expect("what may take room is asked for");
    assert!(want.exactly.is_empty() && !want.classes.is_empty(), "{want:?}");
}

#[test]
fn what_meets_a_full_vault_again_and_again_asks_less_often() {
    let stage = Stage::Verifying { bytes: Bytes::InLibrary, origin: Origin::Sent };
    let mut row = Row { stage, ..known(1, &Photo::local(1, MB)) };
    let mut waits = Vec::new();
    for hour in 1..=3 {
        let mut script = Script::started(small(), &[row], ROOMY);
        script.wait(hour * 3_600_000);
        script.bring(vec![row]);
        let id = script.verify().unwrap_or_else(|| {
            let id = script.find().unwrap();
            script.answer(id, Answer::Found(Finding::Hit));
            script.verify().unwrap()
        });
        script.answer(id, Answer::Held(Trouble::VaultFull { needed: 1 }));
        row.stage = script
            .take(|effect| match effect {
                Effect::Persist { change: Change::Stage { stage, .. }, .. } => Some(*stage),
                _ => None,
            })
            .unwrap();
        let Stage::Waiting(waiting) = row.stage else { panic!("{:?}", row.stage) };
        waits.push(waiting.due.0 - hour * 3_600_000);
    }
    assert!(waits[0] < 11_000 && waits[1] >= 300_000 && waits[2] >= 300_000, "{waits:?}");
}

#[test]
fn a_pause_stops_a_hand_over_that_another_hold_let_go_on() {
    let stage = Stage::Uploading { bytes: Bytes::Staged(MB) };
    let row = Row { stage, ..known(1, &Photo::cloud(1, MB)) };
    let mut script = Script::started(tickets(), &[row], ROOMY);
    script.tell(WINDOW);
    script.bring(vec![row]);
    let id = script.hand_over().unwrap();
    script.tell(Event::LockChanged { locked: true }); // stops everything but this
    script.tell(Event::UserPaused);
    let cancel = |effect: &Effect| matches!(effect, Effect::Cancel { id: of } if *of == id);
    assert!(script.take(|effect| cancel(effect).then_some(())).is_some(), "{:?}", script.orders);
}

/// One that failed and is tried again in an hour, and one that waits for an unmetered network.
fn one_fails_and_one_waits() -> [Row; 2] {
    let waiting = |due, why| {
        let bytes = Bytes::InLibrary;
        Stage::Waiting(Waiting { due, attempt: 0, wasted: 0, why, bytes })
    };
    let later = waiting(Elapsed(3_600_000), Why::Failed(Fault::OriginalMissing));
    let needs = waiting(Elapsed(u64::MAX), Why::NeedsUnmetered);
    [(1, later), (2, needs)].map(|(id, stage)| Row { stage, ..known(id, &Photo::local(1, MB)) })
}

#[test]
fn what_is_not_due_yet_takes_no_place_from_what_waited_for_a_condition_that_came() {
    let rows = one_fails_and_one_waits();
    let limits = Limits { under_way: 1, ..small().limits };
    let mut script = Script::started(Config { limits, ..small() }, &rows, ROOMY);
    script.bring_no_more();
    script.tell(Event::NetworkChanged(Network::UNMETERED));
    let want = script.wanted().unwrap();
    assert!(want.recall.is_some());
    assert!(want.due < Elapsed(3_600_000), "that one is not asked for");
}

#[test]
fn all_that_waited_for_a_condition_comes_however_few_may_be_under_way() {
    let waits = one_fails_and_one_waits()[1];
    let rows: Vec<_> = (1..=5).map(|id| Row { id: ResourceId(id), ..waits }).collect();
    let limits = Limits { under_way: 2, ..small().limits };
    let mut script = Script::started(Config { limits, ..small() }, &rows, ROOMY);
    script.bring_no_more();
    script.tell(Event::NetworkChanged(Network::UNMETERED));
    let mut beyond = i64::MIN;
    for two in rows.chunks(2) {
        let want = script.bring(two.to_vec());
        assert_eq!(want.recall, Some(ResourceId(beyond)));
        beyond = two.last().unwrap().id.0;
        while let Some(id) = script.find() {
            script.answer(id, Answer::Found(Finding::Hit));
        }
        while let Some(id) = script.verify() {
            script.answer(id, Answer::Confirmed);
        }
    }
    // The last question had room for just the last one, and does not know that it was.
    let last = script.bring(Vec::new());
    assert_eq!(last.recall, Some(ResourceId(beyond)));
    script.tell(Event::ScanFinished { changed: true });
    assert_eq!(script.wanted().map(|want| want.recall), Some(None), "once is enough");
}

#[test]
fn what_was_not_permitted_when_its_condition_came_comes_when_it_is() {
    let rows = one_fails_and_one_waits();
    let mut script = Script::started(small(), &rows, ROOMY);
    script.bring_no_more();
    script.tell(Event::VaultChanged(VaultHealth::Unavailable));
    script.bring_no_more();
    script.tell(Event::NetworkChanged(Network::UNMETERED));
    // Only what has no checksum yet is asked for.
    let want = script.bring(Vec::new());
    assert!(want.recall.is_some() && want.classes.iter().all(|class| !class.digest_known));
    script.tell(Event::VaultChanged(VaultHealth::Up { room: None }));
    assert!(script.bring(vec![rows[1]]).recall.is_some());
    assert!(script.find().is_some());
}

#[test]
fn what_was_staged_of_the_version_before_goes_also_when_it_had_come_to_rest_just_before() {
    let stage = Stage::Uploading { bytes: Bytes::Staged(MB) };
    let row = Row { stage, ..known(1, &Photo::cloud(1, MB)) };
    let mut script = Script::started(small(), &[row], ROOMY);
    script.bring(vec![row]);
    let id = script.upload().unwrap();
    script.answer(id, Answer::Failed { fault: Fault::UploadFailed, wasted: 0 });
    let evict = Effect::Evict { resource: row.id };
    assert!(!script.has(&evict), "it is sent from there when it is due");
    // A scan had stored another version before that answer was heard.
    let edited = Row { stage: Stage::Discovered, ..Photo::local(2, MB).row(row.id) };
    script.tell(Event::VersionChanged { resource: row.id, row: Box::new(edited) });
    assert!(script.has(&evict), "{:?}", script.orders);
    assert_eq!(script.machine.status().staged, 0);
}

#[test]
fn a_scan_that_could_not_be_made_while_the_phone_was_locked_is_made_when_it_is_not() {
    let mut script = Script::started(small(), &[], ROOMY);
    script.tell(Event::LockChanged { locked: true });
    script.orders.clear();
    script.tell(Event::AccessChanged(LibraryAccess::Full));
    assert!(!script.has(&Effect::Scan));
    script.tell(Event::LockChanged { locked: false });
    assert!(script.has(&Effect::Scan), "{:?}", script.orders);
}

#[test]
fn a_change_that_is_told_after_its_photo_came_to_rest_is_looked_for_again() {
    let row = Photo::local(1, MB).row(ResourceId(1));
    let mut script = Script::started(small(), &[row], ROOMY);
    script.bring(vec![row]);
    let (resource, how) = (row.id, Disappearance::Deleted);
    let id = script.checksum().unwrap();
    script.tell(Event::Disappeared { resource, how });
    script.answer(id, Answer::Stopped);
    script.tell(Event::Counted(counts(&[Row { stage: Stage::Closed, ..row }])));
    while script.take(|effect| (*effect == Effect::Scan).then_some(())).is_some() {
        script.tell(Event::ScanStarted);
        script.tell(Event::ScanFinished { changed: false });
    }
    script.bring_no_more();
    script.orders.clear();
    // It was recovered and edited, and a scan had stored that before the answer was heard: its row
    // says now that the edit was deleted.
    let edited = Photo::local(2, MB).row(row.id);
    script.tell(Event::ScanStarted);
    script.tell(Event::VersionChanged { resource, row: Box::new(edited) });
    script.tell(Event::ScanFinished { changed: true });
    script.bring_no_more();
    assert!(script.has(&Effect::Scan), "{:?}", script.orders);
}
