//! The session: holds, permits, disk, budget, windows, fairness, advice, free-up, migration.
//!
//! What is a rule of its own is a pure module of its own ([`disk`], [`budget`], [`backoff`], …);
//! what ties them together is here, in the order of one event:
//!
//! ```text
//! deadlines that are due   deadlines.rs
//! the event                facts.rs, work.rs, refilling.rs, freeing.rs
//! then, until it rests:    what resources signalled   work.rs
//!                          holds and permits          schedule.rs
//!                          who may begin              schedule.rs
//! rows, disk, parts        refilling.rs, facts.rs, parts.rs
//! the activity             activity.rs
//! ```

/// Where a resource's orders go, borrowed field by field beside the resource itself.
macro_rules! orders {
    ($session:ident, $desk:ident) => {
        Orders {
            effects: &mut *$desk.effects,
            signals: &mut $session.signals,
            issued: &mut $session.issued,
            elapsed: $session.clock.elapsed(),
            seed: $session.config.seed,
        }
    };
}

mod activity;
pub mod admissions;
pub mod advice;
pub mod alarm;
pub mod backoff;
pub mod budget;
mod deadlines;
pub mod disk;
pub mod estimate;
mod facts;
pub mod free_up;
mod freeing;
pub mod holds;
mod metered;
pub mod migration;
mod pace;
mod parts;
mod recall;
mod refilling;
mod report;
mod schedule;
mod slots;
mod work;

use crate::effect::{Effect, Part, Proposal};
use crate::event::{Event, TransferOutcome};
use crate::hold::Holds;
use crate::machine::Desk;
use crate::media::{ResourceId, Run};
use crate::permit::Permits;
use crate::resource::{Signal, Told};
use crate::settings::Config;
use crate::status::{Activity, Advice, Counts, Notice, Unexpected};
use crate::time::{Clock, Elapsed};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Everything that the session knows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(clippy::struct_excessive_bools)] // independent facts
pub(crate) struct Session {
    config: Config,
    run: Run,
    started: bool,
    /// The activity that was told last.
    told: Activity,
    clock: Clock,
    /// Counts the long effects of this run.
    issued: u32,
    fairness: u64,

    conditions: holds::Conditions,
    window: Window,
    holds: Holds,
    permits: Permits,
    /// The settings changed: the same holds may permit something else.
    permits_stale: bool,
    backoffs: backoff::Backoffs,

    disk: disk::Disk,
    disk_read_at: Elapsed,
    disk_doubted: bool,
    /// The smallest download that waits, as (bytes, factor).
    smallest_waiting: Option<(u64, u64)>,
    learned: estimate::Learned,
    /// Downloads that ran out of room alone: they need at least so many bytes.
    at_least: BTreeMap<ResourceId, u64>,
    /// How many downloads each that waits for room has let pass.
    passed: BTreeMap<ResourceId, u32>,
    /// What was to be staged for the OS and had no room there: it is sent by us, as long as it is under
    /// way. (Tried again at once, it would be in the way of its own space, and out of it, for ever.)
    #[serde(default)]
    unstaged: BTreeSet<ResourceId>,
    /// Downloads that wait for a larger reservation, with what landed.
    outgrown: BTreeMap<ResourceId, u64>,
    data: metered::Data,
    day_looked_at: Option<Elapsed>,
    /// How many windows in a row have cut a transfer short.
    cuts: BTreeMap<ResourceId, u8>,

    /// An original was found to be only in the cloud, in this run or an earlier one.
    saw_cloud: bool,
    counts: Counts,
    /// Something left memory whose counters have not come back from the catalog.
    uncounted: bool,
    slots: slots::Slots,
    #[serde(skip)]
    signals: VecDeque<(ResourceId, Signal)>,
    refilling: refilling::Refilling,
    admissions: admissions::Admissions,
    scanning: Scanning,
    transfers_due: Option<Elapsed>,
    transfers_found: BTreeSet<ResourceId>,
    /// Ended before their rows were taken up.
    transfers_ended: BTreeMap<ResourceId, TransferOutcome>,
    /// The OS was asked to cancel these, and has until then to say that it did.
    cancelling: BTreeMap<ResourceId, Elapsed>,

    pace: pace::Pace,
    alarm: alarm::Alarm,
    advised: Vec<Advice>,
    migration: migration::Migration,
    free_up: free_up::FreeUp,
    /// A proposal that a kill left open.
    restored: Option<Proposal>,
    dirty: parts::Dirty,
}

