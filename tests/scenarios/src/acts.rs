//! What happens in a story, done to the phone, the vault and the engine.

use crate::fate::Amid;
use crate::format::{Network, Power, Tap, VaultMood, Weather, What};
use crate::phone::Permits;
use crate::play::Stage;
use crate::tickets::Mood;
use crate::words;
use keepsake_engine::HostFact;
use keepsake_machine::event::{self, LibraryAccess};
use keepsake_machine::settings::MeteredUse;
use std::time::Duration;

impl Stage {
    /// It happens.
    pub(crate) fn happens(&mut self, what: &What) -> Result<(), String> {
        self.faults += u64::from(is_a_fault(what));
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
                if let Some((proposal, yes)) = self.library.answer(*yes) {
                    let assets = proposal.assets.iter().filter(|_| yes).map(|one| one.asset);
                    self.tell(HostFact::FreeUpAnswered(proposal.id, assets.collect()));
                    self.library_changed();
                }
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
                self.library.uninstalled();
                self.killed(*time)?;
            }
            What::Destination(name) => {
                self.vault = self.world.folder().join(name);
                if let Some(engine) = self.engine.take() {
                    self.library.while_it_stops(|| engine.stop());
                }
                self.killed(Duration::ZERO)?;
            }
            What::Killed(time) => self.killed(*time)?,
            What::PowerCut(time) => self.power_cut(*time)?,
            What::KilledAmid(operation) => self.dies_amid(*operation, Amid::Kill),
            What::PowerCutAmid(operation) => self.dies_amid(*operation, Amid::PowerCut),
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
                self.world.set_reserve(settings.reserve);
                if let Some(engine) = &self.engine {
                    engine.change_settings(settings.clone());
                }
            }
            What::Window(lasts) => self.tell(HostFact::WindowOpened(Some(*lasts))),
            What::WindowEnds(_) => self.tell(HostFact::WindowEnding),
            What::TimePasses(_) => {}
        }
        self.permits();
        Ok(())
    }

    /// What may be asked of the library, as the phone is now.
    pub(crate) fn permits(&self) {
        let reading = !self.locked && matches!(self.power, Power::Charging | Power::Battery);
        let fetching = match self.network {
            Network::Wifi | Network::Ethernet => true,
            Network::Offline => false,
            Network::Roaming if !self.settings.roaming => false,
            _ => self.settings.metered != MeteredUse::default(),
        };
        self.library.set_permits(Permits { reading, fetching });
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
        let found = engine.find(name.as_bytes());
        match found.and_then(|found| engine.forget(&[found.resource])) {
            Err(_) if self.is_unwell() => Ok(()), // the user is told, and will say it again
            forgotten => forgotten.map(drop).map_err(|why| why.to_string()),
        }
    }

    fn taps(&self, tap: Tap) -> Result<(), String> {
        let Some(engine) = &self.engine else { return Ok(()) };
        match tap {
            Tap::Pause => engine.pause(),
            Tap::Resume => engine.resume(),
            Tap::FreeUp => engine.free_up(None),
            Tap::Retry => match engine.retry(None) {
                Err(_) if self.is_unwell() => {} // the user is told, and will tap again
                retried => drop(retried.map_err(|why| why.to_string())?),
            },
        }
        Ok(())
    }
}

/// Whether it may stop something that is under way, which then begins again.
fn is_a_fault(what: &What) -> bool {
    match what {
        What::Network(to) => !matches!(to, Network::Wifi | Network::Ethernet),
        What::Power(to) => !matches!(to, Power::Charging | Power::Battery),
        What::Locked(locked) => *locked,
        What::Access(access) => *access != LibraryAccess::Full,
        What::User(tap) => *tap == Tap::Pause,
        What::Cloud(weather) => *weather == Weather::Away,
        What::Vault(mood) => *mood != VaultMood::There,
        What::PoursEnd(end) => *end,
        What::KilledAmid(operation) | What::PowerCutAmid(operation) => *operation > 0,
        What::DisksFail(_) // those that do are counted
        | What::Window(_)
        | What::Shoots(_)
        | What::EmptiesTrash(_)
        | What::LetsGo(_)
        | What::Forgets(_)
        | What::OsSends(_)
        | What::TimePasses(_) => false,
        _ => true,
    }
}

pub(crate) fn network(of: Network) -> event::Network {
    match of {
        Network::Wifi | Network::Ethernet => event::Network::UNMETERED,
        Network::Metered | Network::Hotspot | Network::VpnOverMobileData => event::Network::METERED,
        Network::Roaming => event::Network { roaming: true, ..event::Network::METERED },
        Network::Offline => event::Network::OFFLINE,
    }
}

pub(crate) fn power(of: Power) -> event::Power {
    let battery = event::Power { charging: false, battery: 100, saver: false, hot: false };
    match of {
        Power::Charging => event::Power::MAINS,
        Power::Battery => battery,
        Power::LowBattery => event::Power { battery: 10, ..battery },
        Power::Saver => event::Power { saver: true, ..battery },
        Power::Hot => event::Power { hot: true, ..battery },
    }
}
