//! What is in a tree of files: paths and digests, to compare a source with its vault.

use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The SHA-256 of what a file holds.
pub type Sum = [u8; 32];

/// Every ordinary file below `folder`, by its path relative to it. Links are not followed and not
/// listed; `.keepsake` is left out.
///
/// # Panics
/// When the tree cannot be read.
pub fn files(folder: &Path) -> BTreeMap<PathBuf, Sum> {
    paths(folder)
        .into_iter()
        .filter(|path| !path.starts_with(".keepsake"))
        .map(|path| (path.clone(), sum(&folder.join(path))))
        .collect()
}

/// The paths of every ordinary file below `folder`, `.keepsake` too.
///
/// # Panics
/// When the tree cannot be read.
pub fn paths(folder: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        let entries = fs::read_dir(&next).unwrap_or_else(|e| panic!("{}: {e}", next.display()));
        for entry in entries {
            let entry = entry.unwrap();
            let kind = entry.file_type().unwrap();
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                found.insert(entry.path().strip_prefix(folder).unwrap_or(folder).to_path_buf());
            }
        }
    }
    found
}

/// The digest of one file, read in pieces.
///
/// # Panics
/// When it cannot be read.
pub fn sum(path: &Path) -> Sum {
    let mut file = fs::File::open(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        let count = file.read(&mut buffer).unwrap();
        if count == 0 {
            return hash.finalize().into();
        }
        hash.update(&buffer[..count]);
    }
}

/// Asserts that `vault` holds every file of `source`, byte for byte, each exactly once, and no
/// other file that a person would see.
///
/// # Panics
/// When it does not, naming the files.
pub fn assert_holds_exactly(vault: &Path, source: &Path) {
    assert_holds(vault, &files(source));
}

/// Asserts that `vault` holds exactly these contents, each exactly once.
///
/// # Panics
/// When it does not, naming the files.
pub fn assert_holds(vault: &Path, wanted: &BTreeMap<PathBuf, Sum>) {
    let mut kept: BTreeMap<Sum, Vec<PathBuf>> = BTreeMap::new();
    for (path, sum) in files(vault) {
        kept.entry(sum).or_default().push(path);
    }
    let wanted_sums: BTreeSet<Sum> = wanted.values().copied().collect();
    for (path, sum) in wanted {
        let Some(paths) = kept.get(sum) else {
            panic!("{} is not in the vault; it holds {:?}", path.display(), kept.values());
        };
        assert_eq!(paths.len(), 1, "{} is in the vault more than once: {paths:?}", path.display());
    }
    for (sum, paths) in &kept {
        assert!(wanted_sums.contains(sum), "the vault shows what nobody put there: {paths:?}");
    }
}

/// Asserts that `restored` is `source` again: the same paths byte for byte, the same contents, the
/// same modification times to the nanosecond, and nothing else.
///
/// # Panics
/// When it is not, naming the files.
pub fn assert_restored(source: &Path, restored: &Path) {
    let (wanted, found) = (files(source), files(restored));
    for path in found.keys() {
        assert!(wanted.contains_key(path), "nobody had a {}", path.display());
    }
    for (path, sum) in &wanted {
        assert_eq!(found.get(path), Some(sum), "{} did not come back", path.display());
        let time = |folder: &Path| fs::metadata(folder.join(path)).unwrap().modified().unwrap();
        assert_eq!(time(restored), time(source), "the time of {}", path.display());
    }
}

/// What identifies each file that a person sees below `folder`, and when it last changed (device,
/// inode, ctime in ns): one that is written again, also with the same bytes, is told apart.
///
/// # Panics
/// When the tree cannot be read.
pub fn identities(folder: &Path) -> BTreeMap<PathBuf, (u64, u64, i64, i64)> {
    let look = |path: PathBuf| {
        let meta = fs::symlink_metadata(folder.join(&path)).unwrap();
        (path, (meta.dev(), meta.ino(), meta.ctime(), meta.ctime_nsec()))
    };
    paths(folder).into_iter().filter(|path| !path.starts_with(".keepsake")).map(look).collect()
}

/// The bytes of all ordinary files below `folder`, hidden ones too.
///
/// # Panics
/// When the tree cannot be read.
pub fn size(folder: &Path) -> u64 {
    paths(folder).iter().map(|path| fs::metadata(folder.join(path)).unwrap().len()).sum()
}

/// How many files a person sees below `folder` at this moment, while somebody writes there: no file
/// is opened, and what goes while we look is not counted.
pub fn paths_seen(folder: &Path) -> usize {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let count = |entry: fs::DirEntry| match entry.file_type() {
        Ok(kind) if kind.is_dir() && entry.file_name() != ".keepsake" => paths_seen(&entry.path()),
        Ok(kind) => usize::from(kind.is_file()),
        Err(_) => 0,
    };
    entries.flatten().map(count).sum()
}
