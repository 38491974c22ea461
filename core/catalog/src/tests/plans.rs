//! Questions are answered from indexes: their plans, and the steps that they take at 200,000 rows.

use super::support::{Home, digest, photo, want};
use crate::known::{IS_KNOWN_AT, LEARN, head};
use crate::merge::Order;
use crate::refill::NEXT_DUE;
use keepsake_machine::effect::Want;
use keepsake_machine::media::ResourceId;
use keepsake_machine::row::Position;
use keepsake_machine::time::Elapsed;
use rusqlite::{Connection, StatementStatus};

fn plan(connection: &Connection, sql: &str) -> Vec<String> {
    let mut read = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let nothing = vec![rusqlite::types::Null; read.parameter_count()];
    let lines = read.query_map(rusqlite::params_from_iter(nothing), |row| row.get(3)).unwrap();
    lines.map(Result::unwrap).collect()
}

#[test]
fn refills_search_one_index_each_and_sort_nothing() {
    let home = Home::new();
    let connection = &home.catalog.reader.connection;
    let cases = [
        (Order::Newest.sql(), "resource_to_do (lane=? AND taken<?)"),
        (Order::Oldest.sql(), "resource_to_do (lane=? AND taken>?)"),
        (Order::Due.sql(), "resource_waiting (waits=? AND due>?)"),
        (NEXT_DUE, "resource_waiting (waits=? AND due>?)"),
    ];
    for (sql, index) in cases {
        let lines = plan(connection, sql);
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(lines[0].starts_with("SEARCH") && lines[0].contains(index), "{lines:?}");
    }
}

#[test]
fn a_library_page_and_a_scan_read_their_range_in_order() {
    let home = Home::new();
    let connection = &home.catalog.reader.connection;
    let cases = [
        (
            "SELECT * FROM resource WHERE (taken, id) < (?1, ?2) ORDER BY taken DESC, id DESC LIMIT ?3",
            "resource_by_age (taken<?)",
        ),
        (
            "SELECT local_id, print, id FROM asset WHERE local_id >= ?1 AND local_id <= ?2 \
          ORDER BY local_id",
            "COVERING INDEX asset_in_order",
        ),
        (
            "SELECT confirmed FROM resource WHERE confirmed IS NOT NULL ORDER BY confirmed LIMIT 1",
            "COVERING INDEX resource_confirmed",
        ),
        ("SELECT id, staged FROM resource WHERE staged IS NOT NULL", "resource_staged"),
        (
            "SELECT id FROM resource WHERE faulty = 1 AND id >= ?1 ORDER BY id LIMIT ?2",
            "resource_faulty (faulty=? AND rowid>?)",
        ),
        ("SELECT id FROM resource WHERE asset = ?1 ORDER BY id", "resource_of_asset (asset=?)"),
        (
            "SELECT path FROM known WHERE vault = ?1 AND size = ?2 AND head = ?3 AND sha256 = ?4 LIMIT 1",
            "known_by_bytes (vault=? AND size=? AND head=?)",
        ),
        (
            "SELECT 1 FROM known WHERE vault = ?1 AND size = ?2 LIMIT 1",
            "COVERING INDEX known_by_bytes (vault=? AND size=?)",
        ),
    ];
    for (sql, index) in cases {
        let lines = plan(connection, sql);
        assert_eq!(lines.len(), 1, "{sql}: {lines:?}");
        assert!(lines[0].contains(index), "{sql}: {lines:?}");
    }
}

/// Multiplies the one resource of `home` to this many, every tenth of them of `lane`.
fn multiply(home: &Home, rows: i64) {
    home.catalog
        .reader
        .connection
        .execute_batch(&format!(
            "INSERT INTO resource (asset, local_id, role, media, locality, access, size, version, \
             taken, name, sight, stage, lane) \
             WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {rows}) \
             SELECT 1, CAST(n AS BLOB), role, media, locality, access, size, version, \
             n, name, 0, CASE WHEN n % 10 THEN '\"BackedUp\"' ELSE stage END, \
             CASE WHEN n % 10 = 0 THEN lane END FROM resource, n WHERE resource.id = 1"
        ))
        .unwrap();
}

fn steps(home: &Home, order: Order, want: &Want) -> (i32, i32) {
    let connection = &home.catalog.reader.connection;
    let statement = connection.prepare_cached(order.sql()).unwrap();
    statement.reset_status(StatementStatus::VmStep);
    statement.reset_status(StatementStatus::Sort);
    drop(statement);
    let answer = home.catalog.refill(want).unwrap();
    assert!(answer.more);
    assert_eq!(answer.rows.len(), 64);
    let statement = connection.prepare_cached(order.sql()).unwrap();
    (statement.get_status(StatementStatus::VmStep), statement.get_status(StatementStatus::Sort))
}

#[test]
fn a_refill_takes_as_many_steps_at_200_000_rows_as_at_2_000() {
    let mut counts = Vec::new();
    for rows in [2_000, 200_000] {
        let mut home = Home::new();
        home.scan(&[photo("a")]);
        multiply(&home, rows);
        let newest = want(64);
        let oldest = Want { newest: 0, oldest: 64, ..want(0) };
        let middle = Position { taken: rows / 2, id: ResourceId(i64::MAX) };
        let below = Want { below: Some(middle), ..want(64) };
        counts.push([
            steps(&home, Order::Newest, &newest),
            steps(&home, Order::Oldest, &oldest),
            steps(&home, Order::Newest, &below),
        ]);
    }
    assert_eq!(counts[0], counts[1]);
    assert!(counts[0].iter().all(|(steps, sorts)| *steps > 0 && *steps < 5_000 && *sorts == 0));
}

#[test]
fn a_refill_with_room_for_small_items_only_does_not_walk_over_large_ones() {
    let mut home = Home::new();
    home.scan(&[photo("a")]);
    multiply(&home, 20_000);
    let mut small = want(64);
    for class in &mut small.classes {
        class.at_most = Some(500);
    }
    let answer = home.catalog.refill(&small).unwrap();
    assert_eq!((answer.rows.len(), answer.more, answer.next_due), (0, false, None::<Elapsed>));
    let connection = &home.catalog.reader.connection;
    let statement = connection.prepare_cached(Order::Newest.sql()).unwrap();
    assert_eq!(statement.get_status(StatementStatus::VmStep), 0, "no lane fits, none is asked");
}

/// The steps that it takes to learn once more that equal bytes lie at a path, and to ask whether they do.
fn steps_of_equal_bytes(equal: u32) -> [i32; 2] {
    let home = Home::new();
    let connection = &home.catalog.reader.connection;
    let bytes = digest("sidecar");
    let size = bytes.size.cast_signed();
    let values = |path| (1, size, head(&bytes), bytes.sha256, path);
    let path = |number| format!("2026/07/IMG_{number:04}.xmp");
    let mut learn = connection.prepare(LEARN).unwrap();
    for number in 0..equal {
        learn.execute(values(path(number))).unwrap();
    }
    learn.reset_status(StatementStatus::VmStep);
    assert_eq!(learn.execute(values(path(equal / 2))).unwrap(), 0, "it is known already");
    let mut ask = connection.prepare(IS_KNOWN_AT).unwrap();
    assert!(ask.exists(values(path(equal / 2))).unwrap());
    [learn.get_status(StatementStatus::VmStep), ask.get_status(StatementStatus::VmStep)]
}

#[test]
fn a_path_of_bytes_that_lie_in_many_places_takes_as_many_steps_as_of_bytes_that_lie_in_one() {
    assert_eq!(steps_of_equal_bytes(1_000), steps_of_equal_bytes(1));
}
