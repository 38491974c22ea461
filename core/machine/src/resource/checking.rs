//! `CheckingDuplicate`: the vault is asked whether it has these bytes.

use super::orders::{Orders, Signal};
use super::state::State;
use super::under_way::begin;
use super::{Doing, Hits, Item, Told};
use crate::effect::Effect;
use crate::event::{Answer, Finding};
use crate::media::Locality;
use crate::stage::{Bytes, Origin, Stage};
use statig::Outcome;

pub(super) fn handle(
    bytes: Bytes,
    doing: &mut Doing,
    item: &mut Item,
    told: &Told,
    orders: &mut Orders<'_>,
) -> Outcome<State> {
    match told {
        Told::Go(_) => {
            let Some(digest) = item.row.digest else {
                // Without a digest there is nothing to ask for: the bytes come first.
                return Outcome::Transition(State::fetch(&item.row));
            };
            match begin(doing, item, orders) {
                Some(id) => {
                    let deduplicated = item.row.role.is_deduplicated();
                    orders.order(Effect::Find { id, digest, deduplicated });
                    Outcome::Handled
                }
                None => Outcome::Super,
            }
        }
        Told::Answered(id, Answer::Found(finding)) if doing.is(*id) => {
            item.signal(Signal::Survived, orders);
            item.signal(Signal::VaultServed, orders);
            match finding {
                Finding::Hit if item.hits != Hits::Refuted => {
                    // What is staged is kept until the vault has shown its own.
                    let kept = if bytes == Bytes::Teed { Bytes::InLibrary } else { bytes };
                    if bytes == Bytes::Teed {
                        item.let_go(bytes, orders);
                    }
                    let (origin, doing) = (Origin::AlreadyThere, Doing::Wanting);
                    Outcome::Transition(State::Verifying { bytes: kept, origin, doing })
                }
                Finding::Hit | Finding::Miss | Finding::CannotTell => send(bytes, item),
                Finding::Forgotten => item.rest(Stage::Forgotten, bytes, orders),
            }
        }
        _ => Outcome::Super,
    }
}

/// The vault does not have the bytes: they are sent, and come by first where we don't hold them.
pub(super) fn send(bytes: Bytes, item: &Item) -> Outcome<State> {
    let doing = Doing::Wanting;
    if bytes == Bytes::InLibrary && item.row.locality == Locality::Cloud {
        return Outcome::Transition(State::AwaitingOriginal { doing });
    }
    Outcome::Transition(State::Uploading { bytes, doing })
}
