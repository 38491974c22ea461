//! What the status says of it all: whether the sum is exact, the alarm and the advice true.

use crate::invariant::Invariant;
use crate::library::Original;
use crate::run::Run;
use keepsake_machine::media::{Digest, Size};
use keepsake_machine::stage::Stage;
use keepsake_machine::status::{Advice, Status, Tally};

/// Nothing may be made safe for so long before it is said, give or take a day.
const WEEK: u64 = 7 * A_DAY;
const A_DAY: u64 = 24 * 3_600_000;
/// Everything safe is asked for once in so long.
const A_SCRUB: u64 = 30 * A_DAY;

impl Run {
    /// iCloud Photos may be turned off only when the vault has all that is in it.
    pub(crate) fn check_advice(&mut self, status: &Status) {
        if !status.advice.contains(&Advice::MayTurnOffICloudPhotos) {
            return;
        }
        let held = |one: &Original| {
            let row = self.catalog.rows.get(&one.id).filter(|row| row.stage.is_safe());
            let known = row.and_then(|row| row.digest);
            // (What was removed there by hand a scrub finds out.)
            let there = |digest: &Digest| {
                self.store.holds(digest) || self.unnoticed.contains(&digest.sha256)
            };
            known.is_some_and(|digest| digest == one.digest() && there(&digest))
        };
        let only_there = self.library.originals.values().find(|one| !held(one));
        if let Some(what) = only_there.map(|one| format!("{one:?} is only in iCloud")) {
            return self.broken(Invariant::AdviceTrue, what);
        }
        let oldest = self.catalog.counts().oldest_confirmation.unwrap_or_default();
        if self.elapsed.0 > oldest.0 + A_SCRUB + A_DAY {
            let what =
                format!("the vault was last asked at {oldest:?}, and it is {:?}", self.elapsed);
            self.broken(Invariant::AdviceTrue, what);
        }
    }

    /// That the alarm stands was said when it went off, by this program or by one before.
    pub(crate) fn check_told(&mut self, status: &Status) {
        let stands = status.alarm.is_some();
        if stands && self.alarm_stands == Some(false) && !std::mem::take(&mut self.alarm_told) {
            self.broken(Invariant::AlarmTrue, "it went off, and nobody was told".to_owned());
        }
        (self.alarm_stands, self.alarm_told) = (Some(stands), false);
    }

    /// Told by the world's clock; where the phone's was set, and the machine can't know, either is true.
    pub(crate) fn check_alarm(&mut self, status: &Status) {
        if status.counts.unfinished().items == 0 {
            (self.catalog.unsafe_since, self.catalog.perhaps_since) = (None, None);
            return;
        }
        let since = *self.catalog.unsafe_since.get_or_insert(self.now);
        let perhaps = self.catalog.perhaps_since.unwrap_or(since);
        let passed = self.now - since;
        let wrong = match status.alarm {
            Some(_) => self.now - perhaps + self.ahead + A_DAY < WEEK,
            None => passed > WEEK + A_DAY + self.behind,
        };
        if wrong {
            let what = format!("{passed} ms, and {:?}", status.alarm);
            self.broken(Invariant::AlarmTrue, what);
        }
    }

    /// The sum is that of the catalog, counted here once more in another way.
    pub(crate) fn check_sum(&mut self, status: &Status) {
        if status.counts != *self.counted() {
            let what = format!("{:?} instead of {:?}", status.counts, self.counted());
            return self.broken(Invariant::SumExact, what);
        }
        let [mut total, mut safe, mut unfinished, mut quarantined] = [Tally::default(); 4];
        for row in self.catalog.rows.values() {
            let (bytes, estimated) = match row.size {
                Size::Exact(bytes) => (bytes, 0),
                Size::Hinted { .. } => (0, 1),
            };
            let one = Tally { items: 1, bytes, estimated };
            match row.stage {
                Stage::Closed | Stage::Excluded | Stage::Forgotten => continue,
                Stage::BackedUp | Stage::Duplicate | Stage::Freed => safe.add(one),
                Stage::Quarantined(_) => quarantined.add(one),
                Stage::Hidden | Stage::Lost => {}
                _ => unfinished.add(one),
            }
            total.add(one);
        }
        let counts = &status.counts;
        let told = [counts.total(), counts.safe(), counts.unfinished(), counts.quarantined()];
        let counted = [total, safe, unfinished, quarantined];
        if told != counted {
            let what = format!("{told:?}, and the catalog has {counted:?}");
            self.broken(Invariant::SumExact, what);
        }
    }
}
