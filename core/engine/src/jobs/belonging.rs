//! Whose a sidecar is. What describes one asset stands for itself and for no other's, even when the bytes
//! agree; so it is known again by its bytes *and* by its photo:
//! where its asset was placed, or beside where its photo is known to lie; by a record of the same bytes that
//! was written for the same photo, or for the same place where there was no photo; and beside where the
//! photo lies by now, if somebody moved both in the vault.

use super::hashing::hash_all;
use super::place::captured;
use super::reading::original;
use super::verify::known_at;
use super::{Desk, Failed, lock};
use crate::records;
use crate::seek::{self, Lying};
use crate::source::Opened;
use crate::store::StoreError;
use crate::verify::Progress;
use keepsake_catalog::Detail;
use keepsake_machine::media::{Access, Digest, ResourceId, Size};
use keepsake_vault::{Held, Placement, Record, Vault, VaultError, VaultPath};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// Where what belongs to one asset lies already, as far as the catalog and its own place tell.
pub(super) fn own(
    desk: &Desk,
    resource: ResourceId,
    digest: Digest,
) -> Result<Option<VaultPath>, StoreError> {
    let Some(Some(detail)) = desk.details(&[resource])?.pop() else { return Ok(None) };
    beside(desk, &detail, digest)
}

/// The same, of one whose details are there.
pub(super) fn beside(
    desk: &Desk,
    detail: &Detail,
    digest: Digest,
) -> Result<Option<VaultPath>, StoreError> {
    for path in own_paths(desk, detail, digest)? {
        if desk.store.read(|reader| reader.is_known_at(&digest, path.as_str()))? {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

/// The paths that it may have: where its asset was placed; where that is not known, beside where its photo
/// is known to lie, or where it would be placed if it has none.
fn own_paths(desk: &Desk, detail: &Detail, digest: Digest) -> Result<Vec<VaultPath>, StoreError> {
    if let Some(place) = detail.placement.as_deref().and_then(Placement::parse) {
        return Ok(place.paths(&detail.name, &digest));
    }
    if !has_photo(detail) {
        let place = Placement::as_shot(&captured(desk, detail), &detail.name);
        let beside = place.clone().beside(&digest);
        return Ok([place, beside].iter().flat_map(|at| at.paths(&detail.name, &digest)).collect());
    }
    let photos: Vec<_> = read_photos(detail).collect();
    let digests: Vec<_> = photos.iter().map(|(_, digest)| *digest).collect();
    let known = desk.store.read(|reader| reader.known(&digests))?;
    let paths = photos.iter().zip(known).filter_map(|((shot, _), at)| {
        let photo = VaultPath::parse(&at?.path)?;
        Some(Placement::of(&photo).paths_beside(shot, &detail.name, &digest))
    });
    Ok(paths.flatten().collect())
}

/// The same, where that did not find it, or nothing lies there any more: as the vault tells. `strays`: such
/// bytes may lie there without a record.
pub(super) fn sought(
    desk: &Desk,
    vault: &dyn Vault,
    resource: ResourceId,
    digest: Digest,
    strays: bool,
) -> Result<Option<VaultPath>, Failed> {
    if !strays && desk.store.read(|reader| reader.known(&[digest]))?.contains(&None) {
        return Ok(None);
    }
    let Some(Some(detail)) = desk.details(&[resource])?.pop() else { return Ok(None) };
    let photos = photos(desk, &detail)?;
    let known = desk.belongings(vault, |all| all.paths_of(&detail, digest, &photos))?;
    for path in known {
        match vault.confirm(&[Held { path: &path, size: digest.size }]) {
            Ok(there) if there == [false] => {}
            // In a closed folder nobody sees it: who looks at it next says so.
            Ok(_) | Err(VaultError::FolderClosed { .. }) => return Ok(Some(path)),
            Err(why) => return Err(why.into()),
        }
    }
    Ok(moved(desk, vault, &detail, digest, &photos)?)
}

/// An asset's photo: its name as shot, and its bytes.
type Photo<'a> = (&'a [u8], Digest);

/// Whether there is a photo or a video in the asset, and not only what describes one.
fn has_photo(detail: &Detail) -> bool {
    detail.siblings.iter().any(|one| one.role.is_deduplicated())
}

/// The asset's photos and videos whose bytes are known.
fn read_photos(detail: &Detail) -> impl Iterator<Item = Photo<'_>> {
    let shown = detail.siblings.iter().filter(|one| one.role.is_deduplicated());
    shown.filter_map(|one| Some((&one.name[..], one.digest?)))
}

/// The same; a primary that is not read yet is, where the vault has something of its size: else it has no
/// sidecar there.
fn photos<'a>(desk: &Desk, detail: &'a Detail) -> Result<Vec<Photo<'a>>, StoreError> {
    let mut photos: Vec<_> = read_photos(detail).collect();
    if photos.is_empty()
        && let Some(primary) = detail.siblings.first().filter(|one| one.role.is_deduplicated())
        && let Some(digest) = read(desk, primary.resource)?
    {
        photos.push((&primary.name, digest));
    }
    Ok(photos)
}

