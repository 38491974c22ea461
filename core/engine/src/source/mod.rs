//! The port through which a host serves its photo library.
//!
//! Calls are synchronous "please do" calls on a thread of the engine's own; each may do its work
//! before it returns (the desktop) or return at once and go on from a thread of the host's (the
//! phones): the object that it is given ([`Pages`], [`Pour`]) carries the answer, and dropping it
//! unanswered is an answer too. Nothing here is generic and no closure crosses, so that it fits
//! through a language binding.

mod pages;
mod pour;

use keepsake_machine::event::Disappearance;
use keepsake_machine::media::{Access, AssetId, EffectId, ResourceId, Role, Version};
use keepsake_vault::files::Space;
use std::fs::File;

pub(crate) use pages::PageSink;
pub use pages::{Pages, ScanStopped};
pub use pour::Pour;
pub(crate) use pour::Verdict;

/// A photo library.
pub trait Source: Send + Sync {
    /// Walks the library and gives every asset to `pages`, then calls [`Pages::finished`].
    /// Pages hold at most 1,000 assets. A failure that ends the walk early is the error: what was
    /// seen so far counts, what was not seen is not taken for deleted.
    fn scan(&self, pages: Pages) -> Result<(), Refusal>;

    /// Opens a [`Access::Seekable`] original for reading from its start. Never follows a link out
    /// of the library, never blocks on something that is no file.
    fn open(&self, original: &Original) -> Result<Opened, Refusal>;

    /// The version of what `opened` reads (an `fstat`, not a look at the name): asked after the
    /// last byte was read. The same as the scan's for the same unchanged bytes.
    fn version(&self, original: &Original, opened: &Opened) -> Result<Version, Refusal>;

    /// Pours an [`Access::Poured`] original, or one from the cloud, into `pour`, and ends with
    /// [`Pour::finished`]. `network` says whether it may be downloaded; if it may not and must be,
    /// the answer is [`Refusal::NetworkNeeded`].
    fn pour(&self, original: &Original, network: bool, pour: Pour) -> Result<(), Refusal> {
        let _ = (original, network, pour);
        Err(Refusal::Unsupported)
    }

    /// Hands a staged file to the OS as a transfer that goes on without us.
    fn hand_over(&self, id: EffectId, ticket: &Ticket) -> Result<(), Refusal> {
        let _ = (id, ticket);
        Err(Refusal::Unsupported)
    }

    /// Cancels the OS's transfer of this resource; its end is told as a fact.
    fn cancel_transfer(&self, resource: ResourceId) -> Result<(), Refusal> {
        let _ = resource;
        Err(Refusal::Unsupported)
    }

    /// How full the phone is, as its OS counts it; `None`: as the volume of the state folder says.
    fn space(&self) -> Option<Space> {
        None
    }

    /// Re-reads the versions of these assets, then opens the OS's own dialog for deleting them.
    /// The answer is [`crate::HostFact::FreeUpAnswered`].
    fn propose(&self, proposal: &Deletion) -> Result<(), Refusal> {
        let _ = proposal;
        Err(Refusal::Unsupported)
    }
}

/// One file of the library, as the catalog knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Original {
    /// The catalog's id.
    pub resource: ResourceId,
    /// What the scan called it ([`keepsake_catalog::seen::SeenResource::local_id`]).
    pub local_id: Vec<u8>,
    /// What it is to its asset.
    pub role: Role,
    /// How it is served.
    pub access: Access,
    /// The version that we work on.
    pub version: Version,
    /// Bytes, where they are known exactly.
    pub size: Option<u64>,
}

/// An original that is open.
#[derive(Debug)]
pub enum Opened {
    /// A file, at its start.
    File(File),
}

/// A signed request that the OS can perform without us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// Whose bytes.
    pub resource: ResourceId,
    /// The staged file to send.
    pub file: std::path::PathBuf,
    /// `PUT` or `POST`.
    pub method: String,
    /// Where to.
    pub url: String,
    /// Header fields, in order.
    pub headers: Vec<(String, String)>,
    /// Whether it may go over a metered network: to be fixed with the transfer.
    pub metered: bool,
}

/// What the user is asked to let go, in the host's own identifiers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deletion {
    /// Echoed by the answer.
    pub id: keepsake_machine::effect::ProposalId,
    /// The assets.
    pub assets: Vec<Doomed>,
    /// Bytes that deleting gives back.
    pub frees: u64,
}

/// One asset that the user is asked to let go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doomed {
    /// The catalog's id, echoed by the answer.
    pub asset: AssetId,
    /// What the scan called it.
    pub local_id: Vec<u8>,
    /// Its resources, by local id, and the versions that they must still have.
    pub resources: Vec<(Vec<u8>, Version)>,
}

/// Why a host did not serve something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is in the cloud, and the network was not allowed.
    #[error("the original is in the cloud")]
    NetworkNeeded,
    /// It left the library, or its volume is away.
    #[error("it is no longer there")]
    Gone(Disappearance),
    /// Another version is there than the one we asked for.
    #[error("it has changed")]
    Changed,
    /// It is not in its last form yet: a stand-in, or still being written.
    #[error("it is not final yet")]
    NotFinal,
    /// This file may not be read.
    #[error("it may not be read")]
    Unreadable,
    /// Reading failed: the source's disk has an error there.
    #[error("reading failed")]
    ReadFailed,
    /// The cloud could not deliver it.
    #[error("the cloud could not deliver it")]
    DownloadFailed,
    /// The library lists it and cannot serve it.
    #[error("the library cannot serve it")]
    OriginalMissing,
    /// We have no permission for the library.
    #[error("no permission for the library")]
    NoAccess,
    /// The device is locked.
    #[error("the device is locked")]
    DeviceLocked,
    /// The network went away.
    #[error("no network")]
    Offline,
    /// Different items fail alike: the library, or the volume it is on, is unwell.
    #[error("the library does not answer")]
    SourceUnavailable,
    /// This host has no such thing.
    #[error("not supported here")]
    Unsupported,
    /// It stopped because it was told to.
    #[error("stopped")]
    Stopped,
}
