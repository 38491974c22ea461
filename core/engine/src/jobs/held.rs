//! Which resources the machine holds: those under way, its look-ahead, and rows that are on their
//! way to it; and what was said of them meanwhile that must not be lost.

use keepsake_catalog::UnderWay;
use keepsake_machine::effect::{RefillId, Want};
use keepsake_machine::media::ResourceId;
use keepsake_machine::settle::Fact;
use std::collections::BTreeMap;

/// The set. A superset of what the machine holds, and no more than one refill behind it.
#[derive(Default)]
pub(crate) struct Held {
    rows: UnderWay,
    /// Brought, and not handed to the machine yet.
    fresh: BTreeMap<RefillId, Vec<ResourceId>>,
    /// Facts about rows that are held. The machine hears of them too, but an end that was on its way
    /// may come first.
    later: Vec<(ResourceId, Fact)>,
}

impl Held {
    /// For the catalog.
    pub(crate) fn rows(&self) -> &UnderWay {
        &self.rows
    }

    /// The machine wants rows: what it holds it names in `skip`.
    pub(crate) fn wanted(&mut self, want: &Want) {
        self.rows = want.skip.iter().copied().collect();
        self.rows.extend(self.fresh.values().flatten());
    }

    /// These were brought.
    pub(crate) fn brought(&mut self, id: RefillId, rows: Vec<ResourceId>) {
        self.rows.extend(&rows);
        self.fresh.insert(id, rows);
    }

    /// The machine has them.
    pub(crate) fn handed(&mut self, id: RefillId) {
        self.fresh.remove(&id);
    }

    /// It came to rest.
    pub(crate) fn ended(&mut self, resource: ResourceId) {
        self.rows.remove(&resource);
    }

    /// The machine is gone. What was to be settled later still is.
    pub(crate) fn clear(&mut self) {
        let later = std::mem::take(&mut self.later);
        *self = Held { later, ..Held::default() };
    }

    /// To be settled when these are held no longer.
    pub(crate) fn later(&mut self, rows: impl IntoIterator<Item = ResourceId>, fact: Fact) {
        self.later.extend(rows.into_iter().map(|resource| (resource, fact)));
    }

    /// A scan begins, and says anew what the library shows.
    pub(crate) fn scan_begins(&mut self) {
        self.later.retain(|(_, fact)| !matches!(fact, Fact::Absent | Fact::OutOfSight));
    }

    /// What is to be settled now, in the order in which it was said.
    pub(crate) fn due(&mut self) -> Vec<(ResourceId, Fact)> {
        let rows = &self.rows;
        self.later.extract_if(.., |(resource, _)| !rows.contains(resource)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use keepsake_machine::time::Elapsed;

    #[test]
    fn rows_on_their_way_to_the_machine_are_held_until_it_names_them_itself() {
        let want = |skip: &[i64]| Want {
            id: RefillId(9),
            classes: Vec::new(),
            newest: 0,
            below: None,
            oldest: 0,
            above: None,
            due: Elapsed(0),
            recall: None,
            exactly: Vec::new(),
            skip: skip.iter().map(|id| ResourceId(*id)).collect(),
        };
        let mut held = Held::default();
        held.wanted(&want(&[1]));
        held.brought(RefillId(1), vec![ResourceId(2)]);
        held.wanted(&want(&[1]));
        assert!(held.rows().contains(&ResourceId(2)), "not handed over yet");
        held.handed(RefillId(1));
        held.wanted(&want(&[1]));
        assert!(!held.rows().contains(&ResourceId(2)), "the machine did not keep it");
        held.ended(ResourceId(1));
        assert!(held.rows().is_empty());
    }

    #[test]
    fn what_was_said_of_held_rows_is_due_when_they_are_held_no_longer() {
        let mut held = Held::default();
        held.brought(RefillId(1), [1, 2, 3].map(ResourceId).to_vec());
        held.later([ResourceId(1), ResourceId(2)], Fact::Absent);
        held.later([ResourceId(3)], Fact::Forget);
        assert_eq!(held.due(), []);
        held.ended(ResourceId(1));
        assert_eq!(held.due(), [(ResourceId(1), Fact::Absent)]);
        held.scan_begins();
        held.clear();
        assert_eq!(held.due(), [(ResourceId(3), Fact::Forget)], "the scan will say what it sees");
    }
}
