//! Facts about rows that are not under way: retry, forget, lost at the vault, confirmed again.

use crate::catalog::{Catalog, Sync};
use crate::known;
use crate::reader::active;
use crate::stored::{Stored, columns};
use crate::{Known, Result, UnderWay};
use keepsake_machine::Event;
use keepsake_machine::media::{Digest, ResourceId};
use keepsake_machine::settle::Fact;
use keepsake_machine::stage::Stage;
use keepsake_machine::time::Elapsed;
use rusqlite::Connection;
use std::collections::{BTreeSet, HashSet};

/// Which rows a fact is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// All.
    All,
    /// These.
    These(Vec<ResourceId>),
    /// All that are quarantined.
    Quarantined,
    /// All with these bytes.
    Digests(Vec<Digest>),
    /// All with these bytes for which equal bytes of another asset may stand.
    Twins(Vec<Digest>),
    /// All whose row says that the active vault holds these bytes at this path.
    Held(Vec<Known>),
    /// All that are safe and of whose bytes no record of the active vault speaks.
    Unrecorded,
    /// All that are safe.
    Safe,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settling {
    /// Rows that changed.
    pub changed: u64,
    /// Of those, rows that were safe and are to be sent again, as soon as they are in sight.
    pub again: u64,
    /// Of those, rows that are [`Stage::Lost`] now.
    pub lost: u64,
    /// Rows that are under way: left alone. Tell the machine, or ask again when they have ended.
    pub skipped: Vec<ResourceId>,
    /// What the machine must be told: [`Event::StagingLeft`], for it to evict.
    pub events: Vec<Event>,
}

/// Rows of one transaction.
pub(crate) const PAGE: u32 = 1_000;

impl Catalog {
    /// Settles rows by a fact, in pages of 1,000 rows, each one transaction. `Which::These` and
    /// `Quarantined` are indexed; the others read every row once. A failure leaves the pages before
    /// it settled; asking again goes on.
    ///
    /// [`Fact::StillThere`] also counts the row as confirmed `at`.
    pub fn settle_where(
        &mut self,
        which: &Which,
        fact: Fact,
        at: Elapsed,
        under_way: &UnderWay,
    ) -> Result<Settling> {
        let matching = Matching::of(which);
        let mut settling = Settling::default();
        let mut from = i64::MIN;
        loop {
            let (last, rows) = self.ask(|connection| {
                let mut page = matching.page(connection, from)?;
                let last = page.last().map(|row| row.id.0);
                matching.keep(connection, &mut page)?;
                Ok((last, page))
            })?;
            let Some(last) = last else { return Ok(settling) };
            from = last.saturating_add(1);
            let (skipped, rows): (Vec<_>, Vec<_>) =
                rows.into_iter().partition(|row| under_way.contains(&row.id));
            settling.skipped.extend(skipped.iter().map(|row| row.id));
            self.settle_page(rows, fact, at, &mut settling)?;
        }
    }

    fn settle_page(
        &mut self,
        rows: Vec<Stored>,
        fact: Fact,
        at: Elapsed,
        settling: &mut Settling,
    ) -> Result<()> {
        let mut changed = Vec::new();
        for row in rows {
            let mut after = row.clone();
            after.settle(fact);
            if fact == Fact::StillThere && after.stage.is_safe() {
                after.confirmed = Some(at.0);
            }
            if after != row {
                changed.push((row, after));
            }
        }
        if changed.is_empty() {
            return Ok(());
        }
        self.write(Sync::Later, |connection, tallies| {
            for (row, after) in &changed {
                after.save(connection, tallies, &row.weight())?;
                if let Fact::Chosen(chosen) = fact {
                    connection
                        .prepare_cached("UPDATE asset SET chosen = ?2, print = NULL WHERE id = ?1")?
                        .execute((row.asset.0, chosen))?;
                }
            }
            Ok(())
        })?;
        settling.changed += changed.len() as u64;
        for (row, after) in &changed {
            let lost = row.stage != Stage::Lost && after.stage == Stage::Lost;
            let unsafe_now = row.stage.is_safe() && !after.stage.is_safe();
            settling.lost += u64::from(lost);
            settling.again += u64::from(unsafe_now && !lost && after.stage != Stage::Forgotten);
        }
        settling.events.extend(changed.iter().filter_map(|(row, after)| row.staging_left(after)));
        Ok(())
    }
}

