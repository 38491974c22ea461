//! The phone, by hand: what the OS owns, windows, access, low storage, and answers that repeat.

use crate::support::library::Photo;
use crate::support::script::{MB, ROOMY, Script, WINDOW, counts, known, small, tickets};
use keepsake_machine::effect::{Change, Effect};
use keepsake_machine::event::{
    Answer, Disappearance, Event, Finding, LibraryAccess, PutOutcome, TransferOutcome, Trouble,
};
use keepsake_machine::hold::Hold;
use keepsake_machine::media::{Access, ResourceId, Run};
use keepsake_machine::row::Row;
use keepsake_machine::session::admissions::Admitted;
use keepsake_machine::session::migration::Migration;
use keepsake_machine::settings::{Config, Vault};
use keepsake_machine::stage::{Bytes, Fault, Stage, Waiting, Why};
use keepsake_machine::status::{Activity, Advice};
use keepsake_machine::time::Elapsed;
use keepsake_machine::{Machine, effect::Part};

fn with_os(id: i64) -> Row {
    let stage = Stage::Uploading { bytes: Bytes::WithOs(MB) };
    Row { stage, ..known(id, &Photo::cloud(1, MB)) }
}

#[test]
fn a_transfer_that_ended_before_its_row_was_taken_up_is_not_waited_for() {
    let row = with_os(1);
    let mut script = Script::new(tickets());
    script.tell(Event::Counted(counts(&[row])));
    script.tell(Event::Started { run: Run(1) });
    let outcome = TransferOutcome::Delivered;
    script.tell(Event::TransferFinished { resource: row.id, outcome });
    script.tell(Event::TransfersReported);
    script.bring(vec![row]);
    assert!(script.verify().is_some(), "{:?}", script.orders);
}

#[test]
fn a_transfer_that_the_host_did_not_name_is_looked_up_also_when_its_row_comes_later() {
    let row = with_os(1);
    let mut script = Script::started(tickets(), &[row], ROOMY);
    script.bring(vec![row]);
    assert!(script.find().is_some(), "{:?}", script.orders);

    let mut script = Script::new(tickets());
    script.tell(Event::Counted(counts(&[row])));
    script.tell(Event::Started { run: Run(1) });
    script.tell(Event::TransferFound { resource: row.id });
    script.tell(Event::TransfersReported);
    script.bring(vec![row]);
    assert_eq!((script.find(), script.upload()), (None, None), "it survived");
}

#[test]
fn a_transfer_whose_row_went_on_without_it_is_cancelled() {
    let started = || {
        let mut script = Script::new(tickets());
        script.tell(Event::Started { run: Run(2) });
        script.tell(Event::TransferFound { resource: ResourceId(1) });
        script.tell(Event::TransfersReported);
        script
    };
    let cancel = Effect::CancelTransfer { resource: ResourceId(1) };
    // It was out of sight in a scan, and came back before it was taken up: it starts anew.
    let mut script = started();
    script.bring(vec![known(1, &Photo::cloud(1, MB))]);
    assert!(script.has(&cancel), "{:?}", script.orders);
    // The scan let go of what is sent.
    let mut script = started();
    script.tell(Event::StagingLeft { resource: ResourceId(1) });
    assert!(script.has(&cancel), "{:?}", script.orders);
    let mut script = started();
    script.bring(vec![with_os(1)]);
    assert!(!script.has(&cancel), "{:?}", script.orders);
}

#[test]
fn a_window_that_opened_before_the_run_began_hands_over_to_the_os() {
    let stage = Stage::Uploading { bytes: Bytes::Staged(MB) };
    let row = Row { stage, ..known(1, &Photo::cloud(1, MB)) };
    let mut script = Script::new(tickets());
    script.tell(WINDOW);
    script.begin(&[row], ROOMY);
    script.bring(vec![row]);
    assert!(script.hand_over().is_some(), "{:?}", script.orders);
}

#[test]
fn a_window_that_ends_does_not_take_back_what_is_being_handed_over() {
    let stage = Stage::Uploading { bytes: Bytes::Staged(MB) };
    let row = Row { stage, ..known(1, &Photo::cloud(1, MB)) };
    let mut script = Script::started(tickets(), &[row], ROOMY);
    script.tell(WINDOW);
    script.bring(vec![row]);
    let id = script.hand_over().unwrap();
    script.tell(Event::WindowEnding);
    script.answer(id, Answer::HandedOver);
    assert!(!script.has(&Effect::CancelTransfer { resource: row.id }), "{:?}", script.orders);
    script.tell(Event::UserPaused);
    assert!(script.has(&Effect::CancelTransfer { resource: row.id }), "{:?}", script.orders);
}

