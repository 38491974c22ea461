//! The writer.

use crate::reader::{Reader, active, meta, oldest_confirmation};
use crate::tallies::Tallies;
use crate::{CatalogError, Result, open};
use keepsake_machine::media::{Run, VaultId};
use keepsake_machine::status::Counts;
use keepsake_machine::time::Elapsed;
use rusqlite::{Connection, ToSql, Transaction, TransactionBehavior};
use std::path::{Path, PathBuf};

/// The catalog, open for writing. One per file: the host makes sure of it; a second one waits up to
/// five seconds for each transaction of the first.
///
/// Dropped in the middle of anything, it loses what was not committed and nothing else.
pub struct Catalog {
    pub(crate) reader: Reader,
    /// As stored.
    pub(crate) tallies: Tallies,
    oldest: Option<Elapsed>,
}

/// Whether a transaction is synced when it is committed. One that is not survives a kill, but may
/// be rolled back by a power cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sync {
    Durable,
    Later,
}

/// A catalog that was opened.
pub struct Opened {
    /// The catalog.
    pub catalog: Catalog,
    /// Where a damaged catalog was moved, if this one was made in its place. It is empty then: a
    /// scan and the vault's records fill it again, and nothing is sent twice.
    pub set_aside: Option<PathBuf>,
}

/// Who this catalog is: chosen once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Names the device in the vault's records: 16 random bytes in hexadecimal.
    pub device: String,
    /// Seeds the jitter of back-offs.
    pub seed: u64,
}

impl std::ops::Deref for Catalog {
    type Target = Reader;

    fn deref(&self) -> &Reader {
        &self.reader
    }
}

impl Catalog {
    /// Opens the catalog at `path`, makes it if there is none (its folder must exist), and brings an
    /// older format up to date. A newer one is refused. A damaged one (SQLite says so twice, each
    /// time on a fresh open) is renamed, with its WAL, and a fresh one made. Whatever else keeps it
    /// from being opened now is an error, and leaves it as it is.
    pub fn open(path: &Path) -> Result<Opened> {
        open::for_writing(path)
    }

    pub(crate) fn new(reader: Reader, tallies: Tallies, oldest: Option<Elapsed>) -> Catalog {
        Catalog { reader, tallies, oldest }
    }

    /// Who this catalog is. `candidate` is stored, durably, if it has no identity yet.
    pub fn identity(&mut self, candidate: Identity) -> Result<Identity> {
        let stored = self.ask(|connection| {
            let device: Option<String> = meta(connection, "device")?;
            let seed: Option<i64> = meta(connection, "seed")?;
            Ok(device.zip(seed))
        })?;
        if let Some((device, seed)) = stored {
            return Ok(Identity { device, seed: seed.cast_unsigned() });
        }
        self.write(Sync::Durable, |connection, _| {
            set_meta(connection, "device", &candidate.device)?;
            set_meta(connection, "seed", candidate.seed.cast_signed())
        })?;
        Ok(candidate)
    }

    /// Counts this start of the engine, durably: a run's number never comes twice.
    pub fn begin_run(&mut self) -> Result<Run> {
        self.write(Sync::Durable, |connection, _| {
            let last: Option<u32> = meta(connection, "run")?;
            let run = last.unwrap_or(0).saturating_add(1);
            set_meta(connection, "run", run)?;
            Ok(Run(run))
        })
    }

    /// The counters for the active vault, from memory.
    pub fn counts(&self) -> Counts {
        let mut counts = self.tallies.counts();
        counts.oldest_confirmation = self.oldest;
        counts
    }

    /// Tries a durable write that changes nothing: whether the catalog can be written now.
    pub fn probe(&mut self) -> Result<()> {
        self.write(Sync::Durable, |connection, _| {
            let last: Option<i64> = meta(connection, "probes")?;
            set_meta(connection, "probes", last.unwrap_or(0).wrapping_add(1))
        })
    }

    /// The active vault's number, for a call that needs one.
    pub(crate) fn active_id(&self) -> Result<VaultId> {
        self.ask(active)?.ok_or_else(|| CatalogError::NoVault { file: self.file.clone() })
    }

    /// One transaction: all of `work` and its counters, or nothing. `work` changes the counters in
    /// memory as it changes rows; if it fails they are what they were.
    pub(crate) fn write<T>(
        &mut self,
        sync: Sync,
        work: impl FnOnce(&Connection, &mut Tallies) -> rusqlite::Result<T>,
    ) -> Result<T> {
        let mut tallies = self.tallies.clone();
        let done = in_transaction(&self.reader.connection, sync, |connection| {
            let done = work(connection, &mut tallies)?;
            tallies.save(connection)?;
            Ok((done, oldest_confirmation(connection)?))
        });
        let (done, oldest) = done.map_err(|error| self.failed(&error))?;
        self.tallies = tallies;
        self.oldest = oldest;
        Ok(done)
    }
}

fn in_transaction<T>(
    connection: &Connection,
    sync: Sync,
    work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    if sync == Sync::Durable {
        connection.execute_batch("PRAGMA synchronous = FULL")?;
    }
    let outcome = (|| {
        let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
        let done = work(&transaction)?;
        transaction.commit()?;
        Ok(done)
    })();
    if sync == Sync::Durable {
        // Should this fail, later transactions sync more than they need.
        connection.execute_batch("PRAGMA synchronous = NORMAL").ok();
    }
    outcome
}

/// Sets a value of the table `meta`.
pub(crate) fn set_meta(
    connection: &Connection,
    name: &str,
    value: impl ToSql,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO meta (name, value) VALUES (?1, ?2)")?
        .execute((name, value))?;
    Ok(())
}
