//! Effects: orders, imperative. All that the machine ever asks for.

use crate::event::Candidate;
use crate::media::{AssetId, Digest, EffectId, Locality, Media, ResourceId, Version};
use crate::row::Position;
use crate::stage::Stage;
use crate::status::Notice;
use crate::time::Elapsed;
use serde::{Deserialize, Serialize};

/// Do this. Every effect is idempotent: a kill repeats one and never loses one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Effect {
    /// Store this. All of a batch are one transaction; only then are the others performed.
    Persist {
        /// Sync it: it must not roll back in a power cut.
        durable: bool,
        /// What to store.
        change: Change,
    },
    /// Bring rows; answered by [`crate::Event::Refilled`].
    Refill(Want),
    /// Scan the library; answered by [`crate::Event::ScanFinished`].
    Scan,
    /// Read the free space; answered by [`crate::Event::DiskRead`] with this number.
    ReadDisk {
        /// Echoed by the answer: only a reading asked for after bytes landed has seen them.
        asked: u64,
    },
    /// See how the vault is; answered by [`crate::Event::VaultChanged`].
    ProbeVault,

    // Long effects of one resource. Each is answered by `Answered` with this id.
    /// Have the host pour the original from the cloud into staging, hashing as it lands.
    Download {
        /// The effect.
        id: EffectId,
        /// Most bytes that may land; then it waits and says so ([`crate::event::Answer::Outgrown`]).
        /// The same effect, issued once more while it is under way, raises the limit.
        at_most: u64,
    },
    /// Read and hash the original.
    Checksum {
        /// The effect.
        id: EffectId,
        /// Whether the vault's staging may be written in the same pass.
        tee: bool,
        /// Find out where it is: open it with the network disallowed.
        probe: bool,
    },
    /// Ask the vault whether it has these bytes.
    Find {
        /// The effect.
        id: EffectId,
        /// The bytes.
        digest: Digest,
        /// Tell apart hits that may stand for another asset's resource from those that may not.
        deduplicated: bool,
    },
    /// Send the bytes, or commit what was teed.
    Upload {
        /// The effect.
        id: EffectId,
        /// What must arrive.
        digest: Digest,
        /// Where the bytes are.
        from: crate::stage::Bytes,
    },
    /// Hand the upload to the OS as a ticket.
    HandOver {
        /// The effect.
        id: EffectId,
        /// What must arrive.
        digest: Digest,
        /// Whether the OS may send it over a metered network: fixed when it is handed over.
        metered: bool,
    },
    /// Look at the vault (file and size), and make the record durable.
    Verify {
        /// The effect.
        id: EffectId,
        /// What must be there.
        digest: Digest,
    },
    /// Stop this within 1 MiB; it is answered all the same (with `Stopped`, or what it came to).
    Cancel {
        /// The effect.
        id: EffectId,
    },
    /// Cancel the OS's transfer of this resource.
    CancelTransfer {
        /// Whose.
        resource: ResourceId,
    },
    /// Delete the staged original of this resource.
    Evict {
        /// Whose.
        resource: ResourceId,
    },
    /// Drop what was teed into the vault's staging, or an unfinished upload.
    Abandon {
        /// Whose.
        resource: ResourceId,
    },
    /// Close the open group: a pause or a window's end must not leave it waiting.
    Flush,

    // Free up space.
    /// Bring assets that might be freed; answered by `FreeUpCandidates`.
    ListFreeable {
        /// For which proposal.
        id: ProposalId,
        /// Most bytes that are wanted.
        wanted: Option<u64>,
    },
    /// Ask the vault again about these; answered by `FreeUpConfirmed`.
    ConfirmFreeable {
        /// For which proposal.
        id: ProposalId,
        /// The candidates.
        assets: Vec<AssetId>,
    },
    /// Show the proposal: re-read the versions, then open the OS's own dialog.
    Propose(Proposal),

    /// Tell the user, or the log.
    Notify(Notice),
}

