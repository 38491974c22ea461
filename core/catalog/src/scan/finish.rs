//! The end of a scan that saw everything it can see: the only place where anything is taken for
//! gone.

use super::{Ending, Scan, ScanSummary};
use crate::catalog::{Catalog, Sync, set_meta};
use crate::settling::PAGE;
use crate::stored::Stored;
use crate::tallies::Tallies;
use crate::{Result, UnderWay};
use keepsake_machine::Event;
use keepsake_machine::event::Disappearance;
use keepsake_machine::media::{AssetId, ResourceId};
use rusqlite::{Connection, OptionalExtension as _};

impl Catalog {
    /// Ends a scan that saw everything it can see: what it did not see is gone, or out of sight.
    /// Returns what the machine must be told: [`Event::Disappeared`] about resources that it holds,
    /// whose rows are left alone: settle them when it holds them no longer (it may just have ended
    /// one, before it heard of this); [`Event::StagingLeft`] about others.
    ///
    /// In pages of 1,000 assets, each one transaction, the token with the last; a failure leaves the
    /// pages before it settled, and the next scan does the rest.
    pub fn finish_scan(
        &mut self,
        mut scan: Scan,
        ending: &Ending,
        under_way: &UnderWay,
    ) -> Result<(ScanSummary, Vec<Event>)> {
        let mut events = Vec::new();
        let missing: Vec<ResourceId> = scan.missing.iter().copied().collect();
        for page in missing.chunks(PAGE as usize) {
            self.leave(&mut scan, ending, under_way, &mut events, |leaving| {
                for resource in page {
                    leaving.resource(*resource)?;
                }
                Ok(())
            })?;
        }
        if scan.seen.count() < self.tallies.assets() {
            let mut from = i64::MIN;
            while let Some((unseen, next)) = self.unseen(&scan, from)? {
                from = next;
                if unseen.is_empty() {
                    continue;
                }
                self.leave(&mut scan, ending, under_way, &mut events, |leaving| {
                    for (asset, local_id) in &unseen {
                        leaving.asset(*asset, local_id)?;
                    }
                    Ok(())
                })?;
            }
        }
        if scan.token.is_some() && scan.token != self.scan_token()? {
            let token = scan.token.take();
            self.write(Sync::Later, |connection, _| set_meta(connection, "scan_token", token))?;
        }
        Ok((scan.summary, events))
    }

    /// Of the next assets in the library those that the scan did not see, and where to go on.
    #[allow(clippy::type_complexity)] // one caller, just above
    fn unseen(&self, scan: &Scan, from: i64) -> Result<Option<(Vec<(AssetId, Vec<u8>)>, i64)>> {
        self.ask(|connection| {
            let mut read = connection.prepare_cached(
                "SELECT id, local_id FROM asset WHERE id >= ?1 AND present = 1 ORDER BY id LIMIT ?2",
            )?;
            let mut rows = read.query((from, PAGE))?;
            let mut unseen = Vec::new();
            let mut last = None;
            while let Some(row) = rows.next()? {
                let asset = AssetId(row.get(0)?);
                last = Some(asset);
                if !scan.seen.has(asset) {
                    unseen.push((asset, row.get(1)?));
                }
            }
            Ok(last.map(|last| (unseen, last.0.saturating_add(1))))
        })
    }

    fn leave(
        &mut self,
        scan: &mut Scan,
        ending: &Ending,
        under_way: &UnderWay,
        events: &mut Vec<Event>,
        work: impl FnOnce(&mut Leaving<'_>) -> rusqlite::Result<()>,
    ) -> Result<()> {
        let (summary, told) = self.write(Sync::Later, |connection, tallies| {
            let summary = scan.summary;
            let mut leaving =
                Leaving { connection, tallies, ending, under_way, summary, events: Vec::new() };
            work(&mut leaving)?;
            Ok((leaving.summary, leaving.events))
        })?;
        scan.summary = summary;
        events.extend(told);
        Ok(())
    }
}

struct Leaving<'a> {
    connection: &'a Connection,
    tallies: &'a mut Tallies,
    ending: &'a Ending,
    under_way: &'a UnderWay,
    summary: ScanSummary,
    events: Vec<Event>,
}

impl Leaving<'_> {
    /// An asset that was not seen.
    fn asset(&mut self, asset: AssetId, local_id: &[u8]) -> rusqlite::Result<()> {
        let how = self.how(local_id);
        let resources = Stored::of_asset(self.connection, asset)?;
        let empty = resources.is_empty();
        let mut left = true;
        for row in resources {
            left &= self.settle(row, how)?;
        }
        let gone = left && how == Disappearance::Deleted;
        if gone {
            self.tallies.asset(false);
        }
        let sql = if gone && empty {
            // Its resources belong to another asset now.
            "DELETE FROM asset WHERE id = ?1"
        } else if gone {
            "UPDATE asset SET present = 0, print = NULL WHERE id = ?1"
        } else {
            "UPDATE asset SET print = NULL WHERE id = ?1 AND print IS NOT NULL"
        };
        self.connection.prepare_cached(sql)?.execute([asset.0])?;
        Ok(())
    }

    /// A resource that its asset was seen without.
    fn resource(&mut self, resource: ResourceId) -> rusqlite::Result<()> {
        let Some(row) = Stored::load(self.connection, resource)? else { return Ok(()) };
        let local_id: Option<Vec<u8>> = self
            .connection
            .prepare_cached("SELECT local_id FROM resource WHERE id = ?1")?
            .query_row([resource.0], |row| row.get(0))
            .optional()?;
        let how = self.how(&local_id.unwrap_or_default());
        self.settle(row, how)?;
        Ok(())
    }

    fn how(&self, local_id: &[u8]) -> Disappearance {
        let hidden = self.ending.hidden.iter().any(|prefix| local_id.starts_with(prefix));
        if self.ending.limited || hidden { Disappearance::Hidden } else { Disappearance::Deleted }
    }

    /// Settles a row that was not seen; says whether it is done with.
    fn settle(&mut self, mut row: Stored, how: Disappearance) -> rusqlite::Result<bool> {
        if self.under_way.contains(&row.id) {
            self.events.push(Event::Disappeared { resource: row.id, how });
            return Ok(false);
        }
        let before = row.clone();
        row.settle(how.into());
        if row != before {
            match how {
                Disappearance::Deleted => self.summary.gone += 1,
                Disappearance::Hidden => self.summary.hidden += 1,
            }
            self.events.extend(before.staging_left(&row));
            row.save(self.connection, self.tallies, &before.weight())?;
        }
        Ok(true)
    }
}
