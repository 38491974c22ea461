//! Vaults: one is active; the stages of the others rest on a shelf.

use crate::catalog::{Catalog, Sync, set_meta};
use crate::reader::active;
use crate::stored::{REST, Sight, Stored, columns, stage, stage_code, standing};
use crate::tallies::Tallies;
use crate::{Reader, Result};
use keepsake_machine::media::{VaultId, Version};
use keepsake_machine::settle::Fact;
use keepsake_machine::stage::{Bytes, Stage};
use rusqlite::{Connection, OptionalExtension as _};

/// The vault that stages are about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActiveVault {
    /// The catalog's id.
    pub id: VaultId,
    /// The vault's own identity.
    pub identity: [u8; 16],
    /// Where it was last: a folder, in the engine's own text.
    pub place: String,
}

impl Catalog {
    /// Makes the vault with this identity the active one and remembers its place. One durable
    /// transaction. Returns at once when it is active already.
    ///
    /// Digests, staged files and the library stay. A resource that this vault has not seen is
    /// [`keepsake_machine::Stage::Discovered`] (or checks its staged bytes first); what an earlier
    /// time with this vault left holds again, settled by what the library is now, and counts as
    /// confirmed when it was. Sweep the staging folder afterwards: a staged original that the vault has
    /// no use for is one that [`Reader::staged`] no longer names. Takes time in proportion to the library when the vault changes.
    pub fn activate(&mut self, identity: &[u8; 16], place: &str) -> Result<VaultId> {
        let before = self.active_vault()?;
        if let Some(active) = &before
            && active.identity == *identity
            && active.place == place
        {
            return Ok(active.id);
        }
        self.write(Sync::Durable, |connection, tallies| {
            let vault = remember(connection, identity, place)?;
            let before = before.map(|active| active.id);
            if before != Some(vault) {
                set_meta(connection, "vault", vault.0)?;
                if let Some(before) = before {
                    shelve(connection, before)?;
                }
                unshelve(connection, tallies, vault)?;
            }
            Ok(vault)
        })
    }
}

impl Reader {
    /// The active vault; `None` before the first.
    pub fn active_vault(&self) -> Result<Option<ActiveVault>> {
        self.ask(|connection| {
            let Some(id) = active(connection)? else { return Ok(None) };
            connection
                .prepare_cached("SELECT identity, place FROM vault WHERE id = ?1")?
                .query_row([id.0], |row| {
                    Ok(ActiveVault { id, identity: row.get(0)?, place: row.get(1)? })
                })
                .optional()
        })
    }

    /// Whether this catalog has ever known a vault at this place, and which (the last one there).
    pub fn vault_at(&self, place: &str) -> Result<Option<[u8; 16]>> {
        self.ask(|connection| {
            connection
                .prepare_cached(
                    "SELECT identity FROM vault WHERE place = ?1 ORDER BY id DESC LIMIT 1",
                )?
                .query_row([place], |row| row.get(0))
                .optional()
        })
    }
}

fn remember(
    connection: &Connection,
    identity: &[u8; 16],
    place: &str,
) -> rusqlite::Result<VaultId> {
    let id: i64 = connection
        .prepare_cached(
            "INSERT INTO vault (identity, place) VALUES (?1, ?2) \
             ON CONFLICT (identity) DO UPDATE SET place = excluded.place RETURNING id",
        )?
        .query_row((identity, place), |row| row.get(0))?;
    Ok(VaultId(id))
}

/// Puts the stages of the vault that was active on the shelf. Staged bytes stay with the resource:
/// its stage rests as discovered, with the digest beside it.
fn shelve(connection: &Connection, vault: VaultId) -> rusqlite::Result<()> {
    connection.execute("DELETE FROM shelf WHERE vault = ?1", [vault.0])?;
    connection.execute(
        "INSERT INTO shelf (vault, resource, version, stage, confirmed, path, lost) \
         SELECT ?1, id, version, CASE WHEN staged IS NULL THEN stage ELSE ?2 END, confirmed, \
         path, lost FROM resource WHERE stage <> ?2 OR path IS NOT NULL OR lost IS NOT NULL",
        (vault.0, stage_code(Stage::Discovered)?),
    )?;
    connection.execute("DELETE FROM shelf_placement WHERE vault = ?1", [vault.0])?;
    connection.execute(
        "INSERT INTO shelf_placement (vault, asset, placement) \
         SELECT ?1, id, placement FROM asset WHERE placement IS NOT NULL",
        [vault.0],
    )?;
    Ok(())
}

