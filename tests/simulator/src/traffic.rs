//! What went over the networks, hour by hour.

use crate::Millis;
use std::collections::BTreeMap;

/// Bytes that went over networks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Moved {
    /// From iCloud, over Wi-Fi.
    pub down_wifi: u64,
    /// From iCloud, over mobile data.
    pub down_mobile: u64,
    /// To the vault, over Wi-Fi.
    pub up_wifi: u64,
    /// To the vault, over mobile data.
    pub up_mobile: u64,
}

impl Moved {
    /// Both together.
    #[must_use]
    pub fn and(self, other: Moved) -> Moved {
        Moved {
            down_wifi: self.down_wifi + other.down_wifi,
            down_mobile: self.down_mobile + other.down_mobile,
            up_wifi: self.up_wifi + other.up_wifi,
            up_mobile: self.up_mobile + other.up_mobile,
        }
    }
}

/// Milliseconds of an hour.
pub const HOUR: Millis = 3_600_000;

/// Each hour in which something moved.
#[derive(Debug, Clone, Default)]
pub struct Traffic(BTreeMap<u64, Moved>);

impl Traffic {
    /// Bytes that arrived until now at so many a millisecond: each hour gets what moved in it.
    pub(crate) fn book(
        &mut self,
        (until, bytes, rate): (Millis, u64, u64),
        which: fn(&mut Moved) -> &mut u64,
    ) {
        let (mut from, mut left) = (until.saturating_sub(bytes / rate), bytes);
        while from / HOUR < until / HOUR {
            let end = (from / HOUR + 1) * HOUR;
            let share = left.min((end - from) * rate);
            *which(self.0.entry(from / HOUR).or_default()) += share;
            (from, left) = (end, left - share);
        }
        *which(self.0.entry(until / HOUR).or_default()) += left;
    }

    /// What moved in one hour.
    pub fn of(&self, hour: u64) -> Moved {
        self.0.get(&hour).copied().unwrap_or_default()
    }
}
