//! The library as the host shows it: newest first, each item with its stage.

use keepsake_engine::library as engine;
use keepsake_machine::media::{ResourceId, Role, Size};
use keepsake_machine::row;
use keepsake_machine::stage::{self, Fault, Why};

/// One page of the library.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Page {
    /// Its entries, newest first.
    pub entries: Vec<Entry>,
    /// Where the next page begins; `None`: this was the last.
    pub next: Option<Position>,
}

/// A place in the library.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Record)]
pub struct Position {
    /// Milliseconds since 1970 UTC.
    pub taken: i64,
    /// Tells apart what was taken at one moment.
    pub resource: i64,
}

/// One file of an asset.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Entry {
    /// The catalog's number.
    pub resource: i64,
    /// Its asset's.
    pub asset: i64,
    /// What the scan called it.
    pub id: String,
    /// What it is to its asset.
    pub role: Role,
    /// Milliseconds since 1970 UTC.
    pub taken: i64,
    /// Bytes, where they are known exactly.
    pub size: Option<u64>,
    /// How far it is.
    pub stage: Stage,
}

/// How far a resource is, for the active vault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum Stage {
    /// Known, nothing done.
    Discovered,
    /// Its original is downloaded, or waits for that.
    AwaitingOriginal,
    /// It is read and hashed.
    Checksumming,
    /// The vault is asked whether it has these bytes.
    CheckingDuplicate,
    /// The bytes are going to the vault.
    Uploading,
    /// The vault is shown to have them.
    Verifying,
    /// It waits by itself.
    Waiting {
        /// Why.
        why: Why,
    },
    /// Safe: sent.
    BackedUp,
    /// Safe: the vault had it already.
    Duplicate,
    /// Safe, and deleted from the phone on the user's word.
    Freed,
    /// Neither the library nor the vault shows it.
    Lost,
    /// Given up on until the user retries it.
    Quarantined {
        /// Why.
        fault: Fault,
    },
    /// Out of sight: limited access, or its volume is away.
    Hidden,
    /// Gone from the library.
    Closed,
    /// Not among what the user chose.
    Excluded,
    /// The user said forget.
    Forgotten,
}

impl From<stage::Stage> for Stage {
    fn from(of: stage::Stage) -> Stage {
        use stage::Stage as Of;
        match of {
            Of::Discovered => Stage::Discovered,
            Of::AwaitingOriginal => Stage::AwaitingOriginal,
            Of::Checksumming => Stage::Checksumming,
            Of::CheckingDuplicate { .. } => Stage::CheckingDuplicate,
            Of::Uploading { .. } => Stage::Uploading,
            Of::Verifying { .. } => Stage::Verifying,
            Of::Waiting(waiting) => Stage::Waiting { why: waiting.why },
            Of::BackedUp => Stage::BackedUp,
            Of::Duplicate => Stage::Duplicate,
            Of::Freed => Stage::Freed,
            Of::Lost => Stage::Lost,
            Of::Quarantined(fault) => Stage::Quarantined { fault },
            Of::Hidden => Stage::Hidden,
            Of::Closed => Stage::Closed,
            Of::Excluded => Stage::Excluded,
            Of::Forgotten => Stage::Forgotten,
        }
    }
}

impl From<Position> for row::Position {
    fn from(position: Position) -> row::Position {
        row::Position { taken: position.taken, id: ResourceId(position.resource) }
    }
}

impl From<engine::Entry> for Entry {
    fn from(entry: engine::Entry) -> Entry {
        let size = match entry.size {
            Size::Exact(bytes) => Some(bytes),
            Size::Hinted { .. } => None,
        };
        Entry {
            resource: entry.resource.0,
            asset: entry.asset.0,
            id: String::from_utf8_lossy(&entry.local_id).into_owned(),
            role: entry.role,
            taken: entry.taken,
            size,
            stage: entry.stage.into(),
        }
    }
}

impl From<engine::LibraryPage> for Page {
    fn from(page: engine::LibraryPage) -> Page {
        let next = page.next.map(|next| Position { taken: next.taken, resource: next.id.0 });
        Page { entries: page.entries.into_iter().map(Entry::from).collect(), next }
    }
}