/// How the scan of the library stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Scanning {
    under_way: bool,
    /// One has ended in this run, and none is owed.
    finished: bool,
    /// Something changed under our hands: another is wanted.
    again: bool,
}

/// How much time we have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
enum Window {
    /// In front, or on a host without windows.
    #[default]
    Open,
    /// The OS granted it and will take it away.
    Limited,
}

impl Window {
    fn is_limited(self) -> bool {
        self == Window::Limited
    }
}

impl Session {
    /// A session with what was stored of earlier runs.
    pub(crate) fn new(config: Config, parts: Vec<Part>) -> Session {
        let mut disk = disk::Disk::default();
        disk.set_limits(config.settings.reserve, config.settings.staging);
        let permits =
            crate::permit::permits(Holds::NONE, config.settings.metered, config.vault.remote);
        let mut session = Session {
            config,
            run: Run(0),
            started: false,
            told: Activity::Stopped,
            clock: Clock::default(),
            issued: 0,
            fairness: 0,
            conditions: holds::Conditions::default(),
            window: Window::Open,
            holds: Holds::NONE,
            permits,
            permits_stale: false,
            backoffs: backoff::Backoffs::default(),
            disk,
            disk_read_at: Elapsed(0),
            disk_doubted: false,
            smallest_waiting: None,
            learned: estimate::Learned::default(),
            at_least: BTreeMap::new(),
            passed: BTreeMap::new(),
            unstaged: BTreeSet::new(),
            outgrown: BTreeMap::new(),
            data: metered::Data::default(),
            day_looked_at: None,
            cuts: BTreeMap::new(),
            saw_cloud: false,
            counts: Counts::default(),
            uncounted: false,
            slots: slots::Slots::default(),
            signals: VecDeque::new(),
            refilling: refilling::Refilling::default(),
            admissions: admissions::Admissions::default(),
            scanning: Scanning::default(),
            transfers_due: None,
            transfers_found: BTreeSet::new(),
            transfers_ended: BTreeMap::new(),
            cancelling: BTreeMap::new(),
            pace: pace::Pace::default(),
            alarm: alarm::Alarm::default(),
            advised: Vec::new(),
            migration: migration::Migration::default(),
            free_up: free_up::FreeUp::default(),
            restored: None,
            dirty: parts::Dirty::default(),
        };
        for part in parts {
            session.restore(part);
        }
        session
    }

    /// The clock.
    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    /// An event before the run began: conditions are noted, everything else is too early.
    fn before_start(&mut self, event: &Event, desk: &mut Desk<'_>) {
        self.clock.advance(desk.now);
        match event {
            Event::Started { run } => {
                self.started = true;
                self.begin(*run, desk);
                self.attend(desk);
            }
            Event::NetworkChanged(_)
            | Event::PowerChanged(_)
            | Event::AccessChanged(_)
            | Event::LockChanged { .. }
            | Event::WindowOpened { .. }
            | Event::WindowEnding
            | Event::UserPaused
            | Event::UserResumed
            | Event::VaultChanged(_) => {
                self.conditions.heed(event);
                self.heed_window(event);
                if let Event::VaultChanged(crate::event::VaultHealth::Unavailable) = event {
                    self.backoffs.vault_failed(self.clock.elapsed(), self.config.seed);
                }
            }
            Event::SettingsChanged(settings) => self.settings_changed(settings),
            Event::Counted(counts) => self.counted(counts),
            Event::Tick => {}
            _ => Self::unexpected(event.name(), false, desk),
        }
    }

