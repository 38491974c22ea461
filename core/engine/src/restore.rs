//! `restore`: everything that a vault's records name, into a folder, as it was.
//!
//! Never overwrites, never writes outside the folder, whatever the vault says; every file is
//! written beside its place, hashed while it is written, and only then takes its name.

mod folder;
mod place;

use crate::error::{EngineError, of_vault};
use crate::options::Destination;
use crate::records;
use crate::seek;
use crate::verify::Progress;
use folder::OWN;
use keepsake_vault::files::{Files, OsFiles};
use keepsake_vault::path::plain_parts;
use keepsake_vault::{
    DeviceId, Expect, FolderVault, OpenFolder, Record, Strays, Vault, VaultError,
};
use place::Restoring;
use std::collections::{HashMap, HashSet};
use std::os::unix::fs::MetadataExt;
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
    /// Recorded files that the vault does not have, or has with other bytes; what lies in their place
    /// is brought back as [`Restored::altered`].
    pub damaged: Vec<String>,
    /// Paths in the vault where something else lay than is recorded, and what lay there was brought back
    /// into the folder [`ALTERED`]: a damaged twin, or the only copy of something.
    pub altered: Vec<String>,
    /// Segments of records that cannot be trusted, or read, with the reason: what only they named came
    /// back under the name that it has in the vault.
    pub segments: Vec<String>,
    /// Records that name something that is not a plain place below the vault: never followed.
    pub hostile: Vec<String>,
    /// Recorded files that may not be read now.
    pub unreadable: Vec<String>,
    /// What lies in the vault and cannot be looked at: it stays there.
    pub unseen: Vec<String>,
    /// Of those written or there already, files of which no record speaks: they have the names of the
    /// vault.
    pub unrecorded: u64,
    /// Whether the vault has any record at all.
    pub has_records: bool,
    /// Whether it was stopped before the end.
    pub stopped: bool,
    /// Why it could not go on, if so: the destination's disk is full, or the vault is gone. What had
    /// been read has its name.
    pub cut: Option<String>,
}

/// The folder in the destination for what is not as recorded.
pub const ALTERED: &str = "not as recorded";

/// Restores everything in the vault into `into`, which is made if it is missing. Blocks; call it
/// on a thread of its own. Needs no state folder.
///
/// Every file goes where its device had it; where its library knows no places, only ids (a phone's), under
/// the path that it has in the vault. Of several versions of one file the newest has the
/// name; each older one stands beside it, with `~` and 8 hex of its SHA-256.
pub fn restore(
    from: &Destination,
    into: &Path,
    progress: &Progress,
) -> Result<Restored, EngineError> {
    let Destination::Folder(root) = from;
    let files: Arc<dyn Files> = Arc::new(OsFiles);
    let how = OpenFolder { expected: Expect::Any, device: None, reserve: None };
    let vault = FolderVault::open(Arc::clone(&files), root, how).map_err(of_vault)?;
    if is_inside(into, root) {
        let why = "it lies inside the vault: choose another place".to_owned();
        return Err(EngineError::Destination { path: into.to_owned(), why });
    }
    let known = Known::of(&vault, progress).map_err(of_vault)?;
    let has_records = !known.newest.is_empty();
    let mut files = Restoring::begin(files, &vault, into, progress, known)?;
    let mut read = records::Read::default();
    let cut = match everything(&vault, &mut files, &mut read, progress) {
        Err(why @ EngineError::Vault(_)) => Some(why.to_string()),
        Err(why) if why.is_passing() => Some(why.to_string()),
        done => done.map(|()| None)?,
    };
    let restored = files.end(read, cut)?;
    Ok(Restored { has_records, ..restored })
}

/// What the records name, from where they say and then from wherever else it lies; then what lies there
/// without a record, or in the place of something else.
fn everything(
    vault: &dyn Vault,
    files: &mut Restoring<'_>,
    read: &mut records::Read,
    progress: &Progress,
) -> Result<(), EngineError> {
    let on = || !progress.stop.load(Ordering::Relaxed);
    let each = |take: &mut dyn FnMut(&Record) -> Result<(), EngineError>| {
        let mut failed = None;
        let read = records::all(vault, |record| {
            failed = take(&record).err();
            failed.is_none() && on()
        });
        failed.map_or(Ok(()), Err)?;
        read.map_err(of_vault)
    };
    *read = each(&mut |record| files.one(record))?;
    let missing = files.missing();
    if on() && !missing.is_empty() {
        let others = files.altered();
        let found = seek::by_bytes(vault, &missing, &others, progress).map_err(of_vault)?;
        each(&mut |record| files.again(record, &found))?;
    }
    let loose = if on() { vault.unrecorded().map_err(of_vault)? } else { Strays::default() };
    files.unseen(loose.unseen);
    let altered = files.altered();
    let unrecorded = loose.files.iter().map(|path| (path, false));
    for (path, is_altered) in unrecorded.chain(altered.iter().map(|path| (path, true))) {
        if !on() {
            break;
        }
        files.loose(path, is_altered)?;
    }
    Ok(())
}

