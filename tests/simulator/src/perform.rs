//! How orders are carried out.

use crate::Millis;
use crate::cloud::Cloud;
use crate::happening::Happening;
use crate::invariant::Invariant;
use crate::job::{Job, id_of, work_of};
use crate::kind::Kind;
use crate::library::Original;
use crate::phone::{DOWN, NEAR, UP};
use crate::run::Run;
use crate::sent::Said;
use keepsake_machine::effect::Effect;
use keepsake_machine::event::{
    Answer, Disappearance, Event, Finding, LibraryAccess, TransferOutcome,
};
use keepsake_machine::media::{AssetId, EffectId, Locality, ResourceId};
use keepsake_machine::permit::Work;
use keepsake_machine::row::Row;

impl Run {
    /// Takes an order.
    pub(crate) fn order(&mut self, effect: Effect) {
        if let Some(id) = id_of(&effect) {
            self.begin(id, effect);
            return;
        }
        match effect {
            Effect::Cancel { id } => {
                let delay = self.random.below(200);
                let late = self.is_late(16);
                let delay = late.unwrap_or(delay);
                let ends = self.now + 1 + delay;
                self.note_revoked(id);
                let Some(job) = self.jobs.get_mut(&id) else { return };
                job.cancelled = true;
                // What would have ended before the word reaches it ends as it would have.
                if job.ends > ends || job.stalled || late.is_some() {
                    (job.ends, job.stalled) = (ends, false);
                    self.soon(1 + delay, Happening::Ends(id));
                }
            }
            Effect::Evict { resource } => {
                self.staged.remove(&resource);
                let safe = self.catalog.rows.get(&resource).is_some_and(|row| row.stage.is_safe());
                if !safe {
                    self.may_land_again(resource);
                }
            }
            Effect::Abandon { resource } => {
                self.teed.remove(&resource);
            }
            Effect::CancelTransfer { resource } => {
                if let Some((digest, _)) = self.with_os.remove(&resource) {
                    self.sent.may_again(resource, &digest);
                    self.note_cancelled();
                    let outcome = TransferOutcome::Cancelled;
                    self.takes_leave_back(resource, outcome);
                    self.then_tell(Event::TransferFinished { resource, outcome });
                }
            }
            Effect::Notify(notice) => self.check_notice(&notice),
            Effect::Flush | Effect::Persist { .. } => {}
            Effect::Propose(mut proposal) => {
                proposal.assets.retain(|candidate| self.is_as_proposed(candidate));
                self.check_proposal(&proposal);
                self.proposed += 1;
                self.closes_dialog(); // there is only one
                let delay = 1_000 + self.random.below(120_000);
                self.soon(delay, Happening::Answers(Effect::Propose(proposal)));
            }
            short => {
                let delay = 1 + self.random.below(300);
                self.soon(delay, Happening::Answers(short));
            }
        }
    }

    /// A long effect begins, or the same one once more.
    fn begin(&mut self, id: EffectId, effect: Effect) {
        if let Some(job) = self.jobs.get_mut(&id) {
            let charged = job.charged;
            job.effect = effect.clone();
            let was_stalled = std::mem::take(&mut job.stalled);
            if charged {
                self.check_raised(id.resource, &effect);
            }
            if was_stalled {
                let landed = self.staged.get(&id.resource).copied().unwrap_or(0);
                let rest = self.library.originals.get(&id.resource).map_or(0, |one| one.size);
                self.put_off(id, rest.saturating_sub(landed) / DOWN + 50);
            }
            return;
        }
        self.check_order(id, &effect);
        self.check_storm(id);
        if let Effect::Upload { digest, .. } = &effect {
            self.begins_to_send(id.resource, digest);
        }
        let work = work_of(&effect);
        let bytes = self.library.originals.get(&id.resource).map_or(0, |one| one.size);
        let rate = match work {
            Work::Download => DOWN,
            Work::Upload | Work::UploadStaged if self.config.vault.remote => UP,
            Work::Upload | Work::UploadStaged | Work::Checksum => NEAR,
            Work::Check => u64::MAX,
        };
        let mut lasts = bytes / rate + 5 + self.random.below(200);
        let mut copies = false;
        if work == Work::Download {
            if let Cloud::Throttled(times) = self.cloud() {
                lasts *= times;
            }
            lasts += self.is_late(24).unwrap_or(0);
            self.staged.insert(id.resource, 0);
            let away = self.library.originals.get(&id.resource).is_some_and(|one| !one.on_phone);
            // Of one that the OS just let go of nobody could know.
            let known = self.catalog.rows.get(&id.resource).map(|row| row.locality);
            let known = known == Some(Locality::Cloud);
            copies = self.library.optimised && away && known && self.random.one_in(2);
            self.soon(lasts / 2, Happening::Progresses(id));
        }
        let ends = self.soon(lasts, Happening::Ends(id));
        let (cancelled, stalled, grown) = (false, false, self.read);
        let metered = self.phone.network.metered;
        let charged = self.is_charged(id.resource, &effect);
        let reserve = self.config.settings.reserve.unwrap_or_default();
        let cloud = self.catalog.rows.get(&id.resource).map(|row| row.locality);
        let (factor, told) = (if cloud == Some(Locality::Cloud) { 2 } else { 1 }, 0);
        let job = Job {
            effect,
            work,
            cancelled,
            ends,
            grown,
            reserve,
            charged,
            metered,
            copies,
            factor,
            told,
            stalled,
        };
        self.jobs.insert(id, job);
    }

