//! The guided migration, by hand.

mod support;

use keepsake_machine::Machine;
use keepsake_machine::effect::Part;
use keepsake_machine::event::Event;
use keepsake_machine::media::ResourceId;
use keepsake_machine::session::migration::Migration;
use keepsake_machine::settings::Config;
use keepsake_machine::time::Elapsed;
use support::library::Photo;
use support::script::Script;

#[test]
fn waiting_for_the_space_ends_at_the_first_reading_that_admits_an_item() {
    let mut config = Config::default();
    config.settings.migrate = true;
    let row = Photo::cloud(1, 1_000_000_000).row(ResourceId(1));
    let awaiting = Migration::AwaitingSpace { since: Elapsed(0), freed: 9, needed: 9 };
    let mut script = Script::new(config.clone());
    script.machine = Machine::new(config, vec![Part::Migration(awaiting)]);
    script.begin(&[row], 0);
    script.bring(vec![row]);
    assert!(matches!(script.machine.status().migration, Migration::AwaitingSpace { .. }));
    script.tell(Event::DiskRead { asked: None, available: 1 << 36, total: 1 << 37 });
    assert_eq!(script.machine.status().migration, Migration::BackingUp);
}
