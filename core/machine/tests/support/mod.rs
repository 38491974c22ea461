//! A small world for the machine to live in: a library, a phone's disk, a catalog and a vault, each
//! a few lines of obvious bookkeeping. It performs effects in a random order, keeps the rules of
//! the contract itself, and panics when the machine breaks one.

pub mod catalog;
pub mod library;
pub mod perform;
pub mod script;

use keepsake_machine::effect::{Effect, Part};
use keepsake_machine::event::{Event, LibraryAccess, Network, Power, TransferOutcome, VaultHealth};
use keepsake_machine::media::{EffectId, ResourceId, Run};
use keepsake_machine::settings::{Config, Limits, Settings, Vault};
use keepsake_machine::status::Activity;
use keepsake_machine::{Machine, Now};
use library::Photo;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Random numbers from a seed: `SplitMix64` (Steele, Lea, Flood 2014).
#[derive(Debug, Clone)]
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides.max(1)
    }

    pub fn one_in(&mut self, sides: u64) -> bool {
        self.roll(sides) == 0
    }
}

/// What may go wrong, in this world.
#[derive(Debug, Clone, Copy, Default)]
pub struct Weather {
    /// One effect in so many fails; 0: none.
    pub fault: u64,
    /// One step in so many changes a condition (network, pause, vault, disk); 0: none.
    pub change: u64,
}

pub struct World {
    pub dice: Dice,
    pub weather: Weather,
    pub config: Config,
    pub machine: Machine,
    pub now: Now,
    pub run: u32,
    pub library: BTreeMap<ResourceId, Photo>,
    pub catalog: catalog::Catalog,
    /// Digests in the vault: whether a record names them.
    pub vault: BTreeMap<[u8; 32], bool>,
    pub forgotten: BTreeSet<[u8; 32]>,
    /// How often the bytes were sent.
    pub sent: BTreeMap<[u8; 32], u32>,
    pub disk: u64,
    pub staged: BTreeMap<ResourceId, u64>,
    pub teed: BTreeSet<ResourceId>,
    pub with_os: BTreeSet<ResourceId>,
    /// Transfers that ended while no program was there to hear it.
    pub ended: BTreeMap<ResourceId, TransferOutcome>,
    /// Effects that were ordered and not yet answered.
    pub jobs: Vec<Effect>,
    /// Downloads that landed all they may, and wait.
    pub stalled: BTreeMap<EffectId, u64>,
    /// Every event, with its time, and every effect that came of it.
    pub log: Vec<(Event, Now)>,
    pub effects: Vec<Effect>,
    pub paused: bool,
    pub offline: bool,
}

/// Bytes of a small photo.
pub const UNIT: u64 = 10_000;
/// Bytes of the phone's disk.
pub const DISK: u64 = 2_000 * UNIT;

/// Limits small enough for queues to form.
pub fn config(vault: Vault) -> Config {
    let limits = Limits { under_way: 6, downloads: 2, checksums: 2, checks: 3, uploads: 2 };
    let settings =
        Settings { reserve: Some(100 * UNIT), staging: Some(400 * UNIT), ..Settings::default() };
    Config { settings, limits, vault, seed: 7 }
}

impl World {
    pub fn new(seed: u64, photos: Vec<Photo>, config: Config, weather: Weather) -> World {
        let library: BTreeMap<_, _> = (1..).map(ResourceId).zip(photos).collect();
        World {
            dice: Dice(seed),
            weather,
            machine: Machine::new(config.clone(), Vec::new()),
            config,
            now: Now { boot: 1, uptime: 1_000, wall: 1_700_000_000_000, utc_offset: 60 },
            run: 0,
            library,
            catalog: catalog::Catalog::default(),
            vault: BTreeMap::new(),
            forgotten: BTreeSet::new(),
            sent: BTreeMap::new(),
            disk: DISK,
            staged: BTreeMap::new(),
            teed: BTreeSet::new(),
            with_os: BTreeSet::new(),
            ended: BTreeMap::new(),
            jobs: Vec::new(),
            stalled: BTreeMap::new(),
            log: Vec::new(),
            effects: Vec::new(),
            paused: false,
            offline: false,
        }
    }

