//! `Verifying`: the vault shows file and size, and the record is made durable.

use super::checking::send;
use super::orders::{Orders, Signal};
use super::state::State;
use super::under_way::begin;
use super::{Doing, Hits, Item, Told};
use crate::effect::Effect;
use crate::event::Answer;
use crate::stage::{Bytes, Fault, Origin, Stage};
use statig::Outcome;

pub(super) fn handle(
    bytes: Bytes,
    origin: Origin,
    doing: &mut Doing,
    item: &mut Item,
    told: &Told,
    orders: &mut Orders<'_>,
) -> Outcome<State> {
    match told {
        Told::Go(_) => {
            let Some(digest) = item.row.digest else {
                return Outcome::Transition(State::fetch(&item.row));
            };
            match begin(doing, item, orders) {
                Some(id) => {
                    orders.order(Effect::Verify { id, digest });
                    Outcome::Handled
                }
                None => Outcome::Super,
            }
        }
        Told::Answered(id, Answer::Confirmed) if doing.is(*id) => {
            item.signal(Signal::Survived, orders);
            item.signal(Signal::VaultServed, orders);
            item.signal(Signal::Safe(size(item)), orders);
            let stage = match origin {
                Origin::Sent => Stage::BackedUp,
                Origin::AlreadyThere => Stage::Duplicate,
            };
            item.rest(stage, bytes, orders)
        }
        Told::Answered(id, Answer::NotConfirmed) if doing.is(*id) => {
            item.signal(Signal::Survived, orders);
            if item.hits != Hits::Believed || origin == Origin::Sent {
                // We sent it: sent again at once, it would only be there twice when it shows.
                let wasted = if origin == Origin::Sent { size(item) } else { 0 };
                return item.fail(Fault::VerifyFailed, wasted, bytes, orders);
            }
            // Said to be there and not shown: it is sent after all.
            item.hits = Hits::Refuted;
            send(bytes, item)
        }
        _ => Outcome::Super,
    }
}

fn size(item: &Item) -> u64 {
    item.row.digest.map_or(0, |digest| digest.size)
}
