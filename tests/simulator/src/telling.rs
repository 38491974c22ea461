//! What the machine is told and what it orders, in the order in which a driver does it: what is to be
//! stored first, in one transaction, and then everything else. The program may be killed between any
//! two of these steps.

use crate::happening::Happening;
use crate::invariant::Invariant;
use crate::planted::{Bug, Mind, Place};
use crate::run::{Run, Shown, WRITTEN_BACK};
use keepsake_machine::effect::{Change, Effect, Part};
use keepsake_machine::event::{Answer, Event};
use keepsake_machine::hold::Hold;
use keepsake_machine::media::{EffectId, ResourceId};
use keepsake_machine::stage::Stage;
use keepsake_machine::status::Notice;

/// So many of the last events and effects are remembered.
const LAST: usize = 30;

impl Run {
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
        if self.traced {
            hash(&mut self.outcome.trace, &event);
        }
        self.known.hears(&event);
        let told = (self.shown != Shown::Nothing).then(|| format!("{:>9} {event:?}", self.now));
        let answered =
            if let Event::Answered { id, answer } = event { Some((id, answer)) } else { None };
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
        if let Some(told) = told {
            self.shows(told);
            for effect in &effects {
                self.shows(format!("            -> {effect:?}"));
            }
        }
        if self.traced {
            for effect in &effects {
                hash(&mut self.outcome.trace, effect);
            }
        }
        if std::mem::take(&mut self.told_twice) {
            self.check_refused(&effects);
        }
        if !effects.is_empty() && self.doomed == Some(0) && self.random.one_in(4) {
            self.fails_to_store();
        }
        if !effects.is_empty() && self.dies_here() {
            // Nothing of it was stored: it is as if the answer had not come.
            self.loses(answered);
            return;
        }
        if self.store(&effects) {
            self.inbox.push_front(Event::Counted(self.catalog.counts()));
        }
        for effect in effects {
            if matches!(effect, Effect::Persist { .. }) {
                continue;
            }
            if self.dies_here() {
                return;
            }
            self.order(effect);
        }
    }

    /// One transaction. Says whether anything was to be stored.
    fn store(&mut self, effects: &[Effect]) -> bool {
        if self.now > self.stored_at + WRITTEN_BACK {
            self.synced = self.catalog.clone();
        }
        let (mut changed, mut synced) = (false, false);
        for effect in effects {
            if let Effect::Persist { change, durable } = effect {
                self.check_change(change);
                if let Change::Stage { resource, stage: Stage::Quarantined(fault) } = change {
                    let notice = Notice::Quarantined { resource: *resource, fault: *fault };
                    if !effects.contains(&Effect::Notify(notice)) {
                        let what = format!("{resource:?} is given up on, and nobody is told");
                        self.broken(Invariant::BlameFair, what);
                    }
                }
                self.catalog.store(change);
                if let Change::Stage { resource, stage } = change
                    && stage.bytes().staged() > 0
                {
                    self.remembered.insert(*resource);
                }
                (changed, synced) = (true, synced || *durable);
            }
        }
        if changed {
            self.stored_at = self.now;
        }
        if synced {
            self.synced = self.catalog.clone();
        }
        changed
    }

    /// The catalog cannot be written. Nothing is ordered any more, and the driver makes a new machine later.
    fn fails_to_store(&mut self) {
        let now = self.clocks();
        let Some(machine) = self.machine.as_mut().filter(|_| !self.fair) else { return };
        machine.0.handle(Event::CatalogFailed, now);
        let effects: Vec<_> = std::iter::from_fn(|| machine.0.poll_effect()).collect();
        let said = effects.iter().all(|effect| matches!(effect, Effect::Notify(_)));
        if !said || !machine.0.status().holds.has(Hold::CatalogUnwritable) {
            let what = format!("nothing can be stored, and {effects:?}");
            self.broken(Invariant::ContractKept, what);
        }
    }

    /// The program is killed, some steps from now.
    pub(crate) fn dies_within_steps(&mut self) {
        self.doomed = Some(self.random.below(MOST_STEPS));
    }

    /// One more step. Says whether the program was killed just before it.
    pub(crate) fn dies_here(&mut self) -> bool {
        let Some(left) = self.doomed.filter(|_| !self.fair && self.machine.is_some()) else {
            return false;
        };
        self.doomed = left.checked_sub(1);
        if left > 0 {
            return false;
        }
        self.shows("            (killed)".to_owned());
        self.is_killed();
        true
    }

    /// The program is killed, and starts again later.
    pub(crate) fn is_killed(&mut self) {
        self.doomed = None;
        self.outcome.kills += u32::from(self.machine.is_some());
        self.dies();
        // A pause that was not stored yet is none.
        let paused = self.catalog.parts.get("user_hold");
        self.phone.paused = matches!(paused, Some(Part::UserHold(true)));
        let dead_for = 1 + self.absence(600_000);
        self.soon(dead_for, Happening::Wakes);
    }

    /// An answer was heard, and nothing of what it came to was stored.
    fn loses(&mut self, answered: Option<(EffectId, Answer)>) {
        self.known.is_doubted();
        let Some((id, answer)) = answered else { return };
        self.may_land_again(id.resource);
        if let (Answer::Put(_), Some(digest)) =
            (answer, self.catalog.rows.get(&id.resource).and_then(|row| row.digest))
        {
            self.sent.may_again(id.resource, &digest);
        }
    }

    /// Whether the machine is about to be told that this changed.
    pub(crate) fn is_about_to_hear(&self, id: ResourceId) -> bool {
        let of = |event: &Event| matches!(event, Event::VersionChanged { resource, .. } if *resource == id);
        self.inbox.iter().any(of)
    }

    /// Prints a line, or remembers it, where somebody wants to see.
    pub(crate) fn shows(&mut self, line: String) {
        match self.shown {
            Shown::Everything => println!("{line}"),
            Shown::Last => {
                self.outcome.last.push_back(line);
                if self.outcome.last.len() > LAST {
                    self.outcome.last.pop_front();
                }
            }
            Shown::Nothing => {}
        }
    }
}

/// A kill falls somewhere within so many steps.
const MOST_STEPS: u64 = 60;

/// FNV-1a (Fowler, Noll, Vo) over the text of something, eight bytes at a time.
fn hash(into: &mut u64, what: &impl std::fmt::Debug) {
    use std::fmt::Write as _;
    struct Fnv<'a>(&'a mut u64);
    impl std::fmt::Write for Fnv<'_> {
        fn write_str(&mut self, text: &str) -> std::fmt::Result {
            for eight in text.as_bytes().chunks(8) {
                let mut word = [0; 8];
                word[..eight.len()].copy_from_slice(eight);
                *self.0 = (*self.0 ^ u64::from_le_bytes(word)).wrapping_mul(0x0100_0000_01b3);
            }
            Ok(())
        }
    }
    let _ = write!(Fnv(into), "{what:?}"); // it takes everything
}
