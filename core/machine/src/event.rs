//! Events: facts, in the past tense. All that ever happened to the machine.

use crate::effect::{Proposal, ProposalId, RefillId};
use crate::media::{AssetId, EffectId, ResourceId, Run, Version};
use crate::row::Row;
use crate::settings::{Settings, Vault};
use crate::status::Counts;
use crate::time::Elapsed;
use serde::{Deserialize, Serialize};

pub use crate::answer::{Answer, Disappearance, Finding, PutOutcome, Trouble};

/// Something happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// The engine started; `run` is durable. The first event of every run.
    Started {
        /// This start's number.
        run: Run,
    },
    /// Time passed. Fires the deadlines that are due and nothing else.
    Tick,

    // The phone.
    /// The network changed.
    NetworkChanged(Network),
    /// Battery, charger, power saver or temperature changed.
    PowerChanged(Power),
    /// Permission for the library changed.
    AccessChanged(LibraryAccess),
    /// The device was locked before its first unlock, or unlocked.
    LockChanged {
        /// Whether protected files cannot be read.
        locked: bool,
    },
    /// Free space was read, because the machine asked (`asked` echoes the request) or because it
    /// changed (`None`).
    DiskRead {
        /// Which [`crate::Effect::ReadDisk`] this answers.
        asked: Option<u64>,
        /// Bytes that we may use up, on the volume of the staging folder.
        available: u64,
        /// The volume's size in bytes.
        total: u64,
    },
    /// The OS opened a window for background work, or the app came to the foreground (`None`).
    WindowOpened {
        /// How long it is expected to last.
        lasts: Option<std::time::Duration>,
    },
    /// The window is about to end: stop what we do ourselves.
    WindowEnding,

    // The user.
    /// The user paused.
    UserPaused,
    /// The user resumed.
    UserResumed,
    /// The user changed the settings.
    SettingsChanged(Settings),
    /// The user wants quarantined items tried again; the catalog has settled their rows.
    RetryRequested,
    /// The user chose another destination: transfers of the old one are cancelled, the catalog has
    /// switched, and nothing known is forgotten.
    DestinationChanged(Vault),

    // The vault.
    /// The vault answered a probe, or an operation told how it is.
    VaultChanged(VaultHealth),

    // The catalog.
    /// The rows for a [`crate::Effect::Refill`].
    Refilled {
        /// Which refill this answers.
        id: RefillId,
        /// Rows to admit, in the order of admission.
        rows: Vec<Row>,
        /// When the next waiting row is due, if any waits for time.
        next_due: Option<Elapsed>,
        /// Whether rows that were asked for may be left in the catalog.
        more: bool,
    },
    /// Counters after a transaction: exact for what is stored. Told whenever they changed, and after
    /// every transaction that brought a resource to rest or to a wait, whether they did or not.
    Counted(Counts),
    /// The engine could not write: nothing of the last batch was performed.
    CatalogFailed,

    // The library.
    /// A scan began.
    ScanStarted,
    /// A scan ended and its rows are stored; new or changed ones may be waiting.
    ScanFinished {
        /// Whether anything changed.
        changed: bool,
    },
    /// The version of a resource that is under way is no longer the one that we work on.
    VersionChanged {
        /// Whose.
        resource: ResourceId,
        /// The row as it is now.
        row: Box<Row>,
    },
    /// A resource that is under way left the library.
    Disappeared {
        /// Whose.
        resource: ResourceId,
        /// Gone, or only out of our sight.
        how: Disappearance,
    },

    /// A row that is not under way was settled, and its stage no longer names the original that it
    /// had in staging ([`crate::settle::left_in_staging`]).
    StagingLeft {
        /// Whose.
        resource: ResourceId,
    },

    // Answers about one resource's long effect.
    /// The answer to an effect.
    Answered {
        /// Which effect.
        id: EffectId,
        /// What came of it.
        answer: Answer,
    },
    /// Bytes of an effect that is under way landed on disk or left for the vault, in all.
    Progressed {
        /// Which effect.
        id: EffectId,
        /// Bytes so far.
        bytes: u64,
    },

    // What the OS owns.
    /// The OS says that this transfer survived, at the start of a run.
    TransferFound {
        /// Whose.
        resource: ResourceId,
    },
    /// The OS finished a transfer.
    TransferFinished {
        /// Whose.
        resource: ResourceId,
        /// How it ended.
        outcome: TransferOutcome,
    },
    /// The host has named all transfers that it knows of.
    TransfersReported,

    // Free up space.
    /// The user wants to free space.
    FreeUpRequested {
        /// Most bytes that are wanted; `None`: as many as can be.
        wanted: Option<u64>,
    },
    /// The catalog's candidates: own-library assets, all of whose resources are safe and local.
    FreeUpCandidates {
        /// Which proposal is being made.
        id: ProposalId,
        /// The assets, with what is to be confirmed at the vault.
        assets: Vec<Candidate>,
    },
    /// The vault was asked again about the candidates.
    FreeUpConfirmed {
        /// Which proposal.
        id: ProposalId,
        /// Those of which every resource is there, live.
        assets: Vec<AssetId>,
    },
    /// The user answered the OS's own dialog, or the host found that versions had changed.
    FreeUpAnswered {
        /// Which proposal.
        id: ProposalId,
        /// The assets that were deleted.
        deleted: Vec<AssetId>,
    },
    /// A proposal that was stored before a kill, and its answer was lost.
    ProposalRestored(Proposal),
    /// The library says that deleted photos were recovered.
    PhotosRecovered,
}

