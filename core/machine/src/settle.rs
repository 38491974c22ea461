//! Every change to a row that is *not* under way is one pure function, [`settle`]. The catalog
//! applies it in pages, each one transaction with counters and cursor; nothing else writes a stage.
//!
//! What it decides, beyond the obvious:
//!
//! - What is **safe** stays safe whatever the library does, as long as the bytes are the same: out
//!   of sight, no longer chosen, freed. Only other bytes (a new version), the vault's loss, the
//!   user's `forget` and a deletion from a library that we see in full end it.
//! - [`Stage::Hidden`] is for what still waits to be done. It does not remember how far the work
//!   was: seen again, it is [`Stage::Discovered`] with its digest, so that the vault is asked (in
//!   bulk, from its records) and nothing is read or sent that is there already.
//! - What was safe and the vault **lost** is [`Stage::Lost`] when the library does not show it any more
//!   either (it is gone, or out of sight) before it is safe again, until the library or the vault shows it again or the user says forget. (What left
//!   the library first is [`Stage::Closed`], and stays so: it may only have another name there.)
//! - A **quarantined** row stays so until the user retries it or its bytes change: a card that is
//!   put in again is no reason to crash again.
//! - What a scan does not know does not undo what was found out: an unknown locality and a hinted
//!   size leave a known locality and an exact size as they were, for the same version.

use crate::event::Disappearance;
use crate::media::{Digest, Locality, Size, Version};
use crate::stage::{Bytes, Fault, Stage, Waiting, Why};
use crate::time::Elapsed;
use serde::{Deserialize, Serialize};

/// What the active vault has of a row's bytes, as far as it was shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum AtVault {
    /// Never shown there.
    #[default]
    Never,
    /// Shown there; it was safe, and may be so under a stage that does not say it.
    There,
    /// Shown there once, and gone from there since. (Not said of what was freed and is
    /// [`Stage::Lost`]: that says it.)
    Lost,
}

/// What `settle` looks at and changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settled {
    /// The version that the catalog knows.
    pub version: Version,
    /// Where the original is.
    pub locality: Locality,
    /// How large.
    pub size: Size,
    /// The checksum of that version, where known.
    pub digest: Option<Digest>,
    /// How far it is.
    pub stage: Stage,
    /// What the vault has of that version.
    pub at_vault: AtVault,
}

/// A fact about a row that is not under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fact {
    /// A scan saw it so.
    Seen {
        /// Its fingerprint now.
        version: Version,
        /// Where the original is now, as far as the host tells.
        locality: Locality,
        /// How large.
        size: Size,
        /// Whether the user's choice of albums, folders and kinds includes it.
        chosen: bool,
    },
    /// A complete scan with full access did not see it.
    Absent,
    /// A scan could not have seen it: limited access, or its volume is away.
    OutOfSight,
    /// The user's choice changed.
    Chosen(bool),
    /// The vault showed it, live.
    StillThere,
    /// The vault no longer has it.
    GoneFromVault,
    /// A tombstone names its digest, or the user just said forget.
    Forget,
    /// The user took the tombstone back.
    Remember,
    /// The user wants it tried again.
    Retry,
    /// The user deleted it on our proposal, which was made only of what the vault showed live.
    /// What [`crate::effect::Change::Freed`] does to each resource of the asset.
    Freed,
    /// It ended uncleanly too often while under way.
    Crashed(Fault),
}

impl From<Disappearance> for Fact {
    /// What a scan that did not see a row says of it.
    fn from(how: Disappearance) -> Fact {
        match how {
            Disappearance::Deleted => Fact::Absent,
            Disappearance::Hidden => Fact::OutOfSight,
        }
    }
}

