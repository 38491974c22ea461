//! The machine as a driver sees it: events in, effects out, and when to come back.

use crate::effect::{Effect, Part};
use crate::event::Event;
use crate::settings::Config;
use crate::status::Status;
use crate::time::{Elapsed, Now};
use serde::{Deserialize, Serialize};

/// Both machines of one backup: the session, and one resource machine per file under way.
pub struct Machine {}

/// Everything that a machine is, at one moment: what a recorded log begins with. Not what is
/// stored across a kill (that is [`Part`] and the stages of rows).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {}

/// When to come back although nothing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeout {
    /// On the machine's own clock.
    pub due: Elapsed,
    /// The same moment as uptime of this boot, milliseconds.
    pub uptime: u64,
    /// What will be due, for the log.
    pub why: Deadline,
}

/// What a deadline is for. Deadlines that are due at one moment fire in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Deadline {
    /// The vault is probed again.
    Vault,
    /// The source is tried again.
    Source,
    /// A new day of metered data may begin.
    Day,
    /// The host has had long enough to report transfers.
    Transfers,
    /// A proposal to free space runs out.
    Proposal,
    /// A step of the migration has waited long enough.
    Migration,
    /// The alarm is looked at.
    Alarm,
    /// The disk is read again.
    Disk,
    /// A resource's back-off ends.
    Retry,
}

impl Machine {
    /// A machine with what the catalog kept of earlier runs (nothing, at the first start). It does
    /// nothing before [`Event::Started`].
    pub fn new(config: Config, parts: Vec<Part>) -> Machine {
        let _ = (config, parts);
        unimplemented!()
    }

    /// The machine that `snapshot` was taken of. Given the same events it gives the same effects.
    pub fn replay(snapshot: Snapshot) -> Machine {
        let _ = snapshot;
        unimplemented!()
    }

    /// What it is now. Taken between events, with all effects drained.
    pub fn snapshot(&self) -> Snapshot {
        unimplemented!()
    }

    /// Something happened. First fires the deadlines that are due by `now`.
    pub fn handle(&mut self, event: Event, now: Now) {
        let _ = (event, now);
        unimplemented!()
    }

    /// The next thing to do. All `Persist` of a drain are one transaction, and first.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        unimplemented!()
    }

    /// When to call [`Machine::handle`] with a [`Event::Tick`] if nothing else happens before.
    pub fn poll_timeout(&self) -> Option<Timeout> {
        unimplemented!()
    }

    /// Where everything is. Counters are those of the last [`Event::Counted`].
    pub fn status(&self) -> Status {
        unimplemented!()
    }
}
