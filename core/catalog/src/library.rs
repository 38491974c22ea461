//! The library as the host shows it: newest first, each item with its stage.

use crate::{Reader, Result};
use keepsake_machine::media::{AssetId, Digest, Media, ResourceId, Role, Size};
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
    /// What the scan called it.
    pub local_id: Vec<u8>,
    /// Its file name as shot.
    pub name: Vec<u8>,
    /// What it is to its asset.
    pub role: Role,
    /// Photo or video.
    pub media: Media,
    /// Milliseconds since 1970 UTC.
    pub taken: i64,
    /// How large.
    pub size: Size,
    /// How far it is in the active vault.
    pub stage: Stage,
    /// Its checksum, where known.
    pub digest: Option<Digest>,
}

impl Reader {
    /// At most `most` entries older than `below` (`None`: from the newest). What is gone from the
    /// library ([`Stage::Closed`]) is not shown.
    pub fn library(&self, below: Option<Position>, most: u32) -> Result<LibraryPage> {
        let _ = (below, most);
        unimplemented!()
    }

    /// One resource.
    pub fn entry(&self, resource: ResourceId) -> Result<Option<Entry>> {
        let _ = resource;
        unimplemented!()
    }

    /// The resource that a scan called so.
    pub fn by_local_id(&self, local_id: &[u8]) -> Result<Option<Entry>> {
        let _ = local_id;
        unimplemented!()
    }

    /// What was given up on, newest first: for the summary.
    pub fn quarantined(&self, most: u32) -> Result<Vec<Entry>> {
        let _ = most;
        unimplemented!()
    }
}
