//! The catalog as a map: every question is answered by looking at all of it, with nothing that could
//! be wrong in the same way as an index.

use crate::Millis;
use keepsake_machine::effect::{Change, Part, Want};
use keepsake_machine::event::{Candidate, Disappearance, Event};
use keepsake_machine::media::{AssetId, Locality, ResourceId, Size, Version};
use keepsake_machine::row::Row;
use keepsake_machine::settle::{AtVault, Fact, Settled, closed, hidden, left_in_staging, settle};
use keepsake_machine::stage::{Bytes, Class, Stage, Waiting, counted_bytes};
use keepsake_machine::status::{Counts, Tally, ToDo};
use keepsake_machine::time::Elapsed;
use std::collections::{BTreeMap, BTreeSet};

/// Rows, and the parts of the session.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    /// Every resource that a scan ever saw.
    pub rows: BTreeMap<ResourceId, Row>,
    /// What the vault has of each, where it was ever shown.
    at_vault: BTreeMap<ResourceId, AtVault>,
    /// How the last scan missed those that it did not see.
    unseen: BTreeMap<ResourceId, Fact>,
    /// What rests of the vault that is not the destination now: stages of versions.
    shelf: BTreeMap<ResourceId, (Version, Stage, AtVault)>,
    /// What the session keeps.
    pub parts: BTreeMap<&'static str, Part>,
    /// The machine's clock, as it was stored last, and what it said when each became safe.
    clock: Elapsed,
    confirmed: BTreeMap<ResourceId, Elapsed>,
    /// As far as it knows, work remains and nothing was made safe since then.
    pub unsafe_since: Option<Millis>,
    /// The same, as far as a program that was killed just then may have made something of it.
    pub perhaps_since: Option<Millis>,
}

impl Catalog {
    /// Stores one change of the machine.
    pub fn store(&mut self, change: &Change) {
        match change {
            Change::Stage { resource, stage } => {
                let known = self.rows.get(resource).is_some_and(|row| row.digest.is_some());
                let at_vault = self.at_vault.entry(*resource).or_default();
                let stage = &if known { *stage } else { without_bytes(*stage) };
                if stage.is_safe() {
                    *at_vault = AtVault::There;
                    self.confirmed.insert(*resource, self.clock);
                }
                let stage = match *stage {
                    Stage::Closed => closed(*at_vault),
                    Stage::Hidden => hidden(*at_vault),
                    stage => stage,
                };
                self.with(*resource, |row| row.stage = stage);
            }
            Change::Digest { resource, version, digest } => self.with(*resource, |row| {
                if row.version == *version {
                    row.digest = Some(*digest);
                    row.size = Size::Exact(digest.size);
                }
            }),
            Change::Locality { resource, version, locality } => self.with(*resource, |row| {
                if row.version == *version {
                    row.locality = *locality;
                }
            }),
            Change::Transfer { .. } => {}
            Change::Freed { asset } => {
                let is = |row: &Row| row.asset == *asset;
                self.settle(Fact::Freed, is, &BTreeSet::new());
            }
            Change::Session(part) => {
                if let Part::Clock(clock) = part {
                    self.clock = clock.elapsed();
                }
                self.parts.insert(part.key(), part.clone());
            }
        }
    }

    fn with(&mut self, resource: ResourceId, change: impl FnOnce(&mut Row)) {
        if let Some(row) = self.rows.get_mut(&resource) {
            change(row);
        }
    }

