//! Pace: bytes made safe a second over the last minutes of work, and what that says of the rest.

use crate::time::Elapsed;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::time::Duration;

/// Bytes made safe, in slices of time.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Pace {
    /// Oldest first; those in which nothing became safe are left out.
    slices: VecDeque<Slice>,
    /// When work last began, and nothing lay idle since.
    began: Option<Elapsed>,
}

/// Ten seconds of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Slice {
    /// How many came before it.
    number: u64,
    bytes: u64,
    files: u64,
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

    /// A file of so many bytes became safe.
    pub(crate) fn made_safe(&mut self, at: Elapsed, bytes: u64) {
        let number = at.0 / SLICE;
        match self.slices.back_mut() {
            Some(last) if last.number == number => {
                last.bytes += bytes;
                last.files += 1;
            }
            _ => self.slices.push_back(Slice { number, bytes, files: 1 }),
        }
        while self.slices.front().is_some_and(|first| first.number + SLICES <= number) {
            self.slices.pop_front();
        }
    }

    /// Bytes a second; `None` before there is a second of work to measure.
    pub(crate) fn bytes_a_second(&self, at: Elapsed) -> Option<u64> {
        let (since, bytes) = (self.measured(at)?, self.bytes());
        (since >= 1_000 && bytes > 0).then(|| bytes.saturating_mul(1_000) / since)
    }

    /// How long the `left` bytes take at that pace; `None` before enough was made safe to tell: for ten
    /// seconds, and either eight files or a hundredth of what is left.
    ///
    /// (A small file that was safe before the first film is would promise centuries.)
    pub(crate) fn estimate(&self, at: Elapsed, left: u64) -> Option<Duration> {
        let pace = self.bytes_a_second(at)?.max(1);
        let files: u64 = self.slices.iter().map(|slice| slice.files).sum();
        let tells = self.measured(at)? >= 10_000 && (files >= 8 || self.bytes() >= left / 100);
        tells.then(|| Duration::from_secs(left.div_ceil(pace)))
    }

    /// Milliseconds of work that are looked back on.
    fn measured(&self, at: Elapsed) -> Option<u64> {
        let oldest = Elapsed((at.0 / SLICE).saturating_sub(SLICES - 1) * SLICE);
        u64::try_from((at - self.began?.max(oldest)).as_millis()).ok()
    }

    /// What became safe in them.
    fn bytes(&self) -> u64 {
        self.slices.iter().map(|slice| slice.bytes).sum()
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
        for second in 3_600..4_000 {
            pace.made_safe(Elapsed(second * 1_000), 7_000);
        }
        let now = pace.bytes_a_second(Elapsed(4_000_000)).unwrap();
        assert!((6_900..=7_500).contains(&now), "the old slices are forgotten: {now}");
    }

    #[test]
    fn nothing_is_promised_before_enough_was_made_safe() {
        let mut pace = Pace::default();
        pace.working(Elapsed(0), true);
        pace.made_safe(Elapsed(100), 3);
        assert_eq!(pace.estimate(Elapsed(20_000), 1_000_000), None, "three bytes tell nothing");
        pace.made_safe(Elapsed(9_000), 9_997);
        assert_eq!(pace.estimate(Elapsed(9_999), 1_000_000), None, "nor do nine seconds");
        let at = Elapsed(10_000);
        assert_eq!(pace.estimate(at, 1_000_000), Some(Duration::from_secs(1_000)), "a hundredth");
        assert_eq!(pace.estimate(at, 1_100_000), None, "less than that");
        for _ in 0..6 {
            pace.made_safe(at, 0);
        }
        assert_eq!(pace.estimate(at, 1_100_000), Some(Duration::from_secs(1_100)), "eight files");
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
