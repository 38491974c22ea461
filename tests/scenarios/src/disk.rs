//! The phone's files: the real ones, but how full the disk is, is told by the scenario.

use keepsake_vault::files::{Dir, File, Files, Kind, OsFiles, Space, Stat, Written};
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// The system's files on a disk of another size.
pub struct PhoneFiles {
    own: PathBuf,
    disk: u64,
    taken: AtomicU64,
}

impl PhoneFiles {
    /// Those of a phone whose program keeps its state in `own`: there the disk is `disk` bytes.
    pub fn new(own: PathBuf, disk: u64) -> PhoneFiles {
        PhoneFiles { own, disk, taken: AtomicU64::new(0) }
    }

    /// What the library and others take of it.
    pub fn set_taken(&self, bytes: u64) {
        self.taken.store(bytes, Ordering::SeqCst);
    }

    fn is_ours(&self, at: &Dir) -> bool {
        use std::os::unix::fs::MetadataExt;
        let at = OsFiles.stat_dir(at).map(|stat| stat.identity).ok();
        let staging = std::fs::metadata(self.own.join("staging")).ok();
        at.is_some() && at == staging.map(|found| (found.dev(), found.ino()))
    }

    fn staged(&self) -> u64 {
        let entries = std::fs::read_dir(self.own.join("staging")).into_iter().flatten().flatten();
        entries.filter_map(|entry| entry.metadata().ok()).map(|found| found.len()).sum()
    }
}

impl Files for PhoneFiles {
    fn root(&self, path: &Path, make: bool) -> io::Result<Dir> {
        OsFiles.root(path, make)
    }

    fn open_dir(&self, at: &Dir, name: &OsStr) -> io::Result<Dir> {
        OsFiles.open_dir(at, name)
    }

    fn make_dir(&self, at: &Dir, name: &OsStr) -> io::Result<()> {
        OsFiles.make_dir(at, name)
    }

    fn list(&self, at: &Dir, each: &mut dyn FnMut(&OsStr, Kind)) -> io::Result<()> {
        OsFiles.list(at, each)
    }

    fn stat(&self, at: &Dir, name: &OsStr) -> io::Result<Stat> {
        OsFiles.stat(at, name)
    }

    fn stat_dir(&self, at: &Dir) -> io::Result<Stat> {
        OsFiles.stat_dir(at)
    }

    fn mark(&self, at: &Dir, name: Option<&OsStr>) -> io::Result<Option<u64>> {
        OsFiles.mark(at, name)
    }

    fn open(&self, at: &Dir, name: &OsStr) -> io::Result<File> {
        OsFiles.open(at, name)
    }

    fn create_new(&self, at: &Dir, name: &OsStr) -> io::Result<File> {
        OsFiles.create_new(at, name)
    }

    fn read(&self, file: &File, into: &mut [u8]) -> io::Result<usize> {
        OsFiles.read(file, into)
    }

    fn write(&self, file: &File, bytes: &[u8]) -> io::Result<()> {
        OsFiles.write(file, bytes)
    }

    fn set_modified(&self, file: &File, modified: i64) -> io::Result<()> {
        OsFiles.set_modified(file, modified)
    }

    fn rename_new(&self, from: &Dir, name: &OsStr, to: &Dir, new: &OsStr) -> io::Result<()> {
        OsFiles.rename_new(from, name, to, new)
    }

    fn remove(&self, at: &Dir, name: &OsStr) -> io::Result<()> {
        OsFiles.remove(at, name)
    }

    fn remove_dir(&self, at: &Dir, name: &OsStr) -> io::Result<()> {
        OsFiles.remove_dir(at, name)
    }

    fn barrier(&self, at: &Dir, written: &[Written<'_>]) -> io::Result<()> {
        OsFiles.barrier(at, written)
    }

    fn space(&self, at: &Dir) -> io::Result<Space> {
        if !self.is_ours(at) {
            return Ok(Space { available: 1 << 40, total: 1 << 40 }); // a vault without end
        }
        let taken = self.taken.load(Ordering::SeqCst) + self.staged();
        Ok(Space { available: self.disk.saturating_sub(taken), total: self.disk })
    }
}