#[test]
fn a_pause_takes_back_what_is_being_handed_over() {
    let stage = Stage::Uploading { bytes: Bytes::Staged(MB) };
    let row = Row { stage, ..known(1, &Photo::cloud(1, MB)) };
    let mut script = Script::started(tickets(), &[row], ROOMY);
    script.tell(WINDOW);
    script.bring(vec![row]);
    let id = script.hand_over().unwrap();
    script.tell(Event::UserPaused);
    script.answer(id, Answer::HandedOver);
    assert!(script.has(&Effect::CancelTransfer { resource: row.id }), "{:?}", script.orders);
}

#[test]
fn a_cancel_that_the_host_never_answers_is_not_waited_for_for_ever() {
    let row = with_os(1);
    let mut script = Script::new(tickets());
    script.tell(Event::Counted(counts(&[row])));
    script.tell(Event::Started { run: Run(1) });
    script.tell(Event::TransferFound { resource: row.id });
    script.tell(Event::TransfersReported);
    script.bring(vec![row]);
    script.tell(Event::UserPaused);
    assert!(script.has(&Effect::CancelTransfer { resource: row.id }), "{:?}", script.orders);
    script.wait(60_000);
    script.tell(Event::UserResumed);
    assert!(script.find().is_some(), "it is looked up at the vault: {:?}", script.orders);
}

#[test]
fn a_poured_local_photo_is_sent_by_us_where_it_may_not_be_staged_for_the_os() {
    let row = Row { access: Access::Poured, ..known(1, &Photo::local(1, MB)) };
    // The disk is full before it comes, or becomes so while it waits to be staged.
    for full_at in [0, 1] {
        let mut config = tickets();
        config.limits.downloads = u32::from(full_at == 0);
        let mut script = Script::started(config, &[row], ROOMY);
        script.tell(WINDOW);
        let full = Event::DiskRead { asked: None, available: 0, total: 1 << 36 };
        if full_at == 0 {
            script.tell(full.clone());
        }
        script.bring(vec![row]);
        let id = script.find().unwrap();
        script.answer(id, Answer::Found(Finding::Miss));
        if full_at == 1 {
            assert_eq!(script.upload(), None, "it waits to be staged");
            script.tell(full);
            let id = script.find().expect("it is looked at again");
            script.answer(id, Answer::Found(Finding::Miss));
        }
        assert!(script.upload().is_some(), "{full_at}: {:?}", script.orders);
    }
}

#[test]
fn under_limited_access_it_is_never_said_that_icloud_photos_may_be_turned_off() {
    let row = Row { stage: Stage::BackedUp, ..known(1, &Photo::cloud(1, MB)) };
    for (access, said) in [(LibraryAccess::Full, true), (LibraryAccess::Limited, false)] {
        let mut script = Script::new(small());
        // A cloud original was seen in an earlier run.
        script.machine = Machine::new(small(), vec![Part::Cloud(true)]);
        script.tell(Event::AccessChanged(access));
        script.begin(&[row], ROOMY);
        let mut counts = counts(&[row]);
        counts.oldest_confirmation = Some(Elapsed(0));
        script.tell(Event::Counted(counts));
        script.bring(Vec::new());
        assert_eq!(script.activity(), Activity::Done);
        let advice = script.machine.status().advice;
        assert_eq!(advice.contains(&Advice::MayTurnOffICloudPhotos), said, "{access:?}");
    }
}

#[test]
fn what_a_scan_under_way_could_not_see_is_scanned_for_afterwards() {
    let mut script = Script::new(small());
    script.tell(Event::AccessChanged(LibraryAccess::Limited));
    script.tell(Event::Started { run: Run(1) });
    let scan = |script: &mut Script| script.take(|effect| (*effect == Effect::Scan).then_some(()));
    assert!(scan(&mut script).is_some());
    script.tell(Event::AccessChanged(LibraryAccess::Full));
    script.tell(Event::ScanFinished { changed: false });
    script.bring(Vec::new());
    assert!(scan(&mut script).is_some(), "{:?}", script.orders);
    script.tell(Event::ScanFinished { changed: false });
    assert!(scan(&mut script).is_none(), "once");
}

#[test]
fn what_waited_for_a_condition_in_an_earlier_run_is_brought_by_the_next() {
    let mut script = Script::started(small(), &[], ROOMY);
    assert!(script.wanted().unwrap().recall.is_some());
}

fn waits(due: u64) -> Row {
    let why = Why::Failed(Fault::ReadFailed);
    let waiting =
        Waiting { due: Elapsed(due), attempt: 1, wasted: 0, why, bytes: Bytes::InLibrary };
    Row { stage: Stage::Waiting(waiting), ..Photo::local(1, MB).row(ResourceId(1)) }
}

