//! Answers: what a long effect of one resource came to.

use crate::hold::Hold;
use crate::media::Digest;
use crate::stage::Fault;
use serde::{Deserialize, Serialize};

/// What a resource's effect came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// The download landed: synced, hashed, complete (poured *and* the pipe's end).
    Downloaded(Digest),
    /// The original was read and hashed.
    Checksummed {
        /// Its digest.
        digest: Digest,
        /// Whether the bytes are in the vault's staging too.
        teed: bool,
    },
    /// The original is not on the phone: network needed. Makes an unknown locality `Cloud`.
    NetworkNeeded,
    /// The vault was asked for the digest.
    Found(Finding),
    /// The bytes are in the vault, committed (or were there when we came to commit).
    Put(PutOutcome),
    /// The vault showed file and size, and the record is durable.
    Confirmed,
    /// The vault does not show it.
    NotConfirmed,
    /// Handed to the OS.
    HandedOver,
    /// It stopped because it was told to; nothing is under way any more.
    Stopped,
    /// It failed because of the item itself.
    Failed {
        /// Why.
        fault: Fault,
        /// Bytes that were moved in vain.
        wasted: u64,
    },
    /// It failed because of something that is not the item's fault; a hold says what.
    Held(Trouble),
    /// The bytes are not those of the version that we work on: they changed while being read.
    Changed,
    /// The library has it not in its last form yet.
    NotFinal,
    /// The library no longer serves it: it was deleted, or its volume is gone.
    Gone(Disappearance),
    /// Larger than it was said to be: all bytes that were granted landed, this many, and the
    /// download waits. Not the last answer: the same [`crate::Effect::Download`], issued once more
    /// with a larger limit, lets it go on; a `Cancel` ends it.
    Outgrown(u64),
}

impl Answer {
    /// The answer's name, for logs and tables.
    pub fn name(&self) -> &'static str {
        match self {
            Answer::Downloaded(_) => "Downloaded",
            Answer::Checksummed { .. } => "Checksummed",
            Answer::NetworkNeeded => "NetworkNeeded",
            Answer::Found(Finding::Hit) => "Found(Hit)",
            Answer::Found(Finding::Miss) => "Found(Miss)",
            Answer::Found(Finding::CannotTell) => "Found(CannotTell)",
            Answer::Found(Finding::Forgotten) => "Found(Forgotten)",
            Answer::Put(PutOutcome::Sent) => "Put(Sent)",
            Answer::Put(PutOutcome::AlreadyThere) => "Put(AlreadyThere)",
            Answer::Put(PutOutcome::OtherBytes) => "Put(OtherBytes)",
            Answer::Put(PutOutcome::TeeLost) => "Put(TeeLost)",
            Answer::Confirmed => "Confirmed",
            Answer::NotConfirmed => "NotConfirmed",
            Answer::HandedOver => "HandedOver",
            Answer::Stopped => "Stopped",
            Answer::Failed { .. } => "Failed",
            Answer::Held(Trouble::FolderClosed) => "Held(FolderClosed)",
            Answer::Held(_) => "Held",
            Answer::Changed => "Changed",
            Answer::NotFinal => "NotFinal",
            Answer::Gone(Disappearance::Deleted) => "Gone(Deleted)",
            Answer::Gone(Disappearance::Hidden) => "Gone(Hidden)",
            Answer::Outgrown(_) => "Outgrown",
        }
    }
}

/// What the vault says of a digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Finding {
    /// It has these bytes: to be verified, not believed.
    Hit,
    /// It does not.
    Miss,
    /// Only sending will tell (Jottacloud's allocate is query and create in one).
    CannotTell,
    /// A tombstone: the user said forget.
    Forgotten,
}

/// How a put ended well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum PutOutcome {
    /// We sent the bytes.
    Sent,
    /// The vault had them when we came.
    AlreadyThere,
    /// The digest of what was sent is not the bound one: aborted before the commit.
    OtherBytes,
    /// What was teed is no longer there: it must be read again.
    TeeLost,
}

/// Trouble that is not one item's: it becomes a hold, and the item waits without blame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Trouble {
    /// The vault does not answer, or is not the one we know.
    VaultUnavailable,
    /// One folder of the vault may not be looked into, or written: whatever does not belong there goes on.
    FolderClosed,
    /// The vault has no room for this many bytes more.
    VaultFull {
        /// Bytes that did not fit.
        needed: u64,
    },
    /// The vault wants a sign-in.
    SignedOut,
    /// The library refuses us.
    NoAccess,
    /// The device is locked.
    DeviceLocked,
    /// The network went away.
    Offline,
    /// The disk is full.
    DiskFull,
    /// The source does not answer (iCloud, a card reader): alike for different items.
    SourceUnavailable,
}

impl Trouble {
    /// The hold that it becomes.
    pub fn hold(self) -> Hold {
        match self {
            Trouble::VaultUnavailable | Trouble::FolderClosed => Hold::VaultUnavailable,
            Trouble::VaultFull { .. } => Hold::VaultFull,
            Trouble::SignedOut => Hold::SignedOut,
            Trouble::NoAccess => Hold::NoAccess,
            Trouble::DeviceLocked => Hold::DeviceLocked,
            Trouble::Offline => Hold::Offline,
            Trouble::DiskFull => Hold::LowStorage,
            Trouble::SourceUnavailable => Hold::SourceUnavailable,
        }
    }
}

/// How a resource left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Disappearance {
    /// Deleted, from a library to which we have full access.
    Deleted,
    /// Out of sight: limited access, or its volume is away.
    Hidden,
}
