//! Where everything is, as a value.

use keepsake_machine::hold::Hold;
use keepsake_machine::session::migration;
use keepsake_machine::stage::Class;
use keepsake_machine::status::{self, Advice, Tally};
use std::time::Duration;

/// Where everything is: total = safe + pending + waiting + quarantined + hidden + lost, always exactly.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Status {
    /// What the backup is doing.
    pub activity: Activity,
    /// The holds in force.
    pub holds: Vec<Hold>,
    /// What would let work go on, per hold that stops some.
    pub needs: Vec<Need>,
    /// Everything that is to become safe, the safe ones included.
    pub total: Tally,
    /// What is safe.
    pub safe: Tally,
    /// What may still be worked on.
    pub unfinished: Tally,
    /// What was given up on.
    pub quarantined: Tally,
    /// All of it by class, those with none left out.
    pub classes: Vec<ClassTally>,
    /// Resources under way now.
    pub under_way: u32,
    /// Bytes in our staging.
    pub staged: u64,
    /// Bytes reserved for what is still to land.
    pub reserved: u64,
    /// Bytes made safe a second, over the last minutes of work.
    pub pace: Option<u64>,
    /// How long the rest will take at that pace.
    pub estimate: Option<Duration>,
    /// Nothing was made safe for seven days though work remains.
    pub alarm: Option<Alarm>,
    /// What the user could do better.
    pub advice: Vec<Advice>,
    /// Where a guided migration is.
    pub migration: Migration,
}

/// Items of one class.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ClassTally {
    /// Which.
    pub class: Class,
    /// How many, and their bytes.
    pub tally: Tally,
}

/// What the backup is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum Activity {
    /// Not started, or stopped.
    Stopped,
    /// Something is under way or about to be.
    Working,
    /// Only transfers that the OS owns go on.
    WithOs,
    /// Only back-offs are left.
    Waiting {
        /// When the next is due, on the engine's own clock (milliseconds).
        due: u64,
    },
    /// Work remains, and only holds and needs are left.
    Paused,
    /// Nothing is left to do: everything is safe, or named.
    Done,
}

/// What would help.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Need {
    /// The hold.
    pub hold: Hold,
    /// What it stops.
    pub items: Tally,
    /// Bytes of space or room that would let the next item through.
    pub bytes: Option<u64>,
    /// When it ends by itself, on the engine's own clock (milliseconds).
    pub until: Option<u64>,
}

/// Nothing was made safe for long.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Alarm {
    /// For how long.
    pub lasts: Duration,
    /// The holds that explain it; empty: every item that is left fails by itself.
    pub holds: Vec<Hold>,
}

/// Where a guided migration of a library larger than the phone is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum Migration {
    /// Not asked for.
    Off,
    /// Backing up what there is room for.
    BackingUp,
    /// No waiting item fits any more.
    OutOfRoom {
        /// Bytes that the user could free by deleting what is safe; `None` while it is found out.
        freeable: Option<u64>,
        /// Bytes of free space that are missing for the next item.
        needed: u64,
    },
    /// A proposal was shown (or the photos were recovered): the user is to delete.
    AwaitingDeletion {
        /// Bytes of free space that are missing for the next item.
        needed: u64,
    },
    /// Deleted; the space comes back when Recently Deleted is emptied.
    AwaitingSpace {
        /// When the last was deleted, on the engine's own clock (milliseconds).
        since: u64,
        /// Bytes that should come back.
        freed: u64,
        /// Bytes of free space that are missing for the next item.
        needed: u64,
    },
    /// Nothing can be freed and not all is safe: free this many bytes elsewhere, or use a Mac.
    Stuck {
        /// Bytes of free space that are missing for the next item.
        needed: u64,
    },
    /// Everything is safe.
    Done,
}

impl From<status::Activity> for Activity {
    fn from(activity: status::Activity) -> Activity {
        match activity {
            status::Activity::Stopped => Activity::Stopped,
            status::Activity::Working => Activity::Working,
            status::Activity::WithOs => Activity::WithOs,
            status::Activity::Waiting { due } => Activity::Waiting { due: due.0 },
            status::Activity::Paused => Activity::Paused,
            status::Activity::Done => Activity::Done,
        }
    }
}

impl From<migration::Migration> for Migration {
    fn from(migration: migration::Migration) -> Migration {
        use migration::Migration as Of;
        match migration {
            Of::Off => Migration::Off,
            Of::BackingUp => Migration::BackingUp,
            Of::OutOfRoom { freeable, needed } => Migration::OutOfRoom { freeable, needed },
            Of::AwaitingDeletion { needed } => Migration::AwaitingDeletion { needed },
            Of::AwaitingSpace { since, freed, needed } => {
                Migration::AwaitingSpace { since: since.0, freed, needed }
            }
            Of::Stuck { needed } => Migration::Stuck { needed },
            Of::Done => Migration::Done,
        }
    }
}

impl From<status::Alarmed> for Alarm {
    fn from(alarmed: status::Alarmed) -> Alarm {
        Alarm { lasts: alarmed.since, holds: alarmed.holds.iter().collect() }
    }
}

impl From<status::Need> for Need {
    fn from(need: status::Need) -> Need {
        let status::Need { hold, items, bytes, until } = need;
        Need { hold, items, bytes, until: until.map(|until| until.0) }
    }
}

impl From<status::Status> for Status {
    fn from(status: status::Status) -> Status {
        let counts = &status.counts;
        let classes = counts.classes.iter().filter(|(_, tally)| tally.items > 0);
        Status {
            activity: status.activity.into(),
            holds: status.holds.iter().collect(),
            needs: status.needs.into_iter().map(Need::from).collect(),
            total: counts.total(),
            safe: counts.safe(),
            unfinished: counts.unfinished(),
            quarantined: counts.quarantined(),
            classes: classes
                .map(|(class, tally)| ClassTally { class: *class, tally: *tally })
                .collect(),
            under_way: status.under_way,
            staged: status.staged,
            reserved: status.reserved,
            pace: status.pace,
            estimate: status.estimate,
            alarm: status.alarm.map(Alarm::from),
            advice: status.advice,
            migration: status.migration.into(),
        }
    }
}
