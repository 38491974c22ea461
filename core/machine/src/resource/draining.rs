//! An effect is dying, or the OS's transfer is. Only when nothing is under way any more may the
//! resource start again: two effects of one resource never touch the same file.

use super::orders::{Orders, Signal};
use super::state::{State, Then};
use super::under_way::{gone, then_do};
use super::{Item, Told};
use crate::effect::{Change, Effect};
use crate::event::{Answer, PutOutcome};
use crate::media::EffectId;
use crate::stage::{Bytes, Stage};
use statig::Outcome;

pub(super) fn handle(
    effect: &mut Option<EffectId>,
    bytes: Bytes,
    then: &mut Then,
    item: &mut Item,
    told: &Told,
    orders: &mut Orders<'_>,
) -> Outcome<State> {
    match told {
        Told::Answered(id, answer) if *effect == Some(*id) => match *answer {
            // It waits for more although it was told to stop: it is told once more.
            Answer::Outgrown(landed) => {
                item.signal(Signal::Landed(landed), orders);
                item.signal(Signal::Moved(landed), orders);
                orders.order(Effect::Cancel { id: *id });
                Outcome::Handled
            }
            Answer::HandedOver => {
                // It was handed over before it could be stopped: now the OS is asked to stop.
                *effect = None;
                orders.order(Effect::CancelTransfer { resource: item.row.id });
                Outcome::Handled
            }
            answer => {
                item.signal(Signal::Survived, orders);
                // It may have come to its end before the word to stop reached it.
                let moved = match answer {
                    Answer::Downloaded(digest) => Some(digest.size),
                    Answer::Put(PutOutcome::Sent) => item.row.digest.map(|digest| digest.size),
                    Answer::Failed { wasted, .. } => Some(wasted),
                    _ => None,
                };
                if let Some(moved) = moved {
                    item.signal(Signal::Moved(moved), orders);
                }
                let bytes = landed(answer, bytes);
                if let Bytes::WithOs(_) = bytes {
                    let (resource, with_os) = (item.row.id, false);
                    orders.store_durably(Change::Transfer { resource, with_os });
                }
                look_again(then, item, orders);
                then_do(then.clone(), bytes, item, orders)
            }
        },
        Told::TransferFinished(_) | Told::TransferMissing if effect.is_none() => {
            orders.store_durably(Change::Transfer { resource: item.row.id, with_os: false });
            look_again(then, item, orders);
            then_do(then.clone(), bytes, item, orders)
        }
        Told::VersionChanged(row) => {
            *then = Then::Restart(row.clone());
            Outcome::Handled
        }
        Told::Disappeared(how) => {
            *then = Then::Rest(gone(*how));
            Outcome::Handled
        }
        Told::Progressed(id, moved) => {
            if *effect == Some(*id) {
                item.signal(Signal::Landed(*moved), orders);
                item.signal(Signal::Moved(*moved), orders);
            }
            Outcome::Handled
        }
        Told::Stop { .. } | Told::TransferFound => Outcome::Handled,
        Told::Answered(..) | Told::TransferFinished(_) | Told::TransferMissing => {
            orders.unexpected(item.row.id, Stage::Discovered, told.name(), true);
            Outcome::Handled
        }
        Told::Go(_) | Told::Raised(_) | Told::Need(_) | Told::Evicted => {
            orders.unexpected(item.row.id, Stage::Discovered, told.name(), false);
            Outcome::Handled
        }
    }
}

/// While it was dying another scan may have seen again what went out of sight, and could not say so:
/// of one under way only a change is told.
fn look_again(then: &Then, item: &Item, orders: &mut Orders<'_>) {
    if matches!(then, Then::Rest(_)) {
        item.signal(Signal::Rescan, orders);
    }
}

/// What the dying effect left in our hands although it was told to stop.
fn landed(answer: Answer, bytes: Bytes) -> Bytes {
    match answer {
        Answer::Downloaded(digest) => Bytes::Staged(digest.size),
        Answer::Checksummed { teed: true, .. } => Bytes::Teed,
        Answer::Put(_) if bytes == Bytes::Teed => Bytes::InLibrary,
        _ => bytes,
    }
}
