//! A folder, as the engine's photo library.

use crate::rest::Rest;
use crate::skipped::{Skipped, Tally};
use crate::version::version;
use crate::walk::{Choice, WalkError, walk};
use keepsake_engine::source::{Opened, Original, Pages, Refusal, Source};
use keepsake_machine::event::Disappearance;
use keepsake_machine::media::Version;
use rustix::fs::{FileType, Mode, OFlags};
use rustix::io::Errno;
use std::ffi::OsStr;
use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// What is said of a source in which nothing was found that had something before.
const EMPTY: &str = "the source has no photo or video any more: is its disk connected? Nothing is taken for deleted";

/// A folder that is backed up.
#[derive(Debug)]
pub struct Folder {
    root: PathBuf,
    state: PathBuf,
    choice: Choice,
    /// Only what is at rest is taken; `None`: everything.
    rest: Option<Rest>,
    skipped: Mutex<Tally>,
    trouble: Mutex<Option<String>>,
}

impl Folder {
    /// The folder `root`, which keeps the list of what it skips in `state`.
    pub fn new(root: &Path, state: &Path, choice: Choice) -> Folder {
        Folder {
            root: root.to_owned(),
            state: state.to_owned(),
            choice,
            rest: None,
            skipped: Mutex::new(Tally::default()),
            trouble: Mutex::new(None),
        }
    }

    /// The same, where a file is only taken when nobody has written to it for so long.
    #[must_use]
    pub fn at_rest(mut self, lasts: Duration) -> Folder {
        self.rest = Some(Rest::new(lasts));
        self
    }

    /// What the last scan skipped.
    pub fn skipped(&self) -> Tally {
        self.skipped.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Why the last scan ended early, if it did.
    pub fn trouble(&self) -> Option<String> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether nobody writes to it any more, nor to the photo that it belongs to. What cannot be told, is.
    fn rests(&self, local_id: &[u8], file: &File) -> bool {
        let Some(rest) = &self.rest else { return true };
        let at_rest = |local_id: &[u8], file: &File| {
            let Ok(stat) = rustix::fs::fstat(file) else { return true };
            let modified = file.metadata().and_then(|found| found.modified());
            modified.map_or(true, |modified| rest.is_at_rest(local_id, version(&stat), modified))
        };
        let photo = rest.photo_of(local_id).and_then(|photo| {
            let file = self.reach(&photo).ok()?;
            Some(at_rest(&photo, &File::from(file)))
        });
        photo.unwrap_or(true) && at_rest(local_id, file)
    }

    /// Opens a file below the root; no link on the way is followed.
    fn reach(&self, local_id: &[u8]) -> Result<OwnedFd, Refusal> {
        if local_id.split(|byte| *byte == b'/').any(|step| matches!(step, b"" | b"." | b"..")) {
            return Err(Refusal::OriginalMissing);
        }
        let root = rustix::fs::open(&self.root, crate::walk::FOLDER, Mode::empty())
            .map_err(|_| Refusal::SourceUnavailable)?;
        match at_once(root.as_fd(), OsStr::from_bytes(local_id)) {
            Some(file) => Ok(file),
            None => step_by_step(root, local_id),
        }
    }
}

/// In one call where the system can; `None`: not so, and the single steps tell why.
#[cfg(target_os = "linux")]
fn at_once(root: rustix::fd::BorrowedFd<'_>, name: &OsStr) -> Option<OwnedFd> {
    use rustix::fs::ResolveFlags;
    let beneath = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
    rustix::fs::openat2(root, name, PLAIN | OFlags::NOATIME, Mode::empty(), beneath).ok()
}

#[cfg(not(target_os = "linux"))]
fn at_once(_: rustix::fd::BorrowedFd<'_>, _: &OsStr) -> Option<OwnedFd> {
    None
}

fn step_by_step(root: OwnedFd, local_id: &[u8]) -> Result<OwnedFd, Refusal> {
    let mut steps = local_id.split(|byte| *byte == b'/').peekable();
    let mut at = root;
    while let Some(step) = steps.next() {
        let name = OsStr::from_bytes(step);
        let next = if steps.peek().is_some() {
            rustix::fs::openat(&at, name, crate::walk::FOLDER, Mode::empty())
        } else {
            open_file(at.as_fd(), name)
        };
        at = match next {
            Ok(next) => next,
            // It alone is away. Where its folder is too, or is empty or a link, that is more likely
            // a disk that went than a deletion: only a scan may tell.
            Err(Errno::NOENT) if steps.peek().is_none() && !is_empty(&at) => {
                return Err(Refusal::Gone(Disappearance::Deleted));
            }
            Err(why) => return Err(refusal(why)),
        };
    }
    Ok(at)
}

/// How an original is opened: without following a link, and without waiting for a pipe's other end.
const PLAIN: OFlags =
    OFlags::RDONLY.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC).union(OFlags::NONBLOCK);