    /// Half of it has landed.
    pub(crate) fn progresses(&mut self, id: EffectId) {
        let Some(job) = self.jobs.get(&id).filter(|job| !job.cancelled && !job.stalled) else {
            return;
        };
        let Effect::Download { at_most, .. } = job.effect else { return };
        let Some(original) = self.library.originals.get(&id.resource) else { return };
        if self.is_refused_the_network(original) {
            return;
        }
        let (size, fetched) = (original.size, !original.on_phone);
        let bytes = size.min(at_most) / 2;
        let landed = self.staged.get(&id.resource).copied().unwrap_or(0);
        let factor = if job.copies { 2 } else { 1 };
        if bytes > landed && (bytes - landed) * factor <= self.free() {
            let job = job.clone();
            self.lands(id.resource, bytes, fetched, &job);
            if let Some(job) = self.jobs.get_mut(&id) {
                job.told = bytes;
            }
            self.tell(Event::Progressed { id, bytes });
        }
    }

    /// Bytes of a download are on the disk, in all: the last came when its work ended, which is before now
    /// where the app slept meanwhile.
    pub(crate) fn lands(&mut self, resource: ResourceId, bytes: u64, fetched: bool, job: &Job) {
        let before = self.staged.insert(resource, bytes).unwrap_or(0);
        if job.copies && fetched {
            self.copying.insert(resource, bytes);
        }
        let more = bytes.saturating_sub(before);
        self.check_reserve(resource, job);
        if fetched {
            self.moves(job, more);
        }
        if self.library.originals.get(&resource).is_some_and(|one| !one.on_phone) {
            let moved = (job.ends.min(self.now), more, DOWN);
            if job.metered {
                self.traffic.book(moved, |hour| &mut hour.down_mobile);
            } else {
                self.traffic.book(moved, |hour| &mut hour.down_wifi);
            }
        }
    }

    /// One that was thought to lie on the phone is asked for without the network, and is not there.
    pub(crate) fn is_refused_the_network(&self, original: &Original) -> bool {
        let cloud = |row: &Row| row.locality == Locality::Cloud;
        !original.on_phone && !self.catalog.rows.get(&original.id).is_some_and(cloud)
    }

    fn goes_wrong(&mut self) -> bool {
        let may = !self.fair && !self.without.has(Kind::Faults);
        may && self.random.one_in(self.weather.fault)
    }

    fn put_off(&mut self, id: EffectId, by: Millis) {
        let ends = self.soon(by, Happening::Ends(id));
        if let Some(job) = self.jobs.get_mut(&id) {
            job.ends = ends;
        }
    }

    /// A long effect comes to its end.
    pub(crate) fn ends(&mut self, id: EffectId) {
        let Some(job) = self.jobs.get(&id) else { return };
        if job.ends > self.now || job.stalled {
            return; // it was put off
        }
        let job = job.clone();
        let answer = if job.cancelled && self.random.one_in(2) {
            Answer::Stopped
        } else if self.goes_wrong() {
            self.may_land_again(id.resource);
            self.fault(&job)
        } else {
            match self.answer(id, &job) {
                Answer::Outgrown(_) if job.cancelled => Answer::Stopped,
                answer => answer,
            }
        };
        if let (Answer::Failed { wasted, .. }, Effect::Upload { .. }) = (&answer, &job.effect) {
            self.moves(&job, *wasted);
        }
        if job.cancelled && matches!(answer, Answer::Downloaded(_)) {
            self.may_land_again(id.resource); // it may be of no use any more
        }
        self.check_blame(id.resource, &answer);
        self.note_sent(id.resource, &job, &answer);
        self.known.answered(&answer, !job.cancelled);
        match (&answer, &job.effect) {
            (Answer::Found(finding), Effect::Find { digest, .. }) => {
                // A hit that could not be confirmed once is not believed again.
                let said = self.asked.get(&id.resource).filter(|(of, _)| of == digest);
                if said.is_none_or(|(_, said)| *said != Said::NotShown) {
                    let said = if *finding == Finding::Hit { Said::Has } else { Said::HasNot };
                    self.asked.insert(id.resource, (*digest, said));
                }
                // A list that is late is a fault of the vault's.
                if *finding != Finding::Hit && self.store.holds(digest) && !self.is_listed(digest) {
                    self.sent.may_again(id.resource, digest);
                    self.may_land_again(id.resource);
                }
            }
            (Answer::NotConfirmed, Effect::Verify { digest, .. }) => {
                self.asked.insert(id.resource, (*digest, Said::NotShown));
            }
            _ => {}
        }
        let landed = self.staged.get(&id.resource).copied().filter(|_| job.work == Work::Download);
        if let (Some(bytes @ 1..), Answer::Stopped | Answer::Changed | Answer::Held(_)) =
            (landed, answer)
        {
            self.then_tell(Event::Progressed { id, bytes });
        }
        if let Answer::Outgrown(bytes) = answer {
            if let Some(job) = self.jobs.get_mut(&id) {
                (job.stalled, job.told) = (true, bytes);
            }
        } else {
            self.jobs.remove(&id);
            self.copying.remove(&id.resource);
            if job.work == Work::Download && !matches!(answer, Answer::Downloaded(_)) {
                self.staged.remove(&id.resource);
            }
        }
        let again = !self.fair && !self.without.has(Kind::SecondAnswers);
        if again && !matches!(answer, Answer::Outgrown(_)) && self.random.one_in(12) {
            let after = 1 << self.random.below(22);
            self.soon(after, Happening::Repeats(id, answer));
        }
        let edited = !self.fair && self.phone.awake && !self.without.has(Kind::Edits);
        if edited && self.doomed.is_none() && self.random.one_in(60) {
            // It was about to be told, and a scan stores another version first.
            self.then_tell(Event::Answered { id, answer });
            self.changes_the_library(|library, random| library.edit(id.resource, random));
        } else {
            self.tell(Event::Answered { id, answer });
            self.check_changed(id.resource, &job, &answer);
        }
    }

