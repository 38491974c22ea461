//! Download: the host pours an original from the cloud into our staging, hashed as it lands.
//!
//! It is complete only with the host's verdict *and* the pipe's end, and then synced. When all that
//! was granted has landed it says so and waits, without a thread, for leave to land more.

use super::checksum::noted;
use super::hashing::Hashing;
use super::reading::{Head, Poured, original};
use super::reply::{Replies, Reply};
use super::{Desk, blame, lock};
use crate::inbox::{Answered, Message};
use crate::staging::Landing;
use keepsake_catalog::Detail;
use keepsake_machine::event::{Answer, Disappearance};
use keepsake_machine::media::{EffectId, Locality};
use keepsake_vault::capture::captured;
use std::io::{self, Read};
use std::sync::Arc;

/// One to begin.
pub(crate) struct Download {
    pub(crate) reply: Reply,
    /// Most bytes that may land.
    pub(crate) at_most: u64,
}

/// One that is under way.
pub(crate) struct Downloading {
    reply: Reply,
    at_most: u64,
    detail: Arc<Detail>,
    poured: Poured,
    landing: Landing,
    hashing: Hashing,
    head: Vec<u8>,
    /// Read from the pipe, and not landed: more than was granted.
    rest: Vec<u8>,
}

/// A download stops within this many bytes, and tells its progress as often.
const BUFFER: usize = 1 << 20;

/// Begins one.
pub(crate) fn begin(desk: &Desk, work: Download) {
    let Download { reply, at_most } = work;
    // Not as it is kept from before: where the original is, may have been found out just now.
    let detail = match desk.store.read(|reader| reader.details(&[reply.resource()])) {
        Ok(mut details) => details.pop().map(Arc::new),
        Err(why) => return desk.catalog_failed(&why, [reply].into_iter()),
    };
    let Some(detail) = detail else {
        return reply.answer(Answer::Gone(Disappearance::Deleted));
    };
    if reply.is_stopped() {
        return reply.answer(Answer::Stopped);
    }
    let landing = match desk.staging.land(detail.resource) {
        Ok(landing) => landing,
        Err(error) => return reply.answer(blame::unwritten(&error, 0)),
    };
    let wanted = original(&detail);
    // One that lies on the phone is only staged for the OS. Should it have left meanwhile, its
    // download is a matter of permits and budgets again.
    let network = detail.locality == Locality::Cloud;
    match Poured::begin(&desk.source, &*desk.runtime, wanted, network, reply.stop()) {
        Err(error) => {
            // As everywhere: first what landed is removed, for who begins again at once.
            drop(landing);
            reply.answer(blame::unread(&error, 0));
        }
        Ok(poured) => go_on(
            desk,
            Downloading {
                reply,
                at_most,
                detail,
                poured,
                landing,
                hashing: Hashing::new(desk.md5),
                head: Vec::new(),
                rest: Vec::new(),
            },
        ),
    }
}

/// Lets one that waits land `at_most` bytes in all. Says whether there was one.
pub(crate) fn grant(desk: &Desk, id: EffectId, at_most: u64) -> Option<Downloading> {
    let mut waiting = lock(&desk.outgrown).remove(&id)?;
    waiting.at_most = at_most;
    Some(waiting)
}

/// Ends one that waits.
pub(crate) fn cancel(desk: &Desk, id: EffectId) {
    let waiting = lock(&desk.outgrown).remove(&id);
    if let Some(waiting) = waiting {
        waiting.reply.answer(Answer::Stopped);
    }
}

/// Lands what comes, to the end or to the limit.
pub(crate) fn go_on(desk: &Desk, mut download: Downloading) {
    match download.land() {
        Ok(Landed::All) => download.finish(desk),
        Ok(Landed::Granted) => {
            let (id, so_far) = (download.reply.id(), download.hashing.size());
            // First where it is found, then the question: the leave may come at once.
            lock(&desk.outgrown).insert(id, download);
            let answer = Answer::Outgrown(so_far);
            desk.inbox.put(Message::Answers(vec![Answered { id, answer, notes: Vec::new() }]));
        }
        Err(answer) => {
            // What landed is removed before the answer lets go of its space.
            drop(download.landing);
            download.reply.answer(answer);
        }
    }
}

enum Landed {
    All,
    Granted,
}

impl Downloading {
    fn land(&mut self) -> Result<Landed, Answer> {
        let mut buffer = vec![0; BUFFER];
        let mut told = self.hashing.size();
        let rest = std::mem::take(&mut self.rest);
        if !self.take(&rest)? {
            return Ok(Landed::Granted);
        }
        loop {
            if self.reply.is_stopped() {
                return Err(Answer::Stopped);
            }
            let read = match self.poured.read(&mut buffer) {
                Ok(0) => return Ok(Landed::All),
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(blame::unread(&error, self.hashing.size())),
            };
            if !self.take(&buffer[..read])? {
                return Ok(Landed::Granted);
            }
            if self.hashing.size() - told >= BUFFER as u64 {
                told = self.hashing.size();
                self.reply.progressed(told);
            }
        }
    }

    /// Lands as much of `bytes` as is granted, and keeps the rest; says whether it was all.
    fn take(&mut self, bytes: &[u8]) -> Result<bool, Answer> {
        let granted = self.at_most.saturating_sub(self.hashing.size());
        let granted = usize::try_from(granted).unwrap_or(usize::MAX).min(bytes.len());
        let (now, later) = bytes.split_at(granted);
        let landed = self.landing.write(now);
        landed.map_err(|error| blame::unwritten(&error, self.hashing.size()))?;
        self.hashing.update(now);
        let room = BUFFER.saturating_sub(self.head.len()).min(now.len());
        self.head.extend_from_slice(&now[..room]);
        self.rest = later.to_vec();
        Ok(later.is_empty())
    }

    fn finish(self, desk: &Desk) {
        let Downloading { reply, detail, landing, hashing, head, .. } = self;
        let digest = hashing.finish();
        if let Err(error) = landing.finish() {
            return reply.answer(blame::unwritten(&error, digest.size));
        }
        // Only to look for metadata behind the head, where movies keep it.
        let file = std::fs::File::open(desk.staging.path(detail.resource)).ok();
        let mut head = Head { bytes: &head, file: file.as_ref(), size: digest.size, at: 0 };
        let notes = noted(desk, &detail, captured(&mut head));
        let mut replies = Replies::default();
        replies.add(reply, Answer::Downloaded(digest), notes);
    }
}
