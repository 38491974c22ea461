//! Segments on disk: created once under a random name, never changed.

use super::Shared;
use super::fail::{fail, is_absent};
use super::home::{Home, random_name, read_small};
use crate::error::VaultError;
use crate::files::{Dir, Kind, Written};
use crate::id::DeviceId;
use crate::record::{Entry, Record, Segment, SegmentName, SegmentRead, Tombstone};
use crate::segment::{self, Writer};
use keepsake_machine::media::Digest;
use std::ffi::OsStr;
use std::io;
use std::sync::PoisonError;

/// How a segment's file name ends.
const ENDING: &str = ".jsonl";

impl Shared {
    pub(super) fn record(&self, mut records: Vec<Record>) -> Result<Option<Segment>, VaultError> {
        if records.is_empty() {
            return Ok(None);
        }
        let home = self.home()?;
        let (device, first) = self.sequences(&home, records.len())?;
        let mut writer = Writer::default();
        for (sequence, record) in (first..).zip(&mut records) {
            record.device = device;
            record.sequence = sequence;
        }
        let these: Vec<_> = records.iter().map(|record| record.digest.sha256).collect();
        for record in records {
            writer.push(&Entry::Record(record)).map_err(|error| spelling(&error))?;
        }
        let segment = self.write_segment(&home, writer, self.unrecorded.kept(these.iter()))?;
        self.unrecorded.recorded(these.iter());
        Ok(Some(segment))
    }

    pub(super) fn forget(&self, digests: &[Digest]) -> Result<Option<Segment>, VaultError> {
        if digests.is_empty() {
            return Ok(None);
        }
        let home = self.home()?;
        let (device, first) = self.sequences(&home, digests.len())?;
        let mut writer = Writer::default();
        for (sequence, digest) in (first..).zip(digests) {
            let tombstone = Tombstone { device, sequence, digest: *digest };
            writer.push(&Entry::Tombstone(tombstone)).map_err(|error| spelling(&error))?;
        }
        let segment = self.write_segment(&home, writer, 0)?;
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        memory.forgotten.extend(digests.iter().map(|digest| digest.sha256));
        Ok(Some(segment))
    }

    /// Takes the next `count` sequences: this device, and the first of them.
    fn sequences(&self, home: &Home, count: usize) -> Result<(DeviceId, u64), VaultError> {
        let Some(device) = self.how.device else {
            return Err(VaultError::Unsupported("writing: it was opened for reading"));
        };
        let mut last = self.sequence.lock().unwrap_or_else(PoisonError::into_inner);
        let given = match *last {
            Some(given) => given,
            None => self.last_sequence(home, device)?,
        };
        *last = Some(given + count as u64);
        Ok((device, given + 1))
    }

    /// The highest sequence of `device` that a segment's first line names.
    fn last_sequence(&self, home: &Home, device: DeviceId) -> Result<u64, VaultError> {
        let segments = home.segments()?;
        let mut last = 0;
        let mut start = vec![0; 16 << 10];
        for name in self.list_segments(home)? {
            let Ok(file) = self.files.open(segments, OsStr::new(&file_name(&name))) else {
                continue; // merged by somebody meanwhile: the merged one says the same
            };
            let mut length = 0;
            while let Ok(read @ 1..) = self.files.read(&file, &mut start[length..]) {
                length += read;
            }
            last = last.max(segment::last_of(&start[..length], device).unwrap_or(0));
        }
        Ok(last)
    }

    /// Makes a segment durable under a name of its own. Room for `kept` bytes of it is promised.
    pub(super) fn write_segment(
        &self,
        home: &Home,
        writer: Writer,
        kept: u64,
    ) -> Result<Segment, VaultError> {
        let parts = writer.finish().map_err(|error| spelling(&error))?;
        let size: u64 = parts.iter().map(|part| part.len() as u64).sum();
        let more = size.saturating_sub(kept);
        let _promise = match more {
            0 => None,
            _ => Some(self.room.take(&*self.files, &home.root, more)?),
        };
        let (staging, segments) = (home.staging()?, home.segments()?);
        let name = SegmentName(random_name(&*self.files)?);
        let file = file_name(&name);
        let os = OsStr::new(&file);
        let since = self.barrier.failures();
        let written = self
            .files
            .create_new(staging, os)
            .and_then(|to| parts.iter().try_for_each(|part| self.files.write(&to, part)))
            .and_then(|()| self.files.rename_new(staging, os, segments, os));
        if let Err(error) = written {
            let _ = self.files.remove(staging, os); // else the next opening sweeps it
            return Err(self.fail("writing", "a segment of records", size, error));
        }
        // One sync for bytes and name: until it returns nobody relies on it, and a segment that a
        // power cut tore is seen to be torn.
        let durable =
            [Written { dir: segments, name: Some(os) }, Written { dir: segments, name: None }];
        self.barrier
            .pass(&*self.files, &home.root, &durable, since)
            .map_err(|error| self.fail("syncing", "a segment of records", size, error))?;
        // Written through a folder that is held open: it counts only if the vault still has it.
        self.home()?;
        let mark = self.mark(segments, os).map_err(|error| fail("looking at", &file, 0, error))?;
        Ok(Segment { name, mark })
    }

