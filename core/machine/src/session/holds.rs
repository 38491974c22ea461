//! Holds from facts: what the phone, the user and the vault are like now, and which holds that
//! makes. What each hold stops is in [`crate::permit`].
//!
//! A host that never reports a fact is taken to be fine in that respect: full access, an unmetered
//! network, mains power, unlocked, with its window open.

use crate::event::{Event, LibraryAccess, Network, Power, VaultHealth};
use crate::hold::{Hold, Holds};
use crate::session::backoff::Backoffs;
use crate::settings::{MeteredUse, Settings};
use serde::{Deserialize, Serialize};

/// What is known of the phone, the user and the catalog: the last fact of each kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[allow(clippy::struct_excessive_bools)] // independent facts, each the last of its kind
pub struct Conditions {
    /// The network.
    pub network: Network,
    /// Battery, charger and heat.
    pub power: Power,
    /// What we may see of the library.
    pub access: LibraryAccess,
    /// Before the first unlock: protected files cannot be read.
    pub locked: bool,
    /// The user paused. Survives a kill ([`crate::effect::Part::UserHold`]).
    pub user_paused: bool,
    /// The window is ending, or has ended and no other was opened.
    pub window_ending: bool,
    /// The vault wants a sign-in.
    pub signed_out: bool,
    /// The last batch could not be written.
    pub catalog_unwritable: bool,
}

impl Default for Conditions {
    fn default() -> Self {
        Conditions {
            network: Network::UNMETERED,
            power: Power::MAINS,
            access: LibraryAccess::Full,
            locked: false,
            user_paused: false,
            window_ending: false,
            signed_out: false,
            catalog_unwritable: false,
        }
    }
}

impl Conditions {
    /// Takes note of `event`. Says whether it was about a condition at all (other events change
    /// nothing here).
    ///
    /// A vault that is merely [`VaultHealth::Up`] does not end `signed_out`: an answer to an older
    /// question may arrive after the refusal; only the user's sign-in ends it.
    pub fn heed(&mut self, event: &Event) -> bool {
        match event {
            Event::NetworkChanged(network) => self.network = *network,
            Event::PowerChanged(power) => self.power = *power,
            Event::AccessChanged(access) => self.access = *access,
            Event::LockChanged { locked } => self.locked = *locked,
            Event::WindowOpened { .. } => self.window_ending = false,
            Event::WindowEnding => self.window_ending = true,
            Event::UserPaused => self.user_paused = true,
            Event::UserResumed => self.user_paused = false,
            Event::VaultChanged(VaultHealth::SignedOut) => self.signed_out = true,
            Event::VaultChanged(VaultHealth::SignedIn) => self.signed_out = false,
            Event::CatalogFailed => self.catalog_unwritable = true,
            _ => return false,
        }
        true
    }
}

/// The holds in force.
///
/// `disk_low`: [`crate::session::disk::Disk::is_low`]. `budget_empty`: nothing of the day's metered
/// bytes is left for what waits; it counts only on a metered network and with a budget set.
pub fn holds(
    conditions: &Conditions,
    settings: &Settings,
    disk_low: bool,
    budget_empty: bool,
    backoffs: &Backoffs,
) -> Holds {
    let Conditions { network, power, .. } = conditions;
    let metered = network.online && network.metered;
    let on_battery = !power.charging;
    let facts = [
        (Hold::User, conditions.user_paused),
        (Hold::NoAccess, conditions.access == LibraryAccess::Denied),
        (Hold::DeviceLocked, conditions.locked),
        (Hold::Offline, !network.online),
        (Hold::Metered, metered && settings.metered != MeteredUse::ALL),
        (Hold::Roaming, network.online && network.roaming && !settings.roaming),
        (Hold::DataBudget, metered && settings.daily_metered_bytes.is_some() && budget_empty),
        (Hold::LowStorage, disk_low),
        (Hold::LowBattery, on_battery && power.battery < settings.lowest_battery),
        (Hold::PowerSaver, power.saver),
        (Hold::NotCharging, on_battery && settings.only_charging),
        (Hold::Thermal, power.hot),
        (Hold::SignedOut, conditions.signed_out),
        (Hold::WindowEnding, conditions.window_ending),
        (Hold::CatalogUnwritable, conditions.catalog_unwritable),
    ];
    let named = facts.into_iter().filter_map(|(hold, on)| on.then_some(hold));
    named.chain(backoffs.holds().iter()).collect()
}
