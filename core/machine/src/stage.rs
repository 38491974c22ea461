//! How far a resource is, for one vault. It is what the catalog stores.

use crate::hold::Hold;
use crate::media::Size;
use crate::time::Elapsed;
use serde::{Deserialize, Serialize};

/// A resource's stage.
///
/// Serialised names are stable: what is stored today opens in every later version (snapshot
/// tests). Stages that are cheaper to redo than to store are not stored: [`Stage::is_stored`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    /// Known, nothing done. With a digest known for this version it goes on to
    /// [`Stage::CheckingDuplicate`]; only a miss asks for the original.
    Discovered,
    /// The original is only in the cloud: space is reserved, then it is downloaded into staging.
    AwaitingOriginal,
    /// The original is read and hashed.
    Checksumming,
    /// The vault is asked whether it has these bytes.
    CheckingDuplicate {
        /// Where the bytes are, if we hold them.
        bytes: Bytes,
    },
    /// The bytes are going to the vault.
    Uploading {
        /// Where the bytes are.
        bytes: Bytes,
    },
    /// The vault has the bytes, or says so: `confirm` looks, and the record is made durable.
    Verifying {
        /// Where the bytes are, if we still hold them.
        bytes: Bytes,
        /// Who sent them.
        origin: Origin,
    },
    /// Backing off; then the same step again.
    Waiting(Waiting),
    /// Safe: we sent it, and the vault confirmed it.
    BackedUp,
    /// Safe: the vault had it already, verified; it was not sent.
    Duplicate,
    /// Safe in this vault, and deleted from the phone on the user's word.
    Freed,
    /// Neither the library nor the vault shows it, and the vault had it: an alarm.
    Lost,
    /// Given up on until the user retries it.
    Quarantined(Fault),
    /// Out of sight, not gone: limited access, or its volume is away.
    Hidden,
    /// Gone from a library to which we have full access.
    Closed,
    /// Outside the albums, folders or kinds that the user chose.
    Excluded,
    /// The user said `forget`: a tombstone names its digest.
    Forgotten,
}

/// Where a resource's bytes are, besides in the photo library.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Bytes {
    /// Nowhere of ours: the original is read again when it is needed.
    InLibrary,
    /// In staging, downloaded, this many bytes on disk.
    Staged(u64),
    /// Written to the vault's own staging while they were hashed. Does not survive the run.
    Teed,
    /// Handed to the OS as a transfer that goes on without us; staged, this many bytes.
    WithOs(u64),
}

impl Bytes {
    /// What is left of it in the next run.
    #[must_use]
    pub fn after_restart(self) -> Bytes {
        match self {
            Bytes::Teed => Bytes::InLibrary,
            other => other,
        }
    }

    /// The bytes that occupy our staging.
    pub fn staged(self) -> u64 {
        match self {
            Bytes::Staged(bytes) | Bytes::WithOs(bytes) => bytes,
            Bytes::InLibrary | Bytes::Teed => 0,
        }
    }
}

/// Who sent the bytes that the vault holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Origin {
    /// This device, now.
    Sent,
    /// The vault had them: another device, an older app, an earlier run.
    AlreadyThere,
}

/// A resource that backs off, alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// When it is tried again; [`Elapsed`]`(u64::MAX)` waits for a condition, not for time.
    pub due: Elapsed,
    /// How often the item itself has failed.
    pub attempt: u8,
    /// Bytes moved in attempts that failed: the retry budget counts these too.
    pub wasted: u64,
    /// Why.
    pub why: Why,
    /// Where the bytes are, if we hold them.
    pub bytes: Bytes,
}

/// Why one item waits by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Why {
    /// An attempt failed for this reason; it is tried again after a back-off.
    Failed(Fault),
    /// Larger than what fits above the reserve, now or at this device.
    NeedsMoreSpace,
    /// Larger than a whole day's budget of metered data.
    NeedsUnmetered,
    /// The background windows that the OS grants end before it does.
    NeedsLongerWindow,
    /// The library has it not in its last form yet: a stand-in (a photo proxy), or a file that is still
    /// being written. It is tried again in a moment, and nothing counts against it.
    NotFinal,
    /// It met what this hold tells of, in work that the hold does not stop; it is tried again in a
    /// moment.
    Held(Hold),
}

