//! What the active vault is known to hold, by digest: the duplicate check without asking it.

use crate::catalog::{Catalog, Sync};
use crate::folders::folder_of;
use crate::reader::active;
use crate::{Reader, Result};
use keepsake_machine::media::{Digest, VaultId};
use rusqlite::{Connection, OptionalExtension as _, params};
use std::collections::HashSet;

/// That these bytes are in the vault, at this path; where so said: that they are not, or no longer.
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

/// That other bytes lie in a place than a record says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damaged {
    /// What the record says.
    pub recorded: Known,
    /// What lies there.
    pub lies: Digest,
}

/// A segment of the active vault's records that was read, or written by us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentKnown {
    /// Its name.
    pub name: String,
    /// The vault's mark of it then; `None`: not known, since an older version read it.
    pub mark: Option<u64>,
}

impl Catalog {
    /// Stores what a segment of records says, in one transaction, and that it was read. What is
    /// known already is not stored again.
    pub fn learn(
        &mut self,
        segment: &SegmentKnown,
        entries: &[Known],
        tombstones: &[Digest],
    ) -> Result<()> {
        let vault = self.active_id()?;
        self.write(Sync::Later, |connection, _| {
            for entry in entries {
                learn_one(connection, vault, &entry.digest, &entry.path)?;
            }
            for digest in tombstones {
                bury(connection, vault, digest)?;
            }
            mark_read(connection, vault, segment)
        })
    }

    /// Nobody is to be told any more that the active vault does not have these bytes.
    pub fn let_go_of(&mut self, digests: &[Digest]) -> Result<()> {
        let vault = self.active_id()?;
        self.write(Sync::Durable, |connection, _| {
            let mut add = connection
                .prepare_cached("INSERT OR IGNORE INTO let_go (vault, sha256) VALUES (?1, ?2)")?;
            for digest in digests {
                add.execute((vault.0, digest.sha256))?;
            }
            Ok(())
        })
    }

    /// Forgets what the active vault's records said, tombstones and folders apart, and which segments
    /// were read: they are to be read again. No row changes; [`crate::Which::Unrecorded`] finds those of which
    /// no record speaks any more.
    pub fn forget_records(&mut self) -> Result<()> {
        let vault = self.active_id()?;
        self.write(Sync::Later, |connection, _| {
            connection.execute("DELETE FROM known WHERE vault = ?1", [vault.0])?;
            connection.execute("DELETE FROM segment WHERE vault = ?1", [vault.0])?;
            Ok(())
        })
    }

    /// Stores what does not lie in the active vault where a record says: these, and no others if `all`
    /// were read. No record is believed about them, and what lies in their places is known to lie there,
    /// also when no record can be written that says so.
    pub fn set_damaged(&mut self, damaged: &[Damaged], all: bool) -> Result<()> {
        let vault = self.active_id()?;
        self.write(Sync::Later, |connection, _| {
            if all {
                connection.execute("DELETE FROM damaged WHERE vault = ?1", [vault.0])?;
            }
            let mut add = connection.prepare_cached(
                "INSERT OR REPLACE INTO damaged (vault, path, sha256, lies) VALUES (?1, ?2, ?3, ?4)",
            )?;
            for Damaged { recorded: Known { digest, path }, lies } in damaged {
                add.execute((vault.0, path, digest.sha256, lies.sha256))?;
            }
            Ok(())
        })
    }
}

impl Reader {
    /// Every path at which the active vault is known to hold these bytes, those that records name first.
    pub fn known_at(&self, digest: &Digest) -> Result<Vec<String>> {
        self.ask(|connection| {
            let Some(vault) = active(connection)? else { return Ok(Vec::new()) };
            let mut read = connection.prepare_cached(
                "SELECT path FROM known WHERE vault = ?1 AND size = ?2 AND head = ?3 \
                 AND sha256 = ?4 UNION ALL \
                 SELECT path FROM damaged WHERE vault = ?1 AND lies = ?4",
            )?;
            let size = digest.size.cast_signed();
            read.query_map(params![vault.0, size, head(digest), digest.sha256], |row| row.get(0))?
                .collect()
        })
    }

    /// Whether the active vault is known to hold these bytes at this path.
    pub fn is_known_at(&self, digest: &Digest, path: &str) -> Result<bool> {
        self.ask(|connection| {
            let Some(vault) = active(connection)? else { return Ok(false) };
            let size = digest.size.cast_signed();
            connection.prepare_cached(IS_KNOWN_AT)?.exists(params![
                vault.0,
                size,
                head(digest),
                digest.sha256,
                path
            ])
        })
    }

