//! `AwaitingOriginal`: the original is downloaded into staging, hashed as it lands.

use super::checksumming::is_in_the_cloud;
use super::orders::{Orders, Signal};
use super::state::State;
use super::under_way::begin;
use super::{Doing, Item, Told};
use crate::effect::Effect;
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
                orders.order(Effect::Download { id, at_most: grant.at_most });
                Outcome::Handled
            }
            None => Outcome::Super,
        },
        Told::Raised(at_most) => match *doing {
            Doing::Running(id) => {
                orders.order(Effect::Download { id, at_most: *at_most });
                Outcome::Handled
            }
            _ => Outcome::Super,
        },
        Told::Progressed(id, bytes) if doing.is(*id) => {
            item.signal(Signal::Landed(*bytes), orders);
            item.signal(Signal::Moved(*bytes), orders);
            Outcome::Handled
        }
        Told::Answered(id, answer) if doing.is(*id) => match *answer {
            // It waits for more although it was told to stop: it is told once more.
            Answer::Outgrown(bytes) if *doing == Doing::Stopping(*id) => {
                item.signal(Signal::Landed(bytes), orders);
                item.signal(Signal::Moved(bytes), orders);
                orders.order(Effect::Cancel { id: *id });
                Outcome::Handled
            }
            Answer::Outgrown(bytes) => {
                item.signal(Signal::Landed(bytes), orders);
                item.signal(Signal::Moved(bytes), orders);
                item.signal(Signal::Outgrown(bytes), orders);
                Outcome::Handled
            }
            Answer::Downloaded(digest) => {
                item.signal(Signal::Survived, orders);
                item.signal(Signal::SourceServed, orders);
                item.signal(Signal::Moved(digest.size), orders);
                item.signal(Signal::Landed(digest.size), orders);
                item.bind(digest, orders);
                let bytes = Bytes::Staged(digest.size);
                Outcome::Transition(State::CheckingDuplicate { bytes, doing: Doing::Wanting })
            }
            // It was let in as one that lies on the phone: without the network, and its price.
            Answer::NetworkNeeded if item.row.locality != Locality::Cloud => {
                item.signal(Signal::Survived, orders);
                is_in_the_cloud(item, orders)
            }
            _ => Outcome::Super,
        },
        _ => Outcome::Super,
    }
}
