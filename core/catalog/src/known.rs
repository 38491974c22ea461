//! What the active vault is known to hold, by digest: the duplicate check without asking it.

use crate::{Catalog, Reader, Result};
use keepsake_machine::media::Digest;

/// That these bytes are in the vault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The bytes.
    pub digest: Digest,
    /// The path below the vault.
    pub path: String,
}

/// Where known bytes are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownAt {
    /// The path below the vault; of several, one.
    pub path: String,
}

impl Catalog {
    /// Stores what a segment of records says, in one transaction, and that it was read. What is
    /// known already is not stored again.
    pub fn learn(&mut self, segment: &str, entries: &[Known], tombstones: &[Digest]) -> Result<()> {
        let _ = (segment, entries, tombstones);
        unimplemented!()
    }
}

impl Reader {
    /// For each digest where the active vault holds it, as far as is known. MD5 is not looked at.
    pub fn known(&self, digests: &[Digest]) -> Result<Vec<Option<KnownAt>>> {
        let _ = digests;
        unimplemented!()
    }

    /// Whether any known digest has this many bytes: if none has, no hash will be a duplicate.
    pub fn known_size(&self, size: u64) -> Result<bool> {
        let _ = size;
        unimplemented!()
    }

    /// Whether a tombstone in the active vault names these bytes.
    pub fn is_forgotten(&self, digest: &Digest) -> Result<bool> {
        let _ = digest;
        unimplemented!()
    }

    /// All tombstones of the active vault, by SHA-256 and size (MD5 is not kept).
    pub fn tombstones(&self) -> Result<Vec<Digest>> {
        unimplemented!()
    }

    /// The segments of the active vault that were read, or written by us, in order of their names.
    pub fn segments_read(&self) -> Result<Vec<String>> {
        unimplemented!()
    }
}
