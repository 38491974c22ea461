//! A month of one phone, for people: nothing fails, and everything takes the time that it takes.
//!
//! The user sleeps from ten to seven, at home on Wi-Fi and on the charger; by day the phone is on
//! mobile data, and the app is in front from eight to nine in the evening. Background windows are
//! granted at night. iOS takes originals back only when the camera has no room. When the user is
//! asked to let photos go, they do, and empty Recently Deleted the evening after.

use crate::kind::Kinds;
use crate::library::Library;
use crate::plan::{MB, Plan, Weather};
use crate::run::Run;
use crate::store::Store;
use crate::traffic::HOUR;
use keepsake_machine::event::{Event, Network, Power};
use keepsake_machine::hold::Holds;
use keepsake_machine::session::migration::Migration;
use keepsake_machine::settings::{Config, Limits, MeteredUse, Settings, Vault};
use keepsake_machine::stage::{Class, counted_bytes};
use keepsake_machine::status::Advice;
use keepsake_tests::random::Random;

pub use crate::traffic::Moved;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// The phone's disk, in bytes.
    pub phone: u64,
    /// The library, in bytes.
    pub library: u64,
    /// "Optimise iPhone Storage": the newest originals take half of the room that there is for them,
    /// the others are only in iCloud.
    pub optimised: bool,
    /// Mobile data may be used too.
    pub mobile: bool,
    /// For how many days.
    pub days: u32,
    /// Another seed gives another library of the same size.
    pub seed: u64,
}

impl Hour {
    /// Bytes of all items.
    pub fn all(&self) -> u64 {
        self.steps.iter().sum()
    }

    /// Bytes at one step.
    pub fn at(&self, step: Step) -> u64 {
        Step::ALL.iter().position(|one| *one == step).map_or(0, |place| self.steps[place])
    }

    /// Bytes that are safe.
    pub fn safe(&self) -> u64 {
        self.at(Step::Sent) + self.at(Step::There) + self.at(Step::Freed)
    }
}

impl Wish {
    /// Bytes of the disk that the system and apps take: a quarter.
    pub fn others(&self) -> u64 {
        self.phone / 4
    }

    /// Free space that Keepsake never touches: the machine's own default.
    pub fn reserve(&self) -> u64 {
        (self.phone / 20).max(1_000 * MB)
    }

    /// Whether all originals lie on the phone, above the reserve.
    pub fn originals_fit(&self) -> bool {
        self.library.saturating_add(self.others()).saturating_add(self.reserve()) <= self.phone
    }
}

/// The phone at the end of one hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hour {
    /// Bytes of the library on the phone, Recently Deleted included.
    pub library: u64,
    /// Bytes of what is staged.
    pub staged: u64,
    /// Bytes of everything else on it.
    pub others: u64,
    /// Bytes that moved in this hour.
    pub moved: Moved,
    /// Bytes of the items at each [`Step`], in the order of [`Step::ALL`].
    pub steps: [u64; 7],
    /// The holds in force.
    pub holds: Holds,
}

/// How far an item is, as people tell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Safe: sent.
    Sent,
    /// Safe: the vault had these bytes.
    There,
    /// Safe, and deleted from the phone.
    Freed,
    /// Something is done for it now.
    UnderWay,
    /// Backs off, or is out of sight.
    Waiting,
    /// Given up on, or lost.
    GivenUp,
    /// Its turn has not come.
    ToDo,
}

impl Step {
    /// All of them, safe ones first.
    pub const ALL: [Step; 7] = [
        Step::Sent,
        Step::There,
        Step::Freed,
        Step::UnderWay,
        Step::Waiting,
        Step::GivenUp,
        Step::ToDo,
    ];

    fn of(class: Class, under_way: bool) -> Option<Step> {
        match class {
            Class::Pending if under_way => Some(Step::UnderWay),
            Class::Pending => Some(Step::ToDo),
            Class::Waiting(_) | Class::Hidden => Some(Step::Waiting),
            Class::Quarantined(_) | Class::Lost => Some(Step::GivenUp),
            Class::BackedUp => Some(Step::Sent),
            Class::Duplicate => Some(Step::There),
            Class::Freed => Some(Step::Freed),
            Class::Closed | Class::Excluded | Class::Forgotten => None,
        }
    }
}

/// What the user did, saw or was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Let photos go that are safe.
    FreedSpace,
    /// Emptied Recently Deleted.
    Emptied,
    /// Got advice.
    Advised(Advice),
    /// Everything was safe for the first time.
    Safe,
    /// The phone had no room for a picture.
    Full,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Month {
    /// The phone at the start.
    pub before: Hour,
    /// Hour by hour.
    pub hours: Vec<Hour>,
    /// What happened, with the hours since the start.
    pub marks: Vec<(usize, Mark)>,
    /// Hours after which everything was safe for the first time.
    pub safe_after: Option<usize>,
    /// How often the user let photos go.
    pub freed: u32,
    /// Everything that was moved.
    pub moved: Moved,
    /// Bytes that were only in iCloud at the start.
    pub in_cloud: u64,
}

/// Assets of a library, whatever its size.
const ASSETS: u64 = 1_000;

