//! Everything about a resource that the machine must not know and the vault must be told.

use crate::reader::active;
use crate::stored::{REST, Stored, columns, digest};
use crate::{Reader, Result, codes};
use keepsake_machine::media::{
    Access, AssetId, Digest, Locality, Media, ResourceId, Role, Size, Version,
};
use keepsake_machine::stage::Stage;
use rusqlite::{Connection, OptionalExtension as _};

/// One resource with its asset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detail {
    /// The resource.
    pub resource: ResourceId,
    /// How the host finds it.
    pub local_id: Vec<u8>,
    /// What it is to its asset.
    pub role: Role,
    /// Photo or video.
    pub media: Media,
    /// Its file name as shot.
    pub name: Vec<u8>,
    /// How many bytes.
    pub size: Size,
    /// The version that we work on.
    pub version: Version,
    /// Where the original is.
    pub locality: Locality,
    /// How it is served.
    pub access: Access,
    /// Modification time, nanoseconds since 1970 UTC.
    pub modified: Option<i64>,
    /// The checksum, where it is known for this version.
    pub digest: Option<Digest>,
    /// How far it is in the active vault.
    pub stage: Stage,
    /// Where its bytes are in the active vault ([`crate::Note::Path`]).
    pub path: Option<String>,
    /// The token of its unfinished upload to the active vault.
    pub token: Option<Vec<u8>>,
    /// The asset.
    pub asset: AssetId,
    /// How the host finds the asset.
    pub asset_local_id: Vec<u8>,
    /// When it was taken as far as the library tells, milliseconds since 1970 UTC.
    pub taken: i64,
    /// When it was taken as the original tells ([`crate::Note::Captured`]).
    pub captured: Option<String>,
    /// Where the asset's files go in the active vault ([`crate::Note::Placement`]).
    pub placement: Option<String>,
    /// The albums that it is in.
    pub albums: Vec<String>,
    /// The identifier that other devices know it by.
    pub cross_id: Option<String>,
    /// Marked as a favourite.
    pub favourite: bool,
    /// All resources of the asset, this one included, the primary first.
    pub siblings: Vec<Sibling>,
}

/// One file of an asset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sibling {
    /// The resource.
    pub resource: ResourceId,
    /// What it is to the asset.
    pub role: Role,
    /// Its file name as shot.
    pub name: Vec<u8>,
    /// Its checksum, where known.
    pub digest: Option<Digest>,
    /// Where its bytes are in the active vault.
    pub path: Option<String>,
}

impl Reader {
    /// Details of those that exist, in the order asked.
    pub fn details(&self, resources: &[ResourceId]) -> Result<Vec<Detail>> {
        self.ask_at_once(|connection| {
            let vault = active(connection)?.unwrap_or_default();
            let mut details = Vec::with_capacity(resources.len());
            let mut read = connection.prepare_cached(concat!(
                "SELECT ",
                columns!(),
                ", resource.local_id, resource.name, resource.modified, asset.local_id, \
                 asset.captured, asset.placement, asset.albums, asset.cross_id, asset.favourite, \
                 (SELECT token FROM token WHERE vault = ?2 AND resource = ?1) \
                 FROM resource JOIN asset ON asset.id = resource.asset WHERE resource.id = ?1"
            ))?;
            for resource in resources {
                let detail = read.query_row((resource.0, vault.0), detail).optional()?;
                let Some(mut detail) = detail else { continue };
                detail.siblings = siblings(connection, detail.asset)?;
                details.push(detail);
            }
            Ok(details)
        })
    }
}

fn detail(row: &rusqlite::Row<'_>) -> rusqlite::Result<Detail> {
    let stored = Stored::read(row)?;
    let albums: Option<String> = row.get(REST + 6)?;
    let albums = albums.map_or(Ok(Vec::new()), |albums| {
        serde_json::from_str(&albums).map_err(|e| codes::unreadable(REST + 6, e))
    })?;
    Ok(Detail {
        resource: stored.id,
        local_id: row.get(REST)?,
        role: stored.role,
        media: stored.media,
        name: row.get(REST + 1)?,
        size: stored.known_size(),
        version: stored.version,
        locality: stored.locality,
        access: stored.access,
        modified: row.get(REST + 2)?,
        digest: stored.digest,
        stage: stored.stage,
        path: stored.path,
        token: row.get(REST + 9)?,
        asset: stored.asset,
        asset_local_id: row.get(REST + 3)?,
        taken: stored.taken,
        captured: row.get(REST + 4)?,
        placement: row.get(REST + 5)?,
        albums,
        cross_id: row.get(REST + 7)?,
        favourite: row.get(REST + 8)?,
        siblings: Vec::new(),
    })
}

fn siblings(connection: &Connection, asset: AssetId) -> rusqlite::Result<Vec<Sibling>> {
    let mut read = connection.prepare_cached(
        "SELECT id, role, name, path, sha256, md5, digest_size FROM resource WHERE asset = ?1",
    )?;
    let siblings = read.query_map([asset.0], |row| {
        Ok(Sibling {
            resource: ResourceId(row.get(0)?),
            role: codes::role(row.get(1)?)?,
            name: row.get(2)?,
            path: row.get(3)?,
            digest: digest(row, 4)?,
        })
    })?;
    let mut siblings: Vec<Sibling> = siblings.collect::<rusqlite::Result<_>>()?;
    siblings.sort_by_key(|sibling| (sibling.role, sibling.resource));
    Ok(siblings)
}
