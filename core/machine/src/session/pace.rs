//! Pace: bytes made safe a second over the last minutes of work, and what that says of the rest.

use crate::time::Elapsed;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::time::Duration;

/// Bytes made safe, in slices of time.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Pace {
    /// (slice, bytes), oldest first; slices without work are left out.
    slices: VecDeque<(u64, u64)>,
    /// When work last began, and nothing lay idle since.
    began: Option<Elapsed>,
}

impl Pace {
    /// Work goes on, or not.
    pub(crate) fn working(&mut self, at: Elapsed, works: bool) {
        if works && self.began.is_none() {
            self.began = Some(at);
            self.slices.clear();
        } else if !works {
            self.began = None;
        }
    }

    /// So many bytes became safe.
    pub(crate) fn made_safe(&mut self, at: Elapsed, bytes: u64) {
        let slice = at.0 / SLICE;
        match self.slices.back_mut() {
            Some((last, sum)) if *last == slice => *sum += bytes,
            _ => self.slices.push_back((slice, bytes)),
        }
        while self.slices.front().is_some_and(|(first, _)| first + SLICES <= slice) {
            self.slices.pop_front();
        }
    }

    /// Bytes a second; `None` before there is a second of work to measure.
    pub(crate) fn bytes_a_second(&self, at: Elapsed) -> Option<u64> {
        let began = self.began?;
        let oldest = Elapsed((at.0 / SLICE).saturating_sub(SLICES - 1) * SLICE);
        let since = u64::try_from((at - began.max(oldest)).as_millis()).ok()?;
        let bytes: u64 = self.slices.iter().map(|(_, bytes)| bytes).sum();
        (since >= 1_000 && bytes > 0).then(|| bytes.saturating_mul(1_000) / since)
    }

    /// How long `bytes` take at that pace.
    pub(crate) fn estimate(&self, at: Elapsed, bytes: u64) -> Option<Duration> {
        let pace = self.bytes_a_second(at)?.max(1);
        Some(Duration::from_secs(bytes.div_ceil(pace)))
    }
}

/// Milliseconds of a slice: ten seconds.
const SLICE: u64 = 10_000;
/// So many slices are looked back on: three minutes.
const SLICES: u64 = 18;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pace_is_that_of_the_last_minutes_of_work() {
        let mut pace = Pace::default();
        pace.working(Elapsed(0), true);
        assert_eq!(pace.bytes_a_second(Elapsed(500)), None, "too early to tell");
        pace.made_safe(Elapsed(1_000), 10_000);
        assert_eq!(pace.bytes_a_second(Elapsed(2_000)), Some(5_000));
        assert_eq!(pace.estimate(Elapsed(2_000), 50_000), Some(Duration::from_secs(10)));
        for second in 3_600..4_000 {
            pace.made_safe(Elapsed(second * 1_000), 7_000);
        }
        let now = pace.bytes_a_second(Elapsed(4_000_000)).unwrap();
        assert!((6_900..=7_500).contains(&now), "the old slices are forgotten: {now}");
    }

    #[test]
    fn time_that_nothing_was_done_in_does_not_count() {
        let mut pace = Pace::default();
        pace.working(Elapsed(0), true);
        pace.made_safe(Elapsed(1_000), 10_000);
        pace.working(Elapsed(2_000), false);
        assert_eq!(pace.bytes_a_second(Elapsed(90_000)), None);
        pace.working(Elapsed(100_000), true);
        pace.made_safe(Elapsed(101_000), 4_000);
        assert_eq!(pace.bytes_a_second(Elapsed(102_000)), Some(2_000));
    }

    #[test]
    fn nothing_is_said_of_less_than_a_second_or_of_nothing_that_was_made_safe() {
        let mut pace = Pace::default();
        pace.working(Elapsed(0), true);
        assert_eq!(pace.bytes_a_second(Elapsed(2_000)), None);
        pace.working(Elapsed(3_000), false);
        pace.working(Elapsed(5_000), true);
        pace.made_safe(Elapsed(5_500), 10_000);
        assert_eq!(pace.bytes_a_second(Elapsed(5_900)), None);
    }

    #[test]
    fn work_that_goes_on_is_measured_from_when_it_began() {
        let mut pace = Pace::default();
        pace.working(Elapsed(0), true);
        pace.made_safe(Elapsed(1_000), 10_000);
        pace.working(Elapsed(1_500), true);
        assert_eq!(pace.bytes_a_second(Elapsed(2_000)), Some(5_000));
    }

    #[test]
    fn it_is_three_minutes_that_are_looked_back_on() {
        let mut pace = Pace::default();
        pace.working(Elapsed(0), true);
        for second in 3_600..4_000 {
            pace.made_safe(Elapsed(second * 1_000), 7_000);
        }
        let now = pace.bytes_a_second(Elapsed(3_999_500)).unwrap();
        assert!((6_950..=7_050).contains(&now), "{now}");
        assert_eq!(pace.slices.len() as u64, SLICES, "whatever was made safe in them");
    }
}
