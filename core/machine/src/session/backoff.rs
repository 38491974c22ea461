//! Back-offs: exponential with jitter, for items, for the vault and for the source.

use crate::media::ResourceId;
use crate::stage::{Fault, Waiting};
use crate::time::Elapsed;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long to wait after failure number `attempt` (from 1) of `id`: base × 2^(attempt − 1), capped,
/// times a jitter in [0.5, 1.0) that is hash(seed, id, attempt): no generator state.
pub fn delay(base: Duration, cap: Duration, seed: u64, id: u64, attempt: u8) -> Duration {
    let _ = (base, cap, seed, id, attempt);
    unimplemented!()
}

/// What an item that failed does next: wait (with the attempt and the waste counted), or be given
/// up on when its attempts or its wasted bytes are used up.
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
pub struct Backoffs {}
