//! Which resources the machine holds: those under way, its look-ahead, and rows that are on their
//! way to it.

use keepsake_catalog::UnderWay;
use keepsake_machine::effect::{RefillId, Want};
use keepsake_machine::media::ResourceId;
use std::collections::BTreeMap;

/// The set. A superset of what the machine holds, and no more than one refill behind it.
#[derive(Default)]
pub(crate) struct Held {
    rows: UnderWay,
    /// Brought, and not handed to the machine yet.
    fresh: BTreeMap<RefillId, Vec<ResourceId>>,
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

    /// The machine is gone.
    pub(crate) fn clear(&mut self) {
        *self = Held::default();
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
}
