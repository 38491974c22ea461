//! What the world does to a run: conditions that turn, a user who acts, an OS that kills, and fair
//! weather in the end.

use crate::coverage::Fate;
use crate::happening::Happening;
use crate::kind::Kind;
use crate::plan::MB;
use crate::planted::{Bug, Mind, Place};
use crate::run::{Driven, Run, WRITTEN_BACK};
use crate::sent::Said;
use keepsake_machine::Machine;
use keepsake_machine::effect::Effect;
use keepsake_machine::event::{Event, LibraryAccess, Network, Power, TransferOutcome};
use keepsake_machine::media::{ResourceId, Run as Start};
use keepsake_machine::settle::Fact;
use keepsake_machine::stage::{Fault, Stage};
use keepsake_machine::time::Elapsed;
use std::collections::BTreeSet;
use std::time::Duration;

impl Run {
    /// The resources that the machine holds.
    pub(crate) fn under_way(&self) -> BTreeSet<ResourceId> {
        self.machine.iter().flat_map(|machine| machine.0.under_way()).collect()
    }

    /// A program starts: from what is stored, and what the OS still has.
    pub(crate) fn starts_up(&mut self) {
        let parts = self.catalog.parts.values().cloned();
        let mut mind = Mind { rows: &self.catalog.rows, count: &mut self.counted_by_bug };
        let parts = match self.bug {
            Some(Bug { place: Place::Part(of), .. }) => {
                parts.filter_map(|part| of(part, &mut mind)).collect()
            }
            _ => parts.collect(),
        };
        self.known.restarts();
        (self.alarm_stands, self.alarm_told, self.os_goes_on) = (None, false, None);
        self.machine = Some(Box::new(Driven(Machine::new(self.config.clone(), parts))));
        self.phone.awake = true;
        // What no stored row names is swept.
        let rows = &self.catalog.rows;
        let named =
            |id: &ResourceId| rows.get(id).is_some_and(|row| row.stage.bytes().staged() > 0);
        let swept: Vec<_> = self.staged.keys().copied().filter(|id| !named(id)).collect();
        for id in swept {
            self.staged.remove(&id);
            // It was stored once that it lay there, and later that it was not needed any more.
            if self.remembered.remove(&id) {
                self.may_land_again(id);
            }
        }
        let counts = self.catalog.counts();
        let run = Start(self.next_start());
        self.then_tell(Event::Counted(counts));
        self.phone.facts().into_iter().for_each(|fact| self.then_tell(fact));
        let lasts = self.next_window();
        self.then_tell(Event::WindowOpened { lasts });
        self.then_tell(Event::Started { run });
        for resource in self.with_os.keys().copied().collect::<Vec<_>>() {
            self.then_tell(Event::TransferFound { resource });
        }
        self.tells_delivered();
        self.tell(Event::TransfersReported);
        for (id, deleted) in std::mem::take(&mut self.unheard) {
            self.lets_know(id, &deleted);
        }
    }

    /// Tells how transfers ended meanwhile.
    pub(crate) fn tells_delivered(&mut self) {
        for (resource, outcome) in std::mem::take(&mut self.delivered) {
            self.then_tell(Event::TransferFinished { resource, outcome });
        }
    }

