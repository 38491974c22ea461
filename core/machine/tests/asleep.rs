//! A phone that nothing can be done on sleeps.

use crate::support::library::Photo;
use crate::support::script::Script;
use keepsake_machine::event::Event;
use keepsake_machine::machine::Deadline;
use keepsake_machine::media::ResourceId;
use keepsake_machine::row::Row;
use keepsake_machine::settings::Config;

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