impl Event {
    /// The event's name, for logs and tables.
    pub fn name(&self) -> &'static str {
        match self {
            Event::Started { .. } => "Started",
            Event::Tick => "Tick",
            Event::NetworkChanged(_) => "NetworkChanged",
            Event::PowerChanged(_) => "PowerChanged",
            Event::AccessChanged(_) => "AccessChanged",
            Event::LockChanged { .. } => "LockChanged",
            Event::DiskRead { .. } => "DiskRead",
            Event::WindowOpened { .. } => "WindowOpened",
            Event::WindowEnding => "WindowEnding",
            Event::UserPaused => "UserPaused",
            Event::UserResumed => "UserResumed",
            Event::SettingsChanged(_) => "SettingsChanged",
            Event::RetryRequested => "RetryRequested",
            Event::DestinationChanged(_) => "DestinationChanged",
            Event::VaultChanged(_) => "VaultChanged",
            Event::Refilled { .. } => "Refilled",
            Event::Counted(_) => "Counted",
            Event::CatalogFailed => "CatalogFailed",
            Event::ScanStarted => "ScanStarted",
            Event::ScanFinished { .. } => "ScanFinished",
            Event::VersionChanged { .. } => "VersionChanged",
            Event::Disappeared { .. } => "Disappeared",
            Event::StagingLeft { .. } => "StagingLeft",
            Event::Answered { .. } => "Answered",
            Event::Progressed { .. } => "Progressed",
            Event::TransferFound { .. } => "TransferFound",
            Event::TransferFinished { .. } => "TransferFinished",
            Event::TransfersReported => "TransfersReported",
            Event::FreeUpRequested { .. } => "FreeUpRequested",
            Event::FreeUpCandidates { .. } => "FreeUpCandidates",
            Event::FreeUpConfirmed { .. } => "FreeUpConfirmed",
            Event::FreeUpAnswered { .. } => "FreeUpAnswered",
            Event::ProposalRestored(_) => "ProposalRestored",
            Event::PhotosRecovered => "PhotosRecovered",
        }
    }
}

/// The network as it is now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Network {
    /// The internet can be reached (validated, no captive portal).
    pub online: bool,
    /// Costs by the byte: cellular, a hotspot, a VPN over either. Never "is it Wi-Fi?".
    pub metered: bool,
    /// Abroad.
    pub roaming: bool,
}

impl Network {
    /// Home Wi-Fi, or a desktop's Ethernet.
    pub const UNMETERED: Network = Network { online: true, metered: false, roaming: false };
    /// Mobile data at home.
    pub const METERED: Network = Network { online: true, metered: true, roaming: false };
    /// None.
    pub const OFFLINE: Network = Network { online: false, metered: false, roaming: false };
}

/// Power and heat as they are now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Power {
    /// On a charger.
    pub charging: bool,
    /// Percent, 0 to 100.
    pub battery: u8,
    /// The OS's power saver.
    pub saver: bool,
    /// The OS asks to do less: serious or critical.
    pub hot: bool,
}

impl Power {
    /// A desktop, or a phone on its charger.
    pub const MAINS: Power = Power { charging: true, battery: 100, saver: false, hot: false };
}

/// What we may see of the photo library.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum LibraryAccess {
    /// Everything.
    Full,
    /// What the user picked: what is not visible is not deleted.
    Limited,
    /// Nothing, or photos only with their location stripped (Android).
    Denied,
}

/// How the vault is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum VaultHealth {
    /// It answers. `room` is what it can take above its reserve, where it tells.
    Up {
        /// Bytes; `None` where the vault does not tell.
        room: Option<u64>,
    },
    /// It does not answer, or is not the one we know.
    Unavailable,
    /// It has no room.
    Full,
    /// It wants a sign-in.
    SignedOut,
    /// The user signed in.
    SignedIn,
}

/// How a transfer of the OS ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum TransferOutcome {
    /// The store took it.
    Delivered,
    /// It failed, or its conditions ran out.
    Failed {
        /// Bytes that were moved in vain.
        wasted: u64,
    },
    /// The user's or our own cancel, a force-quit.
    Cancelled,
}

/// An asset that might be freed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// The asset.
    pub asset: AssetId,
    /// Its resources with the versions that were backed up.
    pub resources: Vec<(ResourceId, Version)>,
    /// Bytes that deleting it gives back on this phone; an estimate where sizes are.
    pub bytes: u64,
    /// Whether it is only partly on the phone: then it frees less than its size.
    pub local: bool,
}
