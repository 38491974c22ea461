//! A segment of records: JSON Lines that are checked as a whole before a line is believed.
//!
//! ```text
//! {"keepsake":"records","format":1,"last":{"<device>":812}}
//! {"record":{…}}
//! {"tombstone":{…}}
//! {"end":{"entries":2,"sha256":"…"}}
//! ```
//!
//! The checksum is of every byte before the last line. `last` is the highest sequence of each
//! device in it: a device reads only first lines to learn where it goes on counting.

use crate::id::DeviceId;
use crate::path::VaultPath;
use crate::record::{Entry, SegmentRead};
use keepsake_machine::media::hex;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

/// The newest format of segments that we know; a newer one is skipped, by name.
pub const FORMAT: u64 = 1;

/// The largest segment that is read, in bytes: what is larger was not written by us.
pub const LARGEST: u64 = 32 << 20;

#[derive(Serialize, Deserialize)]
struct Head {
    keepsake: String,
    format: u64,
    last: BTreeMap<DeviceId, u64>,
}

#[derive(Serialize, Deserialize)]
struct Tail {
    end: End,
}

#[derive(Serialize, Deserialize)]
struct End {
    entries: u64,
    sha256: String,
}

/// A segment being written, in one buffer.
#[derive(Debug, Default)]
pub struct Writer {
    body: Vec<u8>,
    entries: u64,
    last: BTreeMap<DeviceId, u64>,
}

impl Writer {
    /// Adds an entry.
    pub fn push(&mut self, entry: &Entry) -> Result<(), serde_json::Error> {
        let (device, sequence) = match entry {
            Entry::Record(record) => (record.device, record.sequence),
            Entry::Tombstone(tombstone) => (tombstone.device, tombstone.sequence),
        };
        serde_json::to_writer(&mut self.body, entry)?;
        self.body.push(b'\n');
        self.count(device, sequence);
        Ok(())
    }

    /// Adds a line as it stands, without its end: what a merge does not understand it keeps.
    pub fn push_line(&mut self, line: &[u8]) {
        self.body.extend_from_slice(line);
        self.body.push(b'\n');
        self.entries += 1;
    }

    /// Adds a line of which device and sequence are known.
    pub fn push_known(&mut self, line: &[u8], device: DeviceId, sequence: u64) {
        self.push_line(line);
        self.entries -= 1;
        self.count(device, sequence);
    }

    fn count(&mut self, device: DeviceId, sequence: u64) {
        self.entries += 1;
        let last = self.last.entry(device).or_default();
        *last = (*last).max(sequence);
    }

    /// Bytes so far.
    pub fn len(&self) -> usize {
        self.body.len()
    }

    /// Whether nothing was added.
    pub fn is_empty(&self) -> bool {
        self.entries == 0
    }

    /// The whole segment, to be written one part behind the other.
    pub fn finish(self) -> Result<[Vec<u8>; 3], serde_json::Error> {
        let line = |mut text: String| {
            text.push('\n');
            text.into_bytes()
        };
        let head = Head { keepsake: "records".to_owned(), format: FORMAT, last: self.last };
        let head = line(serde_json::to_string(&head)?);
        let sha256: [u8; 32] =
            Sha256::new().chain_update(&head).chain_update(&self.body).finalize().into();
        let end = End { entries: self.entries, sha256: hex::encode(&sha256) };
        Ok([head, self.body, line(serde_json::to_string(&Tail { end })?)])
    }
}

/// The highest sequence of `device` that a segment's first line claims. `start` is the segment's
/// beginning, which need not hold more than that line.
pub fn last_of(start: &[u8], device: DeviceId) -> Option<u64> {
    let line = start.split(|byte| *byte == b'\n').next()?;
    let head: Head = serde_json::from_slice(line).ok()?;
    // No device counts that far: a hostile head must not use our numbers up.
    head.last.get(&device).copied().filter(|last| *last < 1 << 53)
}

/// Checks a segment as a whole. Its lines between head and end, or why it is not trusted.
pub fn check(bytes: &[u8]) -> Result<impl Iterator<Item = &[u8]>, String> {
    let bytes_but_end = bytes.strip_suffix(b"\n").ok_or("it is torn: no end")?;
    let start = bytes_but_end.iter().rposition(|byte| *byte == b'\n').ok_or("it is torn")? + 1;
    let tail: Tail =
        serde_json::from_slice(&bytes_but_end[start..]).map_err(|_| "it is torn: no end")?;
    if hex::encode(&Sha256::digest(&bytes[..start])) != tail.end.sha256 {
        return Err("its checksum does not fit".to_owned());
    }
    let first = bytes.iter().position(|byte| *byte == b'\n').map_or(start, |end| end + 1);
    let head: Head = serde_json::from_slice(&bytes[..first]).map_err(|_| "it has no head")?;
    if head.keepsake != "records" {
        return Err("it is something else".to_owned());
    }
    if head.format > FORMAT {
        return Err(format!("a newer version wrote it (format {})", head.format));
    }
    let lines = || bytes[first..start].split(|byte| *byte == b'\n').filter(|l| !l.is_empty());
    if lines().count() as u64 != tail.end.entries {
        return Err("it does not have as many entries as it says".to_owned());
    }
    Ok(lines())
}

/// What a line is.
#[allow(clippy::large_enum_variant)] // nearly all are entries, looked at one by one
pub enum Line {
    /// An entry.
    Entry(Entry),
    /// Of a kind, or with a word, that this version does not know.
    Unknown,
    /// It says something impossible.
    Hostile(String),
}

/// Reads a line of a checked segment.
pub fn line(line: &[u8]) -> Line {
    if let Ok(entry) = serde_json::from_slice(line) {
        return Line::Entry(entry);
    }
    let value: Option<serde_json::Value> = serde_json::from_slice(line).ok();
    let path = |value: &serde_json::Value| {
        value.get("record").map(|record| {
            record.get("path").and_then(|path| path.as_str()).and_then(VaultPath::parse)
        })
    };
    match value {
        Some(value) if value.is_object() && !matches!(path(&value), Some(None)) => Line::Unknown,
        _ => {
            let text = String::from_utf8_lossy(line);
            Line::Hostile(text.chars().take(300).collect())
        }
    }
}

/// Reads a whole segment: nothing is handed over unless all of it is sound.
pub fn read(bytes: &[u8], each: &mut dyn FnMut(Entry)) -> SegmentRead {
    let mut read = SegmentRead::default();
    match check(bytes) {
        Err(why) => read.damaged = Some(why),
        Ok(lines) => {
            for one in lines {
                match line(one) {
                    Line::Entry(entry) => {
                        read.entries += 1;
                        each(entry);
                    }
                    Line::Unknown => read.unknown += 1,
                    Line::Hostile(text) => read.hostile.push(text),
                }
            }
        }
    }
    read
}

#[cfg(test)]
mod tests;
