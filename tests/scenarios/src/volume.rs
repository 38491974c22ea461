//! A disk that forgets what was not synced when its power goes, and that fails now and then.
//!
//! What is done to it is really done at once, and noted with how to undo it. A sync crosses out what
//! it makes durable. When the power goes ([`Volume::dies`], then [`Volume::loses`]), names are what
//! they were after some moment since the last sync, as on a file system that keeps a journal of them;
//! bytes that were not synced are cut off, zero or there, as it comes; and of the pages of a database
//! any may be written, torn or not.

use crate::fuse::Fuse;
use keepsake_tests::random::Random;
use keepsake_vault::files::{Dir, File, Files, OsFiles};
use rustix::fd::OwnedFd;
use rustix::io::Errno;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// One disk.
pub(crate) struct Volume {
    inner: Mutex<Inner>,
    fuse: Arc<Fuse>,
}

struct Inner {
    random: Random,
    /// One operation in so many fails; 0: none.
    fails: u64,
    /// So many did.
    failed: u64,
    /// It answers nothing.
    dead: bool,
    /// Counts its deaths: what was opened before answers no more.
    life: u64,
    /// What was done to names since the last sync, in order.
    names: Vec<Done>,
    /// Files that were written since the last sync, and how long they were then.
    written: Vec<(Arc<File>, u64)>,
    /// What was written to databases since each was synced.
    pages: BTreeMap<PathBuf, Vec<Page>>,
    /// Where what was removed lies until the removal is synced.
    grave: Dir,
    buried: u64,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doing {
    /// Nothing is different afterwards.
    Reads,
    /// What is there is made durable, or dated.
    Keeps,
    /// Other names, or other bytes.
    Changes,
}

/// What was done to a name.
pub(crate) enum Done {
    Made(Dir, OsString),
    MadeDir(Dir, OsString),
    Renamed { from: Dir, name: OsString, to: Dir, new: OsString },
    Removed { from: Dir, name: OsString, grave: OsString },
}

/// What was done to a database.
pub(crate) struct Page {
    /// Where it begins.
    pub(crate) at: u64,
    /// What was written; `None`: it was cut off there.
    pub(crate) new: Option<Vec<u8>>,
    /// What had been there.
    pub(crate) old: Vec<u8>,
    /// How long the file had been.
    pub(crate) size: u64,
}

/// A database tears its pages at these.
const SECTOR: usize = 512;

/// Bytes of a file within which its writing fails.
const LONGEST: u64 = 200_000;

impl Inner {
    /// Whether the next operation fails.
    fn fails(&mut self, write: bool) -> Option<Errno> {
        let fails = self.fails > 0 && self.random.one_in(self.fails);
        self.failed += u64::from(fails);
        let full = fails && write && self.random.one_in(3);
        fails.then_some(if full { Errno::NOSPC } else { Errno::IO })
    }
}

impl Volume {
    /// A disk whose removed files lie in `grave` for a while. (They need to be on one file system.)
    pub(crate) fn new(seed: u64, grave: &Path, fuse: &Arc<Fuse>) -> std::io::Result<Volume> {
        let inner = Inner {
            random: Random::new(seed),
            fails: 0,
            failed: 0,
            dead: false,
            life: 0,
            names: Vec::new(),
            written: Vec::new(),
            pages: BTreeMap::new(),
            grave: OsFiles.root(grave, true)?,
            buried: 0,
        };
        Ok(Volume { inner: Mutex::new(inner), fuse: Arc::clone(fuse) })
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on one operation in so many fails; 0: none.
    pub(crate) fn set_fails(&self, one_in: u64) {
        self.lock().fails = one_in;
    }

    /// Its life, for what is opened now; an error if it is dead.
    pub(crate) fn life(&self) -> Result<u64, Errno> {
        let inner = self.lock();
        if inner.dead || self.fuse.is_through() { Err(Errno::NOENT) } else { Ok(inner.life) }
    }

    /// Whether what was opened in that life still answers.
    pub(crate) fn answers(&self, life: u64) -> Result<(), Errno> {
        let inner = self.lock();
        let dead = inner.dead || inner.life != life || self.fuse.is_through();
        if dead { Err(Errno::IO) } else { Ok(()) }
    }

    /// Whether it may do something with what was opened in that life.
    pub(crate) fn may(&self, life: u64, what: Doing) -> Result<(), Errno> {
        self.answers(life)?;
        self.lock().fails(what == Doing::Changes).map_or(Ok(()), Err)?;
        if what == Doing::Reads || self.fuse.burns() { Ok(()) } else { Err(Errno::IO) }
    }

    /// How many operations have failed.
    pub(crate) fn failed(&self) -> u64 {
        self.lock().failed
    }

    /// Where, and how, the writing of a new file is to fail. (Drawn at once: how many writes it takes
    /// depends on how a pipe is read.)
    pub(crate) fn fails_at(&self) -> Option<(u64, Errno)> {
        let mut inner = self.lock();
        let error = inner.fails(true)?;
        Some((inner.random.below(LONGEST), error))
    }

    /// A name was changed.
    pub(crate) fn did(&self, done: Done) {
        self.lock().names.push(done);
    }

    /// Removes a file, or an empty folder, in a way that can be undone.
    pub(crate) fn bury(&self, from: &Dir, name: &OsStr) -> std::io::Result<()> {
        let mut inner = self.lock();
        inner.buried += 1;
        let grave = OsString::from(inner.buried.to_string());
        OsFiles.rename_new(from, name, &inner.grave, &grave)?;
        inner.names.push(Done::Removed { from: from.clone(), name: name.to_owned(), grave });
        Ok(())
    }

    /// So many bytes are about to be written at the end of a file: where that is, and where death cuts
    /// them short, if it does.
    pub(crate) fn writes(&self, file: &Arc<File>, bytes: usize) -> (u64, Option<u64>) {
        let mut inner = self.lock();
        let size = size(file);
        if !inner.written.iter().any(|(other, _)| Arc::ptr_eq(other, file)) {
            inner.written.push((Arc::clone(file), size));
        }
        (size, self.fuse.writes(size, bytes as u64))
    }

    /// A database was written.
    pub(crate) fn wrote_page(&self, path: &Path, page: Page) {
        self.lock().pages.entry(path.to_owned()).or_default().push(page);
    }

    /// A database is to be deleted. Says whether that is done.
    pub(crate) fn deletes(&self) -> bool {
        self.life().is_ok() && self.fuse.burns()
    }

    /// A database was synced.
    pub(crate) fn synced_database(&self, path: &Path) {
        self.lock().pages.remove(path);
    }

    /// Everything but databases was synced.
    pub(crate) fn synced(&self) {
        let mut inner = self.lock();
        inner.written.clear();
        for done in std::mem::take(&mut inner.names) {
            if let Done::Removed { grave, .. } = done {
                // What is left goes with the story's folder.
                let _ = OsFiles
                    .remove(&inner.grave, &grave)
                    .or_else(|_| OsFiles.remove_dir(&inner.grave, &grave));
            }
        }
    }

    /// The program that had it open is gone, or its power is: it answers nothing until it
    /// [`Volume::lives`].
    pub(crate) fn dies(&self) {
        let mut inner = self.lock();
        inner.dead = true;
        inner.life += 1;
    }

    /// What was not synced is gone, or not, as it comes.
    pub(crate) fn loses(&self) -> std::io::Result<()> {
        let mut inner = self.lock();
        let names = std::mem::take(&mut inner.names);
        let kept = below(&mut inner.random, names.len() + 1);
        for done in names.into_iter().skip(kept).rev() {
            undo(&done, &inner.grave)?;
        }
        for (file, synced) in std::mem::take(&mut inner.written) {
            tear(&file, synced, &mut inner.random)?;
        }
        for (path, pages) in std::mem::take(&mut inner.pages) {
            tear_database(&path, &pages, &mut inner.random)?;
        }
        Ok(())
    }

    /// All that was on it is gone for good.
    pub(crate) fn is_wiped(&self) {
        self.synced();
        self.lock().pages.clear();
    }

    /// It answers again.
    pub(crate) fn lives(&self) {
        self.lock().dead = false;
    }
}

fn undo(done: &Done, grave: &Dir) -> std::io::Result<()> {
    match done {
        Done::Made(at, name) => OsFiles.remove(at, name),
        Done::MadeDir(at, name) => OsFiles.remove_dir(at, name),
        Done::Renamed { from, name, to, new } => OsFiles.rename_new(to, new, from, name),
        Done::Removed { from, name, grave: buried } => {
            OsFiles.rename_new(grave, buried, from, name)
        }
    }
}

fn size(file: &File) -> u64 {
    let found = file.handle::<OwnedFd>().and_then(|file| rustix::fs::fstat(file).ok());
    found.and_then(|found| u64::try_from(found.st_size).ok()).unwrap_or(0)
}

/// Of what was written behind `synced` some is cut off, or zeros.
fn tear(file: &File, synced: u64, random: &mut Random) -> std::io::Result<()> {
    let Some(handle) = file.handle::<OwnedFd>() else { return Ok(()) };
    let size = size(file);
    let whole = synced + random.below(size.saturating_sub(synced) + 1);
    match random.below(3) {
        0 => {}
        1 => rustix::fs::ftruncate(handle, whole)?,
        _ => {
            rustix::fs::ftruncate(handle, whole)?;
            rustix::fs::ftruncate(handle, size)?;
        }
    }
    Ok(())
}

/// Of the pages that were written since the last sync any are there, whole or torn.
fn tear_database(path: &Path, pages: &[Page], random: &mut Random) -> std::io::Result<()> {
    let file = match std::fs::File::options().write(true).open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()), // removed
        file => file?,
    };
    for page in pages.iter().rev() {
        file.set_len(page.size)?;
        let there = usize::try_from(page.size.saturating_sub(page.at)).unwrap_or(usize::MAX);
        file.write_all_at(&page.old[..page.old.len().min(there)], page.at)?;
    }
    for page in pages {
        let Some(new) = &page.new else {
            if random.one_in(2) {
                file.set_len(page.at)?;
            }
            continue;
        };
        let end = match random.below(6) {
            0 => 0,
            1 => below(random, new.len() / SECTOR + 1) * SECTOR,
            _ => new.len(),
        };
        file.write_all_at(&new[..end], page.at)?;
    }
    Ok(())
}

fn below(random: &mut Random, end: usize) -> usize {
    usize::try_from(random.below(end as u64)).unwrap_or(0)
}
