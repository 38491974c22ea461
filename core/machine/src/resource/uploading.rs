//! `Uploading`: the bytes go to the vault, sent by us or by the OS.

use super::checksumming::is_in_the_cloud;
use super::orders::{Orders, Signal};
use super::state::State;
use super::under_way::begin;
use super::{Doing, Hits, Item, Told};
use crate::effect::{Change, Effect};
use crate::event::{Answer, PutOutcome, TransferOutcome};
use crate::media::{Access, Digest, EffectId};
use crate::stage::{Bytes, Fault, Origin, Stage};
use statig::Outcome;

pub(super) fn handle(
    bytes: &mut Bytes,
    doing: &mut Doing,
    item: &mut Item,
    told: &Told,
    orders: &mut Orders<'_>,
) -> Outcome<State> {
    match told {
        Told::Go(grant) if *doing == Doing::Wanting => {
            let Some(digest) = item.row.digest else {
                return Outcome::Transition(State::fetch(&item.row));
            };
            if !grant.hand_over {
                begin_upload(*bytes, digest, doing, item, orders)
            } else if let Bytes::Staged(size) = *bytes {
                *bytes = Bytes::WithOs(size);
                hand_over(*bytes, digest, grant.metered, doing, item, orders)
            } else if item.row.access == Access::Poured {
                // The OS sends files only: the original is staged first, at its own size.
                item.let_go(*bytes, orders);
                Outcome::Transition(State::AwaitingOriginal { doing: Doing::Wanting })
            } else {
                begin_upload(*bytes, digest, doing, item, orders)
            }
        }
        // Handing over is soon done, and the OS goes on with it when we may not.
        Told::Stop { os: false } if matches!(bytes, Bytes::WithOs(_)) => Outcome::Handled,
        Told::Answered(id, answer) if doing.is(*id) => {
            answered(*id, *answer, bytes, doing, item, orders)
        }
        Told::TransferFinished(outcome) if doing.is_with_os() => {
            *bytes = Bytes::Staged(bytes.staged());
            no_longer_with_os(item, orders);
            match *outcome {
                TransferOutcome::Delivered => {
                    item.signal(Signal::VaultServed, orders);
                    item.signal(Signal::Moved(bytes.staged()), orders);
                    sent(*bytes, Origin::Sent)
                }
                // Something of it may have arrived: look before anything is sent again.
                TransferOutcome::Cancelled => look_again(*bytes),
                TransferOutcome::Failed { wasted } => {
                    item.signal(Signal::Moved(wasted), orders);
                    item.fail(Fault::UploadFailed, wasted, *bytes, orders)
                }
            }
        }
        Told::TransferMissing if doing.is_with_os() => {
            *bytes = Bytes::Staged(bytes.staged());
            no_longer_with_os(item, orders);
            look_again(*bytes)
        }
        _ => Outcome::Super,
    }
}

fn answered(
    id: EffectId,
    answer: Answer,
    bytes: &mut Bytes,
    doing: &mut Doing,
    item: &mut Item,
    orders: &mut Orders<'_>,
) -> Outcome<State> {
    // Whatever came of handing it over, unless it was handed over it is ours again.
    let handing = matches!(bytes, Bytes::WithOs(_));
    if handing && answer != Answer::HandedOver {
        *bytes = Bytes::Staged(bytes.staged());
        no_longer_with_os(item, orders);
        item.store_stage(Stage::Uploading { bytes: *bytes }, orders);
    }
    match answer {
        Answer::HandedOver if handing => {
            item.signal(Signal::Survived, orders);
            let stopping = *doing == Doing::Stopping(id);
            *doing = Doing::WithOs;
            if stopping {
                orders.order(Effect::CancelTransfer { resource: item.row.id });
                *doing = Doing::CancellingOs;
            }
            Outcome::Handled
        }
        Answer::Put(outcome) => {
            item.signal(Signal::Survived, orders);
            item.signal(Signal::VaultServed, orders);
            if let (PutOutcome::Sent | PutOutcome::OtherBytes, Some(digest)) =
                (outcome, item.row.digest)
            {
                item.signal(Signal::Moved(digest.size), orders);
            }
            let arrived = matches!(outcome, PutOutcome::Sent | PutOutcome::AlreadyThere);
            if arrived && item.hits == Hits::Refuted {
                item.hits = Hits::SentSince;
            }
            match outcome {
                PutOutcome::Sent => sent(used(*bytes), Origin::Sent),
                PutOutcome::AlreadyThere => sent(used(*bytes), Origin::AlreadyThere),
                PutOutcome::TeeLost => {
                    item.untee = true;
                    Outcome::Transition(State::fetch(&item.row))
                }
                PutOutcome::OtherBytes => other_bytes(*bytes, item, orders),
            }
        }
        Answer::NetworkNeeded if *bytes == Bytes::InLibrary => {
            item.signal(Signal::Survived, orders);
            is_in_the_cloud(item, orders)
        }
        _ => Outcome::Super,
    }
}

fn begin_upload(
    from: Bytes,
    digest: Digest,
    doing: &mut Doing,
    item: &Item,
    orders: &mut Orders<'_>,
) -> Outcome<State> {
    if let Some(id) = begin(doing, item, orders) {
        orders.order(Effect::Upload { id, digest, from });
    }
    Outcome::Handled
}

/// That the OS has it is durable before the OS has it.
fn hand_over(
    bytes: Bytes,
    digest: Digest,
    metered: bool,
    doing: &mut Doing,
    item: &mut Item,
    orders: &mut Orders<'_>,
) -> Outcome<State> {
    if let Some(id) = begin(doing, item, orders) {
        orders.store_durably(Change::Transfer { resource: item.row.id, with_os: true });
        item.store_stage(Stage::Uploading { bytes }, orders);
        orders.order(Effect::HandOver { id, digest, metered });
    }
    Outcome::Handled
}

fn no_longer_with_os(item: &Item, orders: &mut Orders<'_>) {
    orders.store_durably(Change::Transfer { resource: item.row.id, with_os: false });
}

/// What was teed is the vault's own now.
fn used(bytes: Bytes) -> Bytes {
    if bytes == Bytes::Teed { Bytes::InLibrary } else { bytes }
}

fn sent(bytes: Bytes, origin: Origin) -> Outcome<State> {
    Outcome::Transition(State::Verifying { bytes, origin, doing: Doing::Wanting })
}

fn look_again(bytes: Bytes) -> Outcome<State> {
    Outcome::Transition(State::CheckingDuplicate { bytes, doing: Doing::Wanting })
}

/// The bound digest is not that of the bytes: they are read again, once without blame. (A version
/// that changed is found out by that reading.)
fn other_bytes(bytes: Bytes, item: &mut Item, orders: &mut Orders<'_>) -> Outcome<State> {
    if item.mismatched {
        return item.fail(Fault::DigestMismatch, 0, bytes, orders);
    }
    item.let_go(bytes, orders);
    item.mismatched = true;
    item.untee = true;
    Outcome::Transition(State::fetch(&item.row))
}
