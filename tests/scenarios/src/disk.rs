//! The phone's files and the vault's: the real ones, each on a [`Volume`]; how full the phone's disk is,
//! is told by the scenario.

use crate::volume::{Doing, Done, Volume};
use keepsake_tests::random::Random;
use keepsake_vault::files::{Dir, File, Files, Kind, OsFiles, Space, Stat, Written};
use rustix::io::Errno;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The system's files, on two disks that may fail.
pub(crate) struct PhoneFiles {
    own: PathBuf,
    disk: u64,
    taken: AtomicU64,
    /// What was taken when the program last read its free space: it cannot know more.
    seen: AtomicU64,
    reserve: AtomicU64,
    /// Free space after something of ours landed below the reserve, at its least.
    least: AtomicU64,
    /// Bytes that were written into the vault, but for its own.
    sent: AtomicU64,
    /// What names are made of that nobody else chooses.
    random: Mutex<Random>,
    pub(crate) phone: Arc<Volume>,
    pub(crate) vault: Arc<Volume>,
}

/// A folder on one of them.
struct Folder {
    os: Dir,
    volume: Arc<Volume>,
    life: u64,
    /// Its path, from the root that was opened.
    path: PathBuf,
}

/// A file on one of them.
struct Opened {
    os: Arc<File>,
    volume: Arc<Volume>,
    life: u64,
    holds: Holds,
    /// Where its writing fails.
    fails_at: Option<(u64, Errno)>,
}

/// What a file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holds {
    /// An original, on the phone for a while.
    Staged,
    /// An original, on its way into the vault.
    Sent,
    /// Something of our own.
    Own,
}

impl PhoneFiles {
    /// Those of a phone whose program keeps its state in `own`: there the disk is `disk` bytes.
    /// Everything else is the vault's. Names that nobody else chooses come from `random`.
    pub(crate) fn new(
        random: Random,
        own: PathBuf,
        disk: u64,
        phone: Arc<Volume>,
        vault: Arc<Volume>,
    ) -> PhoneFiles {
        let [taken, seen, reserve, sent] = std::array::from_fn(|_| AtomicU64::new(0));
        let least = AtomicU64::new(u64::MAX);
        let random = Mutex::new(random);
        PhoneFiles { own, disk, taken, seen, reserve, least, sent, random, phone, vault }
    }

    /// What backing up never touches of it; `None`: max(1 GB, 5 %).
    pub(crate) fn set_reserve(&self, bytes: Option<u64>) {
        let reserve = bytes.unwrap_or((self.disk / 20).max(1_000_000_000));
        self.reserve.store(reserve, Ordering::SeqCst);
    }

    /// The OS sent so many bytes for us.
    pub(crate) fn was_sent(&self, bytes: usize) {
        self.sent.fetch_add(bytes as u64, Ordering::SeqCst);
    }

    /// How many bytes were sent: written into the vault, but for its own, or by the OS.
    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(Ordering::SeqCst)
    }

    /// The least free space below the reserve in which something of ours landed.
    pub(crate) fn least(&self) -> Option<u64> {
        let least = self.least.load(Ordering::SeqCst);
        (least < u64::MAX).then_some(least)
    }

    /// So many bytes of an original are about to be written.
    fn writes(&self, file: &Opened, bytes: usize) {
        match file.holds {
            Holds::Own => {}
            Holds::Sent => self.was_sent(bytes),
            Holds::Staged => {
                // What others took since is not our doing.
                let seen = self.seen.load(Ordering::SeqCst);
                let taken = self.taken.load(Ordering::SeqCst).min(seen) + self.staged();
                let free = self.disk.saturating_sub(taken + bytes as u64);
                if free < self.reserve.load(Ordering::SeqCst) {
                    self.least.fetch_min(free, Ordering::SeqCst);
                }
            }
        }
    }

    fn available(&self) -> u64 {
        self.disk.saturating_sub(self.taken.load(Ordering::SeqCst) + self.staged())
    }

    /// What a file in this folder is for. (The vault's staging has a folder for each device, with its own
    /// in it and a folder for every lane of originals.)
    fn holds(&self, folder: &Folder) -> Holds {
        let phone = Arc::ptr_eq(&folder.volume, &self.phone);
        match folder.path.components().count() {
            4 if !phone && folder.path.starts_with(".keepsake/staging") => Holds::Sent,
            _ if phone && folder.path.ends_with("staging") => Holds::Staged,
            _ => Holds::Own,
        }
    }

    /// What the library and others take of it.
    pub(crate) fn set_taken(&self, bytes: u64) {
        self.taken.store(bytes, Ordering::SeqCst);
    }

    fn staged(&self) -> u64 {
        let entries = std::fs::read_dir(self.own.join("staging")).into_iter().flatten().flatten();
        entries.filter_map(|entry| entry.metadata().ok()).map(|found| found.len()).sum()
    }
}

