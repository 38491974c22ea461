//! The open group: originals that are to be sent wait here for company, since a group costs as
//! many syncs as one.
//!
//! It closes at 64 MB, 256 originals, 2 s, a flush, or when nobody else can join it.

use super::reply::Reply;
use keepsake_machine::media::{Digest, EffectId};
use keepsake_machine::stage::Bytes;

/// One to send.
pub(crate) struct Send {
    pub(crate) reply: Reply,
    pub(crate) digest: Digest,
    pub(crate) from: Bytes,
}

/// Originals that are sent together.
pub(crate) type Group = Vec<Send>;

/// The open group.
#[derive(Default)]
pub(crate) struct OpenGroup {
    items: Group,
    bytes: u64,
    opened: u64,
}

/// Bytes that close a group.
const MOST_BYTES: u64 = 64_000_000;
/// Originals that close a group.
const MOST_ITEMS: usize = 256;
/// Milliseconds that close a group.
const LONGEST: u64 = 2_000;

impl OpenGroup {
    /// One more, at this uptime; the group, if that closes it.
    pub(crate) fn push(&mut self, send: Send, uptime: u64) -> Option<Group> {
        if self.items.is_empty() {
            self.opened = uptime;
        }
        self.bytes += send.digest.size;
        self.items.push(send);
        let full = self.bytes >= MOST_BYTES || self.items.len() >= MOST_ITEMS;
        full.then(|| self.close()).flatten()
    }

    /// Closes it, unless it is empty.
    pub(crate) fn close(&mut self) -> Option<Group> {
        self.bytes = 0;
        (!self.items.is_empty()).then(|| std::mem::take(&mut self.items))
    }

    /// The uptime at which it closes by itself.
    pub(crate) fn due(&self) -> Option<u64> {
        (!self.items.is_empty()).then(|| self.opened.saturating_add(LONGEST))
    }

    /// Takes one back.
    pub(crate) fn withdraw(&mut self, id: EffectId) -> Option<Send> {
        let at = self.items.iter().position(|send| send.reply.id() == id)?;
        let send = self.items.remove(at);
        self.bytes -= send.digest.size;
        Some(send)
    }

    /// Takes all back.
    pub(crate) fn withdraw_all(&mut self) -> Group {
        self.close().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inbox::Inbox;
    use keepsake_machine::media::ResourceId;
    use std::sync::Arc;

    fn send(number: i64, size: u64) -> Send {
        let id = EffectId { resource: ResourceId(number), ..EffectId::default() };
        let digest = Digest { sha256: [0; 32], md5: None, size };
        let reply = Reply::new(id, Arc::default(), Arc::new(Inbox::new(9)));
        Send { reply, digest, from: Bytes::Teed }
    }

    #[test]
    fn a_group_closes_by_bytes_by_count_and_by_time() {
        let mut group = OpenGroup::default();
        assert_eq!(group.due(), None);
        assert!(group.push(send(1, MOST_BYTES - 1), 50).is_none());
        assert_eq!(group.due(), Some(2_050));
        assert_eq!(group.push(send(2, 1), 60).map(|group| group.len()), Some(2));
        for number in 1..256 {
            assert!(group.push(send(number, 1), 0).is_none());
        }
        assert_eq!(group.push(send(256, 1), 0).map(|group| group.len()), Some(256));
        assert!(group.push(send(1, MOST_BYTES - 1), 0).is_none());
        assert!(group.withdraw(send(1, 0).reply.id()).is_some());
        assert!(group.push(send(2, 1), 0).is_none(), "what was taken back counts no more");
        assert_eq!(group.close().map(|group| group.len()), Some(1));
        assert!(group.close().is_none());
    }
}
