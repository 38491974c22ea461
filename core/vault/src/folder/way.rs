//! The way to a folder that is held open: whether its path still leads there.
//!
//! A folder that is held open can be written into wherever it was moved meanwhile. So before it is
//! used each step of the way is looked at; no link is followed, and nothing is opened.

use crate::files::{Dir, Files, Kind};
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

/// Whether two ways lead to the same folders.
pub(super) fn is_same(one: &[Step], other: &[Step]) -> bool {
    one.iter().map(|step| step.identity).eq(other.iter().map(|step| step.identity))
}
