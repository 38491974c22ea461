//! Upload: a group of originals is placed, put, and committed together.

use super::blame::as_io;
use super::place::stored_places;
use super::reading::{Poured, original};
use super::reply::Replies;
use super::send::{Group, Send};
use super::{Desk, Failed};
use crate::source::Opened;
use keepsake_catalog::{Detail, Note};
use keepsake_machine::event::{Answer, Disappearance, PutOutcome};
use keepsake_machine::media::Access;
use keepsake_machine::stage::Bytes;
use keepsake_vault::put::{Flow, Opener, Watch};
use keepsake_vault::{Put, PutBytes, VaultError};
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Progress is told every so many bytes.
const STEP: u64 = 4 << 20;

/// Sends a group.
pub(crate) fn run(desk: &Desk, group: Group) {
    let mut replies = Replies::default();
    let resources: Vec<_> = group.iter().map(|send| send.reply.resource()).collect();
    let details = match desk.details(&resources) {
        Ok(details) => details,
        Err(why) => return desk.catalog_failed(&why, group.into_iter().map(|send| send.reply)),
    };
    let mut items: Vec<(Send, Arc<Detail>)> = Vec::with_capacity(group.len());
    for (send, detail) in group.into_iter().zip(details) {
        match detail {
            _ if send.reply.is_stopped() => replies.add(send.reply, Answer::Stopped, Vec::new()),
            None => {
                let gone = Answer::Gone(Disappearance::Deleted);
                replies.add(send.reply, gone, Vec::new());
            }
            Some(detail) => items.push((send, detail)),
        }
    }
    let vault = match desk.link.vault() {
        Ok(vault) => vault,
        Err(error) => return fail(desk, items, &error, &mut replies),
    };
    let to_place: Vec<_> =
        items.iter().map(|(send, detail)| (Arc::clone(detail), send.digest)).collect();
    let placed = match stored_places(desk, &*vault, &to_place) {
        Ok(placed) => placed,
        Err(Failed::Vault(error)) => return fail(desk, items, &error, &mut replies),
        Err(Failed::Store(why)) => {
            return desk.catalog_failed(&why, items.into_iter().map(|(send, _)| send.reply));
        }
    };
    let mut sent = Vec::with_capacity(items.len());
    let mut puts = Vec::with_capacity(items.len());
    for (send, detail) in items {
        let bytes = if send.from == Bytes::Teed {
            desk.kept.take_teed(detail.resource).map(PutBytes::Teed)
        } else {
            Some(PutBytes::Read(opener(desk, &send, &detail)))
        };
        match (bytes, placed.get(&detail.asset)) {
            (Some(bytes), Some(placement)) => {
                puts.push((bytes, placement));
                sent.push((send, detail));
            }
            _ => replies.add(send.reply, Answer::Put(PutOutcome::TeeLost), Vec::new()),
        }
    }
    let puts = (puts.into_iter().zip(&sent)).map(|((bytes, placement), (send, detail))| Put {
        placement,
        name: &detail.name,
        digest: send.digest,
        deduplicated: detail.role.is_deduplicated(),
        modified: detail.modified,
        bytes,
        token: detail.token.clone(),
    });
    let moved: Vec<_> = sent.iter().map(|_| AtomicU64::new(0)).collect();
    let stored = vault.put(puts.collect(), &Watching { desk, sent: &sent, moved: &moved });
    for (((send, detail), moved), stored) in sent.into_iter().zip(moved).zip(stored) {
        let resource = detail.resource;
        match stored {
            Ok(stored) => {
                desk.kept.keep_path(resource, stored.path().cloned());
                let notes = match &detail.token {
                    Some(_) => vec![Note::Token { resource, token: None }],
                    None => Vec::new(),
                };
                replies.add(send.reply, Answer::Put(stored.outcome()), notes);
            }
            Err(VaultError::Source(error)) if is_staged(send.from) && is_absent(&error) => {
                // A power cut may bring back a stage whose file was evicted: fetched again.
                replies.add(send.reply, Answer::Put(PutOutcome::TeeLost), Vec::new());
            }
            Err(error) => {
                let wasted = moved.into_inner();
                replies.add(send.reply, desk.vault_failed(&error, wasted), Vec::new());
            }
        }
    }
}

fn fail(desk: &Desk, items: Vec<(Send, Arc<Detail>)>, error: &VaultError, replies: &mut Replies) {
    for (send, _) in items {
        replies.add(send.reply, desk.vault_failed(error, 0), Vec::new());
    }
}

fn is_staged(from: Bytes) -> bool {
    matches!(from, Bytes::Staged(_) | Bytes::WithOs(_))
}

fn is_absent(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound
}

/// Opens what is sent, when its turn comes.
fn opener<'a>(desk: &'a Desk, send: &Send, detail: &Arc<Detail>) -> Opener<'a> {
    let (from, stop, detail) = (send.from, send.reply.stop(), Arc::clone(detail));
    Box::new(move || -> io::Result<Box<dyn Read + 'a>> {
        if is_staged(from) {
            return Ok(Box::new(desk.staging.read(detail.resource)?));
        }
        let original = original(&detail);
        match original.access {
            Access::Seekable => {
                let Opened::File(file) = desk.source.open(&original).map_err(as_io)?;
                Ok(Box::new(file))
            }
            Access::Poured => {
                let runtime = &*desk.runtime;
                Ok(Box::new(Poured::begin(&desk.source, runtime, original, false, stop)?))
            }
        }
    })
}

/// Stops what is to stop, tells how far the others are, keeps tokens.
struct Watching<'a> {
    desk: &'a Desk,
    sent: &'a [(Send, Arc<Detail>)],
    moved: &'a [AtomicU64],
}

impl Watch for Watching<'_> {
    fn went_on(&self, item: usize, bytes: u64) -> Flow {
        let (Some((send, _)), Some(moved)) = (self.sent.get(item), self.moved.get(item)) else {
            return Flow::On;
        };
        if send.reply.is_stopped() {
            return Flow::Stop;
        }
        let before = moved.swap(bytes, Ordering::Relaxed);
        if bytes / STEP > before / STEP {
            send.reply.progressed(bytes);
        }
        Flow::On
    }

    fn token(&self, item: usize, token: &[u8]) -> Result<(), VaultError> {
        let Some((_, detail)) = self.sent.get(item) else { return Ok(()) };
        let note = Note::Token { resource: detail.resource, token: Some(token.to_vec()) };
        self.desk.note(&[note], true).map_err(|why| {
            self.desk.inbox.put(crate::inbox::Message::CatalogFailed);
            let source = io::Error::other(why.to_string());
            VaultError::Io { what: "keeping an upload's token".into(), source }
        })
    }
}
