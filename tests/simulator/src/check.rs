//! The promises, looked at while a run goes on.

use crate::coverage::{Fate, Step, stops_the_os};
use crate::invariant::Invariant;
use crate::job::Job;
use crate::library::Original;
use crate::run::Run;
use crate::sent::Said;
use keepsake_machine::effect::{Change, Effect, Part};
use keepsake_machine::event::{Answer, PutOutcome};
use keepsake_machine::hold::Holds;
use keepsake_machine::media::{Digest, EffectId, Locality, ResourceId};
use keepsake_machine::permit::stopping;
use keepsake_machine::row::Row;
use keepsake_machine::stage::{Bytes, Class, Fault, Stage};
use keepsake_machine::status::{Activity, Notice, Status};

/// Nothing is begun more often in a minute: several stages, stopped and begun again as conditions turn.
const MOST_BEGUN: usize = 45;

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
                // What was said of the version before does not make the one after safe.
                let stands = digest.is_some() || !self.is_about_to_hear(*resource);
                if !held && stands {
                    self.broken(Invariant::SafeIsHeld, format!("{resource:?} is {stage:?}"));
                }
                let sent = digest.is_some_and(|digest| self.sent.was_begun(*resource, &digest));
                // (What the OS delivered to a vault that had it before is called sent.)
                if *stage == Stage::BackedUp && stands && !sent && !self.config.vault.md5 {
                    let what = format!("{resource:?} is called sent, and was there already");
                    self.broken(Invariant::SumExact, what);
                }
                self.robbed.retain(|(robbed, _)| robbed != resource);
                self.catalog.unsafe_since = Some(self.now);
                self.catalog.perhaps_since = None;
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
            Change::Stage { resource, stage: Stage::Closed } => {
                let original = self.library.originals.get(resource);
                if original.is_some_and(|original| !original.recovered) {
                    let what = format!("{resource:?} is called deleted, and is in the library");
                    self.broken(Invariant::SumExact, what);
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
                let passed = self.now - self.installed + self.ahead;
                if clock.elapsed().0 > passed {
                    let what = format!("{:?}, and {passed} ms passed", clock.elapsed());
                    self.broken(Invariant::ContractKept, what);
                }
                self.elapsed = clock.elapsed();
            }
            Change::Session(Part::Ledger(ledger)) => self.check_day(ledger.opened()),
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
            Effect::Checksum { probe, .. } => *probe != (row.locality == Locality::Unknown),
            Effect::Find { digest, deduplicated, .. } => {
                row.digest != Some(*digest) || *deduplicated != row.role.is_deduplicated()
            }
            Effect::HandOver { digest, .. } | Effect::Verify { digest, .. } => {
                row.digest != Some(*digest)
            }
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
        let stale = self.is_about_to_hear(id.resource);
        if wrong && !stale {
            self.broken(Invariant::ContractKept, format!("{effect:?} of {row:?}"));
        }
    }

    /// Work on a resource begins: how often lately?
    pub(crate) fn check_storm(&mut self, id: EffectId) {
        // Each version is begun by itself.
        let version = self.library.originals.get(&id.resource).map_or(0, |one| one.version);
        let begun = self.begun.entry((id.resource, version)).or_default();
        begun.push_back(self.now);
        while begun.front().is_some_and(|at| *at + 60_000 < self.now) {
            begun.pop_front();
        }
        if begun.len() > MOST_BEGUN {
            let what = format!("{:?}: {} times in a minute", id.resource, begun.len());
            self.broken(Invariant::NoStorm, what);
        }
    }

    /// What changed while it was read is not read again in the same moment: it would not be another.
    pub(crate) fn check_changed(&mut self, resource: ResourceId, job: &Job, answer: &Answer) {
        let again = self.jobs.keys().any(|other| other.resource == resource);
        if *answer == Answer::Changed && !job.cancelled && again {
            self.broken(Invariant::NoStorm, format!("{resource:?} changed, and is read at once"));
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

    /// What is sent as these bytes is other ones?
    pub(crate) fn check_bytes(&mut self, resource: ResourceId, sent_as: &Digest, is: Digest) {
        if *sent_as != is {
            let what = format!("{resource:?} is sent as {sent_as:?}, and is {is:?}");
            self.broken(Invariant::RightBytes, what);
        }
    }

    /// Bytes of a download have landed.
    pub(crate) fn check_reserve(&mut self, resource: ResourceId, job: &Job) {
        let reserve = self.config.settings.reserve.unwrap_or_default().min(job.reserve);
        // What others wrote since it was admitted is not our doing. (Once a reading is below the reserve,
        // it is told to stop: `PermitKept`.)
        let others = self.phone.grown - job.grown.min(self.phone.grown);
        let free = self.free();
        if free + others < reserve {
            let (library, ours) = (self.library.on_phone(), self.free_but_for_ours() - free);
            let what = format!(
                "{resource:?} landed and left {free} of {reserve}: the library has {library}, we have \
                 {ours}, and {others} came since the disk was read"
            );
            self.broken(Invariant::ReserveKept, what);
        }
    }

    /// A whole download has landed.
    pub(crate) fn check_landed(&mut self, resource: ResourceId, version: u64) {
        self.remembered.remove(&resource);
        let (landed, again) = self.landed.entry((resource, version)).or_default();
        *landed += 1;
        if *landed > *again + 1 {
            let what = format!("{resource:?} {version}: {landed} times, for {again} reasons");
            self.broken(Invariant::DownloadedOnce, what);
        }
    }

    /// The machine says something.
    pub(crate) fn check_notice(&mut self, notice: &Notice) {
        self.alarm_told |= matches!(notice, Notice::Alarmed(_));
        if let Notice::Unexpected(unexpected) = notice
            && !unexpected.late
        {
            self.broken(Invariant::ContractKept, format!("{unexpected:?}"));
        }
    }

    /// After every event.
    pub(crate) fn check(&mut self) {
        let Some(status) = self.machine.as_ref().map(|machine| machine.0.status()) else { return };
        self.check_permits(&status);
        if self.phone.awake {
            self.check_reasons(&status);
            self.check_sum(&status);
            self.check_alarm(&status);
            self.check_advice(&status);
        }
        self.check_reserved(&status);
        self.check_staging(&status);
        self.check_told(&status);
    }

    /// With nothing left to do, nothing is staged.
    fn check_staging(&mut self, status: &Status) {
        let works = !self.jobs.is_empty() || !self.with_os.is_empty() || !self.inbox.is_empty();
        if status.activity == Activity::Done && !works && !self.staged.is_empty() {
            self.broken(Invariant::StagingEmpty, format!("done, and {:?} is staged", self.staged));
        }
    }

    /// A window is ending: everything was told to stop, but what is being handed to the OS.
    pub(crate) fn check_window_ended(&mut self) {
        let ours = |job: &&Job| !matches!(job.effect, Effect::HandOver { .. });
        let going_on = self.jobs.values().filter(ours).find(|job| !job.cancelled);
        if let Some(what) = going_on.map(|job| format!("{:?} goes on", job.effect)) {
            self.broken(Invariant::PermitKept, format!("the window ends, and {what}"));
        }
    }

    /// Work is told to stop: for which holds?
    pub(crate) fn note_revoked(&mut self, id: EffectId) {
        let (Some(machine), Some(job)) = (&self.machine, self.jobs.get(&id)) else { return };
        let Some(row) = self.catalog.rows.get(&id.resource) else { return };
        let (metered, remote) = (self.config.settings.metered, self.config.vault.remote);
        let holds = machine.0.status().holds;
        let step = Step::of(&job.effect, job.work);
        let holds = match step {
            Step::HandOver => holds.iter().filter(|hold| stops_the_os(*hold)).collect(),
            _ => stopping(holds, metered, remote, job.work, row.media),
        };
        if !holds.is_empty() {
            self.outcome.coverage.note(step, holds, Fate::Revoked);
        }
    }

    /// A transfer of the OS is cancelled: for which holds?
    pub(crate) fn note_cancelled(&mut self) {
        let Some(machine) = &self.machine else { return };
        let holds = machine.0.status().holds;
        let holds: Holds = holds.iter().filter(|hold| stops_the_os(*hold)).collect();
        if !holds.is_empty() {
            self.outcome.coverage.note(Step::WithOs, holds, Fate::Revoked);
        }
    }

    /// What is reserved is what is still to land, to the byte. (Of what was told to stop nobody can say
    /// whether the machine still waits for its file.)
    fn check_reserved(&mut self, status: &Status) {
        let (mut least, mut most) = (0, 0);
        for job in self.jobs.values() {
            let Effect::Download { at_most, .. } = job.effect else { continue };
            let to_come = at_most.saturating_sub(job.told);
            if job.cancelled {
                most += to_come * 2; // the library may have kept a copy of the version before
            } else {
                (least, most) = (least + to_come * job.factor, most + to_come * job.factor);
            }
        }
        let reserved = status.reserved;
        if !(least..=most).contains(&reserved) {
            let what = format!("{reserved} reserved, and {least} to {most} are to land");
            self.broken(Invariant::ReserveKept, what);
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
        let unfinished = |row: &&Row| !here(row) && !row.stage.is_at_rest();
        if let Some(row) = self.catalog.rows.values().find(unfinished) {
            let what = format!("{row:?} is not in the library any more");
            return self.broken(Invariant::GoodEnd, what);
        }
        for original in self.library.originals.values() {
            let row = self.catalog.rows.get(&original.id);
            let good = row.is_some_and(|row| match row.stage.class() {
                // (Kills in foul weather may be blamed on it at the next start.)
                Class::Quarantined(Fault::Crashed) if self.silent => true,
                Class::Quarantined(_) => {
                    original.broken.is_some() || self.given_up.contains(&original.id)
                }
                Class::Excluded => !self.library.chooses(original),
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
