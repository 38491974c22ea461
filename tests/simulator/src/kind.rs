//! What the world does to a run, by kind: each can be left out, to see whether a failure takes it.

use clap::ValueEnum;

/// One kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, ValueEnum)]
pub enum Kind {
    /// The program is killed.
    Kills,
    /// A kill falls into the middle of what is stored and ordered at once, or of a scan.
    HalfSteps,
    /// A kill is a power cut.
    PowerCuts,
    /// Long effects go wrong.
    Faults,
    /// iCloud is throttled, or out.
    Cloud,
    /// The OS lets go of originals that iCloud has.
    Eviction,
    /// Answers come long after.
    LateAnswers,
    /// Answers come twice.
    SecondAnswers,
    /// Networks change.
    Network,
    /// Battery, charger, saver and heat change.
    Power,
    /// Access to the library changes.
    Access,
    /// The phone is locked.
    Locks,
    /// Others fill the disk.
    Disk,
    /// The vault is away, or wants a sign-in.
    Vault,
    /// The vault shows late what it took.
    LateLists,
    /// Windows end.
    Windows,
    /// The wall clock is set.
    Clocks,
    /// The user pauses.
    Pauses,
    /// The user takes pictures.
    Shots,
    /// The user edits.
    Edits,
    /// The user deletes, and takes back out of Recently Deleted.
    Deletions,
    /// The user changes settings.
    Settings,
    /// The user chooses albums and kinds.
    Choice,
    /// The user frees space.
    FreeUps,
    /// The user removes files in the vault.
    Removals,
    /// Another device fills the vault.
    OtherDevice,
    /// The user installs the program anew.
    Reinstalls,
    /// The user chooses the other vault.
    Destinations,
    /// The user tries again.
    Retries,
}

/// Some kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Kinds(u32);

impl Kinds {
    /// Every kind.
    pub const ALL: Kinds = Kinds(u32::MAX);

    /// Whether it is one of them.
    pub fn has(self, kind: Kind) -> bool {
        self.0 & (1 << kind as u32) != 0
    }

    /// These and `kind`.
    #[must_use]
    pub fn with(self, kind: Kind) -> Kinds {
        Kinds(self.0 | 1 << kind as u32)
    }

    /// Each of them.
    pub fn iter(self) -> impl Iterator<Item = Kind> {
        Kind::value_variants().iter().copied().filter(move |kind| self.has(*kind))
    }
}

impl FromIterator<Kind> for Kinds {
    fn from_iter<I: IntoIterator<Item = Kind>>(kinds: I) -> Self {
        kinds.into_iter().fold(Kinds::default(), Kinds::with)
    }
}
