//! Free up space: the protocol of one proposal, from the request to its answer.
//!
//! ```text
//! request ─► candidates ─► confirmed live at the vault ─► proposal (durable) ─► shown
//!         ─► answered │ ran out │ killed: the next scan decides
//! ```
//! Only what the vault showed live, after the request, is ever proposed; what may be deleted is
//! decided by the host once more, by the versions, just before the OS's own dialog.
//!
//! A proposal stays stored until its answer is: one that ran out, or was restored after a kill, may
//! have been acted on. The library is then scanned, and the engine answers for the user with those
//! of its assets that are gone ([`crate::settle::Fact::Freed`] turns what the scan closed to freed).

use crate::effect::{Change, Effect, Part, Proposal, ProposalId};
use crate::event::Candidate;
use crate::media::{AssetId, Run};
use crate::time::Elapsed;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::time::Duration;

/// The protocol of proposals. One at a time; a new request replaces one that is being made.
///
/// Every method gives the effects to issue, in order; `None` means that the event has no use here
/// (another proposal, an answer that came twice): the caller records it as unexpected.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct FreeUp {
    run: Run,
    made: u32,
    step: Step,
    /// Ran out or was replaced unanswered: an answer that comes late still counts.
    late: Option<Proposal>,
    freeable: Option<u64>,
}

/// Where the proposal is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
enum Step {
    #[default]
    Idle,
    /// The catalog was asked only how much could be freed.
    Surveying { id: ProposalId },
    /// The catalog was asked for candidates.
    Listing { id: ProposalId, wanted: Option<u64> },
    /// The vault was asked about the candidates.
    Confirming { id: ProposalId, candidates: Vec<Candidate> },
    /// It was shown.
    Open(Proposal),
}

impl FreeUp {
    /// For a run: ids are unique over all runs (the run's number and a count).
    pub fn new(run: Run) -> FreeUp {
        FreeUp { run, ..FreeUp::default() }
    }

    /// The migration wants to know how much could be freed: asks the catalog, shows nothing. Does
    /// nothing while a proposal is being made or open; its numbers will do.
    pub fn survey(&mut self) -> Vec<Effect> {
        if self.step != Step::Idle {
            return Vec::new();
        }
        let id = self.next_id();
        self.freeable = None;
        self.step = Step::Surveying { id };
        vec![Effect::ListFreeable { id, wanted: None }]
    }

    /// The user wants to free up to `wanted` bytes (`None`: as many as can be). Replaces what is
    /// being made; one that is open counts as unanswered.
    pub fn requested(&mut self, wanted: Option<u64>) -> Vec<Effect> {
        let id = self.next_id();
        if let Step::Open(open) = std::mem::replace(&mut self.step, Step::Listing { id, wanted }) {
            self.late = Some(open);
        }
        vec![Effect::ListFreeable { id, wanted }]
    }

    /// The catalog's candidates, in the order in which to propose them: as many of them as it takes
    /// to free what is wanted go to the vault to be confirmed.
    pub fn candidates(
        &mut self,
        id: ProposalId,
        candidates: Vec<Candidate>,
    ) -> Option<Vec<Effect>> {
        let mut known = BTreeSet::new();
        let mut candidates = candidates;
        // What has no resource cannot be confirmed, and what gives nothing back is not worth it.
        candidates.retain(|asset| {
            !asset.resources.is_empty() && asset.bytes > 0 && known.insert(asset.asset)
        });
        match self.step {
            Step::Surveying { id: asked } if asked == id => {
                self.freeable = Some(bytes(&candidates));
                self.step = Step::Idle;
                Some(Vec::new())
            }
            Step::Listing { id: asked, wanted } if asked == id => {
                self.freeable = Some(bytes(&candidates));
                candidates.truncate(enough(&candidates, wanted));
                if candidates.is_empty() {
                    self.step = Step::Idle;
                    return Some(Vec::new());
                }
                let assets = candidates.iter().map(|asset| asset.asset).collect();
                self.step = Step::Confirming { id, candidates };
                Some(vec![Effect::ConfirmFreeable { id, assets }])
            }
            _ => None,
        }
    }

