//! One run: all that there is in it, and its way from foul weather to its end in fair weather.

use crate::Millis;
use crate::budget::Today;
use crate::catalog::Catalog;
use crate::cloud::Cloud;
use crate::coverage::{Coverage, Fate, Step};
use crate::happening::{Happening, Outcome};
use crate::invariant::{Invariant, Violation};
use crate::job::Job;
use crate::kind::{Kind, Kinds};
use crate::known::Known;
use crate::library::Library;
use crate::phone::{DOWN, NEAR, Phone, UP};
use crate::plan::{Plan, Weather};
use crate::planted::Bug;
use crate::sent::{Said, Sent};
use crate::store::Store;
use crate::traffic::Traffic;
use keepsake_machine::effect::{Effect, ProposalId};
use keepsake_machine::event::{Event, TransferOutcome};
use keepsake_machine::media::{AssetId, Digest, EffectId, ResourceId};
use keepsake_machine::row::Row;
use keepsake_machine::settings::Config;
use keepsake_machine::stage::Stage;
use keepsake_machine::status::Activity;
use keepsake_machine::time::Elapsed;
use keepsake_machine::{Counts, Machine, Now};
use keepsake_tests::random::Random;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// One run.
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools)] // independent facts
pub struct Run {
    pub(crate) random: Random,
    pub(crate) config: Config,
    pub(crate) weather: Weather,
    /// What does not happen in it.
    pub(crate) without: Kinds,
    /// How iCloud is.
    pub(crate) cloud: Cloud,
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
    /// The checksum of what landed whole there last.
    pub(crate) staged_as: BTreeMap<ResourceId, Digest>,
    /// Copies that the library makes of what it fetches for us: bytes so far.
    pub(crate) copying: BTreeMap<ResourceId, u64>,
    /// What was safe when this vault lost it, since the program was installed.
    pub(crate) robbed: BTreeSet<(ResourceId, [u8; 32])>,
    /// Every effect that was ever ordered by this installation.
    pub(crate) ordered: BTreeSet<EffectId>,
    /// When work on each version was begun lately.
    pub(crate) begun: BTreeMap<(ResourceId, u64), VecDeque<Millis>>,
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
    /// What of the day's budget was used.
    pub(crate) today: Today,
    pub(crate) teed: BTreeMap<ResourceId, Digest>,
    /// What the OS sends without us, and whether it may do so over metered networks.
    pub(crate) with_os: BTreeMap<ResourceId, (Digest, bool)>,
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
    /// The library changed, and no scan has seen that.
    pub(crate) unseen: bool,
    /// Since when the OS goes on in spite of a hold.
    pub(crate) os_goes_on: Option<Millis>,
    /// Whether the alarm stood when that was looked at last by this program, and was said since.
    pub(crate) alarm_stands: Option<bool>,
    pub(crate) alarm_told: bool,
    /// Windows that were opened.
    pub(crate) windows: u32,
    /// The user wanted space to be freed, once all was well, or never will.
    pub(crate) asked_for_space: bool,
    /// Proposals that were shown.
    pub(crate) proposed: u32,
    /// Since when a pause has no name.
    pub(crate) unnamed: Option<Millis>,
    pub(crate) now: Millis,
    pub(crate) shown: Shown,
    /// A planted bug, and what it counts.
    pub(crate) bug: Option<Bug>,
    pub(crate) counted_by_bug: u64,
    /// How often a program began.
    pub(crate) starts: u32,
    pub(crate) queue: BTreeMap<(Millis, u64), Happening>,
    pub(crate) queued: u64,
    /// What waits for the program to be awake.
    pub(crate) asleep: Vec<Happening>,
    pub(crate) inbox: VecDeque<Event>,
    pub(crate) counts: Counts,
    /// The program is killed after so many steps.
    pub(crate) doomed: Option<u64>,
    /// What was stored to lie in staging, since it landed.
    pub(crate) remembered: BTreeSet<ResourceId>,
    /// What it is told next was answered before.
    pub(crate) told_twice: bool,
    /// Whether [`Outcome::trace`] is made of it.
    pub(crate) traced: bool,
    pub(crate) happened: u32,
    pub(crate) outcome: Outcome,
}

