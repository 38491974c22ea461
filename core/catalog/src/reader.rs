//! Reading: a connection of its own, which never blocks the writer and never waits for it.

use crate::error::CatalogError;
use crate::tallies::Tallies;
use crate::{Result, codes, open};
use keepsake_machine::effect::Part;
use keepsake_machine::media::VaultId;
use keepsake_machine::status::Counts;
use keepsake_machine::time::Elapsed;
use rusqlite::types::FromSql;
use rusqlite::{Connection, OptionalExtension as _};
use std::path::{Path, PathBuf};

/// Answers questions about what is stored. Each answer is from one moment; two answers may have a
/// transaction between them. `Send`, not `Sync`: open one per thread, it is cheap.
pub struct Reader {
    pub(crate) connection: Connection,
    pub(crate) file: PathBuf,
}

impl Reader {
    /// Opens the catalog at `path` for reading only. It must exist, in this version's format: a
    /// [`crate::Catalog`] makes it so.
    pub fn open(path: &Path) -> Result<Reader> {
        open::for_reading(path)
    }

    /// The parts of the session that earlier runs stored, for `Machine::new`.
    pub fn parts(&self) -> Result<Vec<Part>> {
        self.ask(|connection| {
            let mut read = connection.prepare_cached("SELECT value FROM part ORDER BY name")?;
            let parts = read.query_map([], |row| {
                let json = row.get_ref(0)?.as_str()?;
                serde_json::from_str(json).map_err(|e| codes::unreadable(0, e))
            })?;
            parts.collect()
        })
    }

    /// The counters for the active vault. O(1): a table of a few dozen rows.
    pub fn counts(&self) -> Result<Counts> {
        self.ask_at_once(|connection| {
            let mut counts = Tallies::load(connection)?.counts();
            counts.oldest_confirmation = oldest_confirmation(connection)?;
            Ok(counts)
        })
    }

    /// A small value of the engine's own ([`crate::Note::Setting`]).
    pub fn setting(&self, name: &str) -> Result<Option<String>> {
        self.ask(|connection| {
            connection
                .prepare_cached("SELECT value FROM setting WHERE name = ?1")?
                .query_row([name], |row| row.get(0))
                .optional()
        })
    }

    /// How many rows this connection has written since it was opened: for tests that count.
    pub fn total_writes(&self) -> Result<u64> {
        Ok(self.connection.total_changes())
    }

    /// Asks; an error names the file.
    pub(crate) fn ask<T>(
        &self,
        question: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T> {
        question(&self.connection).map_err(|error| self.failed(&error))
    }

    /// Asks several statements about one moment.
    pub(crate) fn ask_at_once<T>(
        &self,
        question: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T> {
        self.ask(|connection| {
            if !connection.is_autocommit() {
                return question(connection);
            }
            let moment = connection.unchecked_transaction()?;
            let answer = question(&moment)?;
            moment.commit()?;
            Ok(answer)
        })
    }

    /// What an error of SQLite means here. Damage is marked, so that the next opening looks.
    pub(crate) fn failed(&self, error: &rusqlite::Error) -> CatalogError {
        let error = CatalogError::of(&self.file, error);
        if matches!(error, CatalogError::Damaged { .. }) {
            open::mark_suspect(&self.file);
        }
        error
    }
}

/// A value of the table `meta`.
pub(crate) fn meta<T: FromSql>(connection: &Connection, name: &str) -> rusqlite::Result<Option<T>> {
    connection
        .prepare_cached("SELECT value FROM meta WHERE name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()
}

/// The active vault.
pub(crate) fn active(connection: &Connection) -> rusqlite::Result<Option<VaultId>> {
    Ok(meta(connection, "vault")?.map(VaultId))
}

/// When the least recently confirmed safe resource was confirmed.
pub(crate) fn oldest_confirmation(connection: &Connection) -> rusqlite::Result<Option<Elapsed>> {
    let oldest: Option<i64> = connection
        .prepare_cached(
            "SELECT confirmed FROM resource WHERE confirmed IS NOT NULL ORDER BY confirmed LIMIT 1",
        )?
        .query_row([], |row| row.get(0))
        .optional()?;
    Ok(oldest.map(|at| Elapsed(at.cast_unsigned())))
}