    /// An event of a run.
    fn on(&mut self, event: &Event, desk: &mut Desk<'_>) {
        self.clock.advance(desk.now);
        if self.conditions.catalog_unwritable {
            // Nothing is ordered any more; the driver makes a new machine.
            return;
        }
        self.fire_deadlines(desk);
        match event {
            Event::Started { .. } => Self::unexpected("Started", false, desk),
            Event::Tick => {}
            Event::NetworkChanged(_)
            | Event::PowerChanged(_)
            | Event::AccessChanged(_)
            | Event::LockChanged { .. }
            | Event::WindowOpened { .. }
            | Event::WindowEnding
            | Event::UserPaused
            | Event::UserResumed
            | Event::VaultChanged(_) => self.heed(event, desk),
            Event::DiskRead { asked, available, total } => {
                let before = self.disk.total();
                self.disk.read(*asked, *available, *total);
                // What was larger than the whole disk may fit on it now.
                if before.is_some_and(|before| self.disk.total() > Some(before)) {
                    self.refilling.recall();
                }
                self.disk_read_at = self.clock.elapsed();
                // What the reading means first: the migration looks at that.
                self.update_permits(desk);
                self.migrate(|_| {}, desk);
            }
            Event::SettingsChanged(settings) => self.settings_changed(settings),
            Event::RetryRequested => {
                self.at_least.clear();
                self.refilling.recall();
            }
            Event::DestinationChanged(vault) => self.destination_changed(*vault, desk),
            Event::Refilled { .. } => self.refilled(event, desk),
            Event::Counted(counts) => {
                self.counted(counts);
                self.look_at_alarm(desk);
            }
            Event::CatalogFailed => {
                self.catalog_failed(desk);
                self.holds = self.holds.with(crate::hold::Hold::CatalogUnwritable);
                desk.notify(Notice::HoldsChanged(self.holds));
                return;
            }
            Event::ScanStarted => self.scanning.under_way = true,
            Event::ScanFinished { changed } => self.scan_finished(*changed),
            Event::VersionChanged { resource, row } => {
                if !desk.resources.contains_key(resource) {
                    // It came to rest just before: how its version before ended was stored for this one.
                    self.scanning.again = true;
                    // What it left staged is of the version before.
                    if self.disk.unstage(*resource) {
                        desk.effects.push_back(Effect::Evict { resource: *resource });
                    }
                }
                self.tell(*resource, &Told::VersionChanged(row.clone()), desk);
            }
            Event::Disappeared { resource, how } => {
                self.tell(*resource, &Told::Disappeared(*how), desk);
            }
            Event::StagingLeft { resource } => self.staging_left(*resource, desk),
            Event::Answered { id, answer } => {
                self.tell(id.resource, &Told::Answered(*id, *answer), desk);
            }
            Event::Progressed { id, bytes } => {
                self.tell(id.resource, &Told::Progressed(*id, *bytes), desk);
            }
            Event::TransferFound { resource } => {
                self.transfers_found.insert(*resource);
                if desk.resources.contains_key(resource) {
                    self.tell(*resource, &Told::TransferFound, desk);
                }
            }
            Event::TransferFinished { resource, outcome } => {
                self.transfer_finished(*resource, *outcome, desk);
            }
            Event::TransfersReported => self.transfers_reported(desk),
            Event::FreeUpRequested { .. }
            | Event::FreeUpCandidates { .. }
            | Event::FreeUpConfirmed { .. }
            | Event::FreeUpAnswered { .. }
            | Event::ProposalRestored(_)
            | Event::PhotosRecovered => self.free_up_event(event, desk),
        }
        self.attend(desk);
    }

    /// Does what follows, until nothing does any more.
    fn attend(&mut self, desk: &mut Desk<'_>) {
        loop {
            self.hear(desk);
            self.update_permits(desk);
            let before = self.data.is_empty(&self.config.settings);
            let granted = self.grant(desk);
            // That the day has no room left is found out by who asks for some.
            let spent = self.data.is_empty(&self.config.settings) != before;
            if !granted && !spent && self.signals.is_empty() {
                break;
            }
        }
        if self.disk_doubted || (self.needs_disk() && self.disk.needs_reading()) {
            self.read_disk(desk);
        }
        self.ask_for_rows(desk);
        self.store_parts(desk);
    }

    /// Whether free space is of interest: something is, or is to be, downloaded.
    fn needs_disk(&self) -> bool {
        use crate::permit::Work;
        let wants = |media| self.slots.wanting(Work::Download, media, 0).next().is_some();
        self.disk.is_low()
            || !self.slots.is_idle(Work::Download)
            || report::MEDIA.into_iter().any(wants)
    }

    /// Records an event for which there is no use.
    fn unexpected(event: &str, late: bool, desk: &mut Desk<'_>) {
        let event = event.to_owned();
        let unexpected = Unexpected { resource: None, stage: None, event, late };
        desk.notify(Notice::Unexpected(unexpected));
    }

    /// Records an event about a resource that is not under way: it came too late.
    fn unexpected_of(id: ResourceId, event: &str, desk: &mut Desk<'_>) {
        let (resource, event) = (Some(id), event.to_owned());
        let unexpected = Unexpected { resource, stage: None, event, late: true };
        desk.notify(Notice::Unexpected(unexpected));
    }
}
