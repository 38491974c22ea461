//! `Refill`: the rows that the machine has a use for, from indexes, whatever the library's size.

use crate::lane::{Lane, Share};
use crate::merge::{Merge, Order};
use crate::stored::{Stored, clamped};
use crate::tallies::Tallies;
use crate::{Reader, Result};
use keepsake_machine::Want;
use keepsake_machine::effect::RefillId;
use keepsake_machine::media::ResourceId;
use keepsake_machine::row::{Position, Row};
use keepsake_machine::time::Elapsed;
use rusqlite::{Connection, OptionalExtension as _};
use std::collections::HashSet;

/// What [`keepsake_machine::Event::Refilled`] is made of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Refill {
    /// Echoes the question.
    pub id: RefillId,
    /// The rows, each once: `exactly`, then those that are due (longest due first), those that wait
    /// for a condition, the newest and the oldest.
    pub rows: Vec<Row>,
    /// When the next waiting row is due after [`Want::due`], of all rows that wait for time.
    pub next_due: Option<Elapsed>,
    /// Whether rows that were asked for may be left.
    pub more: bool,
}

impl Reader {
    /// Brings rows. `exactly` brings those that still exist, whatever their stage; of the others,
    /// rows in work (pending), waiting rows that are due by [`Want::due`], and those that wait for a
    /// condition where [`Want::recall`] says so, in the permitted classes. Waiting rows count towards
    /// neither `newest` nor `oldest`; at most `newest + oldest` of them come.
    pub fn refill(&self, want: &Want) -> Result<Refill> {
        self.ask_at_once(|connection| answer(connection, want))
    }

    /// One row, as it is stored.
    pub fn row(&self, resource: ResourceId) -> Result<Option<Row>> {
        self.ask(|connection| Ok(Stored::load(connection, resource)?.map(|row| row.row())))
    }
}

fn answer(connection: &Connection, want: &Want) -> rusqlite::Result<Refill> {
    let (pending, waiting) = Tallies::load(connection)?.lanes();
    let mut bringing =
        Bringing { connection, brought: want.skip.iter().copied().collect(), rows: Vec::new() };
    for resource in &want.exactly {
        bringing.bring(*resource)?;
    }
    let waiting_left = bringing.waiting(&shares(&waiting, want), want)?;
    let lanes = shares(&pending, want);
    let below = want.below.map(key);
    let newest = bringing.walk(Order::Newest, &lanes, below, want.newest)?;
    let above = want.above.map(key);
    let oldest = bringing.walk(Order::Oldest, &lanes, above, want.oldest)?;
    // A walk that came to its end has left nothing for the other.
    let asked = [(want.newest, newest), (want.oldest, oldest)];
    let mut left = asked.iter().filter(|(most, _)| *most > 0).map(|(_, left)| *left);
    let pending_left = match left.next() {
        Some(first) => first && left.all(|left| left),
        None => false,
    };
    Ok(Refill {
        id: want.id,
        rows: bringing.rows,
        next_due: next_due(connection, &waiting, want.due)?,
        more: waiting_left || pending_left,
    })
}

fn key(position: Position) -> (i64, i64) {
    (position.taken, position.id.0)
}

/// What the wanted classes take of the lanes that are not empty.
fn shares(lanes: &[Lane], want: &Want) -> Vec<(Lane, Share)> {
    let share = |lane: Lane| {
        let shares = want.classes.iter().map(|class| lane.share(class));
        shares.fold(Share::None, |sum, share| match (sum, share) {
            (Share::All, _) | (_, Share::All) => Share::All,
            (Share::UpTo(a), Share::UpTo(b)) => Share::UpTo(a.max(b)),
            (Share::None, other) | (other, Share::None) => other,
        })
    };
    let shares = lanes.iter().map(|lane| (*lane, share(*lane)));
    shares.filter(|(_, share)| *share != Share::None).collect()
}

struct Bringing<'a> {
    connection: &'a Connection,
    /// Brought, or to be skipped.
    brought: HashSet<ResourceId>,
    rows: Vec<Row>,
}

impl Bringing<'_> {
    fn bring(&mut self, resource: ResourceId) -> rusqlite::Result<bool> {
        if !self.brought.insert(resource) {
            return Ok(false);
        }
        let row = Stored::load(self.connection, resource)?;
        self.rows.extend(row.map(|row| row.row()));
        Ok(true)
    }

    /// Brings rows that are due, then those that wait for a condition; says whether some may be left.
    fn waiting(&mut self, lanes: &[(Lane, Share)], want: &Want) -> rusqlite::Result<bool> {
        let by = clamped(want.due.0);
        let mut most = want.newest.saturating_add(want.oldest);
        let due = Merge::new(self.connection, Order::Due, lanes, None)?;
        if self.take(due, by, &mut most)? {
            return Ok(true);
        }
        let Some(beyond) = want.recall else { return Ok(false) };
        let recalled = Merge::new(self.connection, Order::Due, lanes, Some((i64::MAX, beyond.0)))?;
        self.take(recalled, i64::MAX, &mut most)
    }

    /// Brings at most `most` rows of a walk, up to the key `by`; says whether some may be left.
    fn take(&mut self, mut walk: Merge<'_>, by: i64, most: &mut u32) -> rusqlite::Result<bool> {
        while let Some((key, resource)) = walk.next()? {
            if key > by {
                break;
            }
            if self.brought.contains(&resource) {
                continue;
            }
            if *most == 0 {
                return Ok(true);
            }
            self.bring(resource)?;
            *most -= 1;
        }
        Ok(false)
    }

    /// Brings at most `most` rows; says whether some may be left.
    fn walk(
        &mut self,
        order: Order,
        lanes: &[(Lane, Share)],
        from: Option<(i64, i64)>,
        mut most: u32,
    ) -> rusqlite::Result<bool> {
        if most == 0 {
            return Ok(false);
        }
        self.take(Merge::new(self.connection, order, lanes, from)?, i64::MAX, &mut most)
    }
}

/// The earliest time after `due` at which a row is due.
fn next_due(
    connection: &Connection,
    waiting: &[Lane],
    due: Elapsed,
) -> rusqlite::Result<Option<Elapsed>> {
    let mut next: Option<i64> = None;
    let mut read = connection.prepare_cached(NEXT_DUE)?;
    for lane in waiting {
        let first: Option<i64> =
            read.query_row((lane.0, clamped(due.0)), |row| row.get(0)).optional()?;
        next = next.into_iter().chain(first).min();
    }
    let next = next.filter(|due| *due < i64::MAX);
    Ok(next.map(|due| Elapsed(due.cast_unsigned())))
}

pub(crate) const NEXT_DUE: &str =
    "SELECT due FROM resource WHERE waits = ?1 AND due > ?2 ORDER BY due LIMIT 1";