    /// The vault showed these live, every resource of them. The proposal is made durable, then
    /// shown; without any it ends.
    pub fn confirmed(
        &mut self,
        id: ProposalId,
        live: &[AssetId],
        at: Elapsed,
    ) -> Option<Vec<Effect>> {
        let Step::Confirming { id: asked, candidates } = &mut self.step else { return None };
        if *asked != id {
            return None;
        }
        let mut assets = std::mem::take(candidates);
        assets.retain(|candidate| live.contains(&candidate.asset));
        if assets.is_empty() {
            self.freeable = Some(0);
            self.step = Step::Idle;
            return Some(Vec::new());
        }
        let proposal = Proposal { id, frees: bytes(&assets), assets, expires: at + LIFE };
        self.step = Step::Open(proposal.clone());
        Some(vec![self.stored(), Effect::Propose(proposal)])
    }

    /// The user answered, or the engine did after a scan. Only assets of the proposal become freed,
    /// whatever the host names. Says also how many bytes that gives back.
    pub fn answered(&mut self, id: ProposalId, deleted: &[AssetId]) -> Option<(Vec<Effect>, u64)> {
        if self.open().is_some_and(|open| open.id == id) {
            self.run_out();
        }
        let mut freed = self.late.take_if(|late| late.id == id)?.assets;
        freed.retain(|candidate| deleted.contains(&candidate.asset));
        let changes = freed.iter().map(|candidate| Effect::Persist {
            durable: true,
            change: Change::Freed { asset: candidate.asset },
        });
        let mut effects: Vec<_> = changes.collect();
        effects.push(self.stored());
        let given_back = bytes(&freed);
        self.freeable = self.freeable.map(|freeable| freeable.saturating_sub(given_back));
        Some((effects, given_back))
    }

    /// A proposal that was stored before a kill: its answer may have been lost. The library is
    /// scanned; until the answer comes the proposal lives on, as long as it has to live.
    pub fn restored(&mut self, proposal: Proposal, at: Elapsed) -> Vec<Effect> {
        if proposal.expires > at {
            self.step = Step::Open(proposal);
        } else {
            self.late = Some(proposal);
        }
        vec![Effect::Scan]
    }

    /// The destination changed: nothing is proposed any more, and no answer counts, since what was
    /// confirmed was in the old vault.
    pub fn cancel(&mut self) -> Vec<Effect> {
        let was_stored = self.late.is_some() || self.open().is_some();
        *self = FreeUp { run: self.run, made: self.made, ..FreeUp::default() };
        if was_stored { vec![self.stored()] } else { Vec::new() }
    }

    /// When the open proposal runs out.
    pub fn due(&self) -> Option<Elapsed> {
        self.open().map(|proposal| proposal.expires)
    }

    /// The proposal runs out if it is due by `at`: it may not be acted on any more, and a scan
    /// decides whether it was.
    pub fn fire(&mut self, at: Elapsed) -> Vec<Effect> {
        if self.due().is_none_or(|due| due > at) {
            return Vec::new();
        }
        self.run_out();
        vec![Effect::Scan]
    }

    /// The open proposal.
    pub fn open(&self) -> Option<&Proposal> {
        match &self.step {
            Step::Open(proposal) => Some(proposal),
            _ => None,
        }
    }

    /// Whether nothing is asked, made or open.
    pub fn is_idle(&self) -> bool {
        self.step == Step::Idle
    }

    /// Bytes that could be freed, as last heard; `None` before the catalog was asked.
    pub fn freeable(&self) -> Option<u64> {
        self.freeable
    }

    fn next_id(&mut self) -> ProposalId {
        self.made += 1;
        ProposalId(u64::from(self.run.0) << 32 | u64::from(self.made))
    }

    /// What is open may only be answered any more.
    fn run_out(&mut self) {
        if let Step::Open(open) = std::mem::take(&mut self.step) {
            self.late = Some(open);
        }
    }

    /// Stores what may still be answered.
    fn stored(&self) -> Effect {
        let proposal = self.open().or(self.late.as_ref()).cloned();
        Effect::Persist { durable: true, change: Change::Session(Part::Proposal(proposal)) }
    }
}

/// Bytes that these give back.
fn bytes(assets: &[Candidate]) -> u64 {
    assets.iter().fold(0, |sum, asset| sum.saturating_add(asset.bytes))
}

/// How many of these, from the first on, it takes to free `wanted` bytes.
fn enough(assets: &[Candidate], wanted: Option<u64>) -> usize {
    let Some(mut missing) = wanted else { return assets.len() };
    let taken = assets.iter().take_while(|asset| {
        let more = missing > 0;
        missing = missing.saturating_sub(asset.bytes);
        more
    });
    taken.count()
}

/// A proposal may be acted on for ten minutes.
const LIFE: Duration = Duration::from_mins(10);

#[cfg(test)]
mod tests;
