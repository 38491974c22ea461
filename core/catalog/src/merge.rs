//! Walks several lanes in one order: each lane is a range of an index, and the walk takes whichever
//! lane's next row comes first. It reads a few rows of each lane at a time, and only ids.

use crate::lane::{Lane, Share};
use keepsake_machine::media::ResourceId;
use rusqlite::{Connection, params};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

/// Rows of a lane that are read at once.
const CHUNK: u32 = 32;

/// In which order rows come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// Pending rows by (taken, id), descending.
    Newest,
    /// Pending rows by (taken, id), ascending.
    Oldest,
    /// Waiting rows by (due, id), ascending.
    Due,
}

/// (taken or due, id).
pub(crate) type Key = (i64, i64);

macro_rules! select {
    ($key:literal, $lane:literal, $beyond:literal, $order:literal) => {
        concat!(
            "SELECT ",
            $key,
            ", id FROM resource WHERE ",
            $lane,
            " = ?1 AND (",
            $key,
            ", id) ",
            $beyond,
            " (?2, ?3) AND (?4 IS NULL OR CASE WHEN size_class IS NULL THEN size ELSE ",
            "digest_size END <= ?4) ORDER BY ",
            $key,
            " ",
            $order,
            ", id ",
            $order,
            " LIMIT ?5"
        )
    };
}

impl Order {
    /// The question for one lane's rows beyond a key.
    pub(crate) fn sql(self) -> &'static str {
        match self {
            Order::Newest => select!("taken", "lane", "<", "DESC"),
            Order::Oldest => select!("taken", "lane", ">", "ASC"),
            Order::Due => select!("due", "waits", ">", "ASC"),
        }
    }

    fn start(self) -> Key {
        match self {
            Order::Newest => (i64::MAX, i64::MAX),
            Order::Oldest | Order::Due => (i64::MIN, i64::MIN),
        }
    }

    /// What sorts first when it comes first.
    fn rank(self, (first, id): Key) -> (i128, i128) {
        let sign = if self == Order::Newest { -1 } else { 1 };
        (sign * i128::from(first), sign * i128::from(id))
    }
}

struct Run {
    lane: Lane,
    at_most: Option<i64>,
    read: VecDeque<Key>,
    last: Key,
    more: bool,
}

/// The walk.
pub(crate) struct Merge<'a> {
    connection: &'a Connection,
    order: Order,
    runs: Vec<Run>,
    next: BinaryHeap<Reverse<((i128, i128), usize)>>,
}

impl<'a> Merge<'a> {
    /// A walk over these lanes' shares, beyond `from`.
    pub fn new(
        connection: &'a Connection,
        order: Order,
        lanes: &[(Lane, Share)],
        from: Option<Key>,
    ) -> rusqlite::Result<Merge<'a>> {
        let mut merge = Merge { connection, order, runs: Vec::new(), next: BinaryHeap::new() };
        for (lane, share) in lanes {
            let at_most = match share {
                Share::None => continue,
                Share::All => None,
                Share::UpTo(bytes) => Some(i64::try_from(*bytes).unwrap_or(i64::MAX)),
            };
            let last = from.unwrap_or(order.start());
            merge.runs.push(Run { lane: *lane, at_most, read: VecDeque::new(), last, more: true });
            merge.queue(merge.runs.len() - 1)?;
        }
        Ok(merge)
    }

    /// The next row, with what it is ordered by.
    pub fn next(&mut self) -> rusqlite::Result<Option<(i64, ResourceId)>> {
        let Some(Reverse((_, lane))) = self.next.pop() else { return Ok(None) };
        let key = self.runs.get_mut(lane).and_then(|run| run.read.pop_front());
        self.queue(lane)?;
        Ok(key.map(|(first, id)| (first, ResourceId(id))))
    }

    /// Queues the lane's next row, reading more where none is read.
    fn queue(&mut self, lane: usize) -> rusqlite::Result<()> {
        let Some(run) = self.runs.get_mut(lane) else { return Ok(()) };
        if run.read.is_empty() && run.more {
            let mut read = self.connection.prepare_cached(self.order.sql())?;
            let (first, id) = run.last;
            let mut rows = read.query(params![run.lane.0, first, id, run.at_most, CHUNK])?;
            while let Some(row) = rows.next()? {
                run.read.push_back((row.get(0)?, row.get(1)?));
            }
            run.more = run.read.len() == CHUNK as usize;
            run.last = run.read.back().copied().unwrap_or(run.last);
        }
        if let Some(key) = run.read.front() {
            self.next.push(Reverse((self.order.rank(*key), lane)));
        }
        Ok(())
    }
}