/// What the catalog stores for the machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    /// A resource came to this stage, for the active vault.
    Stage {
        /// Whose.
        resource: ResourceId,
        /// Where it is now.
        stage: Stage,
    },
    /// These bytes are this version's: bound before anything is sent.
    Digest {
        /// Whose.
        resource: ResourceId,
        /// Of which version.
        version: Version,
        /// The checksum.
        digest: Digest,
    },
    /// The locality of this version was found out.
    Locality {
        /// Whose.
        resource: ResourceId,
        /// Of which version.
        #[serde(default)] // recorded without it before
        version: Version,
        /// Where the original is.
        locality: Locality,
    },
    /// A transfer is the OS's now, or is no longer.
    Transfer {
        /// Whose.
        resource: ResourceId,
        /// Whether the OS has it.
        with_os: bool,
    },
    /// The user freed this asset, in the active vault.
    Freed {
        /// The asset.
        asset: AssetId,
    },
    /// A part of the session.
    Session(Part),
}

/// The parts of the session that survive a kill. Each is stored under its [`Part::key`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Part {
    /// The clock of [`crate::time::Clock`].
    Clock(crate::time::Clock),
    /// Whether the user paused.
    UserHold(bool),
    /// Which resources are under way, and at how many unclean ends in a row each was.
    Admissions(Vec<crate::session::admissions::Admitted>),
    /// The count of admissions, for fairness.
    Fairness(u64),
    /// Learned sizes.
    Learned(crate::session::estimate::Learned),
    /// The day's use of metered data.
    Ledger(crate::session::budget::Ledger),
    /// How the vault's and the source's back-offs stand.
    Backoffs(crate::session::backoff::Backoffs),
    /// Where the migration is.
    Migration(crate::session::migration::Migration),
    /// Whether an original was ever found to be only in the cloud.
    Cloud(bool),
    /// When something was last made safe.
    Alarm(crate::session::alarm::Alarm),
    /// The open proposal, if any.
    Proposal(Option<Proposal>),
}

impl Part {
    /// The name it is stored under; one value each.
    pub fn key(&self) -> &'static str {
        match self {
            Part::Clock(_) => "clock",
            Part::UserHold(_) => "user_hold",
            Part::Admissions(_) => "admissions",
            Part::Fairness(_) => "fairness",
            Part::Learned(_) => "learned",
            Part::Ledger(_) => "ledger",
            Part::Backoffs(_) => "backoffs",
            Part::Migration(_) => "migration",
            Part::Cloud(_) => "cloud",
            Part::Alarm(_) => "alarm",
            Part::Proposal(_) => "proposal",
        }
    }
}

/// Names one refill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RefillId(pub u64);

/// The rows that the machine has a use for. The catalog answers from indexes, whatever the size of
/// the library.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Want {
    /// Echoed by the answer.
    pub id: RefillId,
    /// The permitted classes. A row is brought when one of them takes it.
    pub classes: Vec<WantClass>,
    /// Most rows to bring from the newest on; only older than this position, where given.
    pub newest: u32,
    /// Continue the newest-first walk below here; `None` starts at the newest.
    pub below: Option<Position>,
    /// Most rows to bring from the oldest on; only newer than this position, where given.
    pub oldest: u32,
    /// Continue the oldest-first walk above here; `None` starts at the oldest.
    pub above: Option<Position>,
    /// Waiting rows due by now are brought before all others.
    pub due: Elapsed,
    /// After them those that wait for a condition (due at `Elapsed(u64::MAX)`), by id, beyond this
    /// one; `None` leaves them alone. With those that are due at most `newest + oldest`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recall: Option<ResourceId>,
    /// These exactly, first: what a kill left under way.
    pub exactly: Vec<ResourceId>,
    /// Not these: they are under way.
    pub skip: Vec<ResourceId>,
}

/// One class of rows that may be admitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WantClass {
    /// Photos or videos.
    pub media: Media,
    /// Local, cloud or unknown.
    pub locality: Locality,
    /// With a digest known for its version (needs no original before a miss), or staged.
    pub digest_known: bool,
    /// Largest exact size, in bytes; hinted sizes are brought whatever they are.
    pub at_most: Option<u64>,
}

/// Names one proposal to free space.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProposalId(pub u64);

/// What the user is asked to let go: durable before it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// Its id.
    pub id: ProposalId,
    /// The assets, each with the versions that must still be there just before deleting.
    pub assets: Vec<Candidate>,
    /// It may not be acted on after this (ten minutes).
    pub expires: Elapsed,
    /// Bytes that deleting gives back.
    pub frees: u64,
}
