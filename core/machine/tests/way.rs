//! The way of one photo: what is asked, believed, read again and given up on.

use crate::support::library::Photo;
use crate::support::script::{MB, ROOMY, Script, known, small};
use keepsake_machine::effect::{Change, Effect};
use keepsake_machine::event::{
    Answer, Event, Finding, LibraryAccess, PutOutcome, Trouble, VaultHealth,
};
use keepsake_machine::hold::Hold;
use keepsake_machine::media::{EffectId, Locality, ResourceId};
use keepsake_machine::row::Row;
use keepsake_machine::settings::{Config, Vault};
use keepsake_machine::stage::{Bytes, Class, Fault, Stage, Waiting, Why};
use keepsake_machine::time::Elapsed;

/// One photo under way.
fn under_way(config: Config, row: Row) -> Script {
    let mut script = Script::started(config, &[row], ROOMY);
    script.bring(vec![row]);
    script
}

/// A vault that can take the bytes while they are read.
fn teeing() -> Config {
    Config { vault: Vault { tee: true, ..Vault::default() }, ..small() }
}

/// What a checksum was ordered with: its id, whether it tees and whether it looks where the bytes are.
fn reading(script: &mut Script) -> Option<(EffectId, bool, bool)> {
    script.take(|effect| match effect {
        Effect::Checksum { id, tee, probe } => Some((*id, *tee, *probe)),
        _ => None,
    })
}

/// The stage that was stored.
fn stored(script: &mut Script) -> Option<Stage> {
    script.take(|effect| match effect {
        Effect::Persist { change: Change::Stage { stage, .. }, .. } => Some(*stage),
        _ => None,
    })
}

fn finds(script: &mut Script, finding: Finding) {
    let id = script.find().expect("the vault is asked");
    script.answer(id, Answer::Found(finding));
}

/// What failed so often, and is due again.
fn failed(row: Row, fault: Fault, attempt: u8) -> Row {
    let (due, why) = (Elapsed(0), Why::Failed(fault));
    let bytes = row.stage.bytes();
    Row { stage: Stage::Waiting(Waiting { due, attempt, wasted: 0, why, bytes }), ..row }
}

#[test]
fn only_of_what_nobody_knows_where_it_lies_that_is_found_out() {
    for locality in [Locality::Local, Locality::Unknown] {
        let row = Row { locality, ..Photo::local(1, MB).row(ResourceId(1)) };
        let (_, _, probe) = reading(&mut under_way(small(), row)).unwrap();
        assert_eq!(probe, locality == Locality::Unknown);
    }
}

#[test]
fn what_was_teed_and_is_lost_is_read_again_without() {
    let photo = Photo::local(1, MB);
    let mut script = under_way(teeing(), photo.row(ResourceId(1)));
    let (id, tee, _) = reading(&mut script).unwrap();
    assert!(tee);
    script.answer(id, Answer::Checksummed { digest: photo.digest(), teed: true });
    finds(&mut script, Finding::Miss);
    let id = script.upload().unwrap();
    script.answer(id, Answer::Put(PutOutcome::TeeLost));
    let (_, tee, _) = reading(&mut script).expect("it is read again");
    assert!(!tee);
}

#[test]
fn a_vault_that_once_did_not_show_what_it_said_it_had_is_not_believed_again() {
    let photo = Photo::local(1, MB);
    let mut script = under_way(small(), known(1, &photo));
    finds(&mut script, Finding::Hit);
    let id = script.verify().unwrap();
    script.answer(id, Answer::NotConfirmed);
    let id = script.upload().expect("it is sent after all");
    script.answer(id, Answer::Put(PutOutcome::OtherBytes));
    let id = script.checksum().expect("it is read again");
    script.answer(id, Answer::Checksummed { digest: photo.digest(), teed: false });
    finds(&mut script, Finding::Hit);
    assert!(script.upload().is_some(), "{:?}", script.orders);
}

#[test]
fn what_was_sent_after_all_is_looked_for_before_it_is_sent_once_more() {
    let stage = Stage::CheckingDuplicate { bytes: Bytes::Staged(MB) };
    let mut script = under_way(small(), Row { stage, ..known(1, &Photo::cloud(1, MB)) });
    finds(&mut script, Finding::Hit);
    let id = script.verify().unwrap();
    script.answer(id, Answer::NotConfirmed);
    let id = script.upload().expect("it is sent after all");
    script.answer(id, Answer::Put(PutOutcome::AlreadyThere));
    let id = script.verify().unwrap();
    script.tell(Event::VaultChanged(VaultHealth::Unavailable));
    script.answer(id, Answer::Stopped);
    script.tell(Event::DiskRead { asked: None, available: 0, total: 1 << 40 });
    assert!(script.has(&Effect::Evict { resource: ResourceId(1) }), "{:?}", script.orders);
    script.tell(Event::DiskRead { asked: None, available: ROOMY, total: 1 << 40 });
    script.tell(Event::VaultChanged(VaultHealth::Up { room: None }));
    finds(&mut script, Finding::Hit);
    let id = script.verify().expect("it is not sent again");
    script.answer(id, Answer::NotConfirmed);
    let last = std::iter::from_fn(|| stored(&mut script)).last();
    let Some(Stage::Waiting(waiting)) = last else { panic!("it backs off: {last:?}") };
    assert_eq!(waiting.why, Why::Failed(Fault::VerifyFailed));
}

