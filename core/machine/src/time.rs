//! Time is given, never read.
//!
//! The host says [`Now`] with every event. The machine turns it into one persisted
//! clock, [`Elapsed`], in which every deadline, age and back-off is stored: a wall
//! clock that jumps, either way, neither stalls work nor hurries it.

use serde::{Deserialize, Serialize};
use std::ops::{Add, Sub};
use std::time::Duration;

/// What the host's clocks say at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Now {
    /// Changes at every restart of the device; equal values mean that `uptime` is comparable.
    pub boot: u64,
    /// Milliseconds since boot, suspended time included (Android `elapsedRealtime`, Apple
    /// continuous time, Linux `CLOCK_BOOTTIME`). A clock that stops while suspended will not do.
    pub uptime: u64,
    /// Milliseconds since 1970 UTC, as the device believes. Serves calendar days and display only.
    pub wall: i64,
    /// Minutes east of UTC.
    pub utc_offset: i32,
}

impl Now {
    /// The local calendar day, counted from 1970-01-01.
    pub fn local_day(&self) -> i64 {
        self.wall.saturating_add(i64::from(self.utc_offset) * 60_000).div_euclid(86_400_000)
    }
}

/// A point on the machine's own clock: milliseconds of experienced time since the catalog was made.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Elapsed(pub u64);

impl Add<Duration> for Elapsed {
    type Output = Elapsed;
    fn add(self, by: Duration) -> Elapsed {
        Elapsed(self.0.saturating_add(u64::try_from(by.as_millis()).unwrap_or(u64::MAX)))
    }
}

impl Sub for Elapsed {
    type Output = Duration;
    /// The time since `earlier`; zero when it is later.
    fn sub(self, earlier: Elapsed) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

/// The persisted clock: advances with uptime, and across a boot by the wall's difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Clock {
    elapsed: Elapsed,
    last: Option<Now>,
}

impl Clock {
    /// Advances to `now` and says where the clock stands. Never goes back.
    pub fn advance(&mut self, now: Now) -> Elapsed {
        if let Some(last) = self.last {
            let passed = if last.boot == now.boot {
                now.uptime.saturating_sub(last.uptime)
            } else {
                let wall = now.wall.saturating_sub(last.wall);
                u64::try_from(wall).unwrap_or(0).min(LONGEST_OFF)
            };
            self.elapsed = Elapsed(self.elapsed.0.saturating_add(passed));
        }
        // An uptime that went back within one boot must not be counted twice when it catches up.
        let floor = self.last.filter(|last| last.boot == now.boot).map_or(0, |last| last.uptime);
        self.last = Some(Now { uptime: now.uptime.max(floor), ..now });
        self.elapsed
    }

    /// Where the clock stands.
    pub fn elapsed(&self) -> Elapsed {
        self.elapsed
    }

    /// What the host's clocks said last.
    pub fn last(&self) -> Now {
        self.last.unwrap_or_default()
    }

    /// The uptime, in this boot, at which the clock will reach `at`.
    pub fn uptime_at(&self, at: Elapsed) -> u64 {
        self.last().uptime.saturating_add(at.0.saturating_sub(self.elapsed.0))
    }
}

/// A device that was off longer than this, by a wall clock that may be wrong, counts as this long:
/// seven days in milliseconds.
const LONGEST_OFF: u64 = 7 * 86_400_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn at(boot: u64, uptime: u64, wall: i64) -> Now {
        Now { boot, uptime, wall, utc_offset: 0 }
    }

    #[test]
    fn a_wall_clock_that_jumps_moves_nothing_within_a_boot() {
        let mut clock = Clock::default();
        clock.advance(at(1, 100, 0));
        assert_eq!(clock.advance(at(1, 150, 4_000_000_000_000)), Elapsed(50));
        assert_eq!(clock.advance(at(1, 160, -5)), Elapsed(60));
    }

    #[test]
    fn a_restart_counts_the_walls_difference_within_seven_days() {
        let mut clock = Clock::default();
        clock.advance(at(1, 100, 1_000));
        assert_eq!(clock.advance(at(2, 5, 3_000)), Elapsed(2_000));
        assert_eq!(
            clock.advance(at(3, 5, 0)),
            Elapsed(2_000),
            "a wall clock set back adds nothing"
        );
        let week = Elapsed(2_000 + LONGEST_OFF);
        assert_eq!(clock.advance(at(4, 5, i64::MAX)), week);
    }

    #[test]
    fn an_uptime_that_steps_back_is_not_counted_twice() {
        let mut clock = Clock::default();
        clock.advance(at(1, 1_000, 0));
        assert_eq!(clock.advance(at(1, 400, 0)), Elapsed(0));
        assert_eq!(clock.advance(at(1, 1_010, 0)), Elapsed(10));
    }

    #[test]
    fn the_local_day_follows_the_offset_also_before_1970() {
        assert_eq!(Now { wall: -1, ..Now::default() }.local_day(), -1);
        assert_eq!(Now { wall: -1, utc_offset: 60, ..Now::default() }.local_day(), 0);
    }

    #[test]
    fn a_phone_that_was_off_for_a_year_was_off_for_a_week() {
        let mut clock = Clock::default();
        clock.advance(at(1, 0, 0));
        assert_eq!(clock.advance(at(2, 0, 365 * 86_400_000)), Elapsed(7 * 86_400_000));
    }
}
