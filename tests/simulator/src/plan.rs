//! What a seed makes, before anything happens.

use crate::kind::Kinds;
use crate::library::Library;
use crate::store::Store;
use keepsake_machine::settings::{Config, Limits, MeteredUse, Settings, Vault};
use keepsake_tests::random::Random;

/// A megabyte.
pub const MB: u64 = 1_000_000;

/// The phone and its day, as the seed drew them.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The seed.
    pub seed: u64,
    /// Goes on drawing where the plan ended.
    pub random: Random,
    /// The library on the first day.
    pub library: Library,
    /// How the machine is made.
    pub config: Config,
    /// The phone's volume, in bytes.
    pub disk: u64,
    /// Bytes of it that neither the library nor we take.
    pub others: u64,
    /// Whether another device fills the same vault.
    pub another: bool,
    /// The vault, empty.
    pub vault: Store,
    /// How rough it is.
    pub weather: Weather,
    /// What does not happen.
    pub without: Kinds,
}

/// How often things happen in foul weather.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weather {
    /// One long effect in so many goes wrong.
    pub fault: u64,
    /// Mean milliseconds between two turns of a condition.
    pub turn: u64,
    /// Mean milliseconds between two acts of the user.
    pub act: u64,
    /// Mean milliseconds between two kills.
    pub kill: u64,
    /// Seldom anything but a metered network, and little of it a day.
    pub thrifty: bool,
    /// The app is seldom in front: most of its windows are short.
    pub background: bool,
    /// The library itself fails, whatever it is asked for.
    pub ill: bool,
    /// Happenings until it becomes fair.
    pub lasts: u32,
    /// Events that the machine is told until then, at least.
    pub events: u64,
}

/// What the user lets go over metered networks.
pub fn metered(random: &mut Random) -> MeteredUse {
    match random.below(4) {
        0 => MeteredUse::ALL,
        1 => MeteredUse::default(),
        _ => MeteredUse {
            download_photos: random.one_in(2),
            download_videos: random.one_in(3),
            upload_photos: random.one_in(2),
            upload_videos: random.one_in(3),
        },
    }
}

/// Bytes of metered data that the user allows a day.
pub fn daily(random: &mut Random, library: &Library, thrifty: bool) -> u64 {
    let most = if thrifty { 40 * MB } else { library.largest() * 4 };
    8 * MB + random.below(most)
}

impl Plan {
    /// The plan of `seed`.
    pub fn of(seed: u64) -> Plan {
        let mut random = Random::new(seed);
        let optimised = random.one_in(2);
        let library = Library::drawn(&mut random, optimised);
        let reserve = 200 * MB;
        let needed = library.largest() * 3 + reserve;
        let disk = needed + library.on_phone() + random.below(library.bytes().max(1)) + 100 * MB;
        let others = random.below(disk - needed - library.on_phone());
        // Who saves mobile data may send to a disk nearby, and download all the same.
        let thrifty = random.one_in(5);
        let near = if thrifty { random.one_in(2) } else { random.one_in(3) };
        let vault = Vault {
            remote: !near,
            tee: random.one_in(3),
            tickets: random.one_in(3),
            md5: random.one_in(4),
        };
        let vault = Vault { tee: vault.tee && !vault.remote, ..vault };
        let ill = random.one_in(6);
        let anything = thrifty && random.one_in(2);
        let settings = Settings {
            metered: if anything { MeteredUse::ALL } else { metered(&mut random) },
            daily_metered_bytes: (thrifty || random.one_in(2))
                .then(|| daily(&mut random, &library, thrifty)),
            roaming: random.one_in(4),
            only_charging: random.one_in(5),
            reserve: Some(reserve),
            staging: random.one_in(2).then(|| library.largest() * 2 + 50 * MB),
            migrate: random.one_in(3),
            ..Settings::default()
        };
        let limits = Limits {
            under_way: 4 + u32::try_from(random.below(12)).unwrap_or(0),
            downloads: 1 + u32::try_from(random.below(3)).unwrap_or(0),
            checksums: 1 + u32::try_from(random.below(3)).unwrap_or(0),
            checks: 1 + u32::try_from(random.below(4)).unwrap_or(0),
            uploads: 1 + u32::try_from(random.below(3)).unwrap_or(0),
        };
        let full = random.one_in(4);
        let room = full.then(|| library.bytes() / 2 + library.largest());
        // From seconds, where everything happens at once, to hours, where days go by.
        let (turn, act) = (2_000 << random.below(19), 10_000 << random.below(20));
        let weather = Weather {
            fault: 3 + random.below(30),
            turn,
            act,
            // After some of what happens, at any pace.
            kill: turn.min(act) << (2 + random.below(6)),
            thrifty,
            background: random.one_in(if full { 2 } else { 3 }),
            ill,
            lasts: 500 + u32::try_from(random.below(500)).unwrap_or(0),
            events: 500,
        };
        let another = random.one_in(3);
        let store = Store {
            creates: vault.md5 || !random.one_in(4),
            late: if random.one_in(5) { 1 << random.below(22) } else { 0 },
            ..Store::new(room)
        };
        let config = Config { settings, limits, vault, seed: random.number() };
        let without = Kinds::default();
        Plan {
            seed,
            random,
            library,
            config,
            disk,
            others,
            another,
            vault: store,
            weather,
            without,
        }
    }
}