#[test]
fn work_that_waits_while_it_is_held_is_paused_and_never_done() {
    let row = waits(60_000);
    let mut script = Script::started(small(), &[row], ROOMY);
    let want = script.wanted().unwrap();
    let next_due = Some(Elapsed(60_000));
    script.tell(Event::Refilled { id: want.id, rows: Vec::new(), next_due, more: false });
    assert_eq!(script.activity(), Activity::Waiting { due: Elapsed(60_000) });
    script.tell(Event::UserPaused);
    assert_eq!(script.activity(), Activity::Paused);
    script.wait(120_000);
    assert_eq!(script.activity(), Activity::Paused);
    script.tell(Event::UserResumed);
    assert_eq!(script.activity(), Activity::Working);
}

#[test]
fn a_failure_that_changes_no_counter_ends_the_work_all_the_same() {
    let row = waits(0);
    let mut script = Script::started(small(), &[row], ROOMY);
    script.bring(vec![row]);
    let id = script
        .take(|effect| match effect {
            Effect::Checksum { id, .. } => Some(*id),
            _ => None,
        })
        .unwrap();
    script.bring(Vec::new());
    script.answer(id, Answer::Failed { fault: Fault::ReadFailed, wasted: 0 });
    let want = script.wanted().unwrap();
    let next_due = Some(Elapsed(60_000));
    script.tell(Event::Refilled { id: want.id, rows: Vec::new(), next_due, more: false });
    assert!(matches!(script.activity(), Activity::Waiting { .. }), "{:?}", script.activity());
}

#[test]
fn what_the_disk_holds_up_keeps_nothing_else_out() {
    let cloud: Vec<Row> =
        (10..18).map(|id| Photo::cloud(1, 900 * MB).row(ResourceId(id))).collect();
    let local = known(1, &Photo::local(2, MB));
    let rows: Vec<Row> = cloud.iter().copied().chain([local]).collect();
    let config = small();
    let mut script = Script::started(config, &rows, 0);
    script.tell(Event::DiskRead { asked: None, available: 1_500 * MB, total: 1 << 36 });
    script.bring(cloud);
    assert!(script.machine.status().holds.has(Hold::LowStorage));
    let want = script.bring(vec![local]);
    assert!(want.newest > 0, "some were let go");
    assert!(script.find().is_some(), "{:?}", script.orders);
    let needs = script.machine.status().needs;
    assert!(needs.iter().any(|need| need.bytes.is_some_and(|bytes| bytes > 0)), "{needs:?}");
}

#[test]
fn nobody_waits_for_an_item_that_is_to_run_alone_and_may_not_run() {
    let suspect = Photo::cloud(1, MB).row(ResourceId(1));
    let admitted = vec![Admitted { resource: suspect.id, ends: 2, under_way: true }];
    let mut script = Script::new(small());
    script.machine = Machine::new(small(), vec![Part::Admissions(admitted)]);
    script.tell(Event::NetworkChanged(keepsake_machine::event::Network::OFFLINE));
    script.begin(&[suspect], ROOMY);
    let want = script.bring(vec![suspect]);
    assert_eq!(want.exactly, [suspect.id]);
    let local = known(2, &Photo::local(2, MB));
    script.bring(vec![local]);
    assert!(script.find().is_some(), "{:?}", script.orders);
}

#[test]
fn what_we_sent_and_the_vault_does_not_show_yet_is_not_sent_again_at_once() {
    let row = known(1, &Photo::local(1, MB));
    let mut script = Script::started(small(), &[row], ROOMY);
    script.bring(vec![row]);
    let id = script.find().unwrap();
    script.answer(id, Answer::Found(Finding::Miss));
    let id = script.upload().unwrap();
    script.answer(id, Answer::Put(PutOutcome::Sent));
    let id = script.verify().unwrap();
    script.answer(id, Answer::NotConfirmed);
    assert_eq!(script.upload(), None);
}

