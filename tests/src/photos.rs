//! Photos made from a seed: enough of a JPEG or a TIFF for a reader of metadata, then noise.

use crate::random::Random;
use std::fs;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A JPEG of about `size` bytes, taken at `when` (`"2026:07:14 09:30:00"`, EXIF's own form) with
/// the offset `+02:00`, or with no metadata at all.
pub fn jpeg(seed: u64, size: usize, when: Option<&str>) -> Vec<u8> {
    let mut bytes = vec![0xFF, 0xD8];
    if let Some(when) = when {
        let tiff = tiff(when);
        let length = u16::try_from(tiff.len() + 8).unwrap_or(u16::MAX);
        bytes.extend_from_slice(&[0xFF, 0xE1]);
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(b"Exif\0\0");
        bytes.extend_from_slice(&tiff);
    }
    // A start of scan, and noise without 0xFF so that no marker is found in it.
    bytes.extend_from_slice(&[0xFF, 0xDA, 0x00, 0x08, 0x01, 0x01, 0x00, 0x00, 0x3F, 0x00]);
    let noise = Random::new(seed).bytes(size.saturating_sub(bytes.len() + 2));
    bytes.extend(noise.into_iter().map(|byte| byte & 0x7F));
    bytes.extend_from_slice(&[0xFF, 0xD9]);
    bytes
}

/// A raw photo as most cameras write it: a TIFF with the same metadata, then noise.
pub fn raw(seed: u64, size: usize, when: &str) -> Vec<u8> {
    let mut bytes = tiff(when);
    let noise = Random::new(seed).bytes(size.saturating_sub(bytes.len()));
    bytes.extend(noise);
    bytes
}

/// A `QuickTime` film of about `size` bytes, made at `made` seconds since 1970 UTC.
pub fn film(seed: u64, size: usize, made: u32) -> Vec<u8> {
    // QuickTime counts from 1904.
    let made = made.wrapping_add(2_082_844_800).to_be_bytes();
    let mut header = vec![0; 4];
    for time in [made, made] {
        header.extend_from_slice(&time);
    }
    header.extend_from_slice(&600_u32.to_be_bytes());
    header.extend_from_slice(&600_u32.to_be_bytes());
    header.resize(100, 0);
    let movie = chunk(*b"mvhd", &header);
    let mut bytes = chunk(*b"ftyp", b"qt  \0\0\0\0qt  ");
    bytes.extend(chunk(*b"moov", &movie));
    let noise = Random::new(seed).bytes(size.saturating_sub(bytes.len() + 8));
    bytes.extend(chunk(*b"mdat", &noise));
    bytes
}

fn chunk(kind: [u8; 4], body: &[u8]) -> Vec<u8> {
    let size = u32::try_from(body.len() + 8).unwrap_or(u32::MAX);
    let mut bytes = size.to_be_bytes().to_vec();
    bytes.extend_from_slice(&kind);
    bytes.extend_from_slice(body);
    bytes
}

/// A TIFF whose only content is `DateTimeOriginal` and `OffsetTimeOriginal` (EXIF 2.32, 4.6.5).
fn tiff(when: &str) -> Vec<u8> {
    let mut text = when.as_bytes().to_vec();
    text.push(0);
    let mut bytes = b"II*\0".to_vec();
    bytes.extend_from_slice(&8_u32.to_le_bytes());
    // IFD0: one entry, the pointer to the EXIF IFD.
    bytes.extend_from_slice(&1_u16.to_le_bytes());
    bytes.extend(entry(0x8769, 4, 1, 26));
    bytes.extend_from_slice(&0_u32.to_le_bytes());
    // The EXIF IFD at 26: two entries; their texts follow it at 26 + 2 + 24 + 4 = 56.
    bytes.extend_from_slice(&2_u16.to_le_bytes());
    bytes.extend(entry(0x9003, 2, u32::try_from(text.len()).unwrap_or(20), 56));
    bytes.extend(entry(0x9011, 2, 7, 56 + u32::try_from(text.len()).unwrap_or(20)));
    bytes.extend_from_slice(&0_u32.to_le_bytes());
    bytes.extend(text);
    bytes.extend_from_slice(b"+02:00\0");
    bytes
}

fn entry(tag: u16, kind: u16, count: u32, value: u32) -> Vec<u8> {
    let mut bytes = tag.to_le_bytes().to_vec();
    bytes.extend_from_slice(&kind.to_le_bytes());
    bytes.extend_from_slice(&count.to_le_bytes());
    bytes.extend_from_slice(&value.to_le_bytes());
    bytes
}

/// Writes `bytes` to `folder/name`, making the folders, and says where that is. It was last changed an hour
/// ago, as what comes from a camera: who watches need not wait until it rests.
///
/// # Panics
/// When it cannot be written: a test has nothing better to do.
pub fn write(folder: &Path, name: impl AsRef<Path>, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).unwrap();
    }
    fs::write(&path, bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let an_hour_ago = SystemTime::now() - Duration::from_hours(1);
    fs::File::options().write(true).open(&path).unwrap().set_modified(an_hour_ago).unwrap();
    path
}

/// Sets when the file at `path` was last changed.
///
/// # Panics
/// When that cannot be.
pub fn changed_at(path: &Path, seconds: u64, nanos: u32) {
    let time = UNIX_EPOCH + Duration::new(seconds, nanos);
    fs::File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
}

/// `count` photos of about `size` bytes each in `folder`, all different, a day between them.
pub fn roll(folder: &Path, seed: u64, count: u64, size: usize) {
    for index in 0..count {
        let when = format!("2026:{:02}:{:02} 10:00:00", index / 28 % 12 + 1, index % 28 + 1);
        let photo = jpeg(seed.wrapping_mul(1_000_003) + index, size, Some(&when));
        write(folder, format!("IMG_{seed:02}{index:05}.JPG"), &photo);
    }
}

/// Three photos of July and two of August.
pub fn two_months(folder: &Path) {
    for day in 1..=5 {
        let month = if day <= 3 { 7 } else { 8 };
        let when = format!("2026:{month:02}:{day:02} 10:00:00");
        write(folder, format!("{day}.jpg"), &jpeg(day, 3_000, Some(&when)));
    }
}

/// A file that says it has `size` bytes, of which only the first and the last are there.
///
/// # Panics
/// When it cannot be written.
pub fn sparse(path: &Path, size: u64) {
    let file = fs::File::create(path).unwrap();
    file.set_len(size).unwrap();
    file.write_all_at(b"first", 0).unwrap();
    file.write_all_at(b"last", size - 4).unwrap();
}
