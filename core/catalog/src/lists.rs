//! Short lists: what a kill left behind, what to confirm again, what may be freed.

use crate::folders::folder_of;
use crate::reader::active;
use crate::stored::{Sight, Stored, columns, digest, stage_code};
use crate::{Known, Reader, Result};
use keepsake_machine::event::Candidate;
use keepsake_machine::media::{AssetId, Digest, Locality, ResourceId};
use keepsake_machine::stage::{Stage, counted_bytes};
use keepsake_machine::time::Elapsed;
use std::collections::HashSet;

/// When a safe resource was last confirmed at the vault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Confirmation {
    /// The resource.
    pub resource: ResourceId,
    /// When.
    pub at: Elapsed,
}

/// A page of assets that might be freed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FreeablePage {
    /// The assets: every resource safe, present and not freed yet.
    pub candidates: Vec<Candidate>,
    /// Where the next page begins; `None`: this was the last.
    pub next: Option<AssetId>,
}

/// A file that should lie in the active vault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lying {
    /// Whose bytes it has.
    pub resource: ResourceId,
    /// The path below the vault.
    pub path: String,
    /// How many bytes.
    pub size: u64,
    /// It had left the library before ([`Stage::Closed`]).
    pub left: bool,
}

/// A page of files that should lie in some folders.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LyingPage {
    /// The files.
    pub files: Vec<Lying>,
    /// Where the next page begins; `None`: this was the last.
    pub next: Option<ResourceId>,
}

impl Reader {
    /// Looks through 1,000 resources from `from` on (`None`: from the first) for such as have their
    /// bytes in these folders of the active vault, not below them.
    pub fn lying_in(&self, folders: &HashSet<&str>, from: Option<ResourceId>) -> Result<LyingPage> {
        self.ask(|connection| {
            let mut read = connection.prepare_cached(
                "SELECT id, path, digest_size, stage = ?2 FROM resource WHERE id >= ?1 \
                 ORDER BY id LIMIT 1000",
            )?;
            let from = from.map_or(i64::MIN, |resource| resource.0);
            let mut rows = read.query((from, stage_code(Stage::Closed)?))?;
            let (mut page, mut seen) = (LyingPage::default(), 0);
            while let Some(row) = rows.next()? {
                let id: i64 = row.get(0)?;
                seen += 1;
                page.next = (seen == 1_000).then(|| ResourceId(id.saturating_add(1)));
                let path: Option<&str> = row.get_ref(1)?.as_str_or_null()?;
                let size: Option<i64> = row.get(2)?;
                if let (Some(path), Some(size)) = (path, size)
                    && folders.contains(folder_of(path))
                {
                    let (resource, path) = (ResourceId(id), path.to_owned());
                    let (size, left) = (size.cast_unsigned(), row.get(3)?);
                    page.files.push(Lying { resource, path, size, left });
                }
            }
            Ok(page)
        })
    }

    /// Up to 1,000 resources from `from` on (`None`: from the first) that are [`Stage::Lost`], with
    /// the bytes that they had. Reads every row; ask only when some are counted.
    pub fn lost(&self, from: Option<ResourceId>) -> Result<Vec<(ResourceId, Digest)>> {
        self.ask(|connection| {
            connection
                .prepare_cached(
                    "SELECT id, sha256, md5, digest_size FROM resource \
                     WHERE id >= ?1 AND stage = ?2 AND sha256 IS NOT NULL ORDER BY id LIMIT 1000",
                )?
                .query_map(
                    (from.map_or(i64::MIN, |resource| resource.0), stage_code(Stage::Lost)?),
                    |row| Ok((ResourceId(row.get(0)?), digest(row, 1)?)),
                )?
                .filter_map(|row| row.map(|(id, digest)| Some((id, digest?))).transpose())
                .collect()
        })
    }

    /// Of these bytes those that the user let go of ([`crate::Catalog::let_go_of`]), or forgot: a
    /// tombstone names them, or some resource that had them is forgotten. Not where the library has them
    /// all the same. Reads every row.
    pub fn let_go(&self, digests: &[Digest]) -> Result<HashSet<[u8; 32]>> {
        let asked: HashSet<[u8; 32]> = digests.iter().map(|digest| digest.sha256).collect();
        if asked.is_empty() {
            return Ok(HashSet::new());
        }
        self.ask(|connection| {
            let closed = stage_code(Stage::Closed)?;
            let forgotten = stage_code(Stage::Forgotten)?;
            let mut read = connection
                .prepare("SELECT sha256, stage FROM resource WHERE sha256 IS NOT NULL")?;
            let mut rows = read.query([])?;
            let (mut let_go, mut wanted) = (HashSet::new(), HashSet::new());
            if let Some(vault) = active(connection)? {
                let mut buried = connection.prepare(
                    "SELECT sha256 FROM tombstone WHERE vault = ?1 \
                     UNION SELECT sha256 FROM let_go WHERE vault = ?1",
                )?;
                let buried = buried.query_map([vault.0], |row| row.get(0))?;
                let_go = buried.collect::<rusqlite::Result<_>>()?;
                let_go.retain(|sha256| asked.contains(sha256));
            }
            while let Some(row) = rows.next()? {
                let sha256: [u8; 32] = row.get(0)?;
                if asked.contains(&sha256) {
                    let stage = row.get_ref(1)?.as_str()?;
                    if stage == forgotten {
                        let_go.insert(sha256);
                    } else if stage != closed {
                        wanted.insert(sha256);
                    }
                }
            }
            Ok(let_go.difference(&wanted).copied().collect())
        })
    }