    /// The program is killed. Some of what was under way had been done, and its answer is lost.
    pub(crate) fn dies(&mut self) {
        self.note_fate(Fate::Killed);
        if self.catalog.counts().unfinished().items == 0 {
            // It saw so, or the next one does; or something is to be done again by then, and neither did.
            let before = self.catalog.perhaps_since.or(self.catalog.unsafe_since);
            (self.catalog.unsafe_since, self.catalog.perhaps_since) = (None, before);
        }
        // What it was told last it may have made something of.
        let unknown = self.catalog.unsafe_since.is_none();
        if unknown && self.catalog.counts().unfinished().items > 0 {
            self.catalog.perhaps_since.get_or_insert(self.now);
        }
        for id in self.under_way() {
            self.failed.entry(id).or_default().1 += 1;
        }
        // The user may have answered what we shall never hear from this dialog.
        if let Some(proposal) = self.open_proposal().filter(|_| self.random.one_in(2)) {
            let deleted = self.user_lets_go(&proposal);
            self.unheard.push((proposal.id, deleted));
        }
        for (id, job) in self.jobs.clone() {
            self.may_land_again(id.resource);
            if let Effect::Upload { digest, .. } = &job.effect {
                self.sent.may_again(id.resource, digest);
            }
            if self.random.one_in(2) {
                let _lost = self.answer(id, &job);
            }
        }
        self.machine = None;
        self.forgets();
        self.teed.clear();
        if self.random.one_in(3) {
            self.phone.clock.reboot(self.now);
            if self.random.one_in(2) && !self.without.has(Kind::PowerCuts) {
                self.power_cut();
            }
        }
    }

    /// What was not synced is as it was.
    fn power_cut(&mut self) {
        if self.now > self.stored_at + WRITTEN_BACK {
            return;
        }
        self.catalog = self.synced.clone();
        self.known.is_doubted();
        self.elapsed = Elapsed(0);
        self.asked.clear();
        for row in self.catalog.rows.values() {
            // Nor was the removal of a staged file.
            let staged = row.stage.bytes().staged();
            if staged > 0 {
                self.staged.insert(row.id, staged);
                self.staged_as.extend(row.digest.map(|digest| (row.id, digest)));
            }
            if let Some(digest) = row.digest {
                self.asked.insert(row.id, (digest, Said::NotShown)); // nobody knows what was said
            }
        }
        self.all_may_land_again();
    }

    /// A condition turns.
    pub(crate) fn turns(&mut self) {
        let what = self.random.below(15);
        if self.without.has(TURNS[usize::try_from(what).unwrap_or(0)]) {
            return;
        }
        let (phone, random) = (&mut self.phone, &mut self.random);
        match what {
            0..=2 => {
                let event = phone.turn_network(random, self.weather.thrifty);
                self.hears(event);
            }
            3 => {
                let event = phone.turn_power(random);
                self.hears(event);
            }
            4 => {
                let event = phone.turn_access(random);
                self.hears(event);
            }
            5 => {
                phone.locked = random.one_in(3);
                let locked = phone.locked;
                self.hears(Event::LockChanged { locked });
            }
            6 | 7 => self.disk_turns(),
            8 => {
                self.store.up = !self.random.one_in(3);
                self.store.signed_out = self.random.one_in(6);
                if self.random.one_in(3) && !self.config.vault.remote {
                    let health = self.store.health();
                    self.hears(Event::VaultChanged(health));
                } else if !self.store.signed_out {
                    self.hears(Event::VaultChanged(keepsake_machine::event::VaultHealth::SignedIn));
                }
            }
            9..=11 => self.window_turns(),
            12 => {
                let hour = 3_600_000 * (i64::try_from(self.random.below(100)).unwrap_or(0) - 50);
                self.phone.clock.jump(hour);
                // Over a restart only the wall clock tells how long it was.
                self.ahead += hour.max(0).unsigned_abs();
                self.behind += hour.min(0).unsigned_abs();
                self.phone.clock.travel(i32::try_from(self.random.below(27)).unwrap_or(0) - 12);
            }
            13 => self.cloud_turns(),
            _ => {
                let wanted = self.random.below(500 * MB);
                self.library.optimise(wanted);
                self.hears_of_the_disk();
            }
        }
    }

    /// The machine is told, if a program is there to hear it.
    pub(crate) fn hears(&mut self, event: Event) {
        if self.phone.awake {
            self.tell(event);
        }
    }

    /// Others write, or remove what they wrote.
    fn disk_turns(&mut self) {
        let free = self.free();
        if self.random.one_in(2) {
            let more = self.random.below(free + 1);
            self.phone.others += more;
            self.phone.grown += more;
        } else {
            self.phone.others -= self.random.below(self.phone.others + 1);
        }
        self.hears_of_the_disk();
    }

