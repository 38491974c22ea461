//! Every change to a row that is *not* under way is one pure function, [`settle`]. The catalog
//! applies it in pages, each one transaction with counters and cursor; nothing else writes a stage.

use crate::media::{Digest, Locality, Size, Version};
use crate::stage::{Fault, Stage};
use serde::{Deserialize, Serialize};

/// What `settle` looks at and changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settled {
    /// The version that the catalog knows.
    pub version: Version,
    /// Where the original is.
    pub locality: Locality,
    /// How large.
    pub size: Size,
    /// The checksum of that version, where known.
    pub digest: Option<Digest>,
    /// How far it is.
    pub stage: Stage,
}

/// A fact about a row that is not under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fact {
    /// A scan saw it so.
    Seen {
        /// Its fingerprint now.
        version: Version,
        /// Where the original is now, as far as the host tells.
        locality: Locality,
        /// How large.
        size: Size,
        /// Whether the user's choice of albums, folders and kinds includes it.
        chosen: bool,
    },
    /// A complete scan with full access did not see it.
    Absent,
    /// A scan could not have seen it: limited access, or its volume is away.
    OutOfSight,
    /// The user's choice changed.
    Chosen(bool),
    /// The vault showed it, live.
    StillThere,
    /// The vault no longer has it.
    GoneFromVault,
    /// A tombstone names its digest, or the user just said forget.
    Forget,
    /// The user took the tombstone back.
    Remember,
    /// The user wants it tried again.
    Retry,
    /// The user deleted it on our proposal, which was made only of what the vault showed live.
    /// What [`crate::effect::Change::Freed`] does to each resource of the asset.
    Freed,
    /// It ended uncleanly too often while under way.
    Crashed(Fault),
}

/// What becomes of a row. A row that the fact does not concern comes back as it was.
pub fn settle(row: Settled, fact: Fact) -> Settled {
    let _ = fact;
    row
}

/// Bytes of a staged file that the row named before and names no longer: nothing is forgotten in
/// staging. The catalog notes the row as one to evict in the same transaction (a mark that only the
/// eviction removes), and the engine deletes the file; a kill in between finds the mark again.
pub fn left_in_staging(before: &Settled, after: &Settled) -> u64 {
    before.stage.bytes().staged().saturating_sub(after.stage.bytes().staged())
}
