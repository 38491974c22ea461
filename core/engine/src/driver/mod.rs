//! The loop: events in, persist first, effects out.
//!
//! ```text
//! take what waits  ->  machine.handle(each)  ->  drain
//!                  ->  all Persist in ONE transaction, and only then everything else
//! ```
//!
//! | file | tells |
//! |---|---|
//! | `mod` | one turn |
//! | `messages` | what becomes of each message |
//! | `lanes` | who does the long ones, in what batches |
//! | `orders` | what becomes of each effect |
//! | `facts` | what the host told, kept for the next machine |
//! | `broken` | when the catalog cannot be written |
//! | `show` | the status that is shown |

mod broken;
mod facts;
mod lanes;
mod messages;
mod orders;
mod show;
#[cfg(test)]
mod tests;

use crate::inbox::Message;
use crate::jobs::send::OpenGroup;
use crate::jobs::{Desk, lock};
use crate::log;
use crate::recorder::Recorder;
use crate::runtime::{Driven, Next, Signal};
use crate::store::StoreError;
use broken::Broken;
use facts::Facts;
use keepsake_catalog::{Note, Which};
use keepsake_machine::effect::{Change, Effect};
use keepsake_machine::event::Event;
use keepsake_machine::machine::Machine;
use keepsake_machine::media::EffectId;
use keepsake_machine::settings::Config;
use keepsake_machine::stage::Stage;
use keepsake_machine::status::{Counts, Notice, Status};
use keepsake_machine::time::Now;
use lanes::Lanes;
use orders::UnderWay;
use show::Show;
use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

/// Events that are handled before a drain, at most.
const BATCH: usize = 1_024;
/// After a transaction the loop waits this many milliseconds for company, while jobs are under way:
/// answers that come together are stored together.
const LINGER: u64 = 4;
/// So many while the hashing workers have plenty to do.
const LONG_LINGER: u64 = 50;
/// What is plenty.
const PLENTY: usize = 64;
/// Unless this many events wait, or the host wishes something.
const COMPANY: usize = 256;

/// How far the last look at the vault is.
#[derive(Default, PartialEq, Eq)]
enum LastLook {
    #[default]
    Open,
    UnderWay,
    Done,
}

/// The loop.
#[allow(clippy::struct_excessive_bools)] // independent facts, each asked about by itself
pub(crate) struct Driver {
    desk: Arc<Desk>,
    config: Config,
    machine: Option<Machine>,
    lanes: Lanes,
    open: OpenGroup,
    under_way: HashMap<EffectId, UnderWay>,
    /// What was taken from the inbox and not handled yet.
    batch: VecDeque<Message>,
    /// Refills that were asked for and have not ended.
    refilling: u32,
    scanning: bool,
    scan_again: bool,
    /// Notes of answers, to be stored with what follows from the answers.
    notes: Vec<Note>,
    /// What the machine was last told of the counters.
    counts: Counts,
    counters_changed: bool,
    /// The machine let go of something: it waits to hear the counters, also unchanged ones.
    awaits_counters: bool,
    /// The uptime of the last transaction.
    stored: Option<u64>,
    recorder: Recorder,
    facts: Facts,
    show: Show,
    /// There is no machine: the catalog cannot be written, or none was made yet.
    broken: Option<Broken>,
    /// The user's last word, while there is no machine to hear it.
    paused: Option<bool>,
    /// The host wants an end.
    ending: bool,
    /// Housekeeping at the vault is under way.
    tidying: bool,
    /// The uptime at which what is left in staging is removed.
    remove_left_at: Option<u64>,
    /// The last look at the vault, before the end.
    last_look: LastLook,
    ended: Arc<Signal>,
}

impl Driver {
    /// A loop for a machine that is made when it starts.
    pub(crate) fn new(
        desk: Arc<Desk>,
        config: Config,
        recorder: Recorder,
        shown: Arc<Mutex<Status>>,
        ended: Arc<Signal>,
    ) -> Driver {
        let lanes = Lanes::new(&desk, &config.limits);
        Driver {
            show: Show::new(shown),
            desk,
            config,
            machine: None,
            lanes,
            open: OpenGroup::default(),
            under_way: HashMap::new(),
            batch: VecDeque::new(),
            refilling: 0,
            scanning: false,
            scan_again: false,
            notes: Vec::new(),
            counts: Counts::default(),
            counters_changed: false,
            awaits_counters: false,
            stored: None,
            recorder,
            facts: Facts::default(),
            // The first machine is made as every later one.
            broken: Some(Broken::default()),
            paused: None,
            ending: false,
            tidying: false,
            remove_left_at: None,
            last_look: LastLook::default(),
            ended,
        }
    }

