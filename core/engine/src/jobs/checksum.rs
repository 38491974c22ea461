//! Checksum: an original is read once, hashed, and where the vault allows it written to the
//! vault's staging in the same pass; when it was taken is read from the same bytes.
//!
//! Small originals are dealt with in batches, whole in memory: whether the vault knows them is
//! asked before they are teed. Large ones pass through one buffer.

use super::blame;
use super::hashing::Hashing;
use super::kept::Asked;
use super::place::places;
use super::reading::{Head, Poured, original};
use super::reply::{Replies, Reply};
use super::{Desk, lock};
use crate::source::{Opened, Original};
use keepsake_catalog::{Detail, Note};
use keepsake_machine::event::{Answer, Disappearance};
use keepsake_machine::media::{Access, AssetId, Digest, Role, Size};
use keepsake_machine::stage::Fault;
use keepsake_vault::capture::captured;
use keepsake_vault::{Captured, Staging, Vault, VaultPath};
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Cursor, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// One to do.
pub(crate) struct Checksum {
    pub(crate) reply: Reply,
    pub(crate) tee: bool,
}

/// An original up to this many bytes is held whole in memory.
const SMALL: usize = 1 << 20;
/// Bytes of small originals that are held at once by one worker.
const GATHERED: usize = 8 << 20;
/// A large original passes through a buffer of this size; it stops within it.
const BUFFER: usize = 1 << 20;
/// Progress is told every so many bytes.
const STEP: u64 = 8 << 20;

/// Files and bytes that may be teed and wait to be put: about two groups. Whoever would tee
/// more while uploads go on waits for them.
const TEED: (u64, u64) = (640, 96_000_000);

/// Reads and hashes a batch; gives back what must wait until more of what was teed is put.
pub(crate) fn run(desk: &Desk, batch: Vec<Checksum>) -> Vec<Checksum> {
    let resources: Vec<_> = batch.iter().map(|work| work.reply.resource()).collect();
    let details = match desk.details(&resources) {
        Ok(details) => details,
        Err(why) => {
            desk.catalog_failed(&why, batch.into_iter().map(|work| work.reply));
            return Vec::new();
        }
    };
    let mut gathered = Gathered {
        desk,
        bytes: Vec::with_capacity(room(&details)),
        small: Vec::with_capacity(details.len()),
        large: Vec::new(),
        replies: Replies::default(),
    };
    let mut batch = batch.into_iter().zip(details);
    while let Some((mut work, detail)) = batch.next() {
        if work.tee && is_enough(desk.kept.teed(), &gathered) {
            if desk.sending.load(Ordering::Relaxed) {
                gathered.flush();
                return std::iter::once(work).chain(batch.map(|(work, _)| work)).collect();
            }
            work.tee = false; // nothing is put now: what is new is only to be known
        }
        let Some(detail) = detail else {
            work.reply.answer(Answer::Gone(Disappearance::Deleted));
            continue;
        };
        // One that panics (a decoder, a host) must not take the others with it.
        let gather = || gathered.one(&work, &detail);
        match catch_unwind(AssertUnwindSafe(gather)) {
            Ok(Done::Small(small)) => gathered.small.push((work, detail, small)),
            Ok(Done::Large(answer, captured)) => {
                let notes = noted(desk, &detail, captured);
                work.reply.with(answer, notes);
            }
            Err(_) => {
                work.reply.answer(Answer::Failed { fault: Fault::HostFault, wasted: 0 });
            }
        }
        if gathered.bytes.len() >= GATHERED {
            gathered.flush();
        }
    }
    gathered.flush();
    Vec::new()
}

/// The bytes that the small ones of a batch need at once, so that they are not moved as more come.
fn room(details: &[Option<Arc<Detail>>]) -> usize {
    let size = |detail: &Arc<Detail>| match detail.size {
        Size::Exact(size) => usize::try_from(size).ok().filter(|size| *size <= SMALL),
        Size::Hinted { .. } => None,
    };
    let all: usize = details.iter().flatten().filter_map(size).map(|size| size + 1).sum();
    all.min(GATHERED + SMALL)
}

/// Whether a batch would not be given back at once.
pub(crate) fn has_room(desk: &Desk) -> bool {
    let (files, bytes) = desk.kept.teed();
    files < TEED.0 && bytes < TEED.1 || !desk.sending.load(Ordering::Relaxed)
}

/// Whether enough is teed, with what is about to be.
fn is_enough((files, bytes): (u64, u64), gathered: &Gathered<'_>) -> bool {
    let more = gathered.small.len() as u64;
    files + more >= TEED.0 || bytes + gathered.bytes.len() as u64 >= TEED.1
}

/// What one came to.
enum Done {
    /// Hashed, and in memory.
    Small(Small),
    /// Answered as a whole.
    Large(Answer, Option<Captured>),
}