/// Lives through it.
pub fn live(wish: &Wish) -> Month {
    let mut run = Run::new(plan(wish));
    run.obliging = true;
    run.starts_up();
    let (mut hours, mut marks) = (Vec::new(), Vec::new());
    let (mut safe_after, mut freed) = (None, 0);
    let before = Hour { steps: [0, 0, 0, 0, 0, 0, run.library.bytes()], ..hour_of(&run) };
    let in_cloud = run.library.bytes() - run.library.on_phone();
    let mut trash_since = None;
    for number in 0..wish.days as usize * 24 {
        let hour = number % 24;
        act(&mut run, hour);
        if hour == 20 && asks_for_space(&run) {
            freed += 1;
            marks.push((number, Mark::FreedSpace));
            run.tell(Event::FreeUpRequested { wanted: None });
        }
        if run.library.trash.is_empty() {
            trash_since = None;
        } else if hour == 21 && number > *trash_since.get_or_insert(number) {
            marks.push((number, Mark::Emptied));
            run.library.trash.clear();
            run.tell_disk();
        }
        if hour == 12 {
            for _ in 0..3 {
                let full = (number, Mark::Full);
                if !shoots(&mut run, wish.library / ASSETS)
                    && marks.iter().all(|(_, mark)| *mark != full.1)
                {
                    marks.push(full);
                }
            }
        }
        run.live_until((number as u64 + 1) * HOUR);
        let Some(machine) = &run.machine else { break };
        let status = machine.0.status();
        let after = number + 1;
        for one in &status.advice {
            if marks.iter().all(|(_, mark)| *mark != Mark::Advised(*one)) {
                marks.push((after, Mark::Advised(*one)));
            }
        }
        let (safe, all) = (status.counts.safe(), status.counts.total());
        if safe_after.is_none() && all.items > 0 && safe.items == all.items {
            safe_after = Some(after);
            marks.push((after, Mark::Safe));
        }
        hours.push(hour_of(&run));
    }
    // What arrives in one hour began to move in hours before.
    let mut moved = Moved::default();
    for (number, hour) in hours.iter_mut().enumerate() {
        hour.moved = run.traffic.of(number as u64);
        moved = moved.and(hour.moved);
    }
    Month { before, hours, marks, safe_after, freed, moved, in_cloud }
}

/// As it is now, but for what moved.
fn hour_of(run: &Run) -> Hour {
    let under_way = run.under_way();
    let mut steps = [0; 7];
    for row in run.catalog.rows.values() {
        let step = Step::of(row.stage.class(), under_way.contains(&row.id));
        let place = Step::ALL.iter().position(|one| Some(*one) == step);
        if let Some(place) = place {
            steps[place] += counted_bytes(row.size).0;
        }
    }
    Hour {
        library: run.library.on_phone(),
        staged: run.staged.values().chain(run.copying.values()).sum(),
        others: run.phone.others,
        moved: Moved::default(),
        steps,
        holds: run.machine.as_ref().map_or(Holds::NONE, |machine| machine.0.status().holds),
    }
}

/// The user takes a picture of about `size` bytes, if there is room: where iCloud has the originals,
/// iOS lets go of some for it.
fn shoots(run: &mut Run, size: u64) -> bool {
    let most = size * 3 / 2;
    let missing = most.saturating_sub(run.free());
    if missing > 0 {
        run.library.optimise(missing);
    }
    let room = run.free() >= most;
    if room {
        run.library.shoot_like(size, &mut run.random);
    }
    room
}

/// The day goes on.
fn act(run: &mut Run, hour: usize) {
    match hour {
        7 => {
            run.phone.network = Network::METERED;
            run.phone.power = Power { charging: false, battery: 100, saver: false, hot: false };
            tell_facts(run);
            run.falls_asleep();
        }
        20 => run.wakes(),
        21 => run.falls_asleep(),
        22 => {
            run.phone.network = Network::UNMETERED;
            run.phone.power = Power::MAINS;
            run.wakes();
            tell_facts(run);
        }
        _ => {}
    }
}

fn tell_facts(run: &mut Run) {
    for fact in run.phone.facts() {
        run.tell(fact);
    }
}

fn asks_for_space(run: &Run) -> bool {
    let migration = run.machine.as_ref().map(|machine| machine.0.status().migration);
    matches!(
        migration,
        Some(Migration::OutOfRoom { freeable: Some(1..), .. } | Migration::AwaitingDeletion { .. })
    )
}

fn plan(wish: &Wish) -> Plan {
    let mut random = Random::new(wish.seed);
    let mut library = Library::of(wish.library, ASSETS, &mut random);
    library.optimised = wish.optimised;
    let others = wish.others();
    let room = wish.phone.saturating_sub(others).saturating_sub(wish.phone / 10);
    library.keep_on_phone(if wish.optimised { room / 2 } else { u64::MAX });
    let metered = if wish.mobile { MeteredUse::ALL } else { MeteredUse::default() };
    let reserve = Some(wish.reserve());
    let settings = Settings { metered, migrate: true, reserve, ..Settings::default() };
    let vault = Vault { remote: true, ..Vault::default() };
    // One transfer has the whole line: beside another it would have it too.
    let limits = Limits { downloads: 1, uploads: 1, ..Limits::default() };
    let config = Config { settings, limits, vault, seed: wish.seed };
    let never = u64::MAX / 4;
    let weather = Weather {
        fault: never,
        turn: never,
        act: never,
        kill: never,
        thrifty: false,
        background: false,
        ill: false,
        lasts: u32::MAX,
        events: 0,
    };
    Plan {
        seed: wish.seed,
        random,
        library,
        config,
        disk: wish.phone,
        others,
        another: false,
        vault: Store::new(None),
        weather,
        without: Kinds::ALL,
    }
}