/// What is to be seen of a run's events and effects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shown {
    /// Nothing.
    #[default]
    Nothing,
    /// The last ones, in [`Outcome::last`].
    Last,
    /// Every one is printed as it goes.
    Everything,
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
            without: plan.without,
            cloud: Cloud::default(),
            library: plan.library,
            phone,
            store: plan.vault,
            other_store: Store::new(None),
            another: plan.another,
            catalog: Catalog::default(),
            staged: BTreeMap::new(),
            staged_as: BTreeMap::new(),
            copying: BTreeMap::new(),
            robbed: BTreeSet::new(),
            other_robbed: BTreeSet::new(),
            installed: 0,
            ahead: 0,
            behind: 0,
            obliging: false,
            traffic: Traffic::default(),
            today: Today::default(),
            teed: BTreeMap::new(),
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
            unseen: false,
            os_goes_on: None,
            alarm_stands: None,
            alarm_told: false,
            windows: 0,
            asked_for_space: false,
            proposed: 0,
            unnamed: None,
            now: 1_000,
            shown: Shown::Nothing,
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
            doomed: None,
            remembered: BTreeSet::new(),
            told_twice: false,
            traced: false,
            happened: 0,
            outcome: Outcome {
                violation: None,
                events: 0,
                kills: 0,
                foul: 0,
                lasted: 0,
                coverage: Coverage::default(),
                trace: 0xcbf2_9ce4_8422_2325,
                last: VecDeque::new(),
            },
        }
    }

    /// What is to be seen of it.
    #[must_use]
    pub fn shown(mut self, shown: Shown) -> Run {
        self.shown = shown;
        self
    }

    /// Makes [`Outcome::trace`] of it, which takes a third of a run's time.
    #[must_use]
    pub fn traced(mut self) -> Run {
        self.traced = true;
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
            let half = self.happened == self.weather.lasts / 2;
            if half && self.outcome.kills == 0 && !self.without.has(Kind::Kills) {
                self.dies_within_steps(); // none is without
            }
            let lasted =
                self.happened >= self.weather.lasts && self.outcome.events >= self.weather.events;
            if !self.fair && lasted {
                self.outcome.foul = self.happened;
                self.doomed = None;
                self.clears_up();
                (fair_since, longest, self.happened) = (self.now, self.longest(), 0);
            }
            if self.fair && self.is_over() {
                if self.tries_again() || self.frees_space() {
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
        if !self.fair {
            self.outcome.foul = self.happened;
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
            self.outcome.coverage.note(Step::of(&job.effect, job.work), holds, fate);
        }
        for _ in &self.with_os {
            self.outcome.coverage.note(Step::WithOs, holds, fate);
        }
        let waits = |row: &&Row| matches!(row.stage, Stage::Waiting(_));
        for _ in self.catalog.rows.values().filter(waits) {
            self.outcome.coverage.note(Step::Waiting, holds, fate);
        }
    }

    /// The number of this start of the program.
    pub(crate) fn next_start(&mut self) -> u32 {
        self.starts += 1;
        self.starts
    }

    fn is_over(&self) -> bool {
        let done = |machine: &Driven| machine.0.status().activity == Activity::Done;
        let ordered = |what: &Happening| matches!(what, Happening::Answers(Effect::Scan));
        let quiet =
            self.jobs.is_empty() && self.with_os.is_empty() && !self.queue.values().any(ordered);
        quiet && self.machine.as_deref().is_some_and(done)
    }

    /// Whether the vault shows these bytes. (In fair weather it does so at once.)
    pub(crate) fn is_listed(&self, digest: &Digest) -> bool {
        let late = !self.fair && !self.without.has(Kind::LateLists);
        self.store.lists(digest, if late { self.now } else { Millis::MAX })
    }

    /// Bytes of the phone's disk that would be free without us.
    pub(crate) fn free_but_for_ours(&self) -> u64 {
        self.phone.free(self.library.on_phone())
    }

    /// Bytes of the phone's disk that are free.
    pub(crate) fn free(&self) -> u64 {
        let staged: u64 = self.staged.values().chain(self.copying.values()).sum();
        self.phone.free(self.library.on_phone() + staged)
    }
}
