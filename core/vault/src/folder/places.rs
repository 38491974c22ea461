//! The folders that photos lie in, open, with the names that are taken there.

use super::fail::{fail, fail_in, is_absent};
use super::home::{Home, make_dir_for, open_if_there};
use super::room::{BLOCK, Room};
use super::way::{self, Step, leads_there};
use crate::error::VaultError;
use crate::files::{Dir, Files, Kind};
use crate::names::{Owner, folded};
use std::collections::HashMap;
use std::ffi::OsStr;
use std::sync::{Arc, Mutex, PoisonError};

/// A folder of the vault, open.
pub(super) struct Folder {
    pub(super) dir: Dir,
    /// The way to it from the root.
    pub(super) way: Vec<Step>,
    /// The root's volume and number.
    root: (u64, u64),
    path: String,
    names: Mutex<Option<HashMap<u64, Taken>>>,
}

/// By whom a name is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    /// By a file that lies there, under this name or a twin of it.
    There,
    /// By an asset that has been given it.
    Given(Owner),
}

impl Folder {
    /// Calls `with` with the names that are taken, by their [`folded`] hash; listed once.
    pub(super) fn names<T>(
        &self,
        files: &dyn Files,
        with: impl FnOnce(&mut HashMap<u64, Taken>) -> T,
    ) -> Result<T, VaultError> {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(names) = names.as_mut() {
            return Ok(with(names));
        }
        let mut listed = HashMap::new();
        files
            .list(&self.dir, &mut |name, _| {
                listed.insert(folded(&name.to_string_lossy()), Taken::There);
            })
            .map_err(|error| fail_in(&self.path, "listing", &self.path, 0, error))?;
        Ok(with(names.insert(listed)))
    }

    /// Whether its path below `home` still leads to it. What cannot be told is walked to again.
    fn is_still_in(&self, home: &Home, files: &dyn Files) -> bool {
        self.root == home.identity && leads_there(files, &self.way).unwrap_or(false)
    }

    fn known(&self) -> usize {
        let names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        names.as_ref().map_or(0, HashMap::len)
    }
}

/// The folders in use.
#[derive(Default)]
pub(super) struct Places {
    folders: Mutex<HashMap<String, Arc<Folder>>>,
}

/// Most folders kept open, and most names kept of them all.
const MOST_FOLDERS: usize = 200;
const MOST_NAMES: usize = 1_000_000;

/// [`MOST_FOLDERS`], or fewer where the system allows few open files: each takes up to three, and
/// those are no more than half of all.
fn most_folders() -> usize {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    let allowed =
        limit.map_or(usize::MAX, |limit| usize::try_from(limit / 6).unwrap_or(usize::MAX));
    allowed.clamp(4, MOST_FOLDERS)
}

impl Places {
    /// The folder at `path` (parts joined by `/`, empty for the root). `None` if it is not there
    /// and is not to be made; it is where there is room, if one is given. The way to it is looked at anew, so that one that was moved away or
    /// replaced meanwhile is not written into; links on the way are refused.
    pub(super) fn folder(
        &self,
        files: &dyn Files,
        home: &Home,
        path: &str,
        make: Option<&Arc<Room>>,
    ) -> Result<Option<Arc<Folder>>, VaultError> {
        if let Some(known) = self.known(path)
            && known.is_still_in(home, files)
        {
            return Ok(Some(known));
        }
        let mut way = Vec::new();
        let mut dir = home.root.clone();
        for part in path.split('/').filter(|part| !part.is_empty()) {
            let next = if let Some(room) = make {
                made(files, home, room, &dir, (path, part)).map_err(|error| of_item(error, path))?
            } else {
                match files.open_dir(&dir, OsStr::new(part)) {
                    Err(error) if is_absent(&error) => return Ok(None),
                    next => next.map_err(|error| fail_in(path, "opening", path, 0, error))?,
                }
            };
            let step = Step::to(files, &dir, part, &next);
            way.push(step.map_err(|error| fail("looking at", path, 0, error))?);
            dir = next;
        }
        let mut folders = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        let same =
            |known: &&Arc<Folder>| known.root == home.identity && way::is_same(&known.way, &way);
        if let Some(known) = folders.get(path).filter(same) {
            return Ok(Some(Arc::clone(known))); // another thread was first
        }
        let names: usize = folders.values().map(|folder| folder.known()).sum();
        if folders.len() >= most_folders() || names > MOST_NAMES {
            // What was given and not put is forgotten with it: its put finds a free name then.
            folders.clear();
        }
        let names = Mutex::new(None);
        let folder =
            Arc::new(Folder { dir, way, root: home.identity, path: path.to_owned(), names });
        folders.insert(path.to_owned(), Arc::clone(&folder));
        Ok(Some(folder))
    }

