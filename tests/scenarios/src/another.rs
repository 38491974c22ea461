//! Another device, which has backed up some of the same photos before.

use crate::format::{Lies, Scenario};
use crate::phone::Library;
use crate::world::World;
use keepsake_engine::runtime::Lockstep;
use keepsake_engine::{Destination, Engine, HostFact, Options};
use keepsake_machine::event::{self, LibraryAccess};
use std::sync::Arc;
use std::time::Duration;

/// Backs up what the vault has already.
pub(crate) fn backs_up(scenario: &Scenario, world: &World) -> Result<(), String> {
    let other = Arc::new(Library::default());
    for photos in &scenario.library {
        for number in 1..=photos.count {
            let of = |name: &String| name.replace('#', &number.to_string());
            let mut one = photos.clone();
            (one.count, one.lies) = (1, Lies::OnThePhone);
            one.name = of(&photos.name);
            one.raw = photos.raw.as_ref().map(of);
            one.moves = photos.moves.as_ref().map(of);
            if scenario.vault_has.contains(&one.name) {
                other.shoot(&one);
            }
        }
    }
    let state = world.folder().join("another");
    let mut options = Options::new(state, Some(Destination::Folder(world.vault())));
    options.vault_reserve = Some(0);
    let clock = Lockstep::default();
    let engine = Engine::open_on(Arc::new(clock.clone()), options, other);
    let engine = engine.map_err(|why| why.to_string())?;
    engine.start().map_err(|why| why.to_string())?;
    for fact in [
        HostFact::Access(LibraryAccess::Full),
        HostFact::Locked(false),
        HostFact::Network(event::Network::UNMETERED),
        HostFact::Power(event::Power::MAINS),
        HostFact::TransfersReported,
        HostFact::WindowOpened(None),
    ] {
        engine.tell(fact);
    }
    clock.pass(Duration::from_mins(1));
    engine.stop();
    clock.kill();
    Ok(())
}
