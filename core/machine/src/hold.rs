//! Holds: named reasons why one kind of work may not go on now.
//!
//! They are a *set*: releasing one does not release the others.

use serde::{Deserialize, Serialize};

/// One reason. Which work each stops is in [`crate::permit::permits`], in one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[repr(u8)]
pub enum Hold {
    /// The user paused. Released by resume.
    User,
    /// No permission for the photo library, or (Android) for where photos were taken.
    NoAccess,
    /// Before the first unlock after a restart.
    DeviceLocked,
    /// No network.
    Offline,
    /// Only a metered network, and the settings keep this kind of work off it.
    Metered,
    /// Roaming.
    Roaming,
    /// The day's budget of metered data is used up.
    DataBudget,
    /// Too little free space to download originals into. Uploads go on: they free space.
    LowStorage,
    /// Different items fail alike: the library or iCloud itself is unwell. Until a back-off ends.
    SourceUnavailable,
    /// The battery is low.
    LowBattery,
    /// The user turned the power saver on.
    PowerSaver,
    /// The settings want a charger.
    NotCharging,
    /// Too hot.
    Thermal,
    /// The vault does not know us any more: the user must sign in.
    SignedOut,
    /// No room in the vault, or its volume has reached its reserve.
    VaultFull,
    /// The vault does not answer, or is not the one we know (an empty mount point).
    VaultUnavailable,
    /// The OS is about to take the background window away.
    WindowEnding,
    /// The catalog cannot be written: nothing is performed that is not persisted.
    CatalogUnwritable,
}

impl Hold {
    /// Every hold, in the order of the table in the documentation.
    pub const ALL: [Hold; 18] = [
        Hold::User,
        Hold::NoAccess,
        Hold::DeviceLocked,
        Hold::Offline,
        Hold::Metered,
        Hold::Roaming,
        Hold::DataBudget,
        Hold::LowStorage,
        Hold::SourceUnavailable,
        Hold::LowBattery,
        Hold::PowerSaver,
        Hold::NotCharging,
        Hold::Thermal,
        Hold::SignedOut,
        Hold::VaultFull,
        Hold::VaultUnavailable,
        Hold::WindowEnding,
        Hold::CatalogUnwritable,
    ];
}

/// A set of holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(from = "Vec<Hold>", into = "Vec<Hold>")]
pub struct Holds(u32);

impl Holds {
    /// No hold at all.
    pub const NONE: Holds = Holds(0);

    /// Whether `hold` is in force.
    pub fn has(self, hold: Hold) -> bool {
        self.0 & (1 << hold as u32) != 0
    }

    /// Puts `hold` in force, or releases it.
    pub fn set(&mut self, hold: Hold, on: bool) {
        if on {
            self.0 |= 1 << hold as u32;
        } else {
            self.0 &= !(1 << hold as u32);
        }
    }

    /// These and `hold`.
    #[must_use]
    pub fn with(mut self, hold: Hold) -> Holds {
        self.set(hold, true);
        self
    }

    /// Those in force, in the order of [`Hold::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Hold> {
        Hold::ALL.into_iter().filter(move |hold| self.has(*hold))
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl FromIterator<Hold> for Holds {
    fn from_iter<I: IntoIterator<Item = Hold>>(holds: I) -> Self {
        holds.into_iter().fold(Holds::NONE, Holds::with)
    }
}

impl From<Vec<Hold>> for Holds {
    fn from(holds: Vec<Hold>) -> Self {
        holds.into_iter().collect()
    }
}

impl From<Holds> for Vec<Hold> {
    fn from(holds: Holds) -> Self {
        holds.iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_are_a_set_and_iterate_in_the_order_of_the_table() {
        let mut holds: Holds = [Hold::Thermal, Hold::User, Hold::Thermal].into_iter().collect();
        assert_eq!(holds.iter().collect::<Vec<_>>(), [Hold::User, Hold::Thermal]);
        holds.set(Hold::User, false);
        holds.set(Hold::User, false);
        assert!(!holds.has(Hold::User) && holds.has(Hold::Thermal) && !holds.is_empty());
        holds.set(Hold::Thermal, false);
        assert_eq!(holds, Holds::NONE);
    }

    #[test]
    fn what_was_stored_of_every_hold_opens() {
        let all: Holds = Hold::ALL.into_iter().collect();
        let stored = serde_json::to_string(&all).unwrap();
        insta::assert_snapshot!(stored, @r#"["User","NoAccess","DeviceLocked","Offline","Metered","Roaming","DataBudget","LowStorage","SourceUnavailable","LowBattery","PowerSaver","NotCharging","Thermal","SignedOut","VaultFull","VaultUnavailable","WindowEnding","CatalogUnwritable"]"#);
        assert_eq!(serde_json::from_str::<Holds>(&stored).unwrap(), all);
    }
}
