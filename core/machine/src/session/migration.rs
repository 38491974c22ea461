//! Migration: a library larger than the phone, guided step by step until everything is safe.
//!
//! ```text
//! backing up ─► out of room ─► awaiting deletion ─► awaiting space ─► backing up …
//!                    └─► stuck: nothing can be freed here
//! ```
//! Whatever the step, a reading that admits an item goes on backing up.

use crate::time::Elapsed;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Where the migration is. Each step survives a kill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Migration {
    /// Not asked for.
    #[default]
    Off,
    /// Backing up what there is room for.
    BackingUp,
    /// No waiting item fits any more.
    OutOfRoom {
        /// Bytes that the user could free by deleting what is safe; `None` while it is found out.
        freeable: Option<u64>,
        /// Bytes of free space that are missing for the next item.
        needed: u64,
    },
    /// A proposal was shown (or the photos were recovered): the user is to delete.
    AwaitingDeletion {
        /// Bytes of free space that are missing for the next item.
        needed: u64,
    },
    /// Deleted; the phone gives the space back when Recently Deleted is emptied.
    AwaitingSpace {
        /// When the last was deleted.
        since: Elapsed,
        /// Bytes that should come back.
        freed: u64,
        /// Bytes of free space that are missing for the next item.
        needed: u64,
    },
    /// Nothing can be freed and not all is safe: free this many bytes elsewhere, or use a Mac.
    Stuck {
        /// Bytes of free space that are missing for the next item. 0: each that is left is
        /// larger than this phone, or was larger than what was free.
        needed: u64,
    },
    /// Everything is safe.
    Done,
}

/// What a step looks at: how things are, and what just happened (false or `None` in every other
/// step).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(clippy::struct_excessive_bools)] // independent facts
pub struct Facts {
    /// The machine's clock.
    pub at: Elapsed,
    /// The user asked for it ([`crate::settings::Settings::migrate`]).
    pub wanted: bool,
    /// Everything in the library is safe.
    pub all_safe: bool,
    /// All that is left waits by itself for more space: nothing that is freed lets it go on at once.
    pub never_fits: bool,
    /// A waiting cloud item would be admitted now.
    pub admits: bool,
    /// `LowStorage` is in force with nothing staged or in flight: bytes missing for the smallest
    /// waiting item.
    pub out_of_room: Option<u64>,
    /// Just heard: bytes that could be freed ([`crate::session::free_up::FreeUp::freeable`]).
    pub freeable: Option<u64>,
    /// Just happened: a proposal was shown.
    pub shown: bool,
    /// Just happened: a proposal was answered; bytes that the deleted assets give back, 0 when the
    /// user declined.
    pub deleted: Option<u64>,
    /// Just happened: deleted photos were recovered.
    pub recovered: bool,
}

impl Migration {
    /// Where it is after these facts.
    #[must_use]
    pub fn step(self, facts: &Facts) -> Migration {
        if !facts.wanted {
            return Migration::Off;
        }
        if facts.all_safe {
            return Migration::Done;
        }
        if facts.never_fits {
            return Migration::Stuck { needed: 0 };
        }
        if facts.admits {
            return Migration::BackingUp;
        }
        let needed = facts.out_of_room.unwrap_or_else(|| self.needed());
        let out_of_room = |freeable| match freeable {
            Some(0) => Migration::Stuck { needed },
            freeable => Migration::OutOfRoom { freeable, needed },
        };
        match self {
            Migration::Off | Migration::BackingUp | Migration::Done => {
                facts.out_of_room.map_or(Migration::BackingUp, |_| out_of_room(None))
            }
            _ if facts.deleted.is_some_and(|bytes| bytes > 0) => {
                let freed = self.freed().saturating_add(facts.deleted.unwrap_or(0));
                Migration::AwaitingSpace { since: facts.at, freed, needed }
            }
            Migration::OutOfRoom { .. } | Migration::Stuck { .. } if facts.shown => {
                Migration::AwaitingDeletion { needed }
            }
            Migration::OutOfRoom { freeable, .. } => out_of_room(facts.freeable.or(freeable)),
            Migration::Stuck { .. } => out_of_room(facts.freeable.or(Some(0))),
            // Declined: say again how much could be freed, as it is now.
            Migration::AwaitingDeletion { .. } if facts.deleted.is_some() => out_of_room(None),
            Migration::AwaitingDeletion { .. } => Migration::AwaitingDeletion { needed },
            Migration::AwaitingSpace { .. } if facts.recovered => {
                Migration::AwaitingDeletion { needed }
            }
            Migration::AwaitingSpace { since, .. } if facts.at - since >= EMPTIED => {
                out_of_room(None)
            }
            Migration::AwaitingSpace { since, freed, .. } => {
                Migration::AwaitingSpace { since, freed, needed }
            }
        }
    }

