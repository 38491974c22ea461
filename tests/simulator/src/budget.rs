//! The data of a day on metered networks, counted by this world: nothing is begun beyond it.

use crate::invariant::Invariant;
use crate::job::Job;
use crate::run::Run;
use keepsake_machine::effect::Effect;
use keepsake_machine::event::TransferOutcome;
use keepsake_machine::media::{Locality, ResourceId};
use keepsake_machine::time::Elapsed;
use std::collections::BTreeMap;

/// A day's budget opens at most once in so many milliseconds: 20 hours.
const SHORTEST_DAY: u64 = 20 * 3_600_000;

/// The day.
#[derive(Debug, Clone, Default)]
pub struct Today {
    /// When the machine says that it opened.
    opened: Option<Elapsed>,
    /// Bytes that moved since.
    moved: u64,
    /// Bytes that the OS was given leave to move.
    with_os: BTreeMap<ResourceId, u64>,
}

impl Run {
    /// The machine stores that another day is open: not before its time.
    pub(crate) fn check_day(&mut self, opened: Option<Elapsed>) {
        if opened == self.today.opened {
            return;
        }
        if let (Some(last), Some(next)) = (self.today.opened, opened)
            && next.0 < last.0 + SHORTEST_DAY
        {
            self.broken(Invariant::BudgetKept, format!("a day opens at {next:?} after {last:?}"));
        }
        self.today = Today { opened, ..Today::default() };
    }

    /// Whether what is begun now counts for the day's budget. Together with what moved and what is
    /// under way it fits.
    pub(crate) fn is_charged(&mut self, resource: ResourceId, effect: &Effect) -> bool {
        let Some(limit) = self.config.settings.daily_metered_bytes else { return false };
        let cloud = self.catalog.rows.get(&resource).map(|row| row.locality);
        let counts = match effect {
            Effect::Download { .. } => cloud == Some(Locality::Cloud),
            Effect::Upload { .. } => self.config.vault.remote,
            Effect::HandOver { metered, .. } => *metered && self.config.vault.remote,
            _ => false,
        };
        if !counts || !self.phone.network.metered {
            return false;
        }
        self.check_budget(limit, resource, effect);
        true
    }

    /// A download that counts may land more.
    pub(crate) fn check_raised(&mut self, resource: ResourceId, effect: &Effect) {
        if let Some(limit) = self.config.settings.daily_metered_bytes {
            self.check_budget(limit, resource, effect);
        }
    }

    fn check_budget(&mut self, limit: u64, resource: ResourceId, effect: &Effect) {
        let others = self.jobs.iter().filter(|(id, job)| job.charged && id.resource != resource);
        let others: u64 = others.map(|(id, job)| self.to_come(id.resource, &job.effect)).sum();
        let with_os: u64 = self.today.with_os.values().sum();
        let begun = self.to_come(resource, effect);
        let sum = self.today.moved + with_os + others + begun;
        if sum > limit {
            let moved = self.today.moved;
            let what = format!(
                "{effect:?} of {begun} bytes, of {limit} a day: {moved} moved, {others} to come, \
                 {with_os} by the OS"
            );
            self.broken(Invariant::BudgetKept, what);
        }
    }

    /// Bytes that this will move, as far as it is allowed to.
    fn to_come(&self, resource: ResourceId, effect: &Effect) -> u64 {
        match effect {
            Effect::Download { at_most, .. } => {
                let landed = self.staged.get(&resource).copied().unwrap_or(0);
                at_most.saturating_sub(landed)
            }
            Effect::Upload { digest, .. } | Effect::HandOver { digest, .. } => digest.size,
            _ => 0,
        }
    }

    /// So many bytes of a transfer moved.
    pub(crate) fn moves(&mut self, job: &Job, bytes: u64) {
        if job.charged {
            self.today.moved += bytes;
        }
    }

    /// The OS has it now.
    pub(crate) fn gives_leave(&mut self, resource: ResourceId, job: &Job, bytes: u64) {
        if job.charged {
            self.today.with_os.insert(resource, bytes);
        }
    }

    /// The OS has it no longer.
    pub(crate) fn takes_leave_back(&mut self, resource: ResourceId, outcome: TransferOutcome) {
        let bytes = self.today.with_os.remove(&resource).unwrap_or(0);
        if outcome == TransferOutcome::Delivered && self.phone.network.metered {
            self.today.moved += bytes;
        }
    }
}
