//! Where an asset's files go in the vault: chosen once, stored before its first put.

use super::reading::original;
use super::{Desk, Failed, lock};
use crate::records;
use crate::source::Opened;
use keepsake_catalog::{Detail, Note, Sibling};
use keepsake_machine::media::{Access, AssetId, Digest, ResourceId};
use keepsake_vault::{Captured, Owner, Placement, ToPlace, Vault};
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

/// Assets whose places are remembered: more than are under way at once, so that one that is not
/// stored yet is never forgotten.
const REMEMBERED: usize = 8_192;

/// Places that were chosen in this run.
#[derive(Default)]
pub(crate) struct Places {
    by_asset: HashMap<AssetId, Placement>,
    order: VecDeque<AssetId>,
}

impl Places {
    fn remember(&mut self, asset: AssetId, placement: Placement) {
        if self.by_asset.insert(asset, placement).is_none() {
            self.order.push_back(asset);
        }
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.by_asset.remove(&oldest);
        }
    }

    /// What was not stored is not remembered either.
    pub(crate) fn clear(&mut self) {
        *self = Places::default();
    }
}

/// What is to be placed: by whose details, and which bytes.
pub(super) type ToSend = (Arc<Detail>, Digest);

/// Where assets go.
#[derive(Default)]
pub(super) struct Placed {
    /// All that were asked about.
    pub(super) at: HashMap<AssetId, Placement>,
    /// Of those that were chosen just now, what is to be stored before the first put.
    pub(super) notes: HashMap<AssetId, Note>,
}

/// The place of each asset that is to be sent.
pub(super) fn places(desk: &Desk, vault: &dyn Vault, items: &[ToSend]) -> Result<Placed, Failed> {
    let mut placed = Placed::default();
    let mut chosen = lock(&desk.placing);
    let mut details: Vec<Arc<Detail>> = Vec::with_capacity(items.len());
    let mut to_ask: Vec<_> = Vec::new();
    for (detail, _) in items {
        let known = chosen.by_asset.get(&detail.asset).cloned();
        let stored = || detail.placement.as_deref().and_then(Placement::parse);
        if let Some(placement) = known.or_else(stored) {
            placed.at.insert(detail.asset, placement);
        } else if detail.siblings.len() == 1 {
            details.push(Arc::clone(detail));
        } else {
            to_ask.push(detail.resource);
        }
    }
    if !to_ask.is_empty() {
        // What is kept in memory is from before other resources of the asset were hashed or placed.
        let fresh = desk.store.write(|catalog| catalog.details(&to_ask))?;
        details.extend(fresh.into_iter().map(Arc::new));
    }
    let open = to_choose(desk, details, items, &mut placed.at);
    if open.is_empty() {
        return Ok(placed);
    }
    let names: Vec<Vec<(&[u8], Option<Digest>)>> = open
        .iter()
        .map(|one| one.detail.siblings.iter().zip(&one.digests))
        .map(|files| files.map(|(file, digest)| (&file.name[..], *digest)).collect())
        .collect();
    let assets: Vec<_> = (open.iter().zip(&names))
        .map(|(one, resources)| ToPlace { captured: &one.captured, resources, owner: one.owner })
        .collect();
    for (one, placement) in open.iter().zip(vault.place(&assets)?) {
        let asset = one.detail.asset;
        placed.notes.insert(asset, Note::Placement { asset, text: placement.to_text() });
        chosen.remember(asset, placement.clone());
        placed.at.insert(asset, placement);
    }
    Ok(placed)
}

/// An asset that has no place yet.
struct Open {
    detail: Arc<Detail>,
    captured: Captured,
    /// The checksums of the asset's files, in their order, where known.
    digests: Vec<Option<Digest>>,
    owner: Owner,
}

/// Those that have no place yet, each asset once, with when it was taken.
fn to_choose(
    desk: &Desk,
    details: Vec<Arc<Detail>>,
    items: &[ToSend],
    placed: &mut HashMap<AssetId, Placement>,
) -> Vec<Open> {
    let sent: HashMap<_, _> = items.iter().map(|(item, digest)| (item.resource, *digest)).collect();
    let mut open = Vec::with_capacity(details.len());
    let mut assets = HashSet::new();
    for detail in details {
        if placed.contains_key(&detail.asset) || !assets.insert(detail.asset) {
            continue;
        }
        if let Some(placement) = detail.placement.as_deref().and_then(Placement::parse) {
            placed.insert(detail.asset, placement);
            continue;
        }
        let digest = |one: &Sibling| sent.get(&one.resource).copied().or(one.digest);
        let digests: Vec<_> = detail.siblings.iter().map(digest).collect();
        // A place is chosen by the primary; while that is not known, by what is sent. All names of the
        // asset are taken, so that no other comes between them.
        let owner = match (digests.first().copied().flatten(), sent.get(&detail.resource)) {
            (Some(primary), _) => (&primary).into(),
            (None, Some(own)) if detail.role.is_deduplicated() => own.into(),
            // Another asset may have the same.
            _ => Owner(records::mark(&[&detail.asset_local_id]).to_be_bytes()),
        };
        let captured = captured(desk, &detail);
        open.push(Open { detail, captured, digests, owner });
    }
    open
}

/// The same, stored at once: for what is sent without having been asked about in this run.
pub(super) fn stored_places(
    desk: &Desk,
    vault: &dyn Vault,
    items: &[ToSend],
) -> Result<HashMap<AssetId, Placement>, Failed> {
    let Placed { at, notes } = places(desk, vault, items)?;
    let notes: Vec<_> = notes.into_values().collect();
    if !notes.is_empty() {
        desk.note(&notes, false)?;
    }
    Ok(at)
}

/// When an asset was taken: as its primary original tells, else by that file's time; whichever of its
/// files is asked about, and whichever was read first.
pub(super) fn captured(desk: &Desk, detail: &Detail) -> Captured {
    let primary = detail.siblings.first().map_or(detail.resource, |primary| primary.resource);
    told(detail)
        .or_else(|| desk.kept.captured(primary))
        .or_else(|| (primary != detail.resource).then(|| of_primary(desk, primary)).flatten())
        .unwrap_or_else(|| by_file(desk, detail))
}

fn told(detail: &Detail) -> Option<Captured> {
    detail.captured.as_deref().and_then(|text| serde_json::from_str(text).ok())
}

fn by_file(desk: &Desk, detail: &Detail) -> Captured {
    let modified = detail.modified.unwrap_or_else(|| detail.taken.saturating_mul(1_000_000));
    let offset = i16::try_from(desk.runtime.now().utc_offset).unwrap_or(0);
    Captured::from_file(modified, offset)
}

/// A sidecar, or the other half of a pair, came to be placed before its primary was read: that is looked
/// into now. `None` if it is not to be had.
fn of_primary(desk: &Desk, primary: ResourceId) -> Option<Captured> {
    let detail = desk.details(&[primary]).ok()?.pop()??;
    let seen = || {
        if detail.access != Access::Seekable {
            return None;
        }
        let Opened::File(mut file) = desk.source.open(&original(&detail)).ok()?;
        keepsake_vault::capture::captured(&mut file)
    };
    Some(told(&detail).or_else(seen).unwrap_or_else(|| by_file(desk, &detail)))
}
