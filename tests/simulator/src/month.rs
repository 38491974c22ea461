//! A month of one phone, for people: nothing fails, and everything takes the time that it takes.
//!
//! The user sleeps from ten to seven, at home on Wi-Fi and on the charger; by day the phone is on
//! mobile data, and the app is in front for ten minutes at eight in the evening. Background windows are
//! granted at night. When the user is asked to let photos go, they do, and empty Recently Deleted the
//! evening after.

use crate::Millis;
use crate::library::Library;
use crate::plan::{MB, Plan, Weather};
use crate::run::Run;
use keepsake_machine::event::{Event, Network, Power};
use keepsake_machine::hold::Holds;
use keepsake_machine::session::migration::Migration;
use keepsake_machine::settings::{Config, Limits, MeteredUse, Settings, Vault};
use keepsake_machine::status::Advice;
use keepsake_tests::random::Random;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// The phone's disk, in bytes.
    pub phone: u64,
    /// The library, in bytes.
    pub library: u64,
    /// "Optimise iPhone Storage": most originals are only in iCloud.
    pub optimised: bool,
    /// Mobile data may be used too.
    pub mobile: bool,
    /// For how many days.
    pub days: u32,
    /// Another seed gives another library of the same size.
    pub seed: u64,
}

/// The phone at one hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hour {
    /// Bytes of the library on the phone, Recently Deleted included.
    pub library: u64,
    /// Bytes of what is staged.
    pub staged: u64,
    /// Bytes of everything else on it.
    pub others: u64,
    /// Bytes downloaded and uploaded since the hour before, over Wi-Fi and over mobile data.
    pub moved: Moved,
    /// Files that are safe, and that are not yet.
    pub safe: u64,
    /// See [`Hour::safe`].
    pub open: u64,
    /// Bytes that are safe.
    pub safe_bytes: u64,
    /// The holds in force.
    pub holds: Holds,
}

/// Bytes that went over networks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Moved {
    /// From iCloud, over Wi-Fi.
    pub down_wifi: u64,
    /// From iCloud, over mobile data.
    pub down_mobile: u64,
    /// To the vault, over Wi-Fi.
    pub up_wifi: u64,
    /// To the vault, over mobile data.
    pub up_mobile: u64,
}

impl Moved {
    fn since(self, before: Moved) -> Moved {
        Moved {
            down_wifi: self.down_wifi - before.down_wifi,
            down_mobile: self.down_mobile - before.down_mobile,
            up_wifi: self.up_wifi - before.up_wifi,
            up_mobile: self.up_mobile - before.up_mobile,
        }
    }
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Month {
    /// Hour by hour.
    pub hours: Vec<Hour>,
    /// What the user did and was told, with the hour.
    pub marks: Vec<(usize, String)>,
    /// The hour in which everything was safe for the first time.
    pub safe_at: Option<usize>,
    /// How often the user let photos go.
    pub freed: u32,
    /// Advice that was given, in order.
    pub advice: Vec<Advice>,
    /// Everything that was moved.
    pub moved: Moved,
    /// Files in the library; each stands for several photos of a real one.
    pub files: u64,
}

/// Assets of a library, whatever its size.
const ASSETS: u64 = 1_000;
const HOUR: Millis = 3_600_000;

/// Lives through it.
pub fn live(wish: &Wish) -> Month {
    let mut run = Run::new(plan(wish));
    run.obliging = true;
    run.starts_up();
    let (mut hours, mut marks, mut advice) = (Vec::new(), Vec::new(), Vec::new());
    let (mut safe_at, mut freed, mut moved) = (None, 0, Moved::default());
    let mut trash_since = None;
    for number in 0..wish.days as usize * 24 {
        let hour = number % 24;
        act(&mut run, hour);
        if hour == 20 && asks_for_space(&run) {
            freed += 1;
            marks.push((number, "free up space".to_owned()));
            run.tell(Event::FreeUpRequested { wanted: None });
        }
        if run.library.trash.is_empty() {
            trash_since = None;
        } else if hour == 21 && number > *trash_since.get_or_insert(number) {
            marks.push((number, "Recently Deleted emptied".to_owned()));
            run.library.trash.clear();
            run.tell_disk();
        }
        if hour == 12 {
            for _ in 0..3 {
                run.library.shoot_like(wish.library / ASSETS, &mut run.random);
            }
        }
        run.live_until((number as u64 + 1) * HOUR);
        let Some(machine) = &run.machine else { break };
        let status = machine.0.status();
        for one in
            status.advice.iter().filter(|one| !advice.contains(*one)).copied().collect::<Vec<_>>()
        {
            marks.push((number, format!("advice: {one:?}")));
            advice.push(one);
        }
        let (safe, all) = (status.counts.safe(), status.counts.total());
        if safe_at.is_none() && all.items > 0 && safe.items == all.items {
            safe_at = Some(number);
            marks.push((number, "everything is safe".to_owned()));
        }
        hours.push(Hour {
            library: run.library.on_phone(),
            staged: run.staged.values().chain(run.copying.values()).sum(),
            others: run.phone.others,
            moved: run.moved.since(moved),
            safe: safe.items,
            open: all.items - safe.items,
            safe_bytes: safe.bytes,
            holds: status.holds,
        });
        moved = run.moved;
    }
    let files = run.library.originals.len() as u64;
    Month { hours, marks, safe_at, freed, advice, moved, files }
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
    let others = wish.phone / 4;
    let room = wish.phone.saturating_sub(others).saturating_sub(wish.phone / 10);
    library.keep_on_phone(if wish.optimised { room / 2 } else { u64::MAX });
    let metered = if wish.mobile { MeteredUse::ALL } else { MeteredUse::default() };
    let settings = Settings { metered, migrate: true, ..Settings::default() };
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
        ill: false,
        lasts: u32::MAX,
    };
    let disk = wish.phone.max(others + 2_000 * MB);
    Plan {
        seed: wish.seed,
        random,
        library,
        config,
        disk,
        others,
        another: false,
        vault_room: None,
        weather,
    }
}
