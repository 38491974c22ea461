//! The library as the host shows it: newest first, each item with its stage.

use keepsake_machine::media::{AssetId, Digest, ResourceId, Role, Size};
use keepsake_machine::row::Position;
use keepsake_machine::stage::Stage;

/// One page of the library.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LibraryPage {
    /// Its entries, newest first.
    pub entries: Vec<Entry>,
    /// Where the next page begins; `None`: this was the last.
    pub next: Option<Position>,
}

/// One resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The catalog's id.
    pub resource: ResourceId,
    /// Its asset.
    pub asset: AssetId,
    /// What the scan called it: on the desktop the path relative to the source.
    pub local_id: Vec<u8>,
    /// What it is to its asset.
    pub role: Role,
    /// Milliseconds since 1970 UTC.
    pub taken: i64,
    /// How large.
    pub size: Size,
    /// How far it is in the active vault.
    pub stage: Stage,
    /// Its checksum, where known.
    pub digest: Option<Digest>,
}

impl From<keepsake_catalog::Entry> for Entry {
    fn from(entry: keepsake_catalog::Entry) -> Entry {
        let keepsake_catalog::Entry {
            resource,
            asset,
            local_id,
            role,
            taken,
            size,
            stage,
            digest,
            ..
        } = entry;
        Entry { resource, asset, local_id, role, taken, size, stage, digest }
    }
}

impl From<keepsake_catalog::LibraryPage> for LibraryPage {
    fn from(page: keepsake_catalog::LibraryPage) -> LibraryPage {
        let entries = page.entries.into_iter().map(Entry::from).collect();
        LibraryPage { entries, next: page.next }
    }
}
