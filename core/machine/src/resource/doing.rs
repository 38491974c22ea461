//! What a resource does within its stage.

use crate::media::EffectId;
use serde::{Deserialize, Serialize};

/// What it does within its stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Doing {
    /// It wants a permit and a slot.
    Wanting,
    /// Its effect was issued and not yet answered.
    Running(EffectId),
    /// Its effect was told to stop and is not yet answered.
    Stopping(EffectId),
    /// The OS goes on with it.
    WithOs,
    /// The OS was told to cancel and has not yet said that it did.
    CancellingOs,
}

impl Doing {
    /// The effect that is still to be answered.
    pub(crate) fn effect(self) -> Option<EffectId> {
        match self {
            Doing::Running(id) | Doing::Stopping(id) => Some(id),
            Doing::Wanting | Doing::WithOs | Doing::CancellingOs => None,
        }
    }

    /// Whether `id` is its effect.
    pub(crate) fn is(self, id: EffectId) -> bool {
        self.effect() == Some(id)
    }

    /// Whether the OS has it.
    pub(crate) fn is_with_os(self) -> bool {
        matches!(self, Doing::WithOs | Doing::CancellingOs)
    }
}
