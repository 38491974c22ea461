//! Reading the capture time out of an original: through `nom-exif`, on a short leash.
//!
//! The crate decides by content, not by name. The leash: only what begins like a photo or a video
//! is shown to it, and only so many bytes, so that neither a hostile nor a broken original costs
//! more than a moment.

use super::{CaptureSource, Captured, LocalTime};
use nom_exif::{EntryValue, Exif, ExifTag, MediaKind, MediaParser, MediaSource, TrackInfoTag};
use std::cell::RefCell;
use std::io::{self, Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Most bytes that are read to find a time: the index of a long video is some megabytes.
const MOST: u64 = 32 << 20;

thread_local! {
    /// Keeps its buffer from one original to the next.
    static PARSER: RefCell<MediaParser> = RefCell::new(MediaParser::new());
}

pub(super) fn captured(original: &mut (impl Read + Seek)) -> Option<Captured> {
    let mut start = [0; 12];
    original.seek(SeekFrom::Start(0)).ok()?;
    original.read_exact(&mut start).ok()?;
    let magic = looks_like_media(&start)?;
    original.seek(SeekFrom::Start(0)).ok()?;
    let leashed = Leash { original, magic, at: 0, left: MOST };
    // The parser is fed with whatever lies on people's disks; should it panic in spite of its
    // authors and our fuzzing, this photo has its file's time, and the backup goes on.
    catch_unwind(AssertUnwindSafe(|| {
        PARSER.with(|parser| parse(&mut *parser.try_borrow_mut().ok()?, leashed))
    }))
    .unwrap_or_else(|_| {
        PARSER.with(|parser| {
            if let Ok(mut parser) = parser.try_borrow_mut() {
                *parser = MediaParser::new();
            }
        });
        None
    })
}

fn parse<R: Read + Seek>(parser: &mut MediaParser, original: R) -> Option<Captured> {
    let source = MediaSource::seekable(original).ok()?;
    if source.kind() == MediaKind::Image {
        let exif: Exif = parser.parse_exif(source).ok()?.into();
        let tags = [
            (ExifTag::DateTimeOriginal, CaptureSource::ExifOriginal),
            (ExifTag::CreateDate, CaptureSource::ExifDigitized),
            (ExifTag::ModifyDate, CaptureSource::ExifChanged),
        ];
        tags.into_iter().find_map(|(tag, source)| time(exif.get(tag)?, source))
    } else {
        let track = parser.parse_track(source).ok()?;
        let taken = time(track.get(TrackInfoTag::CreateDate)?, CaptureSource::QuickTime)?;
        // Where a movie has no time its header says 1904 or 1970, the beginnings of its clocks.
        let unset = taken.local.seconds() <= -2_082_844_800 || taken.local.seconds() == 0;
        // Apple's key says its offset. The header is in UTC; an Apple in Greenwich is alike.
        let source = match taken.offset {
            Some(0) | None => CaptureSource::MovieHeader,
            Some(_) => CaptureSource::QuickTime,
        };
        (!unset).then_some(Captured { source, ..taken })
    }
}

fn time(value: &EntryValue, source: CaptureSource) -> Option<Captured> {
    let (local, offset) = match value {
        EntryValue::DateTime(time) => {
            let minutes = i16::try_from(time.offset().local_minus_utc() / 60).ok();
            (time.naive_local().to_string(), minutes)
        }
        EntryValue::NaiveDateTime(time) => (time.to_string(), None),
        EntryValue::Text(text) => (text.clone(), None),
        _ => return None,
    };
    // No place on earth is further than 14 hours from Greenwich; some cameras write 99:99.
    let offset = offset.filter(|minutes| minutes.abs() <= 14 * 60);
    Some(Captured { local: LocalTime::parse(&local)?, offset, source })
}

/// What the first four bytes are shown as, if this begins like something that the parser knows.
fn looks_like_media(start: &[u8; 12]) -> Option<[u8; 4]> {
    let [a, b, c, d, rest @ ..] = *start;
    let first = [a, b, c, d];
    let kind: [u8; 4] = [rest[0], rest[1], rest[2], rest[3]];
    match &first {
        // TIFF under other numbers: Panasonic (IIU), Olympus (IIRO, IIRS, MMOR).
        b"IIU\0" | b"IIRO" | b"IIRS" => Some(*b"II*\0"),
        b"MMOR" => Some(*b"MM\0*"),
        b"II*\0" | b"MM\0*" | b"\x89PNG" | b"RIFF" | b"FUJI" | [0x1a, 0x45, 0xdf, 0xa3] => {
            Some(first)
        }
        [0xff, 0xd8, 0xff, _] => Some(first),
        _ => matches!(&kind, b"ftyp" | b"moov" | b"mdat" | b"wide" | b"free" | b"skip" | b"pnot")
            .then_some(first),
    }
}

/// An original that ends after so many bytes read, and whose first four bytes are `magic`.
struct Leash<'a, R> {
    original: &'a mut R,
    magic: [u8; 4],
    at: u64,
    left: u64,
}

impl<R: Read> Read for Leash<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let most = into.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let read = self.original.read(&mut into[..most])?;
        for (index, byte) in into[..read].iter_mut().enumerate().take(4) {
            if let Some(shown) =
                usize::try_from(self.at).ok().and_then(|at| self.magic.get(at + index))
            {
                *byte = *shown;
            }
        }
        self.at += read as u64;
        self.left -= read as u64;
        Ok(read)
    }
}

impl<R: Seek> Seek for Leash<'_, R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.at = self.original.seek(to)?;
        Ok(self.at)
    }
}
