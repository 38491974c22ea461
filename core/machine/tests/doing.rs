//! What it says that it is doing, and what it says is needed.

use crate::support::library::Photo;
use crate::support::script::{MB, ROOMY, Script, WINDOW, counts, known, small, tickets};
use keepsake_machine::Hold;
use keepsake_machine::effect::Effect;
use keepsake_machine::event::{Answer, Event, Finding, LibraryAccess, Network, VaultHealth};
use keepsake_machine::media::{ResourceId, Run};
use keepsake_machine::row::Row;
use keepsake_machine::stage::{Bytes, Fault, Stage, Waiting, Why};
use keepsake_machine::status::{Activity, Advice, Counts};
use keepsake_machine::time::Elapsed;

/// A photo that waits, and when it is due.
fn waits(id: u8, why: Why, due: u64) -> Row {
    let (due, bytes) = (Elapsed(due), Bytes::InLibrary);
    let stage = Stage::Waiting(Waiting { due, attempt: 1, wasted: 0, why, bytes });
    Row { stage, ..Photo::local(id, MB).row(ResourceId(i64::from(id))) }
}

/// The catalog brings nothing, and something is due only later.
fn only_later(script: &mut Script) {
    while let Some(want) = script.wanted() {
        let (id, rows, next_due) = (want.id, Vec::new(), Some(Elapsed(60_000)));
        script.tell(Event::Refilled { id, rows, next_due, more: false });
    }
}

#[test]
fn while_the_library_is_scanned_it_works() {
    let mut script = Script::new(small());
    script.tell(Event::Started { run: Run(1) });
    script.tell(Event::TransfersReported);
    script.bring_no_more();
    assert_eq!(script.activity(), Activity::Working);
    script.tell(Event::ScanFinished { changed: false });
    assert_eq!(script.activity(), Activity::Done);
}

#[test]
fn until_the_catalog_has_counted_what_was_done_it_works() {
    let row = known(1, &Photo::local(1, MB));
    let mut script = Script::started(small(), &[row], ROOMY);
    script.bring(vec![row]);
    let id = script.find().unwrap();
    script.answer(id, Answer::Found(Finding::Hit));
    let id = script.verify().unwrap();
    script.answer(id, Answer::Confirmed);
    script.bring_no_more();
    assert_eq!(script.activity(), Activity::Working);
    script.tell(Event::Counted(counts(&[Row { stage: Stage::Duplicate, ..row }])));
    assert_eq!(script.activity(), Activity::Done);
}

#[test]
fn what_the_os_goes_on_with_is_said_also_after_our_window() {
    let stage = Stage::Uploading { bytes: Bytes::Staged(MB) };
    let row = Row { stage, ..known(1, &Photo::cloud(1, MB)) };
    let mut script = Script::started(tickets(), &[row], ROOMY);
    script.tell(WINDOW);
    script.bring(vec![row]);
    let id = script.hand_over().unwrap();
    script.answer(id, Answer::HandedOver);
    script.bring_no_more();
    script.tell(Event::WindowEnding);
    assert_eq!(script.activity(), Activity::WithOs);
}

#[test]
fn what_is_under_way_and_may_not_go_on_is_said_before_what_backs_off() {
    let failed = Why::Failed(Fault::DownloadFailed);
    let cloud = Row { stage: waits(1, failed, 0).stage, ..Photo::cloud(1, MB).row(ResourceId(1)) };
    let rows = [cloud, waits(2, failed, 60_000)];
    let mut script = Script::started(small(), &rows, ROOMY);
    script.bring(vec![cloud]);
    let id = script.download().unwrap();
    script.tell(Event::NetworkChanged(Network::OFFLINE));
    script.answer(id, Answer::Stopped);
    only_later(&mut script);
    assert_eq!(script.activity(), Activity::Paused);
}

#[test]
fn what_waits_for_a_condition_is_said_before_what_backs_off() {
    let (needs, failed) = (Why::NeedsUnmetered, Why::Failed(Fault::ReadFailed));
    let rows = [waits(1, needs, u64::MAX), waits(2, failed, 60_000)];
    for (rows, said) in
        [(&rows[..], Activity::Paused), (&rows[1..], Activity::Waiting { due: Elapsed(60_000) })]
    {
        let mut script = Script::started(small(), rows, ROOMY);
        only_later(&mut script);
        assert_eq!(script.activity(), said);
    }
}

#[test]
fn free_space_that_is_not_told_yet_holds_up_only_what_is_to_be_downloaded() {
    let row = known(1, &Photo::local(1, MB));
    let mut script = Script::new(small());
    script.tell(Event::Counted(counts(&[row])));
    script.tell(Event::Started { run: Run(1) });
    script.tell(Event::TransfersReported);
    script.tell(Event::ScanFinished { changed: false });
    script.bring(vec![row]);
    let id = script.find().unwrap();
    script.tell(Event::VaultChanged(VaultHealth::Unavailable));
    script.answer(id, Answer::Stopped);
    script.bring_no_more();
    assert_eq!(script.activity(), Activity::Paused);
}

