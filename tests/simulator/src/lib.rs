//! A phone in a box: a photo library, iCloud, a disk that others fill too, networks, power, an OS
//! that grants windows and kills programs, a user, and a vault. All of it lives in virtual time and
//! is driven by one seed: the same seed gives the same run, event by event.
//!
//! | module | tells |
//! |---|---|
//! | [`plan`] | what a seed makes: the phone, its library, the settings, the weather |
//! | [`library`] | the photos, where their bytes are, and what the user does to them |
//! | [`camera`] | bursts, edits beside their originals, which albums and kinds are chosen |
//! | [`phone`] | disk, network, power, lock, windows: what they are, and how they turn |
//! | `sent` | what was sent how often, and for which reasons more than once |
//! | [`store`] | a vault in memory that fails as real ones do |
//! | [`catalog`] | the catalog as a map: every question answered by looking at all of it |
//! | [`job`] | a long effect under way: how far it is, when it ends |
//! | [`run`] | one run: all that there is in it, and its way to its end |
//! | [`happening`] | what happens in it, and how it comes out |
//! | `telling` | what the machine is told and orders, step by step, and kills between them |
//! | [`kind`], [`shrink`] | what can be left out of a run, and the shortest one that fails alike |
//! | `clockwork` | what happens next: the queue, and the machine's deadlines |
//! | `perform`, `freeing` | how each order is carried out; what is proposed, and what the user lets go of |
//! | `world` | conditions that turn, a user who acts, an OS that kills, fair weather in the end |
//! | `budget` | the data of a day, counted by this world |
//! | `cloud` | iCloud slow or out; answers that come late or twice |
//! | `known` | what the machine was told, and so can know |
//! | [`month`] | a month of one phone, for people: `keepsake simulate` |
//! | [`planted`] | bugs between the machine and the world, to see whether they are found |
//! | [`coverage`] | which paths were lived through: step × hold × what ended it |
//! | [`invariant`], `check`, `reasons`, `status` | what must always hold, each with a name and a sentence; and looking at it |
//!
//! This is the *shallow* depth: the real machine, with a model of everything around it, for reach.
//! A run has two halves. In foul weather things turn, fail and die at random; in fair weather, which
//! follows, nothing does, and everything must come to a good end.

mod budget;
pub mod camera;
pub mod catalog;
mod check;
mod clockwork;
mod cloud;
pub mod coverage;
mod freeing;
pub mod happening;
pub mod invariant;
pub mod job;
pub mod kind;
mod known;
pub mod library;
pub mod month;
mod perform;
pub mod phone;
pub mod plan;
pub mod planted;
mod reasons;
pub mod run;
mod sent;
pub mod shrink;
mod status;
pub mod store;
mod telling;
pub mod traffic;
mod user;
mod work;
mod world;

pub use coverage::Coverage;
pub use happening::Outcome;
pub use invariant::{Invariant, Violation};
pub use plan::Plan;
pub use planted::Bug;
pub use run::{Run, Shown};
pub use shrink::Simpler;

/// Milliseconds of virtual time since a run's beginning.
pub type Millis = u64;

/// Runs one seed to its end.
pub fn simulate(seed: u64) -> Outcome {
    Run::new(Plan::of(seed)).to_the_end()
}

/// Runs seeds from `from` on with a planted bug, until one finds it or `most` have not: how many it
/// took, and which promise did not hold.
pub fn find(bug: Bug, from: u64, most: u64) -> Option<(u64, Invariant)> {
    (0..most).find_map(|number| {
        let run = Run::new(Plan::of(from + number)).with(Some(bug));
        run.to_the_end().violation.map(|violation| (number + 1, violation.invariant))
    })
}
