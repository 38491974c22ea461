//! What the engine itself wants stored beside the machine's changes, in the same transaction.

use crate::folders;
use crate::known::{self, SegmentKnown};
use keepsake_machine::media::{AssetId, Digest, ResourceId, VaultId};
use rusqlite::{Connection, ToSql};

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
    /// What is shown to lie in this folder of the vault does so in the one that has this mark: told
    /// before what lies there.
    FolderShown {
        /// The path below the vault; empty for the vault itself.
        folder: String,
        /// The vault's mark of it.
        mark: u64,
    },
    /// The vault does not hold these bytes at this path, or no longer, whatever a record says.
    Unknown {
        /// The bytes.
        digest: Digest,
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
    SegmentRead(SegmentKnown),
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

impl Note {
    /// Whether it needs an active vault.
    pub(crate) fn is_of_vault(&self) -> bool {
        !matches!(self, Note::Captured { .. } | Note::Setting { .. })
    }

    /// Stores what is not about a resource's own row.
    pub(crate) fn store(&self, connection: &Connection, vault: VaultId) -> rusqlite::Result<()> {
        let run = |sql: &str, params: &[&dyn ToSql]| {
            connection.prepare_cached(sql)?.execute(params).map(|_| ())
        };
        match self {
            Note::Placement { asset, text } => {
                run("UPDATE asset SET placement = ?2 WHERE id = ?1", &[&asset.0, text])
            }
            Note::Captured { asset, text } => {
                run("UPDATE asset SET captured = ?2 WHERE id = ?1", &[&asset.0, text])
            }
            Note::Token { resource, token: Some(token) } => run(
                "INSERT OR REPLACE INTO token (vault, resource, token) VALUES (?1, ?2, ?3)",
                &[&vault.0, &resource.0, token],
            ),
            Note::Token { resource, token: None } => run(
                "DELETE FROM token WHERE vault = ?1 AND resource = ?2",
                &[&vault.0, &resource.0],
            ),
            Note::Known { digest, path } => known::learn_one(connection, vault, digest, path),
            Note::FolderShown { folder, mark } => {
                folders::folder_shown(connection, vault, folder, *mark)
            }
            Note::Forgotten { digest, forgotten: true } => known::bury(connection, vault, digest),
            Note::Forgotten { digest, forgotten: false } => run(
                "DELETE FROM tombstone WHERE vault = ?1 AND sha256 = ?2",
                &[&vault.0, &digest.sha256],
            ),
            Note::SegmentRead(segment) => known::mark_read(connection, vault, segment),
            Note::SegmentGone { name } => {
                run("DELETE FROM segment WHERE vault = ?1 AND name = ?2", &[&vault.0, name])
            }
            Note::Setting { name, value: Some(value) } => {
                run("INSERT OR REPLACE INTO setting (name, value) VALUES (?1, ?2)", &[name, value])
            }
            Note::Setting { name, value: None } => {
                run("DELETE FROM setting WHERE name = ?1", &[name])
            }
            Note::Unknown { digest, path } => known::forget_one(connection, vault, digest, path),
            // In the resource's row: see `apply`.
            Note::Path { .. } | Note::Confirmed { .. } => Ok(()),
        }
    }
}
