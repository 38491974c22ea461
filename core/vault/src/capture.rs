//! When a photo was taken, read from the photo itself.

mod read;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::io::{Read, Seek};

/// When an original was taken: the wall clock of whoever took it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Captured {
    /// The local time there.
    pub local: LocalTime,
    /// Minutes east of UTC, where the original says.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub offset: Option<i16>,
    /// Where that was read.
    pub source: CaptureSource,
}

/// Where a capture time was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum CaptureSource {
    /// EXIF `DateTimeOriginal` (0x9003), offset from `OffsetTimeOriginal` (0x9011) where there is one.
    ExifOriginal,
    /// EXIF `DateTimeDigitized` (0x9004): no original time there.
    ExifDigitized,
    /// EXIF/TIFF `DateTime` (0x0132): neither of those.
    ExifChanged,
    /// Apple's `com.apple.quicktime.creationdate`: local time with its offset.
    QuickTime,
    /// The movie header's creation time: UTC (ISO/IEC 14496-12), shown as such, offset 0.
    MovieHeader,
    /// The library told it.
    Library,
    /// The file's modification time: the original says nothing.
    FileTime,
}

/// A date and time on some wall clock, years 1900 to 2200. In JSON `2026-07-03T12:00:01`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocalTime {
    /// The year.
    pub year: u16,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 60: a leap second is kept as shot.
    pub second: u8,
}

impl LocalTime {
    /// A date and time that exist, in the years 1900 to 2200.
    pub fn new(year: u16, month: u8, day: u8, hour: u8, minute: u8, second: u8) -> Option<Self> {
        let leap =
            year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 => 28 + u8::from(leap),
            _ => return None,
        };
        let exists = (1900..=2200).contains(&year)
            && (1..=days).contains(&day)
            && hour < 24
            && minute < 60
            && second <= 60;
        exists.then_some(LocalTime { year, month, day, hour, minute, second })
    }

    /// Reads `2026-07-03T12:00:01`; also with the separators of EXIF, `2026:07:03 12:00:01`. What
    /// follows the seconds is left alone.
    pub fn parse(text: &str) -> Option<LocalTime> {
        let bytes = text.as_bytes();
        let number = |at: std::ops::Range<usize>| -> Option<u16> {
            bytes.get(at)?.iter().try_fold(0, |sum: u16, digit| {
                digit.is_ascii_digit().then(|| sum * 10 + u16::from(digit - b'0'))
            })
        };
        let small = |at: usize| number(at..at + 2).and_then(|n| u8::try_from(n).ok());
        let joints = [4, 7, 10, 13, 16].map(|at| bytes.get(at).copied().unwrap_or(0));
        if !matches!(&joints, [b'-' | b':', b'-' | b':', b'T' | b' ', b':', b':']) {
            return None;
        }
        Self::new(number(0..4)?, small(5)?, small(8)?, small(11)?, small(14)?, small(17)?)
    }

    /// The wall clock that many seconds after 1970-01-01T00:00:00 on it. Beyond 1900 to 2200 it is
    /// that limit.
    pub fn from_seconds(seconds: i64) -> LocalTime {
        let seconds = seconds.clamp(FIRST, LAST);
        let (days, of_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        // Days to a date: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
        let shifted = days + 719_468;
        let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
        let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * month + 2) / 5 + 1;
        let (month, turn) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
        let small = |n: i64| u8::try_from(n).unwrap_or(0);
        LocalTime {
            year: u16::try_from(year + era * 400 + turn).unwrap_or(1970),
            month: small(month),
            day: small(day),
            hour: small(of_day / 3_600),
            minute: small(of_day / 60 % 60),
            second: small(of_day % 60),
        }
    }

    /// Seconds since 1970-01-01T00:00:00 on the same wall clock.
    pub fn seconds(&self) -> i64 {
        let (year, month, day) = (i64::from(self.year), i64::from(self.month), i64::from(self.day));
        let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
        let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
        let days =
            era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + (153 * month + 2) / 5 + day
                - 1
                - 719_468;
        let of_day =
            i64::from(self.hour) * 3_600 + i64::from(self.minute) * 60 + i64::from(self.second);
        days * 86_400 + of_day
    }
}

/// 1900-01-01T00:00:00 and 2200-12-31T23:59:59.
const FIRST: i64 = -2_208_988_800;
const LAST: i64 = 7_289_654_399;

/// Reads when `original` was taken; `None` if it does not say, or is no photo or video (that is
/// seen from its first bytes, whatever its name). Never fails: what cannot be read does not say.
pub fn captured(original: &mut (impl Read + Seek)) -> Option<Captured> {
    read::captured(original)
}

impl Captured {
    /// The time of a file, for an original that does not say: `modified` in nanoseconds since 1970
    /// UTC, on a wall clock `offset` minutes east of UTC. Beyond 1900–2200 it is that limit.
    pub fn from_file(modified: i64, offset: i16) -> Captured {
        let seconds = modified.div_euclid(1_000_000_000) + i64::from(offset) * 60;
        let local = LocalTime::from_seconds(seconds);
        Captured { local, offset: Some(offset), source: CaptureSource::FileTime }
    }

    /// Milliseconds since 1970 UTC, with an unknown offset taken for UTC.
    pub fn unix_ms(&self) -> i64 {
        (self.local.seconds() - i64::from(self.offset.unwrap_or(0)) * 60) * 1_000
    }
}

impl Serialize for LocalTime {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for LocalTime {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        LocalTime::parse(&text).ok_or_else(|| D::Error::custom("not a local time"))
    }
}

impl std::fmt::Display for LocalTime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let LocalTime { year, month, day, hour, minute, second } = self;
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
    }
}
