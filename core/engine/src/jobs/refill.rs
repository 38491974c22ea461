//! Refill: rows for the machine, from the catalog's indexes.

use super::{Desk, lock};
use crate::inbox::Message;
use keepsake_machine::Want;
use keepsake_machine::event::Event;

/// Brings what is wanted. A scan does not come in between: rows are held from the moment in which
/// they are read.
pub(crate) fn run(desk: &Desk, want: &Want) {
    let refill = {
        let mut held = lock(&desk.held);
        let refill = desk.store.read(|reader| reader.refill(want));
        if let Ok(refill) = &refill {
            held.brought(want.id, refill.rows.iter().map(|row| row.id).collect());
        }
        refill
    };
    match refill {
        Ok(refill) => {
            let keepsake_catalog::Refill { id, rows, next_due, more } = refill;
            desk.inbox.send(Message::Event(Event::Refilled { id, rows, next_due, more }));
        }
        Err(why) => desk.catalog_failed(&why, std::iter::empty()),
    }
}
