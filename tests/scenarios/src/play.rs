//! Plays a scenario on the real engine, catalog and folder vault, in virtual time.

use crate::acts::{network, power};
use crate::another;
use crate::contents::Contents;
use crate::fate::Amid;
use crate::format::{Ending, Happening, Network, Power, Scenario, VaultMood, What};
use crate::phone::Library;
use crate::promise::Broken;
use crate::tickets::Transfers;
use crate::words;
use crate::world::World;
use keepsake_engine::{Destination, Engine, HostFact, Options};
use keepsake_machine::event::LibraryAccess;
use keepsake_machine::settings::Settings;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// What came of it.
#[derive(Debug)]
pub struct Played {
    /// What the host saw.
    pub trace: Vec<String>,
    /// How it ended.
    pub ends: Ending,
    /// What is in the library at the end, by name: how far it is, and where its bytes lie in the vault,
    /// without what tells names apart that are taken.
    pub holds: BTreeMap<String, Vec<String>>,
    /// How often the program died amid its work.
    pub died: u64,
    /// Promises that did not hold, whatever the scenario says.
    pub broken: Vec<Broken>,
}

/// Plays it.
///
/// # Errors
/// What the engine says when it cannot be opened.
pub fn play(scenario: &Scenario) -> Result<Played, String> {
    let mut stage = Stage::set(scenario)?;
    stage.opens()?;
    let fails = |one: &Happening| matches!(one.what, What::DisksFail(one_in) if one_in > 0);
    for (nth, happening) in scenario.happens.iter().enumerate() {
        stage.will_fail = scenario.happens[nth..].iter().any(fails);
        stage.time_passes(happening.after);
        stage.keeps_promises(happening.after);
        let happened = stage.happens(&happening.what);
        if happened.is_err() {
            stage.ends();
        }
        happened?;
    }
    stage.time_passes(scenario.ends.after);
    stage.keeps_promises(scenario.ends.after);
    let (ends, holds) = stage.looks_back(scenario.ends.after);
    stage.ends();
    let Stage { trace, died, broken, .. } = stage;
    Ok(Played { trace, ends, holds, died, broken })
}

/// The phone, the vault, and what is said.
pub(crate) struct Stage {
    pub(crate) world: World,
    pub(crate) library: Arc<Library>,
    pub(crate) others: u64,
    pub(crate) settings: Settings,
    pub(crate) network: Network,
    pub(crate) power: Power,
    pub(crate) locked: bool,
    pub(crate) access: LibraryAccess,
    /// Every content that a photo of each name ever had.
    pub(crate) contents: Contents,
    /// The program, while it runs.
    pub(crate) engine: Option<Engine>,
    /// Where the vault of now is, when it is there.
    pub(crate) vault: PathBuf,
    pub(crate) mood: VaultMood,
    /// Whether disks fail now and then.
    pub(crate) failing: bool,
    /// Whether they are still to: what then fails depends on what was read before, so nothing is read that
    /// the program does not read itself.
    pub(crate) will_fail: bool,
    /// How the program dies, when it dies amid its work.
    pub(crate) amid: Amid,
    /// How often it died so.
    pub(crate) died: u64,
    /// How often a disk lost what was not synced.
    pub(crate) losses: usize,
    /// What was safe a second ago, while it is to die amid its work: a dead program says nothing.
    pub(crate) was_safe: Vec<(String, [u8; 32])>,
    /// How much went wrong, besides operations of disks.
    pub(crate) faults: u64,
    /// Promises that did not hold.
    pub(crate) broken: Vec<Broken>,
    pub(crate) millis: u64,
    pub(crate) trace: Vec<String>,
    /// The status, as it was told last.
    pub(crate) said: String,
}

