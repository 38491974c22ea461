//! Where a poured original goes: the write end of a pipe.

use crate::descriptor;
use crate::error::PortError;
use keepsake_engine::Pour;
use std::sync::{Mutex, PoisonError};

/// The write end of a pipe, and the place for the verdict. The original is complete only with
/// [`PourInto::finished`] *and* the pipe's end; let go of without a verdict, it is incomplete.
#[derive(uniffi::Object)]
pub struct PourInto {
    pour: Mutex<Option<Pour>>,
    /// Whose bytes.
    resource: i64,
}

impl PourInto {
    pub(crate) fn new(pour: Pour, resource: i64) -> PourInto {
        PourInto { pour: Mutex::new(Some(pour)), resource }
    }

    fn ended(&self, verdict: Result<(), PortError>) {
        let pour = self.pour.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(pour) = pour {
            pour.finished(verdict.map_err(|why| why.heard("pour", Some(self.resource))));
        }
    }
}

#[uniffi::export]
impl PourInto {
    /// The descriptor to write to, once: the host closes it, before the verdict. A write that fails with
    /// a broken pipe means stop. (On Apple systems set `F_SETNOSIGPIPE`.)
    pub fn take_pipe(&self) -> Result<i32, PortError> {
        let mut pour = self.pour.lock().unwrap_or_else(PoisonError::into_inner);
        let pipe = pour.as_mut().and_then(Pour::pipe).ok_or(PortError::Stopped)?;
        Ok(descriptor::given(pipe))
    }

    /// Whether to stop: a permit was revoked, or the verdict is there.
    pub fn is_stopped(&self) -> bool {
        let pour = self.pour.lock().unwrap_or_else(PoisonError::into_inner);
        pour.as_ref().is_none_or(Pour::is_stopped)
    }

    /// All bytes were written, and the descriptor is closed. A second verdict is passed over.
    pub fn finished(&self) {
        self.ended(Ok(()));
    }

    /// This is why not all were.
    pub fn failed(&self, why: PortError) {
        self.ended(Err(why));
    }
}
