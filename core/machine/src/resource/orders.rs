//! What a resource orders while it handles an event, and what it signals to its session.

use crate::effect::{Change, Effect};
use crate::event::Trouble;
use crate::media::{ResourceId, SizeClass};
use crate::stage::{Fault, Stage};
use crate::status::{Notice, Unexpected};
use crate::time::Elapsed;
use std::collections::VecDeque;

/// The context of one event: where orders go, and what is the same for all resources.
pub(crate) struct Orders<'a> {
    /// Effects for the driver.
    pub effects: &'a mut VecDeque<Effect>,
    /// Signals for the session.
    pub signals: &'a mut VecDeque<(ResourceId, Signal)>,
    /// Counts the effects of this run: no two have one id.
    pub issued: &'a mut u32,
    /// The time.
    pub elapsed: Elapsed,
    /// For the jitter of back-offs.
    pub seed: u64,
}

/// What the session must know of a resource besides its [`super::Posture`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signal {
    /// Trouble that is not the item's.
    Trouble(Trouble),
    /// The item failed at the source.
    SourceFailed(Fault),
    /// The source served an original.
    SourceServed,
    /// The vault did something for us.
    VaultServed,
    /// Bytes moved over the network so far, by the effect that is under way.
    Moved(u64),
    /// So many bytes of a download landed.
    Landed(u64),
    /// More landed than was granted: so many so far.
    Outgrown(u64),
    /// Its staged original was evicted.
    Evicted,
    /// A size that the platform had not told.
    Learned(SizeClass, u64, u64),
    /// It became safe; its bytes.
    Safe(u64),
    /// An effect was answered: whatever happens next, this item did not crash us.
    Survived,
    /// It changed under our hands: only a scan knows its new version.
    Rescan,
    /// It backs off until then.
    Due(Elapsed),
}

impl Orders<'_> {
    /// Orders `effect`.
    pub(crate) fn order(&mut self, effect: Effect) {
        self.effects.push_back(effect);
    }

    /// Has `change` stored.
    pub(crate) fn store(&mut self, change: Change) {
        self.order(Effect::Persist { durable: false, change });
    }

    /// Has `change` stored and synced.
    pub(crate) fn store_durably(&mut self, change: Change) {
        self.order(Effect::Persist { durable: true, change });
    }

    /// Signals to the session.
    pub(crate) fn signal(&mut self, resource: ResourceId, signal: Signal) {
        self.signals.push_back((resource, signal));
    }

    /// Records an event that has no meaning where the resource stands.
    pub(crate) fn unexpected(
        &mut self,
        resource: ResourceId,
        stage: Stage,
        event: &str,
        late: bool,
    ) {
        self.order(Effect::Notify(Notice::Unexpected(Unexpected {
            resource: Some(resource),
            stage: Some(stage),
            event: event.to_owned(),
            late,
        })));
    }
}