    /// A run begins.
    pub fn start(&mut self) {
        self.run += 1;
        self.tell(Event::Started { run: Run(self.run) });
        for resource in self.with_os.clone() {
            self.tell(Event::TransferFound { resource });
        }
        for (resource, outcome) in std::mem::take(&mut self.ended) {
            self.tell(Event::TransferFinished { resource, outcome });
        }
        self.tell(Event::TransfersReported);
    }

    /// The program is killed, and started again: what is not persisted is gone. Some of what was
    /// under way had been done, and its answer is lost.
    pub fn kill(&mut self) {
        for job in std::mem::take(&mut self.jobs) {
            if self.dice.one_in(2) {
                let _lost = self.perform(&job);
            }
        }
        self.os_goes_on_alone();
        self.stalled.clear();
        self.teed.clear();
        // The driver sweeps what no stored row names.
        let rows = &self.catalog.rows;
        self.staged.retain(|id, _| rows[id].stage.bytes().staged() > 0);
        let parts: Vec<Part> = self.catalog.parts.values().cloned().collect();
        self.machine = Machine::new(self.config.clone(), parts);
        self.log.clear();
        self.effects.clear();
        if self.dice.one_in(3) {
            self.now = Now { boot: self.now.boot + 1, uptime: 5, ..self.now };
        }
        self.start();
        for (event, on) in [(Event::UserPaused, self.paused)] {
            if on {
                self.tell(event);
            }
        }
        if self.offline {
            self.tell(Event::NetworkChanged(Network::OFFLINE));
        }
    }

    /// Tells the machine something and does what it orders: `Persist` first.
    pub fn tell(&mut self, event: Event) {
        self.log.push((event.clone(), self.now));
        self.machine.handle(event, self.now);
        let mut batch = Vec::new();
        while let Some(effect) = self.machine.poll_effect() {
            batch.push(effect);
        }
        self.effects.extend(batch.iter().cloned());
        let mut changed = false;
        for effect in &batch {
            if let Effect::Persist { change, .. } = effect {
                self.catalog.store(change);
                changed = true;
            }
        }
        for effect in batch {
            if !matches!(effect, Effect::Persist { .. }) {
                self.order(effect);
            }
        }
        if changed {
            let counts = self.catalog.counts();
            self.tell(Event::Counted(counts));
        }
    }

    /// One thing happens: a job is answered, a condition changes, or time passes. Says whether
    /// anything could.
    pub fn step(&mut self) -> bool {
        self.now.uptime += 1 + self.dice.roll(20);
        self.now.wall += 10;
        if self.weather.change > 0 && self.dice.one_in(self.weather.change) {
            self.change();
            return true;
        }
        if !self.jobs.is_empty() {
            let at = usize::try_from(self.dice.roll(self.jobs.len() as u64)).unwrap();
            let job = self.jobs.remove(at);
            if let Some(event) = self.perform(&job) {
                self.tell(event);
            }
            return true;
        }
        if !self.with_os.is_empty() {
            self.os_works();
            return true;
        }
        let Some(timeout) = self.machine.poll_timeout() else { return false };
        let waiting = matches!(self.machine.status().activity, Activity::Waiting { .. });
        let soon = timeout.uptime < self.now.uptime + 3_600_000 * 24;
        if waiting || soon {
            self.now.uptime = self.now.uptime.max(timeout.uptime);
            self.tell(Event::Tick);
        }
        waiting || soon
    }

    fn change(&mut self) {
        match self.dice.roll(15) {
            0 => {
                self.paused = !self.paused;
                let event = if self.paused { Event::UserPaused } else { Event::UserResumed };
                self.tell(event);
            }
            1 => {
                self.offline = !self.offline;
                let network = if self.offline { Network::OFFLINE } else { Network::UNMETERED };
                self.tell(Event::NetworkChanged(network));
            }
            2 => self.tell(Event::VaultChanged(VaultHealth::Unavailable)),
            3 => self.tell(Event::WindowEnding),
            4 => self.tell(Event::WindowOpened { lasts: None }),
            5 => self.tell(Event::WindowOpened { lasts: Some(Duration::from_secs(30)) }),
            6 => self.edit(),
            7 => self.delete(),
            8 => self.os_works(),
            9 => {
                self.offline = false;
                self.tell(Event::NetworkChanged(Network::METERED));
            }
            10 => self.power(),
            11 => {
                let locked = self.dice.one_in(2);
                self.tell(Event::LockChanged { locked });
            }
            12 => {
                let all = [LibraryAccess::Full, LibraryAccess::Limited, LibraryAccess::Denied];
                let access = all[usize::try_from(self.dice.roll(3)).unwrap()];
                self.tell(Event::AccessChanged(access));
            }
            _ => {
                let (available, total) = (self.free(), DISK);
                self.tell(Event::DiskRead { asked: None, available, total });
            }
        }
    }

