//! Back-offs: exponential with jitter, for items, for the vault and for the source.

use crate::hold::Holds;
use crate::machine::Deadline;
use crate::media::ResourceId;
use crate::stage::{Fault, Waiting};
use crate::time::Elapsed;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::time::Duration;

/// How long to wait after failure number `attempt` (from 1) of `id`: base × 2^(attempt − 1), capped,
/// times a jitter in [0.5, 1.0) that is hash(seed, id, attempt): no generator state.
pub fn delay(base: Duration, cap: Duration, seed: u64, id: u64, attempt: u8) -> Duration {
    let _ = (base, cap, seed, id, attempt);
    unimplemented!()
}

/// What an item that failed does next: wait (with the attempt and the waste counted), or be given
/// up on when its attempts or its wasted bytes are used up.
///
/// The `bytes` of the result are [`crate::stage::Bytes::InLibrary`]: the caller knows what it still
/// holds, and says so.
pub fn after_failure(
    before: Option<Waiting>,
    fault: Fault,
    wasted: u64,
    size: u64,
    elapsed: Elapsed,
    seed: u64,
    id: ResourceId,
) -> Result<Waiting, Fault> {
    let _ = (before, fault, wasted, size, elapsed, seed, id);
    unimplemented!()
}

/// The back-offs that are not one item's: `VaultUnavailable`, `VaultFull`, `SourceUnavailable`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Backoffs {
    vault: Option<Unavailable>,
    full: Option<Full>,
    source: Source,
}

/// The vault does not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Unavailable {
    attempt: u8,
    until: Elapsed,
    /// A probe is under way: the next failure counts.
    probing: bool,
}

/// The vault has no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Full {
    attempt: u8,
    until: Elapsed,
    /// Bytes that would let the smallest refused item through.
    needed: u64,
    /// Whether the hold is in force; if not, the attempts are only remembered.
    held: bool,
}

/// The source.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
struct Source {
    attempt: u8,
    /// The hold is in force until then.
    until: Option<Elapsed>,
    /// Different items that failed in a row.
    failed: BTreeSet<ResourceId>,
}

/// What deadlines brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Fired {
    /// Probe the vault. The hold stays until it answers.
    pub probe_vault: bool,
    /// `SourceUnavailable` ended; the next failure of the source begins it again, for longer.
    pub source: bool,
}

impl Backoffs {
    /// An operation or a probe found the vault unavailable. Says until when. Failures of what was
    /// under way when it began do not make it longer.
    pub fn vault_failed(&mut self, at: Elapsed, seed: u64) -> Elapsed {
        let _ = (at, seed);
        unimplemented!()
    }

    /// The vault answered, whatever it said. Says whether that ended `VaultUnavailable`.
    pub fn vault_answered(&mut self) -> bool {
        unimplemented!()
    }

    /// The vault had no room for `needed` bytes more (1 where it did not say for what). Says when
    /// it is probed.
    pub fn full(&mut self, needed: u64, at: Elapsed, seed: u64) -> Elapsed {
        let _ = (needed, at, seed);
        unimplemented!()
    }

    /// The vault told its room (`None`: it answers but does not tell, so one may try). Says whether
    /// that ended `VaultFull`.
    pub fn room(&mut self, room: Option<u64>) -> bool {
        let _ = room;
        unimplemented!()
    }

    /// A put arrived: there is room, and the next `VaultFull` starts from the shortest back-off.
    pub fn sent(&mut self) {
        unimplemented!()
    }

    /// The source failed for `resource` in a way that is not the item's. When three different items
    /// in a row did, `SourceUnavailable` begins: says until when, if this began it.
    pub fn source_trouble(
        &mut self,
        resource: ResourceId,
        at: Elapsed,
        seed: u64,
    ) -> Option<Elapsed> {
        let _ = (resource, at, seed);
        unimplemented!()
    }

    /// The source served an original. Says whether that ended `SourceUnavailable`.
    pub fn source_ok(&mut self) -> bool {
        unimplemented!()
    }

    /// Conditions changed for the better (the network is back, the user asked): what waits is due
    /// now.
    pub fn hurry(&mut self, at: Elapsed) {
        let _ = at;
        unimplemented!()
    }

    /// The earliest deadline.
    pub fn due(&self) -> Option<(Elapsed, Deadline)> {
        unimplemented!()
    }

    /// Fires what is due by `at`. A vault's deadline is set again, so that a probe whose answer is
    /// lost is repeated.
    pub fn fire(&mut self, at: Elapsed, seed: u64) -> Fired {
        let _ = (at, seed);
        unimplemented!()
    }

    /// Those of `VaultUnavailable`, `VaultFull` and `SourceUnavailable` that are in force.
    pub fn holds(&self) -> Holds {
        unimplemented!()
    }

    /// Until when the vault is left alone, where it is unavailable.
    pub fn vault_until(&self) -> Option<Elapsed> {
        self.vault.map(|vault| vault.until)
    }

    /// Until when the source is left alone, where it is unavailable.
    pub fn source_until(&self) -> Option<Elapsed> {
        self.source.until
    }

    /// Bytes of room in the vault that would let the next item through, where it is full.
    pub fn needed(&self) -> Option<u64> {
        self.full.filter(|full| full.held).map(|full| full.needed)
    }
}