/// A small original in memory.
struct Small {
    digest: Digest,
    from: usize,
    captured: Option<Captured>,
}

struct Gathered<'a> {
    desk: &'a Desk,
    /// Small originals, one behind the other.
    bytes: Vec<u8>,
    small: Vec<(Checksum, Arc<Detail>, Small)>,
    /// The buffer for large ones: made when the first comes.
    large: Vec<u8>,
    /// Given together at the end: one transaction stores what follows from all of them.
    replies: Replies,
}

impl Gathered<'_> {
    fn one(&mut self, work: &Checksum, detail: &Detail) -> Done {
        let from = self.bytes.len();
        let done = self.read(work, detail);
        match done {
            Ok(done) => done,
            Err(answer) => {
                self.bytes.truncate(from);
                Done::Large(answer, None)
            }
        }
    }

    fn read(&mut self, work: &Checksum, detail: &Detail) -> Result<Done, Answer> {
        if work.reply.is_stopped() {
            return Err(Answer::Stopped);
        }
        let original = original(detail);
        match original.access {
            Access::Seekable => {
                let opened = self.desk.source.open(&original);
                let opened = opened.map_err(|refusal| blame::refused(refusal, 0))?;
                let Opened::File(file) = &opened;
                let done = match self.small(file, &original)? {
                    Some(small) => Done::Small(small),
                    None => self.large(work, detail, &mut &*file, Some(file))?,
                };
                let version = self.desk.source.version(&original, &opened);
                let version = version.map_err(|refusal| blame::refused(refusal, 0))?;
                if version != original.version {
                    if let Done::Large(..) = done {
                        self.desk.discard(self.desk.kept.take_teed(detail.resource));
                    }
                    return Err(Answer::Changed);
                }
                Ok(done)
            }
            Access::Poured => {
                // Never over the network: downloading is another kind of work.
                let desk = self.desk;
                let poured =
                    Poured::begin(&desk.source, &*desk.runtime, original, false, work.reply.stop());
                let mut poured = poured.map_err(|error| blame::unread(&error, 0))?;
                self.large(work, detail, &mut poured, None)
            }
        }
    }

    /// Reads a small one whole; `None`, and nothing read, if it is not small.
    fn small(&mut self, mut file: &File, original: &Original) -> Result<Option<Small>, Answer> {
        let Some(size) = original.size.and_then(|size| usize::try_from(size).ok()) else {
            return Ok(None);
        };
        if size > SMALL {
            return Ok(None);
        }
        let from = self.bytes.len();
        let mut end = from;
        // One byte more than there should be: an end that comes where it should is seen at once.
        self.bytes.resize(from + size + 1, 0);
        while end < self.bytes.len() {
            match file.read(&mut self.bytes[end..]) {
                Ok(0) => break,
                Ok(read) => {
                    end += read;
                    if end == from + size {
                        break; // more would be another version
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(blame::unread(&error, (end - from) as u64)),
            }
        }
        if end > from + size {
            return Err(Answer::Changed);
        }
        self.bytes.truncate(end);
        let bytes = &self.bytes[from..];
        let digest = Hashing::whole(bytes, self.desk.md5);
        let captured = captured(&mut Cursor::new(bytes));
        Ok(Some(Small { digest, from, captured }))
    }

    /// Reads a large one, or one of unknown size, through the buffer.
    fn large(
        &mut self,
        work: &Checksum,
        detail: &Detail,
        from: &mut dyn Read,
        file: Option<&File>,
    ) -> Result<Done, Answer> {
        let mut hashing = Hashing::new(self.desk.md5);
        let mut tee = self.begin_tee(work, detail);
        let mut head = Vec::new();
        let mut told = 0;
        self.large.resize(BUFFER, 0);
        loop {
            if work.reply.is_stopped() {
                return Err(Answer::Stopped);
            }
            let read = fill(from, &mut self.large);
            let read = read.map_err(|error| blame::unread(&error, hashing.size()))?;
            if read == 0 {
                break;
            }
            let bytes = &self.large[..read];
            hashing.update(bytes);
            if head.is_empty() {
                head = bytes.to_vec();
            }
            // A vault that fails here is not this original's fault: sending it will show.
            tee = tee.and_then(|mut tee| tee.write(bytes).ok().map(|()| tee));
            if hashing.size() - told >= STEP {
                told = hashing.size();
                work.reply.progressed(told);
            }
        }
        let digest = hashing.finish();
        let captured = captured(&mut Head { bytes: &head, file, size: digest.size, at: 0 });
        let teed = tee.and_then(|tee| tee.finish(detail.modified).ok());
        let is_teed = teed.is_some();
        if let Some(teed) = teed {
            let before = self.desk.kept.keep_teed(detail.resource, teed, digest.size);
            self.desk.discard(before);
        }
        Ok(Done::Large(Answer::Checksummed { digest, teed: is_teed }, captured))
    }

    /// Begins writing to the vault's staging, if nothing that is known could make that vain.
    fn begin_tee(&self, work: &Checksum, detail: &Detail) -> Option<Box<dyn Staging>> {
        let Size::Exact(size) = detail.size else { return None };
        if !work.tee {
            return None;
        }
        if detail.role.is_deduplicated() {
            let known = self.desk.store.read(|reader| reader.known_size(size));
            if known.unwrap_or(true) {
                return None;
            }
        }
        self.desk.link.vault().ok()?.stage(size).ok()
    }

    /// Tees what is new of the small ones, and answers for all.
    fn flush(&mut self) {
        let desk = self.desk;
        let small = std::mem::take(&mut self.small);
        let to_tee: Vec<bool> = self.to_tee(&small);
        let vault = to_tee.contains(&true).then(|| desk.link.vault().ok()).flatten();
        // First when each was taken: that decides its place.
        let taken: Vec<_> =
            small.iter().map(|(_, detail, small)| noted(desk, detail, small.captured)).collect();
        let mut placed = vault.as_ref().map(|vault| place(desk, &**vault, &small, &to_tee));
        let mut end = self.bytes.len();
        let froms: Vec<_> = small.iter().map(|(.., small)| small.from).collect();
        // From behind, each ends where the one after it began.
        let ends: Vec<_> =
            froms.iter().rev().map(|from| std::mem::replace(&mut end, *from)).collect();
        for ((((work, detail, small), mut notes), tee), end) in
            small.into_iter().zip(taken).zip(to_tee).zip(ends.into_iter().rev())
        {
            let mut teed = false;
            if let Some(vault) = vault.as_ref().filter(|_| tee && !work.reply.is_stopped())
                && let Ok(note) = vault.tee(&self.bytes[small.from..end], detail.modified)
            {
                teed = true;
                desk.discard(desk.kept.keep_teed(detail.resource, note, small.digest.size));
            }
            notes.extend(placed.as_mut().and_then(|placed| placed.remove(&detail.asset)));
            self.replies.add(work.reply, Answer::Checksummed { digest: small.digest, teed }, notes);
        }
        self.bytes.clear();
    }

    fn to_tee(&self, small: &[(Checksum, Arc<Detail>, Small)]) -> Vec<bool> {
        let digests: Vec<_> = small.iter().map(|(.., small)| small.digest).collect();
        if !small.iter().any(|(work, ..)| work.tee) {
            return vec![false; small.len()];
        }
        let known = self.desk.store.read(|reader| reader.known(&digests));
        let Ok(known) = known else { return vec![false; small.len()] };
        for ((_, detail, small), known) in small.iter().zip(&known) {
            let path = known.as_ref().and_then(|at| VaultPath::parse(&at.path));
            let asked = Asked { sha256: small.digest.sha256, path };
            self.desk.kept.keep_asked(detail.resource, asked);
        }
        let tombstones = lock(&self.desk.tombstones);
        small
            .iter()
            .zip(known)
            .map(|((work, detail, small), known)| {
                let there = known.is_some() || tombstones.contains(&small.digest.sha256);
                work.tee && !(there && detail.role.is_deduplicated())
            })
            .collect()
    }
}

/// Chooses places for what is new: stored together with the checksums, before the first put. What
/// cannot be placed now is placed by the put, or fails there.
fn place(
    desk: &Desk,
    vault: &dyn Vault,
    small: &[(Checksum, Arc<Detail>, Small)],
    new: &[bool],
) -> HashMap<AssetId, Note> {
    let new = small.iter().zip(new).filter(|(_, new)| **new);
    let items: Vec<_> =
        new.map(|((_, detail, small), _)| (Arc::clone(detail), small.digest)).collect();
    places(desk, vault, &items).unwrap_or_default().notes
}

/// When it was taken, to be stored beside the digest: an asset's time is that of its primary, or
/// of whichever original came first.
pub(super) fn noted(desk: &Desk, detail: &Detail, captured: Option<Captured>) -> Vec<Note> {
    let Some(captured) = captured else { return Vec::new() };
    let primary = detail.siblings.first().is_none_or(|first| first.resource == detail.resource);
    let described = matches!(detail.role, Role::Adjustment | Role::Sidecar | Role::Other);
    if !primary && (described || detail.captured.is_some()) {
        return Vec::new();
    }
    desk.kept.keep_captured(detail.resource, captured);
    match serde_json::to_string(&captured) {
        Ok(text) => vec![Note::Captured { asset: detail.asset, text }],
        Err(_) => Vec::new(),
    }
}

/// Reads until the buffer is full or the original ends: pipes give little at once.
fn fill(from: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match from.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
