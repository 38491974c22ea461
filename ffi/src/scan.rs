//! Where a scan's pages go.

use crate::error::PortError;
use keepsake_catalog::seen;
use keepsake_engine::Pages;
use keepsake_machine::media::{Access, Locality, Media, Role, Size, SizeClass, Version};
use std::sync::{Mutex, PoisonError};

/// One asset as the library shows it now.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Asset {
    /// The library's own identifier, stable while the asset exists.
    pub id: String,
    /// When it was taken, milliseconds since 1970 UTC: the order of work.
    pub taken: i64,
    /// Marked as a favourite.
    pub favourite: bool,
    /// The albums that it is in, by name.
    pub albums: Vec<String>,
    /// The identifier that other devices of the same person know it by.
    pub cross_device_id: Option<String>,
    /// Whether the user's choice of albums, folders and kinds includes it.
    pub chosen: bool,
    /// Its files; the primary first.
    pub resources: Vec<Resource>,
}

/// One file of an asset.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Resource {
    /// How the host finds it again; unique within the library.
    pub id: String,
    /// What it is to the asset.
    pub role: Role,
    /// What settings tell apart: a Live Photo's video counts as photo.
    pub media: Media,
    /// Its file name as shot.
    pub name: String,
    /// How many bytes, or what there is to guess by.
    pub size: ResourceSize,
    /// The host's fingerprint of the bytes: it changes when they may have changed, only then.
    pub version: u64,
    /// Whether they are on the phone.
    pub locality: Locality,
    /// How the host serves them.
    pub access: Access,
    /// The file's modification time, nanoseconds since 1970 UTC, where there is one.
    pub modified: Option<i64>,
}

/// How many bytes a file has, and how sure that is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum ResourceSize {
    /// Told by the platform.
    Exact {
        /// Bytes.
        bytes: u64,
    },
    /// iOS does not tell: it is learned from what came before.
    Hinted {
        /// By which kind it is learned.
        class: SizeClass,
        /// Pixels of a still, milliseconds of a video.
        measure: u64,
    },
}

/// Takes the pages of one scan. Let go of without [`ScanPages::finished`], the scan counts as cut short:
/// nothing that it did not see is taken for deleted. May be used on any thread.
#[derive(uniffi::Object)]
pub struct ScanPages(Mutex<Option<Pages>>);

impl ScanPages {
    pub(crate) fn new(pages: Pages) -> ScanPages {
        ScanPages(Mutex::new(Some(pages)))
    }

    fn taken(&self) -> Option<Pages> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

#[uniffi::export]
impl ScanPages {
    /// Stores a page of at most 1,000 assets. Waits until it is stored: a fast walk cannot outrun the
    /// disk. [`PortError::Stopped`]: end the walk, nothing more is wanted.
    pub fn page(&self, assets: Vec<Asset>) -> Result<(), PortError> {
        let mut pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let pages = pages.as_mut().ok_or(PortError::Stopped)?;
        let assets = assets.into_iter().map(seen::SeenAsset::from).collect();
        pages.page(assets).map_err(|_| PortError::Stopped)
    }

    /// The walk saw everything that it can see. `limited`: nothing that is absent is gone (limited
    /// access). `hidden`: beginnings of ids that could not be looked into (a volume that is away). A
    /// second end is passed over.
    pub fn finished(&self, limited: bool, hidden: Vec<String>) {
        if let Some(pages) = self.taken() {
            pages.finished(limited, hidden.into_iter().map(String::into_bytes).collect());
        }
    }

    /// The walk failed; the same as an error of [`crate::ports::PhotoLibrary::scan`].
    pub fn failed(&self, why: PortError) {
        if let Some(pages) = self.taken() {
            pages.failed(why.heard("scan", None));
        }
    }
}

impl From<Asset> for seen::SeenAsset {
    fn from(asset: Asset) -> seen::SeenAsset {
        seen::SeenAsset {
            local_id: asset.id.into_bytes(),
            taken: asset.taken,
            favourite: asset.favourite,
            albums: asset.albums,
            cross_id: asset.cross_device_id,
            chosen: asset.chosen,
            resources: asset.resources.into_iter().map(seen::SeenResource::from).collect(),
        }
    }
}

impl From<Resource> for seen::SeenResource {
    fn from(resource: Resource) -> seen::SeenResource {
        seen::SeenResource {
            local_id: resource.id.into_bytes(),
            role: resource.role,
            media: resource.media,
            name: resource.name.into_bytes(),
            size: match resource.size {
                ResourceSize::Exact { bytes } => Size::Exact(bytes),
                ResourceSize::Hinted { class, measure } => Size::Hinted { class, measure },
            },
            version: Version(resource.version),
            locality: resource.locality,
            access: resource.access,
            modified: resource.modified,
        }
    }
}
