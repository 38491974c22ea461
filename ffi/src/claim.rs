//! A state folder is open once at a time in this process.

use crate::error::KeepsakeError;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// The states that are open, and whether their engines are about to end.
static OPEN: Mutex<BTreeMap<PathBuf, bool>> = Mutex::new(BTreeMap::new());
static GIVEN_UP: Condvar = Condvar::new();

/// This state is ours until it is dropped.
#[derive(Debug)]
pub(crate) struct Claim(PathBuf);

impl Claim {
    /// Claims a state; waits for an engine that is about to end, and refuses while one lives.
    pub(crate) fn to(state: &Path) -> Result<Claim, KeepsakeError> {
        let state = one_name(state);
        let mut open = open();
        loop {
            match open.get(&state) {
                None => break,
                Some(true) => {
                    open = GIVEN_UP.wait(open).unwrap_or_else(PoisonError::into_inner);
                }
                Some(false) => {
                    let detail = format!(
                        "a backup is open on {} already: stop that one first",
                        state.display()
                    );
                    return Err(KeepsakeError::InUse { detail });
                }
            }
        }
        open.insert(state.clone(), false);
        Ok(Claim(state))
    }

    /// It is given up soon: whoever wants it may wait for that.
    pub(crate) fn leaves(&self) {
        open().insert(self.0.clone(), true);
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        open().remove(&self.0);
        GIVEN_UP.notify_all();
    }
}

fn open() -> MutexGuard<'static, BTreeMap<PathBuf, bool>> {
    OPEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// However it was spelled.
fn one_name(state: &Path) -> PathBuf {
    // One that cannot be made cannot be opened either, and that is said then.
    let _ = std::fs::create_dir_all(state);
    let name = state.canonicalize().or_else(|_| std::path::absolute(state));
    name.unwrap_or_else(|_| state.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    #[test]
    fn a_state_is_claimed_once_whatever_it_is_called_and_again_when_it_was_given_up() {
        let folder = tempfile::tempdir().unwrap();
        let first = Claim::to(folder.path()).unwrap();
        let other_name = folder.path().join("x/../.");
        std::fs::create_dir(folder.path().join("x")).unwrap();
        assert!(matches!(Claim::to(&other_name), Err(KeepsakeError::InUse { .. })));
        drop(first);
        Claim::to(&other_name).unwrap();
    }

    #[test]
    fn who_wants_what_is_given_up_soon_gets_it_then_and_not_before() {
        let folder = tempfile::tempdir().unwrap();
        let first = Claim::to(folder.path()).unwrap();
        first.leaves();
        let (told, heard) = channel();
        let wants = (folder.path().to_owned(), told.clone());
        let waiter = std::thread::spawn(move || {
            let (state, told) = wants;
            told.send("asks").unwrap();
            let second = Claim::to(&state).unwrap();
            told.send("has it").unwrap();
            drop(second);
        });
        assert_eq!(heard.recv().unwrap(), "asks");
        told.send("given up").unwrap();
        drop(first);
        assert_eq!(heard.recv().unwrap(), "given up");
        assert_eq!(heard.recv().unwrap(), "has it");
        waiter.join().unwrap();
    }
}