    /// What the library calls, or called, one that has any of these bytes, and that it has not let go of:
    /// in sight or not, chosen or not, lost or not. Reads every row.
    pub fn in_library(&self, digests: &[Digest]) -> Result<Option<Vec<u8>>> {
        self.ask(|connection| {
            let away = [Stage::Closed, Stage::Forgotten].map(stage_code);
            let away = away.into_iter().collect::<rusqlite::Result<HashSet<_>>>()?;
            let mut read = connection
                .prepare("SELECT sha256, stage, local_id FROM resource WHERE sha256 IS NOT NULL")?;
            let mut rows = read.query([])?;
            while let Some(row) = rows.next()? {
                let sha256: [u8; 32] = row.get(0)?;
                if digests.iter().any(|digest| digest.sha256 == sha256)
                    && !away.contains(row.get_ref(1)?.as_str()?)
                {
                    return row.get(2).map(Some);
                }
            }
            Ok(None)
        })
    }

    /// The resources that are safe with these bytes at these paths of the active vault, or with any of
    /// `wherever` at any path, and for which equal bytes may stand. Reads every row.
    pub fn safe_at(
        &self,
        held: &[Known],
        wherever: &HashSet<[u8; 32]>,
    ) -> Result<Vec<(ResourceId, Digest)>> {
        let held: HashSet<(&str, [u8; 32])> =
            held.iter().map(|one| (&one.path[..], one.digest.sha256)).collect();
        self.ask(|connection| {
            let mut read = connection.prepare(concat!(
                "SELECT ",
                columns!(),
                " FROM resource WHERE path IS NOT NULL AND sha256 IS NOT NULL ORDER BY id"
            ))?;
            let mut safe = Vec::new();
            for row in read.query_map([], Stored::read)? {
                let row = row?;
                if let (Some(path), Some(digest)) = (&row.path, row.digest)
                    && row.stage.is_safe()
                    && row.role.is_deduplicated()
                    && (held.contains(&(&path[..], digest.sha256))
                        || wherever.contains(&digest.sha256))
                {
                    safe.push((row.id, digest));
                }
            }
            Ok(safe)
        })
    }

    /// The staged originals that a stage of the active vault names, with their bytes: any other
    /// file in staging has no owner.
    pub fn staged(&self) -> Result<Vec<(ResourceId, u64)>> {
        self.ask(|connection| {
            connection
                .prepare_cached("SELECT id, staged FROM resource WHERE staged IS NOT NULL")?
                .query_map([], |row| {
                    Ok((ResourceId(row.get(0)?), row.get::<_, i64>(1)?.cast_unsigned()))
                })?
                .collect()
        })
    }

    /// The resources whose upload the OS owns.
    pub fn transfers(&self) -> Result<Vec<ResourceId>> {
        self.ask(|connection| {
            connection
                .prepare_cached("SELECT resource FROM transfer ORDER BY resource")?
                .query_map([], |row| row.get(0).map(ResourceId))?
                .collect()
        })
    }

    /// The tokens of unfinished uploads to the active vault.
    pub fn tokens(&self) -> Result<Vec<(ResourceId, Vec<u8>)>> {
        self.ask(|connection| {
            let vault = active(connection)?.unwrap_or_default();
            connection
                .prepare_cached(
                    "SELECT resource, token FROM token WHERE vault = ?1 ORDER BY resource",
                )?
                .query_map([vault.0], |row| Ok((ResourceId(row.get(0)?), row.get(1)?)))?
                .collect()
        })
    }

    /// Safe resources, the least recently confirmed first.
    pub fn oldest_confirmed(&self, most: u32) -> Result<Vec<Confirmation>> {
        self.ask(|connection| {
            connection
                .prepare_cached(
                    "SELECT id, confirmed FROM resource WHERE confirmed IS NOT NULL \
                     ORDER BY confirmed, id LIMIT ?1",
                )?
                .query_map([most], |row| {
                    let at = Elapsed(row.get::<_, i64>(1)?.cast_unsigned());
                    Ok(Confirmation { resource: ResourceId(row.get(0)?), at })
                })?
                .collect()
        })
    }

    /// Looks through at most 1,000 assets from `from` on (`None`: from the first) for such as might
    /// be freed.
    pub fn freeable(&self, from: Option<AssetId>) -> Result<FreeablePage> {
        self.ask_at_once(|connection| {
            let mut read = connection.prepare_cached(
                "SELECT id FROM asset WHERE id >= ?1 AND present = 1 ORDER BY id LIMIT 1001",
            )?;
            let from = from.map_or(i64::MIN, |asset| asset.0);
            let assets = read.query_map([from], |row| row.get(0).map(AssetId))?;
            let mut assets: Vec<AssetId> = assets.collect::<rusqlite::Result<_>>()?;
            let next = if assets.len() > 1_000 { assets.pop() } else { None };
            let mut candidates = Vec::new();
            for asset in assets {
                let resources = Stored::of_asset(connection, asset)?;
                candidates.extend(candidate(asset, &resources));
            }
            Ok(FreeablePage { candidates, next })
        })
    }
}

/// The asset as a candidate, if every resource that the library has of it is safe.
fn candidate(asset: AssetId, resources: &[Stored]) -> Option<Candidate> {
    let here = || resources.iter().filter(|resource| resource.sight != Sight::Gone);
    let safe = |resource: &Stored| {
        resource.sight == Sight::Here
            && matches!(resource.stage, Stage::BackedUp | Stage::Duplicate)
    };
    if here().next().is_none() || !here().all(safe) {
        return None;
    }
    let on_phone = here().filter(|resource| resource.locality != Locality::Cloud);
    Some(Candidate {
        asset,
        resources: here().map(|resource| (resource.id, resource.version)).collect(),
        bytes: on_phone.map(|resource| counted_bytes(resource.known_size()).0).sum(),
        local: here().all(|resource| resource.locality == Locality::Local),
    })
}
