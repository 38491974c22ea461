//! Deadlines: what becomes due although nothing happens.

use super::Session;
use super::report::MEDIA;
use crate::effect::Effect;
use crate::hold::Hold;
use crate::machine::{Deadline, Desk};
use crate::media::Locality;
use crate::permit::{Work, permits};
use crate::status::ToDo;
use crate::time::Elapsed;

impl Session {
    /// The next deadline. Of two at one moment, the first in the order of [`Deadline`].
    pub(crate) fn next_deadline(&self) -> Option<(Elapsed, Deadline)> {
        let stopped = !self.started || self.conditions.catalog_unwritable;
        if stopped {
            return None;
        }
        // A back-off that ends while its work is held would only wake the device in vain; the walk
        // starts again anyway when the hold is released.
        let retry = self.refilling.next_due.filter(|_| !self.refilling.is_asked());
        let of_migration = self.migration.due();
        let transfers = self.transfers_due.into_iter().chain(self.cancelling.values().copied());
        let all = [
            self.backoffs.due(),
            self.day_due().map(|due| (due, Deadline::Day)),
            transfers.min().map(|due| (due, Deadline::Transfers)),
            self.free_up.due().map(|due| (due, Deadline::Proposal)),
            of_migration.map(|due| (due, Deadline::Migration)),
            self.alarm.due().map(|due| (due, Deadline::Alarm)),
            self.disk_due().map(|due| (due, Deadline::Disk)),
            retry.map(|due| (due, Deadline::Retry)),
        ];
        all.into_iter().flatten().min()
    }

    /// Fires every deadline that is due, in order.
    pub(super) fn fire_deadlines(&mut self, desk: &mut Desk<'_>) {
        let at = self.clock.elapsed();
        while let Some((due, deadline)) = self.next_deadline().filter(|(due, _)| *due <= at) {
            self.fire(deadline, desk);
            // Whatever a deadline does, it must move: a machine that spins is a dead phone.
            if self.next_deadline() == Some((due, deadline)) {
                debug_assert!(false, "{deadline:?} fired and is still due");
                break;
            }
        }
    }

    fn fire(&mut self, deadline: Deadline, desk: &mut Desk<'_>) {
        let at = self.clock.elapsed();
        match deadline {
            Deadline::Vault | Deadline::Source => {
                let fired = self.backoffs.fire(at, self.config.seed);
                if fired.probe_vault {
                    desk.effects.push_back(Effect::ProbeVault);
                }
                if fired.source {
                    self.refilling.restart();
                }
                self.dirty.urgent("backoffs");
            }
            Deadline::Day => {
                if self.open_day() {
                    self.refilling.restart();
                }
                self.day_looked_at = Some(at);
            }
            Deadline::Transfers => self.transfers_are_due(desk),
            Deadline::Proposal => {
                let effects = self.free_up.fire(at);
                desk.effects.extend(effects);
                self.migrate(|facts| facts.deleted = Some(0), desk);
            }
            Deadline::Migration => self.migrate(|_| {}, desk),
            Deadline::Alarm => self.look_at_alarm(desk),
            Deadline::Disk => self.read_disk(desk),
            Deadline::Retry => self.rows_are_due(),
        }
    }

    /// While a low disk is all that is in the way, free space is read now and then: nobody tells
    /// when the user has emptied something.
    fn disk_due(&self) -> Option<Elapsed> {
        // (Nor would anybody ask again if the first reading failed.)
        let unread = self.disk.total().is_none() && self.needs_disk();
        let low = self.disk.is_low() && (self.disk.staged() > 0 || self.space_would_help());
        (low || unread).then(|| self.disk_read_at + DISK_EVERY)
    }

    /// Whether anything would be downloaded if there were room.
    fn space_would_help(&self) -> bool {
        let mut others = self.holds;
        others.set(Hold::LowStorage, false);
        let permits = permits(others, self.config.settings.metered, self.config.vault.remote);
        MEDIA.into_iter().filter(|media| permits.allow(Work::Download, *media)).any(|media| {
            let cloud = |to_do: &ToDo| to_do.media == media && to_do.locality == Locality::Cloud;
            self.counts.to_do.keys().any(cloud)
                || self.slots.wanting(Work::Download, media, 0).next().is_some()
        })
    }

    /// A new day of metered data opens if it may: before anything is reserved of it, or what is
    /// left of an old day would be spent on top of a new one. Says whether it did.
    pub(super) fn open_day(&mut self) -> bool {
        let at = self.clock.elapsed();
        let opened = self.config.settings.daily_metered_bytes.is_some()
            && self.data.ledger.open_day(self.clock.last(), at);
        if opened {
            self.data.opened_day();
            self.dirty.urgent("ledger");
        }
        opened
    }

    /// When a day of metered data may open.
    fn day_due(&self) -> Option<Elapsed> {
        if !self.holds.has(Hold::DataBudget) {
            return None;
        }
        let next = self.data.ledger.next_day(self.clock.last(), self.clock.elapsed());
        Some(self.day_looked_at.map_or(next, |looked| next.max(looked + DAY_EVERY)))
    }
}

/// How often free space is read while too little of it is in the way.
const DISK_EVERY: std::time::Duration = std::time::Duration::from_mins(1);
/// How often the calendar is looked at when it should have turned and has not.
const DAY_EVERY: std::time::Duration = std::time::Duration::from_mins(10);
