//! A page: compared with what is stored, and only what differs is written.

use super::print::print;
use super::store::Storing;
use super::{Scan, resources};
use crate::catalog::{Catalog, Sync};
use crate::seen::SeenAsset;
use crate::{Result, UnderWay};
use keepsake_machine::Event;
use keepsake_machine::media::AssetId;
use rusqlite::{Connection, OptionalExtension as _};

/// An asset that is to be written.
struct Differing<'a> {
    asset: &'a SeenAsset,
    print: i64,
    known: Option<AssetId>,
}

impl Catalog {
    /// Takes a page, in one transaction; writes nothing when nothing changed. Returns what the
    /// machine must be told at once, before anything else: [`Event::VersionChanged`] about resources
    /// that it holds (`under_way`), [`Event::StagingLeft`] about others.
    ///
    /// A row whose version changed is settled at once, also when it is under way: nothing that the
    /// machine still says of the old version can stand (see [`Catalog::apply`]). Otherwise a row
    /// under way is left alone, and looked at again by the next scan.
    ///
    /// A resource is known again by its local id, also under another asset or in another role.
    pub fn scan_page(
        &mut self,
        scan: &mut Scan,
        page: &[SeenAsset],
        under_way: &UnderWay,
    ) -> Result<Vec<Event>> {
        let frontier = scan.frontier.take().filter(|frontier| follows(frontier, page));
        let (differing, same) = self.ask(|connection| match &frontier {
            Some(frontier) => merged(connection, frontier, page),
            None => looked_up(connection, page),
        })?;
        let mut events = Vec::new();
        let mut stored = Vec::new();
        if !differing.is_empty() {
            let mut summary = scan.summary;
            let mut missing = std::mem::take(&mut scan.missing);
            let written = self.write(Sync::Later, |connection, tallies| {
                let mut storing = Storing {
                    connection,
                    tallies,
                    under_way,
                    summary: &mut summary,
                    missing: &mut missing,
                    events: &mut events,
                };
                for Differing { asset, print, known } in differing {
                    let sorted = frontier.is_some();
                    stored.push(storing.store(asset, print, known, sorted)?);
                }
                Ok(())
            });
            // After a failure the scan cannot go on anyway: what it counted does not matter.
            scan.missing = missing;
            written?;
            scan.summary = summary;
        }
        for asset in same.into_iter().chain(stored) {
            scan.seen.mark(asset);
        }
        scan.summary.assets += page.len() as u64;
        scan.summary.resources += resources(page);
        scan.frontier = match (frontier, page.last()) {
            (Some(_), Some(last)) => Some(after(&last.local_id)),
            (frontier, None) => frontier,
            (None, Some(_)) => None,
        };
        Ok(events)
    }
}

/// Whether a page goes on in order from `frontier`.
fn follows(frontier: &[u8], page: &[SeenAsset]) -> bool {
    page.first().is_none_or(|first| first.local_id.as_slice() >= frontier)
        && page.is_sorted_by(|a, b| a.local_id < b.local_id)
}

/// The first key after `local_id`.
fn after(local_id: &[u8]) -> Vec<u8> {
    let mut next = local_id.to_vec();
    next.push(0);
    next
}

type Compared<'a> = (Vec<Differing<'a>>, Vec<AssetId>);

/// Compares with one range of the index.
fn merged<'a>(
    connection: &Connection,
    frontier: &[u8],
    page: &'a [SeenAsset],
) -> rusqlite::Result<Compared<'a>> {
    let (mut differing, mut same) = (Vec::new(), Vec::with_capacity(page.len()));
    let Some(last) = page.last() else { return Ok((differing, same)) };
    let mut read = connection.prepare_cached(
        "SELECT local_id, print, id FROM asset WHERE local_id >= ?1 AND local_id <= ?2 \
         ORDER BY local_id",
    )?;
    let mut known = read.query((frontier, &last.local_id))?;
    let mut row = known.next()?;
    for asset in page {
        let print = print(asset);
        let mut found = None;
        while let Some(known_row) = row {
            let order = known_row.get_ref(0)?.as_bytes()?.cmp(&asset.local_id);
            if order.is_gt() {
                break;
            }
            if order.is_eq() && found.is_none() {
                found = Some((AssetId(known_row.get(2)?), known_row.get::<_, Option<i64>>(1)?));
            }
            row = known.next()?;
        }
        match found {
            Some((id, stored)) if stored == Some(print) => same.push(id),
            found => differing.push(Differing { asset, print, known: found.map(|(id, _)| id) }),
        }
    }
    Ok((differing, same))
}

/// Looks up each asset.
fn looked_up<'a>(connection: &Connection, page: &'a [SeenAsset]) -> rusqlite::Result<Compared<'a>> {
    let (mut differing, mut same) = (Vec::new(), Vec::with_capacity(page.len()));
    for asset in page {
        let print = print(asset);
        match known(connection, &asset.local_id)? {
            Some((id, stored)) if stored == Some(print) => same.push(id),
            found => differing.push(Differing { asset, print, known: found.map(|(id, _)| id) }),
        }
    }
    Ok((differing, same))
}

/// The asset that is known by this local id, with its print.
pub(super) fn known(
    connection: &Connection,
    local_id: &[u8],
) -> rusqlite::Result<Option<(AssetId, Option<i64>)>> {
    connection
        .prepare_cached("SELECT id, print FROM asset WHERE local_id = ?1 LIMIT 1")?
        .query_row([local_id], |row| Ok((AssetId(row.get(0)?), row.get(1)?)))
        .optional()
}