/// What becomes of a row. A row that the fact does not concern comes back as it was; a fact that is
/// applied twice changes nothing the second time.
///
/// | fact | stages that change |
/// |---|---|
/// | `Seen`, other version | any → Discovered or, not chosen, Excluded; the digest is dropped; what waits because it kept changing waits on |
/// | `Seen`, same version | Freed → BackedUp; Hidden, Closed, Lost, Excluded → Discovered or Excluded; `NeedsMoreSpace` that is local now → Discovered |
/// | `Seen`, not chosen | as `Chosen(false)` |
/// | `Absent` | any → Closed or, lost at the vault, Lost; but Closed, Freed, Lost and Forgotten: their absence is known |
/// | `OutOfSight` | what has work left → Hidden or, lost at the vault, Lost |
/// | `Chosen(false)` | what has work left, Hidden and Quarantined → Excluded |
/// | `Chosen(true)` | Excluded → Discovered |
/// | `StillThere` | Lost → Freed or, never freed, Closed |
/// | `GoneFromVault` | BackedUp, Duplicate → Discovered, with the digest; Freed and, once shown there, Hidden → Lost |
/// | `Forget` | any → Forgotten |
/// | `Remember` | Forgotten → Discovered |
/// | `Retry` | Quarantined → Discovered; Waiting → due now, its attempts kept |
/// | `Freed` | BackedUp, Duplicate, and Closed that the vault has, when a scan came before the answer → Freed |
/// | `Crashed` | what has work left → Quarantined |
pub fn settle(row: Settled, fact: Fact) -> Settled {
    let stage = row.stage;
    let to = |stage| Settled { stage, ..row };
    let at_vault = |at_vault, stage| Settled { stage, at_vault, ..row };
    match fact {
        Fact::Seen { version, locality, size, chosen } if version != row.version => {
            let stage = match stage {
                _ if !chosen => Stage::Excluded,
                // It changed while it was read, and now again: it is given time to come to rest,
                // and its attempts count, or it would be read and scanned for as long as it changes.
                Stage::Waiting(waiting) if waiting.why == Why::Failed(Fault::KeepsChanging) => {
                    Stage::Waiting(Waiting { bytes: Bytes::InLibrary, ..waiting })
                }
                _ => Stage::Discovered,
            };
            Settled { version, locality, size, digest: None, stage, at_vault: AtVault::Never }
        }
        Fact::Seen { locality, size, chosen, .. } => seen_again(row, locality, size, chosen),
        Fact::Absent => match stage {
            Stage::Closed | Stage::Freed | Stage::Lost | Stage::Forgotten => row,
            _ => to(closed(row.at_vault)),
        },
        Fact::OutOfSight if stage.is_pending() => to(hidden(row.at_vault)),
        Fact::Chosen(chosen) => to(chosen_or_not(stage, chosen)),
        Fact::StillThere if stage == Stage::Lost => match row.at_vault {
            AtVault::Lost => at_vault(AtVault::There, Stage::Closed),
            AtVault::Never | AtVault::There => at_vault(AtVault::There, Stage::Freed),
        },
        Fact::GoneFromVault => match (stage, row.at_vault) {
            (Stage::BackedUp | Stage::Duplicate, _) => at_vault(AtVault::Lost, Stage::Discovered),
            (Stage::Freed, _) => at_vault(AtVault::Never, Stage::Lost),
            (_, AtVault::Never) => row,
            (Stage::Hidden, _) => at_vault(AtVault::Lost, Stage::Lost),
            _ => at_vault(AtVault::Lost, stage),
        },
        Fact::Forget => to(Stage::Forgotten),
        Fact::Remember if stage == Stage::Forgotten => to(Stage::Discovered),
        Fact::Retry => match stage {
            Stage::Quarantined(_) => to(Stage::Discovered),
            Stage::Waiting(waiting) => to(Stage::Waiting(Waiting { due: Elapsed(0), ..waiting })),
            _ => row,
        },
        Fact::Freed => match (stage, row.at_vault) {
            (Stage::BackedUp | Stage::Duplicate, _) | (Stage::Closed, AtVault::There) => {
                to(Stage::Freed)
            }
            _ => row,
        },
        Fact::Crashed(fault) if stage.is_pending() => to(Stage::Quarantined(fault)),
        Fact::OutOfSight | Fact::StillThere | Fact::Remember | Fact::Crashed(_) => row,
    }
}

/// What becomes of a row that went out of sight with work left.
pub fn hidden(at_vault: AtVault) -> Stage {
    if at_vault == AtVault::Lost { Stage::Lost } else { Stage::Hidden }
}

/// What becomes of a row that is gone from the library for good.
pub fn closed(at_vault: AtVault) -> Stage {
    if at_vault == AtVault::Lost { Stage::Lost } else { Stage::Closed }
}

/// Bytes of a staged file that the row named before and names no longer: nothing is forgotten in
/// staging. The engine is told ([`Event::StagingLeft`](crate::Event::StagingLeft)) and deletes the file;
/// what a kill in between loses of that is swept when the next machine begins.
pub fn left_in_staging(before: &Settled, after: &Settled) -> u64 {
    before.stage.bytes().staged().saturating_sub(after.stage.bytes().staged())
}

/// A scan saw the very bytes that the catalog knows.
fn seen_again(row: Settled, locality: Locality, size: Size, chosen: bool) -> Settled {
    let locality = if locality == Locality::Unknown { row.locality } else { locality };
    let size = match (row.size, size) {
        (Size::Exact(_), Size::Hinted { .. }) => row.size,
        _ => size,
    };
    let back =
        match row.stage {
            Stage::Freed => Stage::BackedUp,
            Stage::Hidden | Stage::Closed | Stage::Lost | Stage::Excluded => Stage::Discovered,
            // It waits for space to be downloaded into, and needs none any more.
            Stage::Waiting(Waiting {
                why: Why::NeedsMoreSpace, bytes: Bytes::InLibrary, ..
            }) if locality == Locality::Local => Stage::Discovered,
            stage => stage,
        };
    let at_vault = if row.stage == Stage::Lost { AtVault::Lost } else { row.at_vault };
    Settled { locality, size, stage: chosen_or_not(back, chosen), at_vault, ..row }
}

/// What the user's choice makes of a stage. What is safe or lost stays so: what was backed up is
/// counted as safe, and a choice silences no alarm.
fn chosen_or_not(stage: Stage, chosen: bool) -> Stage {
    match stage {
        Stage::Excluded if chosen => Stage::Discovered,
        Stage::Hidden | Stage::Quarantined(_) if !chosen => Stage::Excluded,
        stage if stage.is_pending() && !chosen => Stage::Excluded,
        stage => stage,
    }
}

#[cfg(test)]
mod tests;
