//! One sync for all who wait: a group commit.

use crate::files::{Dir, Files, Written};
use std::ffi::OsString;
use std::io;
use std::sync::{Condvar, Mutex, PoisonError};

/// Where groups wait for their bytes to be durable.
#[derive(Default)]
pub(super) struct Barrier {
    state: Mutex<State>,
    ended: Condvar,
}

#[derive(Default)]
struct State {
    /// A sync runs now.
    running: bool,
    /// Syncs begun and ended.
    begun: u64,
    ended: u64,
    /// Syncs that failed.
    failures: u64,
    /// What the next sync must cover, where the volume cannot be synced as a whole.
    written: Vec<(Dir, Option<OsString>)>,
}

impl Barrier {
    /// How many syncs have failed. A system tells a write error once, to whoever syncs first; so
    /// what was written before a failure counts as lost, whoever wrote it.
    pub(super) fn failures(&self) -> u64 {
        self.lock().failures
    }

    /// Returns when all of `written` is durable. `since`: the failures when writing began. Those
    /// who come while a sync runs share the next one.
    pub(super) fn pass(
        &self,
        files: &dyn Files,
        root: &Dir,
        written: &[Written<'_>],
        since: u64,
    ) -> io::Result<()> {
        let mut state = self.lock();
        let owned = |one: &Written<'_>| (one.dir.clone(), one.name.map(OsString::from));
        state.written.extend(written.iter().map(owned));
        let mine = state.begun + 1;
        while state.ended < mine {
            if state.running {
                state = self.ended.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            state.running = true;
            state.begun += 1;
            let this = state.begun;
            let all = std::mem::take(&mut state.written);
            drop(state);
            let all: Vec<_> =
                all.iter().map(|(dir, name)| Written { dir, name: name.as_deref() }).collect();
            let synced = files.barrier(root, &all);
            state = self.lock();
            state.running = false;
            state.ended = this;
            if synced.is_err() {
                state.failures += 1;
            }
            self.ended.notify_all();
            synced?;
        }
        if state.failures == since {
            Ok(())
        } else {
            Err(io::Error::other("another write to the same disk failed"))
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
