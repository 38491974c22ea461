//! The library as the host shows it: newest first, each item with its stage.

use crate::stored::{REST, Stored, columns};
use crate::{Reader, Result};
use keepsake_machine::media::{AssetId, Digest, Media, ResourceId, Role, Size};
use keepsake_machine::row::Position;
use keepsake_machine::stage::Stage;
use rusqlite::OptionalExtension as _;

/// Those of a row, then the local id and the name.
macro_rules! entry_columns {
    () => {
        concat!(columns!(), ", resource.local_id, resource.name")
    };
}

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
        let (taken, id) = below.map_or((i64::MAX, i64::MAX), |below| (below.taken, below.id.0));
        let entries: Vec<Entry> = self.ask(|connection| {
            connection
                .prepare_cached(concat!(
                    "SELECT ",
                    entry_columns!(),
                    " FROM resource WHERE (taken, id) < (?1, ?2) AND stage <> '\"Closed\"' \
                     ORDER BY taken DESC, id DESC LIMIT ?3"
                ))?
                .query_map((taken, id, most), Entry::read)?
                .collect()
        })?;
        let full = u32::try_from(entries.len()).is_ok_and(|read| read == most);
        let last = entries.last().filter(|_| full);
        let next = last.map(|last| Position { taken: last.taken, id: last.resource });
        Ok(LibraryPage { entries, next })
    }

    /// One resource.
    pub fn entry(&self, resource: ResourceId) -> Result<Option<Entry>> {
        self.ask(|connection| {
            connection
                .prepare_cached(concat!(
                    "SELECT ",
                    entry_columns!(),
                    " FROM resource WHERE id = ?1"
                ))?
                .query_row([resource.0], Entry::read)
                .optional()
        })
    }

    /// The resource that a scan called so.
    pub fn by_local_id(&self, local_id: &[u8]) -> Result<Option<Entry>> {
        self.ask(|connection| {
            connection
                .prepare_cached(concat!(
                    "SELECT ",
                    entry_columns!(),
                    " FROM resource WHERE local_id = ?1"
                ))?
                .query_row([local_id], Entry::read)
                .optional()
        })
    }

    /// What was given up on, newest first: for the summary.
    pub fn quarantined(&self, most: u32) -> Result<Vec<Entry>> {
        self.ask(|connection| {
            connection
                .prepare_cached(concat!(
                    "SELECT ",
                    entry_columns!(),
                    " FROM resource WHERE faulty = 1 \
                     ORDER BY taken DESC, id DESC LIMIT ?1"
                ))?
                .query_map([most], Entry::read)?
                .collect()
        })
    }
}

impl Entry {
    fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Entry> {
        let stored = Stored::read(row)?;
        Ok(Entry {
            resource: stored.id,
            asset: stored.asset,
            local_id: row.get(REST)?,
            name: row.get(REST + 1)?,
            role: stored.role,
            media: stored.media,
            taken: stored.taken,
            size: stored.known_size(),
            stage: stored.stage,
            digest: stored.digest,
        })
    }
}
