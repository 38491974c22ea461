//! `restore`: everything that a vault's records name, into a folder, as it was.
//!
//! Never overwrites, never writes outside the folder, whatever the vault says; every file is
//! written beside its place, hashed while it is written, and only then takes its name.

mod place;

use crate::error::EngineError;
use crate::options::Destination;
use crate::records;
use crate::verify::Progress;
use keepsake_vault::files::{Files, OsFiles};
use keepsake_vault::{DeviceId, FolderVault, OpenFolder, Record, Vault, VaultError};
use place::Restoring;
use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// What a restore did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Restored {
    /// Files written.
    pub written: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Files that were there already with the recorded bytes.
    pub already_there: u64,
    /// Names in the destination that hold something else: left as they are.
    pub kept: Vec<String>,
    /// Recorded files that the vault does not have, or has with other bytes.
    pub damaged: Vec<String>,
    /// Records that name something that is not a plain place below the vault: never followed.
    pub hostile: Vec<String>,
    /// Of those written, files of which no record speaks: they have the names of the vault.
    pub unrecorded: u64,
    /// Whether it was stopped before the end.
    pub stopped: bool,
    /// The destination's disk has no room for the next file: what is missing.
    pub no_room: Option<String>,
}

/// Restores everything in the vault into `into`, which is made if it is missing. Blocks; call it
/// on a thread of its own. Needs no state folder.
///
/// Every file goes where its device had it. Of several versions of one file the newest has the
/// name; each older one stands beside it, with `~` and 8 hex of its SHA-256.
pub fn restore(
    from: &Destination,
    into: &Path,
    progress: &Progress,
) -> Result<Restored, EngineError> {
    let Destination::Folder(root) = from;
    let files: Arc<dyn Files> = Arc::new(OsFiles);
    let of_vault = |why: VaultError| EngineError::Vault(why.to_string());
    let how = OpenFolder { expected: None, device: None, reserve: None };
    let vault = FolderVault::open(Arc::clone(&files), root, how).map_err(of_vault)?;
    if is_inside(into, root) {
        let why = "it lies inside the vault: choose another place".to_owned();
        return Err(EngineError::Destination { path: into.to_owned(), why });
    }
    let newest = newest(&vault, progress).map_err(of_vault)?;
    let mut files = Restoring::begin(files, &vault, into, progress, newest)?;
    let mut failed = None;
    let read = records::all(&vault, |record| {
        failed = files.one(&record).err();
        failed.is_none() && !progress.stop.load(Ordering::Relaxed)
    });
    if failed.is_none() && !progress.stop.load(Ordering::Relaxed) {
        for path in vault.unrecorded().map_err(of_vault)? {
            failed = files.loose(&path).err();
            if failed.is_some() || progress.stop.load(Ordering::Relaxed) {
                break;
            }
        }
    }
    let no_room = match failed {
        Some(EngineError::NoRoom(why)) => Some(why),
        Some(why) => return Err(why),
        None => None,
    };
    files.end(read.map_err(of_vault)?, no_room)
}

/// Whether a place, or what of it is there already, lies inside a folder.
fn is_inside(place: &Path, folder: &Path) -> bool {
    let (Ok(place), Ok(folder)) = (std::path::absolute(place), folder.canonicalize()) else {
        return false;
    };
    let real = place.ancestors().find_map(|ancestor| ancestor.canonicalize().ok());
    real.is_some_and(|real| real.starts_with(folder))
}

/// For each place where a device had a file, which of its versions is the newest; and how much
/// there is in all.
fn newest(vault: &dyn Vault, progress: &Progress) -> Result<HashMap<u64, Newest>, VaultError> {
    let mut newest: HashMap<u64, Newest> = HashMap::new();
    let mut seen = HashSet::new();
    records::all(vault, |record| {
        let version = Newest {
            sequence: record.sequence,
            device: record.device,
            digest: records::mark(&[&record.digest.sha256]),
        };
        if seen.insert(mark(&record)) {
            progress.items_total.fetch_add(1, Ordering::Relaxed);
            progress.bytes_total.fetch_add(record.digest.size, Ordering::Relaxed);
        }
        let place = records::mark(&[&record.original.0]);
        let known = newest.entry(place).or_insert(version);
        *known = (*known).max(version);
        !progress.stop.load(Ordering::Relaxed)
    })?;
    Ok(newest)
}

/// A version of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Newest {
    sequence: u64,
    device: DeviceId,
    digest: u64,
}

fn mark(record: &Record) -> u64 {
    records::mark(&[&record.original.0, &record.digest.sha256])
}