/// Whether a place, or what of it is there already, lies inside a folder.
fn is_inside(place: &Path, folder: &Path) -> bool {
    let (Ok(place), Ok(folder)) = (std::path::absolute(place), folder.canonicalize()) else {
        return false;
    };
    let Some(real) = place.ancestors().find_map(|ancestor| ancestor.canonicalize().ok()) else {
        return false;
    };
    // The same folder may have another path too, where it is mounted twice.
    let of = |path: &Path| std::fs::metadata(path).ok().map(|seen| (seen.dev(), seen.ino()));
    let volume = of(&folder).map(|(volume, _)| volume);
    let mut above: HashSet<_> = real.ancestors().filter_map(of).collect();
    above.retain(|(of, _)| Some(*of) == volume);
    real.starts_with(&folder) || !above.is_empty() && is_any_of(&folder, &above)
}

/// Whether a folder, or one in it, is one of these, by volume and number.
fn is_any_of(folder: &Path, these: &HashSet<(u64, u64)>) -> bool {
    let seen = std::fs::metadata(folder);
    if seen.is_ok_and(|seen| these.contains(&(seen.dev(), seen.ino()))) {
        return true;
    }
    let below = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut folders = below.filter(|one| one.file_type().is_ok_and(|kind| kind.is_dir()));
    folders.any(|one| is_any_of(&one.path(), these))
}

/// What the records say of the places where devices had files, in constant memory for each.
#[derive(Default)]
struct Known {
    /// Which version of a file is the newest, by the mark of its place.
    newest: HashMap<u64, Newest>,
    /// Places that are folders too, for another file or at another time.
    folders: HashSet<u64>,
}

impl Known {
    /// Reads the records; says also how much there is in all.
    fn of(vault: &dyn Vault, progress: &Progress) -> Result<Known, VaultError> {
        let mut known = Known::default();
        let mut seen = HashSet::new();
        let mut others: HashMap<(u64, DeviceId), Newest> = HashMap::new();
        records::all(vault, |record| {
            let version = Newest {
                modified: record.modified.unwrap_or(i64::MIN),
                sequence: record.sequence,
                device: record.device,
                digest: records::mark(&[&record.digest.sha256]),
            };
            if seen.insert(mark(&record)) {
                progress.items_total.fetch_add(1, Ordering::Relaxed);
                progress.bytes_total.fetch_add(record.digest.size, Ordering::Relaxed);
            }
            let place = goes_to(&record);
            let at = records::mark(&[place]);
            let mut newest = known.newest.entry(at).or_insert(version);
            if newest.device != version.device {
                newest = others.entry((at, version.device)).or_insert(version);
            }
            *newest = newest.of_one_device(version);
            let ends = place.iter().enumerate().filter(|(_, byte)| **byte == b'/');
            known.folders.extend(ends.map(|(end, _)| records::mark(&[&place[..end]])));
            !progress.stop.load(Ordering::Relaxed)
        })?;
        for ((at, _), other) in others {
            known.newest.entry(at).and_modify(|newest| *newest = (*newest).max(other));
        }
        Ok(known)
    }

    /// A name for a folder of our own that no file will have, and that none will lie in.
    fn free_name(&self) -> String {
        let is_taken = |name: &String| {
            let mark = records::mark(&[name.as_bytes()]);
            self.newest.contains_key(&mark) || self.folders.contains(&mark)
        };
        let more = (1_u64..).map(|number| format!("{OWN}-{number}"));
        let mut names = std::iter::once(OWN.to_owned()).chain(more);
        names.find(|name| !is_taken(name)).unwrap_or_default()
    }
}

/// A version of a file. Of two devices the one is newer that was changed later: each counts its records
/// by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Newest {
    modified: i64,
    sequence: u64,
    device: DeviceId,
    digest: u64,
}

impl Newest {
    /// The newer of two of one device: the one that it recorded later.
    fn of_one_device(self, other: Newest) -> Newest {
        let order = |one: &Newest| (one.sequence, one.digest, one.modified);
        if order(&other) > order(&self) { other } else { self }
    }
}

/// Where a file goes: where its device had it. A phone's library knows no places, only ids, which end in
/// no file's name: from there it goes where the vault has it.
fn goes_to(record: &Record) -> &[u8] {
    fn last(path: &[u8]) -> Option<&[u8]> {
        path.rsplit(|byte| *byte == b'/').next()
    }
    let original = &record.original.0;
    let is_place = last(original) == last(&record.name.0);
    // (What is no plain path is to be named as that.)
    if is_place || plain_parts(original).is_none() {
        original
    } else {
        record.path.as_str().as_bytes()
    }
}

fn mark(record: &Record) -> u64 {
    records::mark(&[goes_to(record), &record.digest.sha256])
}
