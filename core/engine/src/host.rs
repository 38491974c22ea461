//! What only the host can know, told with [`crate::Engine::tell`] whenever it changes.

use keepsake_machine::effect::ProposalId;
use keepsake_machine::event::{LibraryAccess, Network, Power, TransferOutcome};
use keepsake_machine::media::{AssetId, ResourceId};
use std::time::Duration;

/// A fact about the phone. At the start a host tells the first four; one that has no such notion
/// (a desktop has no lock) tells the constant ([`Network::UNMETERED`], [`Power::MAINS`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostFact {
    /// The network changed.
    Network(Network),
    /// Battery, charger, power saver or temperature changed.
    Power(Power),
    /// Permission for the library changed.
    Access(LibraryAccess),
    /// Protected files cannot be read (before the first unlock), or can.
    Locked(bool),
    /// Free space may have changed: the engine reads it.
    SpaceChanged,
    /// The library may have changed: the engine scans it. A hint; a scan is the truth.
    LibraryChanged,
    /// The OS opened a window for background work, or the app is in front (`None`).
    WindowOpened(Option<Duration>),
    /// The window is about to end.
    WindowEnding,
    /// A transfer that the OS owns survived.
    TransferFound(ResourceId),
    /// A transfer that the OS owns ended.
    TransferFinished(ResourceId, TransferOutcome),
    /// All transfers were named.
    TransfersReported,
    /// The user answered the OS's own dialog about this proposal: these assets were deleted.
    FreeUpAnswered(ProposalId, Vec<AssetId>),
    /// The user has signed in at the vault: it takes our requests again.
    SignedIn,
    /// The library says that deleted photos were recovered.
    PhotosRecovered,
}
