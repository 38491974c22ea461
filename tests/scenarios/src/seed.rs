//! Scenarios from seeds: a phone, a library, and whatever can happen, in any order; then fair weather,
//! in which everything must become safe.

use crate::format::{
    Ending, Happening, Lies, Network, Phone, Photos, Power, Scenario, Served, Tap, VaultMood,
    Weather, What,
};
use bytesize::ByteSize;
use keepsake_machine::event::LibraryAccess;
use keepsake_machine::settings::{MeteredUse, Settings};
use keepsake_tests::random::Random;
use std::time::Duration;

/// So many happenings at the end of each are fair weather.
pub const FAIR: usize = 18;

/// The scenario of a seed. Its trace is empty, and its end is what must come of it.
pub fn drawn(seed: u64) -> Scenario {
    let mut drawing = Drawing {
        random: Random::new(seed),
        names: Vec::new(),
        vault: VaultMood::There,
        second: false,
        signs_tickets: false,
        failing: false,
    };
    drawing.scenario(seed)
}

struct Drawing {
    random: Random,
    names: Vec<String>,
    /// How the vault is by now.
    vault: VaultMood,
    /// Whether the user has chosen a second one.
    second: bool,
    signs_tickets: bool,
    /// Whether disks fail.
    failing: bool,
}

/// The phone's disk: small, but what sizes are first taken for fits.
const DISK: u64 = 400_000_000;
/// What is never touched of it, at least.
const RESERVE: u64 = 3_000_000;
/// Every kind of network.
const NETWORKS: [Network; 7] = [
    Network::Wifi,
    Network::Ethernet,
    Network::Metered,
    Network::Hotspot,
    Network::VpnOverMobileData,
    Network::Roaming,
    Network::Offline,
];

impl Drawing {
    fn scenario(&mut self, seed: u64) -> Scenario {
        let ios = self.random.one_in(2);
        let library: Vec<Photos> = (0..=self.random.below(6)).map(|_| self.photos(ios)).collect();
        let vault_has = self.names.clone().into_iter().filter(|_| self.random.one_in(4)).collect();
        let settings = Settings { staging: Some(40_000_000), ..self.settings() };
        self.signs_tickets = self.random.one_in(3);
        let mut happens: Vec<Happening> =
            (0..3 + self.random.below(20)).map(|_| self.happening(ios)).collect();
        happens.extend(Self::fair_weather());
        Scenario {
            title: format!("Seed {seed}"),
            story: "Whatever can happen, and then fair weather.".to_owned(),
            phone: Phone { disk: ByteSize(DISK), others: ByteSize(self.random.below(DISK / 2)) },
            library,
            vault_has,
            signs_tickets: self.signs_tickets,
            settings,
            happens,
            ends: Ending {
                after: Duration::from_hours(3),
                safe: 0,
                not_safe: Vec::new(),
                holds: Vec::new(),
                in_the_vault: 0,
            },
            trace: Vec::new(),
        }
    }

    fn settings(&mut self) -> Settings {
        let random = &mut self.random;
        Settings {
            metered: if random.one_in(2) { MeteredUse::ALL } else { MeteredUse::default() },
            daily_metered_bytes: random.one_in(4).then(|| 20_000 + random.below(200_000)),
            roaming: random.one_in(4),
            only_charging: random.one_in(6),
            reserve: Some(RESERVE + random.below(4) * RESERVE),
            staging: Some((10 + random.below(40)) * 1_000_000),
            migrate: random.one_in(3),
            ..Settings::default()
        }
    }

    fn photos(&mut self, ios: bool) -> Photos {
        let number = self.names.len() + 1;
        let video = self.random.one_in(5);
        let name = if video { format!("F{number}.MOV") } else { format!("P{number}.HEIC") };
        let size = if video {
            50_000 + self.random.below(150_000)
        } else {
            1_000 + self.random.below(60_000)
        };
        let lies = match self.random.below(4) {
            0 if ios => Lies::SomewhereOnThePhone,
            1 if ios => Lies::SomewhereInTheCloud,
            2 if ios => Lies::InTheCloud,
            _ => Lies::OnThePhone,
        };
        let twin = self.names.iter().find(|other| other.starts_with('P') && !video).cloned();
        let photos = Photos {
            name: name.clone(),
            count: 1,
            size: ByteSize(size),
            lies,
            served: if ios { Served::Poured } else { Served::AsAFile },
            moves: (!video && self.random.one_in(5)).then(|| format!("P{number}.MOV")),
            raw: (!video && self.random.one_in(8)).then(|| format!("P{number}.DNG")),
            same_as: twin.filter(|_| self.random.one_in(6)),
            private: self.random.one_in(4),
        };
        self.names.push(name);
        photos
    }

