//! What is told once, when it happens, and what is recorded because there was no use for it.

use crate::support::library::Photo;
use crate::support::script::{MB, ROOMY, Script, known, small};
use keepsake_machine::effect::Effect;
use keepsake_machine::event::{Answer, Event};
use keepsake_machine::media::{EffectId, ResourceId, Run};
use keepsake_machine::settings::Settings;
use keepsake_machine::status::{Activity, Notice, Unexpected};
use keepsake_machine::{Hold, Holds};

/// What was recorded as having no use.
fn unexpected(script: &mut Script) -> Option<Unexpected> {
    script.take(|effect| match effect {
        Effect::Notify(Notice::Unexpected(unexpected)) => Some(unexpected.clone()),
        _ => None,
    })
}

#[test]
fn what_comes_in_the_way_is_told_when_it_does_and_when_it_goes() {
    let mut script = Script::started(small(), &[], ROOMY);
    script.tell(Event::UserPaused);
    let paused = Holds::NONE.with(Hold::User);
    assert!(script.has(&Effect::Notify(Notice::HoldsChanged(paused))), "{:?}", script.orders);
    script.tell(Event::UserResumed);
    assert!(script.has(&Effect::Notify(Notice::HoldsChanged(Holds::NONE))), "{:?}", script.orders);
}

#[test]
fn what_comes_before_the_run_has_begun_is_recorded_by_its_name() {
    let mut script = Script::new(small());
    script.tell(Event::Tick);
    assert_eq!(unexpected(&mut script), None, "a clock may tick at any time");
    script.tell(Event::ScanFinished { changed: true });
    let (event, late) = ("ScanFinished".into(), false);
    let recorded = Unexpected { resource: None, stage: None, event, late };
    assert_eq!(unexpected(&mut script), Some(recorded));
}

#[test]
fn an_answer_of_what_is_not_under_way_is_recorded_as_late() {
    let mut script = Script::started(small(), &[], ROOMY);
    let resource = ResourceId(1);
    script.answer(EffectId { resource, run: Run(1), attempt: 1 }, Answer::Stopped);
    let (event, late) = ("Stopped".into(), true);
    let recorded = Unexpected { resource: Some(resource), stage: None, event, late };
    assert_eq!(unexpected(&mut script), Some(recorded));
}

#[test]
fn settings_that_come_before_the_run_has_begun_count() {
    let mut script = Script::new(small());
    let battery =
        keepsake_machine::event::Power { charging: false, ..keepsake_machine::event::Power::MAINS };
    script.tell(Event::PowerChanged(battery));
    script.tell(Event::SettingsChanged(Settings { only_charging: true, ..Settings::default() }));
    script.begin(&[], ROOMY);
    assert!(script.machine.status().holds.has(Hold::NotCharging));
}

#[test]
fn when_the_catalog_cannot_be_written_nothing_more_is_ordered() {
    let row = known(1, &Photo::local(1, MB));
    let mut script = Script::started(small(), &[row], ROOMY);
    script.bring(vec![row]);
    script.tell(Event::CatalogFailed);
    let unwritable = Holds::NONE.with(Hold::CatalogUnwritable);
    assert!(script.has(&Effect::Notify(Notice::HoldsChanged(unwritable))), "{:?}", script.orders);
    assert_eq!(script.machine.under_way().count(), 0);
    assert_eq!((script.activity(), script.machine.poll_timeout()), (Activity::Paused, None));
    script.orders.clear();
    script.tell(Event::RetryRequested);
    script.wait(60_000);
    assert_eq!(script.orders, []);
}

#[test]
fn in_a_log_a_digest_is_short() {
    let digest = Photo::local(0xab, 9).digest();
    assert_eq!(format!("{digest:?}"), "Digest(01ababababababab, 9 B)");
}
