//! Counters: exact sums over the resources, kept with every change and stored in the same
//! transaction. Reading them costs the same at ten items and at a million.

use crate::lane::Lane;
use keepsake_machine::stage::Class;
use keepsake_machine::status::{Counts, Tally, ToDo};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is counted. Its JSON is the key in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Key {
    /// Resources of a class.
    Class(Class),
    /// Resources that need this work.
    ToDo(ToDo),
    /// Pending resources in a lane: only items.
    Lane(Lane),
    /// Waiting resources that will be in a lane: only items.
    Waits(Lane),
    /// Assets in the library, those out of sight included: only items.
    Assets,
}

/// What one resource counts for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Weight {
    pub class: Class,
    pub tally: Tally,
    pub to_do: Option<ToDo>,
    pub lane: Option<Lane>,
    pub waits: Option<Lane>,
}

const ONE: Tally = Tally { items: 1, bytes: 0, estimated: 0 };

impl Weight {
    fn parts(&self) -> impl Iterator<Item = (Key, Tally)> {
        let class = Some((Key::Class(self.class), self.tally));
        let to_do = self.to_do.map(|to_do| (Key::ToDo(to_do), self.tally));
        let lane = self.lane.map(|lane| (Key::Lane(lane), ONE));
        let waits = self.waits.map(|lane| (Key::Waits(lane), ONE));
        [class, to_do, lane, waits].into_iter().flatten()
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Counter {
    tally: Tally,
    dirty: bool,
}

/// All counters.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tallies {
    counters: BTreeMap<Key, Counter>,
}

impl Tallies {
    /// Reads them.
    pub fn load(connection: &Connection) -> rusqlite::Result<Tallies> {
        let mut read =
            connection.prepare_cached("SELECT key, items, bytes, estimated FROM counter")?;
        let mut rows = read.query([])?;
        let mut counters = BTreeMap::new();
        while let Some(row) = rows.next()? {
            let key = row.get_ref(0)?.as_str()?;
            let key = serde_json::from_str(key).map_err(|e| crate::codes::unreadable(0, e))?;
            let count = |column| row.get::<_, i64>(column).map(i64::cast_unsigned);
            let tally = Tally { items: count(1)?, bytes: count(2)?, estimated: count(3)? };
            counters.insert(key, Counter { tally, dirty: false });
        }
        Ok(Tallies { counters })
    }

    /// Writes what changed since it was loaded or written.
    pub fn save(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let mut put = connection.prepare_cached(
            "INSERT OR REPLACE INTO counter (key, items, bytes, estimated) VALUES (?1, ?2, ?3, ?4)",
        )?;
        let mut drop = connection.prepare_cached("DELETE FROM counter WHERE key = ?1")?;
        for (key, counter) in &mut self.counters {
            if !std::mem::take(&mut counter.dirty) {
                continue;
            }
            let key = serde_json::to_string(key).map_err(|e| crate::codes::unreadable(0, e))?;
            let Tally { items, bytes, estimated } = counter.tally;
            if items == 0 {
                drop.execute([key])?;
            } else {
                let [items, bytes, estimated] = [items, bytes, estimated].map(u64::cast_signed);
                put.execute((key, items, bytes, estimated))?;
            }
        }
        self.counters.retain(|_, counter| counter.tally.items > 0);
        Ok(())
    }

    /// A resource counts for `after` instead of `before`; `None` where it was or is not there.
    pub fn replace(&mut self, before: Option<&Weight>, after: Option<&Weight>) {
        if before == after {
            return;
        }
        for (key, tally) in before.iter().flat_map(|weight| weight.parts()) {
            let counter = self.counters.entry(key).or_default();
            debug_assert!(counter.tally.items >= tally.items, "{key:?} counts below zero");
            counter.tally.items = counter.tally.items.saturating_sub(tally.items);
            counter.tally.bytes = counter.tally.bytes.wrapping_sub(tally.bytes);
            counter.tally.estimated = counter.tally.estimated.saturating_sub(tally.estimated);
            counter.dirty = true;
        }
        for (key, tally) in after.iter().flat_map(|weight| weight.parts()) {
            let counter = self.counters.entry(key).or_default();
            counter.tally.items += tally.items;
            // Sizes come from outside: absurd ones must not end the program, and go out again.
            counter.tally.bytes = counter.tally.bytes.wrapping_add(tally.bytes);
            counter.tally.estimated += tally.estimated;
            counter.dirty = true;
        }
    }

    /// An asset came (`true`) or went.
    pub fn asset(&mut self, came: bool) {
        let counter = self.counters.entry(Key::Assets).or_default();
        let items = counter.tally.items;
        counter.tally.items = if came { items + 1 } else { items.saturating_sub(1) };
        counter.dirty = true;
    }

    /// Assets in the library.
    pub fn assets(&self) -> u64 {
        self.counters.get(&Key::Assets).map_or(0, |counter| counter.tally.items)
    }

    /// The numbers, without what is yet to be written: for comparing.
    #[cfg(test)]
    pub fn plain(&self) -> BTreeMap<Key, Tally> {
        let counted = self.counters.iter().filter(|(_, counter)| counter.tally.items > 0);
        counted.map(|(key, counter)| (*key, counter.tally)).collect()
    }

    /// The lanes with pending rows, and those with waiting rows.
    pub fn lanes(&self) -> (Vec<Lane>, Vec<Lane>) {
        let mut lanes = (Vec::new(), Vec::new());
        for (key, counter) in &self.counters {
            match key {
                Key::Lane(lane) if counter.tally.items > 0 => lanes.0.push(*lane),
                Key::Waits(lane) if counter.tally.items > 0 => lanes.1.push(*lane),
                _ => {}
            }
        }
        lanes
    }

    /// What the machine is told, without the oldest confirmation.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for (key, counter) in &self.counters {
            match key {
                _ if counter.tally.items == 0 => {}
                Key::Class(class) => drop(counts.classes.insert(*class, counter.tally)),
                Key::ToDo(to_do) => drop(counts.to_do.insert(*to_do, counter.tally)),
                _ => {}
            }
        }
        counts
    }
}
