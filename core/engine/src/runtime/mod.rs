//! The one clockwork: all time, spawning, file IO and randomness of the engine.
//!
//! [`Threads`] drives it on threads and the system's clocks, [`Lockstep`] in virtual time on one
//! thread, in an order that repeats exactly. No other file of the engine names tokio's timers or
//! blocking threads, starts a thread or reads a clock.

mod lockstep;
mod tokio;

use keepsake_machine::time::Now;
use keepsake_vault::Vault;
use keepsake_vault::files::Files;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

pub use lockstep::Lockstep;
pub use tokio::Threads;

/// Work that may block, on a thread that is not the loop's.
pub type Job = Box<dyn FnOnce() + Send>;

/// Says that there is something for the loop to do.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// All time, spawning, file IO and randomness.
pub trait Runtime: Send + Sync {
    /// What the clocks say.
    fn now(&self) -> Now;

    /// Runs `job` soon, on some thread. Jobs that become due at the same time run in the order of
    /// `order`, then of spawning, in the lockstep twin; a real runtime may run them at once.
    fn spawn(&self, order: u64, job: Job);

    /// Runs `job` when `delay` has passed.
    fn after(&self, delay: Duration, order: u64, job: Job);

    /// Runs `job` at once on a thread of its own, beside the caller, who will wait for what it
    /// does (the other end of a pipe).
    fn beside(&self, job: Job);

    /// Takes turns with `driven` on a thread of its own until it has ended. The returned wake asks
    /// for another turn, at whatever moment and from whatever thread.
    fn drive(&self, driven: Box<dyn Driven>) -> std::io::Result<Wake>;

    /// Waits until `signal` was given.
    fn wait(&self, signal: &Signal);

    /// The file system.
    fn files(&self) -> Arc<dyn Files>;

    /// A vault that was opened, as this runtime shows it: as it is, or dressed by a test.
    fn show(&self, vault: Arc<dyn Vault>) -> Arc<dyn Vault> {
        vault
    }

    /// 64 random bits: not for secrets; in the lockstep twin always the same ones.
    fn random(&self) -> u64;

    /// How many threads are worth having.
    fn cores(&self) -> usize;
}

/// Something that is given turns: the loop.
pub trait Driven: Send {
    /// Does everything that there is to do now, in small portions, and says when to come back.
    fn turn(&mut self) -> Next;
}

/// When the next turn is due, if nobody wakes the loop before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// At once: more is waiting.
    Now,
    /// At this uptime of this boot, in milliseconds.
    At(u64),
    /// When woken.
    Woken,
    /// Never: it has ended.
    Never,
}

/// Works on several threads beside the caller, who leads: `work` runs `count` times at once, `lead`
/// here; returns when all have ended. For calls that block anyway.
pub(crate) fn together<T>(count: usize, work: impl Fn() + Sync, lead: impl FnOnce() -> T) -> T {
    std::thread::scope(|scope| {
        for _ in 0..count {
            scope.spawn(&work);
        }
        lead()
    })
}

/// A thing that happens once and can be waited for.
#[derive(Debug, Default)]
pub struct Signal {
    given: Mutex<bool>,
    changed: Condvar,
}

impl Signal {
    /// Gives it. Again does nothing.
    pub fn give(&self) {
        *self.given.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_all();
    }

    /// Whether it was given.
    pub fn is_given(&self) -> bool {
        *self.given.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Blocks until it is given by a thread beside the runtime; what the runtime's own jobs give is waited
    /// for with [`Runtime::wait`].
    pub(crate) fn block(&self) {
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        while !*given {
            given = self.changed.wait(given).unwrap_or_else(PoisonError::into_inner);
        }
    }
}