    fn known(&self, path: &str) -> Option<Arc<Folder>> {
        self.folders.lock().unwrap_or_else(PoisonError::into_inner).get(path).cloned()
    }

    /// Forgets all, after the vault was away.
    pub(super) fn clear(&self) {
        self.folders.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// Opens a folder, made if it is missing, where there is room for one more.
fn made(
    files: &dyn Files,
    home: &Home,
    room: &Arc<Room>,
    at: &Dir,
    (path, name): (&str, &str),
) -> Result<Dir, VaultError> {
    if let Some(there) = open_if_there(files, at, name)? {
        return Ok(there);
    }
    let _promise = room.take(files, &home.root, BLOCK)?;
    make_dir_for(files, at, name, path)
}

/// A date folder that is a link or a file concerns the items in it, not the vault; one that may not be
/// looked into is named as a whole.
fn of_item(error: VaultError, path: &str) -> VaultError {
    match error {
        VaultError::Closed { why, .. } => VaultError::FolderClosed { folder: path.to_owned(), why },
        VaultError::Damaged { why, .. } => VaultError::Refused { name: path.to_owned(), why },
        other => other,
    }
}

/// Folders as one call saw them: each is walked to once.
pub(super) struct Visit<'a> {
    pub(super) files: &'a dyn Files,
    pub(super) home: &'a Home,
    places: &'a Places,
    room: &'a Arc<Room>,
    seen: HashMap<String, Option<Arc<Folder>>>,
}

impl<'a> Visit<'a> {
    pub(super) fn new(
        files: &'a dyn Files,
        home: &'a Home,
        places: &'a Places,
        room: &'a Arc<Room>,
    ) -> Visit<'a> {
        Visit { files, home, places, room, seen: HashMap::new() }
    }

    /// The folder at `path`, if it is there.
    pub(super) fn there(&mut self, path: &str) -> Result<Option<Arc<Folder>>, VaultError> {
        if let Some(folder) = self.seen.get(path) {
            return Ok(folder.clone());
        }
        let folder = self.places.folder(self.files, self.home, path, None)?;
        self.seen.insert(path.to_owned(), folder.clone());
        Ok(folder)
    }

    /// The folder at `path`, made if it is missing.
    pub(super) fn made(&mut self, path: &str) -> Result<Arc<Folder>, VaultError> {
        if let Some(Some(folder)) = self.seen.get(path) {
            return Ok(Arc::clone(folder));
        }
        let folder = self.places.folder(self.files, self.home, path, Some(self.room))?;
        self.seen.insert(path.to_owned(), folder.clone());
        folder.ok_or_else(|| VaultError::Refused {
            name: path.to_owned(),
            why: "its folder cannot be made".to_owned(),
        })
    }

    /// Walks to `path` again at its next use.
    pub(super) fn again(&mut self, path: &str) {
        self.seen.remove(path);
    }

    /// Whether a plain file of `size` bytes lies there.
    pub(super) fn holds(&mut self, at: &str, name: &str, size: u64) -> Result<bool, VaultError> {
        let Some(folder) = self.there(at)? else { return Ok(false) };
        match self.files.stat(&folder.dir, OsStr::new(name)) {
            Ok(stat) => Ok(stat.kind == Kind::File && stat.size == size),
            Err(error) if is_absent(&error) => Ok(false),
            Err(error) => Err(fail_in(at, "looking at", name, 0, error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Expect, OpenFolder};
    use super::*;
    use crate::files::OsFiles;
    use crate::id::DeviceId;

    #[test]
    fn a_folder_of_a_root_that_was_replaced_is_walked_to_anew() {
        let (places, room) = (Places::default(), Room::new(Some(0)));
        let how =
            OpenFolder { expected: Expect::Any, device: Some(DeviceId([7; 16])), reserve: None };
        let seen = ["", "2026/07"].map(|path| {
            let [one, other] = [(); 2].map(|()| {
                let place = tempfile::tempdir().unwrap();
                let home = Home::open(&OsFiles, place.path(), how).unwrap();
                let folder = places.folder(&OsFiles, &home, path, Some(&room)).unwrap().unwrap();
                let there = places.folder(&OsFiles, &home, path, None).unwrap().unwrap();
                assert!(Arc::ptr_eq(&folder, &there), "known");
                (OsFiles.stat_dir(&folder.dir).unwrap().identity, place)
            });
            (one.0, other.0)
        });
        assert!(seen.iter().all(|(one, other)| one != other), "{seen:?}");
    }
}
