//! What a resource under way is, besides where it is: the data that its states share.

use super::Doing;
use super::orders::{Orders, Signal};
use super::state::State;
use crate::effect::{Change, Effect};
use crate::media::{Digest, EffectId, Run, Size};
use crate::row::Row;
use crate::session::backoff;
use crate::stage::{Bytes, Fault, Stage, Waiting, Why};
use crate::time::Elapsed;
use serde::{Deserialize, Serialize};
use statig::Outcome;
use std::time::Duration;

/// One resource under way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Item {
    /// As the catalog knows it; `stage` is what is stored.
    pub row: Row,
    /// This start.
    pub run: Run,
    /// How it failed so far.
    pub failed: Option<Waiting>,
    /// What was teed was lost once: read it without a tee.
    pub untee: bool,
    /// What the vault's word is worth that it has the bytes.
    #[serde(default)]
    pub hits: Hits,
    /// The bytes were once not those of the bound digest.
    pub mismatched: bool,
}

/// What it is worth that the vault says it has the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) enum Hits {
    /// It is looked whether it shows them.
    #[default]
    Believed,
    /// It said so and did not show them: they are sent, whatever it says.
    Refuted,
    /// They were, and it took them or said once more that it had them: sent again at once, they would
    /// only be there twice when it shows them.
    SentSince,
}

impl Item {
    /// One that `row` describes.
    pub(crate) fn new(row: Row, run: Run) -> Item {
        let failed = match row.stage {
            Stage::Waiting(waiting) => Some(waiting),
            _ => None,
        };
        Item { row, run, failed, untee: false, hits: Hits::Believed, mismatched: false }
    }

    /// The id of its next effect.
    pub(crate) fn next_effect(&self, orders: &mut Orders<'_>) -> EffectId {
        *orders.issued += 1;
        EffectId { resource: self.row.id, run: self.run, attempt: *orders.issued }
    }

    /// Signals to the session.
    pub(crate) fn signal(&self, signal: Signal, orders: &mut Orders<'_>) {
        orders.signal(self.row.id, signal);
    }

    /// Binds `digest` to this version, before anything is sent.
    pub(crate) fn bind(&mut self, digest: Digest, orders: &mut Orders<'_>) {
        if let Size::Hinted { class, measure } = self.row.size {
            self.signal(Signal::Learned(class, measure, digest.size), orders);
        }
        self.row.size = Size::Exact(digest.size);
        if self.row.digest != Some(digest) {
            self.row.digest = Some(digest);
            let (resource, version) = (self.row.id, self.row.version);
            orders.store(Change::Digest { resource, version, digest });
        }
    }

    /// Has `stage` stored where the catalog must know it and does not yet.
    pub(crate) fn store_stage(&mut self, stage: Stage, orders: &mut Orders<'_>) {
        let stage = if stage.is_stored() {
            stage
        } else if self.row.stage.bytes().staged() > 0 {
            // What is stored names a file that is no longer there.
            match self.row.stage {
                Stage::Waiting(waiting) => {
                    Stage::Waiting(Waiting { bytes: Bytes::InLibrary, ..waiting })
                }
                _ => Stage::Discovered,
            }
        } else if self.row.stage.is_pending() {
            return;
        } else {
            Stage::Discovered
        };
        if stage != self.row.stage {
            self.row.stage = stage;
            orders.store(Change::Stage { resource: self.row.id, stage });
        }
    }

    /// Gives back what is in our hands: staged, teed, half sent.
    pub(crate) fn let_go(&mut self, bytes: Bytes, orders: &mut Orders<'_>) {
        let resource = self.row.id;
        match bytes {
            Bytes::Staged(_) | Bytes::WithOs(_) => {
                orders.order(Effect::Evict { resource });
                self.signal(Signal::Evicted, orders);
            }
            Bytes::Teed => orders.order(Effect::Abandon { resource }),
            Bytes::InLibrary => {}
        }
    }

    /// Ends here: gives back everything and rests at `stage`.
    pub(crate) fn rest(
        &mut self,
        stage: Stage,
        bytes: Bytes,
        orders: &mut Orders<'_>,
    ) -> Outcome<State> {
        self.let_go(bytes, orders);
        Outcome::Transition(State::Over { stage })
    }

