//! Sizes that the platform does not tell: learned as bytes per pixel or millisecond, per kind.
//!
//! Kept as TCP keeps its retransmission time-out (RFC 6298): a smoothed mean and a smoothed mean
//! deviation; the upper estimate is the mean and four deviations. Integers only, in 1/65,536 of a
//! byte per pixel or millisecond, so that every platform estimates the same.

use crate::media::{Size, SizeClass};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What was learned so far; persisted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Learned {
    rates: BTreeMap<SizeClass, Rate>,
}

/// Bytes per unit of measure, in 1/65,536.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Rate {
    mean: u64,
    deviation: u64,
    /// The upper rate when it was last worth storing.
    told: u64,
}

impl Learned {
    /// An upper estimate in bytes (exact sizes are themselves), and whether it is exact.
    ///
    /// A hint without a measure counts as a typical item of its class.
    pub fn upper(&self, size: Size) -> (u64, bool) {
        (self.estimate(size, Rate::upper), matches!(size, Size::Exact(_)))
    }

    /// What one like it has on the average, in bytes.
    pub fn typical(&self, size: Size) -> u64 {
        self.estimate(size, |rate| rate.mean)
    }

    fn estimate(&self, size: Size, of: impl Fn(Rate) -> u64) -> u64 {
        match size {
            Size::Exact(bytes) => bytes,
            Size::Hinted { class, measure } => {
                let bytes = u128::from(of(self.rate(class))) * u128::from(units(class, measure));
                u64::try_from(bytes >> SHIFT).unwrap_or(u64::MAX).saturating_add(OVERHEAD)
            }
        }
    }

    /// The size turned out to be `bytes`. Says whether the estimate changed enough to be stored: by
    /// more than an eighth since it last was.
    ///
    /// Without a measure there is nothing to learn.
    pub fn learn(&mut self, class: SizeClass, measure: u64, bytes: u64) -> bool {
        if measure == 0 && class != SizeClass::Small {
            return false;
        }
        let sample = (u128::from(bytes) << SHIFT) / u128::from(units(class, measure));
        let mut rate = self.rate(class);
        rate.take(u64::try_from(sample).unwrap_or(MOST).min(MOST));
        let changed = rate.upper().abs_diff(rate.told) > rate.told / 8;
        if changed {
            rate.told = rate.upper();
        }
        self.rates.insert(class, rate);
        changed
    }

    fn rate(&self, class: SizeClass) -> Rate {
        self.rates.get(&class).copied().unwrap_or_else(|| Rate::first(class))
    }
}

impl Rate {
    /// Before anything was learned: the mean is `typical`, and the upper estimate `upper`.
    fn first(class: SizeClass) -> Rate {
        let First { typical, upper, per, .. } = first(class);
        let mean = (typical << SHIFT) / per;
        let upper = (upper << SHIFT) / per;
        Rate { mean, deviation: (upper - mean) / 4, told: upper }
    }

    /// RFC 6298, 2.3: α = 1/8, β = 1/4; the deviation is taken from the mean before the sample.
    fn take(&mut self, sample: u64) {
        self.deviation = self.deviation - self.deviation / 4 + self.mean.abs_diff(sample) / 4;
        self.mean = self.mean - self.mean / 8 + sample / 8;
    }

    fn upper(self) -> u64 {
        // Both are at most `MOST`, so this cannot overflow.
        self.mean + 4 * self.deviation
    }
}

/// How much of what the class is learned by: pixels or milliseconds; a small one is one.
fn units(class: SizeClass, measure: u64) -> u64 {
    match class {
        SizeClass::Small => 1,
        _ if measure == 0 => first(class).usual,
        _ => measure,
    }
}

/// What a class is taken to be before anything was learned: `typical` and `upper` bytes for `per`
/// units, and the `usual` measure of one item.
struct First {
    typical: u64,
    upper: u64,
    per: u64,
    usual: u64,
}

/// The first guesses.
///
/// From what an iPhone's own settings name (Settings › Camera › Formats, and Record Video). Stills:
/// 2 MB for a 12-megapixel HEIF, and 25 MB and 75 MB for a `ProRAW` of 12 and 48 megapixels; a JPEG
/// is taken for twice a HEIF. Video, a minute: 60 MB for 1080p30 and 90 MB for 1080p60, about twice
/// that in H.264; 170 MB for 4K30 and 400 MB for 4K60. `ProRes` (6 GB a minute in 4K) is left to be
/// learned, so that it does not keep every other video from being admitted.
fn first(class: SizeClass) -> First {
    const MINUTE: u64 = 60_000;
    let still = |typical, upper| First { typical, upper, per: 12_000_000, usual: 12_000_000 };
    match class {
        SizeClass::Heif => still(2_000_000, 4_000_000),
        SizeClass::Jpeg => still(4_000_000, 8_000_000),
        SizeClass::Raw => still(20_000_000, 28_000_000),
        SizeClass::Video => {
            First { typical: 90_000_000, upper: 180_000_000, per: MINUTE, usual: MINUTE / 2 }
        }
        SizeClass::LargeVideo => {
            First { typical: 200_000_000, upper: 440_000_000, per: MINUTE, usual: MINUTE / 2 }
        }
        SizeClass::Small => First { typical: 4_000, upper: 262_144, per: 1, usual: 1 },
    }
}

