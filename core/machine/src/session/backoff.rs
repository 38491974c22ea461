//! Back-offs: exponential with jitter, for items, for the vault and for the source.
//!
//! An item that fails by itself backs off alone ([`after_failure`]) until its retry budget, in
//! attempts and in bytes, is used up. Trouble that is not an item's is one of [`Backoffs`]: it
//! becomes a hold, with its own deadline, and blames nobody.

use crate::hold::{Hold, Holds};
use crate::machine::Deadline;
use crate::media::ResourceId;
use crate::stage::{Bytes, Fault, Waiting, Why};
use crate::time::Elapsed;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::time::Duration;

/// How long to wait after failure number `attempt` (from 1) of `id`: base × 2^(attempt − 1), capped,
/// times a jitter in [0.5, 1.0) that is hash(seed, id, attempt): no generator state.
pub fn delay(base: Duration, cap: Duration, seed: u64, id: u64, attempt: u8) -> Duration {
    let doublings = u32::from(attempt.saturating_sub(1)).min(31);
    let whole = base.saturating_mul(1 << doublings).min(cap);
    let whole = u64::try_from(whole.as_millis()).unwrap_or(u64::MAX);
    let random = mix(seed ^ mix(id ^ mix(u64::from(attempt))));
    let half = whole / 2;
    let more = (u128::from(whole - half) * u128::from(random)) >> 64;
    Duration::from_millis(half + u64::try_from(more).unwrap_or(0))
}

