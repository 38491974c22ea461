//! What lies in the vault without a record: put there by a run that was killed, or by another tool.
//!
//! It is adopted by its own bytes, never by its name: names are listed against the records, and a
//! file without one is hashed when a digest of its size is asked for, once.
//!
//! Where a record names bytes that are asked for all the same, or something without a record lies among what
//! has one, somebody may have moved files in the vault: then sizes are listed too, and a file of another
//! size than its record says counts as one without. So does what lies in the place that a record names for
//! bytes that were seen to lie elsewhere.

use super::Shared;
use super::bytes::hash;
use super::fail::{fail, is_absent};
use super::home::Home;
use super::places::Visit;
use crate::error::VaultError;
use crate::files::{Dir, Kind};
use crate::path::{OWN, VaultPath};
use crate::record::{Entry, Record};
use crate::vault::{Found, Strays};
use keepsake_machine::media::Digest;
use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::PoisonError;

/// What is known of the folder besides its records.
#[derive(Default)]
pub(super) struct Memory {
    /// What was listed since the opening or the last tidying.
    listed: Listed,
    /// Hashes of the digests that records name, in order.
    named: Vec<u64>,
    /// Files without a record, by size; where sizes were listed, those that no record fits.
    loose: HashMap<u64, Vec<Loose>>,
    /// Names that are no paths of a vault, and folders that may not be looked into.
    unseen: Vec<String>,
    /// What tombstones name.
    pub(super) forgotten: HashSet<[u8; 32]>,
    /// Whether something without a record lies in a folder of what has one.
    among: bool,
    /// What was seen to lie without a record, and has one elsewhere: those not looked into yet.
    twins: HashSet<[u8; 32]>,
}

/// How closely the files of a vault were looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Listed {
    #[default]
    Not,
    /// Against the paths of the records.
    Names,
    /// Against their sizes too: every file is looked at.
    Sizes,
}

struct Loose {
    path: VaultPath,
    /// `None`: not hashed yet.
    sha256: Option<[u8; 32]>,
}

/// Deepest folders that are looked into.
const DEEPEST: usize = 32;
/// What systems keep at the root of a disk, closed to its users: nobody's photos.
const OF_SYSTEMS: [&str; 6] = [
    "lost+found",
    ".Trashes",
    ".Spotlight-V100",
    ".DocumentRevisions-V100",
    ".TemporaryItems",
    "System Volume Information",
];

impl Shared {
    pub(super) fn find(&self, digests: &[Digest]) -> Result<Vec<Found>, VaultError> {
        let home = self.home()?;
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        if memory.listed == Listed::Not {
            *memory = self.look_around(&home, Listed::Names)?;
        }
        let mut found = Vec::with_capacity(digests.len());
        for digest in digests {
            let mut one = self.find_one(&home, &mut memory, digest)?;
            let moved = memory.names(digest) || memory.among;
            if one == Found::Miss && memory.listed == Listed::Names && moved {
                let listed = self.look_around(&home, Listed::Sizes)?;
                let before = std::mem::replace(&mut *memory, listed);
                // What was adopted in between has a record by now, which not everybody has read yet.
                memory.add(before.loose);
                memory.twins.extend(before.twins);
                one = self.find_one(&home, &mut memory, digest)?;
            }
            if one == Found::Miss && !memory.twins.is_empty() {
                self.doubt_places_of_twins(&home, &mut memory);
                one = self.find_one(&home, &mut memory, digest)?;
            }
            found.push(one);
        }
        Ok(found)
    }

    /// What no record speaks of.
    pub(super) fn unrecorded(&self) -> Result<Strays, VaultError> {
        let around = self.look_around(&*self.home()?, Listed::Names)?;
        let loose = around.loose.values().flatten();
        let mut paths: Vec<_> = loose.map(|loose| loose.path.clone()).collect();
        // Who asks for bytes next is told of these.
        let mut unseen = around.unseen.clone();
        unseen.sort_unstable();
        *self.memory.lock().unwrap_or_else(PoisonError::into_inner) = around;
        paths.sort_unstable_by(|a, b| a.as_str().cmp(b.as_str()));
        Ok(Strays { files: paths, unseen })
    }

