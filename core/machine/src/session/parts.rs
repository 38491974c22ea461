//! What of the session survives a kill, and when it is stored.

use super::Session;
use super::admissions::Admissions;
use crate::effect::Part;
use crate::machine::Desk;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The parts that changed since they were stored, by [`Part::key`].
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Dirty {
    keys: BTreeSet<String>,
    urgent: bool,
}

impl Dirty {
    /// This part is stored with what is being handled.
    pub(crate) fn urgent(&mut self, key: &str) {
        self.lazy(key);
        self.urgent = true;
    }

    /// This part is stored together with the next urgent one: losing it costs nothing but a little
    /// memory.
    pub(crate) fn lazy(&mut self, key: &str) {
        if !self.keys.contains(key) {
            self.keys.insert(key.to_owned());
        }
    }
}

impl Session {
    /// Takes over what an earlier run stored.
    pub(super) fn restore(&mut self, part: Part) {
        match part {
            Part::Clock(clock) => self.clock = clock,
            Part::UserHold(paused) => self.conditions.user_paused = paused,
            Part::Admissions(admitted) => self.admissions = Admissions::of(&admitted),
            Part::Fairness(count) => self.fairness = count,
            Part::Learned(learned) => self.learned = learned,
            Part::Ledger(ledger) => self.data.ledger = ledger,
            Part::Backoffs(backoffs) => self.backoffs = backoffs.restored(),
            Part::Migration(migration) => self.migration = migration,
            Part::Cloud(saw) => self.saw_cloud = saw,
            Part::Alarm(alarm) => self.alarm = alarm,
            Part::Proposal(proposal) => self.restored = proposal,
        }
    }

    /// Has the parts that changed stored.
    pub(super) fn store_parts(&mut self, desk: &mut Desk<'_>) {
        if !self.dirty.urgent {
            return;
        }
        self.dirty.urgent = false;
        // No time that is stored means anything without the clock that it is read on: a restart would
        // put it into a future that is days away.
        self.dirty.lazy("clock");
        for key in std::mem::take(&mut self.dirty.keys) {
            let part = match key.as_str() {
                "clock" => Part::Clock(self.clock),
                "user_hold" => Part::UserHold(self.conditions.user_paused),
                "admissions" => Part::Admissions(self.admissions.record(self.slots.ids())),
                "fairness" => Part::Fairness(self.fairness),
                "learned" => Part::Learned(self.learned.clone()),
                "ledger" => Part::Ledger(self.data.ledger.clone()),
                "backoffs" => Part::Backoffs(self.backoffs.clone()),
                "migration" => Part::Migration(self.migration),
                "cloud" => Part::Cloud(self.saw_cloud),
                "alarm" => Part::Alarm(self.alarm),
                _ => continue,
            };
            desk.store(part);
        }
    }
}