    fn power(&mut self) {
        let hot = self.dice.one_in(2);
        self.tell(Event::PowerChanged(Power { hot, ..Power::MAINS }));
    }

    /// The user edits a photo: other bytes, another version.
    fn edit(&mut self) {
        if let Some(id) = self.any() {
            let photo = self.library.get_mut(&id).unwrap();
            photo.version += 1;
            if photo.version > 200 {
                photo.version = 200;
            }
            let scanned = self.scan();
            self.tell(scanned);
        }
    }

    /// The user deletes a photo.
    fn delete(&mut self) {
        if let Some(id) = self.any() {
            self.library.get_mut(&id).unwrap().gone = true;
            let scanned = self.scan();
            self.tell(scanned);
        }
    }

    fn any(&mut self) -> Option<ResourceId> {
        let nth = usize::try_from(self.dice.roll(self.library.len() as u64)).unwrap();
        self.library.keys().nth(nth).copied().filter(|id| self.catalog.rows.contains_key(id))
    }

    /// The OS gets on with a transfer that is its own.
    fn os_works(&mut self) {
        let Some(resource) = self.with_os.pop_first() else { return };
        let outcome = if self.dice.one_in(3) {
            TransferOutcome::Failed { wasted: 1 }
        } else {
            let digest = self.catalog.rows[&resource].digest.expect("handed over with a digest");
            self.arrived(digest.sha256);
            TransferOutcome::Delivered
        };
        self.tell(Event::TransferFinished { resource, outcome });
    }

    /// What the OS does while the program is dead: it ends transfers, or loses them.
    fn os_goes_on_alone(&mut self) {
        for resource in self.with_os.clone() {
            let row = &self.catalog.rows[&resource];
            match self.dice.roll(4) {
                0 => {
                    let digest = row.digest.expect("handed over with a digest");
                    self.arrived(digest.sha256);
                    self.ended.insert(resource, TransferOutcome::Delivered);
                }
                1 => {
                    self.ended.insert(resource, TransferOutcome::Failed { wasted: 1 });
                }
                2 => {}
                _ => continue,
            }
            self.with_os.remove(&resource);
        }
    }

    /// Bytes arrived in the vault.
    fn arrived(&mut self, sha256: [u8; 32]) {
        if let Entry::Vacant(place) = self.vault.entry(sha256) {
            place.insert(false);
            *self.sent.entry(sha256).or_default() += 1;
        }
    }

    /// Fair weather until nothing is left to do. Says in what the machine then is.
    pub fn finish(&mut self) -> Activity {
        self.weather = Weather::default();
        self.paused = false;
        self.offline = false;
        for event in [
            Event::UserResumed,
            Event::PowerChanged(Power::MAINS),
            Event::LockChanged { locked: false },
            Event::AccessChanged(LibraryAccess::Full),
            Event::NetworkChanged(Network::UNMETERED),
            Event::WindowOpened { lasts: None },
            Event::VaultChanged(VaultHealth::Up { room: None }),
            Event::VaultChanged(VaultHealth::SignedIn),
        ] {
            self.tell(event);
        }
        // In foul weather an item may fail too often: the user tries those again.
        self.rest();
        self.catalog.retry();
        let counts = self.catalog.counts();
        self.tell(Event::Counted(counts));
        self.tell(Event::RetryRequested);
        self.rest()
    }

    fn rest(&mut self) -> Activity {
        for _ in 0..20_000 {
            if self.machine.status().activity == Activity::Done && self.jobs.is_empty() {
                return Activity::Done;
            }
            if !self.step() {
                break;
            }
        }
        self.machine.status().activity
    }

    /// Free bytes of the phone's disk.
    pub fn free(&self) -> u64 {
        self.disk - self.staged.values().sum::<u64>()
    }
}
