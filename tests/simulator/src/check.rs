//! The promises, looked at while a run goes on.

use crate::coverage::Fate;
use crate::invariant::Invariant;
use crate::job::{Job, id_of};
use crate::library::Original;
use crate::run::{Run, Said};
use keepsake_machine::effect::{Change, Effect, Part, Proposal};
use keepsake_machine::event::{Answer, LibraryAccess, PutOutcome};
use keepsake_machine::hold::Hold;
use keepsake_machine::media::{AssetId, EffectId, ResourceId};
use keepsake_machine::permit::{Work, stopping};
use keepsake_machine::row::Row;
use keepsake_machine::stage::{Bytes, Class, Fault, Stage};
use keepsake_machine::status::{Activity, Notice};

/// Nothing is begun more often in a minute: several stages, stopped and begun again as conditions turn.
const MOST_BEGUN: usize = 150;
/// A day's budget opens at most once in so many milliseconds: 20 hours.
const SHORTEST_DAY: u64 = 20 * 3_600_000;
/// Nothing may be made safe for so long before it is said, give or take a day.
const WEEK: u64 = 7 * A_DAY;
const A_DAY: u64 = 24 * 3_600_000;
/// For so many milliseconds a pause may go without a reason: until the disk was read again.
const A_MOMENT: u64 = 61_000;

impl Run {
    /// What the machine wants stored.
    pub(crate) fn check_change(&mut self, change: &Change) {
        match change {
            Change::Stage { resource, stage: stage @ (Stage::BackedUp | Stage::Duplicate) } => {
                let digest = self.catalog.rows.get(resource).and_then(|row| row.digest);
                let held = digest.is_some_and(|digest| {
                    let object = self.store.objects.get(&digest.sha256);
                    object.is_some_and(|object| object.recorded && object.size == digest.size)
                });
                if !held {
                    self.broken(Invariant::SafeIsHeld, format!("{resource:?} is {stage:?}"));
                }
                self.robbed.retain(|(robbed, _)| robbed != resource);
                self.catalog.unsafe_since = Some(self.now);
            }
            Change::Stage { resource, stage: Stage::Quarantined(fault) } => {
                let (failed, kills) = self.failed.get(resource).copied().unwrap_or_default();
                let fair = if *fault == Fault::Crashed { kills >= 5 } else { failed >= 2 };
                if !fair {
                    let what =
                        format!("{resource:?} for {fault:?}: failed {failed}, killed {kills}");
                    self.broken(Invariant::BlameFair, what);
                }
            }
            Change::Freed { asset } => {
                let here = |one: &&Original| one.asset == *asset && !one.recovered;
                let here = self.library.originals.values().find(here);
                if let Some(what) = here.map(|one| format!("{:?} is still there", one.id)) {
                    self.broken(Invariant::FreedOnlyLive, what);
                }
            }
            Change::Session(Part::Clock(clock)) => {
                if clock.elapsed() < self.elapsed {
                    let what = format!(
                        "the clock goes back: {:?} after {:?}",
                        clock.elapsed(),
                        self.elapsed
                    );
                    self.broken(Invariant::ContractKept, what);
                }
                self.elapsed = clock.elapsed();
            }
            Change::Digest { resource, version, digest } => {
                let was = self.library.history.get(&(*resource, version.0)).copied();
                if was != Some(*digest) {
                    let what = format!("{resource:?} {version:?}: {digest:?} instead of {was:?}");
                    self.broken(Invariant::RightBytes, what);
                }
            }
            _ => {}
        }
    }

