//! Batches: what the machine persists and what the engine notes beside it, one transaction each.

use crate::catalog::{Catalog, Sync};
use crate::reader::active;
use crate::stored::{Stored, standing};
use crate::tallies::{Tallies, Weight};
use crate::{CatalogError, Note, Result, known};
use keepsake_machine::effect::Change;
use keepsake_machine::media::{AssetId, ResourceId, VaultId};
use keepsake_machine::settle::Fact;
use keepsake_machine::status::Counts;
use keepsake_machine::time::Elapsed;
use rusqlite::Connection;
use std::collections::HashMap;

impl Catalog {
    /// Stores a batch of the machine's changes, and what the engine has to note beside them, in one
    /// transaction; `durable` syncs it. `at` is the machine's clock: a safe stage counts as
    /// confirmed then. On an error nothing of the batch is stored.
    ///
    /// Digests are stored before stages, whatever their order in the batch. What is about a version
    /// that is no longer the row's is dropped: digest and locality of another version, and a stage
    /// that needs a digest (checking, uploading, verifying, safe) where the row has none. So an answer
    /// that comes late, after a scan saw the file change, cannot make the changed file safe.
    ///
    /// Changes about rows that do not exist are dropped. Needs an active vault when there are
    /// stages or notes about a vault among them ([`CatalogError::NoVault`]).
    pub fn apply(
        &mut self,
        changes: &[Change],
        notes: &[Note],
        durable: bool,
        at: Elapsed,
    ) -> Result<Counts> {
        let vault = self.ask(active)?;
        let of_vault =
            |change: &Change| matches!(change, Change::Stage { .. } | Change::Freed { .. });
        if vault.is_none() && (changes.iter().any(of_vault) || notes.iter().any(Note::is_of_vault))
        {
            return Err(CatalogError::NoVault { file: self.file.clone() });
        }
        let sync = if durable { Sync::Durable } else { Sync::Later };
        let vault = vault.unwrap_or_default();
        self.write(sync, |connection, tallies| {
            let mut rows = Rows { connection, at, touched: Vec::new(), places: HashMap::new() };
            for change in changes {
                rows.tell_bytes(change)?;
            }
            for change in changes {
                rows.tell(change)?;
            }
            // What is gone before what came: a file may have been sent again.
            let is_gone = |note: &&Note| matches!(note, Note::Unknown { .. });
            for note in notes.iter().filter(is_gone).chain(notes.iter().filter(|one| !is_gone(one)))
            {
                rows.note(note, vault)?;
            }
            rows.save(tallies)
        })?;
        Ok(self.counts())
    }
}

/// The rows that a batch touches: each read once, and written once.
struct Rows<'a> {
    connection: &'a Connection,
    at: Elapsed,
    touched: Vec<Touched>,
    places: HashMap<ResourceId, usize>,
}

struct Touched {
    row: Stored,
    before: Weight,
}

impl Rows<'_> {
    /// What must be known before stages: digests and localities.
    fn tell_bytes(&mut self, change: &Change) -> rusqlite::Result<()> {
        match change {
            Change::Digest { resource, version, digest } => self.change(*resource, |row| {
                if row.version == *version {
                    row.bind(Some(*digest));
                }
            }),
            Change::Locality { resource, version, locality } => {
                self.change(*resource, |row| {
                    if row.version == *version {
                        row.locality = *locality;
                    }
                })?;
                let row = self.places.get(resource).and_then(|place| self.touched.get(*place));
                row.map_or(Ok(()), |touched| touched.row.look_again(self.connection))
            }
            _ => Ok(()),
        }
    }

    fn tell(&mut self, change: &Change) -> rusqlite::Result<()> {
        match change {
            Change::Stage { resource, stage } => {
                let at = self.at;
                self.change(*resource, |row| {
                    row.enter(standing(*stage, row.digest.is_some(), row.at_vault()), Some(at));
                })
            }
            Change::Freed { asset } => self.free(*asset),
            Change::Transfer { resource, with_os } => {
                let sql = if *with_os {
                    "INSERT OR IGNORE INTO transfer (resource) VALUES (?1)"
                } else {
                    "DELETE FROM transfer WHERE resource = ?1"
                };
                self.connection.prepare_cached(sql)?.execute([resource.0])?;
                Ok(())
            }
            Change::Session(part) => {
                let value = serde_json::to_string(part)
                    .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
                self.connection
                    .prepare_cached("INSERT OR REPLACE INTO part (name, value) VALUES (?1, ?2)")?
                    .execute((part.key(), value))?;
                Ok(())
            }
            Change::Digest { .. } | Change::Locality { .. } => Ok(()),
        }
    }

    /// An asset that was deleted on the user's word.
    fn free(&mut self, asset: AssetId) -> rusqlite::Result<()> {
        for row in Stored::of_asset(self.connection, asset)? {
            self.change(row.id, |row| row.settle(Fact::Freed))?;
        }
        Ok(())
    }

    fn note(&mut self, note: &Note, vault: VaultId) -> rusqlite::Result<()> {
        match note {
            Note::Path { resource, path } => {
                let mut digest = None;
                self.change(*resource, |row| {
                    row.path = Some(path.clone());
                    digest = row.digest;
                })?;
                digest.map_or(Ok(()), |digest| known::mend(self.connection, vault, &digest, path))
            }
            Note::Confirmed { resource } => {
                let at = self.at;
                self.change(*resource, |row| {
                    if row.stage.is_safe() {
                        row.confirmed = Some(at.0);
                    }
                })
            }
            other => other.store(self.connection, vault),
        }
    }

    fn change(
        &mut self,
        resource: ResourceId,
        change: impl FnOnce(&mut Stored),
    ) -> rusqlite::Result<()> {
        let place = if let Some(place) = self.places.get(&resource) {
            *place
        } else {
            let Some(row) = Stored::load(self.connection, resource)? else { return Ok(()) };
            let before = row.weight();
            self.places.insert(resource, self.touched.len());
            self.touched.push(Touched { row, before });
            self.touched.len() - 1
        };
        if let Some(touched) = self.touched.get_mut(place) {
            change(&mut touched.row);
        }
        Ok(())
    }

    fn save(self, tallies: &mut Tallies) -> rusqlite::Result<()> {
        for touched in &self.touched {
            touched.row.save(self.connection, tallies, &touched.before)?;
        }
        Ok(())
    }
}