/// Takes the stages of the vault that is active now from the shelf.
fn unshelve(
    connection: &Connection,
    tallies: &mut Tallies,
    vault: VaultId,
) -> rusqlite::Result<()> {
    connection.execute(
        "UPDATE asset SET placement = (SELECT placement FROM shelf_placement \
         WHERE vault = ?1 AND asset = asset.id)",
        [vault.0],
    )?;
    let mut from = i64::MIN;
    loop {
        let page = shelved_page(connection, vault, from)?;
        let Some((last, ..)) = page.last() else { return Ok(()) };
        from = last.id.0.saturating_add(1);
        for (mut row, shelved, chosen) in page {
            let before = row.clone();
            take(&mut row, shelved, chosen);
            if row != before {
                row.save(connection, tallies, &before.weight())?;
            }
        }
    }
}

/// What lies on the shelf for a resource.
struct Shelved {
    version: Version,
    stage: Stage,
    confirmed: Option<u64>,
    path: Option<String>,
    lost: bool,
}

/// Rows in order of id, each with its shelf and whether its asset is chosen.
fn shelved_page(
    connection: &Connection,
    vault: VaultId,
    from: i64,
) -> rusqlite::Result<Vec<(Stored, Option<Shelved>, bool)>> {
    let mut read = connection.prepare_cached(concat!(
        "SELECT ",
        columns!(),
        ", asset.chosen, shelf.version, shelf.stage, shelf.confirmed, shelf.path, \
         shelf.lost \
         FROM resource CROSS JOIN asset ON asset.id = resource.asset \
         LEFT JOIN shelf ON shelf.vault = ?1 AND shelf.resource = resource.id \
         WHERE resource.id >= ?2 ORDER BY resource.id LIMIT 1000"
    ))?;
    let rows = read.query_map((vault.0, from), |row| {
        let shelved = match row.get::<_, Option<i64>>(REST + 1)? {
            Some(version) => Some(Shelved {
                version: Version(version.cast_unsigned()),
                stage: stage(row.get_ref(REST + 2)?.as_str()?)?,
                confirmed: row.get::<_, Option<i64>>(REST + 3)?.map(i64::cast_unsigned),
                path: row.get(REST + 4)?,
                lost: row.get::<_, Option<i64>>(REST + 5)?.is_some(),
            }),
            None => None,
        };
        Ok((Stored::read(row)?, shelved, row.get(REST)?))
    })?;
    rows.collect()
}

/// The row as it stands for the vault that is active now: what it left there, settled by what the
/// library is today.
fn take(row: &mut Stored, shelved: Option<Shelved>, chosen: bool) {
    let now = row.clone();
    let staged = now.stage.bytes().staged();
    let seen = Fact::Seen { version: now.version, locality: now.locality, size: now.size, chosen };
    row.enter(Stage::Discovered, None);
    (row.path, row.lost) = (None, false);
    if let Some(shelved) = shelved {
        row.version = shelved.version;
        row.digest = row.digest.filter(|_| shelved.version == now.version);
        (row.path, row.lost) = (shelved.path, shelved.lost);
        row.confirmed = shelved.confirmed;
        row.enter(standing(shelved.stage, row.digest.is_some(), row.at_vault()), None);
    }
    match now.sight {
        Sight::Here => row.settle(seen),
        // What changed before it went is not what the vault has.
        Sight::Gone | Sight::Out => {
            if row.version != now.version {
                row.settle(seen);
            }
            row.settle(match now.sight {
                Sight::Out => Fact::OutOfSight,
                Sight::Here | Sight::Gone => Fact::Absent,
            });
        }
    }
    let kept = row.digest.is_some();
    row.sight = now.sight;
    row.digest = now.digest;
    if !kept {
        (row.path, row.lost) = (None, false);
        if row.stage == Stage::Lost {
            row.enter(Stage::Closed, None); // of bytes that nobody knows any more nothing can be said
        }
    }
    if staged > 0 && row.stage == Stage::Discovered && row.digest.is_some() {
        row.enter(Stage::CheckingDuplicate { bytes: Bytes::Staged(staged) }, None);
    }
}
