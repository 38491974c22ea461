//! Our own staging, `state/staging`: originals from the cloud, from the moment they land until
//! they are evicted.
//!
//! A file is named by its resource. While it lands it ends in `.part`. Whenever a machine begins, all
//! that no stored stage names is swept: what a kill left, and what an earlier machine had no time to
//! evict.

use keepsake_machine::media::ResourceId;
use keepsake_vault::files::{Dir, File, Files, Space, Written};
use std::collections::{BTreeSet, HashSet};
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The folder.
pub(crate) struct StagingFolder {
    files: Arc<dyn Files>,
    dir: Dir,
    path: PathBuf,
    /// What could not be removed. Whoever gives a name to a file takes it out of here first.
    left: Mutex<BTreeSet<OsString>>,
}

impl StagingFolder {
    /// Opens it in the state folder; it is made if it is missing.
    pub(crate) fn open(files: Arc<dyn Files>, state: &Path) -> io::Result<StagingFolder> {
        let path = state.join("staging");
        let dir = files.root(&path, true)?;
        Ok(StagingFolder { files, dir, path, left: Mutex::default() })
    }

    /// Removes every file but those of these resources. Says how many. What cannot be removed is tried
    /// again later.
    pub(crate) fn sweep(&self, owned: &HashSet<ResourceId>) -> io::Result<u64> {
        let mut ours: HashSet<OsString> = HashSet::new();
        ours.extend(owned.iter().map(|resource| name(*resource)));
        let mut orphans = Vec::new();
        self.files.list(&self.dir, &mut |name, _| {
            if !ours.contains(name) {
                orphans.push(name.to_owned());
            }
        })?;
        let swept = orphans.into_iter().filter(|name| self.remove(name.clone()).is_ok());
        Ok(swept.count() as u64)
    }

    /// Begins a landing; what an earlier one left is removed.
    pub(crate) fn land(self: &Arc<Self>, resource: ResourceId) -> io::Result<Landing> {
        let part = part(resource);
        self.left().remove(&part);
        let file = match self.files.create_new(&self.dir, &part) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                self.remove(part.clone())?;
                self.files.create_new(&self.dir, &part)?
            }
            file => file?,
        };
        Ok(Landing { staging: Arc::clone(self), resource, file: Some(file) })
    }

    /// Opens what landed.
    pub(crate) fn read(&self, resource: ResourceId) -> io::Result<StagedFile> {
        let file = self.files.open(&self.dir, &name(resource))?;
        Ok(StagedFile { files: Arc::clone(&self.files), file })
    }

    /// Where what landed lies: for a transfer that the OS owns, and for whoever must seek in it.
    pub(crate) fn path(&self, resource: ResourceId) -> PathBuf {
        self.path.join(name(resource))
    }

    /// Removes what landed. Nothing there is fine; what cannot be removed is [`StagingFolder::is_left`].
    pub(crate) fn evict(&self, resource: ResourceId) -> io::Result<()> {
        self.remove(name(resource))
    }

    fn remove(&self, name: OsString) -> io::Result<()> {
        let mut left = self.left();
        match self.files.remove(&self.dir, &name) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                left.insert(name);
                Err(error)
            }
            _ => {
                left.remove(&name);
                Ok(())
            }
        }
    }

    /// Whether something could not be removed.
    pub(crate) fn is_left(&self) -> bool {
        !self.left().is_empty()
    }

    /// Tries to remove that again.
    pub(crate) fn remove_left(&self) {
        // Locked all the while: nothing takes such a name meanwhile.
        self.left().retain(|name| match self.files.remove(&self.dir, name) {
            Err(error) => error.kind() != io::ErrorKind::NotFound,
            Ok(()) => false,
        });
    }

    fn left(&self) -> MutexGuard<'_, BTreeSet<OsString>> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How full its volume is.
    pub(crate) fn space(&self) -> io::Result<Space> {
        self.files.space(&self.dir)
    }
}

/// An original that lands. Dropped unfinished, it leaves nothing.
pub(crate) struct Landing {
    staging: Arc<StagingFolder>,
    resource: ResourceId,
    file: Option<File>,
}

impl Landing {
    /// Writes all of `bytes` behind what is there.
    pub(crate) fn write(&self, bytes: &[u8]) -> io::Result<()> {
        match &self.file {
            Some(file) => self.staging.files.write(file, bytes),
            None => Ok(()),
        }
    }

    /// Makes it durable under its name.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        let staging = Arc::clone(&self.staging);
        let StagingFolder { files, dir, .. } = &*staging;
        let (part, name) = (part(self.resource), name(self.resource));
        self.file = None;
        let settled = || {
            files.barrier(dir, &[Written { dir, name: Some(&part) }])?;
            staging.evict(self.resource)?;
            files.rename_new(dir, &part, dir, &name)?;
            files.barrier(dir, &[Written { dir, name: None }])
        };
        settled().inspect_err(|_| {
            // It has one name or the other. What cannot be removed now is tried again later.
            let _ = staging.remove(part.clone());
            let _ = staging.evict(self.resource);
        })
    }
}

impl Drop for Landing {
    fn drop(&mut self) {
        if self.file.take().is_some() {
            let _ = self.staging.remove(part(self.resource)); // tried again later
        }
    }
}

/// A staged original, read from its start.
pub(crate) struct StagedFile {
    files: Arc<dyn Files>,
    file: File,
}

impl io::Read for StagedFile {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.files.read(&self.file, into)
    }
}

fn name(resource: ResourceId) -> OsString {
    resource.0.to_string().into()
}

fn part(resource: ResourceId) -> OsString {
    let mut part = name(resource);
    part.push(OsStr::new(".part"));
    part
}

#[cfg(test)]
mod tests {
    use super::*;
    use keepsake_vault::files::OsFiles;
    use std::io::Read;

    #[test]
    fn what_landed_stays_until_it_is_evicted_and_what_did_not_leaves_nothing() {
        let state = tempfile::tempdir().unwrap();
        let staging = Arc::new(StagingFolder::open(Arc::new(OsFiles), state.path()).unwrap());
        let count = || std::fs::read_dir(state.path().join("staging")).unwrap().count();
        staging.land(ResourceId(1)).unwrap().write(b"gone").unwrap();
        assert_eq!(count(), 0);
        for bytes in [&b"first"[..], b"again"] {
            let landing = staging.land(ResourceId(1)).unwrap();
            landing.write(bytes).unwrap();
            landing.finish().unwrap();
        }
        let mut read = String::new();
        staging.read(ResourceId(1)).unwrap().read_to_string(&mut read).unwrap();
        assert_eq!((read.as_str(), count()), ("again", 1));
        staging.evict(ResourceId(1)).unwrap();
        staging.evict(ResourceId(1)).unwrap();
        assert_eq!(count(), 0);
    }

    #[test]
    fn what_no_stage_names_is_swept() {
        let state = tempfile::tempdir().unwrap();
        let staging = StagingFolder::open(Arc::new(OsFiles), state.path()).unwrap();
        for name in ["7", "8", "8.part", "other"] {
            std::fs::write(state.path().join("staging").join(name), b"x").unwrap();
        }
        assert_eq!(staging.sweep(&HashSet::from([ResourceId(7)])).unwrap(), 3);
        assert!(staging.read(ResourceId(7)).is_ok());
    }
}
