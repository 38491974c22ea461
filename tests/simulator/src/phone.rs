//! What the phone is at a moment, apart from its photos.

use crate::Millis;
use keepsake_machine::Now;
use keepsake_machine::event::{Event, LibraryAccess, Network, Power};
use keepsake_tests::random::Random;

/// The phone.
#[derive(Debug, Clone)]
pub struct Phone {
    /// The volume's size, in bytes.
    pub disk: u64,
    /// Bytes that neither the library nor we take.
    pub others: u64,
    /// What others have written in all: tells what a reading of the disk could not know.
    pub grown: u64,
    /// The network.
    pub network: Network,
    /// Battery and heat.
    pub power: Power,
    /// Permission for the library.
    pub access: LibraryAccess,
    /// While it is limited, every third asset is out of sight: the user picks which.
    pub unpicked: i64,
    /// Before the first unlock.
    pub locked: bool,
    /// Whether the program may work: in front, or in a window.
    pub awake: bool,
    /// The user said pause.
    pub paused: bool,
    /// Its clocks.
    pub clock: PhoneClock,
}

/// Its clocks: what the machine is given as [`Now`].
#[derive(Debug, Clone, Copy)]
pub struct PhoneClock {
    boot: u64,
    booted: Millis,
    wall: i64,
    /// Minutes east of UTC.
    utc_offset: i32,
}

impl PhoneClock {
    /// What they say at `at`.
    pub fn now(&self, at: Millis) -> Now {
        let passed = i64::try_from(at).unwrap_or(i64::MAX);
        Now {
            boot: self.boot,
            uptime: at - self.booted,
            wall: self.wall + passed,
            utc_offset: self.utc_offset,
        }
    }

    /// The moment at which they will say this uptime, in this boot.
    pub fn at(&self, uptime: u64) -> Millis {
        self.booted.saturating_add(uptime)
    }

    /// The phone starts again.
    pub fn reboot(&mut self, at: Millis) {
        self.boot += 1;
        self.booted = at;
    }

    /// The wall clock is set, by so many milliseconds.
    pub fn jump(&mut self, by: i64) {
        self.wall += by;
    }

    /// The phone is taken to another time zone, so many hours east of UTC.
    pub fn travel(&mut self, hours: i32) {
        self.utc_offset = hours * 60;
    }
}

/// Bytes a millisecond: what the cloud gives.
pub const DOWN: u64 = 4_000;
/// Bytes a millisecond: what a vault over a network takes.
pub const UP: u64 = 2_000;
/// Bytes a millisecond: what a vault beside us takes, and what is read and hashed.
pub const NEAR: u64 = 200_000;

impl Phone {
    /// A phone at home, awake, with everything granted.
    pub fn at_home(disk: u64, others: u64) -> Phone {
        Phone {
            disk,
            others,
            grown: 0,
            network: Network::UNMETERED,
            power: Power::MAINS,
            access: LibraryAccess::Full,
            unpicked: 0,
            locked: false,
            awake: true,
            paused: false,
            clock: PhoneClock { boot: 1, booted: 0, wall: 1_700_000_000_000, utc_offset: 60 },
        }
    }

    /// Bytes that are free while the library and we take these.
    pub fn free(&self, taken: u64) -> u64 {
        self.disk.saturating_sub(self.others).saturating_sub(taken)
    }

    /// What the machine is told at the start of a program, and when all is well again.
    pub fn facts(&self) -> [Event; 4] {
        [
            Event::AccessChanged(self.access),
            Event::LockChanged { locked: self.locked },
            Event::NetworkChanged(self.network),
            Event::PowerChanged(self.power),
        ]
    }

    /// Another network: Wi-Fi, mobile data, a hotspot or a VPN over it, abroad, a captive portal or
    /// none.
    pub fn turn_network(&mut self, random: &mut Random, thrifty: bool) -> Event {
        self.network = match random.below(6) {
            0..=2 if thrifty => Network::METERED,
            3 if thrifty => Network::UNMETERED,
            0 | 1 => Network::UNMETERED,
            2 | 3 => Network::METERED,
            4 => Network { roaming: true, ..Network::METERED },
            _ => Network::OFFLINE,
        };
        Event::NetworkChanged(self.network)
    }

    /// Charger, battery, saver, heat.
    pub fn turn_power(&mut self, random: &mut Random) -> Event {
        self.power = Power {
            charging: random.one_in(2),
            battery: u8::try_from(random.below(101)).unwrap_or(100),
            saver: random.one_in(5),
            hot: random.one_in(5),
        };
        Event::PowerChanged(self.power)
    }

    /// Permission granted, narrowed or taken away.
    pub fn turn_access(&mut self, random: &mut Random) -> Event {
        self.access = match random.below(4) {
            0 => LibraryAccess::Denied,
            1 => LibraryAccess::Limited,
            _ => LibraryAccess::Full,
        };
        self.unpicked = i64::try_from(random.below(3)).unwrap_or(0);
        Event::AccessChanged(self.access)
    }
}