    /// Whether it waits to hear how much can be freed: the catalog is to be asked
    /// ([`crate::session::free_up::FreeUp::survey`]), once on coming here and at every start.
    pub fn asks_freeable(self) -> bool {
        matches!(self, Migration::OutOfRoom { freeable: None, .. })
    }

    /// When a step has waited long enough.
    pub fn due(self) -> Option<Elapsed> {
        match self {
            Migration::AwaitingSpace { since, .. } => Some(since + EMPTIED),
            _ => None,
        }
    }

    fn needed(self) -> u64 {
        match self {
            Migration::OutOfRoom { needed, .. }
            | Migration::AwaitingDeletion { needed }
            | Migration::AwaitingSpace { needed, .. }
            | Migration::Stuck { needed } => needed,
            Migration::Off | Migration::BackingUp | Migration::Done => 0,
        }
    }

    fn freed(self) -> u64 {
        match self {
            Migration::AwaitingSpace { freed, .. } => freed,
            _ => 0,
        }
    }
}

/// By then Recently Deleted has emptied itself: iOS keeps a photo there for 30 days.
const EMPTIED: Duration = Duration::from_hours(31 * 24);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FACTS: Facts = Facts {
        at: Elapsed(1_000),
        wanted: true,
        all_safe: false,
        never_fits: false,
        admits: false,
        out_of_room: None,
        freeable: None,
        shown: false,
        deleted: None,
        recovered: false,
    };
    const FULL: Facts = Facts { out_of_room: Some(70), ..FACTS };

    #[test]
    fn the_loop_goes_round_until_everything_is_safe() {
        let mut here = Migration::Off;
        let mut steps = Vec::new();
        let later = Elapsed(90_000);
        for facts in [
            FACTS,
            FULL,
            Facts { freeable: Some(500), ..FULL },
            Facts { shown: true, ..FULL },
            Facts { deleted: Some(400), at: later, ..FULL },
            Facts { recovered: true, ..FULL },
            Facts { deleted: Some(300), at: later, ..FULL },
            Facts { deleted: Some(50), at: later, ..FULL },
            Facts { admits: true, ..FACTS },
            FULL,
            Facts { freeable: Some(0), ..FULL },
            Facts { out_of_room: Some(60), ..FULL },
            Facts { freeable: Some(1), ..FULL },
            Facts { admits: true, ..FACTS },
            Facts { all_safe: true, ..FACTS },
            FACTS,
        ] {
            here = here.step(&facts);
            steps.push(format!("{here:?}"));
        }
        insta::assert_snapshot!(steps.join("\n"), @r#"
        BackingUp
        OutOfRoom { freeable: None, needed: 70 }
        OutOfRoom { freeable: Some(500), needed: 70 }
        AwaitingDeletion { needed: 70 }
        AwaitingSpace { since: Elapsed(90000), freed: 400, needed: 70 }
        AwaitingDeletion { needed: 70 }
        AwaitingSpace { since: Elapsed(90000), freed: 300, needed: 70 }
        AwaitingSpace { since: Elapsed(90000), freed: 350, needed: 70 }
        BackingUp
        OutOfRoom { freeable: None, needed: 70 }
        Stuck { needed: 70 }
        Stuck { needed: 60 }
        OutOfRoom { freeable: Some(1), needed: 70 }
        BackingUp
        Done
        BackingUp
        "#);
    }

    #[test]
    fn a_declined_deletion_asks_again_how_much_could_be_freed() {
        let here = Migration::AwaitingDeletion { needed: 70 };
        let after = here.step(&Facts { deleted: Some(0), ..FACTS });
        assert_eq!(after, Migration::OutOfRoom { freeable: None, needed: 70 });
        assert!(after.asks_freeable());
        assert_eq!(here.step(&FACTS), here, "a proposal that ran out leaves the deletion awaited");
    }

    #[test]
    fn waiting_for_the_space_ends_after_31_days() {
        let since = Elapsed(1_000);
        let here = Migration::AwaitingSpace { since, freed: 400, needed: 70 };
        let due = here.due().unwrap();
        assert_eq!(due, since + Duration::from_hours(31 * 24));
        assert_eq!(here.step(&Facts { at: Elapsed(due.0 - 1), ..FACTS }), here);
        let after = here.step(&Facts { at: due, ..FACTS });
        assert_eq!(after, Migration::OutOfRoom { freeable: None, needed: 70 });
        assert_eq!(after.due(), None);
    }

    #[test]
    fn it_is_off_whenever_the_user_does_not_want_it() {
        let here = Migration::Stuck { needed: 1 };
        assert_eq!(here.step(&Facts { wanted: false, admits: true, ..FULL }), Migration::Off);
    }

    fn any_step() -> impl Strategy<Value = Migration> {
        let bytes = 0..3_u64;
        let freeable = proptest::option::of(1..3_u64);
        prop_oneof![
            Just(Migration::Off),
            Just(Migration::BackingUp),
            Just(Migration::Done),
            (freeable, bytes.clone())
                .prop_map(|(freeable, needed)| Migration::OutOfRoom { freeable, needed }),
            bytes.clone().prop_map(|needed| Migration::AwaitingDeletion { needed }),
            bytes.clone().prop_map(|needed| Migration::Stuck { needed }),
            (0..5_u64, bytes.clone(), bytes).prop_map(|(since, freed, needed)| {
                Migration::AwaitingSpace { since: Elapsed(since), freed, needed }
            }),
        ]
    }

    proptest! {
        #[test]
        fn when_nothing_happens_it_stays_where_it_is(
            here in any_step(),
            (wanted, all_safe, admits) in any::<(bool, bool, bool)>(),
            out_of_room in proptest::option::of(0..3_u64),
            at in prop_oneof![0..9_u64, Just(u64::MAX)],
        ) {
            let at = Elapsed(at);
            let facts = Facts { at, wanted, all_safe, admits, out_of_room, ..Facts::default() };
            let once = here.step(&facts);
            prop_assert_eq!(once.step(&facts), once);
            if wanted && !all_safe {
                prop_assert!(!matches!(once, Migration::Off | Migration::Done));
                prop_assert!(!admits || once == Migration::BackingUp);
            }
        }
    }

    #[test]
    fn what_was_stored_of_every_step_opens() {
        let steps = [
            Migration::Off,
            Migration::BackingUp,
            Migration::OutOfRoom { freeable: Some(5), needed: 7 },
            Migration::OutOfRoom { freeable: None, needed: 7 },
            Migration::AwaitingDeletion { needed: 7 },
            Migration::AwaitingSpace { since: Elapsed(9), freed: 5, needed: 7 },
            Migration::Stuck { needed: 7 },
            Migration::Done,
        ];
        let stored = serde_json::to_string(&steps).unwrap();
        insta::assert_snapshot!(stored, @r#"["Off","BackingUp",{"OutOfRoom":{"freeable":5,"needed":7}},{"OutOfRoom":{"freeable":null,"needed":7}},{"AwaitingDeletion":{"needed":7}},{"AwaitingSpace":{"since":9,"freed":5,"needed":7}},{"Stuck":{"needed":7}},"Done"]"#);
        assert_eq!(serde_json::from_str::<[Migration; 8]>(&stored).unwrap(), steps);
    }
}
