//! One asset that is new or changed: its rows are written, and settled by what was seen.

use super::ScanSummary;
use super::page::known;
use crate::UnderWay;
use crate::codes;
use crate::seen::{SeenAsset, SeenResource};
use crate::stored::{Columns, Sight, Stored, columns};
use crate::tallies::Tallies;
use keepsake_machine::Event;
use keepsake_machine::media::{AssetId, ResourceId};
use keepsake_machine::settle::Fact;
use keepsake_machine::stage::Stage;
use rusqlite::{Connection, OptionalExtension as _, params};
use std::collections::HashSet;

/// Writing a page.
pub(super) struct Storing<'a> {
    pub connection: &'a Connection,
    pub tallies: &'a mut Tallies,
    pub under_way: &'a UnderWay,
    pub summary: &'a mut ScanSummary,
    pub missing: &'a mut HashSet<ResourceId>,
    pub events: &'a mut Vec<Event>,
}

impl Storing<'_> {
    /// Stores `asset`, which is `known` by its local id; `sure` means that `None` is certain.
    pub fn store(
        &mut self,
        asset: &SeenAsset,
        print: i64,
        mut id: Option<AssetId>,
        sure: bool,
    ) -> rusqlite::Result<AssetId> {
        if id.is_none() && !sure {
            // A page may name an asset twice.
            id = known(self.connection, &asset.local_id)?.map(|(id, _)| id);
        }
        let (id, old) = match id {
            Some(id) => (id, Stored::of_asset(self.connection, id)?),
            None => (self.insert_asset(asset)?, Vec::new()),
        };
        let mut settled = true;
        let mut seen = HashSet::with_capacity(asset.resources.len());
        for resource in &asset.resources {
            let (resource, whole) = self.resource(id, asset, resource)?;
            seen.insert(resource);
            settled &= whole;
        }
        for row in old.iter().filter(|row| !seen.contains(&row.id) && row.sight != Sight::Gone) {
            self.missing.insert(row.id);
            settled = false;
        }
        // What could not be settled now is looked at again: its print does not stand.
        self.update_asset(id, asset, settled.then_some(print))?;
        Ok(id)
    }

    fn insert_asset(&mut self, asset: &SeenAsset) -> rusqlite::Result<AssetId> {
        self.tallies.asset(true);
        self.connection
            .prepare_cached(
                "INSERT INTO asset (local_id, print, present, taken, favourite, chosen) \
                 VALUES (?1, NULL, 1, 0, 0, 0)",
            )?
            .insert([&asset.local_id])
            .map(AssetId)
    }

    fn update_asset(
        &mut self,
        id: AssetId,
        asset: &SeenAsset,
        print: Option<i64>,
    ) -> rusqlite::Result<()> {
        let albums = if asset.albums.is_empty() {
            None
        } else {
            Some(
                serde_json::to_string(&asset.albums)
                    .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?,
            )
        };
        let absent: bool = self
            .connection
            .prepare_cached("SELECT present = 0 FROM asset WHERE id = ?1")?
            .query_row([id.0], |row| row.get(0))?;
        if absent {
            self.tallies.asset(true);
        }
        self.connection
            .prepare_cached(
                "UPDATE asset SET print = ?2, present = 1, taken = ?3, favourite = ?4, \
                 chosen = ?5, albums = ?6, cross_id = ?7 WHERE id = ?1",
            )?
            .execute(params![
                id.0,
                print,
                asset.taken,
                asset.favourite,
                asset.chosen,
                albums,
                asset.cross_id
            ])?;
        Ok(())
    }

    /// Stores a resource; says whether all that was seen of it is stored.
    fn resource(
        &mut self,
        asset_id: AssetId,
        asset: &SeenAsset,
        seen: &SeenResource,
    ) -> rusqlite::Result<(ResourceId, bool)> {
        let found = self
            .connection
            .prepare_cached(concat!("SELECT ", columns!(), " FROM resource WHERE local_id = ?1"))?
            .query_row([&seen.local_id], Stored::read)
            .optional()?;
        let fact = Fact::Seen {
            version: seen.version,
            locality: seen.locality,
            size: seen.size,
            chosen: asset.chosen,
        };
        let Some(mut row) = found else {
            return Ok((self.insert(asset_id, asset, seen, fact)?, true));
        };
        self.missing.remove(&row.id);
        let before = row.clone();
        if row.asset != asset_id {
            // The asset that it leaves is no longer what its print says.
            self.connection
                .prepare_cached("UPDATE asset SET print = NULL WHERE id = ?1")?
                .execute([row.asset.0])?;
        }
        row.asset = asset_id;
        row.role = seen.role;
        row.media = seen.media;
        row.access = seen.access;
        row.taken = asset.taken;
        let mut settled = row.clone();
        settled.settle(fact);
        let mut whole = true;
        if !self.under_way.contains(&row.id) {
            self.events.extend(row.staging_left(&settled));
            row = settled;
        } else if settled.version != row.version {
            let left = row.staging_left(&settled);
            row = settled;
            let changed = Box::new(row.row());
            self.events.push(Event::VersionChanged { resource: row.id, row: changed });
            // The machine evicts what it holds; but it may have let go of the row meanwhile.
            self.events.extend(left);
        } else {
            whole = settled == row;
        }
        if row != before {
            self.summary.changed += 1;
        }
        self.tell_kind(&row, seen)?;
        row.save(self.connection, self.tallies, &before.weight())?;
        Ok((row.id, whole))
    }

    fn insert(
        &mut self,
        asset_id: AssetId,
        asset: &SeenAsset,
        seen: &SeenResource,
        fact: Fact,
    ) -> rusqlite::Result<ResourceId> {
        let mut row = Stored {
            id: ResourceId(0),
            asset: asset_id,
            role: seen.role,
            media: seen.media,
            locality: seen.locality,
            access: seen.access,
            size: seen.size,
            version: seen.version,
            taken: asset.taken,
            digest: None,
            sight: Sight::Here,
            stage: Stage::Discovered,
            confirmed: None,
            path: None,
            lost: false,
        };
        row.settle(fact);
        let weight = row.weight();
        let columns = Columns::of(&row, &weight)?;
        let id = self
            .connection
            .prepare_cached(
                "INSERT INTO resource (asset, local_id, role, media, locality, access, \
                 size_class, size, version, taken, name, modified, sight, stage, lane, waits, due, \
                 faulty) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, \
                 ?15, ?16, ?17, ?18)",
            )?
            .insert(params![
                asset_id.0,
                seen.local_id,
                codes::role_code(seen.role),
                codes::media_code(seen.media),
                columns.locality,
                codes::access_code(seen.access),
                columns.size_class,
                columns.size,
                columns.version,
                asset.taken,
                seen.name,
                seen.modified,
                columns.sight,
                columns.stage,
                columns.lane,
                columns.waits,
                columns.due,
                columns.faulty,
            ])?;
        self.tallies.replace(None, Some(&weight));
        self.summary.added += 1;
        Ok(ResourceId(id))
    }

    /// Writes what only a scan tells.
    fn tell_kind(&mut self, row: &Stored, seen: &SeenResource) -> rusqlite::Result<()> {
        self.connection
            .prepare_cached(
                "UPDATE resource SET asset = ?2, role = ?3, media = ?4, access = ?5, taken = ?6, \
                 name = ?7, modified = ?8 WHERE id = ?1",
            )?
            .execute(params![
                row.id.0,
                row.asset.0,
                codes::role_code(row.role),
                codes::media_code(row.media),
                codes::access_code(row.access),
                row.taken,
                seen.name,
                seen.modified,
            ])?;
        Ok(())
    }
}