/// How many long effects are ordered while those of one kind always meet the same trouble, and no
/// time passes.
fn rounds(trouble: Trouble, kind: &str) -> u32 {
    let vault = Vault { remote: true, tee: true, ..Vault::default() };
    let config = Config { vault, ..small() };
    let rows = [Photo::cloud(1, MB).row(ResourceId(1)), Photo::local(2, MB).row(ResourceId(2))];
    let mut script = Script::started(config, &rows, ROOMY);
    script.bring(rows.to_vec());
    script.bring(Vec::new());
    let mut rounds = 0;
    while rounds < 100 {
        let Some(effect) = script.take(|effect| match effect {
            Effect::Persist {
                change: Change::Stage { stage: Stage::Waiting(waiting), .. },
                ..
            } => {
                assert_eq!(waiting.why, Why::Held(trouble.hold()), "nobody's fault");
                None
            }
            Effect::Persist { .. } | Effect::Notify(_) | Effect::Refill(_) => None,
            other => Some(other.clone()),
        }) else {
            break;
        };
        let digest = Photo::local(2, MB).digest();
        // Only what is teed can meet the vault's trouble.
        let at_vault = matches!(trouble, Trouble::VaultUnavailable | Trouble::VaultFull { .. });
        let teed = |tee: bool| if at_vault && !tee { "untouched" } else { "Checksum" };
        let (id, name, fine) = match effect {
            Effect::ReadDisk { asked } => {
                let asked = Some(asked);
                script.tell(Event::DiskRead { asked, available: ROOMY, total: 1 << 40 });
                continue;
            }
            Effect::Download { id, .. } => (id, "Download", Answer::Downloaded(digest)),
            Effect::Checksum { id, tee, .. } => {
                (id, teed(tee), Answer::Checksummed { digest, teed: tee })
            }
            Effect::Find { id, .. } => (id, "Find", Answer::Found(Finding::Miss)),
            Effect::Upload { id, .. } => (id, "Upload", Answer::Put(PutOutcome::Sent)),
            Effect::Verify { id, .. } => (id, "Verify", Answer::Confirmed),
            _ => continue,
        };
        rounds += 1;
        script.answer(id, if name == kind { Answer::Held(trouble) } else { fine });
    }
    rounds
}

#[test]
fn no_trouble_is_met_again_and_again_while_no_time_passes() {
    for trouble in [
        Trouble::VaultUnavailable,
        Trouble::VaultFull { needed: 9 },
        Trouble::SignedOut,
        Trouble::NoAccess,
        Trouble::DeviceLocked,
        Trouble::Offline,
        Trouble::DiskFull,
        Trouble::SourceUnavailable,
    ] {
        for kind in ["Download", "Checksum", "Find", "Upload", "Verify"] {
            let rounds = rounds(trouble, kind);
            assert!(rounds < 40, "{trouble:?} at {kind}: {rounds} rounds");
        }
    }
}

#[test]
fn a_migration_is_not_done_while_something_was_given_up_on() {
    let quarantined = Stage::Quarantined(Fault::Unreadable);
    for (stage, done) in [(Stage::BackedUp, true), (quarantined, false)] {
        let mut config = small();
        config.settings.migrate = true;
        let row = Row { stage, ..known(1, &Photo::cloud(1, MB)) };
        let mut script = Script::started(config, &[row], ROOMY);
        script.bring(Vec::new());
        assert_eq!(script.activity(), Activity::Done);
        assert_eq!(script.machine.status().migration == Migration::Done, done, "{stage:?}");
    }
}

#[test]
fn one_in_eight_is_the_oldest_also_where_there_is_room_for_few_at_a_time() {
    let mut config = small();
    config.limits.under_way = 2;
    let mut script = Script::started(config, &[], ROOMY);
    let (mut newest, mut oldest) = (0, 0);
    for id in 1..=16 {
        let want = script.wanted().unwrap();
        newest += want.newest;
        oldest += want.oldest;
        let row = Photo::local(1, MB).row(ResourceId(id));
        script.tell(Event::Refilled { id: want.id, rows: vec![row], next_due: None, more: true });
        // It leaves at once, so that there is room for the next.
        let how = Disappearance::Deleted;
        script.tell(Event::Disappeared { resource: row.id, how });
        while let Some(effect) = script.take(|effect| match effect {
            Effect::Cancel { id } => Some(*id),
            _ => None,
        }) {
            script.answer(effect, Answer::Stopped);
        }
    }
    assert!(oldest > 0, "{newest} newest, {oldest} oldest");
}

#[test]
fn what_was_staged_for_another_vault_goes_when_this_one_has_it() {
    let photo = Photo::cloud(1, MB);
    let stage = Stage::Uploading { bytes: Bytes::Staged(MB) };
    let row = Row { stage, ..known(1, &photo) };
    let mut script = Script::started(small(), &[row], ROOMY);
    script.bring(vec![row]);
    let id = script.upload().unwrap();
    script.answer(id, Answer::Failed { fault: Fault::UploadFailed, wasted: 0 });
    script.wanted();
    script.tell(Event::DestinationChanged(Vault::default()));
    let want = script.wanted().map_or(keepsake_machine::effect::RefillId(2), |want| want.id);
    let rows = vec![known(1, &photo)];
    script.tell(Event::Refilled { id: want, rows, next_due: None, more: false });
    let id = script.find().unwrap();
    script.answer(id, Answer::Found(Finding::Hit));
    let id = script.verify().unwrap();
    script.answer(id, Answer::Confirmed);
    assert!(script.has(&Effect::Evict { resource: row.id }), "{:?}", script.orders);
}
