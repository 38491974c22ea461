//! The way to a folder: whether a path still leads to the one that is held open, and whether there is
//! one at all. No link is followed.
//!
//! A folder that is held open can be written into wherever it was moved meanwhile. So before it is
//! used each step of the way is looked at, and nothing is opened ([`leads_there`]).

use super::fail::is_absent;
use crate::files::{Dir, Files, Kind};
use crate::vault::FolderSeen;
use std::ffi::{OsStr, OsString};
use std::io::{self, ErrorKind};

/// One step: a name in an open folder, and which folder it led to.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) above: Dir,
    name: OsString,
    /// Volume and number.
    identity: (u64, u64),
}

impl Step {
    /// From `above`, by `name`, to `opened`.
    pub(super) fn to(files: &dyn Files, above: &Dir, name: &str, opened: &Dir) -> io::Result<Step> {
        let identity = files.stat_dir(opened)?.identity;
        Ok(Step { above: above.clone(), name: OsStr::new(name).to_owned(), identity })
    }

    /// Whether the name still leads to it.
    fn leads_there(&self, files: &dyn Files) -> io::Result<bool> {
        match files.stat(&self.above, &self.name) {
            Ok(seen) => Ok(seen.kind == Kind::Dir && seen.identity == self.identity),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// Whether every step leads where it led.
pub(super) fn leads_there(files: &dyn Files, way: &[Step]) -> io::Result<bool> {
    for step in way {
        if !step.leads_there(files)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Looks which folders are there, one after the other: what is above the last one stays open, so
/// that in order of their paths each costs little more than one look.
pub(super) struct Walk<'a> {
    files: &'a dyn Files,
    root: &'a Dir,
    above: Vec<(String, Dir)>,
}

impl<'a> Walk<'a> {
    /// From the vault's root.
    pub(super) fn from(files: &'a dyn Files, root: &'a Dir) -> Walk<'a> {
        Walk { files, root, above: Vec::new() }
    }

    /// What lies at `path` (parts joined by `/`, empty for the root).
    pub(super) fn seen(&mut self, path: &str) -> FolderSeen {
        match self.mark(path) {
            Ok(Some((mark, true))) => FolderSeen::There(mark),
            Ok(None) => FolderSeen::Gone,
            Err(error) if is_absent(&error) => FolderSeen::Gone,
            Ok(Some((_, false))) | Err(_) => FolderSeen::Closed,
        }
    }

    /// The folder's mark, and whether it may be looked into.
    fn mark(&mut self, path: &str) -> io::Result<Option<(u64, bool)>> {
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let Some((last, above)) = parts.split_last() else {
            return Ok(self.files.mark(self.root, None)?.map(|mark| (mark, true)));
        };
        let same = self.above.iter().zip(above).take_while(|((open, _), part)| open == *part);
        let same = same.count();
        self.above.truncate(same);
        for part in &above[same..] {
            let at = self.above.last().map_or(self.root, |(_, dir)| dir);
            let dir = self.files.open_dir(at, OsStr::new(part))?;
            self.above.push(((*part).to_owned(), dir));
        }
        let at = self.above.last().map_or(self.root, |(_, dir)| dir);
        let Some(mark) = self.files.mark(at, Some(OsStr::new(last)))? else { return Ok(None) };
        Ok(Some((mark, self.files.is_open(at, OsStr::new(last))?)))
    }
}

/// Whether two ways lead to the same folders.
pub(super) fn is_same(one: &[Step], other: &[Step]) -> bool {
    one.iter().map(|step| step.identity).eq(other.iter().map(|step| step.identity))
}
