//! The catalog of the small world: a map, and every question answered by looking at all of it.

use keepsake_machine::Want;
use keepsake_machine::effect::{Change, Part};
use keepsake_machine::event::{Disappearance, Event};
use keepsake_machine::media::{Locality, ResourceId, Size};
use keepsake_machine::row::Row;
use keepsake_machine::settle::{AtVault, Fact, Settled, settle};
use keepsake_machine::stage::{Class, Stage, counted_bytes};
use keepsake_machine::status::{Counts, Tally, ToDo};
use keepsake_machine::time::Elapsed;
use std::collections::BTreeMap;

#[derive(Debug, Clone, Default)]
pub struct Catalog {
    pub rows: BTreeMap<ResourceId, Row>,
    pub parts: BTreeMap<&'static str, Part>,
}

impl Catalog {
    pub fn store(&mut self, change: &Change) {
        match change {
            Change::Stage { resource, stage } => {
                assert!(
                    stage.is_stored() || *stage == Stage::Discovered,
                    "{stage:?} is not stored"
                );
                let row = self.rows.get_mut(resource).expect("a stage of a row");
                assert!(
                    !stage.is_safe() || row.digest.is_some(),
                    "{resource:?} is safe without a digest"
                );
                row.stage = *stage;
            }
            Change::Digest { resource, version, digest } => {
                let row = self.rows.get_mut(resource).expect("a digest of a row");
                if row.version == *version {
                    row.digest = Some(*digest);
                    row.size = Size::Exact(digest.size);
                }
            }
            Change::Locality { resource, version, locality } => {
                let row = self.rows.get_mut(resource).expect("a locality of a row");
                if row.version == *version {
                    row.locality = *locality;
                }
            }
            Change::Transfer { .. } | Change::Freed { .. } => {}
            Change::Session(part) => {
                self.parts.insert(part.key(), part.clone());
            }
        }
    }

    pub fn refill(&mut self, want: &Want) -> Event {
        let mut rows: Vec<Row> =
            want.exactly.iter().filter_map(|id| self.rows.get(id)).copied().collect();
        let takes = |row: &Row| {
            want.classes.iter().any(|class| {
                let known = row.digest.is_some() || row.stage.bytes().staged() > 0;
                let bytes = match row.size {
                    Size::Exact(bytes) => bytes,
                    Size::Hinted { .. } => 0,
                };
                (class.media, class.locality, class.digest_known)
                    == (row.media, row.locality, known)
                    && class.at_most.is_none_or(|most| bytes <= most)
            })
        };
        let free = |row: &&Row| {
            takes(row) && !want.skip.contains(&row.id) && !want.exactly.contains(&row.id)
        };
        let most = (want.newest + want.oldest) as usize;
        let due = |row: &&Row| match row.stage {
            Stage::Waiting(waiting) if waiting.due == Elapsed(u64::MAX) => {
                want.recall.is_some_and(|beyond| row.id > beyond)
            }
            Stage::Waiting(waiting) => waiting.due <= want.due,
            _ => false,
        };
        let mut due: Vec<Row> = self.rows.values().filter(free).filter(due).copied().collect();
        due.sort_by_key(|row| matches!(row.stage, Stage::Waiting(w) if w.due == Elapsed(u64::MAX)));
        rows.extend(due.iter().take(most));
        let mut pending: Vec<Row> = (self.rows.values().filter(free).copied())
            .filter(|row| row.stage.class() == Class::Pending)
            .collect();
        pending.sort_by_key(|row| std::cmp::Reverse(row.position()));
        let newest: Vec<Row> = (pending.iter().copied())
            .filter(|row| want.below.is_none_or(|below| row.position() < below))
            .take(want.newest as usize)
            .collect();
        let oldest: Vec<Row> = (pending.iter().rev().copied())
            .filter(|row| want.above.is_none_or(|above| row.position() > above))
            .filter(|row| !newest.iter().any(|other| other.id == row.id))
            .take(want.oldest as usize)
            .collect();
        let more = !newest.is_empty() || due.len() > most;
        rows.extend(newest);
        rows.extend(oldest);
        let next_due = (self.rows.values())
            .filter_map(|row| match row.stage {
                Stage::Waiting(waiting) if waiting.due != Elapsed(u64::MAX) => Some(waiting.due),
                _ => None,
            })
            .filter(|due| *due > want.due)
            .min();
        Event::Refilled { id: want.id, rows, next_due, more }
    }

    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for row in self.rows.values() {
            let (bytes, exact) = counted_bytes(row.size);
            let tally = Tally { items: 1, bytes, estimated: u64::from(!exact) };
            counts.classes.entry(row.stage.class()).or_default().add(tally);
            if row.stage.is_pending() {
                let digest_known = row.digest.is_some() || row.stage.bytes().staged() > 0;
                let (media, locality) = (row.media, row.locality);
                let to_do = ToDo { media, locality, digest_known };
                counts.to_do.entry(to_do).or_default().add(tally);
            }
        }
        counts
    }

    /// The user wants quarantined items tried again.
    pub fn retry(&mut self) {
        for row in self.rows.values_mut() {
            let before = Settled {
                version: row.version,
                locality: row.locality,
                size: row.size,
                digest: row.digest,
                stage: row.stage,
                at_vault: AtVault::Never,
            };
            row.stage = settle(before, Fact::Retry).stage;
        }
    }

    /// A scan did not see it: of a row under way the machine is told.
    pub fn absent(&mut self, id: ResourceId, under_way: bool) -> Option<Event> {
        let row = self.rows.get_mut(&id)?;
        if under_way {
            return Some(Event::Disappeared { resource: id, how: Disappearance::Deleted });
        }
        let staged = std::mem::replace(&mut row.stage, Stage::Closed).bytes().staged() > 0;
        staged.then_some(Event::StagingLeft { resource: id })
    }

    /// What a scan sees is stored; of a row under way the machine is told.
    pub fn seen(&mut self, row: Row, under_way: bool) -> Option<Event> {
        let Some(known) = self.rows.get_mut(&row.id) else {
            self.rows.insert(row.id, row);
            return None;
        };
        if known.version == row.version {
            return None;
        }
        let (resource, stage) = (row.id, known.stage);
        let locality =
            if row.locality == Locality::Unknown { known.locality } else { row.locality };
        *known = Row { stage, locality, digest: None, ..row };
        if under_way {
            let row = Box::new(*known);
            return Some(Event::VersionChanged { resource, row });
        }
        known.stage = Stage::Discovered;
        (stage.bytes().staged() > 0).then_some(Event::StagingLeft { resource })
    }
}
