//! What is proposed to be freed, what the user lets go of, and what may be thought of it.

use crate::Millis;
use crate::invariant::Invariant;
use crate::kind::Kind;
use crate::run::Run;
use keepsake_machine::effect::{Part, Proposal, ProposalId};
use keepsake_machine::event::{Candidate, Event};
use keepsake_machine::media::{AssetId, ResourceId, Version};
use keepsake_machine::row::Row;
use keepsake_machine::stage::Stage;

/// The catalog and the vault answer within so many milliseconds.
const AT_ONCE: Millis = 1_000;

impl Run {
    /// All is well, and some users want space to be freed: what can be is proposed at once. Says whether
    /// this one does.
    pub(crate) fn frees_space(&mut self) -> bool {
        let asks = !std::mem::replace(&mut self.asked_for_space, true) && self.random.one_in(4);
        if !asks || self.without.has(Kind::FreeUps) {
            return false;
        }
        let shown = self.proposed;
        self.tell(Event::FreeUpRequested { wanted: None });
        self.live_until(self.now + AT_ONCE);
        let can = |candidate: &Candidate| candidate.bytes > 0 && self.is_held(candidate);
        if self.proposed == shown && self.catalog.freeable(None).iter().any(can) {
            let what = "space could be freed, and nothing is proposed".to_owned();
            self.broken(Invariant::GoodEnd, what);
        }
        true
    }

    fn is_held(&self, candidate: &Candidate) -> bool {
        let mut rows = candidate.resources.iter().map(|(id, _)| self.catalog.rows.get(id));
        let held = |row: &Row| row.digest.is_some_and(|digest| self.store.holds(&digest));
        rows.all(|row| row.is_some_and(held))
    }

    /// The machine is told what the user let go of, and then by the library that something changed.
    pub(crate) fn lets_know(&mut self, id: ProposalId, deleted: &[AssetId]) {
        let decided = self.is_decided_by_a_scan(id);
        self.tell(Event::FreeUpAnswered { id, deleted: deleted.to_vec() });
        if self.machine.is_some() && !decided {
            self.check_freed(deleted);
        }
        if !deleted.is_empty() {
            self.looks();
        }
    }

    /// Whether this was proposed before a kill, and another proposal was stored since: only the last one
    /// outlives a kill.
    fn is_decided_by_a_scan(&self, id: ProposalId) -> bool {
        let stored = self.catalog.parts.get("proposal");
        let is_it = |part: &Part| matches!(part, Part::Proposal(Some(one)) if one.id == id);
        id.0 >> 32 != u64::from(self.starts) && !stored.is_some_and(is_it)
    }

    /// Whether the catalog still has all of it as it was when it was made: the engine shows nothing else.
    pub(crate) fn is_as_proposed(&self, candidate: &Candidate) -> bool {
        let mut resources = candidate.resources.iter();
        resources.all(|(id, version)| {
            let row = self.catalog.rows.get(id);
            row.is_some_and(|row| row.version == *version && row.stage.is_safe())
        })
    }

    /// The host looks whether versions are as proposed, and the user lets go of some.
    pub(crate) fn user_lets_go(&mut self, proposal: &Proposal) -> Vec<AssetId> {
        let unchanged = |(id, version): &(ResourceId, Version)| {
            self.library.originals.get(id).is_some_and(|one| one.version == version.0)
        };
        let offered = proposal.assets.iter().filter(|one| one.resources.iter().all(unchanged));
        let offered: Vec<AssetId> = offered.map(|one| one.asset).collect();
        let (obliging, random) = (self.obliging, &mut self.random);
        let deleted: Vec<_> =
            offered.into_iter().filter(|_| obliging || random.one_in(2)).collect();
        for asset in &deleted {
            self.library.delete(*asset);
        }
        deleted
    }

    /// The machine was told what the user let go of on its proposal.
    pub(crate) fn check_freed(&mut self, deleted: &[AssetId]) {
        let kept = self.catalog.rows.values().find(|row| {
            let safe = matches!(row.stage, Stage::BackedUp | Stage::Duplicate);
            deleted.contains(&row.asset) && (safe || self.catalog.closed_and_held(row.id))
        });
        if let Some(what) = kept.map(|row| format!("{row:?} was let go of on a proposal")) {
            self.broken(Invariant::FreedOnlyLive, what);
        }
    }

    /// The user is asked to let go of photos.
    pub(crate) fn check_proposal(&mut self, proposal: &Proposal) {
        for asset in &proposal.assets {
            let rows = self.catalog.rows.values().filter(|row| row.asset == asset.asset);
            let (named, all) = (asset.resources.len(), rows.count());
            if named != all {
                let what = format!("{:?}: {named} of {all} resources named", asset.asset);
                self.broken(Invariant::FreedOnlyLive, what);
            }
        }
        for (id, version) in proposal.assets.iter().flat_map(|asset| &asset.resources) {
            let row = self.catalog.rows.get(id).copied();
            let live = row.is_some_and(|row| {
                row.version == *version && row.digest.is_some_and(|d| self.store.holds(&d))
            });
            if !live {
                self.broken(Invariant::FreedOnlyLive, format!("{id:?} as {row:?}"));
            }
        }
    }
}
