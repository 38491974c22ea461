//! A resource's row: read, weighed, written. All that writes a stage goes through here, so that the
//! columns for the indexes always follow the stage.

use crate::codes;
use crate::lane::Lane;
use crate::tallies::{Tallies, Weight};
use keepsake_machine::Event;
use keepsake_machine::media::{
    Access, AssetId, Digest, Locality, Media, ResourceId, Role, Size, Version,
};
use keepsake_machine::row::Row;
use keepsake_machine::settle::{AtVault, Fact, Settled, closed, hidden, left_in_staging, settle};
use keepsake_machine::stage::{Bytes, Class, Stage, Waiting, counted_bytes};
use keepsake_machine::status::{Tally, ToDo};
use keepsake_machine::time::Elapsed;
use rusqlite::{Connection, OptionalExtension as _, params};

/// Whether a resource is in the library.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sight {
    /// It was seen.
    Here,
    /// A complete scan with full access did not see it.
    Gone,
    /// A scan could not have seen it.
    Out,
}

/// A resource as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stored {
    pub id: ResourceId,
    pub asset: AssetId,
    pub role: Role,
    pub media: Media,
    pub locality: Locality,
    pub access: Access,
    pub size: Size,
    pub version: Version,
    pub taken: i64,
    pub digest: Option<Digest>,
    pub sight: Sight,
    pub stage: Stage,
    /// Only where the stage is safe.
    pub confirmed: Option<u64>,
    /// Of the digest's bytes, in the active vault.
    pub path: Option<String>,
    /// Whether the active vault had the digest's bytes and has lost them.
    pub lost: bool,
}

/// The columns that [`Stored::read`] reads, in its order.
macro_rules! columns {
    () => {
        "resource.id, resource.asset, resource.role, resource.media, resource.locality, \
         resource.access, resource.size_class, resource.size, resource.version, resource.taken, \
         resource.sha256, resource.md5, resource.digest_size, resource.sight, resource.stage, \
         resource.confirmed, resource.path, resource.lost"
    };
}
pub(crate) use columns;

/// The first column that a query asks for beside [`columns!`].
pub(crate) const REST: usize = 18;

impl Stored {
    /// Reads a row of [`columns!`].
    pub fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Stored> {
        let sight = match row.get::<_, i64>(13)? {
            0 => Sight::Here,
            1 => Sight::Gone,
            _ => Sight::Out,
        };
        Ok(Stored {
            id: ResourceId(row.get(0)?),
            asset: AssetId(row.get(1)?),
            role: codes::role(row.get(2)?)?,
            media: codes::media(row.get(3)?)?,
            locality: codes::locality(row.get(4)?)?,
            access: codes::access(row.get(5)?)?,
            size: codes::size(row.get(6)?, row.get(7)?)?,
            version: Version(row.get::<_, i64>(8)?.cast_unsigned()),
            taken: row.get(9)?,
            digest: digest(row, 10)?,
            sight,
            stage: stage(row.get_ref(14)?.as_str()?)?,
            confirmed: row.get::<_, Option<i64>>(15)?.map(i64::cast_unsigned),
            path: row.get(16)?,
            lost: row.get::<_, Option<i64>>(17)?.is_some(),
        })
    }

    /// The row of this resource.
    pub fn load(connection: &Connection, id: ResourceId) -> rusqlite::Result<Option<Stored>> {
        connection
            .prepare_cached(concat!("SELECT ", columns!(), " FROM resource WHERE id = ?1"))?
            .query_row([id.0], Stored::read)
            .optional()
    }

    /// The rows of this asset, in the order of their ids.
    pub fn of_asset(connection: &Connection, asset: AssetId) -> rusqlite::Result<Vec<Stored>> {
        connection
            .prepare_cached(concat!(
                "SELECT ",
                columns!(),
                " FROM resource WHERE asset = ?1 ORDER BY id"
            ))?
            .query_map([asset.0], Stored::read)?
            .collect()
    }

    /// The size in bytes, as far as it is known: a hinted one is once the bytes were hashed.
    pub fn known_size(&self) -> Size {
        match (self.size, self.digest) {
            (Size::Hinted { .. }, Some(digest)) => Size::Exact(digest.size),
            (size, _) => size,
        }
    }

    /// What it counts for.
    pub fn weight(&self) -> Weight {
        let size = self.known_size();
        let (bytes, exact) = counted_bytes(size);
        let tally = Tally { items: 1, bytes, estimated: u64::from(!exact) };
        let class = self.stage.class();
        let to_do = ToDo {
            media: self.media,
            locality: self.locality,
            digest_known: self.digest.is_some() || self.stage.bytes().staged() > 0,
        };
        let lane = Lane::of(to_do, exact.then_some(bytes));
        match class {
            Class::Pending => {
                Weight { class, tally, to_do: Some(to_do), lane: Some(lane), waits: None }
            }
            Class::Waiting(_) => {
                Weight { class, tally, to_do: Some(to_do), lane: None, waits: Some(lane) }
            }
            _ => Weight { class, tally, to_do: None, lane: None, waits: None },
        }
    }