    pub(crate) fn hears_of_the_disk(&mut self) {
        if self.random.one_in(2) {
            let (available, total) = (self.free(), self.phone.disk);
            self.hears(Event::DiskRead { asked: None, available, total });
        }
    }

    /// The OS ends a window; the next one opens later.
    fn window_turns(&mut self) {
        if !self.phone.awake || self.machine.is_none() {
            return;
        }
        if self.random.one_in(4) {
            let lasts = Some(self.background_window());
            self.tell(Event::WindowOpened { lasts });
            return;
        }
        self.window_ends();
    }

    /// The window in which the app is now: none has an end while it is in front.
    pub(crate) fn next_window(&mut self) -> Option<Duration> {
        self.windows += 1; // what was said of the last one's end is nothing to this one
        let limited = self.weather.background && !self.fair && !self.without.has(Kind::Windows);
        limited.then(|| self.background_window())
    }

    /// One in the background, which ends when it was said to.
    fn background_window(&mut self) -> Duration {
        self.windows += 1;
        let seconds = 5 + self.random.below(600);
        self.soon(seconds * 1_000, Happening::WindowEnds(self.windows));
        Duration::from_secs(seconds)
    }

    /// The OS ends the window.
    pub(crate) fn window_ends(&mut self) {
        if !self.phone.awake || self.machine.is_none() {
            return;
        }
        self.note_fate(Fate::WindowEnded);
        self.tell(Event::WindowEnding);
        self.check_window_ended();
        self.phone.awake = false;
        let pause = 1_000 + self.absence(3_600_000);
        self.soon(pause, Happening::Wakes);
    }

    /// The window ends, and nobody says when the next one opens.
    pub(crate) fn falls_asleep(&mut self) {
        if self.phone.awake {
            self.tell(Event::WindowEnding);
            self.phone.awake = false;
        }
    }

    /// The machine is told how full the disk is.
    pub(crate) fn tell_disk(&mut self) {
        let (available, total) = (self.free(), self.phone.disk);
        self.hears(Event::DiskRead { asked: None, available, total });
    }

    /// The OS ends a transfer.
    pub(crate) fn delivers(&mut self, resource: ResourceId) {
        let Some((digest, metered)) = self.with_os.get(&resource).copied() else { return };
        let network = self.phone.network;
        let kept_off = !network.online || network.metered && !metered;
        if !self.store.up || self.config.vault.remote && kept_off {
            let later = 60_000 + self.random.below(600_000);
            self.soon(later, Happening::Delivers(resource));
            return;
        }
        self.with_os.remove(&resource);
        let outcome = if !self.fair && self.random.one_in(4) || !self.store.fits(&digest) {
            self.failed.entry(resource).or_default().0 += 1;
            self.sent.may_again(resource, &digest);
            if self.store.fits(&digest) && self.random.one_in(2) {
                self.store.put(&digest, self.now); // only its answer was lost
            }
            TransferOutcome::Failed { wasted: 1 }
        } else {
            self.store.put(&digest, self.now);
            TransferOutcome::Delivered
        };
        self.takes_leave_back(resource, outcome);
        if self.phone.awake && self.machine.is_some() {
            self.tell(Event::TransferFinished { resource, outcome });
        } else {
            self.delivered.insert(resource, outcome);
        }
    }

    /// The user tries again what kills were blamed on, once: it was not its fault. Says whether there
    /// was any.
    pub(crate) fn tries_again(&mut self) -> bool {
        let crashed = |row: &keepsake_machine::Row| row.stage == Stage::Quarantined(Fault::Crashed);
        if self.silent
            || std::mem::replace(&mut self.tried, true)
            || !self.catalog.rows.values().any(crashed)
        {
            return false;
        }
        let under_way = self.under_way();
        for event in self.catalog.settle(Fact::Retry, crashed, &under_way) {
            self.then_tell(event);
        }
        self.then_tell(Event::Counted(self.catalog.counts()));
        self.tell(Event::RetryRequested);
        true
    }

