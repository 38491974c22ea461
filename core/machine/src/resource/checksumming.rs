//! `Checksumming`: the original is read and hashed where it lies, or found not to lie there.

use super::orders::{Orders, Signal};
use super::state::State;
use super::under_way::begin;
use super::{Doing, Item, Told};
use crate::effect::{Change, Effect};
use crate::event::Answer;
use crate::media::Locality;
use crate::stage::Bytes;
use statig::Outcome;

pub(super) fn handle(
    doing: &mut Doing,
    item: &mut Item,
    told: &Told,
    orders: &mut Orders<'_>,
) -> Outcome<State> {
    match told {
        Told::Go(grant) => match begin(doing, item, orders) {
            Some(id) => {
                let tee = grant.tee && !item.untee;
                let probe = item.row.locality == Locality::Unknown;
                orders.order(Effect::Checksum { id, tee, probe });
                Outcome::Handled
            }
            None => Outcome::Super,
        },
        Told::Answered(id, answer) if doing.is(*id) => match *answer {
            Answer::Checksummed { digest, teed } => {
                item.signal(Signal::Survived, orders);
                item.signal(Signal::SourceServed, orders);
                item.bind(digest, orders);
                let bytes = if teed { Bytes::Teed } else { Bytes::InLibrary };
                Outcome::Transition(State::CheckingDuplicate { bytes, doing: Doing::Wanting })
            }
            Answer::NetworkNeeded => {
                item.signal(Signal::Survived, orders);
                is_in_the_cloud(item, orders)
            }
            _ => Outcome::Super,
        },
        _ => Outcome::Super,
    }
}

/// The original turned out to be only in the cloud.
pub(super) fn is_in_the_cloud(item: &mut Item, orders: &mut Orders<'_>) -> Outcome<State> {
    if item.row.locality != Locality::Cloud {
        item.row.locality = Locality::Cloud;
        let (resource, version) = (item.row.id, item.row.version);
        orders.store(Change::Locality { resource, version, locality: Locality::Cloud });
    }
    Outcome::Transition(State::AwaitingOriginal { doing: Doing::Wanting })
}