/// What an item that failed does next: wait (with the attempt and the waste counted), or be given
/// up on when its retry budget is used up.
///
/// The budget is counted twice. In attempts: how often such a fault is worth trying again. In
/// bytes: from the third attempt on, an item that moved more than four times its size in vain
/// (16 MiB at least, so that small ones are not cut short) is given up on as well; `size` is its
/// size or upper estimate, `wasted` what this attempt moved in vain.
///
/// The `bytes` of the result are [`Bytes::InLibrary`]: the caller knows what it still holds, and
/// says so.
pub fn after_failure(
    before: Option<Waiting>,
    fault: Fault,
    wasted: u64,
    size: u64,
    elapsed: Elapsed,
    seed: u64,
    id: ResourceId,
) -> Result<Waiting, Fault> {
    let attempt = before.map_or(0, |waiting| waiting.attempt).saturating_add(1);
    let wasted = before.map_or(0, |waiting| waiting.wasted).saturating_add(wasted);
    let plan = plan(fault);
    let worth = size.saturating_mul(4).max(16 << 20);
    if attempt >= plan.attempts || (attempt >= 3 && wasted > worth) {
        return Err(fault);
    }
    let wait = delay(plan.base, plan.cap, seed, id.0.cast_unsigned(), attempt);
    let why = Why::Failed(fault);
    Ok(Waiting { due: elapsed + wait, attempt, wasted, why, bytes: Bytes::InLibrary })
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
    /// As an earlier run left them: a probe that was under way died with it, and is due again.
    #[must_use]
    pub(crate) fn restored(mut self) -> Backoffs {
        if let Some(vault) = self.vault.as_mut().filter(|vault| vault.probing) {
            (vault.probing, vault.until) = (false, Elapsed(0));
        }
        self
    }

    /// An operation or a probe found the vault unavailable. Says until when it is left alone.
    /// Failures of what was under way when that began do not make it longer.
    pub fn vault_failed(&mut self, at: Elapsed, seed: u64) -> Elapsed {
        let attempt = match self.vault {
            Some(vault) if !vault.probing => return vault.until,
            Some(vault) => vault.attempt.saturating_add(1),
            None => 1,
        };
        let until = at + delay(VAULT.base, VAULT.cap, seed, VAULT_ID, attempt);
        self.vault = Some(Unavailable { attempt, until, probing: false });
        until
    }

    /// The vault answered, whatever it said. Says whether that ended `VaultUnavailable`.
    pub fn vault_answered(&mut self) -> bool {
        self.vault.take().is_some()
    }

    /// The vault had no room for `needed` bytes more (0 where it did not say for what). Says when
    /// it is probed. Of several that did not fit, the smallest is what room is waited for.
    pub fn full(&mut self, needed: u64, at: Elapsed, seed: u64) -> Elapsed {
        let full = match self.full {
            Some(full) if full.held => Full { needed: full.needed.min(needed.max(1)), ..full },
            before => {
                let attempt = before.map_or(0, |full| full.attempt).saturating_add(1);
                let until = at + delay(VAULT.base, VAULT.cap, seed, FULL_ID, attempt);
                Full { attempt, until, needed: needed.max(1), held: true }
            }
        };
        self.full = Some(full);
        full.until
    }

    /// The vault told its room (`None`: it answers but does not tell, so one may try). Says whether
    /// that ended `VaultFull`. How often it was full is remembered until something is
    /// [`Backoffs::sent`].
    pub fn room(&mut self, room: Option<u64>) -> bool {
        match &mut self.full {
            Some(full) if full.held && room.is_none_or(|room| room >= full.needed) => {
                full.held = false;
                true
            }
            _ => false,
        }
    }

    /// A put arrived: the next `VaultFull` starts from the shortest back-off. Does not end one that
    /// is in force: a small item that still went through says nothing about the one that did not.
    pub fn sent(&mut self) {
        self.full = self.full.filter(|full| full.held);
    }

    /// The source failed for `resource` in a way that is not the item's. When three different items
    /// in a row did, `SourceUnavailable` begins: says until when, if this began it.
    ///
    /// Before it begins nothing keeps the item from being tried at once: it backs off by itself.
    pub fn source_trouble(
        &mut self,
        resource: ResourceId,
        at: Elapsed,
        seed: u64,
    ) -> Option<Elapsed> {
        let source = &mut self.source;
        if source.until.is_some() {
            return None;
        }
        source.failed.insert(resource);
        let enough = if source.attempt == 0 { ALIKE } else { 1 };
        if source.failed.len() < enough {
            return None;
        }
        source.failed.clear();
        source.attempt = source.attempt.saturating_add(1);
        let until = at + delay(SOURCE.base, SOURCE.cap, seed, SOURCE_ID, source.attempt);
        source.until = Some(until);
        source.until
    }

    /// The source served an original. Says whether that ended `SourceUnavailable`.
    pub fn source_ok(&mut self) -> bool {
        std::mem::take(&mut self.source).until.is_some()
    }

    /// Conditions changed for the better (the network is back, the user asked): what waits is due
    /// now. A probe that is under way is waited for.
    pub fn hurry(&mut self, at: Elapsed) {
        if let Some(vault) = self.vault.as_mut().filter(|vault| !vault.probing) {
            vault.until = vault.until.min(at);
        }
        if let Some(full) = &mut self.full {
            full.until = full.until.min(at);
        }
        self.source.until = self.source.until.map(|until| until.min(at));
    }

    /// The earliest deadline.
    pub fn due(&self) -> Option<(Elapsed, Deadline)> {
        let vault = self.vault.map(|vault| (vault.until, Deadline::Vault));
        let full = self.full.filter(|full| full.held).map(|full| (full.until, Deadline::Vault));
        let source = self.source.until.map(|until| (until, Deadline::Source));
        [vault, full, source].into_iter().flatten().min()
    }

    /// Fires what is due by `at`. A vault's deadline is set again, so that a probe whose answer is
    /// lost is repeated.
    pub fn fire(&mut self, at: Elapsed, seed: u64) -> Fired {
        let mut fired = Fired::default();
        if let Some(vault) = self.vault.as_mut().filter(|vault| vault.until <= at) {
            vault.probing = true;
            vault.until = at + PROBE;
            fired.probe_vault = true;
        }
        if let Some(full) = self.full.as_mut().filter(|full| full.held && full.until <= at) {
            full.attempt = full.attempt.saturating_add(1);
            full.until = at + delay(VAULT.base, VAULT.cap, seed, FULL_ID, full.attempt);
            fired.probe_vault = true;
        }
        if self.source.until.is_some_and(|until| until <= at) {
            self.source.until = None;
            fired.source = true;
        }
        fired
    }

    /// Those of `VaultUnavailable`, `VaultFull` and `SourceUnavailable` that are in force.
    pub fn holds(&self) -> Holds {
        let mut holds = Holds::NONE;
        holds.set(Hold::VaultUnavailable, self.vault.is_some());
        holds.set(Hold::VaultFull, self.needed().is_some());
        holds.set(Hold::SourceUnavailable, self.source.until.is_some());
        holds
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

/// How often, and how far apart.
struct Plan {
    /// The failure with this number is the last.
    attempts: u8,
    /// The first back-off, before jitter.
    base: Duration,
    /// The longest.
    cap: Duration,
}

/// What trying again is worth, by fault. The numbers are choices: what only a person can change is
/// tried once more and then named; what a moment may change, within the minute; what a service may
/// change, over a day.
fn plan(fault: Fault) -> Plan {
    let plan = |attempts, base, cap| Plan {
        attempts,
        base: Duration::from_secs(base),
        cap: Duration::from_secs(cap),
    };
    match fault {
        // The unclean ends were its attempts.
        Fault::Crashed => plan(1, 0, 0),
        Fault::Unreadable | Fault::Refused => plan(2, 2, 2),
        Fault::ReadFailed => plan(3, 2, 60),
        Fault::KeepsChanging => plan(6, 2, 60),
        Fault::DigestMismatch | Fault::VerifyFailed | Fault::HostFault => plan(4, 5, 600),
        Fault::OriginalMissing => plan(4, 60, 6 * 3_600),
        Fault::UploadFailed => plan(8, 10, 3_600),
        Fault::DownloadFailed | Fault::DownloadIncomplete => plan(8, 30, 6 * 3_600),
    }
}

/// The vault's back-offs: short enough that a cable put back in is noticed, long enough not to keep
/// a radio awake. They have no last attempt.
const VAULT: Plan =
    Plan { attempts: u8::MAX, base: Duration::from_secs(5), cap: Duration::from_mins(15) };
/// The source's.
const SOURCE: Plan =
    Plan { attempts: u8::MAX, base: Duration::from_secs(30), cap: Duration::from_hours(1) };
/// How long an answer to a probe may take before it is asked again.
const PROBE: Duration = Duration::from_mins(2);
/// So many different items failing in a row are the source's trouble and not theirs.
const ALIKE: usize = 3;

// What is hashed where no resource is: no row has these ids, since SQLite's are positive.
const VAULT_ID: u64 = u64::MAX;
const FULL_ID: u64 = u64::MAX - 1;
const SOURCE_ID: u64 = u64::MAX - 2;

/// The finaliser of `SplitMix64` (Steele, Lea, Flood: "Fast splittable pseudorandom number
/// generators", 2014): every input bit changes each output bit with probability one half.
fn mix(mut x: u64) -> u64 {
    x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests;
