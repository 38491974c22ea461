//! Migration: a library larger than the phone, guided step by step until everything is safe.

use crate::time::Elapsed;
use serde::{Deserialize, Serialize};

/// Where the migration is. Each step survives a kill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Migration {
    /// Not asked for.
    #[default]
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
    AwaitingDeletion,
    /// Deleted; the phone gives the space back when Recently Deleted is emptied.
    AwaitingSpace {
        /// When it was deleted.
        since: Elapsed,
        /// Bytes that should come back.
        freed: u64,
    },
    /// Nothing can be freed and not all is safe: free this many bytes elsewhere, or use a Mac.
    Stuck {
        /// Bytes of free space that are missing for the next item.
        needed: u64,
    },
    /// Everything is safe.
    Done,
}

/// What a step looks at: how things are, and what just happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(clippy::struct_excessive_bools)] // independent facts
pub struct Facts {
    /// The machine's clock.
    pub at: Elapsed,
    /// The user asked for it ([`crate::settings::Settings::migrate`]).
    pub wanted: bool,
    /// Everything in the library is safe.
    pub all_safe: bool,
    /// A waiting cloud item would be admitted now.
    pub admits: bool,
    /// `LowStorage` is in force with nothing staged or in flight: bytes missing for the smallest
    /// waiting item.
    pub out_of_room: Option<u64>,
    /// Bytes that could be freed, once the catalog and the vault were asked.
    pub freeable: Option<u64>,
    /// A proposal was just shown.
    pub shown: bool,
    /// A proposal was just answered: bytes that the deleted assets give back; 0 when the user
    /// declined or it ran out.
    pub deleted: Option<u64>,
    /// Deleted photos were just recovered.
    pub recovered: bool,
}

impl Migration {
    /// Where it is after these facts.
    #[must_use]
    pub fn step(self, facts: &Facts) -> Migration {
        let _ = facts;
        unimplemented!()
    }

    /// Whether it waits to hear how much can be freed: the catalog and the vault are to be asked.
    pub fn asks_freeable(self) -> bool {
        matches!(self, Migration::OutOfRoom { freeable: None, .. })
    }

    /// When a step has waited long enough.
    pub fn due(self) -> Option<Elapsed> {
        unimplemented!()
    }
}
