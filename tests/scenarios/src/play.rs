//! Plays a scenario on the real engine, catalog and folder vault, in virtual time.

use crate::format::{Ending, Network, Power, Scenario, Tap, VaultMood, Weather, What};
use crate::phone::Library;
use crate::tickets::{Mood, Transfers};
use crate::words;
use crate::world::World;
use keepsake_engine::runtime::Lockstep;
use keepsake_engine::{Destination, Engine, HostFact, Options};
use keepsake_machine::event::{self, LibraryAccess};
use keepsake_machine::settings::Settings;
use std::collections::{BTreeMap, BTreeSet};
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
    /// What is wrong whatever the scenario says: bytes in the vault that no photo ever had, a safe
    /// photo that is not there, something left in staging.
    pub wrong: Vec<String>,
}

/// Plays it.
///
/// # Errors
/// What the engine says when it cannot be opened.
pub fn play(scenario: &Scenario) -> Result<Played, String> {
    let mut stage = Stage::set(scenario)?;
    stage.opens()?;
    for happening in &scenario.happens {
        stage.time_passes(happening.after);
        let happened = stage.happens(&happening.what);
        if happened.is_err() {
            stage.ends();
        }
        happened?;
    }
    stage.time_passes(scenario.ends.after);
    let (ends, wrong) = stage.looks_back(scenario.ends.after);
    stage.ends();
    Ok(Played { trace: stage.trace, ends, wrong })
}

/// The phone, the vault, and what is said.
pub(crate) struct Stage {
    pub(crate) world: World,
    pub(crate) library: Arc<Library>,
    others: u64,
    settings: Settings,
    network: Network,
    power: Power,
    locked: bool,
    access: LibraryAccess,
    /// Every content that a photo of each name ever had.
    pub(crate) contents: BTreeMap<String, BTreeSet<Vec<u8>>>,
    /// The program, while it runs.
    pub(crate) engine: Option<Engine>,
    /// Where the vault of now is, when it is there.
    pub(crate) vault: PathBuf,
    mood: VaultMood,
    /// Whether disks fail now and then.
    pub(crate) failing: bool,
    /// What a power cut left, and must not have.
    pub(crate) wrong: Vec<String>,
    pub(crate) millis: u64,
    pub(crate) trace: Vec<String>,
    /// The status, as it was told last.
    pub(crate) said: String,
}

