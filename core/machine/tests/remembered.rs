//! What is remembered when the program is killed and starts again.

use crate::support::library::Photo;
use crate::support::script::{MB, ROOMY, Script, small};
use keepsake_machine::effect::{Change, Effect, Part};
use keepsake_machine::event::{Answer, Event, VaultHealth};
use keepsake_machine::hold::Hold;
use keepsake_machine::media::{ResourceId, Size, SizeClass};
use keepsake_machine::session::estimate::Learned;

/// Killed, and started again an hour later.
fn again(script: &mut Script) {
    script.restart(small(), 3_600_000);
    script.begin(&[], ROOMY);
}

#[test]
fn a_pause_is_stored_at_once_and_so_that_no_power_cut_takes_it_back() {
    let mut script = Script::started(small(), &[], ROOMY);
    script.tell(Event::UserPaused);
    let change = Change::Session(Part::UserHold(true));
    assert!(script.has(&Effect::Persist { durable: true, change }), "{:?}", script.orders);
    again(&mut script);
    assert!(script.machine.status().holds.has(Hold::User));
    script.tell(Event::UserResumed);
    again(&mut script);
    assert!(!script.machine.status().holds.has(Hold::User));
}

#[test]
fn that_the_vault_did_not_answer_is_remembered_until_it_does() {
    let mut script = Script::started(small(), &[], ROOMY);
    script.tell(Event::VaultChanged(VaultHealth::Unavailable));
    again(&mut script);
    assert!(script.machine.status().holds.has(Hold::VaultUnavailable));
    script.tell(Event::VaultChanged(VaultHealth::Up { room: None }));
    again(&mut script);
    assert!(!script.machine.status().holds.has(Hold::VaultUnavailable));
}

#[test]
fn that_the_vault_has_room_again_is_remembered() {
    let mut script = Script::started(small(), &[], ROOMY);
    script.tell(Event::VaultChanged(VaultHealth::Full));
    script.tell(Event::VaultChanged(VaultHealth::Up { room: Some(MB) }));
    again(&mut script);
    assert!(!script.machine.status().holds.has(Hold::VaultFull));
}

#[test]
fn how_large_photos_of_a_kind_are_is_remembered_and_how_many_came() {
    let photo = Photo { hint: Some(12_000_000), ..Photo::cloud(1, 40 * MB) };
    let row = photo.row(ResourceId(1));
    let mut script = Script::started(small(), &[row], ROOMY);
    script.bring(vec![row]);
    let id = script.download().unwrap();
    script.answer(id, Answer::Downloaded(photo.digest()));
    script.bring(vec![Photo::local(2, MB).row(ResourceId(2))]);
    let stored = |wanted: fn(&Part) -> bool| script.parts.iter().find(|part| wanted(part));
    let Some(Part::Learned(learned)) = stored(|part| matches!(part, Part::Learned(_))) else {
        panic!("{:?}", script.parts)
    };
    let heif = Size::Hinted { class: SizeClass::Heif, measure: 12_000_000 };
    assert!(learned.upper(heif) > Learned::default().upper(heif));
    assert_eq!(stored(|part| matches!(part, Part::Fairness(_))), Some(&Part::Fairness(2)));
}

#[test]
fn when_the_user_resumes_a_vault_that_did_not_answer_is_tried_at_once() {
    let mut script = Script::started(small(), &[Photo::local(1, MB).row(ResourceId(1))], ROOMY);
    let probed = |script: &mut Script| {
        script.wait(0);
        script.take(|effect| (*effect == Effect::ProbeVault).then_some(())).is_some()
    };
    script.tell(Event::VaultChanged(VaultHealth::Unavailable));
    script.tell(Event::UserPaused);
    assert!(!probed(&mut script), "it is left alone for a while");
    script.tell(Event::UserResumed);
    assert!(probed(&mut script));
}
