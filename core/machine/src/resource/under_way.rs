//! What an event means in every stage under way, unless the stage says otherwise.

use super::orders::{Orders, Signal};
use super::state::{State, Then};
use super::{Doing, Item, Told};
use crate::effect::Effect;
use crate::event::{Answer, Disappearance, Trouble};
use crate::media::EffectId;
use crate::stage::{Bytes, Fault, Stage, Why};
use statig::Outcome;
use statig::blocking;

/// The state above all stages under way.
pub(crate) struct UnderWay<'a> {
    pub doing: &'a mut Doing,
    pub bytes: Bytes,
    pub stage: Stage,
}

impl blocking::Superstate<Item> for UnderWay<'_> {
    fn call_handler(
        &mut self,
        item: &mut Item,
        told: &Told,
        orders: &mut Orders<'_>,
    ) -> Outcome<State> {
        match told {
            Told::Stop { os } => {
                self.stop(*os, item, orders);
                Outcome::Handled
            }
            Told::Answered(id, answer) if self.doing.is(*id) => {
                self.answered(*answer, item, orders)
            }
            Told::Progressed(id, bytes) if self.doing.is(*id) => {
                item.signal(Signal::Moved(*bytes), orders);
                Outcome::Handled
            }
            Told::VersionChanged(row) => self.drain(Then::Restart(row.clone()), item, orders),
            Told::Disappeared(how) => self.drain(Then::Rest(gone(*how)), item, orders),
            Told::TransferFound if self.doing.is_with_os() => Outcome::Handled,
            Told::TransferFound => {
                // We have gone on without it: two senders are one too many.
                orders.order(Effect::CancelTransfer { resource: item.row.id });
                Outcome::Handled
            }
            Told::TransferMissing => Outcome::Handled,
            Told::Need(why) if *self.doing == Doing::Wanting => item.need(*why, self.bytes, orders),
            Told::Evicted if *self.doing == Doing::Wanting && self.bytes.staged() > 0 => {
                item.let_go(self.bytes, orders);
                Outcome::Transition(State::start(&item.row))
            }
            // It was told to stop just as it was given leave for more.
            Told::Raised(_) if matches!(*self.doing, Doing::Stopping(_)) => Outcome::Handled,
            Told::Go(_) | Told::Raised(_) | Told::Need(_) | Told::Evicted => {
                self.unexpected(item, told, orders, false)
            }
            Told::Answered(..) | Told::Progressed(..) | Told::TransferFinished(_) => {
                self.unexpected(item, told, orders, true)
            }
        }
    }
}

