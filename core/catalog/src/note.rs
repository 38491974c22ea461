//! What the engine itself wants stored beside the machine's changes, in the same transaction.

use keepsake_machine::media::{AssetId, Digest, ResourceId};

/// One thing to note. What is about a vault is about the active one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// Where the asset's files go in the vault (its folder and stem, in the vault's own text):
    /// chosen before its first put, then kept. Per vault.
    Placement {
        /// The asset.
        asset: AssetId,
        /// The vault's text.
        text: String,
    },
    /// When it was taken and where that was read, in the vault's own text.
    Captured {
        /// The asset.
        asset: AssetId,
        /// The vault's text.
        text: String,
    },
    /// Where this resource's bytes are in the vault. Per vault.
    Path {
        /// The resource.
        resource: ResourceId,
        /// The path below the vault.
        path: String,
    },
    /// The token of an unfinished upload, or that there is none any more. Per vault.
    Token {
        /// The resource.
        resource: ResourceId,
        /// The vault's token.
        token: Option<Vec<u8>>,
    },
    /// The vault holds these bytes, there: for the duplicate check.
    Known {
        /// The bytes.
        digest: Digest,
        /// The path below the vault.
        path: String,
    },
    /// The vault's file at this path is gone, or is not what its record says: it is no longer known
    /// by it.
    Unknown {
        /// The path below the vault.
        path: String,
    },
    /// A tombstone names these bytes (`true`), or was taken back.
    Forgotten {
        /// The bytes.
        digest: Digest,
        /// Whether they are forgotten.
        forgotten: bool,
    },
    /// A segment of records that need not be read: we wrote it, and its entries are known.
    SegmentRead {
        /// Its name.
        name: String,
    },
    /// A segment that is gone: merged into another.
    SegmentGone {
        /// Its name.
        name: String,
    },
    /// The vault showed file and size of this safe resource again: confirmed now.
    Confirmed {
        /// The resource.
        resource: ResourceId,
    },
    /// A small value of the engine's own, by name; `None` removes it.
    Setting {
        /// Its name.
        name: String,
        /// The value.
        value: Option<String>,
    },
}
