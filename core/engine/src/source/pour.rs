//! Where a poured original goes: the write end of a pipe.

use super::Refusal;
use crate::runtime::Signal;
use std::fs::File;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

/// The write end of a pipe and the place for the verdict. The original is complete only with the
/// verdict `Ok` *and* the pipe's end; dropped without a verdict, it is incomplete.
pub struct Pour {
    pipe: Option<File>,
    stopped: Arc<AtomicBool>,
    judge: Arc<Judge>,
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
        self.judge.says(verdict);
    }

    /// The engine's own.
    pub(crate) fn new(pipe: File, stopped: Arc<AtomicBool>, judge: Arc<Judge>) -> Pour {
        Pour { pipe: Some(pipe), stopped, judge }
    }
}

/// Who may give the verdict: the host, and who asks it to pour. The first one counts; that there is none is
/// known when both have let go of this. (A channel of `std` does the same with ten kilobytes of code, which
/// every phone would carry.)
pub(crate) struct Judge(Arc<Verdict>);

/// Where a verdict is waited for.
#[derive(Default)]
pub(crate) struct Verdict {
    said: OnceLock<Result<(), Refusal>>,
    known: Signal,
}

impl Judge {
    pub(crate) fn says(&self, verdict: Result<(), Refusal>) {
        // A second one, or one that nobody waits for any more, is harmless.
        let _ = self.0.said.set(verdict);
        self.0.known.give();
    }
}

impl Drop for Judge {
    fn drop(&mut self) {
        self.0.known.give();
    }
}

impl Verdict {
    /// The one who may give it, and where it is waited for.
    pub(crate) fn of_a_pour() -> (Arc<Judge>, Arc<Verdict>) {
        let verdict = Arc::<Verdict>::default();
        (Arc::new(Judge(Arc::clone(&verdict))), verdict)
    }

    /// Waits for it. `None`: there will be none.
    pub(crate) fn heard(&self) -> Option<Result<(), Refusal>> {
        self.known.block();
        self.said.get().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_verdict_counts_and_the_last_who_lets_go_says_that_there_is_none() {
        let (judge, verdict) = Verdict::of_a_pour();
        judge.says(Ok(()));
        judge.says(Err(Refusal::Changed));
        assert_eq!(verdict.heard(), Some(Ok(())));

        let (judge, verdict) = Verdict::of_a_pour();
        let other = Arc::clone(&judge);
        drop(judge);
        assert!(!verdict.known.is_given(), "the other may still say it");
        let heard = std::thread::spawn(move || verdict.heard());
        drop(other);
        assert_eq!(heard.join().unwrap(), None);
    }

    #[test]
    fn a_host_that_lets_go_leaves_the_word_to_who_asked_it() {
        let (judge, verdict) = Verdict::of_a_pour();
        let (_, pipe) = std::io::pipe().unwrap();
        let pipe = File::from(std::os::fd::OwnedFd::from(pipe));
        drop(Pour::new(pipe, Arc::default(), Arc::clone(&judge)));
        judge.says(Err(Refusal::Changed));
        assert_eq!(verdict.heard(), Some(Err(Refusal::Changed)));
    }
}
