//! What Keepsake says of itself: a value, the same on every host.

use crate::hold::{Hold, Holds};
use crate::media::{Locality, Media, ResourceId};
use crate::session::migration::Migration;
use crate::stage::{Class, Fault, Stage};
use crate::time::Elapsed;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// How many items and bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tally {
    /// Resources.
    pub items: u64,
    /// Their bytes, as far as sizes are exact.
    pub bytes: u64,
    /// How many of the items have a size that is only estimated (and not in `bytes`).
    pub estimated: u64,
}

impl Tally {
    /// Adds `other`.
    pub fn add(&mut self, other: Tally) {
        self.items += other.items;
        self.bytes += other.bytes;
        self.estimated += other.estimated;
    }
}

/// The catalog's counters for the active vault: exact, from one transaction, O(1) to read.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// Per class.
    #[serde(with = "pairs")]
    pub classes: BTreeMap<Class, Tally>,
    /// What is pending or waiting, by what work it needs.
    #[serde(with = "pairs")]
    pub to_do: BTreeMap<ToDo, Tally>,
    /// When the least recently confirmed safe resource was confirmed; `None` when none is safe.
    pub oldest_confirmation: Option<Elapsed>,
}

/// What work a row that is not safe still needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ToDo {
    /// Photos or videos.
    pub media: Media,
    /// Where the original is.
    pub locality: Locality,
    /// Whether its digest is known.
    pub digest_known: bool,
}

pub(crate) mod pairs {
    //! A map with structured keys as a list of pairs: JSON has only text keys.
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use std::collections::BTreeMap;

    pub fn serialize<K: Serialize, V: Serialize, S: Serializer>(
        map: &BTreeMap<K, V>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_seq(map)
    }

    pub fn deserialize<
        'de,
        K: Deserialize<'de> + Ord,
        V: Deserialize<'de>,
        D: Deserializer<'de>,
    >(
        from: D,
    ) -> Result<BTreeMap<K, V>, D::Error> {
        Ok(Vec::<(K, V)>::deserialize(from)?.into_iter().collect())
    }
}

impl Counts {
    /// Everything that is to become safe, the safe ones included.
    pub fn total(&self) -> Tally {
        self.sum(Class::is_inside)
    }

    /// What is safe.
    pub fn safe(&self) -> Tally {
        self.sum(Class::is_safe)
    }

    /// What may still be worked on: pending and waiting. Hidden ones are out of our reach.
    pub fn unfinished(&self) -> Tally {
        self.sum(Class::is_unfinished)
    }

    /// What was given up on.
    pub fn quarantined(&self) -> Tally {
        self.sum(|class| matches!(class, Class::Quarantined(_)))
    }

    /// One class.
    pub fn of(&self, class: Class) -> Tally {
        self.classes.get(&class).copied().unwrap_or_default()
    }

    pub(crate) fn sum(&self, wanted: impl Fn(Class) -> bool) -> Tally {
        let mut sum = Tally::default();
        for (class, tally) in &self.classes {
            if wanted(*class) {
                sum.add(*tally);
            }
        }
        sum
    }
}

/// What the session is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Activity {
    /// Not started, or stopped.
    Stopped,
    /// Something is under way or about to be.
    Working,
    /// Only transfers that the OS owns go on: they do so without us.
    WithOs,
    /// Only back-offs are left.
    Waiting {
        /// When the next is due.
        due: Elapsed,
    },
    /// Work remains, and only holds and needs are left.
    Paused,
    /// Nothing is left to do: everything is safe, or named.
    Done,
}

/// The whole of it, at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// What the session is doing.
    pub activity: Activity,
    /// The holds in force.
    pub holds: Holds,
    /// What would let work go on, per hold that stops some.
    pub needs: Vec<Need>,
    /// The counters.
    pub counts: Counts,
    /// Resources under way now.
    pub under_way: u32,
    /// Bytes in our staging, and reserved for what is still to land.
    pub staged: u64,
    /// See [`Status::staged`].
    pub reserved: u64,
    /// Bytes made safe a second, over the last minutes of work; `None` before there is a measure.
    pub pace: Option<u64>,
    /// How long the rest will take at that pace, while conditions stay as they are.
    pub estimate: Option<Duration>,
    /// Nothing was made safe for seven days though work remains.
    pub alarm: Option<Alarmed>,
    /// What the user could do better.
    pub advice: Vec<Advice>,
    /// Where a guided migration is.
    pub migration: Migration,
}

/// What would help.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Need {
    /// The hold.
    pub hold: Hold,
    /// How many items it stops, and their bytes.
    pub items: Tally,
    /// Bytes of space or room that would let the next item through, where that is the question.
    pub bytes: Option<u64>,
    /// When it ends by itself, where it does.
    pub until: Option<Elapsed>,
}

/// An alarm, with its reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarmed {
    /// How long nothing was made safe.
    pub since: Duration,
    /// The holds that explain it; empty: every item that is left fails by itself.
    pub holds: Holds,
}

/// What the user could do better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Advice {
    /// Originals are in iCloud and the settings allow metered networks: use unmetered ones only.
    UseUnmeteredOnly,
    /// Originals are in iCloud and the phone has room for all: "Download and Keep Originals" makes
    /// backups a lot faster.
    KeepOriginals,
    /// The library is larger than the phone: migrate, or back up the library from a Mac.
    MigrateOrUseMac,
    /// It is not known whether iCloud Photos is on: here is where to look.
    CheckICloudPhotos,
    /// Everything is safe and confirmed: iCloud Photos may be turned off. Never said before.
    MayTurnOffICloudPhotos,
}

/// Something to tell the user or the log, once, when it happens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Notice {
    /// What the session is doing changed.
    ActivityChanged(Activity),
    /// The holds changed.
    HoldsChanged(Holds),
    /// New advice.
    Advised(Advice),
    /// The alarm went off.
    Alarmed(Alarmed),
    /// An item was quarantined.
    Quarantined {
        /// Which.
        resource: ResourceId,
        /// Why.
        fault: Fault,
    },
    /// The migration took a step.
    Migrated(Migration),
    /// An event that cannot happen, or came too late: recorded, never ignored.
    Unexpected(Unexpected),
}

/// An event for which the machine has no use where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unexpected {
    /// Whose, where it is about one resource.
    pub resource: Option<ResourceId>,
    /// Where the resource was.
    pub stage: Option<Stage>,
    /// The event's name.
    pub event: String,
    /// Whether it is an answer to an effect that has been superseded: harmless.
    pub late: bool,
}
