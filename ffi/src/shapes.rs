//! The core's own types that cross the border as they are.

use keepsake_machine::hold::Hold;
use keepsake_machine::media::{Access, Locality, Media, Role, SizeClass};
use keepsake_machine::settings::{MeteredUse, Settings};
use keepsake_machine::stage::{Class, Fault, Why};
use keepsake_machine::status::{Advice, Tally};

/// See [`keepsake_machine::hold::Hold`].
#[uniffi::remote(Enum)]
pub enum Hold {
    User,
    NoAccess,
    DeviceLocked,
    Offline,
    Metered,
    Roaming,
    DataBudget,
    LowStorage,
    SourceUnavailable,
    LowBattery,
    PowerSaver,
    NotCharging,
    Thermal,
    SignedOut,
    VaultFull,
    VaultUnavailable,
    WindowEnding,
    CatalogUnwritable,
}

/// See [`keepsake_machine::stage::Fault`].
#[uniffi::remote(Enum)]
pub enum Fault {
    Unreadable,
    ReadFailed,
    KeepsChanging,
    OriginalMissing,
    DownloadFailed,
    DownloadIncomplete,
    Refused,
    UploadFailed,
    VerifyFailed,
    DigestMismatch,
    Crashed,
    HostFault,
}

/// See [`keepsake_machine::stage::Why`].
#[uniffi::remote(Enum)]
pub enum Why {
    Failed(Fault),
    NeedsMoreSpace,
    NeedsUnmetered,
    NeedsLongerWindow,
    NotFinal,
    Held(Hold),
}

/// See [`keepsake_machine::stage::Class`].
#[uniffi::remote(Enum)]
pub enum Class {
    Pending,
    Waiting(Why),
    Hidden,
    Quarantined(Fault),
    BackedUp,
    Duplicate,
    Freed,
    Lost,
    Closed,
    Excluded,
    Forgotten,
}

/// See [`keepsake_machine::status::Advice`].
#[uniffi::remote(Enum)]
pub enum Advice {
    UseUnmeteredOnly,
    KeepOriginals,
    MigrateOrUseMac,
    CheckICloudPhotos,
    MayTurnOffICloudPhotos,
}

/// See [`keepsake_machine::status::Tally`].
#[uniffi::remote(Record)]
pub struct Tally {
    pub items: u64,
    pub bytes: u64,
    pub estimated: u64,
}

/// See [`keepsake_machine::media::Media`].
#[uniffi::remote(Enum)]
pub enum Media {
    Photo,
    Video,
}

/// See [`keepsake_machine::media::Role`].
#[uniffi::remote(Enum)]
pub enum Role {
    Photo,
    Video,
    Audio,
    AlternatePhoto,
    PairedVideo,
    EditedPhoto,
    EditedVideo,
    EditedPairedVideo,
    Adjustment,
    AdjustmentBase,
    Sidecar,
    Other,
}

/// See [`keepsake_machine::media::Locality`].
#[uniffi::remote(Enum)]
pub enum Locality {
    Local,
    Cloud,
    Unknown,
}

/// See [`keepsake_machine::media::Access`].
#[uniffi::remote(Enum)]
pub enum Access {
    Seekable,
    Poured,
}

/// See [`keepsake_machine::media::SizeClass`].
#[uniffi::remote(Enum)]
pub enum SizeClass {
    Heif,
    Jpeg,
    Raw,
    Video,
    LargeVideo,
    Small,
}

/// See [`keepsake_machine::settings::MeteredUse`].
#[uniffi::remote(Record)]
pub struct MeteredUse {
    pub download_photos: bool,
    pub download_videos: bool,
    pub upload_photos: bool,
    pub upload_videos: bool,
}

/// See [`keepsake_machine::settings::Settings`].
#[uniffi::remote(Record)]
pub struct Settings {
    pub metered: MeteredUse,
    pub daily_metered_bytes: Option<u64>,
    pub roaming: bool,
    pub only_charging: bool,
    pub lowest_battery: u8,
    pub reserve: Option<u64>,
    pub staging: Option<u64>,
    pub migrate: bool,
}
