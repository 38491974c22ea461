//! The photos of the small world.

use keepsake_machine::media::{
    Access, AssetId, Digest, Locality, Media, ResourceId, Role, Size, SizeClass, Version,
};
use keepsake_machine::row::Row;
use keepsake_machine::stage::Stage;

#[derive(Debug, Clone)]
#[allow(clippy::struct_excessive_bools)] // independent traits of a photo
pub struct Photo {
    /// Two with the same content have the same bytes.
    pub content: u8,
    pub size: u64,
    pub cloud: bool,
    /// Whether the platform tells where it is and how large.
    pub told: bool,
    /// What the platform tells instead of the size.
    pub hint: Option<u64>,
    pub video: bool,
    pub version: u64,
    /// Fails whenever its bytes are asked for.
    pub broken: bool,
    pub gone: bool,
}

impl Photo {
    pub fn local(content: u8, size: u64) -> Photo {
        Photo {
            content,
            size,
            cloud: false,
            told: true,
            hint: None,
            video: false,
            version: 1,
            broken: false,
            gone: false,
        }
    }

    pub fn cloud(content: u8, size: u64) -> Photo {
        Photo { cloud: true, ..Photo::local(content, size) }
    }

    pub fn digest(&self) -> Digest {
        let mut sha256 = [self.content; 32];
        sha256[0] = u8::try_from(self.version % 256).unwrap();
        Digest { sha256, md5: None, size: self.size }
    }

    /// As a scan finds it.
    pub fn row(&self, id: ResourceId) -> Row {
        let locality = match (self.told, self.cloud) {
            (false, _) => Locality::Unknown,
            (true, true) => Locality::Cloud,
            (true, false) => Locality::Local,
        };
        Row {
            id,
            asset: AssetId(id.0),
            role: if self.video { Role::Video } else { Role::Photo },
            media: if self.video { Media::Video } else { Media::Photo },
            locality,
            access: Access::Seekable,
            size: match self.hint {
                Some(measure) => Size::Hinted { class: SizeClass::Heif, measure },
                None => Size::Exact(self.size),
            },
            version: Version(self.version),
            taken: i64::from(self.content) * 1_000,
            stage: Stage::Discovered,
            digest: None,
        }
    }
}
