//! What the user chose, what the device is, and what the vault can do.

use crate::media::Media;
use serde::{Deserialize, Serialize};

/// What the user chose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// What may go over metered networks.
    pub metered: MeteredUse,
    /// Bytes a local day that may go over metered networks, down and up together; `None`: no limit.
    pub daily_metered_bytes: Option<u64>,
    /// Whether to go on while roaming.
    pub roaming: bool,
    /// Only while charging.
    pub only_charging: bool,
    /// Below this many percent of battery and not charging, work is held. 0 to 100.
    pub lowest_battery: u8,
    /// Free space that backing up never touches, in bytes; `None`: max(1 GB, 5 %).
    pub reserve: Option<u64>,
    /// Most bytes of staging; `None`: min(2 GB, a quarter of what is free above the reserve).
    pub staging: Option<u64>,
    /// Whether the user asked for the guided migration of a library larger than the phone.
    pub migrate: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            metered: MeteredUse::default(),
            daily_metered_bytes: None,
            roaming: false,
            only_charging: false,
            lowest_battery: 15,
            reserve: None,
            staging: None,
            migrate: false,
        }
    }
}

/// What may go over metered networks: photos and videos apart, download and upload apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[allow(clippy::struct_excessive_bools)] // four independent switches, as the settings screen shows them
pub struct MeteredUse {
    /// Download photos from iCloud.
    pub download_photos: bool,
    /// Download videos from iCloud.
    pub download_videos: bool,
    /// Upload photos.
    pub upload_photos: bool,
    /// Upload videos.
    pub upload_videos: bool,
}

impl MeteredUse {
    /// Everything may go over metered networks.
    pub const ALL: MeteredUse = MeteredUse {
        download_photos: true,
        download_videos: true,
        upload_photos: true,
        upload_videos: true,
    };

    /// Whether `media` may be downloaded over a metered network.
    pub fn download(self, media: Media) -> bool {
        match media {
            Media::Photo => self.download_photos,
            Media::Video => self.download_videos,
        }
    }

    /// Whether `media` may be uploaded over a metered network.
    pub fn upload(self, media: Media) -> bool {
        match media {
            Media::Photo => self.upload_photos,
            Media::Video => self.upload_videos,
        }
    }
}

/// How much may be under way at once: chosen by the engine for the machine that it runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Resources held in memory at once, in whatever stage.
    pub under_way: u32,
    /// Originals downloaded from the cloud at once.
    pub downloads: u32,
    /// Originals read and hashed at once (queued for the hashing threads included).
    pub checksums: u32,
    /// Digests asked for at once (they are asked in bulk).
    pub checks: u32,
    /// Originals sent at once (for a vault that commits in groups: several groups).
    pub uploads: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { under_way: 64, downloads: 3, checksums: 8, checks: 64, uploads: 8 }
    }
}

/// What the active vault can do; told by the vault when it is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[allow(clippy::struct_excessive_bools)] // independent facts about a store
pub struct Vault {
    /// Reached over a network: holds marked "r" in the table apply.
    pub remote: bool,
    /// Checksumming may write into the vault's own staging while it reads.
    pub tee: bool,
    /// Uploads can be handed to the OS as tickets.
    pub tickets: bool,
    /// MD5 is wanted beside SHA-256.
    pub md5: bool,
}

/// Everything a machine is made with.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Config {
    /// What the user chose.
    pub settings: Settings,
    /// How much at once.
    pub limits: Limits,
    /// What the vault can do.
    pub vault: Vault,
    /// Seeds the jitter of back-offs: hash(seed, id, attempt). Chosen once per catalog.
    pub seed: u64,
}
