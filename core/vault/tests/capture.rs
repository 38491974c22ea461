//! When a photo was taken, out of what cameras write, and out of what no camera would.

mod support;

use keepsake_vault::capture::captured;
use keepsake_vault::{CaptureSource, Captured, LocalTime};
use proptest::prelude::*;
use std::io::Cursor;
use support::camera::{SHOT, Times, heic, jpeg, movie, png, tiff};

fn read(bytes: &[u8]) -> Option<Captured> {
    captured(&mut Cursor::new(bytes))
}

#[allow(clippy::unnecessary_wraps)] // it is compared with what may be none
fn at(text: &str, offset: Option<i16>, source: CaptureSource) -> Option<Captured> {
    Some(Captured { local: LocalTime::parse(text).unwrap(), offset, source })
}

fn originals(times: Times) -> Vec<(&'static str, Vec<u8>)> {
    let mut olympus = tiff(times);
    olympus[..4].copy_from_slice(b"IIRO");
    let mut panasonic = tiff(times);
    panasonic[..4].copy_from_slice(b"IIU\0");
    vec![
        ("jpeg", jpeg(times)),
        ("tiff, dng, nef, cr2, arw", tiff(times)),
        ("orf", olympus),
        ("rw2", panasonic),
        ("png", png(times)),
        ("heic", heic(times)),
    ]
}

#[test]
fn a_stills_time_is_read_with_its_offset_whatever_its_format() {
    let shot = at("2026-07-03T12:00:01", Some(120), CaptureSource::ExifOriginal);
    for (format, bytes) in originals(SHOT) {
        assert_eq!(read(&bytes), shot, "{format}");
    }
    for (format, bytes) in originals(Times { offset: None, ..SHOT }) {
        assert_eq!(read(&bytes), shot.map(|shot| Captured { offset: None, ..shot }), "{format}");
    }
}

#[test]
fn without_an_original_time_the_digitized_and_then_the_changed_one_count() {
    let digitized = Times { original: None, digitized: Some("2020:02:29 23:59:59"), ..SHOT };
    assert_eq!(
        read(&jpeg(digitized)).map(|taken| (taken.local.to_string(), taken.source)),
        Some(("2020-02-29T23:59:59".to_owned(), CaptureSource::ExifDigitized))
    );
    let changed = Times { original: None, offset: None, ..SHOT };
    assert_eq!(
        read(&jpeg(changed)).map(|taken| (taken.local.to_string(), taken.source)),
        Some(("2026-09-09T09:09:09".to_owned(), CaptureSource::ExifChanged))
    );
}

#[test]
fn a_time_that_cannot_be_is_no_time() {
    for impossible in [
        "0000:00:00 00:00:00",
        "    :  :     :  :  ",
        "2026:13:03 12:00:01",
        "2023:02:29 12:00:01",
        "1826:07:03 12:00:01",
        "9999:07:03 12:00:01",
        "\u{1}\u{2}\u{3}garbage of them",
    ] {
        let times = Times { original: Some(impossible), changed: None, ..SHOT };
        assert_eq!(read(&jpeg(times)), None, "{impossible}");
    }
    // The next best one is taken.
    let times = Times { original: Some("0000:00:00 00:00:00"), ..SHOT };
    assert_eq!(read(&jpeg(times)).unwrap().source, CaptureSource::ExifChanged);
}

#[test]
fn an_offset_that_cannot_be_leaves_the_time() {
    for offset in ["+99:99", "   :  ", "garbage", ""] {
        let taken = read(&jpeg(Times { offset: Some(offset), ..SHOT })).unwrap();
        assert_eq!(taken.local.to_string(), "2026-07-03T12:00:01", "{offset}");
        assert_eq!(taken.offset, None, "{offset}");
    }
}

