//! Where an asset's files go in the vault: chosen once, stored before its first put.

use super::{Desk, Failed, lock};
use keepsake_catalog::{Detail, Note};
use keepsake_machine::media::{AssetId, Digest};
use keepsake_vault::{Captured, Placement, ToPlace, Vault};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// The place of each asset that is to be sent now, by its id. `digest` is what is sent.
pub(super) fn places(
    desk: &Desk,
    vault: &dyn Vault,
    items: &[(Arc<Detail>, Digest)],
) -> Result<HashMap<AssetId, Placement>, Failed> {
    let mut placed = HashMap::new();
    let _one_at_a_time = lock(&desk.placing);
    let mut details: Vec<Detail> = Vec::with_capacity(items.len());
    let mut to_ask: Vec<_> = Vec::new();
    for (detail, _) in items {
        if let Some(placement) = detail.placement.as_deref().and_then(Placement::parse) {
            placed.insert(detail.asset, placement);
        } else if detail.siblings.len() == 1 {
            details.push(Detail::clone(detail));
        } else {
            to_ask.push(detail.resource);
        }
    }
    if !to_ask.is_empty() {
        // What was kept in memory is from before another resource of the asset may have been
        // placed.
        details.extend(desk.store.write(|catalog| catalog.details(&to_ask))?);
    }
    let sent: HashMap<_, _> = items.iter().map(|(item, digest)| (item.resource, *digest)).collect();
    let mut open: Vec<(Detail, Captured)> = Vec::with_capacity(details.len());
    let mut assets = HashSet::new();
    for mut detail in details {
        if placed.contains_key(&detail.asset) || !assets.insert(detail.asset) {
            continue;
        }
        if let Some(placement) = detail.placement.as_deref().and_then(Placement::parse) {
            placed.insert(detail.asset, placement);
            continue;
        }
        for sibling in &mut detail.siblings {
            sibling.digest = sent.get(&sibling.resource).copied().or(sibling.digest);
        }
        // A place is chosen by the primary; while that is not known, by what is sent.
        if detail.siblings.first().is_some_and(|primary| primary.digest.is_none()) {
            detail.siblings.retain(|sibling| sibling.resource == detail.resource);
        }
        let captured = captured(desk, &detail);
        open.push((detail, captured));
    }
    if open.is_empty() {
        return Ok(placed);
    }
    let names: Vec<Vec<(&[u8], Option<Digest>)>> = open
        .iter()
        .map(|(detail, _)| {
            detail.siblings.iter().map(|one| (one.name.as_slice(), one.digest)).collect()
        })
        .collect();
    let assets: Vec<_> = (open.iter().zip(&names))
        .map(|((_, captured), resources)| ToPlace { captured, resources })
        .collect();
    let chosen = vault.place(&assets)?;
    let mut notes = Vec::with_capacity(open.len());
    for ((detail, _), placement) in open.iter().zip(chosen) {
        notes.push(Note::Placement { asset: detail.asset, text: placement.to_text() });
        placed.insert(detail.asset, placement);
    }
    desk.note(&notes, false)?;
    for (detail, _) in items.iter().filter(|(item, _)| item.siblings.len() == 1) {
        if let Some(placement) = placed.get(&detail.asset) {
            let placement = Some(placement.to_text());
            desk.kept.keep_detail(Arc::new(Detail { placement, ..Detail::clone(detail) }));
        }
    }
    Ok(placed)
}

/// When an asset was taken: as its original tells, else by its file's time.
pub(super) fn captured(desk: &Desk, detail: &Detail) -> Captured {
    let told = detail.captured.as_deref().and_then(|text| serde_json::from_str(text).ok());
    let primary = detail.siblings.first().map_or(detail.resource, |primary| primary.resource);
    told.or_else(|| desk.kept.captured(primary))
        .or_else(|| desk.kept.captured(detail.resource))
        .unwrap_or_else(|| {
            let modified =
                detail.modified.unwrap_or_else(|| detail.taken.saturating_mul(1_000_000));
            let offset = i16::try_from(desk.runtime.now().utc_offset).unwrap_or(0);
            Captured::from_file(modified, offset)
        })
}
