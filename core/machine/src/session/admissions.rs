//! Who was under way when a run ended uncleanly: an item that takes the whole program down with it
//! must not do so for ever, and one that was merely there must not be blamed.

use crate::media::ResourceId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is stored of one resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Admitted {
    /// Which.
    pub resource: ResourceId,
    /// At how many unclean ends in a row it was under way, without having been answered between.
    pub ends: u8,
    /// Whether it is under way now.
    pub under_way: bool,
}

/// The suspects of this run.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Admissions {
    ends: BTreeMap<ResourceId, u8>,
    /// Whether what is stored names anything as under way.
    stored: bool,
}

impl Admissions {
    /// What an earlier run left. Everything that was under way then has one more unclean end.
    pub(crate) fn of(admitted: &[Admitted]) -> Admissions {
        let ends = admitted.iter().map(|admitted| {
            (admitted.resource, admitted.ends.saturating_add(u8::from(admitted.under_way)))
        });
        Admissions { ends: ends.filter(|(_, ends)| *ends > 0).collect(), stored: true }
    }

    /// What is to be stored while these are under way.
    pub(crate) fn record(&mut self, under_way: impl Iterator<Item = ResourceId>) -> Vec<Admitted> {
        let mut all: BTreeMap<ResourceId, Admitted> = (self.ends.iter())
            .map(|(id, ends)| (*id, Admitted { resource: *id, ends: *ends, under_way: false }))
            .collect();
        self.stored = false;
        for resource in under_way {
            self.stored = true;
            all.entry(resource)
                .or_insert(Admitted { resource, ends: 0, under_way: true })
                .under_way = true;
        }
        all.into_values().collect()
    }

    /// Whether what is stored says that something is under way.
    pub(crate) fn is_open(&self) -> bool {
        self.stored
    }

    /// An effect of it was answered: it did not take us down. Says whether it ran alone: then that
    /// must be stored at once, or a kill a moment later would still be blamed on it.
    pub(crate) fn survived(&mut self, id: ResourceId) -> bool {
        !self.ends.is_empty() && self.ends.remove(&id).is_some_and(|ends| ends >= ALONE)
    }

    /// It is not to be found any more.
    pub(crate) fn forget(&mut self, id: ResourceId) {
        self.ends.remove(&id);
    }

    /// Those that a kill left under way, to be taken up first; without those that run alone.
    pub(crate) fn left_over(&self) -> Vec<ResourceId> {
        self.ends.iter().filter(|(_, ends)| **ends < ALONE).map(|(id, _)| *id).collect()
    }

    /// The next that must run alone.
    pub(crate) fn next_alone(&self) -> Option<ResourceId> {
        self.ends.iter().find(|(_, ends)| **ends >= ALONE).map(|(id, _)| *id)
    }

    /// Whether it took us down too often even alone.
    pub(crate) fn is_crasher(&self, id: ResourceId) -> bool {
        self.ends.get(&id).is_some_and(|ends| *ends >= ALONE + BLAMED)
    }
}

/// After so many unclean ends in a row a resource runs alone.
const ALONE: u8 = 3;
/// After so many more, alone, it is given up on. A run that is killed says nothing of its items, and
/// kills come in rows too: where every run is killed within its first half second, three in a row
/// fall on the one that runs alone by mere chance.
const BLAMED: u8 = 7;

#[cfg(test)]
mod tests {
    use super::*;

    const A: ResourceId = ResourceId(1);
    const B: ResourceId = ResourceId(2);

    fn killed(admissions: &mut Admissions, under_way: &[ResourceId]) {
        *admissions = Admissions::of(&admissions.record(under_way.iter().copied()));
    }

    #[test]
    fn three_unclean_ends_make_it_run_alone_and_seven_more_end_it() {
        let mut admissions = Admissions::default();
        killed(&mut admissions, &[A, B]);
        killed(&mut admissions, &[A, B]);
        assert_eq!(admissions.left_over(), [A, B]);
        assert_eq!(admissions.next_alone(), None);
        killed(&mut admissions, &[A, B]);
        assert_eq!(admissions.next_alone(), Some(A));
        admissions.survived(A);
        assert_eq!(admissions.next_alone(), Some(B));
        for _ in 0..7 {
            assert!(!admissions.is_crasher(B));
            killed(&mut admissions, &[B]);
        }
        assert!(admissions.is_crasher(B));
        assert!(!admissions.is_crasher(A));
    }

    #[test]
    fn a_run_that_ended_before_it_took_anything_up_blames_nobody() {
        let mut admissions = Admissions::default();
        killed(&mut admissions, &[A]);
        for _ in 0..9 {
            killed(&mut admissions, &[]);
        }
        assert_eq!(admissions.left_over(), [A]);
    }

    #[test]
    fn what_is_stored_stays_readable() {
        let stored = Admissions::of(&[Admitted { resource: A, ends: 1, under_way: true }])
            .record([B].into_iter());
        insta::assert_json_snapshot!(stored, @r#"
        [
          {
            "resource": 1,
            "ends": 2,
            "under_way": false
          },
          {
            "resource": 2,
            "ends": 0,
            "under_way": true
          }
        ]
        "#);
    }
}