    fn happening(&mut self, ios: bool) -> Happening {
        // From between two steps of the engine to between two days.
        let scale = [400, 4_000, 60_000, 3_600_000][self.pick(4)];
        let after = Duration::from_millis(self.random.below(scale));
        let time = Duration::from_secs(self.random.below(600));
        let what = match self.random.below(32) {
            0 | 1 => What::Network(NETWORKS[self.pick(NETWORKS.len())]),
            2 => What::Power(
                [Power::Charging, Power::Battery, Power::LowBattery, Power::Saver, Power::Hot]
                    [self.pick(5)],
            ),
            3 => What::Access(
                [LibraryAccess::Full, LibraryAccess::Limited, LibraryAccess::Denied][self.pick(3)],
            ),
            4 => What::Locked(self.random.one_in(2)),
            5 => What::User([Tap::Pause, Tap::Resume, Tap::Retry, Tap::FreeUp][self.pick(4)]),
            6 => What::Shoots(self.photos(ios)),
            7 => self.of_one(What::Edits),
            8 => self.of_one(What::Deletes),
            9 => What::EmptiesTrash(true),
            10 => What::OthersTake(ByteSize(self.random.below(DISK))),
            11 => What::Cloud(if self.random.one_in(2) { Weather::Away } else { Weather::There }),
            12 | 27 => {
                let moods = [VaultMood::Away, VaultMood::Full, VaultMood::SignedOut];
                let well = self.vault == VaultMood::There;
                self.vault = if well { moods[self.pick(3)] } else { VaultMood::There };
                What::Vault(self.vault)
            }
            13 => What::WindowEnds(true),
            14 | 15 => What::PowerCut(time),
            16 => What::PulledOut(time),
            17 => {
                self.failing = self.random.one_in(2);
                What::DisksFail(if self.failing { 4 << self.random.below(8) } else { 0 })
            }
            18 | 19 => What::OsSends(true),
            20 => What::Window(Duration::from_secs(10 + self.random.below(600))),
            21 | 22 => What::KilledAmid(self.operation()),
            23 => What::PowerCutAmid(self.operation()),
            24 => What::LetsGo(self.random.one_in(2)),
            28 => What::Settings(self.settings()),
            29 => What::PoursEnd(self.random.one_in(2)),
            // A vault that was never seen must be there.
            30 if self.sees_vaults() => What::Reinstalls(time),
            31 if self.sees_vaults() => self.another_vault(),
            _ => What::Killed(time),
        };
        Happening { after, what }
    }

    fn sees_vaults(&self) -> bool {
        self.vault != VaultMood::Away && !self.failing
    }

    /// The other of two vaults. (A ticket does not say whose it is.)
    fn another_vault(&mut self) -> What {
        self.second = !self.second && !self.signs_tickets;
        What::Destination(if self.second { "vault-2" } else { "vault" }.to_owned())
    }

    /// One of the next that change a disk: of a step, of a file, of a whole backup.
    fn operation(&mut self) -> u64 {
        let most = [10, 60, 600][self.pick(3)];
        1 + self.random.below(most)
    }

    fn of_one(&mut self, what: impl FnOnce(String) -> What) -> What {
        let nth = self.pick(self.names.len());
        self.names.get(nth).cloned().map_or(What::TimePasses(true), what)
    }

    fn pick(&mut self, of: usize) -> usize {
        usize::try_from(self.random.below(of as u64)).unwrap_or(0)
    }

    /// Everything is well, and the user tries again what was given up on.
    fn fair_weather() -> Vec<Happening> {
        let fair = [
            What::KilledAmid(0),
            What::DisksFail(0),
            What::Vault(VaultMood::There),
            What::PoursEnd(false),
            What::Network(Network::Wifi),
            What::Power(Power::Charging),
            What::Access(LibraryAccess::Full),
            What::Locked(false),
            What::Cloud(Weather::There),
            What::OthersTake(ByteSize(0)),
            What::EmptiesTrash(true),
            What::Window(Duration::from_hours(24)),
            What::User(Tap::Resume),
        ];
        let at_once = |what| Happening { after: Duration::from_millis(10), what };
        let again = Happening { after: Duration::from_hours(2), what: What::User(Tap::Retry) };
        let sends =
            |minutes| Happening { after: Duration::from_mins(minutes), what: What::OsSends(true) };
        let fair = fair.into_iter().map(at_once);
        // (What was given up on is handed to the OS only when it is tried again.)
        fair.chain([10, 20, 30].map(sends)).chain([again, sends(10)]).collect()
    }
}
