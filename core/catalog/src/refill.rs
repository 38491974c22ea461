//! `Refill`: the rows that the machine has a use for, from indexes, whatever the library's size.

use crate::{Reader, Result};
use keepsake_machine::Want;
use keepsake_machine::effect::RefillId;
use keepsake_machine::row::Row;
use keepsake_machine::time::Elapsed;

/// What [`keepsake_machine::Event::Refilled`] is made of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Refill {
    /// Echoes the question.
    pub id: RefillId,
    /// The rows, each once: `exactly`, then those that are due (longest due first), then the newest
    /// and the oldest.
    pub rows: Vec<Row>,
    /// When the next waiting row is due after [`Want::due`], of all rows that wait for time.
    pub next_due: Option<Elapsed>,
    /// Whether rows that were asked for may be left.
    pub more: bool,
}

impl Reader {
    /// Brings rows. `exactly` brings those that still exist, whatever their stage; of the others,
    /// rows in work (pending) and waiting rows that are due by [`Want::due`]
    /// (`Elapsed(u64::MAX)` brings also those that wait for a condition), in the permitted classes.
    /// Due rows count towards neither `newest` nor `oldest`; at most `newest + oldest` of them come.
    pub fn refill(&self, want: &Want) -> Result<Refill> {
        let _ = want;
        unimplemented!()
    }

    /// One row, as it is stored.
    pub fn row(&self, resource: keepsake_machine::ResourceId) -> Result<Option<Row>> {
        let _ = resource;
        unimplemented!()
    }
}