impl Stage {
    fn set(scenario: &Scenario) -> Result<Stage, String> {
        let disk = scenario.phone.disk.as_u64();
        let world = World::new(&scenario.title, disk, scenario.signs_tickets);
        let world = world.map_err(|why| why.to_string())?;
        let library = Arc::new(Library::of_a_program(world.fuse()));
        for photos in &scenario.library {
            library.shoot(photos);
        }
        let mut stage = Stage {
            vault: world.vault(),
            mood: VaultMood::There,
            world,
            library,
            others: scenario.phone.others.as_u64(),
            settings: scenario.settings.clone(),
            network: Network::Wifi,
            power: Power::Charging,
            locked: false,
            access: LibraryAccess::Full,
            contents: Contents::default(),
            engine: None,
            failing: false,
            will_fail: false,
            amid: Amid::Kill,
            died: 0,
            losses: 0,
            was_safe: Vec::new(),
            faults: 0,
            broken: Vec::new(),
            millis: 0,
            trace: Vec::new(),
            said: String::new(),
        };
        stage.notes_contents();
        if !scenario.vault_has.is_empty() {
            another::backs_up(scenario, &stage.world)?;
        }
        Ok(stage)
    }

    /// The program starts.
    pub(crate) fn opens(&mut self) -> Result<(), String> {
        self.fills();
        self.permits();
        self.world.set_reserve(self.settings.reserve);
        let mut options =
            Options::new(self.world.state(), Some(Destination::Folder(self.vault.clone())));
        options.settings = self.settings.clone();
        let clock = self.world.starts(self.millis);
        let engine = Engine::open_on(Arc::new(clock), options, self.library.clone());
        let engine = match engine {
            Ok(engine) => engine,
            // A disk that fails: the user tries again when it does not.
            Err(_) if self.is_unwell() => return Ok(()),
            Err(why) => return Err(why.to_string()),
        };
        match engine.start() {
            Err(_) if self.is_unwell() => return Ok(()),
            started => started.map_err(|why| why.to_string())?,
        }
        for fact in [
            HostFact::Access(self.access),
            HostFact::Locked(self.locked),
            HostFact::Network(network(self.network)),
            HostFact::Power(power(self.power)),
        ] {
            engine.tell(fact);
        }
        for resource in self.library.transfers(|os| os.under_way()) {
            engine.tell(HostFact::TransferFound(resource));
        }
        self.tells_ended(&engine);
        engine.tell(HostFact::TransfersReported);
        engine.tell(HostFact::WindowOpened(None));
        self.engine = Some(engine);
        Ok(())
    }

    /// Whether the disks do not do what they are told, and the user hears so.
    pub(crate) fn is_unwell(&self) -> bool {
        self.failing || self.world.has_died()
    }

    /// Says how transfers of the OS ended.
    fn tells_ended(&self, engine: &Engine) {
        for (resource, outcome) in self.library.transfers(Transfers::take_ended) {
            engine.tell(HostFact::TransferFinished(resource, outcome));
        }
    }

    pub(crate) fn fills(&self) {
        self.world.set_taken(self.others + self.library.on_the_phone());
    }

    fn notes_contents(&mut self) {
        self.contents.note(&self.library);
    }

    /// Time passes; once a second the host looks what there is to see.
    pub(crate) fn time_passes(&mut self, time: Duration) {
        let until = self.millis + u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        while self.millis < until {
            self.millis = until.min((self.millis / 1_000 + 1) * 1_000);
            if let Some(clock) = self.world.clock() {
                clock.advance(self.millis);
            }
            self.pulls();
            self.dies_if_dead();
            if self.world.is_to_die() && !self.will_fail {
                self.was_safe = self.safe();
            }
        }
    }

    fn pulls(&mut self) {
        let at = words::time(self.millis);
        let calls = self.library.calls().into_iter();
        self.trace.extend(calls.map(|call| format!("{at} {call}")));
        let Some(engine) = self.engine.as_ref().filter(|_| !self.world.has_died()) else { return };
        self.tells_ended(engine);
        while let Some(happened) = engine.waiting_event() {
            let text = words::happened(&happened);
            let is_status = text.starts_with("status");
            if !is_status || text != self.said {
                self.trace.push(format!("{at} {text}"));
            }
            if is_status {
                self.said = text;
            }
        }
    }

    pub(crate) fn tell(&self, fact: HostFact) {
        if let Some(engine) = &self.engine {
            engine.tell(fact);
        }
    }

    /// The library says that something may have changed.
    pub(crate) fn library_changed(&mut self) {
        self.notes_contents();
        self.fills();
        self.tell(HostFact::LibraryChanged);
        self.tell(HostFact::SpaceChanged);
    }
}