    fn now(&self) -> Now {
        self.desk.runtime.now()
    }

    /// One turn.
    fn step(&mut self) -> Next {
        if self.broken.is_some() {
            return self.mend();
        }
        let now = self.now();
        if let Some(until) = self.lingers(now.uptime) {
            return Next::At(until);
        }
        self.batch = self.desk.inbox.take(BATCH).into();
        while let Some(message) = self.batch.pop_front() {
            self.take_in(message, now);
            if self.broken.is_some() {
                return Next::Now;
            }
        }
        self.count(now);
        let due = |machine: &Machine| machine.poll_timeout().map(|timeout| timeout.uptime);
        if self.machine.as_ref().and_then(due).is_some_and(|due| due <= now.uptime) {
            self.handle(Event::Tick, now);
        }
        self.drain(now);
        if self.broken.is_some() {
            return Next::Now;
        }
        self.close_group(now);
        // In the order in which an answer comes: from a lane, through the inbox, to the group.
        let sending =
            self.lanes.is_sending() || self.desk.inbox.len() > 0 || self.open.due().is_some();
        self.desk.sending.store(sending, Ordering::Relaxed);
        let gathers = self.lanes.kick(&self.desk, now.uptime, self.ending);
        self.next(now, gathers)
    }

    /// Whether to wait for company a moment longer.
    fn lingers(&self, uptime: u64) -> Option<u64> {
        let busy = self.lanes.checksum.waiting() >= PLENTY && !self.lanes.checksum.is_resting();
        let until = self.stored? + if busy { LONG_LINGER } else { LINGER };
        let inbox = &self.desk.inbox;
        let alone = inbox.len() < COMPANY && !inbox.has_wish() && !self.under_way.is_empty();
        (uptime < until && alone).then_some(until)
    }

    /// Hands an event to the machine, and to the log.
    fn handle(&mut self, event: Event, now: Now) {
        let Some(machine) = &mut self.machine else { return };
        self.recorder.event(now, &event);
        lock(&self.desk.clock).advance(now);
        machine.handle(event, now);
        self.show.changed();
    }

    /// Tells the machine the counters, where they changed or are waited for.
    fn count(&mut self, now: Now) {
        if !std::mem::take(&mut self.counters_changed) {
            return;
        }
        match self.desk.store.write(|catalog| Ok(catalog.counts())) {
            Ok(counts) if std::mem::take(&mut self.awaits_counters) || counts != self.counts => {
                self.counts = counts.clone();
                self.handle(Event::Counted(counts), now);
            }
            Ok(_) => {}
            Err(_) => self.break_down(),
        }
    }

    /// Persists first, then performs.
    fn drain(&mut self, now: Now) {
        let Some(machine) = &mut self.machine else { return };
        let (mut changes, mut orders, mut durable) = (Vec::new(), Vec::new(), false);
        while let Some(effect) = machine.poll_effect() {
            self.recorder.effect(&effect);
            match effect {
                Effect::Persist { durable: synced, change } => {
                    durable |= synced;
                    changes.push(change);
                }
                other => orders.push(other),
            }
        }
        if self.recorder.drained() {
            self.recorder.begin(machine);
        }
        if !changes.is_empty() || !self.notes.is_empty() {
            let notes = std::mem::take(&mut self.notes);
            let at = self.desk.elapsed();
            let stored = {
                // A scan must not settle a row between its last stage and its release.
                let mut held = lock(&self.desk.held);
                let store = &self.desk.store;
                let stored = store.write(|catalog| catalog.apply(&changes, &notes, durable, at));
                if stored.is_ok() {
                    ended(&changes).for_each(|resource| held.ended(resource));
                }
                stored
            };
            if stored.is_err() {
                return self.break_down();
            }
            for resource in ended(&changes) {
                self.awaits_counters = true;
                self.release(resource);
            }
            self.stored = Some(now.uptime);
            self.counters_changed = true;
        }
        if self.settle_later().is_err() {
            return self.break_down();
        }
        for order in orders {
            if let Effect::Notify(Notice::ActivityChanged(_)) = order {
                self.show.hurry();
            }
            self.perform(order, now);
        }
    }

