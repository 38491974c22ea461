//! What a vault remembers of a file: records and tombstones.

use crate::capture::Captured;
use crate::id::DeviceId;
use crate::path::VaultPath;
use keepsake_machine::media::{Digest, Role, Version};

/// Bytes that are nearly always text: a name, a path, an identifier. In JSON a string where it is
/// UTF-8, else `{"hex": "…"}`: nothing is lost.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct OriginalName(pub Vec<u8>);

/// That these bytes of this resource are in the vault, and what was known of it.
///
/// Its key is (device, asset, role, digest). Of two with one key the higher sequence supersedes
/// the metadata; it does not unsay where the bytes are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Who wrote it. Filled in by [`crate::Vault::record`].
    pub device: DeviceId,
    /// Counts the device's entries. Filled in by [`crate::Vault::record`].
    pub sequence: u64,
    /// The asset, as the device's library calls it.
    pub asset: OriginalName,
    /// What the resource is to the asset.
    pub role: Role,
    /// The bytes.
    pub digest: Digest,
    /// Where they are in the vault.
    pub path: VaultPath,
    /// The host's fingerprint of the bytes when they were sent.
    pub version: Version,
    /// The file's name as shot.
    pub name: OriginalName,
    /// Where the host had it: its path relative to the source, name included. Restored there.
    pub original: OriginalName,
    /// The file's modification time, nanoseconds since 1970 UTC.
    pub modified: Option<i64>,
    /// When it was taken, and where that was read.
    pub captured: Captured,
    /// The identifier that other devices of the same person know it by.
    pub cross_id: Option<String>,
    /// The albums that it is in, by name.
    pub albums: Vec<String>,
    /// Marked as a favourite.
    pub favourite: bool,
}

/// That the user said forget: no device sends these bytes again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tombstone {
    /// Who wrote it.
    pub device: DeviceId,
    /// Counts the device's entries.
    pub sequence: u64,
    /// The bytes.
    pub digest: Digest,
}

/// One line of a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::large_enum_variant)] // nearly all are records, and they are handed over one by one
pub enum Entry {
    /// A record.
    Record(Record),
    /// A tombstone.
    Tombstone(Tombstone),
}

/// The name of a segment of records: random, never reused, its content never changes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SegmentName(pub String);

/// What came of reading a segment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SegmentRead {
    /// Entries handed over.
    pub entries: u64,
    /// It is gone (merged into another): list again. Nothing was handed over.
    pub gone: bool,
    /// Why it is not trusted (torn, altered, too large). Nothing was handed over.
    pub damaged: Option<String>,
    /// Lines that say something impossible (a path out of the vault), each as text, shortened:
    /// skipped.
    pub hostile: Vec<String>,
    /// Lines of a kind that this version does not know: skipped, and kept by a merge.
    pub unknown: u64,
}

impl std::fmt::Debug for OriginalName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", String::from_utf8_lossy(&self.0))
    }
}