impl Stage {
    fn set(scenario: &Scenario) -> Result<Stage, String> {
        let disk = scenario.phone.disk.as_u64();
        let world = World::new(&scenario.title, disk, scenario.signs_tickets);
        let library = Arc::new(Library::default());
        for photos in &scenario.library {
            library.shoot(photos);
        }
        let world = world.map_err(|why| why.to_string())?;
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
            contents: BTreeMap::new(),
            engine: None,
            failing: false,
            wrong: Vec::new(),
            millis: 0,
            trace: Vec::new(),
            said: String::new(),
        };
        stage.notes_contents();
        if !scenario.vault_has.is_empty() {
            stage.another_device(scenario)?;
        }
        Ok(stage)
    }

    /// Another device has backed up some of the same photos.
    fn another_device(&self, scenario: &Scenario) -> Result<(), String> {
        let other = Arc::new(Library::default());
        for photos in &scenario.library {
            for number in 1..=photos.count {
                let mut one = photos.clone();
                (one.count, one.lies) = (1, crate::format::Lies::OnThePhone);
                one.name = photos.name.replace('#', &number.to_string());
                one.raw = photos.raw.as_ref().map(|name| name.replace('#', &number.to_string()));
                one.moves =
                    photos.moves.as_ref().map(|name| name.replace('#', &number.to_string()));
                if scenario.vault_has.contains(&one.name) {
                    other.shoot(&one);
                }
            }
        }
        let state = self.world.folder().join("another");
        let mut options = Options::new(state, Some(Destination::Folder(self.world.vault())));
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

    /// The program starts.
    pub(crate) fn opens(&mut self) -> Result<(), String> {
        self.fills();
        let mut options =
            Options::new(self.world.state(), Some(Destination::Folder(self.vault.clone())));
        options.settings = self.settings.clone();
        let clock = self.world.starts(self.millis);
        let engine = Engine::open_on(Arc::new(clock), options, self.library.clone());
        let engine = match engine {
            Ok(engine) => engine,
            // A disk that fails: the user tries again when it does not.
            Err(_) if self.failing => return Ok(()),
            Err(why) => return Err(why.to_string()),
        };
        match engine.start() {
            Err(_) if self.failing => {
                self.world.kill();
                return Ok(());
            }
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

    /// Says how transfers of the OS ended.
    fn tells_ended(&self, engine: &Engine) {
        for (resource, outcome) in self.library.transfers(Transfers::take_ended) {
            engine.tell(HostFact::TransferFinished(resource, outcome));
        }
    }

    fn fills(&self) {
        self.world.set_taken(self.others + self.library.on_the_phone());
    }

    fn notes_contents(&mut self) {
        for (name, bytes) in self.library.files() {
            self.contents.entry(name).or_default().insert(bytes);
        }
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
        }
    }

    fn pulls(&mut self) {
        let at = words::time(self.millis);
        let calls = self.library.calls().into_iter();
        self.trace.extend(calls.map(|call| format!("{at} {call}")));
        let Some(engine) = &self.engine else { return };
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

    fn tell(&self, fact: HostFact) {
        if let Some(engine) = &self.engine {
            engine.tell(fact);
        }
    }

    /// The library says that something may have changed.
    fn library_changed(&mut self) {
        self.notes_contents();
        self.fills();
        self.tell(HostFact::LibraryChanged);
        self.tell(HostFact::SpaceChanged);
    }

    fn happens(&mut self, what: &What) -> Result<(), String> {
        self.trace.push(format!("{} now {}", words::time(self.millis), words::what(what)));
        match what {
            What::Network(to) => {
                self.network = *to;
                self.tell(HostFact::Network(network(*to)));
            }
            What::Power(to) => {
                self.power = *to;
                self.tell(HostFact::Power(power(*to)));
            }
            What::Locked(locked) => {
                self.locked = *locked;
                self.tell(HostFact::Locked(*locked));
            }
            What::Access(access) => {
                self.access = *access;
                self.library.set_access(*access);
                self.tell(HostFact::Access(*access));
                self.tell(HostFact::LibraryChanged);
            }
            What::User(tap) => self.taps(*tap)?,
            What::Shoots(photos) => {
                self.library.shoot(photos);
                self.library_changed();
            }
            What::Edits(name) => {
                self.library.edit(name);
                self.library_changed();
            }
            What::Deletes(name) => {
                self.library.delete(name);
                self.library_changed();
            }
            What::EmptiesTrash(_) => {
                self.library.empty_trash();
                self.fills();
                self.tell(HostFact::SpaceChanged);
            }
            What::LetsGo(yes) => {
                let Some((proposal, yes)) = self.library.answer(*yes) else {
                    return Err("nothing was proposed".to_owned());
                };
                let assets = proposal.assets.iter().filter(|_| yes).map(|one| one.asset);
                self.tell(HostFact::FreeUpAnswered(proposal.id, assets.collect()));
                self.library_changed();
            }
            What::OthersTake(bytes) => {
                self.others = bytes.as_u64();
                self.fills();
                self.tell(HostFact::SpaceChanged);
            }
            What::Cloud(weather) => self.library.set_cloud(*weather == Weather::Away),
            What::Vault(mood) => self.vault_is(*mood)?,
            What::PoursEnd(end) => self.library.set_pours_end(*end),
            What::Forgets(name) => self.forgets(name)?,
            What::Reinstalls(time) => {
                self.world.uninstall().map_err(|why| why.to_string())?;
                self.killed(*time)?;
            }
            What::Destination(name) => {
                self.vault = self.world.folder().join(name);
                if let Some(engine) = self.engine.take() {
                    engine.stop();
                }
                self.killed(Duration::ZERO)?;
            }
            What::Killed(time) => self.killed(*time)?,
            What::PowerCut(time) => self.power_cut(*time)?,
            What::PulledOut(time) => self.pulled_out(*time)?,
            What::DisksFail(one_in) => {
                self.failing = *one_in > 0;
                self.world.set_disks_fail(*one_in);
                if self.engine.is_none() {
                    self.opens()?;
                }
            }
            What::OsSends(_) => {
                let network = network(self.network);
                self.library.transfers(|os| os.send(network, &self.world));
            }
            What::Settings(settings) => {
                self.settings = settings.clone();
                if let Some(engine) = &self.engine {
                    engine.change_settings(settings.clone());
                }
            }
            What::Window(lasts) => self.tell(HostFact::WindowOpened(Some(*lasts))),
            What::WindowEnds(_) => self.tell(HostFact::WindowEnding),
            What::TimePasses(_) => {}
        }
        Ok(())
    }

    fn vault_is(&mut self, mood: VaultMood) -> Result<(), String> {
        let before = std::mem::replace(&mut self.mood, mood);
        let is_away = mood == VaultMood::Away;
        if (before == VaultMood::Away) != is_away {
            self.world.move_vault(!is_away).map_err(|why| why.to_string())?;
        }
        self.world.set_mood(match mood {
            VaultMood::Full => Mood::Full,
            VaultMood::SignedOut => Mood::SignedOut,
            VaultMood::There | VaultMood::Away => Mood::Well,
        });
        if before == VaultMood::SignedOut {
            self.tell(HostFact::SignedIn);
        }
        Ok(())
    }

    fn forgets(&self, name: &str) -> Result<(), String> {
        let Some(engine) = &self.engine else { return Ok(()) };
        let said = |why: keepsake_engine::EngineError| why.to_string();
        let found = engine.find(name.as_bytes()).map_err(said)?;
        engine.forget(&[found.resource]).map(drop).map_err(said)
    }

    fn taps(&self, tap: Tap) -> Result<(), String> {
        let Some(engine) = &self.engine else { return Ok(()) };
        match tap {
            Tap::Pause => engine.pause(),
            Tap::Resume => engine.resume(),
            Tap::FreeUp => engine.free_up(None),
            Tap::Retry => match engine.retry(None) {
                Err(_) if self.failing => {} // the user is told, and will tap again
                retried => drop(retried.map_err(|why| why.to_string())?),
            },
        }
        Ok(())
    }
}

fn network(of: Network) -> event::Network {
    match of {
        Network::Wifi | Network::Ethernet => event::Network::UNMETERED,
        Network::Metered | Network::Hotspot | Network::VpnOverMobileData => event::Network::METERED,
        Network::Roaming => event::Network { roaming: true, ..event::Network::METERED },
        Network::Offline => event::Network::OFFLINE,
    }
}

fn power(of: Power) -> event::Power {
    let battery = event::Power { charging: false, battery: 100, saver: false, hot: false };
    match of {
        Power::Charging => event::Power::MAINS,
        Power::Battery => battery,
        Power::LowBattery => event::Power { battery: 10, ..battery },
        Power::Saver => event::Power { saver: true, ..battery },
        Power::Hot => event::Power { hot: true, ..battery },
    }
}