/// [`Which`], made ready for looking at many rows.
enum Matching<'a> {
    All,
    These(Vec<i64>),
    Quarantined,
    Digests(HashSet<([u8; 32], u64)>),
    Twins(HashSet<([u8; 32], u64)>),
    Held(HashSet<(&'a str, [u8; 32])>),
    Unrecorded,
    Safe,
}

fn bytes(digests: &[Digest]) -> HashSet<([u8; 32], u64)> {
    digests.iter().map(|digest| (digest.sha256, digest.size)).collect()
}

impl Matching<'_> {
    fn of(which: &Which) -> Matching<'_> {
        match which {
            Which::All => Matching::All,
            Which::These(resources) => {
                let ids: BTreeSet<i64> = resources.iter().map(|resource| resource.0).collect();
                Matching::These(ids.into_iter().collect())
            }
            Which::Quarantined => Matching::Quarantined,
            Which::Digests(digests) => Matching::Digests(bytes(digests)),
            Which::Twins(digests) => Matching::Twins(bytes(digests)),
            Which::Held(held) => {
                Matching::Held(held.iter().map(|one| (&one.path[..], one.digest.sha256)).collect())
            }
            Which::Unrecorded => Matching::Unrecorded,
            Which::Safe => Matching::Safe,
        }
    }

    /// Keeps of a page what matches.
    fn keep(&self, connection: &Connection, page: &mut Vec<Stored>) -> rusqlite::Result<()> {
        page.retain(|row| self.takes(row));
        if let Matching::Unrecorded = self {
            let vault = active(connection)?;
            let mut unrecorded = Vec::new();
            for row in page.drain(..) {
                let known = match (vault, row.digest) {
                    (Some(vault), Some(digest)) => known::recorded(connection, vault, &digest)?,
                    _ => None,
                };
                if known.is_none() {
                    unrecorded.push(row);
                }
            }
            *page = unrecorded;
        }
        Ok(())
    }

    fn takes(&self, row: &Stored) -> bool {
        let has = |digests: &HashSet<_>| {
            row.digest.is_some_and(|digest| digests.contains(&(digest.sha256, digest.size)))
        };
        match self {
            Matching::All | Matching::These(_) => true,
            Matching::Unrecorded | Matching::Safe => row.stage.is_safe(),
            Matching::Quarantined => matches!(row.stage, Stage::Quarantined(_)),
            Matching::Digests(digests) => has(digests),
            Matching::Twins(digests) => row.role.is_deduplicated() && has(digests),
            Matching::Held(held) => {
                let place = row.path.as_deref().zip(row.digest.map(|digest| digest.sha256));
                place.is_some_and(|place| held.contains(&place))
            }
        }
    }

    /// Rows from this id on, in order, some of which may match; none: there are no more.
    fn page(&self, connection: &Connection, from: i64) -> rusqlite::Result<Vec<Stored>> {
        let sql = match self {
            Matching::These(ids) => {
                let first = ids.partition_point(|id| *id < from);
                let mut rows = Vec::new();
                for id in &ids[first..] {
                    rows.extend(Stored::load(connection, ResourceId(*id))?);
                    if rows.len() == PAGE as usize {
                        break;
                    }
                }
                return Ok(rows);
            }
            Matching::Quarantined => concat!(
                "SELECT ",
                columns!(),
                " FROM resource WHERE faulty = 1 AND id >= ?1 ORDER BY id LIMIT ?2"
            ),
            Matching::All
            | Matching::Digests(_)
            | Matching::Twins(_)
            | Matching::Held(_)
            | Matching::Unrecorded
            | Matching::Safe => {
                concat!("SELECT ", columns!(), " FROM resource WHERE id >= ?1 ORDER BY id LIMIT ?2")
            }
        };
        let mut read = connection.prepare_cached(sql)?;
        read.query_map((from, PAGE), Stored::read)?.collect()
    }
}
