//! Formats: numbered, each made from the one before in one transaction.

use rusqlite::{Connection, Transaction, TransactionBehavior};

/// The steps, each with the format that it makes.
const STEPS: [(i64, &str); 7] = [
    (1, include_str!("migrations/0001.sql")),
    (2, include_str!("migrations/0002.sql")),
    (3, include_str!("migrations/0003.sql")),
    (4, include_str!("migrations/0004.sql")),
    (5, include_str!("migrations/0005.sql")),
    (6, include_str!("migrations/0006.sql")),
    (7, include_str!("migrations/0007.sql")),
];

/// The format that this version writes.
pub(crate) const NEWEST: i64 = STEPS[STEPS.len() - 1].0;

/// Brings the catalog to [`NEWEST`]; does nothing when it is there.
pub(crate) fn migrate(connection: &Connection, application: i64) -> rusqlite::Result<()> {
    let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    for (number, step) in STEPS.iter().filter(|(number, _)| *number > found) {
        let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
        transaction.execute_batch(step)?;
        transaction.execute_batch(&format!(
            "PRAGMA user_version = {number}; PRAGMA application_id = {application}"
        ))?;
        transaction.commit()?;
    }
    Ok(())
}