    /// Writes what changes in a row's life: everything but its identity, asset, role, kind and
    /// time, which only a scan tells (see `scan::store`). `before` is what it counted for.
    pub fn save(
        &self,
        connection: &Connection,
        tallies: &mut Tallies,
        before: &Weight,
    ) -> rusqlite::Result<()> {
        let weight = self.weight();
        tallies.replace(Some(before), Some(&weight));
        if weight.class != before.class && is_away(weight.class) {
            self.look_again(connection)?;
        }
        let columns = Columns::of(self, &weight)?;
        connection
            .prepare_cached(
                "UPDATE resource SET locality = ?2, size_class = ?3, size = ?4, version = ?5, \
                 sha256 = ?6, md5 = ?7, digest_size = ?8, sight = ?9, stage = ?10, \
                 confirmed = ?11, path = ?12, lane = ?13, waits = ?14, due = ?15, staged = ?16, \
                 faulty = ?17, lost = ?18 WHERE id = ?1",
            )?
            .execute(params![
                self.id.0,
                columns.locality,
                columns.size_class,
                columns.size,
                columns.version,
                columns.sha256,
                columns.md5,
                columns.digest_size,
                columns.sight,
                columns.stage,
                columns.confirmed,
                self.path,
                columns.lane,
                columns.waits,
                columns.due,
                columns.staged,
                columns.faulty,
                columns.lost,
            ])?;
        Ok(())
    }

    /// Has the next scan look at its asset closely, though it may look the same as before.
    pub fn look_again(&self, connection: &Connection) -> rusqlite::Result<()> {
        connection
            .prepare_cached("UPDATE asset SET print = NULL WHERE id = ?1 AND print IS NOT NULL")?
            .execute([self.asset.0])?;
        Ok(())
    }

    /// Goes to `stage`; what hangs on it follows.
    pub fn enter(&mut self, stage: Stage, at: Option<Elapsed>) {
        self.stage = stage;
        self.confirmed = if stage.is_safe() {
            self.lost = false;
            Some(at.map(|at| at.0).or(self.confirmed).unwrap_or(0))
        } else {
            None
        };
    }

    /// What the active vault has of its bytes. A path is there without a digest when an answer came
    /// after a scan saw the file change: it is of the bytes before.
    pub fn at_vault(&self) -> AtVault {
        let shown = self.path.is_some() && self.digest.is_some();
        match (self.lost, self.stage.is_safe() || shown) {
            (true, _) => AtVault::Lost,
            (false, true) => AtVault::There,
            (false, false) => AtVault::Never,
        }
    }

    /// Binds a digest, or none; what the vault has belongs to the bytes.
    pub fn bind(&mut self, digest: Option<Digest>) {
        let same = |old: Digest, new: Digest| old.sha256 == new.sha256 && old.size == new.size;
        let kept = matches!((self.digest, digest), (Some(old), Some(new)) if same(old, new));
        if !kept {
            self.path = None;
            self.lost = false;
        }
        self.digest = digest;
    }

    /// What `settle` sees of it.
    pub fn settled(&self) -> Settled {
        Settled {
            version: self.version,
            locality: self.locality,
            size: self.size,
            digest: self.digest,
            stage: self.stage,
            at_vault: self.at_vault(),
        }
    }

    /// Lets the machine's `settle` decide what becomes of it. What the library no longer has does
    /// not come back by any other fact than being seen.
    pub fn settle(&mut self, fact: Fact) {
        let mut after = settle(self.settled(), fact);
        if !matches!(fact, Fact::Seen { .. }) {
            after = match self.sight {
                Sight::Here => after,
                // Its absence is known.
                _ if fact == Fact::Freed => after,
                Sight::Gone => settle(after, Fact::Absent),
                Sight::Out => settle(after, Fact::OutOfSight),
            };
        }
        self.version = after.version;
        self.locality = after.locality;
        self.size = after.size;
        self.bind(after.digest);
        self.enter(after.stage, None);
        self.lost = after.at_vault == AtVault::Lost;
        if after.at_vault != AtVault::There {
            self.path = None;
        }
        match fact {
            Fact::Seen { .. } => self.sight = Sight::Here,
            Fact::Absent => self.sight = Sight::Gone,
            Fact::OutOfSight => self.sight = Sight::Out,
            _ => {}
        }
    }

