//! Hand over: a staged original becomes a transfer that the OS owns.

use super::place::stored_places;
use super::reply::Reply;
use super::{Desk, Failed, blame};
use crate::source::Ticket;
use keepsake_machine::event::{Answer, Disappearance};
use keepsake_machine::media::{Digest, ResourceId};
use std::sync::Arc;

/// Has the vault sign a ticket, and gives it to the host.
pub(crate) fn run(desk: &Desk, reply: Reply, digest: Digest, metered: bool) {
    let resource = reply.resource();
    let detail = match desk.details(&[resource]) {
        Ok(mut details) => details.pop().flatten(),
        Err(why) => return desk.catalog_failed(&why, [reply].into_iter()),
    };
    let Some(detail) = detail else {
        return reply.answer(Answer::Gone(Disappearance::Deleted));
    };
    let vault = match desk.link.vault() {
        Ok(vault) => vault,
        Err(error) => return reply.answer(desk.vault_failed(&error, 0)),
    };
    let placed = match stored_places(desk, &*vault, &[(Arc::clone(&detail), digest)]) {
        Ok(placed) => placed,
        Err(Failed::Vault(error)) => return reply.answer(desk.vault_failed(&error, 0)),
        Err(Failed::Store(why)) => return desk.catalog_failed(&why, [reply].into_iter()),
    };
    let Some(placement) = placed.get(&detail.asset) else {
        return reply.answer(Answer::Gone(Disappearance::Deleted));
    };
    let ticket = match vault.ticket(placement, &detail.name, digest) {
        Ok(ticket) => ticket,
        Err(error) => return reply.answer(desk.vault_failed(&error, 0)),
    };
    desk.kept.keep_path(resource, Some(ticket.path));
    let ticket = Ticket {
        resource,
        file: desk.staging.path(resource),
        method: ticket.method,
        url: ticket.url,
        headers: ticket.headers,
        metered,
    };
    match desk.source.hand_over(reply.id(), &ticket) {
        Ok(()) => reply.answer(Answer::HandedOver),
        Err(refusal) => reply.answer(blame::refused(refusal, 0)),
    }
}

/// Has the host cancel a transfer; its end is told as a fact.
pub(crate) fn cancel(desk: &Desk, resource: ResourceId) {
    // A host that has no such transfer any more has nothing to cancel.
    let _ = desk.source.cancel_transfer(resource);
}
