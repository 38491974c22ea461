//! The loop: what happens next, what the machine is told, and what comes of it.

use crate::Millis;
use crate::catalog::Catalog;
use crate::coverage::{Coverage, Fate};
use crate::invariant::{Invariant, Violation};
use crate::job::Job;
use crate::known::Known;
use crate::library::Library;
use crate::phone::{DOWN, NEAR, Phone, UP};
use crate::plan::{Plan, Weather};
use crate::planted::{Bug, Mind, Place};
use crate::sent::Sent;
use crate::store::Store;
use crate::traffic::Traffic;
use keepsake_machine::effect::{Effect, ProposalId};
use keepsake_machine::event::{Event, TransferOutcome};
use keepsake_machine::media::{AssetId, Digest, EffectId, ResourceId};
use keepsake_machine::settings::Config;
use keepsake_machine::status::Activity;
use keepsake_machine::time::Elapsed;
use keepsake_machine::{Counts, Machine, Now};
use keepsake_tests::random::Random;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Something that happens at a moment.
#[derive(Debug, Clone)]
pub enum Happening {
    /// A long effect ends, unless it was put off.
    Ends(EffectId),
    /// Half of what a download may land has landed.
    Progresses(EffectId),
    /// A short order is carried out.
    Answers(Effect),
    /// A condition of the phone, the cloud or the vault turns.
    Turns,
    /// The user does something.
    Acts,
    /// The program is killed.
    Dies,
    /// The program starts, or its window opens.
    Wakes,
    /// The OS ends a transfer of its own.
    Delivers(ResourceId),
}

/// How a run came out.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The first promise that did not hold.
    pub violation: Option<Violation>,
    /// Events that the machine was told.
    pub events: u64,
    /// Kills.
    pub kills: u32,
    /// Virtual time that passed.
    pub lasted: Millis,
    /// The paths that were taken.
    pub coverage: Coverage,
    /// Of every event and effect, in order.
    pub trace: u64,
}

/// What the vault said of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Said {
    /// It has them.
    Has,
    /// It does not, or only sending will tell.
    HasNot,
    /// It had them, and could not show them.
    NotShown,
}

