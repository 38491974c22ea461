//! What each transfer under way may move over a metered network, against the day's budget.

use super::budget::Ledger;
use crate::media::ResourceId;
use crate::settings::Settings;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The day's ledger, and who holds a part of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Data {
    pub ledger: Ledger,
    charges: BTreeMap<ResourceId, Charge>,
    /// Something was refused today.
    refused: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Charge {
    reserved: u64,
    moved: u64,
}

/// What came of asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reserved {
    /// There is no budget to keep.
    Free,
    /// Reserved: to be durable before the first byte.
    Yes,
    /// Not today.
    NotToday,
    /// It is larger than a whole day's budget.
    Never,
}

/// Whether so many bytes are more than a whole day's budget.
pub(crate) fn is_never(bytes: u64, settings: &Settings) -> bool {
    settings.daily_metered_bytes.is_some_and(|limit| bytes > limit)
}

impl Data {
    /// Reserves `bytes` for `id`.
    pub(crate) fn reserve(&mut self, id: ResourceId, bytes: u64, settings: &Settings) -> Reserved {
        self.ended(id);
        let Some(limit) = settings.daily_metered_bytes else { return Reserved::Free };
        if is_never(bytes, settings) {
            return Reserved::Never;
        }
        if !self.ledger.reserve(bytes, limit) {
            self.refused = true;
            return Reserved::NotToday;
        }
        self.charges.insert(id, Charge { reserved: bytes, moved: 0 });
        Reserved::Yes
    }

    /// The transfer of `id` turns out to move `bytes` in all. Says whether it may.
    pub(crate) fn grow(&mut self, id: ResourceId, bytes: u64, settings: &Settings) -> bool {
        let Some(limit) = settings.daily_metered_bytes else { return true };
        let Some(charge) = self.charges.get_mut(&id) else { return true };
        let more = bytes.saturating_sub(charge.reserved);
        let granted = self.ledger.reserve(more, limit);
        if granted {
            charge.reserved += more;
        }
        granted
    }

    /// Whether the transfer of `id` holds a part of the budget.
    pub(crate) fn is_charged(&self, id: ResourceId) -> bool {
        self.charges.contains_key(&id)
    }

    /// So many bytes moved for `id` so far.
    pub(crate) fn moved(&mut self, id: ResourceId, bytes: u64) {
        if let Some(charge) = self.charges.get_mut(&id) {
            charge.moved = charge.moved.max(bytes);
        }
    }

    /// The transfer of `id` ended. Says whether the ledger changed.
    pub(crate) fn ended(&mut self, id: ResourceId) -> bool {
        let Some(Charge { reserved, moved }) = self.charges.remove(&id) else { return false };
        self.ledger.settle(reserved, moved);
        self.refused = false;
        true
    }

    /// A new day.
    pub(crate) fn opened_day(&mut self) {
        self.refused = false;
    }

    /// Whether nothing of the budget is left for what waits, and nothing under way will give any
    /// back.
    pub(crate) fn is_empty(&self, settings: &Settings) -> bool {
        let Some(limit) = settings.daily_metered_bytes else { return false };
        self.ledger.left(limit) == 0 || (self.refused && self.charges.is_empty())
    }
}
