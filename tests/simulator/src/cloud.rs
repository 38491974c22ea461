//! iCloud, as it is for a while: well, slow for everybody who asks for much, or out. And a host that
//! answers late, or twice.

use crate::invariant::Invariant;
use crate::kind::Kind;
use crate::run::Run;
use keepsake_machine::effect::Effect;
use keepsake_machine::event::{Answer, Event, Trouble};
use keepsake_machine::media::{EffectId, ResourceId};
use keepsake_machine::stage::Fault;
use keepsake_machine::status::Notice;

/// How it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Cloud {
    /// As fast as the line.
    #[default]
    Well,
    /// So many times slower.
    Throttled(u64),
    /// It answers nobody.
    Out,
}

impl Run {
    /// How it is now.
    pub(crate) fn cloud(&self) -> Cloud {
        if self.fair { Cloud::Well } else { self.cloud }
    }

    /// It becomes another, until it does again.
    pub(crate) fn cloud_turns(&mut self) {
        self.cloud = match self.random.below(5) {
            0 => Cloud::Out,
            1 | 2 => Cloud::Throttled(4 << self.random.below(5)),
            _ => Cloud::Well,
        };
    }

    /// How an outage shows: as the source's own trouble, or as a download that failed.
    pub(crate) fn is_out(&mut self, resource: ResourceId) -> Answer {
        if self.random.one_in(2) {
            return Answer::Held(Trouble::SourceUnavailable);
        }
        let wasted = self.staged.get(&resource).copied().unwrap_or(0);
        Answer::Failed { fault: Fault::DownloadFailed, wasted }
    }

    /// Whether this answer takes its time, and how many milliseconds.
    pub(crate) fn is_late(&mut self, one_in: u64) -> Option<u64> {
        let may = !self.fair && !self.without.has(Kind::LateAnswers);
        (may && self.random.one_in(one_in)).then(|| self.random.below(LATEST))
    }

    /// An answer that was given comes once more, to whatever program runs then.
    pub(crate) fn repeats(&mut self, id: EffectId, answer: Answer) {
        // What is due by now is no answer to it.
        self.tell(Event::Tick);
        if self.machine.is_some() && self.phone.awake {
            self.told_twice = true;
            self.tell(Event::Answered { id, answer });
            self.told_twice = false;
        }
    }

    /// What was answered before is refused by name, and changes nothing.
    pub(crate) fn check_refused(&mut self, effects: &[Effect]) {
        let refused = |effect: &Effect| matches!(effect, Effect::Notify(Notice::Unexpected(unexpected)) if unexpected.late);
        if effects.len() != 1 || !effects.iter().all(refused) {
            self.broken(Invariant::ContractKept, format!("answered twice: {effects:?}"));
        }
    }
}

/// No answer comes later than two hours after.
const LATEST: u64 = 2 * 3_600_000;