#[test]
fn a_movie_says_its_local_time_or_utc() {
    let key = movie(b"qt  ", 3_865_917_601, Some("2026-07-03T12:00:01+0200"));
    assert_eq!(read(&key), at("2026-07-03T12:00:01", Some(120), CaptureSource::QuickTime));
    for brand in [b"qt  ", b"isom", b"mp42", b"3gp4"] {
        let utc = movie(brand, 3_865_917_601, None);
        assert_eq!(read(&utc), at("2026-07-03T10:00:01", Some(0), CaptureSource::MovieHeader));
    }
    for unset in [0, 2_082_844_800] {
        assert_eq!(read(&movie(b"qt  ", unset, None)), None, "1904 and 1970 are no times");
    }
}

#[test]
fn what_is_no_photo_says_nothing_whatever_its_name() {
    for bytes in [&b""[..], b"\xff\xd8", b"II*\0", b"text", &[0; 4096], &[0xff; 4096]] {
        assert_eq!(read(bytes), None);
    }
}

#[test]
fn an_original_larger_than_memory_is_read_in_part() {
    /// A JPEG header, then 5 GB of something.
    struct Large(u64, u64);
    impl std::io::Read for Large {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            const START: [u8; 4] = [0xff, 0xd8, 0xff, 0xe0];
            for (index, byte) in into.iter_mut().enumerate() {
                let at = usize::try_from(self.0).unwrap() + index;
                *byte = START.get(at).copied().unwrap_or(0xff);
            }
            self.0 += into.len() as u64;
            self.1 += into.len() as u64;
            Ok(into.len())
        }
    }
    impl std::io::Seek for Large {
        fn seek(&mut self, to: std::io::SeekFrom) -> std::io::Result<u64> {
            match to {
                std::io::SeekFrom::Start(at) => self.0 = at,
                std::io::SeekFrom::Current(by) => self.0 = self.0.saturating_add_signed(by),
                std::io::SeekFrom::End(_) => self.0 = 5 << 30,
            }
            Ok(self.0)
        }
    }
    let mut large = Large(0, 0);
    assert_eq!(captured(&mut large), None);
    assert!(large.1 <= 33 << 20, "{} bytes were read", large.1);
}

#[test]
fn a_files_time_stands_in_and_says_so() {
    let taken = Captured::from_file(1_783_072_801_500_000_000, 120);
    assert_eq!(taken.local.to_string(), "2026-07-03T12:00:01");
    assert_eq!((taken.offset, taken.source), (Some(120), CaptureSource::FileTime));
    assert_eq!(taken.unix_ms(), 1_783_072_801_000);
    assert_eq!(Captured::from_file(i64::MIN, 0).local.year, 1900);
    assert_eq!(Captured::from_file(i64::MAX, 0).local.year, 2200);
    assert_eq!(Captured::from_file(-1, 0).local.to_string(), "1969-12-31T23:59:59");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn cut_short_or_altered_nothing_panics(
        which in 0_usize..8,
        cut in 0_usize..8_000,
        flips in proptest::collection::vec((0_usize..8_000, any::<u8>()), 0..6),
    ) {
        // A panic inside is caught by the reader of times; here it must not even be tried.
        let mut all: Vec<_> = originals(SHOT).into_iter().map(|(_, bytes)| bytes).collect();
        all.push(movie(b"qt  ", 1, Some("2026-07-03T12:00:01+0200")));
        all.push(movie(b"isom", 1, None));
        let mut bytes = all.swap_remove(which);
        if cut % 3 > 0 {
            bytes.truncate(cut);
        }
        for (at, byte) in flips {
            if !bytes.is_empty() {
                // Near the start, where the structure is.
                let length = bytes.len();
                bytes[at % length.min(1_200)] = byte;
            }
        }
        let _ = read(&bytes);
    }

    #[test]
    fn seconds_and_local_times_are_one(seconds in -2_208_988_800_i64..=7_289_654_399) {
        let local = LocalTime::from_seconds(seconds);
        prop_assert_eq!(local.seconds(), seconds);
        prop_assert_eq!(LocalTime::parse(&local.to_string()), Some(local));
    }
}