    /// Brings what is wanted.
    pub fn refill(&self, want: &Want) -> Event {
        let mut rows: Vec<Row> =
            want.exactly.iter().filter_map(|id| self.rows.get(id)).copied().collect();
        let free = |row: &&Row| {
            takes(want, row) && !want.skip.contains(&row.id) && !want.exactly.contains(&row.id)
        };
        let most = (want.newest + want.oldest) as usize;
        let is_due =
            |row: &&Row| matches!(row.stage, Stage::Waiting(waiting) if waiting.due <= want.due);
        let is_recalled =
            |row: &&Row| needs(row) && want.recall.is_some_and(|beyond| row.id > beyond);
        let mut due: Vec<&Row> = self.rows.values().filter(free).filter(is_due).collect();
        due.extend(self.rows.values().filter(free).filter(is_recalled));
        rows.extend(due.iter().copied().take(most));
        let pending = |row: &&Row| row.stage.class() == Class::Pending;
        let mut pending: Vec<&Row> = self.rows.values().filter(free).filter(pending).collect();
        pending.sort_by_key(|row| std::cmp::Reverse(row.position()));
        let newest: Vec<&Row> = (pending.iter().copied())
            .filter(|row| want.below.is_none_or(|below| row.position() < below))
            .take(want.newest as usize)
            .collect();
        let oldest: Vec<&Row> = (pending.iter().rev().copied())
            .filter(|row| want.above.is_none_or(|above| row.position() > above))
            .filter(|row| !newest.iter().any(|other| other.id == row.id))
            .take(want.oldest as usize)
            .collect();
        let more = !newest.is_empty() || due.len() > most;
        rows.extend(newest);
        rows.extend(oldest);
        let due = self.rows.values().filter_map(|row| match row.stage {
            Stage::Waiting(waiting) if waiting.due != Elapsed(u64::MAX) => Some(waiting.due),
            _ => None,
        });
        let next_due = due.filter(|due| *due > want.due).min();
        Event::Refilled { id: want.id, rows, next_due, more }
    }

