//! Bringing back what waits for a condition: no time brings such rows back, so whenever a condition
//! may have come, all of them are looked through once more.
//!
//! They are walked by id, a question's room at a time. One that goes on waiting lies behind the walk
//! and does not come round again. What was not permitted meanwhile, or not beyond a size, was not
//! looked at: it is owed, and comes when it is permitted.

use crate::effect::WantClass;
use crate::media::{Locality, Media, ResourceId};
use crate::row::Row;
use crate::stage::Stage;
use crate::time::Elapsed;
use serde::{Deserialize, Serialize};

/// One kind of rows that are looked through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Kind {
    media: Media,
    locality: Locality,
    digest_known: bool,
    /// Only those up to a size.
    limited: bool,
}

impl Kind {
    fn of(class: &WantClass) -> Kind {
        let WantClass { media, locality, digest_known, at_most } = *class;
        Kind { media, locality, digest_known, limited: at_most.is_some() }
    }

    /// Whether looking through these has shown all of `other`.
    fn covers(self, other: Kind) -> bool {
        self == other || Kind { limited: true, ..self } == other
    }
}

/// How far the look through what waits for a condition is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Recall {
    /// These were looked through since a condition last changed.
    done: Vec<Kind>,
    /// These are being looked through.
    walked: Vec<Kind>,
    /// Up to this id.
    beyond: Option<ResourceId>,
}

impl Recall {
    /// A condition may have come: everything is looked through anew.
    pub(crate) fn begin(&mut self) {
        *self = Recall::default();
    }

    /// Where to go on, for [`crate::effect::Want::recall`]; `None` where nothing is owed.
    pub(crate) fn next(&mut self, classes: &[WantClass]) -> Option<ResourceId> {
        let asked: Vec<Kind> = classes.iter().map(Kind::of).collect();
        let looked_through = |kind: &Kind| self.done.iter().any(|done| done.covers(*kind));
        if asked.iter().all(looked_through) {
            return None;
        }
        if self.walked != asked {
            self.walked = asked;
            self.beyond = None;
        }
        Some(self.beyond.unwrap_or(ResourceId(i64::MIN)))
    }

    /// What came in answer to [`Recall::next`], where at most so many rows were to come that wait.
    pub(crate) fn brought(&mut self, rows: &[Row], most: u32) {
        let last = rows.iter().filter(|row| waits(&row.stage)).map(|row| row.id).max();
        self.beyond = self.beyond.max(last);
        let waiting = rows.iter().filter(|row| matches!(row.stage, Stage::Waiting(_)));
        if waiting.count() < most as usize {
            let walked = std::mem::take(&mut self.walked);
            self.done.retain(|done| !walked.iter().any(|kind| kind.covers(*done)));
            self.done.extend(walked);
            self.beyond = None;
        }
    }
}

/// Whether it waits for a condition, and not for a time.
pub(crate) fn waits(stage: &Stage) -> bool {
    matches!(stage, Stage::Waiting(waiting) if waiting.due == Elapsed(u64::MAX))
}