    /// What tells a segment's content from what it was: its size, and when it last changed. (By a
    /// sum of our own: it is stored.)
    fn mark(&self, segments: &Dir, name: &OsStr) -> io::Result<u64> {
        let stat = self.files.stat(segments, name)?;
        Ok(stat.changed.cast_unsigned().rotate_left(24) ^ stat.size)
    }

    pub(super) fn marked_segments(&self, home: &Home) -> Result<Vec<Segment>, VaultError> {
        let Some(segments) = &home.segments else { return Ok(Vec::new()) };
        let mut marked = Vec::new();
        for name in self.list_segments(home)? {
            match self.mark(segments, OsStr::new(&file_name(&name))) {
                Ok(mark) => marked.push(Segment { name, mark }),
                Err(error) if is_absent(&error) => {} // merged by somebody meanwhile
                Err(_) => marked.push(Segment { name, mark: 0 }), // who reads it is told why
            }
        }
        Ok(marked)
    }

    pub(super) fn list_segments(&self, home: &Home) -> Result<Vec<SegmentName>, VaultError> {
        let mut names = Vec::new();
        if let Some(segments) = &home.segments {
            self.files
                .list(segments, &mut |name, _| {
                    let name = name.to_str().and_then(|name| name.strip_suffix(ENDING));
                    if let Some(name) = name {
                        names.push(SegmentName(name.to_owned()));
                    }
                })
                .map_err(|error| fail("listing", "segments", 0, error))?;
        }
        Ok(names)
    }

    pub(super) fn read_segment(
        &self,
        home: &Home,
        name: &SegmentName,
        each: &mut dyn FnMut(Entry),
    ) -> SegmentRead {
        match self.segment_bytes(home, name) {
            Ok(Some(bytes)) => segment::read(&bytes, each),
            Ok(None) => SegmentRead { gone: true, ..SegmentRead::default() },
            Err(why) => *why,
        }
    }

    /// A segment's bytes, unchecked; `None` if it is gone, or why it is not even read: one bad sector
    /// must not keep everything else from being restored.
    pub(super) fn segment_bytes(
        &self,
        home: &Home,
        name: &SegmentName,
    ) -> Result<Option<Vec<u8>>, Box<SegmentRead>> {
        let Some(segments) = &home.segments else { return Ok(None) };
        if name.0.contains('/') {
            return Ok(None);
        }
        let file = file_name(name);
        let os = OsStr::new(&file);
        let damaged = |why: &str| {
            Box::new(SegmentRead { damaged: Some(why.to_owned()), ..SegmentRead::default() })
        };
        let unreadable = |error: io::Error| {
            let why = Some(format!("it cannot be read: {error}"));
            Box::new(SegmentRead { unreadable: why, ..SegmentRead::default() })
        };
        match self.files.stat(segments, os) {
            Err(error) if is_absent(&error) => return Ok(None),
            Ok(stat) if stat.kind != Kind::File => {
                return Err(damaged("it is a link or something else, not a file"));
            }
            stat => stat.map_err(unreadable)?,
        };
        match read_small(&*self.files, segments, os, segment::LARGEST) {
            Err(error) if is_absent(&error) => Ok(None),
            Ok(None) => Err(damaged("it is too large")),
            bytes => bytes.map_err(unreadable),
        }
    }
}

pub(super) fn file_name(name: &SegmentName) -> String {
    format!("{}{ENDING}", name.0)
}

fn spelling(error: &serde_json::Error) -> VaultError {
    VaultError::Refused { name: "a record".to_owned(), why: error.to_string() }
}
