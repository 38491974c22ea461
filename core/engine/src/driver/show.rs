//! The status that is shown: at most ten a second, always the newest, and at once when the activity
//! changes.

use crate::events::Happened;
use crate::jobs::lock;
use crate::stream::Stream;
use keepsake_machine::hold::Hold;
use keepsake_machine::status::{Activity, Status};
use std::sync::{Arc, Mutex};

/// Milliseconds between two.
const EVERY: u64 = 100;

/// What is shown, and when the next is due.
pub(super) struct Show {
    shown: Arc<Mutex<Status>>,
    changed: bool,
    hurry: bool,
    last: Option<u64>,
}

impl Show {
    /// Shows in `shown`.
    pub(super) fn new(shown: Arc<Mutex<Status>>) -> Show {
        Show { shown, changed: false, hurry: false, last: None }
    }

    /// Something happened.
    pub(super) fn changed(&mut self) {
        self.changed = true;
    }

    /// The activity changed.
    pub(super) fn hurry(&mut self) {
        self.hurry = true;
    }

    /// What was shown last.
    pub(super) fn shown(&self) -> Status {
        lock(&self.shown).clone()
    }

    /// Shows the status if it is time; else says when it will be, if anything changed.
    pub(super) fn show(
        &mut self,
        uptime: u64,
        stream: &Stream,
        status: impl FnOnce() -> Status,
    ) -> Option<u64> {
        if !self.changed {
            return None;
        }
        let due = self.last.map_or(0, |last| last + EVERY);
        if uptime < due && !self.hurry {
            return Some(due);
        }
        self.last = Some(uptime);
        self.put(stream, status());
        None
    }

    /// The last one.
    pub(super) fn last(&mut self, stream: &Stream, mut status: Status) {
        if status.activity == Activity::Working {
            status.activity = Activity::Stopped;
        }
        self.put(stream, status);
    }

    /// The catalog cannot be written.
    pub(super) fn broken(&mut self, stream: &Stream, status: Option<Status>) {
        let mut status = status.unwrap_or_else(|| self.shown());
        status.activity = Activity::Paused;
        status.holds.set(Hold::CatalogUnwritable, true);
        status.under_way = 0;
        self.put(stream, status);
    }

    fn put(&mut self, stream: &Stream, status: Status) {
        (self.changed, self.hurry) = (false, false);
        let mut shown = lock(&self.shown);
        if *shown != status {
            shown.clone_from(&status);
            drop(shown);
            stream.put(Happened::Status(Box::new(status)));
        }
    }
}
