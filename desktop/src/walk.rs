//! From a folder to pages of assets, in the order of their local ids, one pass, little memory.
//!
//! Pages come in the byte order of paths. So each folder's names are read, sorted and walked, a
//! sub-folder in the place of its name with a slash. In memory are the names of the folders on the
//! way down (packed: a folder of a million files takes about 20 MB) and one page. Files are looked
//! at through their folder's descriptor: no path is resolved twice, and a folder that is swapped
//! for a link while we walk cannot lead us out of the source.
//!
//! Links are never followed, so there are no loops. Other file systems below the source are
//! walked. An empty folder may be the mount point of a disk that is away: what was below it is
//! reported as out of sight, not as deleted; unless it is the same folder that was walked last time,
//! and has changed since: then it was emptied.

use crate::formats::{self, Kind};
use crate::group::{self, Names, Part};
use crate::packed::Packed;
use crate::skipped::{Reason, Skipped, Tally};
use crate::version::version;
use globset::GlobSet;
use keepsake_catalog::seen::{SeenAsset, SeenResource};
use keepsake_machine::media::{Access, Locality, Size};
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat};
use std::collections::VecDeque;
use std::ffi::OsStr;
use std::fs::File;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// What to take.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// Also what is neither photo nor video.
    pub all_files: bool,
    /// Not what these match; paths relative to the source.
    pub exclude: GlobSet,
    /// Not these paths, relative to the source: Keepsake's own state.
    pub own: Vec<Vec<u8>>,
}

/// How a walk ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Walked {
    /// Assets seen.
    pub assets: u64,
    /// Prefixes of local ids that could not be looked into.
    pub hidden: Vec<Vec<u8>>,
    /// What was not taken.
    pub skipped: Tally,
}

/// Why a walk ended early.
#[derive(Debug, thiserror::Error)]
pub enum WalkError {
    /// The source cannot be opened at all.
    #[error("{} cannot be read: {why}", path.display())]
    Source {
        /// The source.
        path: PathBuf,
        /// What the system said.
        why: rustix::io::Errno,
    },
    /// The receiver wants no more.
    #[error("stopped")]
    Stopped,
}

/// Opens a folder so that nothing is followed at its last step.
pub const FOLDER: OFlags =
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC).union(OFlags::NOFOLLOW);

/// Walks `root` and gives its assets to `page`, 1,000 at most a time.
pub fn walk(
    root: &Path,
    choice: &Choice,
    skipped: Skipped,
    page: &mut dyn FnMut(Vec<SeenAsset>) -> bool,
) -> Result<Walked, WalkError> {
    // The user may name it through a link, which was followed then: what is a link now came later.
    let opened = rustix::fs::open(root, FOLDER, Mode::empty());
    let failed = |why| WalkError::Source { path: root.to_owned(), why };
    let fd = opened.map_err(failed)?;
    let mut walk = Walk {
        choice,
        skipped,
        page,
        waiting: Vec::with_capacity(PAGE),
        path: Vec::new(),
        walked: Walked::default(),
    };
    let mut levels = vec![walk.read(fd).map_err(failed)?];
    while let Some(level) = levels.last_mut() {
        match walk.step(level)? {
            Step::On => {}
            Step::Down(name) => {
                let above = walk.path.len();
                walk.path.extend_from_slice(&name);
                walk.path.push(b'/');
                let opened =
                    rustix::fs::openat(&level.fd, OsStr::from_bytes(&name), FOLDER, Mode::empty());
                if let Ok(mut below) = opened.and_then(|fd| walk.read(fd)) {
                    below.above = above;
                    levels.push(below);
                } else {
                    // It may not be read, or is gone since its name was: out of sight.
                    let path = std::mem::take(&mut walk.path);
                    walk.skipped.add(Reason::Unreadable, &path[..path.len() - 1]);
                    walk.path = path[..above].to_vec();
                    walk.walked.hidden.push(path);
                }
            }
            Step::Up => {
                walk.path.truncate(level.above);
                levels.pop();
            }
        }
    }
    walk.flush()?;
    walk.walked.skipped = walk.skipped.finish();
    Ok(walk.walked)
}

