//! The one stream of events that a host pulls.

use keepsake_machine::status::{Notice, Status};

/// Something to show. Pulled with [`crate::Engine::next_event`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Happened {
    /// The status changed: at most ten a second, always the newest, and always once more when the
    /// activity changes.
    Status(Box<Status>),
    /// Something to tell the user or the log, once.
    Noticed(Notice),
    /// A scan began.
    ScanStarted,
    /// A scan stored another page.
    Scanned {
        /// Assets seen so far.
        assets: u64,
    },
    /// A scan ended.
    ScanFinished {
        /// Whether it saw everything; if not, nothing unseen was taken for deleted.
        complete: bool,
        /// Resources that were new, changed or gone.
        changed: u64,
    },
    /// Somebody took folders out of the vault, and with them what was safe there.
    VaultLost {
        /// The paths below the vault of the folders that something is gone from.
        folders: Vec<String>,
        /// Resources that are not safe any more: they are sent again.
        again: u64,
        /// Resources that only the vault had: the library no longer has them.
        only: u64,
    },
    /// These folders or records of the vault cannot be looked into: their permissions, or their disk.
    /// What is safe there stays so, and nobody sees it. [`crate::Engine::vault_closed`] says which
    /// folders still cannot.
    VaultClosed {
        /// Their paths below the vault.
        places: Vec<String>,
    },
    /// Records of the vault are gone or damaged.
    RecordsLost {
        /// Files of which no record speaks any more. `restore` brings back those that lie there, under
        /// the names of the vault.
        files: u64,
        /// Resources that this library has among them: recorded again where they lie, or sent.
        again: u64,
    },
    /// The host was too slow: this many notices were dropped. Statuses never are.
    Missed(u64),
}
