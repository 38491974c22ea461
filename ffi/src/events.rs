//! The one stream of events that a host pulls.

use crate::status::{Activity, Alarm, Migration, Status};
use keepsake_engine::Happened;
use keepsake_machine::hold::Hold;
use keepsake_machine::stage::Fault;
use keepsake_machine::status::{self, Advice};

/// Something to show, or to write into the log.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
#[allow(clippy::large_enum_variant)] // it is on its way to another language
pub enum Event {
    /// The status changed: at most ten a second, always the newest.
    StatusChanged {
        /// As it is now.
        status: Status,
    },
    /// What the backup is doing changed.
    ActivityChanged {
        /// What it does now.
        activity: Activity,
    },
    /// The holds changed.
    HoldsChanged {
        /// Those in force now.
        holds: Vec<Hold>,
    },
    /// New advice.
    Advised {
        /// Which.
        advice: Advice,
    },
    /// The alarm went off.
    Alarmed {
        /// Since when, and why.
        alarm: Alarm,
    },
    /// An item was given up on.
    Quarantined {
        /// Which.
        resource: i64,
        /// Why.
        fault: Fault,
    },
    /// The migration took a step.
    Migrated {
        /// Where it is now.
        migration: Migration,
    },
    /// Something came that nobody waited for: for the log.
    Unexpected {
        /// What it was.
        detail: String,
        /// Whether it only came too late: harmless.
        late: bool,
    },
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
    /// Somebody took folders out of the vault.
    VaultLost {
        /// The folders that something is gone from.
        folders: Vec<String>,
        /// Resources that are sent again.
        again: u64,
        /// Resources that only the vault had.
        only: u64,
    },
    /// Folders or records of the vault cannot be looked into: their permissions, or their disk. What is
    /// safe there stays so, and nobody sees it.
    VaultClosed {
        /// Their paths below the vault.
        places: Vec<String>,
    },
    /// Records of the vault are gone or damaged.
    RecordsLost {
        /// Files of which no record speaks any more.
        files: u64,
        /// Resources of this library among them: recorded again, or sent.
        again: u64,
    },
    /// The host was too slow: so many notices were dropped. Statuses never are.
    Missed {
        /// How many.
        notices: u64,
    },
}

impl From<Happened> for Event {
    fn from(happened: Happened) -> Event {
        match happened {
            Happened::Status(status) => Event::StatusChanged { status: (*status).into() },
            Happened::Noticed(notice) => noticed(notice),
            Happened::ScanStarted => Event::ScanStarted,
            Happened::Scanned { assets } => Event::Scanned { assets },
            Happened::ScanFinished { complete, changed } => {
                Event::ScanFinished { complete, changed }
            }
            Happened::VaultLost { folders, again, only } => {
                Event::VaultLost { folders, again, only }
            }
            Happened::VaultClosed { places } => Event::VaultClosed { places },
            Happened::RecordsLost { files, again } => Event::RecordsLost { files, again },
            Happened::Missed(notices) => Event::Missed { notices },
            // The engine may learn to say more.
            other => Event::Unexpected { detail: format!("{other:?}"), late: true },
        }
    }
}

fn noticed(notice: status::Notice) -> Event {
    use status::Notice;
    match notice {
        Notice::ActivityChanged(activity) => Event::ActivityChanged { activity: activity.into() },
        Notice::HoldsChanged(holds) => Event::HoldsChanged { holds: holds.iter().collect() },
        Notice::Advised(advice) => Event::Advised { advice },
        Notice::Alarmed(alarmed) => Event::Alarmed { alarm: alarmed.into() },
        Notice::Quarantined { resource, fault } => {
            Event::Quarantined { resource: resource.0, fault }
        }
        Notice::Migrated(migration) => Event::Migrated { migration: migration.into() },
        Notice::Unexpected(unexpected) => {
            Event::Unexpected { late: unexpected.late, detail: format!("{unexpected:?}") }
        }
    }
}
