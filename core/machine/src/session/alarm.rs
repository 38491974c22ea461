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
    /// A resource became safe. Says whether that must not be forgotten: it is the first for long.
    pub fn made_safe(&mut self, at: Elapsed) -> bool {
        let before = std::mem::replace(self, Alarm { since: Some(at), raised: false });
        before.raised || before.since.is_none_or(|since| at - since >= LONG)
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
/// What is made safe within so much of the last time may be forgotten in a kill: the alarm goes off
/// earlier by no more than that.
const LONG: Duration = Duration::from_hours(1);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hold::Hold;

    const OFFLINE: Holds = Holds::NONE;

    fn days(days: u64) -> Elapsed {
        Elapsed(days * 86_400_000)
    }

    #[test]
    fn it_goes_off_once_after_seven_days_and_says_why() {
        let holds = OFFLINE.with(Hold::Offline);
        let mut alarm = Alarm::default();
        assert_eq!(alarm.check(days(1), true, holds), None);
        assert_eq!(alarm.due(), Some(days(8)));
        assert_eq!(alarm.check(Elapsed(days(8).0 - 1), true, holds), None);
        let told = alarm.check(days(8), true, holds).unwrap();
        assert_eq!(told, Alarmed { since: PATIENCE, holds });
        assert_eq!((alarm.check(days(9), true, holds), alarm.due()), (None, None));
        assert_eq!(alarm.standing(days(9), holds).unwrap().since, Duration::from_hours(8 * 24));
    }

    #[test]
    fn anything_made_safe_ends_it_and_winds_it_up_again() {
        let mut alarm = Alarm::default();
        alarm.check(days(0), true, Holds::NONE);
        alarm.made_safe(days(6));
        assert_eq!(alarm.check(days(8), true, Holds::NONE), None);
        assert!(alarm.check(days(13), true, Holds::NONE).is_some());
        alarm.made_safe(days(14));
        assert_eq!(alarm.standing(days(14), Holds::NONE), None);
        assert_eq!(alarm.due(), Some(days(21)));
    }

    #[test]
    fn without_work_it_is_silent_and_counts_from_the_next_work() {
        let mut alarm = Alarm::default();
        alarm.made_safe(days(1));
        assert_eq!(alarm.check(days(50), false, Holds::NONE), None);
        assert_eq!(alarm.due(), None);
        assert_eq!(alarm.check(days(60), true, Holds::NONE), None, "one new photo after weeks");
        assert_eq!(alarm.due(), Some(days(67)));
    }

    #[test]
    fn what_is_made_safe_after_long_or_after_an_alarm_must_not_be_forgotten() {
        let mut alarm = Alarm::default();
        assert!(alarm.made_safe(days(1)), "the first");
        assert!(!alarm.made_safe(Elapsed(days(1).0 + 1)), "another one");
        assert!(alarm.made_safe(days(2)), "after a day");
        alarm.check(days(9), true, OFFLINE);
        assert!(alarm.made_safe(days(9)), "after an alarm, however short");
        let mut alarm = Alarm { since: Some(days(9)), raised: true };
        assert!(alarm.made_safe(days(9)));
    }

    #[test]
    fn what_was_stored_of_the_alarm_opens() {
        let mut alarm = Alarm::default();
        alarm.made_safe(days(1));
        let stored = serde_json::to_string(&alarm).unwrap();
        insta::assert_snapshot!(stored, @r#"{"since":86400000,"raised":false}"#);
        assert_eq!(serde_json::from_str::<Alarm>(&stored).unwrap(), alarm);
        assert_eq!(serde_json::from_str::<Alarm>("{}").unwrap(), Alarm::default());
    }
}