#[test]
fn what_is_staged_is_kept_until_the_vault_has_shown_its_own() {
    let stage = Stage::Uploading { bytes: Bytes::Staged(MB) };
    let checking = Stage::CheckingDuplicate { bytes: Bytes::Staged(MB) };
    let row = Row { stage: checking, ..known(1, &Photo::cloud(1, MB)) };
    for row in [row, failed(Row { stage, ..row }, Fault::UploadFailed, 1)] {
        let mut script = under_way(small(), row);
        finds(&mut script, Finding::Hit);
        let id = script.verify().unwrap();
        script.answer(id, Answer::NotConfirmed);
        let from = script.take(|effect| match effect {
            Effect::Upload { from, .. } => Some(*from),
            _ => None,
        });
        assert_eq!(from, Some(Bytes::Staged(MB)), "it is not downloaded again");
    }
}

#[test]
fn what_was_sent_and_is_not_shown_was_moved_in_vain() {
    let mut script = under_way(small(), known(1, &Photo::local(1, MB)));
    finds(&mut script, Finding::Miss);
    let id = script.upload().unwrap();
    script.answer(id, Answer::Put(PutOutcome::Sent));
    let id = script.verify().unwrap();
    script.answer(id, Answer::NotConfirmed);
    let Some(Stage::Waiting(waiting)) = stored(&mut script) else { panic!("it backs off") };
    assert_eq!((waiting.why, waiting.wasted), (Why::Failed(Fault::VerifyFailed), MB));
}

#[test]
fn what_icloud_took_away_meanwhile_is_downloaded() {
    let row = known(1, &Photo::local(1, MB));
    let mut script = under_way(small(), row);
    finds(&mut script, Finding::Miss);
    let id = script.upload().unwrap();
    script.answer(id, Answer::NetworkNeeded);
    let change =
        Change::Locality { resource: row.id, version: row.version, locality: Locality::Cloud };
    assert!(script.has(&Effect::Persist { durable: false, change }), "{:?}", script.orders);
    assert!(script.download().is_some());
}

#[test]
fn a_host_that_downloads_without_the_network_is_not_asked_again_at_once() {
    let mut script = under_way(small(), Photo::cloud(1, MB).row(ResourceId(1)));
    let id = script.download().unwrap();
    script.answer(id, Answer::NetworkNeeded);
    assert_eq!(script.download(), None);
    let class = stored(&mut script).map(Stage::class);
    assert_eq!(class, Some(Class::Waiting(Why::Failed(Fault::HostFault))));
}

#[test]
fn what_was_half_sent_and_is_given_up_on_does_not_occupy_the_vault() {
    let row = failed(known(1, &Photo::local(1, MB)), Fault::Refused, 1);
    let mut script = under_way(small(), row);
    finds(&mut script, Finding::Miss);
    let id = script.upload().unwrap();
    script.answer(id, Answer::Failed { fault: Fault::Refused, wasted: 1 });
    assert_eq!(stored(&mut script), Some(Stage::Quarantined(Fault::Refused)));
    assert!(script.has(&Effect::Abandon { resource: row.id }), "{:?}", script.orders);
}

#[test]
fn without_its_digest_a_photo_is_read_first_however_far_it_is_said_to_be() {
    let bytes = Bytes::InLibrary;
    for stage in [
        Stage::CheckingDuplicate { bytes },
        Stage::Uploading { bytes },
        Stage::Verifying { bytes, origin: keepsake_machine::stage::Origin::Sent },
    ] {
        let row = Row { stage, ..Photo::local(1, MB).row(ResourceId(1)) };
        let mut script = Script::started(small(), &[row], ROOMY);
        script.tell(Event::VaultChanged(VaultHealth::Unavailable));
        script.bring(vec![row]);
        assert!(script.checksum().is_some(), "{stage:?}: the vault is not needed for that");
    }
}

#[test]
fn what_a_hold_stops_goes_on_at_once_when_that_ends_and_is_not_said_to_have_failed() {
    let photo = Photo::local(1, MB);
    let mut script = under_way(small(), photo.row(ResourceId(1)));
    let id = script.checksum().unwrap();
    script.answer(id, Answer::Held(Trouble::NoAccess));
    assert_eq!(stored(&mut script), None);
    script.tell(Event::AccessChanged(LibraryAccess::Full));
    let id = script.checksum().expect("at once");
    script.answer(id, Answer::Checksummed { digest: photo.digest(), teed: false });
    finds(&mut script, Finding::Miss);
    let id = script.upload().unwrap();
    script.answer(id, Answer::Held(Trouble::VaultFull { needed: 9 }));
    assert_eq!(stored(&mut script), None);
    script.tell(Event::VaultChanged(VaultHealth::Up { room: None }));
    assert!(script.upload().is_some(), "at once: {:?}", script.orders);
}

#[test]
fn what_is_not_final_is_asked_for_again_in_a_moment_and_nothing_counts_against_it() {
    let mut row = Photo::local(1, MB).row(ResourceId(1));
    for _ in 0..3 {
        let mut script = under_way(small(), row);
        let id = script.checksum().unwrap();
        script.answer(id, Answer::NotFinal);
        let Some(Stage::Waiting(waiting)) = stored(&mut script) else { panic!("it waits") };
        assert_eq!((waiting.why, waiting.attempt, waiting.wasted), (Why::NotFinal, 0, 0));
        assert_eq!(waiting.due.0 / 1_000, 10, "also the next time");
        row.stage = Stage::Waiting(Waiting { due: Elapsed(0), ..waiting });
    }
}

#[test]
fn photos_that_the_vault_does_not_take_say_nothing_of_the_library() {
    let rows = [1, 2, 3].map(|id| known(i64::from(id), &Photo::local(id, MB)));
    let mut script = Script::started(small(), &rows, ROOMY);
    script.bring(rows.to_vec());
    for _ in &rows {
        finds(&mut script, Finding::Miss);
        let id = script.upload().unwrap();
        script.answer(id, Answer::Failed { fault: Fault::UploadFailed, wasted: 0 });
    }
    assert!(!script.machine.status().holds.has(Hold::SourceUnavailable));
}