/// One run.
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools)] // independent facts
pub struct Run {
    pub(crate) random: Random,
    pub(crate) config: Config,
    pub(crate) weather: Weather,
    pub(crate) library: Library,
    pub(crate) phone: Phone,
    pub(crate) store: Store,
    /// The vault that is not the destination now.
    pub(crate) other_store: Store,
    /// What was safe when that one lost it.
    pub(crate) other_robbed: BTreeSet<(ResourceId, [u8; 32])>,
    /// Whether another device fills the same vault.
    pub(crate) another: bool,
    pub(crate) catalog: Catalog,
    pub(crate) staged: BTreeMap<ResourceId, u64>,
    /// Copies that the library makes of what it fetches for us: bytes so far.
    pub(crate) copying: BTreeMap<ResourceId, u64>,
    /// What was safe when this vault lost it, since the program was installed.
    pub(crate) robbed: BTreeSet<(ResourceId, [u8; 32])>,
    /// Every effect that was ever ordered by this installation.
    pub(crate) ordered: BTreeSet<EffectId>,
    /// When each resource's work was begun lately.
    pub(crate) begun: BTreeMap<ResourceId, VecDeque<Millis>>,
    /// How often each failed by itself, and at how many kills each was under way.
    pub(crate) failed: BTreeMap<ResourceId, (u32, u32)>,
    /// The machine's clock, as it was stored last.
    pub(crate) elapsed: Elapsed,
    /// What the user removed in the vault and nobody has noticed, here and in the other vault.
    pub(crate) unnoticed: BTreeSet<[u8; 32]>,
    pub(crate) other_unnoticed: BTreeSet<[u8; 32]>,
    /// Answers to proposals that no program heard.
    pub(crate) unheard: Vec<(ProposalId, Vec<AssetId>)>,
    /// The catalog as it would be after a power cut, and when something was stored last.
    pub(crate) synced: Catalog,
    pub(crate) stored_at: Millis,
    /// What the vault said last of each resource's bytes.
    pub(crate) asked: BTreeMap<ResourceId, (Digest, Said)>,
    /// When the program was installed: it knows of no day before.
    pub(crate) installed: Millis,
    /// Milliseconds that the wall clock was set ahead since then, in all.
    pub(crate) ahead: Millis,
    /// Milliseconds that it was set back, in all.
    pub(crate) behind: Millis,
    /// The user lets go of all that is proposed.
    pub(crate) obliging: bool,
    /// Bytes over every network.
    pub(crate) traffic: Traffic,
    /// Bytes that we moved over metered networks since then.
    pub(crate) metered: u64,
    pub(crate) teed: BTreeSet<ResourceId>,
    /// What the OS sends without us.
    pub(crate) with_os: BTreeMap<ResourceId, Digest>,
    /// Transfers that ended while no program was there to hear it.
    pub(crate) delivered: BTreeMap<ResourceId, TransferOutcome>,
    pub(crate) jobs: BTreeMap<EffectId, Job>,
    /// `None`: no program runs.
    pub(crate) machine: Option<Box<Driven>>,
    /// What others had written to the disk by the last reading that the machine was told.
    pub(crate) read: u64,
    /// How often each version landed, and how often it was allowed to land once more.
    pub(crate) landed: BTreeMap<(ResourceId, u64), (u32, u32)>,
    /// What the machine was told.
    pub(crate) known: Known,
    /// What was sent how often.
    pub(crate) sent: Sent,
    pub(crate) fair: bool,
    /// In fair weather only what changed is told, and the user does not try again.
    pub(crate) silent: bool,
    /// What was given up on before.
    pub(crate) given_up: BTreeSet<ResourceId>,
    /// The user tried again, once it was fair, what a crash was blamed on.
    pub(crate) tried: bool,
    /// Since when a pause has no name.
    pub(crate) unnamed: Option<Millis>,
    pub(crate) now: Millis,
    shown: bool,
    /// A planted bug, and what it counts.
    pub(crate) bug: Option<Bug>,
    pub(crate) counted_by_bug: u64,
    starts: u32,
    pub(crate) queue: BTreeMap<(Millis, u64), Happening>,
    pub(crate) queued: u64,
    /// What waits for the program to be awake.
    pub(crate) asleep: Vec<Happening>,
    pub(crate) inbox: VecDeque<Event>,
    counts: Counts,
    pub(crate) happened: u32,
    pub(crate) outcome: Outcome,
}

/// The machine, which has no picture of itself to print.
pub(crate) struct Driven(pub(crate) Machine);

impl std::fmt::Debug for Driven {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.0.status())
    }
}

/// By then the OS has written back what was stored without a sync: 30 seconds, as Linux does.
pub(crate) const WRITTEN_BACK: Millis = 30_000;
/// Foul weather lasts until the machine was told so many events, at least.
const EVENTS: u64 = 500;
/// Happenings after which fair weather must have brought everything to its end.
const PATIENCE: u32 = 60_000;
/// The longest back-off of an item, in milliseconds: six hours.
const LONGEST_BACKOFF: Millis = 6 * 3_600_000;

