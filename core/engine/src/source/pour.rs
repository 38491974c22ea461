//! Where a poured original goes: the write end of a pipe.

use super::Refusal;
use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;

/// The write end of a pipe and the place for the verdict. The original is complete only with the
/// verdict `Ok` *and* the pipe's end; dropped without a verdict, it is incomplete.
pub struct Pour {
    pipe: Option<File>,
    stopped: Arc<AtomicBool>,
    verdict: Sender<Result<(), Refusal>>,
}

impl Pour {
    /// Takes the pipe to write to; `None` the second time. Close it before the verdict. A write
    /// that fails with "broken pipe" means stop. (On Apple systems set `F_SETNOSIGPIPE`.)
    pub fn pipe(&mut self) -> Option<File> {
        self.pipe.take()
    }

    /// Whether to stop: a permit was revoked.
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// All bytes were written, or this is why not.
    pub fn finished(mut self, verdict: Result<(), Refusal>) {
        self.pipe = None;
        // Nobody listens any more when the engine has given up on it: a late verdict is harmless.
        let _ = self.verdict.send(verdict);
    }

    /// The engine's own.
    pub(crate) fn new(
        pipe: File,
        stopped: Arc<AtomicBool>,
        verdict: Sender<Result<(), Refusal>>,
    ) -> Pour {
        Pour { pipe: Some(pipe), stopped, verdict }
    }
}