/// One folder on the way down.
struct Level {
    fd: OwnedFd,
    files: Packed,
    folders: Packed,
    next_file: usize,
    next_folder: usize,
    /// Assets of the block at hand, in order.
    block: VecDeque<Vec<Part>>,
    /// How long the path was above this folder.
    above: usize,
}

impl Level {
    fn down(&mut self) -> Step {
        let name = self.folders.name(self.next_folder).to_vec();
        self.next_folder += 1;
        Step::Down(name)
    }
}

enum Step {
    On,
    Down(Vec<u8>),
    Up,
}

struct Walk<'a> {
    choice: &'a Choice,
    skipped: Skipped,
    page: &'a mut dyn FnMut(Vec<SeenAsset>) -> bool,
    waiting: Vec<SeenAsset>,
    /// The folder at hand, relative to the source, with a slash at its end; empty at the top.
    path: Vec<u8>,
    walked: Walked,
}

impl Walk<'_> {
    fn read(&mut self, fd: OwnedFd) -> Result<Level, rustix::io::Errno> {
        let mut files = Packed::default();
        let mut folders = Packed::default();
        let mut empty = true;
        for entry in Dir::read_from(&fd)? {
            let entry = entry?;
            let name = entry.file_name().to_bytes();
            if matches!(name, b"." | b"..") {
                continue;
            }
            empty = false;
            let kind = match entry.file_type() {
                FileType::Unknown => match stat(&fd, name) {
                    Ok(stat) => FileType::from_raw_mode(stat.st_mode),
                    Err(_) => continue, // gone since
                },
                known => known,
            };
            match kind {
                FileType::RegularFile if self.leaves_out(name) => self.skip(Reason::Excluded, name),
                FileType::RegularFile => files.push(name),
                FileType::Directory => {
                    if self.enters(name) {
                        folders.push(name);
                    }
                }
                FileType::Symlink => self.skip(Reason::Link, name),
                _ => self.skip(Reason::NotAFile, name),
            }
        }
        if empty && !self.was_emptied(&fd) {
            self.walked.hidden.push(self.path.clone());
        }
        files.sort(false);
        folders.sort(true);
        Ok(Level {
            fd,
            files,
            folders,
            next_file: 0,
            next_folder: 0,
            block: VecDeque::new(),
            above: 0,
        })
    }

    /// Whether a folder in which nothing lies was there at the last walk, and has changed since. Never said
    /// of the source itself, nor where the file system does not tell when a folder was made.
    fn was_emptied(&self, folder: &OwnedFd) -> bool {
        let Some(last) = self.skipped.last_walk.filter(|_| !self.path.is_empty()) else {
            return false;
        };
        let found = folder.try_clone().and_then(|fd| File::from(fd).metadata());
        let times = found.and_then(|found| Ok((found.created()?, found.modified()?)));
        times.is_ok_and(|(made, changed)| made < last && last < changed)
    }

    fn enters(&mut self, name: &[u8]) -> bool {
        let path = [&self.path, name].concat();
        let reason = if formats::is_system(name) || self.choice.own.contains(&path) {
            Reason::System
        } else if formats::is_package(name) {
            Reason::Package
        } else if self.excludes(&path) {
            Reason::Excluded
        } else {
            return true;
        };
        self.skipped.add(reason, &path);
        false
    }

    fn leaves_out(&self, name: &[u8]) -> bool {
        !self.choice.exclude.is_empty() && self.excludes(&[&self.path, name].concat())
    }

    fn excludes(&self, path: &[u8]) -> bool {
        !self.choice.exclude.is_empty() && self.choice.exclude.is_match(OsStr::from_bytes(path))
    }

    fn skip(&mut self, reason: Reason, name: &[u8]) {
        let path = [&self.path, name].concat();
        self.skipped.add(reason, &path);
    }

    /// The next asset, or the next folder, whichever comes first.
    fn step(&mut self, level: &mut Level) -> Result<Step, WalkError> {
        while level.block.is_empty() && level.next_file < level.files.len() {
            let (first, end) = (level.next_file, group::block_end(&level.files, level.next_file));
            level.next_file = end;
            let all = self.choice.all_files;
            for index in first..end {
                let name = level.files.name(index);
                if !all && formats::kind(name) == Kind::Other {
                    self.skip(Reason::NotMedia, name);
                }
            }
            level.block =
                group::group(&level.files, first..end, |kind| all || kind != Kind::Other).into();
        }
        let file = level.block.front().map(|asset| level.files.name(asset[0].name));
        let folder = (level.next_folder < level.folders.len())
            .then(|| level.folders.name(level.next_folder));
        match (file, folder) {
            (None, None) => Ok(Step::Up),
            (Some(file), Some(folder)) if !before_folder(file, folder) => Ok(level.down()),
            (Some(_), _) => {
                if let Some(asset) = level.block.pop_front() {
                    self.asset(level, &asset)?;
                }
                Ok(Step::On)
            }
            (None, Some(_)) => Ok(level.down()),
        }
    }

    fn asset(&mut self, level: &Level, parts: &[Part]) -> Result<(), WalkError> {
        let mut resources = Vec::with_capacity(parts.len());
        for part in parts {
            let name = level.files.name(part.name);
            let local_id = [&self.path, name].concat();
            match stat(&level.fd, name) {
                Ok(stat) if FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile => {
                    resources.push(seen(local_id, name, *part, &stat));
                }
                // Replaced by something else, or gone, since its name was read: this scan says
                // nothing of the whole asset, the next one tells.
                _ => {
                    self.skipped.add(Reason::Unreadable, &local_id);
                    for part in parts {
                        let name = level.files.name(part.name);
                        self.walked.hidden.push([&self.path, name].concat());
                    }
                    return Ok(());
                }
            }
        }
        let Some(primary) = resources.first() else { return Ok(()) };
        let taken = primary.modified.unwrap_or_default().div_euclid(1_000_000);
        self.waiting.push(SeenAsset {
            local_id: primary.local_id.clone(),
            taken,
            favourite: false,
            albums: Vec::new(),
            cross_id: None,
            chosen: true,
            resources,
        });
        self.walked.assets += 1;
        if self.waiting.len() == PAGE { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), WalkError> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let page = std::mem::replace(&mut self.waiting, Vec::with_capacity(PAGE));
        if (self.page)(page) { Ok(()) } else { Err(WalkError::Stopped) }
    }
}

fn seen(local_id: Vec<u8>, name: &[u8], part: Part, stat: &Stat) -> SeenResource {
    let modified =
        i64::try_from(i128::from(stat.st_mtime) * 1_000_000_000 + i128::from(stat.st_mtime_nsec));
    SeenResource {
        local_id,
        role: part.role,
        media: part.media,
        name: name.to_vec(),
        size: Size::Exact(u64::try_from(stat.st_size).unwrap_or_default()),
        version: version(stat),
        locality: Locality::Local,
        access: Access::Seekable,
        modified: modified.ok(),
    }
}

fn stat(folder: &OwnedFd, name: &[u8]) -> rustix::io::Result<Stat> {
    rustix::fs::statat(folder, OsStr::from_bytes(name), AtFlags::SYMLINK_NOFOLLOW)
}

/// Whether `file` comes before everything in `folder` in the order of paths.
fn before_folder(file: &[u8], folder: &[u8]) -> bool {
    file.iter().copied().cmp(folder.iter().copied().chain([b'/'])).is_lt()
}

const PAGE: usize = 1_000;

#[cfg(test)]
#[path = "walk/tests.rs"]
mod tests;
