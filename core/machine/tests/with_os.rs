//! What the OS sends for us: found at a start, taken back where the user pauses, told in the status.

use crate::support::library::Photo;
use crate::support::script::{MB, ROOMY, Script, WINDOW, counts, known, tickets};
use keepsake_machine::effect::{Change, Effect};
use keepsake_machine::event::{Answer, Event, Finding, Network, Trouble};
use keepsake_machine::hold::Hold;
use keepsake_machine::media::{Access, Locality, ResourceId, Run, Version};
use keepsake_machine::row::Row;
use keepsake_machine::settings::{Config, Limits, MeteredUse, Settings};
use keepsake_machine::stage::{Bytes, Stage};
use keepsake_machine::status::Activity;

fn with_os(id: i64) -> Row {
    let stage = Stage::Uploading { bytes: Bytes::WithOs(MB) };
    Row { stage, ..known(id, &Photo::cloud(1, MB)) }
}

/// A run of a phone that is offline: nothing of what the OS has is permitted to us.
fn offline(limits: Limits, rows: &[Row]) -> Script {
    let mut script = Script::new(Config { limits, ..tickets() });
    script.tell(Event::NetworkChanged(Network::OFFLINE));
    script.tell(Event::Counted(counts(rows)));
    script.tell(Event::Started { run: Run(2) });
    script
}

#[test]
fn what_the_os_is_found_to_send_is_taken_up_whatever_is_permitted_and_taken_back_by_a_pause() {
    let row = with_os(1);
    let mut script = offline(tickets().limits, &[row]);
    script.tell(Event::TransferFound { resource: row.id });
    script.tell(Event::TransfersReported);
    script.bring(Vec::new()); // of what is permitted there is none
    let want = script.bring(vec![row]);
    assert_eq!(want.exactly, [row.id]);
    script.tell(Event::UserPaused);
    assert!(script.has(&Effect::CancelTransfer { resource: row.id }), "{:?}", script.orders);
}

#[test]
fn what_the_os_is_found_to_send_while_the_user_pauses_is_taken_back_at_once() {
    let row = with_os(1);
    let mut script = Script::new(tickets());
    script.tell(Event::UserPaused);
    script.tell(Event::Counted(counts(&[row])));
    script.tell(Event::Started { run: Run(2) });
    script.tell(Event::TransferFound { resource: row.id });
    script.tell(Event::TransfersReported);
    let want = script.bring(vec![row]);
    assert_eq!(want.exactly, [row.id]);
    assert!(script.has(&Effect::CancelTransfer { resource: row.id }), "{:?}", script.orders);
}

#[test]
fn what_the_os_is_found_to_send_of_a_photo_that_rests_is_taken_back() {
    let row = Row { stage: Stage::Hidden, ..with_os(1) };
    let mut script = offline(tickets().limits, &[row]);
    script.bring(Vec::new());
    script.tell(Event::TransferFound { resource: row.id });
    assert_eq!(script.bring(vec![row]).exactly, [row.id]);
    assert!(script.has(&Effect::CancelTransfer { resource: row.id }), "{:?}", script.orders);
}

#[test]
fn what_the_os_has_is_taken_up_also_where_every_place_is_taken() {
    let rows = [1, 2].map(|id| known(i64::from(id), &Photo::local(id, MB)));
    let limits = Limits { under_way: 2, ..tickets().limits };
    let mut script = Script::started(Config { limits, ..tickets() }, &rows, ROOMY);
    script.tell(Event::NetworkChanged(Network::OFFLINE));
    script.bring(rows.to_vec());
    script.bring_no_more();
    script.tell(Event::TransferFound { resource: ResourceId(3) });
    assert_eq!(script.bring(vec![with_os(3)]).exactly, [ResourceId(3)]);
    script.tell(Event::UserPaused);
    let cancel = Effect::CancelTransfer { resource: ResourceId(3) };
    assert!(script.has(&cancel), "{:?}", script.orders);
}

#[test]
fn while_the_os_has_every_place_a_hold_that_stops_nothing_is_no_pause() {
    let stage = Stage::Uploading { bytes: Bytes::Staged(MB) };
    let staged = Row { stage, ..known(1, &Photo::cloud(1, MB)) };
    let other = known(2, &Photo::local(2, MB));
    let limits = Limits { under_way: 1, ..tickets().limits };
    // Only downloads of videos are kept off metered networks, and there are none.
    let metered = MeteredUse { download_videos: false, ..MeteredUse::ALL };
    let settings = Settings { metered, ..Settings::default() };
    let config = Config { limits, settings, ..tickets() };
    let mut script = Script::started(config, &[staged, other], ROOMY);
    script.tell(Event::NetworkChanged(Network::METERED));
    script.tell(WINDOW);
    script.bring(vec![staged]);
    let id = script.hand_over().unwrap();
    script.answer(id, Answer::HandedOver);
    let status = script.machine.status();
    assert!(status.holds.has(Hold::Metered) && status.needs.is_empty(), "{status:?}");
    assert_eq!(status.activity, Activity::WithOs);
}

#[test]
fn what_is_to_be_staged_for_the_os_counts_for_low_storage() {
    let row = Row { access: Access::Poured, ..known(1, &Photo::local(1, MB)) };
    let mut script = Script::started(tickets(), &[row], ROOMY);
    script.tell(WINDOW);
    script.bring(vec![row]);
    let id = script.find().unwrap();
    script.answer(id, Answer::Found(Finding::Miss));
    let id = script.download().unwrap();
    script.tell(Event::DiskRead { asked: None, available: 0, total: 1 << 40 });
    script.answer(id, Answer::Held(Trouble::DiskFull));
    script.bring_no_more();
    let reads = |effect: &Effect| match effect {
        Effect::ReadDisk { asked } => Some(*asked),
        _ => None,
    };
    while let Some(asked) = script.take(reads) {
        script.tell(Event::DiskRead { asked: Some(asked), available: 0, total: 1 << 40 });
    }
    let status = script.machine.status();
    assert_eq!(status.activity, Activity::Paused, "{status:?}");
    let [need] = &status.needs[..] else { panic!("{status:?}") };
    assert_eq!((need.hold, need.items.items, need.items.bytes), (Hold::LowStorage, 1, MB));
}

#[test]
fn that_an_original_is_in_the_cloud_is_stored_of_its_version() {
    let row = Row { locality: Locality::Unknown, ..known(1, &Photo::local(1, MB)) };
    let row = Row { version: Version(7), ..row };
    let mut script = Script::started(tickets(), &[row], ROOMY);
    script.bring(vec![row]);
    let id = script.find().unwrap();
    script.answer(id, Answer::Found(Finding::Miss));
    let id = script.upload().unwrap();
    script.answer(id, Answer::NetworkNeeded);
    let (resource, locality) = (row.id, Locality::Cloud);
    let change = Change::Locality { resource, version: Version(7), locality };
    assert!(script.has(&Effect::Persist { durable: false, change }), "{:?}", script.orders);
}