/// What went wrong with an item itself. Shown with the item's name; never a string.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Fault {
    /// The original may not be read (permissions on the file).
    Unreadable,
    /// Reading failed: an IO error of the source's disk.
    ReadFailed,
    /// The file kept changing while it was read.
    KeepsChanging,
    /// The library lists it and cannot serve it.
    OriginalMissing,
    /// iCloud could not deliver it.
    DownloadFailed,
    /// The download ended early, or delivered other bytes than it announced.
    DownloadIncomplete,
    /// The vault refused it (a name, a size, a policy).
    Refused,
    /// Sending failed.
    UploadFailed,
    /// The vault says it has it and then cannot show it.
    VerifyFailed,
    /// Bytes sent are not the bytes hashed.
    DigestMismatch,
    /// Under way at many unclean ends in a row, the last of them alone.
    Crashed,
    /// The host broke its contract for this item (answered twice, an unknown id, nothing).
    HostFault,
}

impl Stage {
    /// Whether everything about this resource is done, and well.
    pub fn is_safe(self) -> bool {
        matches!(self, Stage::BackedUp | Stage::Duplicate | Stage::Freed)
    }

    /// Whether the machine has work to do for it, now or later.
    pub fn is_pending(self) -> bool {
        !self.is_at_rest()
    }

    /// Whether it stays as it is until a fact about the library, the vault or the user changes it.
    pub fn is_at_rest(self) -> bool {
        self.is_safe()
            || matches!(
                self,
                Stage::Lost
                    | Stage::Quarantined(_)
                    | Stage::Hidden
                    | Stage::Closed
                    | Stage::Excluded
                    | Stage::Forgotten
            )
    }

    /// Whether the catalog must know it: redoing it would cost bytes, or it is a resting place.
    /// What is not stored is stored as [`Stage::Discovered`], with the digest beside it.
    pub fn is_stored(self) -> bool {
        match self {
            Stage::AwaitingOriginal | Stage::Checksumming => false,
            Stage::CheckingDuplicate { bytes }
            | Stage::Uploading { bytes }
            | Stage::Verifying { bytes, .. } => bytes.staged() > 0,
            _ => true,
        }
    }

    /// Where the bytes are, in the stages that know.
    pub fn bytes(self) -> Bytes {
        match self {
            Stage::CheckingDuplicate { bytes }
            | Stage::Uploading { bytes }
            | Stage::Verifying { bytes, .. }
            | Stage::Waiting(Waiting { bytes, .. }) => bytes,
            _ => Bytes::InLibrary,
        }
    }

    /// The class it is counted in.
    pub fn class(self) -> Class {
        match self {
            Stage::BackedUp => Class::BackedUp,
            Stage::Duplicate => Class::Duplicate,
            Stage::Freed => Class::Freed,
            Stage::Lost => Class::Lost,
            Stage::Waiting(waiting) => Class::Waiting(waiting.why),
            Stage::Quarantined(fault) => Class::Quarantined(fault),
            Stage::Hidden => Class::Hidden,
            Stage::Closed => Class::Closed,
            Stage::Excluded => Class::Excluded,
            Stage::Forgotten => Class::Forgotten,
            _ => Class::Pending,
        }
    }
}

/// What `status()` counts apart: *total = safe + pending + waiting + quarantined + lost*, always
/// exactly. Closed, excluded and forgotten ones are outside, each counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Class {
    /// To be done, or under way.
    Pending,
    /// Waits by itself, for this reason.
    Waiting(Why),
    /// Out of sight: a reason to wait, not an end.
    Hidden,
    /// Given up on for this reason until the user retries it.
    Quarantined(Fault),
    /// Safe: sent.
    BackedUp,
    /// Safe: was there.
    Duplicate,
    /// Safe, and deleted from the phone.
    Freed,
    /// Neither in the library nor in the vault, which had it.
    Lost,
    /// Outside the total: gone from the library.
    Closed,
    /// Outside the total: not chosen.
    Excluded,
    /// Outside the total: the user said forget.
    Forgotten,
}

impl Class {
    /// Whether it is part of the total that is to become safe.
    pub fn is_inside(self) -> bool {
        !matches!(self, Class::Closed | Class::Excluded | Class::Forgotten)
    }

    /// Whether it may still be worked on.
    pub fn is_unfinished(self) -> bool {
        matches!(self, Class::Pending | Class::Waiting(_))
    }

    /// Whether it is safe.
    pub fn is_safe(self) -> bool {
        matches!(self, Class::BackedUp | Class::Duplicate | Class::Freed)
    }
}

/// The bytes that a size counts for in sums, and whether that is exact. A size that is only hinted
/// counts as zero bytes and is marked, until it is learned.
pub fn counted_bytes(size: Size) -> (u64, bool) {
    match size {
        Size::Exact(bytes) => (bytes, true),
        Size::Hinted { .. } => (0, false),
    }
}