    /// What the machine is told if `after`, which it was settled to, no longer names its staged
    /// original.
    pub fn staging_left(&self, after: &Stored) -> Option<Event> {
        let left = left_in_staging(&self.settled(), &after.settled());
        (left > 0).then_some(Event::StagingLeft { resource: self.id })
    }

    /// As the machine sees it.
    pub fn row(&self) -> Row {
        Row {
            id: self.id,
            asset: self.asset,
            role: self.role,
            media: self.media,
            locality: self.locality,
            access: self.access,
            size: self.known_size(),
            version: self.version,
            taken: self.taken,
            stage: self.stage,
            digest: self.digest,
        }
    }
}

/// The columns of a row's life, encoded.
pub(crate) struct Columns<'a> {
    pub locality: i64,
    pub size_class: Option<i64>,
    pub size: i64,
    pub version: i64,
    pub sha256: Option<&'a [u8]>,
    pub md5: Option<&'a [u8]>,
    pub digest_size: Option<i64>,
    pub sight: i64,
    pub stage: String,
    pub confirmed: Option<i64>,
    pub lane: Option<u16>,
    pub waits: Option<u16>,
    pub due: Option<i64>,
    pub staged: Option<i64>,
    pub faulty: Option<i64>,
    pub lost: Option<i64>,
}

impl Columns<'_> {
    /// Those of `row`, which weighs `weight`.
    pub fn of<'a>(row: &'a Stored, weight: &Weight) -> rusqlite::Result<Columns<'a>> {
        let (size_class, size) = codes::size_codes(row.size);
        let digest = row.digest.as_ref();
        let staged = row.stage.bytes().staged();
        Ok(Columns {
            locality: codes::locality_code(row.locality),
            size_class,
            size,
            version: row.version.0.cast_signed(),
            sha256: digest.map(|digest| digest.sha256.as_slice()),
            md5: digest.and_then(|digest| digest.md5.as_ref()).map(<[u8; 16]>::as_slice),
            digest_size: digest.map(|digest| digest.size.cast_signed()),
            sight: row.sight as i64,
            stage: stage_code(row.stage)?,
            confirmed: row.confirmed.map(clamped),
            lane: weight.lane.map(|lane| lane.0),
            waits: weight.waits.map(|lane| lane.0),
            due: match row.stage {
                Stage::Waiting(waiting) => Some(clamped(waiting.due.0)),
                _ => None,
            },
            staged: (staged > 0).then(|| clamped(staged)),
            faulty: matches!(row.stage, Stage::Quarantined(_)).then_some(1),
            lost: row.lost.then_some(1),
        })
    }
}

/// The stage that is stored where the machine says `stage` of a row with or without a digest for
/// its version. Without one no stage can stand that is about bytes: it is told by an answer that
/// came after a scan saw the file change. What the vault had and lost does not just go.
pub(crate) fn standing(stage: Stage, digest_known: bool, at_vault: AtVault) -> Stage {
    if !stage.is_stored() {
        return Stage::Discovered;
    }
    match stage {
        Stage::Closed => return closed(at_vault),
        Stage::Hidden => return hidden(at_vault),
        _ => {}
    }
    if digest_known {
        return stage;
    }
    match stage {
        Stage::CheckingDuplicate { .. }
        | Stage::Uploading { .. }
        | Stage::Verifying { .. }
        | Stage::BackedUp
        | Stage::Duplicate
        | Stage::Freed => Stage::Discovered,
        Stage::Waiting(waiting) => Stage::Waiting(Waiting { bytes: Bytes::InLibrary, ..waiting }),
        other => other,
    }
}

/// Whether being seen changes it: it may have come back just as it was.
fn is_away(class: Class) -> bool {
    matches!(class, Class::Freed | Class::Lost | Class::Hidden | Class::Closed | Class::Excluded)
}

/// Reads the three columns of a digest from `first` on.
pub(crate) fn digest(row: &rusqlite::Row<'_>, first: usize) -> rusqlite::Result<Option<Digest>> {
    let Some(sha256) = row.get::<_, Option<[u8; 32]>>(first)? else { return Ok(None) };
    let md5 = row.get::<_, Option<[u8; 16]>>(first + 1)?;
    let size = row.get::<_, i64>(first + 2)?.cast_unsigned();
    Ok(Some(Digest { sha256, md5, size }))
}

/// Reads a stage's JSON.
pub(crate) fn stage(text: &str) -> rusqlite::Result<Stage> {
    serde_json::from_str(text).map_err(|e| codes::unreadable(14, e))
}

/// A stage's JSON.
pub(crate) fn stage_code(stage: Stage) -> rusqlite::Result<String> {
    serde_json::to_string(&stage).map_err(|e| codes::unreadable(14, e))
}

/// A number as a column; a time later than the column can say is "never".
pub(crate) fn clamped(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
