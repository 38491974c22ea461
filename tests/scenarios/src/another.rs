//! Another device, which has backed up some of the same photos before.

use crate::format::{Lies, Scenario};
use crate::phone::Library;
use crate::world::World;
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
    let mut options = Options::new(world.another_state(), Some(Destination::Folder(world.vault())));
    options.vault_reserve = Some(0);
    let clock = world.another().map_err(|why| why.to_string())?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use keepsake_vault::files::{Files as _, OsFiles};

    /// What lies in a folder, by path, with what is the vault's own.
    fn all_in(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
        let mut found = vec![folder.to_owned()];
        let mut next = 0;
        while next < found.len() {
            let at = found[next].clone();
            if let Ok(dir) = OsFiles.root(&at, false) {
                OsFiles.list(&dir, &mut |name, _| found.push(at.join(name))).unwrap();
            }
            next += 1;
        }
        found
    }

    #[test]
    fn what_is_in_a_vault_has_the_same_names_each_time_that_a_story_is_told() {
        let scenario: Scenario = serde_json::from_value(serde_json::json!({
            "title": "Names", "story": "", "phone": { "disk": "1 GB", "others": "0 B" },
            "library": [{ "name": "P1.HEIC", "size": "10 kB", "lies": "on_the_phone" }],
            "vault_has": ["P1.HEIC"], "happens": [], "trace": [],
            "ends": { "after": "1h", "safe": 1, "in_the_vault": 1 },
        }))
        .unwrap();
        let tells = || {
            let world = World::new("Names", 1_000_000_000, false).unwrap();
            backs_up(&scenario, &world).unwrap();
            let vault = world.vault();
            let names = all_in(&vault).into_iter();
            let mut names: Vec<_> =
                names.map(|name| name.strip_prefix(&vault).unwrap().to_owned()).collect();
            names.sort();
            names
        };
        let names = tells();
        assert!(names.iter().any(|name| name.ends_with("P1.HEIC")), "{names:?}");
        assert!(names.iter().any(|name| name.starts_with(".keepsake/segments")), "{names:?}");
        assert_eq!(names, tells());
    }
}