    /// A long effect is ordered.
    pub(crate) fn check_order(&mut self, id: EffectId, effect: &Effect) {
        let Some(row) = self.catalog.rows.get(&id.resource).copied() else {
            return self.broken(Invariant::ContractKept, format!("{effect:?} of no row"));
        };
        if let Some(other) = self.jobs.keys().find(|other| other.resource == id.resource) {
            let what = format!("{effect:?} beside {other:?}");
            self.broken(Invariant::ContractKept, what);
        }
        if !self.ordered.insert(id) {
            self.broken(Invariant::ContractKept, format!("{id:?} was ordered before"));
        }
        if let Effect::HandOver { metered: true, .. } = effect
            && !self.config.settings.metered.upload(row.media)
        {
            let what = format!("{effect:?}, and the user keeps it off metered networks");
            self.broken(Invariant::PermitKept, what);
        }
        let wrong = match effect {
            Effect::Upload { digest, from, .. } => {
                row.digest != Some(*digest)
                    || match from {
                        Bytes::Staged(_) => !self.staged.contains_key(&id.resource),
                        // A tee may be lost: then the answer says so.
                        Bytes::Teed | Bytes::InLibrary => false,
                        Bytes::WithOs(_) => true,
                    }
            }
            Effect::HandOver { digest, .. }
            | Effect::Find { digest, .. }
            | Effect::Verify { digest, .. } => row.digest != Some(*digest),
            _ => false,
        };
        if let Effect::Upload { digest, .. } | Effect::HandOver { digest, .. } = effect {
            let said = self.asked.get(&id.resource).filter(|(of, _)| of == digest);
            if said.is_none_or(|(_, said)| *said == Said::Has) {
                let what = format!("{effect:?}, of which the vault said {said:?}");
                self.broken(Invariant::PutOnce, what);
            }
        }
        // Its version may have changed a moment ago, and the machine is about to hear it.
        let stale = row.digest.is_none() && self.is_about_to_hear(id.resource);
        if wrong && !stale {
            self.broken(Invariant::ContractKept, format!("{effect:?} of {row:?}"));
        }
    }

    /// Work on a resource begins: how often lately?
    pub(crate) fn check_storm(&mut self, id: EffectId) {
        let begun = self.begun.entry(id.resource).or_default();
        begun.push_back(self.now);
        while begun.front().is_some_and(|at| *at + 60_000 < self.now) {
            begun.pop_front();
        }
        if begun.len() > MOST_BEGUN {
            let what = format!("{:?}: {} times in a minute", id.resource, begun.len());
            self.broken(Invariant::NoStorm, what);
        }
    }

    /// What an answer says of the resource itself.
    pub(crate) fn check_blame(&mut self, resource: ResourceId, answer: &Answer) {
        let own = matches!(
            answer,
            Answer::Failed { .. }
                | Answer::Changed
                | Answer::NotConfirmed
                | Answer::Gone(_)
                | Answer::Put(PutOutcome::OtherBytes)
        );
        if own {
            self.failed.entry(resource).or_default().0 += 1;
        }
    }

    /// The machine was told what the user let go of on its proposal.
    pub(crate) fn check_freed(&mut self, deleted: &[AssetId]) {
        let kept = self.catalog.rows.values().find(|row| {
            let safe = matches!(row.stage, Stage::BackedUp | Stage::Duplicate);
            deleted.contains(&row.asset) && (safe || self.catalog.closed_and_held(row.id))
        });
        if let Some(what) = kept.map(|row| format!("{row:?} was let go of on a proposal")) {
            self.broken(Invariant::FreedOnlyLive, what);
        }
    }

    /// A download has landed.
    pub(crate) fn check_landed(&mut self, resource: ResourceId, version: u64, job: &Job) {
        let reserve = self.config.settings.reserve.unwrap_or_default();
        // What others wrote since the machine was told is not our doing.
        let others = self.phone.grown - job.grown.min(self.phone.grown);
        let free = self.free();
        if free + others < reserve {
            let what = format!("{resource:?} landed and left {free} of {reserve}");
            self.broken(Invariant::ReserveKept, what);
        }
        let (landed, again) = self.landed.entry((resource, version)).or_default();
        *landed += 1;
        if *landed > *again + 1 {
            let what = format!("{resource:?} {version}: {landed} times, for {again} reasons");
            self.broken(Invariant::DownloadedOnce, what);
        }
    }

    /// The machine says something.
    pub(crate) fn check_notice(&mut self, notice: &Notice) {
        if let Notice::Unexpected(unexpected) = notice
            && !unexpected.late
        {
            self.broken(Invariant::ContractKept, format!("{unexpected:?}"));
        }
    }

