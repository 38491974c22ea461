//! When the catalog cannot be written: nothing is performed that is not persisted. The machine is
//! dropped; when a probe write succeeds, a new one begins from what is stored. The first machine is
//! made in the same way.

use super::Driver;
use crate::inbox::Message;
use crate::jobs::{blame, lock};
use crate::log;
use crate::runtime::Next;
use crate::store::StoreError;
use keepsake_machine::effect::Part;
use keepsake_machine::event::Event;
use keepsake_machine::machine::Machine;
use keepsake_machine::time::{Clock, Now};
use std::sync::atomic::Ordering;

/// How it stands.
#[derive(Default)]
pub(super) struct Broken {
    /// Probes that failed.
    tries: u32,
    /// The uptime of the next probe.
    next: u64,
    /// Only the catalog failed: no item is to blame for this end.
    blameless: bool,
}

/// Milliseconds before the first probe; doubled after each, up to the longest.
const FIRST: u64 = 1_000;
const LONGEST: u64 = 60_000;
/// Milliseconds after which what is under way is looked at again.
const AGAIN: u64 = 100;

impl Driver {
    /// The catalog could not be written. What was ordered and not performed goes with the machine: the
    /// next one begins from what is stored. (What was to leave staging is swept then.)
    pub(super) fn break_down(&mut self) {
        let now = self.now();
        self.handle(Event::CatalogFailed, now);
        let status = self.machine.take().map(|machine| machine.status());
        self.show.broken(&self.desk.stream, status);
        self.recorder.flush();
        self.notes.clear();
        self.desk.stopping.store(true, Ordering::Relaxed);
        self.stop_all();
        self.broken = Some(Broken { tries: 0, next: now.uptime + FIRST, blameless: true });
    }

    /// It was a mistake in the machine or here: what was under way is suspected.
    pub(super) fn is_to_blame(&mut self) {
        if let Some(broken) = &mut self.broken {
            broken.blameless = false;
        }
    }

    /// A turn without a machine: waits for what is under way, then for the catalog.
    pub(super) fn mend(&mut self) -> Next {
        let now = self.now();
        let left = std::mem::take(&mut self.batch);
        for message in left.into_iter().chain(self.desk.inbox.take(usize::MAX)) {
            self.take_note(message);
        }
        if !self.is_quiet() {
            // A worker may give back, a moment after all was withdrawn, what it could not begin.
            self.stop_all();
            return Next::At(now.uptime + AGAIN);
        }
        if self.ending {
            return self.end();
        }
        let Some(broken) = &mut self.broken else { return Next::Now };
        if now.uptime < broken.next {
            return Next::At(broken.next);
        }
        if self.begin_run(now).is_ok() {
            // (It may have broken down again while it began.)
            if self.machine.is_some() {
                self.broken = None;
            }
            return Next::Now;
        }
        let status = self.show.shown();
        self.show.broken(&self.desk.stream, Some(status));
        let Some(broken) = &mut self.broken else { return Next::Now };
        broken.next = now.uptime + (FIRST << broken.tries.min(6)).min(LONGEST);
        broken.tries += 1;
        Next::At(broken.next)
    }

    /// Without a machine, only this is of use.
    fn take_note(&mut self, message: Message) {
        match message {
            Message::Answers(answers) => {
                for one in answers {
                    self.answered(one.id, &one.answer);
                }
            }
            Message::Event(Event::UserPaused) => self.paused = Some(true),
            Message::Event(Event::UserResumed) => self.paused = Some(false),
            Message::Event(Event::SettingsChanged(settings)) => self.config.settings = settings,
            Message::Told(fact) => self.hears(&fact, false),
            Message::ScanEnded => self.scanning = false,
            Message::RefillEnded => self.refilling = self.refilling.saturating_sub(1),
            Message::Tidied => self.tidying = false,
            Message::Stop => self.ending = true,
            #[cfg(test)]
            Message::Panic => {}
            Message::Event(_)
            | Message::CountersChanged
            | Message::CatalogFailed
            | Message::Looked => {}
        }
    }

    /// Removes from staging what no stored row names, makes the machine from what is stored, and starts
    /// it.
    fn begin_run(&mut self, now: Now) -> Result<(), StoreError> {
        let store = &self.desk.store;
        // First of all: it may make the room that the catalog lacks.
        let owned = store.read(keepsake_catalog::Reader::staged)?;
        // What cannot be swept now is swept another time.
        let _ = self.desk.staging.sweep(&owned.into_iter().map(|(resource, _)| resource).collect());
        store.write(keepsake_catalog::Catalog::probe)?;
        let mut parts = store.write(|catalog| catalog.parts())?;
        if self.broken.as_ref().is_some_and(|broken| broken.blameless) {
            parts.iter_mut().for_each(clear);
        }
        let run = store.write(keepsake_catalog::Catalog::begin_run)?;
        log::began(run);
        lock(&self.desk.held).clear();
        lock(&self.desk.placing).clear();
        let teed = self.desk.kept.retain(|_| false);
        self.desk.discard(teed);
        let mut clock = Clock::default();
        for part in &parts {
            if let Part::Clock(stored) = part {
                clock = *stored;
            }
        }
        *lock(&self.desk.clock) = clock;
        self.desk.stopping.store(false, Ordering::Relaxed);
        self.scan_again = false;
        let machine = Machine::new(self.config.clone(), parts);
        self.recorder.begin(&machine);
        self.machine = Some(machine);
        // The counters first: the machine knows then that there is something to do.
        self.counts = keepsake_machine::Counts::default();
        self.counters_changed = true;
        self.count(now);
        for fact in self.facts.conditions() {
            self.told(fact, now);
        }
        if let Err(why) = self.desk.link.vault() {
            self.handle(Event::VaultChanged(blame::health(&Err(why))), now);
        }
        self.handle(Event::Started { run }, now);
        for fact in self.facts.transfers() {
            self.told(fact, now);
        }
        match self.paused.take() {
            Some(true) => self.handle(Event::UserPaused, now),
            Some(false) => self.handle(Event::UserResumed, now),
            None => {}
        }
        self.drain(now);
        self.lanes.kick(&self.desk, now.uptime, false);
        Ok(())
    }
}

/// Whether it says that something is under way.
pub(super) fn is_blamed(part: &Part) -> bool {
    matches!(part, Part::Admissions(admitted) if admitted.iter().any(|one| one.under_way))
}

/// Nothing of it was under way at an end that says anything of it.
pub(super) fn clear(part: &mut Part) {
    if let Part::Admissions(admitted) = part {
        for one in admitted {
            one.under_way = false;
        }
    }
}
