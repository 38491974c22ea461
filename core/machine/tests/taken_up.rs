//! Rows are taken up as they are stored, however far they were.

use crate::support::library::Photo;
use crate::support::script::{MB, ROOMY, Script, known, small, tickets};
use keepsake_machine::effect::{Change, Effect};
use keepsake_machine::event::{Event, VaultHealth};
use keepsake_machine::media::{ResourceId, Role, Run};
use keepsake_machine::row::Row;
use keepsake_machine::stage::{Bytes, Fault, Stage, Waiting, Why};
use keepsake_machine::time::Elapsed;

#[test]
fn a_photo_that_failed_is_read_again_also_while_the_vault_does_not_answer() {
    let why = Why::Failed(Fault::ReadFailed);
    let (due, bytes) = (Elapsed(0), Bytes::InLibrary);
    let stage = Stage::Waiting(Waiting { due, attempt: 1, wasted: 0, why, bytes });
    let row = Row { stage, ..Photo::local(1, MB).row(ResourceId(1)) };
    let mut script = Script::started(small(), &[row], ROOMY);
    script.tell(Event::VaultChanged(VaultHealth::Unavailable));
    script.bring(vec![row]);
    assert!(script.checksum().is_some(), "{:?}", script.orders);
}

#[test]
fn nothing_is_taken_for_the_os_s_of_which_not_even_the_digest_is_stored() {
    let stage = Stage::Uploading { bytes: Bytes::WithOs(MB) };
    let row = Row { stage, ..Photo::local(1, MB).row(ResourceId(1)) };
    let mut script = Script::new(tickets());
    script.tell(Event::Started { run: Run(1) });
    script.tell(Event::TransferFound { resource: row.id });
    script.tell(Event::TransfersReported);
    script.bring(vec![row]);
    assert!(script.checksum().is_some(), "it is read first: {:?}", script.orders);
}

/// Whether equal bytes of another photo may stand for a file that is this to its photo.
fn may_be_another_s(role: Role) -> bool {
    let row = Row { role, ..known(1, &Photo::local(1, MB)) };
    let mut script = Script::started(small(), &[row], ROOMY);
    script.bring(vec![row]);
    let deduplicated = script.take(|effect| match effect {
        Effect::Find { deduplicated, .. } => Some(*deduplicated),
        _ => None,
    });
    deduplicated.expect("the vault is asked")
}

#[test]
fn what_describes_one_photo_does_not_stand_for_another() {
    assert!(may_be_another_s(Role::Photo) && may_be_another_s(Role::PairedVideo));
    assert!(!may_be_another_s(Role::Sidecar) && !may_be_another_s(Role::Adjustment));
}

#[test]
fn what_is_staged_without_its_digest_is_fetched_again_and_has_failed_as_often() {
    let (due, why) = (Elapsed(0), Why::Failed(Fault::UploadFailed));
    let waiting = Waiting { due, attempt: 3, wasted: 7, why, bytes: Bytes::Staged(MB) };
    let row = Row { stage: Stage::Waiting(waiting), ..Photo::cloud(1, MB).row(ResourceId(1)) };
    let mut script = Script::started(small(), &[row], ROOMY);
    script.bring(vec![row]);
    let stage = Stage::Waiting(Waiting { bytes: Bytes::InLibrary, ..waiting });
    let change = Change::Stage { resource: row.id, stage };
    assert!(script.has(&Effect::Persist { durable: false, change }), "{:?}", script.orders);
    assert!(script.download().is_some());
}

#[test]
fn what_was_staged_of_the_version_before_goes_when_a_kill_had_left_it() {
    let stage = Stage::Uploading { bytes: Bytes::Staged(MB) };
    // A scan stored the edit, and the program ended before the machine had let go of the rest.
    let row = Row { stage, ..Photo::cloud(1, MB).row(ResourceId(1)) };
    let mut script = Script::started(small(), &[row], ROOMY);
    script.bring(vec![row]);
    assert!(script.has(&Effect::Evict { resource: row.id }), "{:?}", script.orders);
    assert_eq!(script.machine.status().staged, 0);
    assert!(script.download().is_some(), "and the edit is fetched");
}