    /// The user is asked to let go of photos.
    pub(crate) fn check_proposal(&mut self, proposal: &Proposal) {
        for asset in &proposal.assets {
            let rows = self.catalog.rows.values().filter(|row| row.asset == asset.asset);
            let (named, all) = (asset.resources.len(), rows.count());
            if named != all {
                let what = format!("{:?}: {named} of {all} resources named", asset.asset);
                self.broken(Invariant::FreedOnlyLive, what);
            }
        }
        for (id, version) in proposal.assets.iter().flat_map(|asset| &asset.resources) {
            let row = self.catalog.rows.get(id).copied();
            let live = row.is_some_and(|row| {
                row.version == *version && row.digest.is_some_and(|d| self.store.holds(&d))
            });
            if !live {
                self.broken(Invariant::FreedOnlyLive, format!("{id:?} as {row:?}"));
            }
        }
    }

    /// After every event.
    pub(crate) fn check(&mut self) {
        self.check_permits();
        self.check_reasons();
        self.check_budget();
        self.check_alarm();
        self.check_reserved();
    }

    /// A window is ending: everything was told to stop, but what is being handed to the OS.
    pub(crate) fn check_window_ended(&mut self) {
        let ours = |job: &&Job| !matches!(job.effect, Effect::HandOver { .. });
        let going_on = self.jobs.values().filter(ours).find(|job| !job.cancelled);
        if let Some(what) = going_on.map(|job| format!("{:?} goes on", job.effect)) {
            self.broken(Invariant::PermitKept, format!("the window ends, and {what}"));
        }
    }

    fn check_permits(&mut self) {
        let going_on = |job: &&Job| !job.cancelled && !job.stalled;
        let stopped = self.jobs.values().filter(going_on).find_map(|job| {
            let hold = self.stops(job)?;
            Some(format!("{:?} goes on in spite of {hold:?}", job.effect))
        });
        if let Some(what) = stopped {
            self.broken(Invariant::PermitKept, what);
        }
    }

    /// The hold that stops such work, told without the machine's table.
    fn stops(&self, job: &Job) -> Option<Hold> {
        let (phone, remote) = (&self.phone, self.config.vault.remote);
        let reads = matches!(job.work, Work::Download | Work::Checksum | Work::Upload);
        let at_vault = !matches!(job.work, Work::Download | Work::Checksum);
        let network = job.work == Work::Download || at_vault && remote;
        let metered = self.config.settings.metered;
        let media = id_of(&job.effect).and_then(|id| self.catalog.rows.get(&id.resource))?.media;
        let allowed = match job.work {
            Work::Download => metered.download(media),
            // What is handed to the OS goes by the conditions that go with it.
            Work::UploadStaged if matches!(job.effect, Effect::HandOver { .. }) => return None,
            Work::Upload | Work::UploadStaged => metered.upload(media) || !remote,
            _ => true,
        };
        let holds = [
            (phone.paused, Hold::User),
            (phone.locked, Hold::DeviceLocked),
            (phone.power.hot, Hold::Thermal),
            (phone.power.saver, Hold::PowerSaver),
            (phone.access == LibraryAccess::Denied && reads, Hold::NoAccess),
            (!phone.network.online && network, Hold::Offline),
            (phone.network.metered && !allowed, Hold::Metered),
            (phone.network.roaming && !self.config.settings.roaming && network, Hold::Roaming),
        ];
        holds.into_iter().find_map(|(stops, hold)| stops.then_some(hold))
    }

    /// Work is told to stop: for which holds?
    pub(crate) fn note_revoked(&mut self, id: EffectId) {
        let (Some(machine), Some(job)) = (&self.machine, self.jobs.get(&id)) else { return };
        let Some(row) = self.catalog.rows.get(&id.resource) else { return };
        let (metered, remote) = (self.config.settings.metered, self.config.vault.remote);
        let holds = stopping(machine.0.status().holds, metered, remote, job.work, row.media);
        if !holds.is_empty() {
            self.outcome.coverage.note(job.work, holds, Fate::Revoked);
        }
    }

    /// No more went over metered networks than the budget of every day that may have been opened.
    fn check_budget(&mut self) {
        let Some(limit) = self.config.settings.daily_metered_bytes else { return };
        let days = (self.now - self.installed + self.ahead) / SHORTEST_DAY + 1;
        if self.metered > limit * days {
            let what = format!("{} in {days} days of {limit}", self.metered);
            self.broken(Invariant::BudgetKept, what);
        }
    }