fn read(desk: &Desk, primary: ResourceId) -> Result<Option<Digest>, StoreError> {
    let Some(Some(detail)) = desk.details(&[primary])?.pop() else { return Ok(None) };
    let Size::Exact(size) = detail.size else { return Ok(None) };
    if detail.access != Access::Seekable || !desk.store.read(|reader| reader.known_size(size))? {
        return Ok(None);
    }
    let Ok(Opened::File(mut file)) = desk.source.open(&original(&detail)) else { return Ok(None) };
    Ok(hash_all(&mut file, false, &mut vec![0; 1 << 20], &mut |_| true).unwrap_or_default())
}

/// Where it lies beside its photo, both of which somebody moved in the vault: read, every byte.
fn moved(
    desk: &Desk,
    vault: &dyn Vault,
    detail: &Detail,
    digest: Digest,
    photos: &[Photo<'_>],
) -> Result<Option<VaultPath>, VaultError> {
    let mut buffer = vec![0; 1 << 16];
    for (shot, photo) in photos {
        let mut lies = known_at(desk, photo);
        lies.retain(|path| {
            vault.confirm(&[Held { path, size: photo.size }]).is_ok_and(|there| there[0])
        });
        if lies.is_empty() {
            lies.extend(seek::without_record(vault, &[*photo])?.into_values());
        }
        for path in lies {
            for path in Placement::of(&path).paths_beside(shot, &detail.name, &digest) {
                let lies = seek::lying_at(vault, &path, &mut buffer, &Progress::default())?;
                if matches!(lies, Lying::These(lies) if lies.sha256 == digest.sha256) {
                    return Ok(Some(path));
                }
            }
        }
    }
    Ok(None)
}

/// What the records say of everything that belongs to one asset. Read when it is asked for first.
#[derive(Default)]
pub(crate) struct Belongings {
    /// By the bytes and the asset that they were recorded for.
    by_asset: BTreeMap<u64, BTreeSet<VaultPath>>,
    /// By the bytes and the place where the device had them; whether they were an asset by themselves.
    by_place: BTreeMap<u64, BTreeSet<(bool, VaultPath)>>,
    /// Of these assets, by their photos.
    assets: BTreeSet<(u64, u64)>,
}

impl Belongings {
    fn read(vault: &dyn Vault) -> Result<Belongings, VaultError> {
        let mut all = Belongings::default();
        let mut owners = HashSet::new();
        records::all(vault, |record| {
            if !record.role.is_deduplicated() {
                let alone = record.asset == record.original;
                let of = |whose: &[u8]| records::mark(&[&record.digest.sha256, whose]);
                let asset = asset_of(&record);
                owners.insert(asset);
                let by_asset = all.by_asset.entry(of(&asset.to_le_bytes())).or_default();
                by_asset.insert(record.path.clone());
                let by_place = all.by_place.entry(of(&record.original.0)).or_default();
                by_place.insert((alone, record.path));
            }
            true
        })?;
        records::all(vault, |record| {
            let asset = asset_of(&record);
            if record.role.is_deduplicated() && owners.contains(&asset) {
                all.assets.insert((records::mark(&[&record.digest.sha256]), asset));
            }
            true
        })?;
        Ok(all)
    }

    /// Where these bytes were recorded for the asset: for one of the same photo, or, where one of both has
    /// no photo, for the same place.
    fn paths_of(&self, detail: &Detail, digest: Digest, photos: &[Photo<'_>]) -> Vec<VaultPath> {
        let of = |whose: &[u8]| records::mark(&[&digest.sha256, whose]);
        let photos = photos.iter().map(|(_, photo)| records::mark(&[&photo.sha256]));
        let assets = photos.flat_map(|photo| self.assets.range((photo, 0)..=(photo, u64::MAX)));
        let by_asset = assets.filter_map(|(_, asset)| self.by_asset.get(&of(&asset.to_le_bytes())));
        let mut paths: Vec<_> = by_asset.flatten().cloned().collect();
        let alone = !has_photo(detail);
        let by_place = self.by_place.get(&of(&detail.local_id)).into_iter().flatten();
        let by_place = by_place.filter(|(was_alone, _)| *was_alone || alone);
        paths.extend(by_place.map(|(_, path)| path.clone()));
        paths
    }
}

impl Desk {
    /// Asks the records whose things are.
    fn belongings<T>(
        &self,
        vault: &dyn Vault,
        ask: impl FnOnce(&Belongings) -> T,
    ) -> Result<T, VaultError> {
        let mut read = lock(&self.belongings);
        let all = match &mut *read {
            Some(all) => all,
            none => none.insert(Belongings::read(vault)?),
        };
        Ok(ask(all))
    }
}

/// An asset is one of a device's.
fn asset_of(record: &Record) -> u64 {
    records::mark(&[&record.device.0, &record.asset.0])
}