/// 1/65,536.
const SHIFT: u32 = 16;
/// Headers, thumbnails and metadata that do not grow with the picture.
const OVERHEAD: u64 = 65_536;
/// The largest rate that is believed: 2^40 bytes a unit, far above anything, far below overflow.
const MOST: u64 = 1 << 56;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CLASSES: [SizeClass; 6] = [
        SizeClass::Heif,
        SizeClass::Jpeg,
        SizeClass::Raw,
        SizeClass::Video,
        SizeClass::LargeVideo,
        SizeClass::Small,
    ];
    const PIXELS: u64 = 12_000_000;

    fn heif(measure: u64) -> Size {
        Size::Hinted { class: SizeClass::Heif, measure }
    }

    #[test]
    fn an_exact_size_is_itself() {
        assert_eq!(Learned::default().upper(Size::Exact(u64::MAX)), (u64::MAX, true));
        assert_eq!(Learned::default().upper(Size::Exact(0)), (0, true));
    }

    #[test]
    fn first_guesses_are_those_that_are_documented() {
        let mut lines = Vec::new();
        for class in CLASSES {
            let usual = first(class).usual;
            let (upper, exact) = Learned::default().upper(Size::Hinted { class, measure: usual });
            assert!(!exact);
            let unknown = Learned::default().upper(Size::Hinted { class, measure: 0 });
            assert_eq!(unknown.0, upper, "without a measure it is a typical {class:?}");
            lines.push(format!("{class:?} {usual} → {} kB", upper / 1_000));
        }
        insta::assert_snapshot!(lines.join("\n"), @r#"
        Heif 12000000 → 4064 kB
        Jpeg 12000000 → 8065 kB
        Raw 12000000 → 28064 kB
        Video 30000 → 90065 kB
        LargeVideo 30000 → 220065 kB
        Small 1 → 327 kB
        "#);
    }

    #[test]
    fn equal_sizes_are_learned_until_the_estimate_is_close() {
        let mut learned = Learned::default();
        for _ in 0..60 {
            learned.learn(SizeClass::Heif, PIXELS, 1_500_000);
        }
        let (upper, _) = learned.upper(heif(PIXELS));
        assert!((1_500_000..1_650_000).contains(&upper), "{upper}");
        let (twice, _) = learned.upper(heif(2 * PIXELS));
        assert!((3_000_000..3_200_000).contains(&twice), "{twice}");
    }

    #[test]
    fn what_varies_is_estimated_high() {
        let mut learned = Learned::default();
        let mut low = 0;
        for step in 0..400_u64 {
            // 1.0 to 3.0 MB, in an order that is not sorted.
            let bytes = 1_000_000 + step * 7_919 % 401 * 5_000;
            if step >= 40 && learned.upper(heif(PIXELS)).0 < bytes {
                low += 1;
            }
            learned.learn(SizeClass::Heif, PIXELS, bytes);
        }
        assert!(low <= 4, "{low} of 360 were larger than estimated");
    }

    #[test]
    fn one_huge_item_is_believed_and_then_forgotten() {
        let mut learned = Learned::default();
        let minute = Size::Hinted { class: SizeClass::LargeVideo, measure: 60_000 };
        learned.learn(SizeClass::LargeVideo, 60_000, 6_000_000_000);
        assert!(learned.upper(minute).0 > 6_000_000_000);
        for _ in 0..40 {
            learned.learn(SizeClass::LargeVideo, 60_000, 200_000_000);
        }
        assert!(learned.upper(minute).0 < 500_000_000, "{:?}", learned.upper(minute));
    }

    #[test]
    fn only_a_change_that_matters_is_stored() {
        let mut learned = Learned::default();
        let stores =
            (0..1_000).filter(|_| learned.learn(SizeClass::Jpeg, PIXELS, 3_000_000)).count();
        assert!((1..20).contains(&stores), "{stores} of 1,000");
        assert!(!learned.learn(SizeClass::Jpeg, PIXELS, 3_000_000));
        assert!(!learned.learn(SizeClass::Jpeg, 0, 3_000_000), "nothing to learn by");
    }

    #[test]
    fn what_was_stored_of_learned_sizes_opens() {
        let mut learned = Learned::default();
        learned.learn(SizeClass::Heif, PIXELS, 1_500_000);
        learned.learn(SizeClass::Small, 0, 900);
        let stored = serde_json::to_string(&learned).unwrap();
        insta::assert_snapshot!(stored, @r#"{"rates":{"Heif":{"mean":10581,"deviation":2730,"told":21845},"Small":{"mean":236748800,"deviation":3222863872,"told":13128204288}}}"#);
        assert_eq!(serde_json::from_str::<Learned>(&stored).unwrap(), learned);
        assert_eq!(serde_json::from_str::<Learned>("{}").unwrap(), Learned::default());
    }

    proptest! {
        #[test]
        fn no_sample_overflows(
            samples in proptest::collection::vec((0..6_usize, any::<u64>(), any::<u64>()), 0..40),
            measure: u64,
        ) {
            let mut learned = Learned::default();
            for (class, measure, bytes) in samples {
                learned.learn(CLASSES[class], measure, bytes);
            }
            for class in CLASSES {
                let (upper, exact) = learned.upper(Size::Hinted { class, measure });
                prop_assert!(!exact && upper > 0);
            }
        }
    }

    #[test]
    fn a_change_by_an_eighth_is_not_worth_storing() {
        let learned = r#"{"rates":{"Small":{"mean":589824,"deviation":0,"told":524288}}}"#;
        let mut learned: Learned = serde_json::from_str(learned).unwrap();
        assert!(!learned.learn(SizeClass::Small, 0, 9));
        assert!(learned.learn(SizeClass::Small, 0, 100), "more is");
    }

    #[test]
    fn what_is_small_is_small_whatever_its_picture_measures() {
        let upper =
            |measure| Learned::default().upper(Size::Hinted { class: SizeClass::Small, measure });
        assert_eq!(upper(PIXELS), upper(0));
    }
}
