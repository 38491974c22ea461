//! What a scan saw: the shape in which a host hands its library over, by the page.

use keepsake_machine::media::{Access, Locality, Media, Role, Size, Version};

/// One asset as the host's library shows it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenAsset {
    /// The library's own identifier, stable while the asset exists: on the desktop the path of the
    /// primary resource, relative to the source, as bytes. Unique within the library.
    pub local_id: Vec<u8>,
    /// When it was taken as far as the library tells without opening it, milliseconds since 1970
    /// UTC: the order of work. (Where the vault files it is read from the original itself.)
    pub taken: i64,
    /// Marked as a favourite.
    pub favourite: bool,
    /// The albums that it is in, by name; albums are not identity.
    pub albums: Vec<String>,
    /// The identifier that other devices of the same person know it by, where the phone has one.
    pub cross_id: Option<String>,
    /// Whether the user's choice of albums, folders and kinds includes it.
    pub chosen: bool,
    /// Its files; the primary first (the smallest role, see [`Role`]).
    pub resources: Vec<SeenResource>,
}

/// One file of an asset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenResource {
    /// How the host finds it again: on the desktop its path relative to the source, as bytes.
    /// Unique within the library.
    pub local_id: Vec<u8>,
    /// What it is to the asset.
    pub role: Role,
    /// What settings tell apart: a Live Photo's video counts as photo.
    pub media: Media,
    /// Its file name as shot, as bytes: it need not be UTF-8.
    pub name: Vec<u8>,
    /// How many bytes.
    pub size: Size,
    /// The host's fingerprint of them.
    pub version: Version,
    /// Whether they are on the phone.
    pub locality: Locality,
    /// How the host serves them.
    pub access: Access,
    /// The file's modification time, nanoseconds since 1970 UTC, where the host has one: restored
    /// with the file.
    pub modified: Option<i64>,
}
