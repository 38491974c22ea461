//! What must always hold.

use crate::Millis;

/// A promise of the machine, or of the contract with whoever drives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Invariant {
    /// See [`Invariant::sentence`].
    SafeIsHeld,
    /// See [`Invariant::sentence`].
    RightBytes,
    /// See [`Invariant::sentence`].
    PutOnce,
    /// See [`Invariant::sentence`].
    DownloadedOnce,
    /// See [`Invariant::sentence`].
    ReserveKept,
    /// See [`Invariant::sentence`].
    StagingEmpty,
    /// See [`Invariant::sentence`].
    PermitKept,
    /// See [`Invariant::sentence`].
    ReasonTrue,
    /// See [`Invariant::sentence`].
    SumExact,
    /// See [`Invariant::sentence`].
    BudgetKept,
    /// See [`Invariant::sentence`].
    LossTold,
    /// See [`Invariant::sentence`].
    BlameFair,
    /// See [`Invariant::sentence`].
    NoStorm,
    /// See [`Invariant::sentence`].
    AlarmTrue,
    /// See [`Invariant::sentence`].
    AdviceTrue,
    /// See [`Invariant::sentence`].
    FreedOnlyLive,
    /// See [`Invariant::sentence`].
    GoodEnd,
    /// See [`Invariant::sentence`].
    ContractKept,
}

impl Invariant {
    /// Every one.
    pub const ALL: [Invariant; 18] = [
        Invariant::SafeIsHeld,
        Invariant::RightBytes,
        Invariant::PutOnce,
        Invariant::DownloadedOnce,
        Invariant::ReserveKept,
        Invariant::StagingEmpty,
        Invariant::PermitKept,
        Invariant::ReasonTrue,
        Invariant::SumExact,
        Invariant::BudgetKept,
        Invariant::LossTold,
        Invariant::BlameFair,
        Invariant::NoStorm,
        Invariant::AlarmTrue,
        Invariant::AdviceTrue,
        Invariant::FreedOnlyLive,
        Invariant::GoodEnd,
        Invariant::ContractKept,
    ];

    /// What it says.
    pub fn sentence(self) -> &'static str {
        match self {
            Invariant::SafeIsHeld => {
                "nothing is marked safe that the vault does not hold and record"
            }
            Invariant::RightBytes => "a checksum is bound to the version that has these bytes",
            Invariant::PutOnce => {
                "a version is sent once, by us or by the OS, and once more per fault, kill, order to stop or loss in the vault; nothing is that the vault has, or was not asked about"
            }
            Invariant::DownloadedOnce => {
                "a version is downloaded once, and once more per fault, kill or eviction for space"
            }
            Invariant::ReserveKept => "free space is never under the reserve through our doing",
            Invariant::StagingEmpty => "at rest nothing is staged",
            Invariant::PermitKept => "what a hold stops is stopped as soon as the hold is told",
            Invariant::ReasonTrue => "nothing waits without a named reason, and the reason is true",
            Invariant::SumExact => "the sum in the status is that of the catalog",
            Invariant::BudgetKept => {
                "over metered networks goes no more than the budget of each day that was opened"
            }
            Invariant::LossTold => {
                "what was safe when the vault lost it, and the library does not have either, is lost"
            }
            Invariant::BlameFair => {
                "what is given up on has failed by itself again and again, or was there at many kills"
            }
            Invariant::NoStorm => "nothing is begun over and over in a short time",
            Invariant::AlarmTrue => {
                "the alarm stands when work remains and nothing was made safe for seven days, and only then"
            }
            Invariant::AdviceTrue => {
                "iCloud Photos may be turned off only when the vault has all that is in the library, and showed it within a month"
            }
            Invariant::FreedOnlyLive => {
                "only unchanged assets that the vault holds are proposed for freeing, and what the user let go of, and nothing else, counts as freed"
            }
            Invariant::GoodEnd => {
                "in fair weather everything becomes safe, or is given up on by name if it is broken"
            }
            Invariant::ContractKept => {
                "orders can be carried out: one long effect a resource, of a row that is known"
            }
        }
    }
}

/// One that did not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Which.
    pub invariant: Invariant,
    /// When.
    pub at: Millis,
    /// What was seen.
    pub what: String,
}

impl std::fmt::Display for Violation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Violation { invariant, at, what } = self;
        write!(f, "{invariant:?} at {at} ms: {what} ({})", invariant.sentence())
    }
}
