//! When a photo was taken, read from the photo itself.

use serde::{Deserialize, Serialize};
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

/// Reads when `original` was taken; `None` if it does not say, or is no photo or video (that is
/// seen from its first bytes, whatever its name). Never fails: what cannot be read does not say.
pub fn captured(original: &mut (impl Read + Seek)) -> Option<Captured> {
    let _ = original;
    unimplemented!()
}

impl Captured {
    /// The time of a file, for an original that does not say: `modified` in nanoseconds since 1970
    /// UTC, on a wall clock `offset` minutes east of UTC. Beyond 1900–2200 it is that limit.
    pub fn from_file(modified: i64, offset: i16) -> Captured {
        let _ = (modified, offset);
        unimplemented!()
    }

    /// Milliseconds since 1970 UTC, with an unknown offset taken for UTC.
    pub fn unix_ms(&self) -> i64 {
        unimplemented!()
    }
}

impl Serialize for LocalTime {
    fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        unimplemented!()
    }
}

impl<'de> Deserialize<'de> for LocalTime {
    fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        unimplemented!()
    }
}
