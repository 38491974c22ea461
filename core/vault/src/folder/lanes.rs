//! Where in this device's staging a thread stages: a subfolder of its own, a new one now and then.
//!
//! A file system locks a folder for every name made in it or taken out of it. Threads that stage
//! and threads that rename away would wait for each other in one folder.

use super::fail::fail;
use super::home::Home;
use crate::error::VaultError;
use crate::files::{Dir, Files};
use std::ffi::{OsStr, OsString};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Threads that stage at once without waiting for each other.
const LANES: usize = 8;
/// Files staged in one subfolder: about what a group takes out again at once.
const PER_FOLDER: u32 = 256;

static THREADS: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static THREAD: usize = THREADS.fetch_add(1, Ordering::Relaxed);
}

#[derive(Default)]
pub(super) struct Lanes {
    lanes: [Mutex<Lane>; LANES],
}

#[derive(Default)]
struct Lane {
    open: Option<Open>,
    /// Earlier subfolders, to be removed when they are empty.
    left: Vec<OsString>,
}

struct Open {
    home: Arc<Home>,
    dir: Dir,
    name: OsString,
    staged: u32,
}

impl Lanes {
    /// The subfolder in which this thread stages its next file. `fresh` names a new one.
    pub(super) fn folder(
        &self,
        files: &dyn Files,
        home: &Arc<Home>,
        fresh: impl FnOnce() -> OsString,
    ) -> Result<Dir, VaultError> {
        let lane = THREAD.with(|thread| thread % LANES);
        let mut lane = self.lanes[lane].lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = &mut lane.open
            && open.staged < PER_FOLDER
            && Arc::ptr_eq(&open.home, home)
        {
            open.staged += 1;
            return Ok(open.dir.clone());
        }
        let staging = home.staging()?;
        let name = fresh();
        let failed = |error| fail("staging in", &name.to_string_lossy(), 4096, error);
        files.make_dir(staging, &name).map_err(failed)?;
        let dir = files.open_dir(staging, &name).map_err(failed)?;
        lane.left.retain(|old| files.remove_dir(staging, old).is_err());
        let open = Open { home: Arc::clone(home), dir: dir.clone(), name, staged: 1 };
        if let Some(old) = lane.open.replace(open) {
            lane.left.push(old.name);
            // Many that cannot be removed are swept at the next opening.
            let more = lane.left.len().saturating_sub(64);
            lane.left.drain(..more);
        }
        Ok(dir)
    }
}

/// Removes a subfolder of staging with the files in it. Anything else that lies there stays.
pub(super) fn remove_folder(files: &dyn Files, staging: &Dir, name: &OsStr) -> u64 {
    let Ok(dir) = files.open_dir(staging, name) else { return 0 };
    let mut names = Vec::new();
    if files.list(&dir, &mut |name, _| names.push(name.to_owned())).is_err() {
        return 0;
    }
    let removed = names.iter().filter(|name| files.remove(&dir, name).is_ok()).count();
    let _ = files.remove_dir(staging, name); // stays if something else lies there
    removed as u64
}
