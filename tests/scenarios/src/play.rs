//! Plays a scenario on the real engine, catalog and folder vault, in virtual time.

use crate::disk::PhoneFiles;
use crate::format::{Ending, Network, Power, Scenario, Tap, Weather, What};
use crate::pages::{self, Mounted};
use crate::phone::Library;
use crate::tickets::{self, Transfers};
use crate::volume::Volume;
use crate::words;
use keepsake_engine::runtime::Lockstep;
use keepsake_engine::{Destination, Engine, HostFact, Options};
use keepsake_machine::event::{self, LibraryAccess};
use keepsake_machine::settings::Settings;
use keepsake_machine::stage::Class;
use keepsake_machine::time::Now;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

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
    pub(crate) folder: TempDir,
    pub(crate) library: Arc<Library>,
    pub(crate) files: Arc<PhoneFiles>,
    pub(crate) others: u64,
    pub(crate) settings: Settings,
    pub(crate) network: Network,
    pub(crate) power: Power,
    pub(crate) locked: bool,
    pub(crate) access: LibraryAccess,
    /// Every content that a photo of each name ever had.
    pub(crate) contents: BTreeMap<String, BTreeSet<Vec<u8>>>,
    pub(crate) running: Option<(Lockstep, Engine)>,
    signs_tickets: bool,
    /// How often the phone was started.
    pub(crate) boot: u64,
    /// Whether disks fail now and then.
    pub(crate) failing: bool,
    /// What a power cut left, and must not have.
    pub(crate) wrong: Vec<String>,
    /// Where the catalog lies.
    _mounted: Mounted,
    pub(crate) millis: u64,
    pub(crate) trace: Vec<String>,
    /// The status, as it was told last.
    pub(crate) said: String,
}

/// A job takes so long: not all alike, so that a kill may come between any two.
fn latency(order: u64) -> Duration {
    Duration::from_millis(40 + order * 37 % 90)
}

/// 2026-01-01, in milliseconds since 1970.
const NEW_YEAR: i64 = 1_767_225_600_000;