fn unknown() -> io::Error {
    io::Error::other("a handle of another file system")
}

/// The folder behind a handle, if its disk reads.
fn reads(at: &Dir) -> io::Result<&Folder> {
    let folder = at.handle::<Folder>().ok_or_else(unknown)?;
    folder.volume.may(folder.life, Doing::Reads)?;
    Ok(folder)
}

/// The folder behind a handle, if its disk can be written.
fn changes(at: &Dir) -> io::Result<&Folder> {
    let folder = at.handle::<Folder>().ok_or_else(unknown)?;
    folder.volume.may(folder.life, Doing::Changes)?;
    Ok(folder)
}

impl Folder {
    fn dir(&self, os: Dir, name: &OsStr) -> Dir {
        let path = self.path.join(name);
        Dir::new(Folder { os, volume: Arc::clone(&self.volume), life: self.life, path })
    }

    fn file(&self, os: File, holds: Holds, fails_at: Option<(u64, Errno)>) -> File {
        let (volume, life) = (Arc::clone(&self.volume), self.life);
        File::new(Opened { os: Arc::new(os), volume, life, holds, fails_at })
    }
}

impl Files for PhoneFiles {
    fn root(&self, path: &Path, make: bool) -> io::Result<Dir> {
        let volume = if path.starts_with(&self.own) { &self.phone } else { &self.vault };
        let life = volume.life()?;
        let os = OsFiles.root(path, make)?;
        let path = path.strip_prefix(&self.own).unwrap_or(Path::new("")).to_owned();
        Ok(Dir::new(Folder { os, volume: Arc::clone(volume), life, path }))
    }

    fn open_dir(&self, at: &Dir, name: &OsStr) -> io::Result<Dir> {
        let at = reads(at)?;
        Ok(at.dir(OsFiles.open_dir(&at.os, name)?, name))
    }

    fn make_dir(&self, at: &Dir, name: &OsStr) -> io::Result<()> {
        let at = changes(at)?;
        OsFiles.make_dir(&at.os, name)?;
        at.volume.did(Done::MadeDir(at.os.clone(), name.to_owned()));
        Ok(())
    }

    /// By name: in which order a file system lists is not the same on every run.
    fn list(&self, at: &Dir, each: &mut dyn FnMut(&OsStr, Kind)) -> io::Result<()> {
        let mut found = BTreeMap::new();
        OsFiles.list(&reads(at)?.os, &mut |name, kind| {
            found.insert(name.to_owned(), kind);
        })?;
        for (name, kind) in &found {
            each(name, *kind);
        }
        Ok(())
    }

    fn stat(&self, at: &Dir, name: &OsStr) -> io::Result<Stat> {
        OsFiles.stat(&reads(at)?.os, name)
    }

    fn stat_dir(&self, at: &Dir) -> io::Result<Stat> {
        OsFiles.stat_dir(&reads(at)?.os)
    }

    fn mark(&self, at: &Dir, name: Option<&OsStr>) -> io::Result<Option<u64>> {
        OsFiles.mark(&reads(at)?.os, name)
    }

    fn open(&self, at: &Dir, name: &OsStr) -> io::Result<File> {
        let at = reads(at)?;
        Ok(at.file(OsFiles.open(&at.os, name)?, Holds::Own, None))
    }

