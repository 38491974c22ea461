//! Free up space: what might be freed, asked again at the vault, shown to the user.

use super::Desk;
use crate::inbox::Message;
use crate::source::{Deletion, Doomed};
use crate::store::StoreError;
use keepsake_catalog::Note;
use keepsake_machine::effect::{Proposal, ProposalId};
use keepsake_machine::event::{Candidate, Event};
use keepsake_machine::media::{AssetId, ResourceId};
use keepsake_vault::{Held, VaultPath};
use std::collections::HashSet;

/// Brings assets that might be freed, until they are as much as is wanted.
pub(crate) fn list(desk: &Desk, id: ProposalId, wanted: Option<u64>) {
    let mut bytes = 0;
    let mut assets = Vec::new();
    let listed = pages(desk, |candidate| {
        bytes += candidate.bytes;
        assets.push(candidate);
        wanted.is_none_or(|wanted| bytes < wanted)
    });
    match listed {
        Ok(()) => desk.inbox.send(Message::Event(Event::FreeUpCandidates { id, assets })),
        Err(why) => desk.catalog_failed(&why, std::iter::empty()),
    }
}

/// Asks the vault about every resource of these assets again: not remembered, looked at.
pub(crate) fn confirm(desk: &Desk, id: ProposalId, assets: &[AssetId]) {
    let asked: HashSet<_> = assets.iter().copied().collect();
    let mut candidates = Vec::new();
    let listed = pages(desk, |candidate| {
        if asked.contains(&candidate.asset) {
            candidates.push(candidate);
        }
        candidates.len() < asked.len()
    });
    let mut confirmed = Vec::new();
    let mut notes = Vec::new();
    let done = listed.and_then(|()| {
        for candidate in candidates {
            let resources: Vec<_> = candidate.resources.iter().map(|(id, _)| *id).collect();
            if is_there(desk, &candidate, &resources)? {
                notes.extend(resources.into_iter().map(|resource| Note::Confirmed { resource }));
                confirmed.push(candidate.asset);
            }
        }
        if notes.is_empty() { Ok(()) } else { desk.note(&notes, false) }
    });
    match done {
        Ok(()) => {
            desk.inbox.send(Message::Event(Event::FreeUpConfirmed { id, assets: confirmed }));
        }
        Err(why) => desk.catalog_failed(&why, std::iter::empty()),
    }
}

/// Has the host show the proposal, but for what changed since the vault showed it. One that cannot be
/// shown, or of which nothing is left, frees nothing.
pub(crate) fn propose(desk: &Desk, proposal: &Proposal) {
    let deletion = deletion(desk, proposal);
    let shown = match deletion {
        Ok(deletion) => !deletion.assets.is_empty() && desk.source.propose(&deletion).is_ok(),
        Err(why) => return desk.catalog_failed(&why, std::iter::empty()),
    };
    if !shown {
        let answer = Event::FreeUpAnswered { id: proposal.id, deleted: Vec::new() };
        desk.inbox.send(Message::Event(answer));
    }
}

fn deletion(desk: &Desk, proposal: &Proposal) -> Result<Deletion, StoreError> {
    let mut deletion = Deletion { id: proposal.id, assets: Vec::new(), frees: 0 };
    for candidate in &proposal.assets {
        let ids: Vec<_> = candidate.resources.iter().map(|(id, _)| *id).collect();
        let details = desk.store.read(|reader| reader.details(&ids))?;
        let as_proposed = candidate.resources.iter().all(|(id, version)| {
            let detail = details.iter().find(|detail| detail.resource == *id);
            detail.is_some_and(|detail| detail.version == *version && detail.stage.is_safe())
        });
        let Some(first) = details.first().filter(|_| as_proposed) else { continue };
        let resources = details.iter().map(|detail| (detail.local_id.clone(), detail.version));
        deletion.assets.push(Doomed {
            asset: candidate.asset,
            local_id: first.asset_local_id.clone(),
            resources: resources.collect(),
        });
        deletion.frees += candidate.bytes;
    }
    Ok(deletion)
}

/// Whether the vault shows every resource now, in the version that is backed up.
fn is_there(desk: &Desk, candidate: &Candidate, ids: &[ResourceId]) -> Result<bool, StoreError> {
    let details = desk.store.read(|reader| reader.details(ids))?;
    let mut held = Vec::with_capacity(details.len());
    for (detail, (id, version)) in details.iter().zip(&candidate.resources) {
        let path = detail.path.as_deref().and_then(VaultPath::parse);
        match (path, detail.digest) {
            (Some(path), Some(digest)) if detail.resource == *id && detail.version == *version => {
                held.push((path, digest.size));
            }
            _ => return Ok(false),
        }
    }
    let asked: Vec<_> = held.iter().map(|(path, size)| Held { path, size: *size }).collect();
    // A vault that does not answer confirms nothing.
    let there = desk.link.vault().and_then(|vault| vault.confirm(&asked)).unwrap_or_default();
    Ok(held.len() == candidate.resources.len()
        && there.len() == held.len()
        && there.into_iter().all(|there| there))
}

/// Gives every candidate of the catalog to `each` until it wants no more.
fn pages(desk: &Desk, mut each: impl FnMut(Candidate) -> bool) -> Result<(), StoreError> {
    let mut from = None;
    loop {
        let page = desk.store.read(|reader| reader.freeable(from))?;
        for candidate in page.candidates {
            if !each(candidate) {
                return Ok(());
            }
        }
        from = page.next;
        if from.is_none() {
            return Ok(());
        }
    }
}
