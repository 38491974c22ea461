//! A machine to talk to by hand: one event, and what it orders, in the order of a test.

use super::library::Photo;
use keepsake_machine::effect::{Effect, Part};
use keepsake_machine::event::{Answer, Event};
use keepsake_machine::media::{EffectId, ResourceId, Run};
use keepsake_machine::row::Row;
use keepsake_machine::settings::{Config, Limits, Vault};
use keepsake_machine::stage::counted_bytes;
use keepsake_machine::status::{Activity, Counts, Tally, ToDo};
use keepsake_machine::{Machine, Now, Want};
use std::time::Duration;

pub struct Script {
    pub machine: Machine,
    pub now: Now,
    /// Ordered and not taken yet.
    pub orders: Vec<Effect>,
    pub parts: Vec<Part>,
}

impl Script {
    /// A machine that has not begun.
    pub fn new(config: Config) -> Script {
        let machine = Machine::new(config, Vec::new());
        let now = Now { boot: 1, uptime: 1_000, wall: 1_700_000_000_000, utc_offset: 0 };
        Script { machine, now, orders: Vec::new(), parts: Vec::new() }
    }

    /// A run that has begun: the library is scanned, and so much is free.
    pub fn started(config: Config, rows: &[Row], available: u64) -> Script {
        let mut script = Script::new(config);
        script.begin(rows, available);
        script
    }

    pub fn begin(&mut self, rows: &[Row], available: u64) {
        self.tell(Event::Counted(counts(rows)));
        self.tell(Event::Started { run: Run(1) });
        self.tell(Event::TransfersReported);
        self.tell(Event::DiskRead { asked: Some(1), available, total: 1 << 40 });
        self.tell(Event::ScanFinished { changed: false });
    }

    pub fn tell(&mut self, event: Event) {
        self.now.uptime += 1;
        self.machine.handle(event, self.now);
        while let Some(effect) = self.machine.poll_effect() {
            if let Effect::Persist { change: keepsake_machine::Change::Session(part), .. } = &effect
            {
                self.parts.retain(|other| other.key() != part.key());
                self.parts.push(part.clone());
            }
            self.orders.push(effect);
        }
    }

    /// The phone restarts: what is stored is known, and the wall clock says how long it was off.
    pub fn restart(&mut self, config: Config, off: u64) {
        self.machine = Machine::new(config, self.parts.clone());
        self.orders.clear();
        let wall = self.now.wall + i64::try_from(off).unwrap();
        self.now = Now { boot: self.now.boot + 1, uptime: 1_000, wall, ..self.now };
    }

    pub fn answer(&mut self, id: EffectId, answer: Answer) {
        self.tell(Event::Answered { id, answer });
    }

    /// So much time passes, and what is due fires.
    pub fn wait(&mut self, milliseconds: u64) {
        self.now.uptime += milliseconds;
        self.now.wall += i64::try_from(milliseconds).unwrap();
        self.tell(Event::Tick);
    }

    /// The first order that `wanted` takes is taken, with what it says of it.
    pub fn take<T>(&mut self, wanted: impl Fn(&Effect) -> Option<T>) -> Option<T> {
        let (at, found) =
            self.orders.iter().enumerate().find_map(|(at, one)| Some((at, wanted(one)?)))?;
        self.orders.remove(at);
        Some(found)
    }

    /// The catalog's answer to the refill that was asked for.
    pub fn bring(&mut self, rows: Vec<Row>) -> Want {
        let want = self.wanted().expect("rows are asked for");
        let more = !rows.is_empty();
        self.tell(Event::Refilled { id: want.id, rows, next_due: None, more });
        want
    }

    /// To whatever is asked for the catalog's answer is that there is nothing more.
    pub fn bring_no_more(&mut self) {
        while let Some(want) = self.wanted() {
            let (id, rows) = (want.id, Vec::new());
            self.tell(Event::Refilled { id, rows, next_due: None, more: false });
        }
    }

    /// The refill that was asked for.
    pub fn wanted(&mut self) -> Option<Want> {
        self.take(|effect| match effect {
            Effect::Refill(want) => Some(want.clone()),
            _ => None,
        })
    }

    pub fn download(&mut self) -> Option<EffectId> {
        self.take(|effect| match effect {
            Effect::Download { id, .. } => Some(*id),
            _ => None,
        })
    }

    pub fn checksum(&mut self) -> Option<EffectId> {
        self.take(|effect| match effect {
            Effect::Checksum { id, .. } => Some(*id),
            _ => None,
        })
    }

    pub fn find(&mut self) -> Option<EffectId> {
        self.take(|effect| match effect {
            Effect::Find { id, .. } => Some(*id),
            _ => None,
        })
    }

    pub fn upload(&mut self) -> Option<EffectId> {
        self.take(|effect| match effect {
            Effect::Upload { id, .. } => Some(*id),
            _ => None,
        })
    }

    pub fn verify(&mut self) -> Option<EffectId> {
        self.take(|effect| match effect {
            Effect::Verify { id, .. } => Some(*id),
            _ => None,
        })
    }

    pub fn hand_over(&mut self) -> Option<EffectId> {
        self.take(|effect| match effect {
            Effect::HandOver { id, .. } => Some(*id),
            _ => None,
        })
    }

    pub fn has(&self, wanted: &Effect) -> bool {
        self.orders.contains(wanted)
    }

    pub fn activity(&self) -> Activity {
        self.machine.status().activity
    }
}

/// Bytes.
pub const MB: u64 = 1_000_000;
/// Free bytes of a disk that is in nobody's way.
pub const ROOMY: u64 = 100_000 * MB;

/// Few at once.
pub fn small() -> Config {
    let limits = Limits { under_way: 8, downloads: 2, checksums: 2, checks: 4, uploads: 2 };
    Config { limits, ..Config::default() }
}

/// A vault that the OS can send to by itself.
pub fn tickets() -> Config {
    let vault = Vault { remote: true, tickets: true, ..Vault::default() };
    Config { vault, ..small() }
}

/// Half a minute for background work.
pub const WINDOW: Event = Event::WindowOpened { lasts: Some(Duration::from_secs(30)) };

/// The counters of these rows.
pub fn counts(rows: &[Row]) -> Counts {
    let mut counts = Counts::default();
    for row in rows {
        let (bytes, exact) = counted_bytes(row.size);
        let tally = Tally { items: 1, bytes, estimated: u64::from(!exact) };
        counts.classes.entry(row.stage.class()).or_default().add(tally);
        if row.stage.class().is_unfinished() {
            let digest_known = row.digest.is_some() || row.stage.bytes().staged() > 0;
            let to_do = ToDo { media: row.media, locality: row.locality, digest_known };
            counts.to_do.entry(to_do).or_default().add(tally);
        }
    }
    counts
}

/// A row of `photo`, with its digest known.
pub fn known(id: i64, photo: &Photo) -> Row {
    Row { digest: Some(photo.digest()), ..photo.row(ResourceId(id)) }
}