    /// For each digest where the active vault holds it, as far as is known: where a record says, or
    /// where it was seen to lie in the place of something else. MD5 is not looked at.
    pub fn known(&self, digests: &[Digest]) -> Result<Vec<Option<KnownAt>>> {
        self.ask_at_once(|connection| {
            let Some(vault) = active(connection)? else { return Ok(vec![None; digests.len()]) };
            let known = |digest| match recorded(connection, vault, digest)? {
                None => displaced(connection, vault, digest),
                at => Ok(at),
            };
            digests.iter().map(known).collect()
        })
    }

    /// The paths of the active vault at which something is damaged: their sizes prove nothing.
    pub fn damaged(&self) -> Result<HashSet<String>> {
        self.ask(|connection| {
            let Some(vault) = active(connection)? else { return Ok(HashSet::new()) };
            connection
                .prepare_cached("SELECT path FROM damaged WHERE vault = ?1")?
                .query_map([vault.0], |row| row.get(0))?
                .collect()
        })
    }

    /// Whether any known digest has this many bytes: if none has, no hash will be a duplicate.
    pub fn known_size(&self, size: u64) -> Result<bool> {
        self.ask(|connection| {
            let Some(vault) = active(connection)? else { return Ok(false) };
            connection
                .prepare_cached("SELECT 1 FROM known WHERE vault = ?1 AND size = ?2 LIMIT 1")?
                .exists((vault.0, size.cast_signed()))
        })
    }

    /// Gives the path of everything that the active vault is known to hold, in no order; one of several
    /// contents more than once.
    pub fn known_paths(&self, each: &mut dyn FnMut(&str)) -> Result<()> {
        self.ask(|connection| {
            let Some(vault) = active(connection)? else { return Ok(()) };
            let mut read = connection.prepare_cached("SELECT path FROM known WHERE +vault = ?1")?;
            let mut rows = read.query([vault.0])?;
            while let Some(row) = rows.next()? {
                each(row.get_ref(0)?.as_str()?);
            }
            Ok(())
        })
    }

    /// Whether a tombstone in the active vault names these bytes.
    pub fn is_forgotten(&self, digest: &Digest) -> Result<bool> {
        self.ask(|connection| {
            let Some(vault) = active(connection)? else { return Ok(false) };
            connection
                .prepare_cached(
                    "SELECT 1 FROM tombstone WHERE vault = ?1 AND sha256 = ?2 AND size = ?3",
                )?
                .exists(params![vault.0, digest.sha256, digest.size.cast_signed()])
        })
    }

    /// All tombstones of the active vault, by SHA-256 and size (MD5 is not kept).
    pub fn tombstones(&self) -> Result<Vec<Digest>> {
        self.ask(|connection| {
            let Some(vault) = active(connection)? else { return Ok(Vec::new()) };
            connection
                .prepare_cached(
                    "SELECT sha256, size FROM tombstone WHERE vault = ?1 ORDER BY sha256",
                )?
                .query_map([vault.0], |row| {
                    let size = row.get::<_, i64>(1)?.cast_unsigned();
                    Ok(Digest { sha256: row.get(0)?, md5: None, size })
                })?
                .collect()
        })
    }

    /// The segments of the active vault that were read, or written by us, in order of their names.
    pub fn segments_read(&self) -> Result<Vec<SegmentKnown>> {
        self.ask(|connection| {
            let Some(vault) = active(connection)? else { return Ok(Vec::new()) };
            connection
                .prepare_cached("SELECT name, mark FROM segment WHERE vault = ?1 ORDER BY name")?
                .query_map([vault.0], |row| {
                    let mark = row.get::<_, Option<i64>>(1)?.map(i64::cast_unsigned);
                    Ok(SegmentKnown { name: row.get(0)?, mark })
                })?
                .collect()
        })
    }
}

/// Whether these bytes are known to lie at this path.
pub(crate) const IS_KNOWN_AT: &str = "SELECT 1 FROM known WHERE vault = ?1 AND size = ?2 AND head = ?3 \
     AND sha256 = ?4 AND path = ?5 UNION ALL \
     SELECT 1 FROM damaged WHERE vault = ?1 AND path = ?5 AND lies = ?4";