    fn create_new(&self, at: &Dir, name: &OsStr) -> io::Result<File> {
        let at = changes(at)?;
        let made = OsFiles.create_new(&at.os, name)?;
        at.volume.did(Done::Made(at.os.clone(), name.to_owned()));
        Ok(at.file(made, self.holds(at), at.volume.fails_at()))
    }

    fn read(&self, file: &File, into: &mut [u8]) -> io::Result<usize> {
        let file = file.handle::<Opened>().ok_or_else(unknown)?;
        file.volume.may(file.life, Doing::Reads)?;
        OsFiles.read(&file.os, into)
    }

    fn write(&self, file: &File, bytes: &[u8]) -> io::Result<()> {
        let file = file.handle::<Opened>().ok_or_else(unknown)?;
        file.volume.answers(file.life)?;
        self.writes(file, bytes.len());
        let (end, dies_at) = file.volume.writes(&file.os, bytes.len());
        // The phone's disk really ends.
        let full = Arc::ptr_eq(&file.volume, &self.phone).then(|| self.available());
        let full = full.map(|room| (end.saturating_add(room), Errno::NOSPC));
        let dies = dies_at.map(|at| (at, Errno::IO));
        let ends = [dies, file.fails_at, full].into_iter().flatten().min_by_key(|(at, _)| *at);
        match ends.map(|(at, error)| (at.saturating_sub(end), error)) {
            Some((room, error)) if room < bytes.len() as u64 => {
                OsFiles.write(&file.os, &bytes[..usize::try_from(room).unwrap_or(0)])?;
                Err(error.into())
            }
            _ => OsFiles.write(&file.os, bytes),
        }
    }

    fn set_modified(&self, file: &File, modified: i64) -> io::Result<()> {
        let file = file.handle::<Opened>().ok_or_else(unknown)?;
        file.volume.may(file.life, Doing::Keeps)?;
        OsFiles.set_modified(&file.os, modified)
    }

    fn rename_new(&self, from: &Dir, name: &OsStr, to: &Dir, new: &OsStr) -> io::Result<()> {
        let (from, to) = (changes(from)?, changes(to)?);
        OsFiles.rename_new(&from.os, name, &to.os, new)?;
        from.volume.did(Done::Renamed {
            from: from.os.clone(),
            name: name.to_owned(),
            to: to.os.clone(),
            new: new.to_owned(),
        });
        Ok(())
    }

    fn remove(&self, at: &Dir, name: &OsStr) -> io::Result<()> {
        let at = changes(at)?;
        if OsFiles.stat(&at.os, name)?.kind == Kind::Dir {
            return OsFiles.remove(&at.os, name); // which says why not
        }
        at.volume.bury(&at.os, name)
    }

    fn remove_dir(&self, at: &Dir, name: &OsStr) -> io::Result<()> {
        let at = changes(at)?;
        let mut empty = true;
        OsFiles.list(&OsFiles.open_dir(&at.os, name)?, &mut |_, _| empty = false)?;
        if !empty {
            return Err(io::ErrorKind::DirectoryNotEmpty.into());
        }
        at.volume.bury(&at.os, name)
    }

    fn barrier(&self, at: &Dir, _: &[Written<'_>]) -> io::Result<()> {
        let at = at.handle::<Folder>().ok_or_else(unknown)?;
        at.volume.may(at.life, Doing::Keeps)?;
        at.volume.synced();
        Ok(())
    }

    fn space(&self, at: &Dir) -> io::Result<Space> {
        if !Arc::ptr_eq(&reads(at)?.volume, &self.phone) {
            return Ok(Space { available: 1 << 40, total: 1 << 40 }); // a vault without end
        }
        self.seen.store(self.taken.load(Ordering::SeqCst), Ordering::SeqCst);
        Ok(Space { available: self.available(), total: self.disk })
    }

    fn random(&self) -> io::Result<[u8; 16]> {
        let mut random = self.random.lock().unwrap_or_else(PoisonError::into_inner);
        let bits = u128::from(random.number()) << 64 | u128::from(random.number());
        Ok(bits.to_le_bytes())
    }
}