    /// Settles what was said of rows while the machine held them.
    fn settle_later(&self) -> Result<(), StoreError> {
        let due = lock(&self.desk.held).due();
        for said in due.chunk_by(|(_, one), (_, next)| one == next) {
            let rows = said.iter().map(|(resource, _)| *resource).collect();
            self.desk.settle(&Which::These(rows), said[0].1)?;
        }
        Ok(())
    }

    /// Closes the open group when it is due, or when nobody else can join it.
    fn close_group(&mut self, now: Now) {
        let Some(due) = self.open.due() else { return };
        let joinable = self.refilling > 0
            || self.scanning
            || self.counters_changed
            || self.desk.inbox.len() > 0
            || self.lanes.brings_uploads();
        if due <= now.uptime || !joinable || self.ending {
            self.flush();
        }
    }

    /// Whether no job is under way.
    fn is_quiet(&self) -> bool {
        self.under_way.is_empty() && !self.scanning && self.refilling == 0 && !self.tidying
    }

    /// When to come back; what is to be shown is shown.
    fn next(&mut self, now: Now, gathers: Option<u64>) -> Next {
        if self.ending && self.is_quiet() && self.has_looked() {
            return self.end();
        }
        let (tidy, left) = (self.tidy_daily(now), self.remove_left(now));
        let mut soonest = match (self.open.due(), gathers) {
            (Some(group), Some(gathers)) => Some(group.min(gathers)),
            (group, gathers) => group.or(gathers),
        };
        let mut sooner = |at: Option<u64>| {
            if let Some(at) = at {
                soonest = Some(soonest.map_or(at, |soonest: u64| soonest.min(at)));
            }
        };
        sooner(tidy);
        sooner(left);
        if let Some(machine) = &self.machine {
            sooner(machine.poll_timeout().map(|timeout| timeout.uptime));
            sooner(self.show.show(now.uptime, &self.desk.stream, || machine.status()));
        }
        if self.desk.inbox.len() > 0 || self.counters_changed {
            return Next::Now;
        }
        if self.under_way.is_empty() {
            self.recorder.flush();
        }
        soonest.map_or(Next::Woken, Next::At)
    }

    /// An orderly end says nothing of what it stopped. Where that cannot be stored it counts like a kill.
    fn blame_nobody(&self) {
        let at = self.desk.elapsed();
        let _ = self.desk.store.write(|catalog| {
            let mut parts = catalog.parts()?;
            parts.retain(broken::is_blamed);
            parts.iter_mut().for_each(broken::clear);
            let changes: Vec<_> = parts.into_iter().map(Change::Session).collect();
            if changes.is_empty() {
                return Ok(());
            }
            catalog.apply(&changes, &[], false, at).map(|_| ())
        });
    }

    /// The end: everything is said, the catalog is closed.
    fn end(&mut self) -> Next {
        let now = self.now();
        self.count(now);
        if let Some(machine) = &self.machine {
            self.show.last(&self.desk.stream, machine.status());
        }
        self.recorder.end();
        self.machine = None;
        self.blame_nobody();
        let teed = self.desk.kept.retain(|_| false);
        self.desk.discard(teed);
        self.desk.close();
        log::ended();
        self.ended.give();
        Next::Never
    }
}

/// The resources that these changes bring to rest, or to a wait: the machine lets go of them.
fn ended(changes: &[Change]) -> impl Iterator<Item = keepsake_machine::ResourceId> {
    changes.iter().filter_map(|change| match change {
        Change::Stage { resource, stage } => {
            let over = stage.is_at_rest() || matches!(stage, Stage::Waiting(_));
            over.then_some(*resource)
        }
        _ => None,
    })
}

impl Driven for Driver {
    fn turn(&mut self) -> Next {
        // A mistake in the machine, or here, must not end the backup: it begins again from what is
        // stored, and what was under way three times is quarantined.
        catch_unwind(AssertUnwindSafe(|| self.step())).unwrap_or_else(|_| {
            log::panicked("the loop");
            self.machine = None;
            self.break_down();
            self.is_to_blame();
            Next::Now
        })
    }
}
