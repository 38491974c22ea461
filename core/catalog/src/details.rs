//! Everything about a resource that the machine must not know and the vault must be told.

use crate::{Reader, Result};
use keepsake_machine::media::{
    Access, AssetId, Digest, Locality, Media, ResourceId, Role, Size, Version,
};
use keepsake_machine::stage::Stage;

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
        let _ = resources;
        unimplemented!()
    }
}