    /// Starts again as `row`, with the stage that the catalog stores. What was in our hands goes,
    /// unless it is a staged original of this very version.
    pub(crate) fn restart(
        &mut self,
        row: Row,
        bytes: Bytes,
        orders: &mut Orders<'_>,
    ) -> Outcome<State> {
        let same = row.version == self.row.version;
        let failed = self.failed.filter(|_| same);
        let kept = match bytes {
            Bytes::Staged(size) | Bytes::WithOs(size) if same && row.digest.is_some() => {
                Some(Bytes::Staged(size))
            }
            _ => None,
        };
        if kept.is_none() {
            self.let_go(bytes, orders);
            if !same && bytes != Bytes::Teed {
                // A half-sent upload of the old bytes must not be resumed with the new ones.
                orders.order(Effect::Abandon { resource: row.id });
            }
        }
        *self = Item { failed, ..Item::new(row, self.run) };
        if kept.is_none() && self.row.stage != Stage::Discovered {
            self.row.stage = Stage::Discovered;
            orders.store(Change::Stage { resource: self.row.id, stage: Stage::Discovered });
        }
        Outcome::Transition(match kept {
            Some(bytes) => State::CheckingDuplicate { bytes, doing: Doing::Wanting },
            None => State::start(&self.row),
        })
    }

    /// It failed by itself: it backs off, alone, or is given up on.
    pub(crate) fn fail(
        &mut self,
        fault: Fault,
        wasted: u64,
        bytes: Bytes,
        orders: &mut Orders<'_>,
    ) -> Outcome<State> {
        let size = match self.row.size {
            Size::Exact(size) => size,
            Size::Hinted { .. } => wasted,
        };
        let id = self.row.id;
        let next = backoff::after_failure(
            self.failed,
            fault,
            wasted,
            size,
            orders.elapsed,
            orders.seed,
            id,
        );
        match next {
            Ok(waiting) => self.wait(waiting, bytes, orders),
            Err(fault) => {
                // A half-sent upload that nobody will go on with occupies the vault.
                if bytes != Bytes::Teed {
                    orders.order(Effect::Abandon { resource: id });
                }
                orders.order(Effect::Notify(crate::status::Notice::Quarantined {
                    resource: id,
                    fault,
                }));
                self.rest(Stage::Quarantined(fault), bytes, orders)
            }
        }
    }

    /// What is in its way is not this item's fault, and no hold stops its work: it comes again in a moment,
    /// and nothing hangs on it meanwhile. Where it met the same hold before, it comes less often.
    pub(crate) fn step_back(
        &mut self,
        why: Why,
        bytes: Bytes,
        orders: &mut Orders<'_>,
    ) -> Outcome<State> {
        let (attempt, wasted) = self.failed.map_or((0, 0), |w| (w.attempt, w.wasted));
        // (What is not final is within seconds, or is still being written: that costs a look.)
        let again = why != Why::NotFinal && self.failed.is_some_and(|before| before.why == why);
        let due = orders.elapsed + if again { LONGER } else { MOMENT };
        self.wait(Waiting { due, attempt, wasted, why, bytes }, bytes, orders)
    }

    /// It waits by itself, without blame, until a condition changes.
    pub(crate) fn need(
        &mut self,
        why: Why,
        bytes: Bytes,
        orders: &mut Orders<'_>,
    ) -> Outcome<State> {
        let (attempt, wasted) = self.failed.map_or((0, 0), |w| (w.attempt, w.wasted));
        let waiting = Waiting { due: Elapsed(u64::MAX), attempt, wasted, why, bytes };
        self.wait(waiting, bytes, orders)
    }

    /// Backs off. What is staged stays; what is teed does not outlive the stay in memory.
    fn wait(&mut self, waiting: Waiting, bytes: Bytes, orders: &mut Orders<'_>) -> Outcome<State> {
        let kept = match bytes {
            Bytes::Staged(_) => bytes,
            Bytes::WithOs(size) => Bytes::Staged(size),
            Bytes::InLibrary | Bytes::Teed => Bytes::InLibrary,
        };
        if bytes == Bytes::Teed {
            self.let_go(bytes, orders);
        }
        if waiting.due != Elapsed(u64::MAX) {
            self.signal(Signal::Due(waiting.due), orders);
        }
        Outcome::Transition(State::Over {
            stage: Stage::Waiting(Waiting { bytes: kept, ..waiting }),
        })
    }
}

/// How long an item steps back that is not to blame.
const MOMENT: Duration = Duration::from_secs(10);
/// How long when it did so before: a full vault stays full for hours, and a phone has a battery.
const LONGER: Duration = Duration::from_mins(5);