/// Where a record says that the vault holds these bytes.
pub(crate) fn recorded(
    connection: &Connection,
    vault: VaultId,
    digest: &Digest,
) -> rusqlite::Result<Option<KnownAt>> {
    connection
        .prepare_cached(
            "SELECT path FROM known WHERE vault = ?1 AND size = ?2 AND head = ?3 AND sha256 = ?4 \
             LIMIT 1",
        )?
        .query_row(
            params![vault.0, digest.size.cast_signed(), head(digest), digest.sha256],
            |row| Ok(KnownAt { path: row.get(0)? }),
        )
        .optional()
}

/// Where these bytes were seen to lie in the place of something else.
fn displaced(
    connection: &Connection,
    vault: VaultId,
    digest: &Digest,
) -> rusqlite::Result<Option<KnownAt>> {
    connection
        .prepare_cached("SELECT path FROM damaged WHERE vault = ?1 AND lies = ?2 LIMIT 1")?
        .query_row((vault.0, digest.sha256), |row| Ok(KnownAt { path: row.get(0)? }))
        .optional()
}

/// The index's share of a digest.
pub(crate) fn head(digest: &Digest) -> i64 {
    digest.sha256.first_chunk().map_or(0, |head| i64::from_be_bytes(*head))
}

/// Stores that these bytes lie at this path, once.
pub(crate) const LEARN: &str = "INSERT INTO known (vault, size, head, sha256, path) SELECT ?1, ?2, ?3, ?4, ?5 \
     WHERE NOT EXISTS (SELECT 1 FROM known WHERE vault = ?1 AND size = ?2 AND head = ?3 \
     AND sha256 = ?4 AND path = ?5) \
     AND NOT EXISTS (SELECT 1 FROM damaged WHERE vault = ?1 AND path = ?5 \
     AND sha256 IN (?4, x''))";

/// Stores that the vault holds `digest` at `path`, once; not where it is damaged.
pub(crate) fn learn_one(
    connection: &Connection,
    vault: VaultId,
    digest: &Digest,
    path: &str,
) -> rusqlite::Result<()> {
    connection.prepare_cached(LEARN)?.execute(params![
        vault.0,
        digest.size.cast_signed(),
        head(digest),
        digest.sha256,
        path
    ])?;
    connection
        .prepare_cached("INSERT OR IGNORE INTO folder (vault, path) VALUES (?1, ?2)")?
        .execute((vault.0, folder_of(path)))?;
    Ok(())
}

/// These bytes lie at this path now: they are not damaged there any more, and missed when they go.
pub(crate) fn mend(
    connection: &Connection,
    vault: VaultId,
    digest: &Digest,
    path: &str,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "DELETE FROM damaged WHERE vault = ?1 AND path = ?2 AND sha256 IN (?3, x'')",
        )?
        .execute((vault.0, path, digest.sha256))?;
    connection
        .prepare_cached("DELETE FROM let_go WHERE vault = ?1 AND sha256 = ?2")?
        .execute((vault.0, digest.sha256))?;
    Ok(())
}

/// Stores a tombstone.
pub(crate) fn bury(
    connection: &Connection,
    vault: VaultId,
    digest: &Digest,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO tombstone (vault, sha256, size) VALUES (?1, ?2, ?3)",
        )?
        .execute(params![vault.0, digest.sha256, digest.size.cast_signed()])?;
    Ok(())
}

/// Stores that a segment need not be read again.
pub(crate) fn mark_read(
    connection: &Connection,
    vault: VaultId,
    segment: &SegmentKnown,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO segment (vault, name, mark) VALUES (?1, ?2, ?3)")?
        .execute((vault.0, &segment.name, segment.mark.map(u64::cast_signed)))?;
    Ok(())
}

/// Forgets that the vault holds `digest` at `path`.
pub(crate) fn forget_one(
    connection: &Connection,
    vault: VaultId,
    digest: &Digest,
    path: &str,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "DELETE FROM known WHERE vault = ?1 AND size = ?2 AND head = ?3 AND sha256 = ?4 \
             AND path = ?5",
        )?
        .execute(params![vault.0, digest.size.cast_signed(), head(digest), digest.sha256, path])?;
    connection
        .prepare_cached(
            "UPDATE damaged SET lies = NULL WHERE vault = ?1 AND path = ?2 AND lies = ?3",
        )?
        .execute((vault.0, path, digest.sha256))?;
    Ok(())
}
