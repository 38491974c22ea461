//! The alarm: nothing was made safe for seven days though work remains.

use crate::hold::Holds;
use crate::status::Alarmed;
use crate::time::Elapsed;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What is stored: when something was last made safe, or work last began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Alarm {
    /// Nothing was made safe since; `None` while no work remains.
    since: Option<Elapsed>,
    /// Whether it has gone off for this stretch.
    raised: bool,
}

impl Alarm {
    /// A resource became safe.
    pub fn made_safe(&mut self, at: Elapsed) {
        *self = Alarm { since: Some(at), raised: false };
    }

    /// Looks at the alarm: whenever work begins or ends, and when [`Alarm::due`]. Gives what to
    /// tell at the moment when it goes off, once a stretch; what stands is [`Alarm::standing`].
    pub fn check(&mut self, at: Elapsed, work_remains: bool, holds: Holds) -> Option<Alarmed> {
        if !work_remains {
            *self = Alarm::default();
            return None;
        }
        let since = *self.since.get_or_insert(at);
        if self.raised || at - since < PATIENCE {
            return None;
        }
        self.raised = true;
        self.standing(at, holds)
    }

    /// The alarm as it stands, for the status: gone off, and nothing made safe since.
    pub fn standing(&self, at: Elapsed, holds: Holds) -> Option<Alarmed> {
        let since = self.since.filter(|_| self.raised)?;
        Some(Alarmed { since: at - since, holds })
    }

    /// When to check again; `None` when it has gone off or there is nothing to wait for.
    pub fn due(&self) -> Option<Elapsed> {
        self.since.filter(|_| !self.raised).map(|since| since + PATIENCE)
    }
}

/// How long nothing may be made safe before it is said.
const PATIENCE: Duration = Duration::from_hours(7 * 24);