/// Opens [`PLAIN`], and without changing the time of last access where we are allowed that.
fn open_file(folder: rustix::fd::BorrowedFd<'_>, name: &OsStr) -> rustix::io::Result<OwnedFd> {
    #[cfg(target_os = "linux")]
    match rustix::fs::openat(folder, name, PLAIN | OFlags::NOATIME, Mode::empty()) {
        Err(Errno::PERM) => {} // another user's file
        answer => return answer,
    }
    rustix::fs::openat(folder, name, PLAIN, Mode::empty())
}

/// Whether nothing is in it, as far as can be told.
fn is_empty(folder: &OwnedFd) -> bool {
    let other = |entry: rustix::io::Result<rustix::fs::DirEntry>| {
        entry.is_ok_and(|entry| !matches!(entry.file_name().to_bytes(), b"." | b".."))
    };
    !rustix::fs::Dir::read_from(folder).is_ok_and(|mut entries| entries.any(other))
}

fn refusal(why: Errno) -> Refusal {
    match why {
        Errno::NOENT | Errno::NOTDIR | Errno::LOOP => Refusal::Gone(Disappearance::Hidden),
        Errno::ACCESS | Errno::PERM => Refusal::Unreadable,
        Errno::NODEV | Errno::NXIO | Errno::STALE | Errno::NOTCONN | Errno::HOSTDOWN => {
            Refusal::SourceUnavailable
        }
        // Our own shortage, not the file's fault.
        Errno::MFILE | Errno::NFILE | Errno::NOMEM => Refusal::SourceUnavailable,
        _ => Refusal::ReadFailed,
    }
}

impl Source for Folder {
    fn scan(&self, mut pages: Pages) -> Result<(), Refusal> {
        let skipped = Skipped::listed_in(&self.state);
        let walked = walk(&self.root, &self.choice, skipped, &mut |page| {
            if let Some(rest) = &self.rest {
                rest.saw(&page);
            }
            pages.page(page).is_ok()
        });
        let trouble = match &walked {
            Err(why @ WalkError::Source { .. }) => Some(why.to_string()),
            Ok(walked) if walked.assets == 0 => Some(EMPTY.to_owned()),
            _ => None,
        };
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
        match walked {
            Ok(walked) => {
                // An empty source is more often a disk that is away than a wish to forget.
                let limited = walked.assets == 0;
                *self.skipped.lock().unwrap_or_else(PoisonError::into_inner) = walked.skipped;
                pages.finished(limited, walked.hidden);
                Ok(())
            }
            Err(WalkError::Source { why: Errno::ACCESS | Errno::PERM, .. }) => {
                Err(Refusal::NoAccess)
            }
            Err(WalkError::Source { .. }) => Err(Refusal::SourceUnavailable),
            Err(WalkError::Stopped) => Err(Refusal::Stopped),
        }
    }

