//! Opening: made, brought up to date, refused, or set aside.
//!
//! Only damage that SQLite names (CORRUPT, NOTADB), seen twice on a fresh open, moves a catalog
//! away; one that may not be opened now (permission, a lock, a disk that fails) is left as it is.

use crate::catalog::{Catalog, Opened};
use crate::error::CatalogError;
use crate::reader::{self, Reader};
use crate::tallies::Tallies;
use crate::{Result, migrations};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a transaction waits for another program's.
const BUSY: Duration = Duration::from_secs(5);

/// Pages of WAL after which it is copied into the catalog (and both are synced): 16 MiB. SQLite's
/// own 4 MiB would sync four times as often.
const CHECKPOINT_PAGES: u32 = 4_096;

/// "Keep": tells our files from other programs' SQLite databases.
const APPLICATION: i64 = 0x4b65_6570;

pub(crate) fn for_writing(path: &Path) -> Result<Opened> {
    match attempt(path) {
        Err(CatalogError::Damaged { .. }) => {}
        other => return other.map(|catalog| Opened { catalog, set_aside: None }),
    }
    match attempt(path) {
        Err(CatalogError::Damaged { .. }) => {}
        other => return other.map(|catalog| Opened { catalog, set_aside: None }),
    }
    let set_aside = set_aside(path).map_err(|error| CatalogError::Denied {
        file: path.to_owned(),
        why: format!("it is damaged and cannot be moved away: {error}"),
    })?;
    Ok(Opened { catalog: attempt(path)?, set_aside: Some(set_aside) })
}

pub(crate) fn for_reading(path: &Path) -> Result<Reader> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let named = |error: rusqlite::Error| CatalogError::of(path, &error);
    let connection = Connection::open_with_flags(path, flags).map_err(named)?;
    connection.busy_timeout(BUSY).map_err(named)?;
    let found = format(&connection).map_err(named)?;
    let file = path.to_owned();
    let known = migrations::NEWEST;
    if found > known {
        return Err(CatalogError::Newer { file, found, known });
    }
    if found < known {
        return Err(CatalogError::Older { file });
    }
    connection.set_prepared_statement_cache_capacity(64);
    Ok(Reader { connection, file })
}

fn attempt(path: &Path) -> Result<Catalog> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let named = |error: rusqlite::Error| CatalogError::of(path, &error);
    let connection = Connection::open_with_flags(path, flags).map_err(named)?;
    // SQLite would read it all the same, and leave a WAL that nobody may write either.
    if connection.is_readonly(rusqlite::MAIN_DB).map_err(named)? {
        let why = "it is read-only".to_owned();
        return Err(CatalogError::Denied { file: path.to_owned(), why });
    }
    connection.busy_timeout(BUSY).map_err(named)?;
    // Nothing is written before we know that the file is ours to write, and sound: closing must not
    // play a WAL into it, nor remove one.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map_err(named)?;
    recognise(path, &connection)?;
    connection
        .execute_batch(&format!(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA fullfsync = ON; \
             PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}; \
             PRAGMA journal_size_limit = 16777216; PRAGMA cache_size = -6144; \
             PRAGMA foreign_keys = OFF"
        ))
        .map_err(named)?;
    if suspect(path).exists() {
        examine(path, &connection)?;
    }
    migrations::migrate(&connection, APPLICATION).map_err(named)?;
    connection.set_prepared_statement_cache_capacity(128);
    let tallies = Tallies::load(&connection).map_err(named)?;
    let oldest = reader::oldest_confirmation(&connection).map_err(named)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false).map_err(named)?;
    let file = path.to_owned();
    Ok(Catalog::new(Reader { connection, file }, tallies, oldest))
}

/// Refuses what is newer, and what is another program's.
fn recognise(path: &Path, connection: &Connection) -> Result<()> {
    let named = |error: rusqlite::Error| CatalogError::of(path, &error);
    let found = format(connection).map_err(named)?;
    let application: i64 =
        connection.query_row("PRAGMA application_id", [], |row| row.get(0)).map_err(named)?;
    let tables: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(named)?;
    let file = path.to_owned();
    if tables > 0 && application != APPLICATION {
        return Err(CatalogError::Foreign { file });
    }
    if found > migrations::NEWEST {
        return Err(CatalogError::Newer { file, found, known: migrations::NEWEST });
    }
    // The format is written with the first tables: none is a smashed header.
    if tables > 0 && found < 1 {
        return Err(CatalogError::Damaged { file, why: format!("its format is {found}") });
    }
    Ok(())
}

fn format(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}

/// Looks at every page, because an earlier run met damage. Sound, it is suspected no more.
fn examine(path: &Path, connection: &Connection) -> Result<()> {
    let verdict: String = connection
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(|error| CatalogError::of(path, &error))?;
    if verdict != "ok" {
        return Err(CatalogError::Damaged { file: path.to_owned(), why: verdict });
    }
    // If the mark stays, the next opening looks again: no harm.
    std::fs::remove_file(suspect(path)).ok();
    Ok(())
}

/// Leaves a mark beside the catalog: the next opening looks at every page.
pub(crate) fn mark_suspect(path: &Path) {
    // Where the mark cannot be made, the next run meets the damage again and tries again.
    std::fs::write(suspect(path), b"").ok();
}

fn suspect(path: &Path) -> PathBuf {
    beside(path, ".suspect")
}

/// Moves a damaged catalog away under a name that is free, its WAL first: a WAL that stayed would be
/// played into the new one.
fn set_aside(path: &Path) -> std::io::Result<PathBuf> {
    let taken = |place: &Path| place.symlink_metadata().is_ok();
    let place = (1..u32::MAX)
        .map(|number| beside(path, &format!(".damaged-{number}")))
        .find(|place| !taken(place) && !taken(&beside(place, "-wal")))
        .ok_or_else(|| std::io::Error::other("no name is free"))?;
    for tail in ["-wal", "-shm", ""] {
        match std::fs::rename(beside(path, tail), beside(&place, tail)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    std::fs::remove_file(suspect(path)).ok();
    Ok(place)
}

fn beside(path: &Path, tail: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(tail);
    name.into()
}
