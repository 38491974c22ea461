//! What only the host can know, told whenever it changes.

use keepsake_engine::HostFact;
use keepsake_machine::effect::ProposalId;
use keepsake_machine::event::{LibraryAccess, Network, Power, TransferOutcome};
use keepsake_machine::media::{AssetId, ResourceId};
use std::time::Duration;

/// A fact about the phone. At the start a host tells network, power, access and lock, then the OS's
/// transfers, and at last its window.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum Fact {
    /// The network changed. `metered`: it costs by the byte (never "is it Wi-Fi?").
    Network {
        /// The internet can be reached.
        online: bool,
        /// Cellular, a hotspot, a VPN over either.
        metered: bool,
        /// Abroad.
        roaming: bool,
    },
    /// Battery, charger, power saver or temperature changed.
    Power {
        /// On a charger.
        charging: bool,
        /// Percent, 0 to 100.
        battery: u8,
        /// The OS's power saver.
        saver: bool,
        /// The OS asks to do less: serious or critical.
        hot: bool,
    },
    /// Permission for the library changed.
    LibraryAccess {
        /// What we may see.
        access: Permission,
    },
    /// Protected files cannot be read (before the first unlock), or can.
    Locked {
        /// Whether they cannot.
        locked: bool,
    },
    /// Free space may have changed: it is read.
    SpaceChanged,
    /// The library may have changed: it is scanned.
    LibraryChanged,
    /// The OS opened a window for background work, or the app is in front (`None`).
    WindowOpened {
        /// How long it lasts.
        lasts: Option<Duration>,
    },
    /// The window is about to end.
    WindowEnding,
    /// A transfer that the OS owns survived.
    TransferFound {
        /// Whose bytes it sends.
        resource: i64,
    },
    /// A transfer that the OS owns ended.
    TransferFinished {
        /// Whose bytes it sent.
        resource: i64,
        /// How.
        outcome: Outcome,
    },
    /// All transfers were named.
    TransfersReported,
    /// The user answered the OS's own dialog about this proposal.
    FreeUpAnswered {
        /// The proposal.
        proposal: u64,
        /// The assets that were deleted.
        deleted: Vec<i64>,
    },
    /// The user has signed in at the vault: it takes our requests again.
    SignedIn,
    /// The library says that deleted photos were recovered.
    PhotosRecovered,
}

/// What we may see of the photo library.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum Permission {
    /// All of it.
    Full,
    /// What the user picked: the rest is out of sight, not gone.
    Limited,
    /// Nothing.
    Denied,
}

/// How a transfer of the OS ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum Outcome {
    /// The store took it.
    Delivered,
    /// It failed, or its conditions ran out.
    Failed {
        /// Bytes that were moved in vain.
        wasted: u64,
    },
    /// It was cancelled: by us, by the user, by a force-quit.
    Cancelled,
}

impl From<Permission> for LibraryAccess {
    fn from(permission: Permission) -> LibraryAccess {
        match permission {
            Permission::Full => LibraryAccess::Full,
            Permission::Limited => LibraryAccess::Limited,
            Permission::Denied => LibraryAccess::Denied,
        }
    }
}

impl From<Outcome> for TransferOutcome {
    fn from(outcome: Outcome) -> TransferOutcome {
        match outcome {
            Outcome::Delivered => TransferOutcome::Delivered,
            Outcome::Failed { wasted } => TransferOutcome::Failed { wasted },
            Outcome::Cancelled => TransferOutcome::Cancelled,
        }
    }
}

impl From<Fact> for HostFact {
    fn from(fact: Fact) -> HostFact {
        match fact {
            Fact::Network { online, metered, roaming } => {
                HostFact::Network(Network { online, metered, roaming })
            }
            Fact::Power { charging, battery, saver, hot } => {
                HostFact::Power(Power { charging, battery, saver, hot })
            }
            Fact::LibraryAccess { access } => HostFact::Access(access.into()),
            Fact::Locked { locked } => HostFact::Locked(locked),
            Fact::SpaceChanged => HostFact::SpaceChanged,
            Fact::LibraryChanged => HostFact::LibraryChanged,
            Fact::WindowOpened { lasts } => HostFact::WindowOpened(lasts),
            Fact::WindowEnding => HostFact::WindowEnding,
            Fact::TransferFound { resource } => HostFact::TransferFound(ResourceId(resource)),
            Fact::TransferFinished { resource, outcome } => {
                HostFact::TransferFinished(ResourceId(resource), outcome.into())
            }
            Fact::TransfersReported => HostFact::TransfersReported,
            Fact::FreeUpAnswered { proposal, deleted } => {
                let deleted = deleted.into_iter().map(AssetId).collect();
                HostFact::FreeUpAnswered(ProposalId(proposal), deleted)
            }
            Fact::SignedIn => HostFact::SignedIn,
            Fact::PhotosRecovered => HostFact::PhotosRecovered,
        }
    }
}