    /// What is reserved is for what is to land: without a download nothing is.
    fn check_reserved(&mut self) {
        let Some(machine) = &self.machine else { return };
        let lands = |job: &&Job| job.work == Work::Download;
        let reserved = machine.0.status().reserved;
        if reserved > 0 && !self.jobs.values().any(|job| lands(&job)) && self.inbox.is_empty() {
            self.broken(Invariant::ReserveKept, format!("{reserved} reserved for nothing"));
        }
    }

    /// Told by the world's clock; where the phone's was set, and the machine can't know, either is true.
    fn check_alarm(&mut self) {
        let Some(machine) = self.machine.as_ref().filter(|_| self.phone.awake) else { return };
        let status = machine.0.status();
        if status.counts.unfinished().items == 0 {
            self.catalog.unsafe_since = None;
            return;
        }
        let passed = self.now - *self.catalog.unsafe_since.get_or_insert(self.now);
        let wrong = match status.alarm {
            Some(_) => passed + self.ahead + A_DAY < WEEK,
            None => passed > WEEK + A_DAY + self.behind,
        };
        if wrong {
            let what = format!("{passed} ms, and {:?}", status.alarm);
            self.broken(Invariant::AlarmTrue, what);
        }
    }

    fn check_reasons(&mut self) {
        let Some(machine) = self.machine.as_ref().filter(|_| self.phone.awake) else { return };
        let status = machine.0.status();
        let waits = |class: &Class| matches!(class, Class::Waiting(_));
        let named = !status.holds.is_empty()
            || !status.needs.is_empty()
            || status.counts.classes.keys().any(waits);
        if status.activity != Activity::Paused || named {
            self.unnamed = None;
        } else if self.now > *self.unnamed.get_or_insert(self.now) + A_MOMENT {
            return self.broken(Invariant::ReasonTrue, format!("paused, and why? {status:?}"));
        }
        let phone = &self.phone;
        let untrue = status.holds.iter().find(|hold| match hold {
            Hold::User => !phone.paused,
            Hold::DeviceLocked => !phone.locked,
            Hold::NoAccess => phone.access != LibraryAccess::Denied,
            Hold::Offline => phone.network.online,
            Hold::Metered => !phone.network.metered,
            Hold::Roaming => !phone.network.roaming,
            Hold::Thermal => !phone.power.hot,
            Hold::PowerSaver => !phone.power.saver,
            _ => false,
        });
        if let Some(hold) = untrue {
            self.broken(Invariant::ReasonTrue, format!("{hold:?} is not so"));
        }
        if status.counts != *self.counted() {
            let what = format!("{:?} instead of {:?}", status.counts, self.counted());
            self.broken(Invariant::SumExact, what);
        }
    }

    /// At the end of fair weather.
    pub(crate) fn check_end(&mut self) {
        if !self.staged.is_empty() || !self.teed.is_empty() {
            let what = format!("staged {:?}, teed {:?}", self.staged, self.teed);
            self.broken(Invariant::StagingEmpty, what);
        }
        // What the vault lost, with no library to send it from again, is said.
        let here = |row: &&Row| self.library.originals.contains_key(&row.id);
        let silent = self.catalog.rows.values().find(|row| {
            let held = row.digest.is_some_and(|digest| self.store.holds(&digest));
            let robbed = row.digest.is_some_and(|d| self.robbed.contains(&(row.id, d.sha256)));
            robbed && !held && !here(row) && row.stage != Stage::Lost
        });
        if let Some(row) = silent {
            let what = format!("{row:?}");
            return self.broken(Invariant::LossTold, what);
        }
        for original in self.library.originals.values() {
            let row = self.catalog.rows.get(&original.id);
            let good = row.is_some_and(|row| match row.stage.class() {
                Class::Quarantined(_) => original.broken.is_some(),
                class => {
                    class.is_safe()
                        && row.digest == Some(original.digest())
                        && self.store.holds(&original.digest())
                }
            });
            if !good {
                let what = format!("{original:?} ends as {row:?}");
                return self.broken(Invariant::GoodEnd, what);
            }
        }
    }
}