impl UnderWay<'_> {
    fn stop(&mut self, os: bool, item: &Item, orders: &mut Orders<'_>) {
        match *self.doing {
            Doing::Running(id) => {
                orders.order(Effect::Cancel { id });
                *self.doing = Doing::Stopping(id);
            }
            Doing::WithOs if os => {
                orders.order(Effect::CancelTransfer { resource: item.row.id });
                *self.doing = Doing::CancellingOs;
            }
            _ => {}
        }
    }

    /// The answers that a long effect of any stage may come to.
    fn answered(
        &mut self,
        answer: Answer,
        item: &mut Item,
        orders: &mut Orders<'_>,
    ) -> Outcome<State> {
        item.signal(Signal::Survived, orders);
        match answer {
            Answer::Stopped => {
                *self.doing = Doing::Wanting;
                Outcome::Handled
            }
            // Nothing else is held up by it: it waits alone, until somebody may have opened it.
            Answer::Held(trouble @ Trouble::FolderClosed) => {
                item.need(Why::Held(trouble.hold()), self.bytes, orders)
            }
            Answer::Held(trouble) if stops(trouble, &self.stage) => {
                *self.doing = Doing::Wanting;
                item.signal(Signal::Trouble(trouble), orders);
                Outcome::Handled
            }
            Answer::Held(trouble) => {
                item.signal(Signal::Trouble(trouble), orders);
                item.step_back(Why::Held(trouble.hold()), self.bytes, orders)
            }
            Answer::Failed { fault, wasted } => {
                item.signal(Signal::Moved(wasted), orders);
                if is_of_the_source(fault) {
                    item.signal(Signal::SourceFailed(fault), orders);
                }
                item.fail(fault, wasted, self.bytes, orders)
            }
            Answer::Changed => {
                let outcome = item.fail(Fault::KeepsChanging, 0, self.bytes, orders);
                // Given up on, it is left alone: another scan would only begin it anew.
                if matches!(outcome, Outcome::Transition(State::Over { stage: Stage::Waiting(_) }))
                {
                    item.signal(Signal::Rescan, orders);
                }
                outcome
            }
            Answer::NotFinal => item.step_back(Why::NotFinal, self.bytes, orders),
            Answer::Gone(how) => item.rest(gone(how), self.bytes, orders),
            // An answer that this effect cannot come to: the host or the engine broke its contract.
            _ => {
                orders.unexpected(item.row.id, self.stage, answer.name(), false);
                item.fail(Fault::HostFault, 0, self.bytes, orders)
            }
        }
    }

    /// Ends what is under way, and then that.
    fn drain(&mut self, then: Then, item: &mut Item, orders: &mut Orders<'_>) -> Outcome<State> {
        let (effect, bytes) = (self.doing.effect(), self.bytes);
        match *self.doing {
            Doing::Running(id) => orders.order(Effect::Cancel { id }),
            Doing::WithOs => orders.order(Effect::CancelTransfer { resource: item.row.id }),
            Doing::Stopping(_) | Doing::CancellingOs => {}
            Doing::Wanting => return then_do(then, bytes, item, orders),
        }
        Outcome::Transition(State::Draining { effect, bytes, then })
    }

    fn unexpected(
        &self,
        item: &Item,
        told: &Told,
        orders: &mut Orders<'_>,
        late: bool,
    ) -> Outcome<State> {
        orders.unexpected(item.row.id, self.stage, told.name(), late);
        Outcome::Handled
    }
}

/// What a resource does when nothing of it is under way any more.
pub(super) fn then_do(
    then: Then,
    bytes: Bytes,
    item: &mut Item,
    orders: &mut Orders<'_>,
) -> Outcome<State> {
    match then {
        Then::Restart(row) => item.restart(*row, bytes, orders),
        Then::Rest(stage) => {
            if bytes != Bytes::Teed {
                orders.order(Effect::Abandon { resource: item.row.id });
            }
            item.rest(stage, bytes, orders)
        }
    }
}

/// Where a resource rests that left the library.
pub(super) fn gone(how: Disappearance) -> Stage {
    match how {
        Disappearance::Deleted => Stage::Closed,
        Disappearance::Hidden => Stage::Hidden,
    }
}

/// Begins an effect if it is wanted and granted: the id to issue it under.
pub(super) fn begin(doing: &mut Doing, item: &Item, orders: &mut Orders<'_>) -> Option<EffectId> {
    if *doing != Doing::Wanting {
        return None;
    }
    let id = item.next_effect(orders);
    *doing = Doing::Running(id);
    Some(id)
}

/// Whether the hold that such trouble becomes stops the work of `stage`. What it does not stop would
/// begin again at once, and meet the same trouble: it steps back instead.
fn stops(trouble: Trouble, stage: &Stage) -> bool {
    let sends = matches!(stage, Stage::Uploading { .. });
    match trouble {
        Trouble::DeviceLocked => true,
        Trouble::SignedOut => *stage != Stage::Checksumming,
        Trouble::NoAccess => match stage {
            Stage::AwaitingOriginal | Stage::Checksumming => true,
            _ => sends && stage.bytes().staged() == 0,
        },
        // (One that was to be teed is next read without.)
        Trouble::VaultUnavailable => *stage != Stage::AwaitingOriginal,
        Trouble::VaultFull { .. } => sends || *stage == Stage::Checksumming,
        Trouble::Offline => !matches!(stage, Stage::AwaitingOriginal | Stage::Checksumming),
        Trouble::DiskFull => *stage == Stage::AwaitingOriginal,
        Trouble::SourceUnavailable | Trouble::FolderClosed => false,
    }
}

/// Whether several such faults of different items speak of the source rather than of the items.
fn is_of_the_source(fault: Fault) -> bool {
    matches!(fault, Fault::ReadFailed | Fault::DownloadFailed | Fault::DownloadIncomplete)
}
