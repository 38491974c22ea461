//! What happens in a run, and how it comes out.

use crate::Millis;
use crate::coverage::Coverage;
use crate::invariant::Violation;
use keepsake_machine::effect::Effect;
use keepsake_machine::event::Answer;
use keepsake_machine::media::{EffectId, ResourceId};
use std::collections::VecDeque;

/// Something that happens at a moment.
#[derive(Debug, Clone)]
pub enum Happening {
    /// A long effect ends, unless it was put off.
    Ends(EffectId),
    /// Half of what a download may land has landed.
    Progresses(EffectId),
    /// A short order is carried out.
    Answers(Effect),
    /// A condition of the phone, the cloud or the vault turns.
    Turns,
    /// The user does something.
    Acts,
    /// The program is killed.
    Dies,
    /// The program starts, or its window opens.
    Wakes,
    /// A window in the background ends, if it is still the one of this number.
    WindowEnds(u32),
    /// An answer that was given comes once more.
    Repeats(EffectId, Answer),
    /// The OS ends a transfer of its own.
    Delivers(ResourceId),
}

/// How a run came out.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The first promise that did not hold.
    pub violation: Option<Violation>,
    /// Events that the machine was told.
    pub events: u64,
    /// Kills.
    pub kills: u32,
    /// Happenings in foul weather.
    pub foul: u32,
    /// Virtual time that passed.
    pub lasted: Millis,
    /// The paths that were taken.
    pub coverage: Coverage,
    /// A hash of every event and effect, in order; only of a [`crate::Run::traced`] run.
    pub trace: u64,
    /// The last events and effects, if they were to be remembered.
    pub last: VecDeque<String>,
}