    /// The counters.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for row in self.rows.values() {
            let (bytes, exact) = counted_bytes(row.size);
            let tally = Tally { items: 1, bytes, estimated: u64::from(!exact) };
            counts.classes.entry(row.stage.class()).or_default().add(tally);
            if row.stage.is_pending() {
                let digest_known = row.digest.is_some() || row.stage.bytes().staged() > 0;
                let to_do = ToDo { media: row.media, locality: row.locality, digest_known };
                counts.to_do.entry(to_do).or_default().add(tally);
            }
            if row.stage.is_safe() {
                let at = self.confirmed.get(&row.id).copied().unwrap_or_default();
                let oldest = counts.oldest_confirmation.unwrap_or(at);
                counts.oldest_confirmation = Some(oldest.min(at));
            }
        }
        counts
    }

    /// Settles rows that are not under way; gives what the machine must be told.
    pub fn settle(
        &mut self,
        fact: Fact,
        which: impl Fn(&Row) -> bool,
        under_way: &BTreeSet<ResourceId>,
    ) -> Vec<Event> {
        let rows = self.rows.values().filter(|row| which(row) && !under_way.contains(&row.id));
        let ids: Vec<_> = rows.map(|row| row.id).collect();
        ids.into_iter().filter_map(|id| self.settle_one(id, fact)).collect()
    }

    /// A scan saw it so.
    pub fn seen(
        &mut self,
        seen: Row,
        chosen: bool,
        under_way: &BTreeSet<ResourceId>,
    ) -> Option<Event> {
        self.unseen.remove(&seen.id);
        let Some(known) = self.rows.get_mut(&seen.id) else {
            self.rows.insert(seen.id, seen);
            return self.settle_one(seen.id, Fact::Chosen(chosen));
        };
        if !under_way.contains(&seen.id) {
            let Row { version, locality, size, .. } = seen;
            return self.settle_one(seen.id, Fact::Seen { version, locality, size, chosen });
        }
        if known.version == seen.version {
            return None;
        }
        let unknown = seen.locality == Locality::Unknown;
        let locality = if unknown { known.locality } else { seen.locality };
        *known = Row { stage: known.stage, locality, digest: None, ..seen };
        self.at_vault.remove(&seen.id);
        Some(Event::VersionChanged { resource: seen.id, row: Box::new(*known) })
    }

    /// A scan did not see it.
    pub fn absent(
        &mut self,
        id: ResourceId,
        how: Disappearance,
        under_way: &BTreeSet<ResourceId>,
    ) -> Option<Event> {
        let fact = how.into();
        self.unseen.insert(id, fact);
        if under_way.contains(&id) {
            return Some(Event::Disappeared { resource: id, how });
        }
        self.settle_one(id, fact)
    }

    /// The other vault becomes the destination: what rests of it holds again, settled by what the
    /// library is now, and what is staged is looked for there first.
    pub fn activate_other(
        &mut self,
        staged: &BTreeMap<ResourceId, u64>,
        chosen: impl Fn(ResourceId) -> bool,
    ) {
        let mut left = BTreeMap::new();
        for id in self.rows.keys().copied().collect::<Vec<_>>() {
            let Some(row) = self.rows.get_mut(&id) else { continue };
            let at_vault = self.at_vault.entry(id).or_default();
            let rests = if row.stage.bytes().staged() > 0 { Stage::Discovered } else { row.stage };
            left.insert(id, (row.version, rests, *at_vault));
            let was_staged = row.stage.bytes().staged() > 0;
            (row.stage, *at_vault) = match self.shelf.get(&id) {
                Some((version, stage, at_vault)) if *version == row.version => (*stage, *at_vault),
                _ => (Stage::Discovered, AtVault::Never),
            };
            let Row { version, locality, size, .. } = *row;
            let seen = Fact::Seen { version, locality, size, chosen: chosen(id) };
            self.settle_one(id, self.unseen.get(&id).copied().unwrap_or(seen));
            let bytes = staged.get(&id).copied().filter(|_| was_staged).map(Bytes::Staged);
            if let (Some(bytes), Some(row)) = (bytes, self.rows.get_mut(&id))
                && row.stage == Stage::Discovered
                && row.digest.is_some()
            {
                row.stage = Stage::CheckingDuplicate { bytes };
            }
        }
        self.shelf = left;
    }

    fn settle_one(&mut self, id: ResourceId, fact: Fact) -> Option<Event> {
        let row = self.rows.get_mut(&id)?;
        let at_vault = self.at_vault.entry(id).or_default();
        let Row { version, locality, size, digest, stage, .. } = *row;
        let before = Settled { version, locality, size, digest, stage, at_vault: *at_vault };
        let after = settle(before, fact);
        let Settled { version, locality, size, digest, stage, .. } = after;
        *row = Row { version, locality, size, digest, stage, ..*row };
        *at_vault = after.at_vault;
        (left_in_staging(&before, &after) > 0).then_some(Event::StagingLeft { resource: id })
    }

    /// Whether it left the library while the vault had it.
    pub fn closed_and_held(&self, id: ResourceId) -> bool {
        let closed = self.rows.get(&id).is_some_and(|row| row.stage == Stage::Closed);
        closed && self.at_vault.get(&id) == Some(&AtVault::There)
    }

    /// Assets all of whose resources are safe, at most `wanted` bytes.
    pub fn freeable(&self, wanted: Option<u64>) -> Vec<Candidate> {
        let mut assets: BTreeMap<AssetId, Vec<&Row>> = BTreeMap::new();
        for row in self.rows.values() {
            assets.entry(row.asset).or_default().push(row);
        }
        let mut left = wanted.unwrap_or(u64::MAX);
        let mut candidates = Vec::new();
        for (asset, rows) in assets {
            let safe = |row: &&Row| matches!(row.stage, Stage::BackedUp | Stage::Duplicate);
            if left == 0 || !rows.iter().all(safe) {
                continue;
            }
            let bytes = rows.iter().map(|row| counted_bytes(row.size).0).sum();
            left = left.saturating_sub(bytes);
            let resources = rows.iter().map(|row| (row.id, row.version)).collect();
            candidates.push(Candidate { asset, resources, bytes, local: true });
        }
        candidates
    }
}

/// Of a version whose checksum is not known no stage stands that is about bytes: it came of an answer
/// about the version before.
fn without_bytes(stage: Stage) -> Stage {
    match stage {
        Stage::Waiting(waiting) => Stage::Waiting(Waiting { bytes: Bytes::InLibrary, ..waiting }),
        Stage::CheckingDuplicate { .. }
        | Stage::Uploading { .. }
        | Stage::Verifying { .. }
        | Stage::BackedUp
        | Stage::Duplicate
        | Stage::Freed => Stage::Discovered,
        other => other,
    }
}

/// Whether it waits for a condition.
fn needs(row: &Row) -> bool {
    matches!(row.stage, Stage::Waiting(waiting) if waiting.due == Elapsed(u64::MAX))
}

fn takes(want: &Want, row: &Row) -> bool {
    want.classes.iter().any(|class| {
        let known = row.digest.is_some() || row.stage.bytes().staged() > 0;
        let bytes = match row.size {
            Size::Exact(bytes) => bytes,
            Size::Hinted { .. } => 0,
        };
        (class.media, class.locality, class.digest_known) == (row.media, row.locality, known)
            && class.at_most.is_none_or(|most| bytes <= most)
    })
}