/// The holds that are said to be in the way of these.
fn needed(rows: &[Row], events: &[Event]) -> Vec<(Hold, Option<u64>)> {
    let mut script = Script::started(small(), rows, ROOMY);
    for event in events {
        script.tell(event.clone());
    }
    let needs = script.machine.status().needs;
    needs.iter().map(|need| (need.hold, need.bytes)).collect()
}

#[test]
fn only_what_is_in_somebody_s_way_is_said_to_be_needed() {
    let local = known(1, &Photo::local(1, MB));
    let cloud = Photo::cloud(1, MB).row(ResourceId(1));
    let offline = [Event::NetworkChanged(Network::OFFLINE)];
    assert_eq!(needed(&[cloud], &offline), [(Hold::Offline, None)]);
    assert_eq!(needed(&[local], &offline), [], "its vault is here");
    assert_eq!(needed(&[], &[Event::UserPaused]), [], "nothing is left to do");
    let full = [Event::VaultChanged(VaultHealth::Full)];
    assert_eq!(needed(&[local], &full), [(Hold::VaultFull, Some(1))]);
}

#[test]
fn how_much_space_is_missing_is_said_of_the_smallest_that_waits_for_it() {
    let rows = [900, 500, 700].map(|size| {
        let content = u8::try_from(size / 10).unwrap();
        Photo::cloud(content, size * MB).row(ResourceId(i64::from(content)))
    });
    let mut script = Script::started(small(), &rows, 0);
    let total = 1 << 36;
    let available = total / 20 + 400 * MB;
    script.tell(Event::DiskRead { asked: None, available, total });
    script.bring(rows.to_vec());
    let needs = script.machine.status().needs;
    assert_eq!((needs[0].hold, needs[0].bytes), (Hold::LowStorage, Some(600 * MB)));
}

/// What is advised when everything is done and these rows are in the catalog.
fn advice(rows: &[Row], confirmed: Option<Elapsed>, days: u64) -> Vec<Advice> {
    let mut script = Script::started(small(), rows, ROOMY);
    script.tell(Event::AccessChanged(LibraryAccess::Full));
    script.tell(Event::ScanFinished { changed: false });
    script.bring_no_more();
    script.wait(days * 24 * 3_600_000);
    script.tell(Event::Counted(Counts { oldest_confirmation: confirmed, ..counts(rows) }));
    script.bring_no_more();
    script.machine.status().advice
}

#[test]
fn whether_icloud_photos_is_on_is_asked_only_where_nobody_knows_where_photos_lie() {
    let local = Photo::local(1, MB).row(ResourceId(1));
    let unknown = Photo { told: false, ..Photo::local(2, MB) }.row(ResourceId(2));
    assert_eq!(advice(&[local], None, 0), []);
    assert_eq!(advice(&[unknown], None, 0), [Advice::CheckICloudPhotos]);
}

#[test]
fn icloud_photos_may_be_turned_off_only_when_the_vault_showed_everything_within_a_month() {
    let cloud = Photo::cloud(1, MB).row(ResourceId(1));
    let said = |days: u64| {
        let mut script = Script::started(small(), &[cloud], ROOMY);
        script.bring(vec![cloud]);
        let id = script.download().unwrap();
        script.answer(id, Answer::Downloaded(Photo::cloud(1, MB).digest()));
        let id = script.find().unwrap();
        script.answer(id, Answer::Found(Finding::Hit));
        let id = script.verify().unwrap();
        script.answer(id, Answer::Confirmed);
        let safe = counts(&[Row { stage: Stage::Duplicate, ..cloud }]);
        let oldest_confirmation = Some(Elapsed(0));
        script.tell(Event::Counted(Counts { oldest_confirmation, ..safe }));
        script.bring_no_more();
        script.wait(days * 24 * 3_600_000);
        script.machine.status().advice.contains(&Advice::MayTurnOffICloudPhotos)
    };
    assert!(said(0) && said(29));
    assert!(!said(31));
}

#[test]
fn free_space_is_not_read_again_when_nothing_is_downloaded() {
    let stage = Stage::Uploading { bytes: Bytes::Staged(MB) };
    let row = Row { stage, ..known(1, &Photo::cloud(1, MB)) };
    let mut script = Script::started(small(), &[row], ROOMY);
    script.bring(vec![row]);
    let id = script.upload().unwrap();
    script.orders.clear();
    script.answer(id, Answer::Put(keepsake_machine::event::PutOutcome::Sent));
    let id = script.verify().unwrap();
    script.answer(id, Answer::Confirmed);
    assert!(script.has(&Effect::Evict { resource: row.id }));
    let reads = |order: &Effect| matches!(order, Effect::ReadDisk { .. });
    assert!(!script.orders.iter().any(reads), "{:?}", script.orders);
}