impl Run {
    /// The run of a plan, before its first moment.
    pub fn new(plan: Plan) -> Run {
        let phone = Phone::at_home(plan.disk, plan.others);
        Run {
            random: plan.random,
            config: plan.config,
            weather: plan.weather,
            library: plan.library,
            phone,
            store: Store::new(plan.vault_room),
            other_store: Store::new(None),
            another: plan.another,
            catalog: Catalog::default(),
            staged: BTreeMap::new(),
            copying: BTreeMap::new(),
            robbed: BTreeSet::new(),
            other_robbed: BTreeSet::new(),
            installed: 0,
            ahead: 0,
            behind: 0,
            obliging: false,
            traffic: Traffic::default(),
            metered: 0,
            teed: BTreeSet::new(),
            with_os: BTreeMap::new(),
            delivered: BTreeMap::new(),
            jobs: BTreeMap::new(),
            machine: None,
            read: 0,
            landed: BTreeMap::new(),
            known: Known::default(),
            sent: Sent::default(),
            fair: false,
            silent: false,
            given_up: BTreeSet::new(),
            tried: false,
            unnamed: None,
            now: 1_000,
            shown: false,
            bug: None,
            counted_by_bug: 0,
            asked: BTreeMap::new(),
            ordered: BTreeSet::new(),
            begun: BTreeMap::new(),
            failed: BTreeMap::new(),
            elapsed: Elapsed(0),
            unnoticed: BTreeSet::new(),
            other_unnoticed: BTreeSet::new(),
            unheard: Vec::new(),
            synced: Catalog::default(),
            stored_at: 0,
            starts: 0,
            queue: BTreeMap::new(),
            queued: 0,
            asleep: Vec::new(),
            inbox: VecDeque::new(),
            counts: Counts::default(),
            happened: 0,
            outcome: Outcome {
                violation: None,
                events: 0,
                kills: 0,
                lasted: 0,
                coverage: Coverage::default(),
                trace: 0xcbf2_9ce4_8422_2325,
            },
        }
    }

    /// Prints every event and effect as it goes.
    #[must_use]
    pub fn shown(mut self, shown: bool) -> Run {
        self.shown = shown;
        self
    }

    /// Plants a bug.
    #[must_use]
    pub fn with(mut self, bug: Option<Bug>) -> Run {
        self.bug = bug;
        self
    }

    /// Runs it to its end.
    pub fn to_the_end(mut self) -> Outcome {
        self.starts_up();
        for (mean, what) in [
            (self.weather.turn, Happening::Turns),
            (self.weather.act, Happening::Acts),
            (self.weather.kill, Happening::Dies),
        ] {
            self.sometime(mean, what);
        }
        let (mut fair_since, mut longest) = (0, 0);
        while self.outcome.violation.is_none() {
            let lasted = self.happened >= self.weather.lasts && self.outcome.events >= EVENTS;
            if !self.fair && lasted {
                self.clears_up();
                (fair_since, longest, self.happened) = (self.now, self.longest(), 0);
            }
            if self.fair && self.is_over() {
                if self.tries_again() {
                    continue;
                }
                self.check_end();
                break;
            }
            let late = self.now - fair_since > longest || self.happened > PATIENCE;
            if !self.happens() || self.fair && late {
                let status = self.machine.as_ref().map(|machine| machine.0.status());
                self.broken(Invariant::GoodEnd, format!("it never ends: {status:?}"));
            }
        }
        self.outcome.lasted = self.now;
        self.outcome
    }

    /// Milliseconds in which fair weather must bring everything to its end: three times what moving
    /// every byte takes, and the longest back-off.
    fn longest(&self) -> Millis {
        let up = if self.config.vault.remote { UP } else { NEAR };
        let bytes = self.library.bytes();
        3 * (bytes / DOWN + bytes / NEAR + bytes / up) + LONGEST_BACKOFF
    }

    /// What the phone's clocks say.
    pub(crate) fn clocks(&self) -> Now {
        self.phone.clock.now(self.now)
    }

    /// Tells the machine something, and carries out what it orders: what is to be stored first.
    pub(crate) fn tell(&mut self, event: Event) {
        self.inbox.push_back(event);
        while let Some(event) = self.inbox.pop_front() {
            self.handle(event);
        }
        if self.machine.is_some() && self.outcome.violation.is_none() {
            self.check();
        }
    }

    /// Has the machine told this after what it is told now.
    pub(crate) fn then_tell(&mut self, event: Event) {
        self.inbox.push_back(event);
    }

