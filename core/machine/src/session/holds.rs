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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Elapsed;

    fn made(conditions: &Conditions, settings: &Settings) -> Vec<Hold> {
        holds(conditions, settings, false, false, &Backoffs::default()).iter().collect()
    }

    fn after(events: &[Event]) -> Conditions {
        let mut conditions = Conditions::default();
        for event in events {
            assert!(conditions.heed(event), "{event:?}");
        }
        conditions
    }

    #[test]
    fn a_host_that_reports_nothing_is_held_by_nothing() {
        assert_eq!(made(&Conditions::default(), &Settings::default()), []);
    }

    #[test]
    fn each_fact_makes_its_hold_and_its_opposite_releases_it() {
        let network = |online, metered, roaming| Network { online, metered, roaming };
        let cases = [
            (Event::UserPaused, Event::UserResumed, Hold::User),
            (
                Event::AccessChanged(LibraryAccess::Denied),
                Event::AccessChanged(LibraryAccess::Limited),
                Hold::NoAccess,
            ),
            (
                Event::LockChanged { locked: true },
                Event::LockChanged { locked: false },
                Hold::DeviceLocked,
            ),
            (
                Event::NetworkChanged(network(false, true, true)),
                Event::NetworkChanged(Network::UNMETERED),
                Hold::Offline,
            ),
            (
                Event::NetworkChanged(Network::METERED),
                Event::NetworkChanged(Network::UNMETERED),
                Hold::Metered,
            ),
            (
                Event::NetworkChanged(network(true, false, true)),
                Event::NetworkChanged(Network::UNMETERED),
                Hold::Roaming,
            ),
            (
                Event::PowerChanged(Power { charging: false, battery: 14, ..Power::MAINS }),
                Event::PowerChanged(Power { charging: false, battery: 15, ..Power::MAINS }),
                Hold::LowBattery,
            ),
            (
                Event::PowerChanged(Power { saver: true, ..Power::MAINS }),
                Event::PowerChanged(Power::MAINS),
                Hold::PowerSaver,
            ),
            (
                Event::PowerChanged(Power { hot: true, ..Power::MAINS }),
                Event::PowerChanged(Power::MAINS),
                Hold::Thermal,
            ),
            (
                Event::VaultChanged(VaultHealth::SignedOut),
                Event::VaultChanged(VaultHealth::SignedIn),
                Hold::SignedOut,
            ),
            (Event::WindowEnding, Event::WindowOpened { lasts: None }, Hold::WindowEnding),
        ];
        for (fact, opposite, hold) in cases {
            let held = after(std::slice::from_ref(&fact));
            assert_eq!(made(&held, &Settings::default()), [hold], "{fact:?}");
            let released = after(&[fact, opposite.clone()]);
            assert_eq!(made(&released, &Settings::default()), [], "{opposite:?}");
        }
    }

    #[test]
    fn settings_decide_what_a_fact_means() {
        let metered = after(&[Event::NetworkChanged(Network::METERED)]);
        let all = Settings { metered: MeteredUse::ALL, ..Settings::default() };
        assert_eq!(made(&metered, &all), []);
        let roaming = Network { roaming: true, ..Network::UNMETERED };
        let roaming = after(&[Event::NetworkChanged(roaming)]);
        assert_eq!(made(&roaming, &Settings { roaming: true, ..Settings::default() }), []);
        let battery = Power { charging: false, battery: 50, ..Power::MAINS };
        let battery = after(&[Event::PowerChanged(battery)]);
        assert_eq!(made(&battery, &Settings::default()), []);
        let only_charging = Settings { only_charging: true, ..Settings::default() };
        assert_eq!(made(&battery, &only_charging), [Hold::NotCharging]);
    }

    #[test]
    fn a_low_battery_on_the_charger_holds_nothing() {
        let charging = Power { battery: 1, ..Power::MAINS };
        assert_eq!(made(&after(&[Event::PowerChanged(charging)]), &Settings::default()), []);
    }

    #[test]
    fn an_empty_budget_counts_on_metered_networks_only() {
        let settings = Settings {
            metered: MeteredUse::ALL,
            daily_metered_bytes: Some(5),
            ..Settings::default()
        };
        let empty = |network, settings: &Settings| {
            let conditions = after(&[Event::NetworkChanged(network)]);
            holds(&conditions, settings, false, true, &Backoffs::default())
        };
        assert!(empty(Network::METERED, &settings).has(Hold::DataBudget));
        assert!(!empty(Network::UNMETERED, &settings).has(Hold::DataBudget));
        let unlimited = Settings { daily_metered_bytes: None, ..settings };
        assert!(!empty(Network::METERED, &unlimited).has(Hold::DataBudget));
    }

    #[test]
    fn what_the_session_found_out_is_added() {
        let mut backoffs = Backoffs::default();
        backoffs.vault_failed(Elapsed(0), 1);
        let conditions = after(&[Event::CatalogFailed]);
        let holds = holds(&conditions, &Settings::default(), true, false, &backoffs);
        let named: Vec<_> = holds.iter().collect();
        assert_eq!(named, [Hold::LowStorage, Hold::VaultUnavailable, Hold::CatalogUnwritable]);
    }

    #[test]
    fn a_vault_that_answers_is_not_signed_in_by_that() {
        let mut conditions = after(&[Event::VaultChanged(VaultHealth::SignedOut)]);
        assert!(!conditions.heed(&Event::VaultChanged(VaultHealth::Up { room: None })));
        assert_eq!(made(&conditions, &Settings::default()), [Hold::SignedOut]);
    }

    #[test]
    fn what_is_no_condition_is_left_to_others() {
        let mut conditions = Conditions::default();
        for event in [Event::Tick, Event::ScanStarted, Event::RetryRequested] {
            assert!(!conditions.heed(&event));
        }
        assert_eq!(conditions, Conditions::default());
    }

    #[test]
    fn what_was_stored_of_conditions_opens() {
        let conditions = after(&[Event::UserPaused, Event::NetworkChanged(Network::METERED)]);
        let stored = serde_json::to_string(&conditions).unwrap();
        insta::assert_snapshot!(stored, @r#"{"network":{"online":true,"metered":true,"roaming":false},"power":{"charging":true,"battery":100,"saver":false,"hot":false},"access":"Full","locked":false,"user_paused":true,"window_ending":false,"signed_out":false,"catalog_unwritable":false}"#);
        assert_eq!(serde_json::from_str::<Conditions>(&stored).unwrap(), conditions);
        assert_eq!(serde_json::from_str::<Conditions>("{}").unwrap(), Conditions::default());
    }
}
