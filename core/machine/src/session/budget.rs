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

    /// When the day that is open was opened.
    pub fn opened(&self) -> Option<Elapsed> {
        self.open.map(|day| day.at)
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HOUR: u64 = 3_600_000;
    const LIMIT: u64 = 100;

    /// At `hour` of local time and as many hours elapsed.
    fn at(hour: u64) -> (Now, Elapsed) {
        let wall = i64::try_from(hour * HOUR).unwrap();
        (Now { wall, ..Now::default() }, Elapsed(hour * HOUR))
    }

    fn opened(hour: u64) -> Ledger {
        let mut ledger = Ledger::default();
        let (now, elapsed) = at(hour);
        assert!(ledger.open_day(now, elapsed));
        ledger
    }

    #[test]
    fn a_reservation_is_settled_by_what_was_moved() {
        let mut ledger = opened(0);
        assert!(ledger.reserve(60, LIMIT) && !ledger.reserve(41, LIMIT));
        assert_eq!(ledger.left(LIMIT), 40);
        ledger.settle(60, 10);
        assert_eq!(ledger.left(LIMIT), 90);
        assert!(ledger.reserve(90, LIMIT));
        ledger.settle(90, 95);
        assert_eq!(ledger.left(LIMIT), 0, "more than thought is counted, and not owed");
        assert!(ledger.reserve(0, LIMIT));
    }

    #[test]
    fn a_new_day_opens_at_midnight_but_only_after_twenty_hours() {
        let mut ledger = opened(10);
        ledger.reserve(LIMIT, LIMIT);
        let (now, elapsed) = at(24);
        assert!(!ledger.open_day(now, elapsed), "fourteen hours after the last");
        let (now, elapsed) = at(30);
        assert!(ledger.open_day(now, elapsed));
        assert_eq!(ledger.opened(), Some(elapsed));
        assert!(!ledger.open_day(now, elapsed), "once");
        let (now, elapsed) = at(53);
        assert!(ledger.open_day(now, elapsed));
    }

    #[test]
    fn the_next_day_is_said_to_open_when_it_does() {
        for start in 0..48 {
            let ledger = opened(start);
            for asked in start..start + 30 {
                let (now, elapsed) = at(asked);
                let next = ledger.next_day(now, elapsed);
                let early = Elapsed(next.0.saturating_sub(1));
                let wall = |at: Elapsed| Now { wall: i64::try_from(at.0).unwrap(), ..now };
                let mut on_time = ledger.clone();
                assert!(on_time.open_day(wall(next), next), "{start} {asked}");
                if early >= elapsed {
                    assert!(!ledger.clone().open_day(wall(early), early), "{start} {asked}");
                }
            }
        }
    }

    #[test]
    fn what_is_under_way_over_midnight_counts_for_the_new_day() {
        let mut ledger = opened(0);
        ledger.reserve(30, LIMIT);
        ledger.reserve(50, LIMIT);
        ledger.settle(50, 50);
        let (now, elapsed) = at(25);
        assert!(ledger.open_day(now, elapsed));
        assert_eq!(ledger.left(LIMIT), 70);
        ledger.settle(30, 20);
        assert_eq!(ledger.left(LIMIT), 80);
    }

    #[test]
    fn what_a_kill_left_reserved_stays_used_today_and_is_free_tomorrow() {
        let mut ledger = opened(0);
        ledger.reserve(30, LIMIT);
        let stored = serde_json::to_string(&ledger).unwrap();
        let mut restored: Ledger = serde_json::from_str(&stored).unwrap();
        restored.started();
        assert_eq!(restored.left(LIMIT), 70);
        let (now, elapsed) = at(24);
        assert!(restored.open_day(now, elapsed));
        assert_eq!(restored.left(LIMIT), LIMIT);
    }

    #[test]
    fn a_clock_set_back_takes_no_day_away() {
        let mut ledger = Ledger::default();
        let wall = |wall| Now { wall, ..Now::default() };
        assert!(ledger.open_day(wall(4_000_000_000_000), Elapsed(0)), "a clock in 2096");
        assert!(!ledger.open_day(wall(0), Elapsed(19 * HOUR)));
        assert!(ledger.open_day(wall(0), Elapsed(20 * HOUR)), "any other day is a new one");
        assert!(!ledger.open_day(wall(0), Elapsed(67 * HOUR)), "a clock that stands still");
        assert!(ledger.open_day(wall(0), Elapsed(68 * HOUR)));
        for wall_at in [i64::MIN, i64::MAX] {
            let next = ledger.next_day(wall(wall_at), Elapsed(69 * HOUR));
            assert!(next >= Elapsed(69 * HOUR) && next <= Elapsed(116 * HOUR), "{next:?}");
        }
    }

    #[test]
    fn what_was_stored_of_the_ledger_opens() {
        let mut ledger = opened(1);
        ledger.reserve(30, LIMIT);
        let stored = serde_json::to_string(&ledger).unwrap();
        insta::assert_snapshot!(stored, @r#"{"open":{"local":0,"at":3600000},"used":30,"reserved":30}"#);
        assert_eq!(serde_json::from_str::<Ledger>(&stored).unwrap(), ledger);
        assert_eq!(serde_json::from_str::<Ledger>("{}").unwrap(), Ledger::default());
    }

    proptest! {
        #[test]
        fn no_clock_gives_more_than_a_limit_a_twenty_hours(
            steps in proptest::collection::vec((any::<i32>(), -840..840_i32, 0..30 * HOUR, 0..150_u64, 0..100_u64), 1..60),
        ) {
            // The wall jumps at will; what was moved under reservations never exceeds the limit
            // for every twenty hours begun.
            let mut ledger = Ledger::default();
            let mut elapsed = Elapsed(0);
            let mut moved = 0;
            for (wall, utc_offset, passed, wanted, percent) in steps {
                elapsed = elapsed + Duration::from_millis(passed);
                let now = Now { wall: i64::from(wall) * 1_000, utc_offset, ..Now::default() };
                ledger.open_day(now, elapsed);
                prop_assert!(ledger.next_day(now, elapsed) >= elapsed);
                if ledger.reserve(wanted, LIMIT) {
                    let used = wanted * percent / 100;
                    ledger.settle(wanted, used);
                    moved += used;
                }
                prop_assert!(moved <= LIMIT * (elapsed.0 / (20 * HOUR) + 1));
            }
        }

        #[test]
        fn settling_in_any_order_leaves_nothing_reserved(
            sizes in proptest::collection::vec((1..40_u64, 0..40_u64), 0..20), reverse: bool,
        ) {
            let mut ledger = opened(0);
            let mut reserved: Vec<_> =
                sizes.into_iter().filter(|(bytes, _)| ledger.reserve(*bytes, LIMIT)).collect();
            if reverse {
                reserved.reverse();
            }
            let used: u64 = reserved.iter().map(|(_, used)| used).sum();
            for (bytes, used) in reserved {
                ledger.settle(bytes, used);
            }
            prop_assert_eq!(ledger.left(LIMIT), LIMIT.saturating_sub(used));
            let (now, elapsed) = at(24);
            ledger.open_day(now, elapsed);
            prop_assert_eq!(ledger.left(LIMIT), LIMIT);
        }
    }

    #[test]
    fn the_next_day_begins_at_local_midnight() {
        let ledger = opened(0);
        let now = Now { utc_offset: 60, ..Now::default() };
        assert_eq!(ledger.next_day(now, Elapsed(0)), Elapsed(23 * HOUR));
    }
}
