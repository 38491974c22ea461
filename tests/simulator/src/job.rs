//! Long effects that are under way.

use crate::Millis;
use keepsake_machine::effect::Effect;
use keepsake_machine::media::EffectId;
use keepsake_machine::permit::Work;
use keepsake_machine::stage::Bytes;

/// One.
#[derive(Debug, Clone)]
#[allow(clippy::struct_excessive_bools)] // independent facts
pub struct Job {
    /// The order, as it was given last.
    pub effect: Effect,
    /// The kind of work, for the table of holds.
    pub work: Work,
    /// It was told to stop.
    pub cancelled: bool,
    /// It ends at this moment; another end that is still in the queue does not count.
    pub ends: Millis,
    /// What others had written to the disk by the last reading before it began.
    pub grown: u64,
    /// The least free space that had to be left while it was under way.
    pub reserve: u64,
    /// It counts for the day's budget of metered data.
    pub charged: bool,
    /// It began on a metered network.
    pub metered: bool,
    /// The library keeps a copy of its own of what it fetches for us.
    pub copies: bool,
    /// How many times its bytes it may take on the disk: the library may keep a copy.
    pub factor: u64,
    /// Bytes that landed, as far as the machine was told.
    pub told: u64,
    /// All that it may land has landed, and it waits for more.
    pub stalled: bool,
}

/// The id of a long effect.
pub fn id_of(effect: &Effect) -> Option<EffectId> {
    match effect {
        Effect::Download { id, .. }
        | Effect::Checksum { id, .. }
        | Effect::Find { id, .. }
        | Effect::Upload { id, .. }
        | Effect::HandOver { id, .. }
        | Effect::Verify { id, .. } => Some(*id),
        _ => None,
    }
}

/// The kind of work that a long effect is.
pub fn work_of(effect: &Effect) -> Work {
    match effect {
        Effect::Download { .. } => Work::Download,
        Effect::Checksum { .. } => Work::Checksum,
        Effect::Upload { from: Bytes::Staged(_), .. } | Effect::HandOver { .. } => {
            Work::UploadStaged
        }
        Effect::Upload { .. } => Work::Upload,
        _ => Work::Check,
    }
}
