//! A resource as the catalog hands it to the machine.

use crate::media::{Access, AssetId, Digest, Locality, Media, ResourceId, Role, Size, Version};
use crate::stage::Stage;
use serde::{Deserialize, Serialize};

/// Everything the machine knows of one resource. Names, places and identifiers stay in the catalog.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The resource.
    pub id: ResourceId,
    /// Its asset.
    pub asset: AssetId,
    /// What it is to the asset.
    pub role: Role,
    /// What settings tell apart.
    pub media: Media,
    /// Whether the bytes are on the phone.
    pub locality: Locality,
    /// How the host serves them.
    pub access: Access,
    /// How many they are.
    pub size: Size,
    /// The host's fingerprint of them.
    pub version: Version,
    /// When it was taken, milliseconds since 1970 UTC: the order of work.
    pub taken: i64,
    /// How far it is, for the active vault.
    pub stage: Stage,
    /// The checksum, where it is known for this very version.
    pub digest: Option<Digest>,
}

impl Row {
    /// Where it stands in the order of work: newest first, and of one moment in order of id.
    pub fn position(&self) -> Position {
        Position { taken: self.taken, id: self.id }
    }
}

/// A place in the order of work; larger is newer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Position {
    /// Milliseconds since 1970 UTC.
    pub taken: i64,
    /// Tells apart what was taken at one moment.
    pub id: ResourceId,
}
