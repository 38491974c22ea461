//! Tests that look below the public face: counters against a recount, plans, a full disk.

#[path = "../../tests/support/mod.rs"]
mod support;

mod failing;
mod full;
mod plans;
mod random;

use crate::Catalog;
use crate::stored::{Stored, columns};
use crate::tallies::Tallies;

/// Counts everything anew, row by row, and compares with what is in memory and what is stored.
fn assert_counted(catalog: &Catalog) {
    let connection = &catalog.reader.connection;
    let mut fresh = Tallies::default();
    for row in rows(catalog) {
        fresh.replace(None, Some(&row.weight()));
    }
    let mut read = connection.prepare("SELECT 1 FROM asset WHERE present = 1").unwrap();
    let assets = read.query_map([], |_| Ok(())).unwrap().count();
    for _ in 0..assets {
        fresh.asset(true);
    }
    let stored = Tallies::load(connection).unwrap();
    assert_eq!(stored.plain(), fresh.plain(), "stored counters");
    assert_eq!(catalog.tallies.plain(), fresh.plain(), "counters in memory");
    assert_eq!(catalog.counts(), crate::Reader::counts(catalog).unwrap());
    let oldest = rows(catalog).iter().filter_map(|row| row.confirmed).min();
    assert_eq!(catalog.counts().oldest_confirmation.map(|at| at.0), oldest);
}

fn rows(catalog: &Catalog) -> Vec<Stored> {
    let connection = &catalog.reader.connection;
    let sql = concat!("SELECT ", columns!(), " FROM resource ORDER BY id");
    let mut read = connection.prepare(sql).unwrap();
    read.query_map([], Stored::read).unwrap().map(Result::unwrap).collect()
}