    fn find_one(
        &self,
        home: &Home,
        memory: &mut Memory,
        digest: &Digest,
    ) -> Result<Found, VaultError> {
        let is_forgotten = memory.forgotten.contains(&digest.sha256);
        let not_there = if is_forgotten { Found::Forgotten } else { Found::Miss };
        let recent = {
            let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
            recent.path(&digest.sha256).cloned()
        };
        let mut visit = self.visit(home);
        if let Some(path) = recent.filter(|_| !is_forgotten) {
            let (folder, name) = path.split();
            if shows(&mut visit, folder, name, digest.size)? {
                return Ok(Found::Hit(path));
            }
        }
        let Memory { loose, named, twins, .. } = memory;
        let Some(candidates) = loose.get_mut(&digest.size) else { return Ok(not_there) };
        let mut found = None;
        let mut gone = Vec::new();
        for (at, candidate) in candidates.iter_mut().enumerate() {
            if candidate.sha256.is_some_and(|known| known != digest.sha256) {
                continue;
            }
            let (folder, name) = candidate.path.split();
            if !shows(&mut visit, folder, name, digest.size)? {
                gone.push(at);
                continue;
            }
            if candidate.sha256.is_none() {
                let Some(folder) = visit.there(folder)? else { continue };
                match hash(visit.files, &folder.dir, OsStr::new(name)) {
                    Ok((sha256, _)) => {
                        candidate.sha256 = Some(sha256);
                        let is_twin = sha256 != digest.sha256 && are_among(named, &sha256);
                        twins.extend(is_twin.then_some(sha256));
                    }
                    // What cannot be read cannot be adopted; the photo is sent.
                    Err(_) => gone.push(at),
                }
            }
            if candidate.sha256 == Some(digest.sha256) {
                found = Some(candidate.path.clone());
                break;
            }
        }
        for at in gone.into_iter().rev() {
            candidates.swap_remove(at);
        }
        Ok(found.map_or(not_there, Found::Hit))
    }

    /// Bytes that were seen to lie without a record have one that names another place: they may have been
    /// moved from there, and something else to there.
    fn doubt_places_of_twins(&self, home: &Home, memory: &mut Memory) {
        let twins = std::mem::take(&mut memory.twins);
        let mut places = HashMap::<u64, Vec<Loose>>::new();
        for name in self.list_segments(home).unwrap_or_default() {
            self.read_segment(home, &name, &mut |entry| {
                if let Entry::Record(Record { digest, path, .. }) = entry
                    && twins.contains(&digest.sha256)
                {
                    places.entry(digest.size).or_default().push(Loose { path, sha256: None });
                }
            });
        }
        for (size, doubted) in places {
            let loose = memory.loose.entry(size).or_default();
            let known: HashSet<_> = loose.iter().map(|one| one.path.clone()).collect();
            loose.extend(doubted.into_iter().filter(|one| !known.contains(&one.path)));
        }
    }

    /// Reads all records for the paths (and sizes) that they name, then lists all files against them.
    fn look_around(&self, home: &Home, listed: Listed) -> Result<Memory, VaultError> {
        let mut memory = Memory { listed, ..Memory::default() };
        // Before the listing: a file recorded in between is then loose, hashed at worst; the other
        // way round it would be neither.
        let (mut recorded, mut folders) = (HashSet::new(), HashSet::new());
        let mut read = HashSet::new();
        loop {
            let mut gone = false;
            for name in self.list_segments(home)? {
                if read.contains(&name) {
                    continue;
                }
                let outcome = self.read_segment(home, &name, &mut |entry| match entry {
                    Entry::Record(record) => {
                        let size = (listed == Listed::Sizes).then_some(record.digest.size);
                        recorded.insert(hash_of(&(record.path.as_str(), size)));
                        folders.insert(hash_of(&record.path.split().0));
                        memory.named.push(hash_of(&record.digest.sha256));
                    }
                    Entry::Tombstone(tombstone) => {
                        memory.forgotten.insert(tombstone.digest.sha256);
                    }
                });
                gone |= outcome.gone;
                read.insert(name);
            }
            if !gone {
                break; // else one was merged as we read: its records are in a new one
            }
        }
        memory.named.sort_unstable();
        memory.named.dedup();
        self.look_into(&home.root, "", 0, &recorded, &mut memory)?;
        let mut loose = memory.loose.values().flatten();
        memory.among = loose.any(|one| folders.contains(&hash_of(&one.path.split().0)));
        Ok(memory)
    }

