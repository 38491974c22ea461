//! Lanes: rows to be done, parted by what a refill asks for, so that each part is one range of an
//! index in the order of work.
//!
//! A lane is a class (media, locality, whether the digest is known) and a band of sizes a quarter of
//! a power of two wide. A refill that has room for small items only never walks over large ones: it
//! reads the lanes that fit, and looks at sizes in at most one band per class.

use crate::codes;
use keepsake_machine::effect::WantClass;
use keepsake_machine::status::ToDo;
use serde::{Deserialize, Serialize};

/// A lane's number, as stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Lane(pub u16);

/// Classes per band: two media, three localities, digest known or not.
const CLASSES: u16 = 12;

/// How much of a lane a wanted class takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Share {
    /// Nothing.
    None,
    /// All.
    All,
    /// What has at most this many bytes.
    UpTo(u64),
}

impl Lane {
    /// The lane of a row; `bytes` is `None` while its size is only hinted.
    pub fn of(class: ToDo, bytes: Option<u64>) -> Lane {
        Lane(
            bytes.map_or(0, band) * CLASSES
                + number(class.media, class.locality, class.digest_known),
        )
    }

    /// How much of it `wanted` takes.
    pub fn share(self, wanted: &WantClass) -> Share {
        let class = number(wanted.media, wanted.locality, wanted.digest_known);
        if self.0 % CLASSES != class {
            return Share::None;
        }
        let band = self.0 / CLASSES;
        match wanted.at_most {
            None => Share::All,
            Some(_) if band == 0 => Share::All,
            Some(most) => {
                let (least, greatest) = bounds(band);
                if greatest <= most {
                    Share::All
                } else if least <= most {
                    Share::UpTo(most)
                } else {
                    Share::None
                }
            }
        }
    }
}

fn number(
    media: keepsake_machine::media::Media,
    locality: keepsake_machine::media::Locality,
    digest_known: bool,
) -> u16 {
    let number =
        codes::media_code(media) * 6 + codes::locality_code(locality) * 2 + i64::from(digest_known);
    u16::try_from(number).unwrap_or(0) // 0 to 11
}

/// The band of a size, from 9 to 256. What has less than four bytes is in the first.
fn band(bytes: u64) -> u16 {
    let bytes = bytes.max(4);
    let top = bytes.ilog2();
    let quarter = (bytes >> (top - 2)) & 3;
    u16::try_from(u64::from(top) * 4 + quarter + 1).unwrap_or(u16::MAX / CLASSES)
}

/// The least and the greatest size in a band.
fn bounds(band: u16) -> (u64, u64) {
    let top = u32::from((band - 1) / 4).max(2);
    let quarter = u64::from((band - 1) % 4);
    let least = (4 + quarter) << (top - 2);
    let greatest = least + ((1 << (top - 2)) - 1);
    (if least == 4 { 0 } else { least }, greatest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use keepsake_machine::media::{Locality, Media};

    #[test]
    fn every_size_lies_within_the_bounds_of_its_band_and_bands_touch() {
        for shift in 0..64 {
            for near in [-1_i64, 0, 1] {
                let bytes = (1_u64 << shift).wrapping_add_signed(near);
                let (least, greatest) = bounds(band(bytes));
                assert!((least..=greatest).contains(&bytes), "{bytes}: {least} to {greatest}");
            }
        }
        for band in 9..256 {
            assert_eq!(bounds(band).1 + 1, bounds(band + 1).0, "band {band}");
        }
        assert_eq!(bounds(256).1, u64::MAX);
    }

    #[test]
    fn a_class_takes_its_own_lanes_and_only_what_fits() {
        let class = ToDo { media: Media::Video, locality: Locality::Cloud, digest_known: true };
        let wanted = |at_most| WantClass {
            media: Media::Video,
            locality: Locality::Cloud,
            digest_known: true,
            at_most,
        };
        let lane = Lane::of(class, Some(1_000));
        assert_eq!(lane.share(&wanted(None)), Share::All);
        assert_eq!(lane.share(&wanted(Some(1_100))), Share::All);
        assert_eq!(lane.share(&wanted(Some(1_000))), Share::UpTo(1_000));
        assert_eq!(lane.share(&wanted(Some(800))), Share::None);
        assert_eq!(Lane::of(class, None).share(&wanted(Some(0))), Share::All);
        let other = WantClass { digest_known: false, ..wanted(None) };
        assert_eq!(lane.share(&other), Share::None);
    }
}