    fn handle(&mut self, event: Event) {
        let now = self.clocks();
        let Some(machine) = &mut self.machine else { return };
        self.outcome.events += 1;
        if let Event::DiskRead { .. } = event {
            self.read = self.phone.grown;
        }
        // Counters are of the moment in which they are told.
        let event = if let Event::Counted(_) = event {
            self.counts = self.catalog.counts();
            Event::Counted(self.counts.clone())
        } else {
            event
        };
        if self.shown {
            println!("{:>9} {event:?}", self.now);
        }
        hash(&mut self.outcome.trace, &event);
        self.known.hears(&event);
        let mut mind = Mind { rows: &self.catalog.rows, count: &mut self.counted_by_bug };
        let event = match self.bug {
            Some(Bug { place: Place::Event(of), .. }) => of(event, &mut mind),
            _ => Some(event),
        };
        let Some(event) = event else { return };
        machine.0.handle(event, now);
        let effects = std::iter::from_fn(|| machine.0.poll_effect());
        let effects: Vec<Effect> = match self.bug {
            Some(Bug { place: Place::Effect(of), .. }) => {
                effects.flat_map(|effect| of(effect, &mut mind)).collect()
            }
            _ => effects.collect(),
        };
        if self.now > self.stored_at + WRITTEN_BACK {
            self.synced = self.catalog.clone();
        }
        let (mut changed, mut synced) = (false, false);
        for effect in &effects {
            if self.shown {
                println!("            -> {effect:?}");
            }
            hash(&mut self.outcome.trace, effect);
            if let Effect::Persist { change, durable } = effect {
                self.check_change(change);
                self.catalog.store(change);
                (changed, synced) = (true, synced || *durable);
            }
        }
        if changed {
            self.stored_at = self.now;
        }
        if synced {
            self.synced = self.catalog.clone();
        }
        for effect in effects {
            if !matches!(effect, Effect::Persist { .. }) {
                self.order(effect);
            }
        }
        if changed {
            let counts = self.catalog.counts();
            self.inbox.push_front(Event::Counted(counts));
        }
    }

    /// Whether the machine is about to be told that this changed.
    pub(crate) fn is_about_to_hear(&self, id: ResourceId) -> bool {
        let of = |event: &Event| matches!(event, Event::VersionChanged { resource, .. } if *resource == id);
        self.inbox.iter().any(of)
    }

    /// The counters that the machine was told last.
    pub(crate) fn counted(&self) -> &Counts {
        &self.counts
    }

    /// A promise does not hold. The first one counts.
    pub(crate) fn broken(&mut self, invariant: Invariant, what: String) {
        let at = self.now;
        self.outcome.violation.get_or_insert(Violation { invariant, at, what });
    }

    /// What is under way comes to an end that it did not choose.
    pub(crate) fn note_fate(&mut self, fate: Fate) {
        let Some(machine) = &self.machine else { return };
        let holds = machine.0.status().holds;
        for job in self.jobs.values().filter(|job| !job.cancelled) {
            self.outcome.coverage.note(job.work, holds, fate);
        }
    }

    /// The number of this start of the program.
    pub(crate) fn next_start(&mut self) -> u32 {
        self.starts += 1;
        self.starts
    }

    fn is_over(&self) -> bool {
        let done = |machine: &Driven| machine.0.status().activity == Activity::Done;
        let quiet = self.jobs.is_empty() && self.with_os.is_empty();
        quiet && self.machine.as_deref().is_some_and(done)
    }

    /// Bytes of the phone's disk that are free.
    pub(crate) fn free(&self) -> u64 {
        let staged: u64 = self.staged.values().chain(self.copying.values()).sum();
        self.phone.free(self.library.on_phone() + staged)
    }
}

/// FNV-1a (Fowler, Noll, Vo) over the text of something.
fn hash(into: &mut u64, what: &impl std::fmt::Debug) {
    use std::fmt::Write as _;
    struct Fnv<'a>(&'a mut u64);
    impl std::fmt::Write for Fnv<'_> {
        fn write_str(&mut self, text: &str) -> std::fmt::Result {
            for byte in text.bytes() {
                *self.0 = (*self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
            Ok(())
        }
    }
    let _ = write!(Fnv(into), "{what:?}"); // it takes everything
}