    fn open(&self, original: &Original) -> Result<Opened, Refusal> {
        let fd = self.reach(&original.local_id)?;
        let stat = rustix::fs::fstat(&fd).map_err(refusal)?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return Err(Refusal::Gone(Disappearance::Hidden)); // a folder or pipe of its name
        }
        let file = File::from(fd);
        // First: one that is still written is another version each time, and is not given up on for that.
        if !self.rests(&original.local_id, &file) {
            return Err(Refusal::NotFinal);
        }
        if version(&stat) != original.version {
            return Err(Refusal::Changed);
        }
        Ok(Opened::File(file))
    }

    fn version(&self, _: &Original, opened: &Opened) -> Result<Version, Refusal> {
        let Opened::File(file) = opened;
        Ok(version(&rustix::fs::fstat(file).map_err(refusal)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use keepsake_machine::media::{Access, ResourceId, Role};

    fn original(local_id: &[u8], version: Version) -> Original {
        Original {
            resource: ResourceId(1),
            local_id: local_id.to_vec(),
            role: Role::Photo,
            access: Access::Seekable,
            version,
            size: None,
        }
    }

    #[test]
    fn an_original_is_opened_as_scanned_and_a_changed_one_is_refused() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("d")).unwrap();
        std::fs::write(root.path().join("d/a.jpg"), b"abc").unwrap();
        let folder = Folder::new(root.path(), root.path(), Choice::default());
        let mut seen = None;
        let taken = |mut page: Vec<keepsake_catalog::seen::SeenAsset>| {
            seen = page.pop();
            true
        };
        let mut taken = taken;
        walk(root.path(), &Choice::default(), Skipped::default(), &mut taken).unwrap();
        let version = seen.unwrap().resources[0].version;
        let wanted = original(b"d/a.jpg", version);
        let opened = folder.open(&wanted).unwrap();
        assert_eq!(folder.version(&wanted, &opened), Ok(version));
        std::fs::write(root.path().join("d/a.jpg"), b"abcd").unwrap();
        assert_ne!(folder.version(&wanted, &opened), Ok(version));
        assert_eq!(folder.open(&wanted).unwrap_err(), Refusal::Changed);
        let restless = Folder::new(root.path(), root.path(), Choice::default());
        let restless = restless.at_rest(Duration::from_hours(1));
        let now = original(b"d/a.jpg", folder.version(&wanted, &opened).unwrap());
        assert_eq!(restless.open(&now).unwrap_err(), Refusal::NotFinal);
        assert_eq!(restless.open(&wanted).unwrap_err(), Refusal::NotFinal, "and not Changed");
    }

    #[test]
    fn only_what_is_missing_by_itself_is_taken_for_deleted() {
        let root = tempfile::tempdir().unwrap();
        let at = |path: &str| root.path().join(path);
        for folder in ["away", "link", "file", "empty", "there", "elsewhere"] {
            std::fs::create_dir(at(folder)).unwrap();
            std::fs::write(at(folder).join("a.jpg"), b"a").unwrap();
        }
        std::fs::rename(at("away"), at("away.old")).unwrap();
        std::fs::rename(at("link"), at("link.old")).unwrap();
        std::os::unix::fs::symlink(at("elsewhere"), at("link")).unwrap();
        std::fs::rename(at("file"), at("file.old")).unwrap();
        std::fs::write(at("file"), b"").unwrap();
        std::fs::remove_file(at("empty/a.jpg")).unwrap();
        std::fs::write(at("there/b.jpg"), b"b").unwrap();
        std::fs::remove_file(at("there/a.jpg")).unwrap();
        std::os::unix::fs::symlink(at("elsewhere/a.jpg"), at("there/c.jpg")).unwrap();
        std::fs::create_dir(at("there/d.jpg")).unwrap();
        let folder = Folder::new(root.path(), root.path(), Choice::default());
        let answer = |name: &str| folder.open(&original(name.as_bytes(), Version(0))).unwrap_err();
        for hidden in
            ["away/a.jpg", "link/a.jpg", "file/a.jpg", "empty/a.jpg", "there/c.jpg", "there/d.jpg"]
        {
            assert_eq!(answer(hidden), Refusal::Gone(Disappearance::Hidden), "{hidden}");
        }
        assert_eq!(answer("there/a.jpg"), Refusal::Gone(Disappearance::Deleted));
    }

    #[test]
    fn nothing_outside_the_source_is_opened() {
        let root = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/etc", root.path().join("link")).unwrap();
        std::os::unix::fs::symlink("/etc/hostname", root.path().join("a.jpg")).unwrap();
        std::fs::create_dir(root.path().join("d")).unwrap();
        std::fs::write(root.path().join("b.jpg"), b"b").unwrap();
        let folder = Folder::new(root.path(), root.path(), Choice::default());
        for name in [
            &b"link/hostname"[..],
            b"a.jpg",
            b"../x.jpg",
            b"d/../b.jpg",
            b"/etc/hostname",
            b"gone.jpg",
        ] {
            // Not `open`, which refuses any other version too.
            assert!(folder.reach(name).is_err(), "{}", name.escape_ascii());
        }
    }
}