impl Stage {
    fn set(scenario: &Scenario) -> Result<Stage, String> {
        let folder = tempfile::tempdir().map_err(|why| why.to_string())?;
        let failed = |why: std::io::Error| why.to_string();
        let seed = seed_of(&scenario.title);
        let grave = folder.path().join("graveyard");
        let phone = Arc::new(Volume::new(seed, &grave.join("phone")).map_err(failed)?);
        let vault = Arc::new(Volume::new(seed ^ 1, &grave.join("vault")).map_err(failed)?);
        let own = folder.path().join("state");
        let library = Arc::new(Library::default());
        for photos in &scenario.library {
            library.shoot(photos);
        }
        let disk = scenario.phone.disk.as_u64();
        let mounted = pages::mount(&own, &phone);
        let files = Arc::new(PhoneFiles::new(own, disk, phone, vault));
        let mut stage = Stage {
            contents: BTreeMap::new(),
            signs_tickets: scenario.signs_tickets,
            boot: 1,
            failing: false,
            wrong: Vec::new(),
            _mounted: mounted,
            folder,
            library,
            files,
            others: scenario.phone.others.as_u64(),
            settings: scenario.settings.clone(),
            network: Network::Wifi,
            power: Power::Charging,
            locked: false,
            access: LibraryAccess::Full,
            running: None,
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

    pub(crate) fn vault(&self) -> PathBuf {
        self.folder.path().join("vault")
    }

    pub(crate) fn vault_away(&self) -> PathBuf {
        self.folder.path().join("vault-away")
    }

    /// Another device has backed up some of the same photos.
    fn another_device(&self, scenario: &Scenario) -> Result<(), String> {
        let other = Arc::new(Library::default());
        for photos in &scenario.library {
            for number in 1..=photos.count {
                let mut one = photos.clone();
                (one.count, one.lies) = (1, crate::format::Lies::OnThePhone);
                one.name = photos.name.replace('#', &number.to_string());
                one.moves =
                    photos.moves.as_ref().map(|name| name.replace('#', &number.to_string()));
                if scenario.vault_has.contains(&one.name) {
                    other.shoot(&one);
                }
            }
        }
        let state = self.folder.path().join("another");
        let mut options = Options::new(state, Some(Destination::Folder(self.vault())));
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
        let state = self.folder.path().join("state");
        let mut options = Options::new(state, Some(Destination::Folder(self.vault())));
        options.settings = self.settings.clone();
        let wall = NEW_YEAR + i64::try_from(self.millis).unwrap_or(i64::MAX);
        let now = Now { boot: self.boot, uptime: self.millis, wall, utc_offset: 0 };
        let clock = Lockstep::new(now, self.files.clone(), 1).with_latency(latency);
        let clock = if self.signs_tickets { clock.with_vaults(tickets::signing) } else { clock };
        let engine = Engine::open_on(Arc::new(clock.clone()), options, self.library.clone());
        let engine = match engine {
            Ok(engine) => engine,
            // A disk that fails: the user tries again when it does not.
            Err(_) if self.failing => return Ok(()),
            Err(why) => return Err(why.to_string()),
        };
        match engine.start() {
            Err(_) if self.failing => {
                clock.kill();
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
        self.running = Some((clock, engine));
        Ok(())
    }

    /// Says how transfers of the OS ended.
    fn tells_ended(&self, engine: &Engine) {
        for (resource, outcome) in self.library.transfers(Transfers::take_ended) {
            engine.tell(HostFact::TransferFinished(resource, outcome));
        }
    }

    fn fills(&self) {
        self.files.set_taken(self.others + self.library.on_the_phone());
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
            if let Some((clock, _)) = &self.running {
                clock.advance(self.millis);
            }
            self.pulls();
        }
    }

    fn pulls(&mut self) {
        let at = words::time(self.millis);
        let calls = self.library.calls().into_iter();
        self.trace.extend(calls.map(|call| format!("{at} {call}")));
        let Some((_, engine)) = &self.running else { return };
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
        if let Some((_, engine)) = &self.running {
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
            What::Vault(weather) => self.vault_goes(*weather)?,
            What::Killed(time) => self.killed(*time)?,
            What::PowerCut(time) => self.power_cut(*time)?,
            What::PulledOut(time) => self.pulled_out(*time)?,
            What::DisksFail(one_in) => {
                self.failing = *one_in > 0;
                self.files.phone.set_fails(*one_in);
                self.files.vault.set_fails(*one_in);
                if self.running.is_none() {
                    self.opens()?;
                }
            }
            What::OsSends(_) => {
                let (network, vault) = (network(self.network), self.vault());
                self.library.transfers(|os| os.send(network, &vault));
            }
            What::Settings(settings) => {
                self.settings = settings.clone();
                if let Some((_, engine)) = &self.running {
                    engine.change_settings(settings.clone());
                }
            }
            What::Window(lasts) => self.tell(HostFact::WindowOpened(Some(*lasts))),
            What::WindowEnds(_) => self.tell(HostFact::WindowEnding),
            What::TimePasses(_) => {}
        }
        Ok(())
    }

    fn taps(&self, tap: Tap) -> Result<(), String> {
        let Some((_, engine)) = &self.running else { return Ok(()) };
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

    fn vault_goes(&self, weather: Weather) -> Result<(), String> {
        let (here, away) = (self.vault(), self.vault_away());
        let moved = match weather {
            Weather::Away => std::fs::rename(here, away),
            Weather::There => std::fs::rename(away, here),
        };
        moved.map_err(|why| why.to_string())
    }

    /// How it ended, and what is wrong.
    fn looks_back(&self, after: Duration) -> (Ending, Vec<String>) {
        let status = self.running.as_ref().map(|(_, engine)| engine.status());
        let counts = status.as_ref().map(|status| status.counts.clone()).unwrap_or_default();
        let not_safe = counts.classes.iter().filter(|(class, tally)| {
            tally.items > 0 && !class.is_safe() && **class != Class::Closed
        });
        let vault = stored(&self.vault());
        let ends = Ending {
            after,
            safe: counts.safe().items,
            not_safe: not_safe.map(|(class, tally)| format!("{} {class:?}", tally.items)).collect(),
            holds: status.iter().flat_map(|s| s.holds.iter()).map(|h| format!("{h:?}")).collect(),
            in_the_vault: vault.len() as u64,
        };
        let held: BTreeSet<&Vec<u8>> = vault.iter().map(|(_, bytes)| bytes).collect();
        let surprised = self
            .trace
            .iter()
            .filter(|line| line.contains("notice Unexpected") && !line.contains("late: true"));
        let mut wrong = self.wrong.clone();
        wrong.extend(surprised.map(|line| format!("a surprise: {line}")));
        let ever: BTreeSet<_> = self.contents.values().flatten().collect();
        let strange = vault.iter().filter(|(_, bytes)| !ever.contains(bytes));
        wrong.extend(strange.map(|(path, _)| format!("{path} has bytes that no photo ever had")));
        if ends.not_safe.is_empty() {
            let files = self.library.files();
            let missing = files.iter().filter(|(_, bytes)| !held.contains(bytes));
            wrong.extend(
                missing.map(|(name, _)| format!("{name} is called safe, and is not there")),
            );
            let staging = std::fs::read_dir(self.folder.path().join("state/staging"));
            let left = staging.into_iter().flatten().flatten();
            wrong.extend(
                left.map(|entry| format!("{} is left in staging", entry.file_name().display())),
            );
        }
        (ends, wrong)
    }
}

/// The numbers that a story's disks draw from: its own (FNV-1a of its title).
fn seed_of(title: &str) -> u64 {
    title.bytes().fold(0xcbf2_9ce4_8422_2325, |seed, byte| {
        (seed ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Every photo in a vault, without what is its own.
pub(crate) fn stored(vault: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut open = vec![vault.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = path.strip_prefix(vault).unwrap_or(&path).to_string_lossy().into_owned();
            if name.starts_with('.') {
                continue;
            }
            if path.is_dir() {
                open.push(path);
            } else if let Ok(bytes) = std::fs::read(&path) {
                found.push((name, bytes));
            }
        }
    }
    found
}

fn network(of: Network) -> event::Network {
    match of {
        Network::Wifi => event::Network::UNMETERED,
        Network::Metered => event::Network::METERED,
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
