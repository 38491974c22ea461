//! Data on metered networks: a budget of bytes a local day, reserved before, settled after.

use crate::time::{Elapsed, Now};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The day's use; persisted before the first byte. A day opens at most once per 20 h elapsed.
///
/// The calendar only says *that* there is a new day; how often it may say so is measured on the
/// machine's own clock. So a wall clock that jumps ahead gives no second budget, and one that is
/// set back (or stands still) takes none away: after 48 h elapsed a day opens whatever it says.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Ledger {
    /// The local day that is open, and when it was opened; `None` before the first.
    open: Option<Day>,
    /// Bytes of this day that are used or reserved.
    used: u64,
    /// Of these, what transfers under way hold: they go on into the next day.
    reserved: u64,
}

/// One day of the budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Day {
    /// [`Now::local_day`].
    local: i64,
    /// When it was opened.
    at: Elapsed,
}

impl Ledger {
    /// Opens a new day if the local calendar has one and 20 h have elapsed since the last (or 48 h,
    /// whatever the calendar says). Says whether it did.
    ///
    /// What transfers under way have reserved counts for the new day.
    pub fn open_day(&mut self, now: Now, elapsed: Elapsed) -> bool {
        let local = now.local_day();
        let opens = self.open.is_none_or(|day| {
            let passed = elapsed - day.at;
            passed >= LONGEST_DAY || (local != day.local && passed >= SHORTEST_DAY)
        });
        if opens {
            self.open = Some(Day { local, at: elapsed });
            self.used = self.reserved;
        }
        opens
    }

    /// Bytes of `limit` that are neither used nor reserved today.
    pub fn left(&self, limit: u64) -> u64 {
        limit.saturating_sub(self.used)
    }

    /// Reserves `bytes`, if they are left.
    pub fn reserve(&mut self, bytes: u64, limit: u64) -> bool {
        if bytes > self.left(limit) {
            return false;
        }
        self.used += bytes; // cannot overflow: used + bytes ≤ limit
        self.reserved = self.reserved.saturating_add(bytes);
        true
    }

    /// Of `reserved`, `used` were moved: fewer, or more than thought.
    pub fn settle(&mut self, reserved: u64, used: u64) {
        self.reserved = self.reserved.saturating_sub(reserved);
        self.used = self.used.saturating_sub(reserved).saturating_add(used);
    }

    /// A run begins: nothing that an earlier run reserved will be settled any more (a kill), so it
    /// stays used today and holds nothing tomorrow.
    pub fn started(&mut self) {
        self.reserved = 0;
    }

    /// When the next day may open at the earliest, on the machine's clock.
    pub fn next_day(&self, now: Now, elapsed: Elapsed) -> Elapsed {
        let Some(day) = self.open else { return elapsed };
        let midnight = if now.local_day() == day.local {
            let local = now.wall.saturating_add(i64::from(now.utc_offset) * 60_000);
            let passed = u64::try_from(local.rem_euclid(DAY)).unwrap_or(0);
            elapsed + Duration::from_millis(DAY.unsigned_abs() - passed)
        } else {
            elapsed
        };
        midnight.max(day.at + SHORTEST_DAY).min(day.at + LONGEST_DAY).max(elapsed)
    }
}

/// A day opens at most once in this time elapsed: shorter than a day with a change of time zone or
/// to summer time, long enough that a jumping clock gives no second budget.
const SHORTEST_DAY: Duration = Duration::from_hours(20);
/// No ordinary day is longer, also when flying west.
const LONGEST_DAY: Duration = Duration::from_hours(48);
/// Milliseconds of a calendar day.
const DAY: i64 = 86_400_000;
