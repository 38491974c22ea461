//! What is stopped while it is under way: a hold, an edit, a deletion, another destination.

use crate::support::library::Photo;
use crate::support::script::{MB, ROOMY, Script, known, small};
use keepsake_machine::effect::{Change, Effect};
use keepsake_machine::event::{Answer, Disappearance, Event, Finding, PutOutcome};
use keepsake_machine::media::{ResourceId, Version};
use keepsake_machine::row::Row;
use keepsake_machine::settings::{Config, Vault};
use keepsake_machine::stage::{Bytes, Fault, Stage, Waiting, Why};
use keepsake_machine::time::Elapsed;

const ID: ResourceId = ResourceId(1);

/// One photo under way.
fn under_way(config: Config, row: Row) -> Script {
    let mut script = Script::started(config, &[row], ROOMY);
    script.bring(vec![row]);
    script
}

fn staged() -> Row {
    let stage = Stage::Uploading { bytes: Bytes::Staged(MB) };
    Row { stage, ..known(1, &Photo::cloud(1, MB)) }
}

fn evicted(script: &Script) -> bool {
    script.has(&Effect::Evict { resource: ID })
}

fn abandoned(script: &Script) -> bool {
    script.has(&Effect::Abandon { resource: ID })
}

#[test]
fn a_lock_stops_what_is_being_sent() {
    let mut script = under_way(small(), staged());
    let id = script.upload().unwrap();
    script.tell(Event::LockChanged { locked: true });
    assert!(script.has(&Effect::Cancel { id }), "{:?}", script.orders);
}

#[test]
fn what_landed_although_its_photo_was_deleted_leaves_staging() {
    let photo = Photo::cloud(1, MB);
    let mut script = under_way(small(), photo.row(ID));
    let id = script.download().unwrap();
    script.tell(Event::Disappeared { resource: ID, how: Disappearance::Deleted });
    script.answer(id, Answer::Downloaded(photo.digest()));
    assert!(evicted(&script), "{:?}", script.orders);
}

#[test]
fn another_destination_gets_what_is_staged_already() {
    let mut script = under_way(small(), staged());
    let id = script.upload().unwrap();
    script.tell(Event::DestinationChanged(Vault::default()));
    assert!(script.has(&Effect::Flush) && script.has(&Effect::ProbeVault), "{:?}", script.orders);
    script.answer(id, Answer::Stopped);
    let id = script.find().expect("the new vault is asked");
    script.answer(id, Answer::Found(Finding::Miss));
    assert!(script.upload().is_some() && !evicted(&script), "{:?}", script.orders);
}

#[test]
fn what_was_teed_and_had_arrived_is_not_given_up_at_another_destination() {
    let photo = Photo::local(1, MB);
    let vault = Vault { tee: true, ..Vault::default() };
    let mut script = under_way(Config { vault, ..small() }, photo.row(ID));
    let id = script.checksum().unwrap();
    script.answer(id, Answer::Checksummed { digest: photo.digest(), teed: true });
    let id = script.find().unwrap();
    script.answer(id, Answer::Found(Finding::Miss));
    let id = script.upload().unwrap();
    script.tell(Event::DestinationChanged(vault));
    script.answer(id, Answer::Put(PutOutcome::Sent));
    assert!(script.find().is_some() && !abandoned(&script), "{:?}", script.orders);
}

#[test]
fn what_is_staged_of_an_older_version_is_not_sent_also_where_the_new_one_is_known() {
    let edited = Photo { version: 2, ..Photo::cloud(1, MB) };
    let row = Row { version: Version(2), stage: Stage::Discovered, ..known(1, &edited) };
    let mut script = under_way(small(), staged());
    let id = script.upload().unwrap();
    script.tell(Event::VersionChanged { resource: ID, row: Box::new(row) });
    script.answer(id, Answer::Stopped);
    assert!(evicted(&script), "{:?}", script.orders);
    assert!(abandoned(&script), "what was half sent is not resumed with other bytes");
}

#[test]
fn how_often_a_photo_failed_is_not_forgotten_at_another_destination() {
    let (due, bytes) = (Elapsed(0), Bytes::InLibrary);
    let why = Why::Failed(Fault::ReadFailed);
    let stage = Stage::Waiting(Waiting { due, attempt: 2, wasted: 0, why, bytes });
    let mut script = under_way(small(), Row { stage, ..Photo::local(1, MB).row(ID) });
    let id = script.checksum().unwrap();
    script.tell(Event::DestinationChanged(Vault::default()));
    script.answer(id, Answer::Stopped);
    let id = script.checksum().unwrap();
    script.answer(id, Answer::Failed { fault: Fault::ReadFailed, wasted: 0 });
    let stage = Stage::Quarantined(Fault::ReadFailed);
    let change = Change::Stage { resource: ID, stage };
    assert!(script.has(&Effect::Persist { durable: false, change }), "{:?}", script.orders);
}
