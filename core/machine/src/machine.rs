//! The machine as a driver sees it: events in, effects out, and when to come back.

use crate::effect::{Change, Effect, Part};
use crate::event::Event;
use crate::media::ResourceId;
use crate::resource::{Item, Orders, Resource, State};
use crate::session::Session;
use crate::settings::Config;
use crate::status::{Activity, Notice, Status};
use crate::time::{Elapsed, Now};
use serde::{Deserialize, Serialize};
use statig::blocking::{
    InitializedStateMachine, IntoStateMachineExt as _, UninitializedStateMachine,
};
use std::collections::{BTreeMap, VecDeque};

/// Both machines of one backup: the session, and one resource machine per file under way.
pub struct Machine {
    session: InitializedStateMachine<Session>,
    resources: BTreeMap<ResourceId, Resource>,
    effects: VecDeque<Effect>,
}

/// What the session has before it while it handles one event.
pub(crate) struct Desk<'a> {
    pub resources: &'a mut BTreeMap<ResourceId, Resource>,
    pub effects: &'a mut VecDeque<Effect>,
    pub now: Now,
}

impl Desk<'_> {
    /// Tells the user, or the log.
    pub(crate) fn notify(&mut self, notice: Notice) {
        self.effects.push_back(Effect::Notify(notice));
    }

    /// Has one part of the session stored: synced where a power cut must not roll it back.
    pub(crate) fn store(&mut self, part: Part) {
        let durable = matches!(part, Part::Ledger(_) | Part::Proposal(_) | Part::UserHold(_));
        self.effects.push_back(Effect::Persist { durable, change: Change::Session(part) });
    }
}

/// Everything that a machine is, at one moment: what a recorded log begins with. Not what is
/// stored across a kill (that is [`Part`] and the stages of rows).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    session: Session,
    activity: Activity,
    resources: Vec<(Item, State)>,
}

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
    /// The host has had long enough to report transfers, or to cancel one.
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
        let session = Session::new(config, parts).uninitialized_state_machine();
        Machine::assemble(session, BTreeMap::new())
    }

    /// The machine that `snapshot` was taken of. Given the same events it gives the same effects.
    pub fn replay(snapshot: Snapshot) -> Machine {
        let mut session = snapshot.session.uninitialized_state_machine();
        *session.state_mut() = snapshot.activity;
        // Entering the state that it was in orders nothing that was not ordered before.
        let (mut effects, mut signals, mut issued) = (VecDeque::new(), VecDeque::new(), 0);
        let mut resources = BTreeMap::new();
        for (item, state) in snapshot.resources {
            let mut orders = Orders {
                effects: &mut effects,
                signals: &mut signals,
                issued: &mut issued,
                elapsed: Elapsed(0),
                seed: 0,
            };
            resources.insert(item.row.id, Resource::resume(item, state, &mut orders));
        }
        Machine::assemble(session, resources)
    }

    fn assemble(
        session: UninitializedStateMachine<Session>,
        mut resources: BTreeMap<ResourceId, Resource>,
    ) -> Machine {
        let mut effects = VecDeque::new();
        let mut desk =
            Desk { resources: &mut resources, effects: &mut effects, now: Now::default() };
        let session = session.init_with_context(&mut desk);
        debug_assert!(effects.is_empty(), "a machine that was just made orders nothing");
        Machine { session, resources, effects }
    }

    /// What it is now. Taken between events, with all effects drained.
    pub fn snapshot(&self) -> Snapshot {
        let resource = |one: &Resource| (one.item().clone(), one.state().clone());
        Snapshot {
            session: self.session.inner().clone(),
            activity: *self.session.state(),
            resources: self.resources.values().map(resource).collect(),
        }
    }

    /// Something happened. First fires the deadlines that are due by `now`.
    #[allow(clippy::needless_pass_by_value)] // an event happens once
    pub fn handle(&mut self, event: Event, now: Now) {
        let mut desk = Desk { resources: &mut self.resources, effects: &mut self.effects, now };
        self.session.handle_with_context(&event, &mut desk);
    }

    /// The next thing to do. All `Persist` of a drain are one transaction, and first.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// The resources under way, in order: a scan tells what it sees of these as events, and leaves
    /// their stages alone.
    pub fn under_way(&self) -> impl Iterator<Item = ResourceId> {
        self.resources.keys().copied()
    }

    /// When to call [`Machine::handle`] with a [`Event::Tick`] if nothing else happens before.
    pub fn poll_timeout(&self) -> Option<Timeout> {
        let session = self.session.inner();
        let (due, why) = session.next_deadline()?;
        Some(Timeout { due, uptime: session.clock().uptime_at(due), why })
    }

    /// Where everything is. Counters are those of the last [`Event::Counted`].
    pub fn status(&self) -> Status {
        self.session.inner().status(*self.session.state(), &self.resources)
    }
}