    /// A short order is carried out.
    pub(crate) fn answers(&mut self, effect: &Effect) {
        match effect {
            Effect::Refill(want) => {
                let refilled = self.catalog.refill(want);
                self.tell(refilled);
            }
            Effect::Scan => self.scan(),
            Effect::ReadDisk { asked } => {
                let (asked, available, total) = (Some(*asked), self.free(), self.phone.disk);
                self.tell(Event::DiskRead { asked, available, total });
            }
            Effect::ProbeVault => {
                let remote = self.config.vault.remote && !self.phone.network.online;
                let health = self.store.health();
                let health = if remote { crate::store::AWAY } else { health };
                self.tell(Event::VaultChanged(health));
            }
            Effect::ListFreeable { id, wanted } => {
                let assets = self.catalog.freeable(*wanted);
                self.tell(Event::FreeUpCandidates { id: *id, assets });
            }
            Effect::ConfirmFreeable { id, assets } => {
                let live = |asset: &&AssetId| {
                    let mut rows = self.catalog.rows.values().filter(|row| row.asset == **asset);
                    rows.all(|row| {
                        row.stage.is_safe() && row.digest.is_some_and(|d| self.store.holds(&d))
                    })
                };
                let assets = assets.iter().filter(live).copied().collect();
                self.tell(Event::FreeUpConfirmed { id: *id, assets });
            }
            Effect::Propose(proposal) => {
                let deleted = self.user_lets_go(proposal);
                self.lets_know(proposal.id, &deleted);
            }
            other => self.broken(Invariant::ContractKept, format!("nobody performs {other:?}")),
        }
    }

    /// Whether the library shows it to us.
    pub(crate) fn sees(&self, resource: ResourceId) -> bool {
        let limited = self.phone.access == LibraryAccess::Limited;
        let hidden = |one: &Original| limited && one.asset.0 % 3 == self.phone.unpicked;
        self.library.originals.get(&resource).is_some_and(|one| !hidden(one))
    }

    /// A whole scan, in one moment.
    pub(crate) fn scan(&mut self) {
        self.unseen = false;
        if self.phone.access == LibraryAccess::Denied {
            self.tell(Event::ScanFinished { changed: false });
            return;
        }
        let before = self.catalog.rows.clone();
        let under_way = self.under_way();
        let limited = self.phone.access == LibraryAccess::Limited;
        self.then_tell(Event::ScanStarted);
        let seen = self.library.originals.values().filter(|one| self.sees(one.id));
        let seen = seen.map(|one| (one.row(), self.library.chooses(one)));
        for (row, chosen) in seen.collect::<Vec<_>>() {
            if self.dies_here() {
                return;
            }
            if let Some(event) = self.catalog.seen(row, chosen, &under_way) {
                self.then_tell(event);
            }
        }
        let absent: Vec<_> =
            self.catalog.rows.keys().filter(|id| !self.sees(**id)).copied().collect();
        for id in absent {
            if self.dies_here() {
                return;
            }
            let how = if limited { Disappearance::Hidden } else { Disappearance::Deleted };
            if let Some(event) = self.catalog.absent(id, how, &under_way) {
                self.then_tell(event);
            }
        }
        self.then_tell(Event::Counted(self.catalog.counts()));
        let changed = before != self.catalog.rows;
        self.tell(Event::ScanFinished { changed });
    }

    /// It may be downloaded once more, for a good reason.
    pub(crate) fn may_land_again(&mut self, resource: ResourceId) {
        let versions = self.library.history.range((resource, 0)..=(resource, u64::MAX));
        if let Some((newest, _)) = versions.last() {
            self.landed.entry(*newest).or_default().1 += 1;
        }
    }
}
