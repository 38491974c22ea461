//! Free up space: the protocol of one proposal, from the request to its answer.
//!
//! ```text
//! request ─► candidates ─► confirmed live at the vault ─► proposal (durable) ─► shown
//!         ─► answered │ ran out │ killed: the next scan decides
//! ```
//! Only what the vault showed live, after the request, is ever proposed; what may be deleted is
//! decided by the host once more, by the versions, just before the OS's own dialog.

use crate::effect::{Effect, Proposal, ProposalId};
use crate::event::Candidate;
use crate::media::{AssetId, Run};
use crate::time::Elapsed;
use serde::{Deserialize, Serialize};

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
}

/// Where the proposal is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
enum Step {
    #[default]
    Idle,
    Listing {
        id: ProposalId,
        wanted: Option<u64>,
    },
    Confirming {
        id: ProposalId,
        candidates: Vec<Candidate>,
    },
    Open(Proposal),
}

impl FreeUp {
    /// For a run: ids are unique over all runs (the run's number and a count).
    pub fn new(run: Run) -> FreeUp {
        FreeUp { run, ..FreeUp::default() }
    }

    /// The user wants to free up to `wanted` bytes (`None`: as many as can be).
    pub fn requested(&mut self, wanted: Option<u64>) -> Vec<Effect> {
        let _ = wanted;
        unimplemented!()
    }

    /// The catalog's candidates, in the order in which to propose them.
    pub fn candidates(&mut self, id: ProposalId, assets: Vec<Candidate>) -> Option<Vec<Effect>> {
        let _ = (id, assets);
        unimplemented!()
    }

    /// The vault showed these live. The proposal is made durable, then shown; without any it ends.
    pub fn confirmed(
        &mut self,
        id: ProposalId,
        assets: &[AssetId],
        at: Elapsed,
    ) -> Option<Vec<Effect>> {
        let _ = (id, assets, at);
        unimplemented!()
    }

    /// The user answered. Only assets of the proposal become freed, whatever the host names.
    /// Says also how many bytes that gives back.
    pub fn answered(&mut self, id: ProposalId, deleted: &[AssetId]) -> Option<(Vec<Effect>, u64)> {
        let _ = (id, deleted);
        unimplemented!()
    }

    /// A proposal that was stored before a kill. Its answer may have been lost: the library is
    /// scanned; an answer that comes all the same counts.
    pub fn restored(&mut self, proposal: Proposal, at: Elapsed) -> Vec<Effect> {
        let _ = (proposal, at);
        unimplemented!()
    }

    /// The destination changed, or the user gave up: nothing is proposed any more.
    pub fn cancel(&mut self) -> Vec<Effect> {
        unimplemented!()
    }

    /// When the open proposal runs out.
    pub fn due(&self) -> Option<Elapsed> {
        match &self.step {
            Step::Open(proposal) => Some(proposal.expires),
            _ => None,
        }
    }

    /// The proposal runs out if it is due by `at`; the next scan decides what was deleted.
    pub fn fire(&mut self, at: Elapsed) -> Vec<Effect> {
        let _ = at;
        unimplemented!()
    }

    /// The open proposal.
    pub fn open(&self) -> Option<&Proposal> {
        match &self.step {
            Step::Open(proposal) => Some(proposal),
            _ => None,
        }
    }
}