    /// Only what is another than before is told, once, and the user does not try again: what waits goes on
    /// by itself.
    fn tells_what_changed(&mut self, before: &crate::phone::Phone) {
        let quarantined = |row: &&keepsake_machine::Row| matches!(row.stage, Stage::Quarantined(_));
        let rows = self.catalog.rows.values().filter(quarantined);
        self.given_up = rows.map(|row| row.id).collect();
        let facts = self.phone.facts().into_iter().zip(before.facts());
        let changed: Vec<Event> =
            facts.filter_map(|(now, then)| (now != then).then_some(now)).collect();
        for fact in changed {
            self.then_tell(fact);
        }
        if self.known.limited || self.known.ending {
            self.then_tell(Event::WindowOpened { lasts: None });
        }
        if before.paused {
            self.then_tell(Event::UserResumed);
        }
        if self.known.signed_out.may {
            self.then_tell(Event::VaultChanged(keepsake_machine::event::VaultHealth::SignedIn));
        }
        // How full the disk is, the machine asks by itself, but for another disk.
        if self.phone.disk > before.disk {
            self.then_tell(Event::DiskRead {
                asked: None,
                available: self.free(),
                total: self.phone.disk,
            });
        }
        self.scan();
        self.scrubs();
    }

    /// A scrub finds out what is gone from the vault.
    fn scrubs(&mut self) {
        while let Some(sha256) = self.unnoticed.pop_first() {
            if !self.store.objects.contains_key(&sha256) {
                self.notices(sha256);
            }
        }
    }

    /// Everything is well from now on: the user is at home, frees space, and tries again what was
    /// given up on.
    pub(crate) fn clears_up(&mut self) {
        self.wakes();
        if self.outcome.kills == 0 {
            self.outcome.kills = 1;
            self.dies();
            self.wakes();
        }
        self.fair = true;
        let before = self.phone.clone();
        self.silent = self.random.one_in(2);
        self.store.up = true;
        self.store.signed_out = false;
        self.store.room = None;
        self.phone.paused = false;
        self.phone.locked = false;
        self.phone.network = Network::UNMETERED;
        self.phone.power = Power::MAINS;
        self.phone.access = LibraryAccess::Full;
        self.phone.others = 0;
        self.library.trash.clear();
        // Estimates are learned, and may be many times too large; the library may keep a copy.
        let needed = self.library.bytes() * 2 + self.library.largest() * 24 + 400 * MB;
        self.phone.disk = self.phone.disk.max(needed);
        if self.silent {
            return self.tells_what_changed(&before);
        }
        self.phone.facts().into_iter().for_each(|fact| self.then_tell(fact));
        self.then_tell(Event::WindowOpened { lasts: None });
        self.then_tell(Event::UserResumed);
        let settings = self.config.settings.clone();
        self.then_tell(Event::SettingsChanged(settings));
        self.then_tell(Event::VaultChanged(keepsake_machine::event::VaultHealth::SignedIn));
        if self.random.one_in(2) {
            self.then_tell(Event::VaultChanged(self.store.health())); // else a probe finds out
        }
        let (available, total) = (self.free(), self.phone.disk);
        self.tell(Event::DiskRead { asked: None, available, total });
        self.scan();
        self.scrubs();
        let under_way = self.under_way();
        for event in self.catalog.settle(Fact::Retry, |_| true, &under_way) {
            self.then_tell(event);
        }
        self.then_tell(Event::Counted(self.catalog.counts()));
        self.tell(Event::RetryRequested);
    }
}

/// What kinds the conditions are of, in the order in which they are drawn.
const TURNS: [Kind; 15] = {
    use Kind::{Access, Clocks, Cloud, Disk, Eviction, Locks, Network, Power, Vault, Windows};
    [
        Network, Network, Network, Power, Access, Locks, Disk, Disk, Vault, Windows, Windows,
        Windows, Clocks, Cloud, Eviction,
    ]
};
