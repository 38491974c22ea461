//! A phone that nothing can be done on sleeps.

use crate::support::library::Photo;
use crate::support::script::Script;
use keepsake_machine::Fault;
use keepsake_machine::event::{Answer, Event, Network};
use keepsake_machine::machine::{Deadline, Timeout};
use keepsake_machine::media::ResourceId;
use keepsake_machine::row::Row;
use keepsake_machine::settings::{Config, MeteredUse, Settings};
use keepsake_machine::time::Elapsed;

/// Whether free space is read now and then although nothing happens.
fn reads_the_disk(rows: &[Row], then: Option<Event>) -> bool {
    let mut script = Script::started(Config::default(), rows, 0);
    script.bring(Vec::new());
    if let Some(event) = then {
        script.tell(event);
    }
    script.machine.poll_timeout().is_some_and(|timeout| timeout.why == Deadline::Disk)
}

#[test]
fn free_space_is_looked_for_only_while_it_would_help() {
    let cloud = Photo::cloud(1, 1_000_000).row(ResourceId(1));
    let local = Photo::local(2, 1_000_000).row(ResourceId(2));
    assert!(reads_the_disk(&[cloud, local], None));
    assert!(!reads_the_disk(&[local], None), "nothing is in the cloud");
    assert!(!reads_the_disk(&[cloud], Some(Event::UserPaused)), "the user paused");
}

/// A photo that could not be read just now, and backs off; rows are being asked for.
fn backs_off() -> Script {
    let row = Photo::local(1, 1_000_000).row(ResourceId(1));
    let mut script = Script::started(Config::default(), &[row], 1 << 36);
    script.bring(vec![row]);
    script.bring(Vec::new());
    let id = script.checksum().unwrap();
    script.answer(id, Answer::Failed { fault: Fault::ReadFailed, wasted: 0 });
    script
}

fn wakes(script: &Script) -> Deadline {
    script.machine.poll_timeout().expect("the alarm, if nothing else").why
}

#[test]
fn when_to_wake_is_told_on_the_clock_of_this_boot() {
    let mut script = backs_off();
    let (id, due) = (script.wanted().unwrap().id, Elapsed(60_000));
    assert_eq!(wakes(&script), Deadline::Alarm, "not for rows that are on their way");
    script.tell(Event::Refilled { id, rows: Vec::new(), next_due: Some(due), more: false });
    // The machine's clock began with the first event, a millisecond after the script's.
    let (uptime, why) = (due.0 + 1_001, Deadline::Retry);
    assert_eq!(script.machine.poll_timeout(), Some(Timeout { due, uptime, why }));
}

#[test]
fn a_phone_that_may_not_download_films_over_mobile_data_does_not_look_for_space_for_one() {
    let film = Photo { video: true, ..Photo::cloud(1, 1_000_000) }.row(ResourceId(1));
    let photos = MeteredUse { download_photos: true, ..MeteredUse::default() };
    let settings = Settings { metered: photos, ..Settings::default() };
    let looks = |network| {
        let mut script = Script::new(Config { settings: settings.clone(), ..Config::default() });
        script.tell(Event::NetworkChanged(network));
        script.begin(&[film], 0);
        script.bring_no_more();
        script.machine.poll_timeout().is_some_and(|timeout| timeout.why == Deadline::Disk)
    };
    assert!(!looks(Network::METERED));
    assert!(looks(Network::UNMETERED));
}
