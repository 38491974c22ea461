//! The one clockwork: all time, spawning, file IO and hashing of the engine.
//!
//! `tokio.rs` drives it on threads and the system's clocks, `lockstep.rs` in virtual time on one
//! thread, in an order that repeats exactly.

use keepsake_machine::time::Now;

/// Work that may block, on a thread that is not the loop's.
pub type Job = Box<dyn FnOnce() + Send>;

/// All time and spawning. File IO goes through the vault crate's `Files`, which a runtime exposes.
pub trait Runtime: Send + Sync {
    /// What the clocks say.
    fn now(&self) -> Now;

    /// Runs `job` soon, on some thread. Jobs that become due at the same time run in the order of
    /// `order` in the lockstep twin; a real runtime may run them at once.
    fn spawn(&self, order: u64, job: Job);
}