    fn look_into(
        &self,
        dir: &Dir,
        path: &str,
        depth: usize,
        recorded: &HashSet<u64>,
        memory: &mut Memory,
    ) -> Result<(), VaultError> {
        let is_recorded =
            |path: &str, size: Option<u64>| recorded.contains(&hash_of(&(path, size)));
        let (mut folders, mut unknown) = (Vec::new(), Vec::new());
        let listed = self.files.list(dir, &mut |name, kind| {
            if depth == 0 && name == OWN {
                return;
            }
            // A name that is not plain text is none that we gave.
            let shown = name.to_string_lossy();
            let below = if path.is_empty() { shown.into() } else { format!("{path}/{shown}") };
            if VaultPath::parse(&below).is_none() || name.to_str().is_none() {
                memory.unseen.push(below);
                return;
            }
            match kind {
                Kind::Dir => folders.push(below),
                Kind::File | Kind::Unknown if !is_recorded(&below, None) => {
                    unknown.push(below);
                }
                _ => {}
            }
        });
        match listed {
            // A folder that we may not look into holds nothing that we can adopt.
            Err(error) if depth > 0 && is_closed(&error) => {
                if !is_absent(&error) {
                    memory.unseen.push(path.to_owned());
                }
                return Ok(());
            }
            listed => listed.map_err(|error| fail("listing", path, 0, error))?,
        }
        for path in unknown {
            let Some(path) = VaultPath::parse(&path) else { continue };
            match self.files.stat(dir, OsStr::new(path.split().1)) {
                Ok(stat) if stat.kind == Kind::File => {
                    if is_recorded(path.as_str(), Some(stat.size)) {
                        continue;
                    }
                    memory.loose.entry(stat.size).or_default().push(Loose { path, sha256: None });
                }
                Ok(stat) if stat.kind == Kind::Dir => folders.push(path.as_str().to_owned()),
                // It may be listed, and what lies in it not be looked at.
                Err(error) if depth > 0 && is_closed(&error) && !is_absent(&error) => {
                    memory.unseen.push(path.split().0.to_owned());
                    break;
                }
                Err(error) if !is_absent(&error) => {
                    return Err(fail("looking at", path.as_str(), 0, error));
                }
                _ => {}
            }
        }
        for path in folders {
            let name = path.rsplit('/').next().unwrap_or(&path);
            match self.files.open_dir(dir, OsStr::new(name)) {
                Ok(below) if depth < DEEPEST => {
                    self.look_into(&below, &path, depth + 1, recorded, memory)?;
                }
                Err(error) if is_absent(&error) => {}
                Err(_) if depth == 0 && OF_SYSTEMS.contains(&name) => {}
                _ => memory.unseen.push(path),
            }
        }
        Ok(())
    }

    /// Makes the next [`Shared::find`] look around again.
    pub(super) fn look_again(&self) {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner).listed = Listed::Not;
    }
}

impl Memory {
    /// Adds files to those without a record.
    fn add(&mut self, loose: HashMap<u64, Vec<Loose>>) {
        for (size, mut files) in loose {
            let there = self.loose.entry(size).or_default();
            let known: HashSet<_> = files.iter().map(|one| one.path.clone()).collect();
            there.retain(|one| !known.contains(&one.path));
            there.append(&mut files);
        }
    }

    /// Whether a record names these bytes.
    fn names(&self, digest: &Digest) -> bool {
        are_among(&self.named, &digest.sha256)
    }
}

fn are_among(named: &[u64], sha256: &[u8; 32]) -> bool {
    named.binary_search(&hash_of(sha256)).is_ok()
}

/// Whether such a file is seen there. What cannot be looked at cannot be adopted.
fn shows(visit: &mut Visit<'_>, folder: &str, name: &str, size: u64) -> Result<bool, VaultError> {
    match visit.holds(folder, name, size) {
        Err(VaultError::FolderClosed { .. }) => Ok(false),
        held => held,
    }
}

fn is_closed(error: &std::io::Error) -> bool {
    is_absent(error) || error.kind() == std::io::ErrorKind::PermissionDenied
}

/// Stands for a path, a path and a size, or a digest, among those of the records. Two paths that meet only
/// cost one adoption; two digests, one listing of sizes.
fn hash_of(what: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish()
}
