//! The folders of the active vault in which something is known to lie, each with the mark that tells it
//! from any other of its name.

use crate::catalog::{Catalog, Sync};
use crate::known::{Known, forget_one};
use crate::reader::active;
use crate::{Reader, Result};
use keepsake_machine::media::{Digest, VaultId};
use rusqlite::Connection;
use std::collections::{HashMap, HashSet};

/// A folder of the active vault in which something is known to lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownFolder {
    /// The path below the vault; empty for the vault itself.
    pub path: String,
    /// The vault's mark of it when everything safe in it, and not under way, was last shown to lie there.
    /// `None`: nobody looked, or it was another folder meanwhile.
    pub mark: Option<u64>,
    /// How often something was shown to lie in it.
    pub shown: u64,
}

impl Catalog {
    /// Stores the marks of folders: everything safe in them was shown to lie there since they had
    /// these. One in which something else was shown meanwhile is left as it is.
    pub fn mark_folders(&mut self, folders: &[KnownFolder]) -> Result<()> {
        let vault = self.active_id()?;
        self.write(Sync::Later, |connection, _| {
            let mut mark = connection.prepare_cached(
                "UPDATE folder SET mark = ?3 WHERE vault = ?1 AND path = ?2 AND shown = ?4",
            )?;
            for KnownFolder { path, mark: now, shown } in folders {
                let now = now.map(u64::cast_signed);
                mark.execute((vault.0, path, now, shown.cast_signed()))?;
            }
            Ok(())
        })
    }

    /// Forgets that the active vault holds these where they were known to lie.
    pub fn forget_known(&mut self, gone: &[Known]) -> Result<()> {
        let vault = self.active_id()?;
        self.write(Sync::Later, |connection, _| {
            gone.iter().try_for_each(|one| forget_one(connection, vault, &one.digest, &one.path))
        })
    }

    /// Forgets these folders of the active vault, but those in which something was shown meanwhile.
    pub fn forget_folders(&mut self, folders: &[KnownFolder]) -> Result<()> {
        let vault = self.active_id()?;
        self.write(Sync::Later, |connection, _| {
            let mut forget = connection.prepare_cached(
                "DELETE FROM folder WHERE vault = ?1 AND path = ?2 AND shown = ?3",
            )?;
            for folder in folders {
                forget.execute((vault.0, &folder.path, folder.shown.cast_signed()))?;
            }
            Ok(())
        })
    }
}

impl Reader {
    /// The folders of the active vault in which something is known to lie, in order. Some may be
    /// empty by now.
    pub fn known_folders(&self) -> Result<Vec<KnownFolder>> {
        self.ask(|connection| {
            let Some(vault) = active(connection)? else { return Ok(Vec::new()) };
            connection
                .prepare_cached(
                    "SELECT path, mark, shown FROM folder WHERE vault = ?1 ORDER BY path",
                )?
                .query_map([vault.0], |row| {
                    let mark = row.get::<_, Option<i64>>(1)?.map(i64::cast_unsigned);
                    let shown = row.get::<_, i64>(2)?.cast_unsigned();
                    Ok(KnownFolder { path: row.get(0)?, mark, shown })
                })?
                .collect()
        })
    }

    /// What is known to lie in these folders of the active vault, in no order. Reads every entry.
    pub fn known_in(&self, folders: &HashSet<&str>) -> Result<Vec<Known>> {
        self.ask(|connection| {
            let Some(vault) = active(connection)? else { return Ok(Vec::new()) };
            let mut known = connection
                .prepare_cached("SELECT sha256, size, path FROM known WHERE +vault = ?1")?;
            let mut rows = known.query([vault.0])?;
            let mut all = Vec::new();
            while let Some(row) = rows.next()? {
                let path = row.get_ref(2)?.as_str()?;
                if folders.contains(folder_of(path)) {
                    let size = row.get::<_, i64>(1)?.cast_unsigned();
                    let digest = Digest { sha256: row.get(0)?, md5: None, size };
                    all.push(Known { digest, path: path.to_owned() });
                }
            }
            Ok(all)
        })
    }

    /// Files of the active vault in these folders whose bytes no row has and no other folder holds:
    /// earlier versions, or another device's. Their paths and sizes. Reads every entry.
    pub fn known_only_in(&self, folders: &HashSet<&str>) -> Result<Vec<(String, u64)>> {
        self.ask(|connection| {
            let Some(vault) = active(connection)? else { return Ok(Vec::new()) };
            let mut here: HashMap<[u8; 32], (String, u64)> = HashMap::new();
            let mut elsewhere: HashSet<[u8; 32]> = HashSet::new();
            let mut known = connection
                .prepare_cached("SELECT sha256, size, path FROM known WHERE vault = ?1")?;
            let mut rows = known.query([vault.0])?;
            while let Some(row) = rows.next()? {
                let (sha256, path) = (row.get(0)?, row.get::<_, String>(2)?);
                if folders.contains(folder_of(&path)) {
                    here.insert(sha256, (path, row.get::<_, i64>(1)?.cast_unsigned()));
                } else {
                    elsewhere.insert(sha256);
                }
            }
            here.retain(|sha256, _| !elsewhere.contains(sha256));
            let mut ours = connection
                .prepare_cached("SELECT sha256 FROM resource WHERE sha256 IS NOT NULL")?;
            let mut rows = ours.query([])?;
            while let Some(row) = rows.next()? {
                here.remove(&row.get::<_, [u8; 32]>(0)?);
            }
            Ok(here.into_values().collect())
        })
    }
}

/// Something is shown to lie in a folder that had this mark just before. Where another mark is known
/// the folder is another one by now, and what was shown in that one is not known to lie in this.
pub(crate) fn folder_shown(
    connection: &Connection,
    vault: VaultId,
    folder: &str,
    mark: u64,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO folder (vault, path, mark, shown) VALUES (?1, ?2, ?3, 1) \
             ON CONFLICT (vault, path) DO UPDATE SET shown = shown + 1, \
             mark = CASE WHEN mark = excluded.mark THEN mark END",
        )?
        .execute((vault.0, folder, mark.cast_signed()))?;
    Ok(())
}

/// The folder in which a path of the vault lies.
pub(crate) fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}
