//! The states of a resource, and their places in statig's hierarchy.

use super::item::Item;
use super::orders::Orders;
use super::under_way::UnderWay;
use super::{Doing, Told, awaiting, checking, checksumming, draining, uploading, verifying};
use crate::media::{EffectId, Locality};
use crate::permit::Work;
use crate::row::Row;
use crate::stage::{Bytes, Origin, Stage, Waiting};
use serde::{Deserialize, Serialize};
use statig::Outcome;
use statig::blocking::{self, IntoStateMachine};

/// Where a resource is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum State {
    /// [`Stage::AwaitingOriginal`].
    AwaitingOriginal { doing: Doing },
    /// [`Stage::Checksumming`].
    Checksumming { doing: Doing },
    /// [`Stage::CheckingDuplicate`].
    CheckingDuplicate { bytes: Bytes, doing: Doing },
    /// [`Stage::Uploading`].
    Uploading { bytes: Bytes, doing: Doing },
    /// [`Stage::Verifying`].
    Verifying { bytes: Bytes, origin: Origin, doing: Doing },
    /// Its effect is dying, or the OS's transfer is; then this.
    Draining { effect: Option<EffectId>, bytes: Bytes, then: Then },
    /// At rest, or backing off. The session lets go of it.
    Over { stage: Stage },
}

/// What follows when nothing of a resource is under way any more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Then {
    /// It starts again, as this row.
    Restart(Box<Row>),
    /// It rests.
    Rest(Stage),
}

/// What a resource needs of its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Posture {
    /// A permit and a slot for this.
    Wants(Work),
    /// It occupies a slot of this.
    Runs(Work),
    /// The OS has it: no slot.
    WithOs,
    /// Something is dying: no slot, no end yet.
    Drains,
    /// Nothing: let go of it.
    Over,
}

impl State {
    /// Where a row is taken up.
    pub(crate) fn of(row: &Row) -> State {
        let doing = Doing::Wanting;
        match row.stage {
            Stage::CheckingDuplicate { bytes } if row.digest.is_some() => {
                State::CheckingDuplicate { bytes: bytes.after_restart(), doing }
            }
            Stage::Uploading { bytes: bytes @ Bytes::WithOs(_) } if row.digest.is_some() => {
                State::Uploading { bytes, doing: Doing::WithOs }
            }
            Stage::Uploading { bytes } if row.digest.is_some() => {
                State::Uploading { bytes: bytes.after_restart(), doing }
            }
            Stage::Verifying { bytes, origin } if row.digest.is_some() => {
                State::Verifying { bytes: bytes.after_restart(), origin, doing }
            }
            Stage::Waiting(Waiting { bytes, .. }) if row.digest.is_some() => {
                State::CheckingDuplicate { bytes: bytes.after_restart(), doing }
            }
            stage if stage.is_at_rest() => State::Over { stage },
            _ => State::start(row),
        }
    }

    /// Where a resource of which nothing is in our hands begins.
    pub(crate) fn start(row: &Row) -> State {
        let doing = Doing::Wanting;
        if row.digest.is_some() {
            return State::CheckingDuplicate { bytes: Bytes::InLibrary, doing };
        }
        State::fetch(row)
    }

    /// How its bytes are come by.
    pub(crate) fn fetch(row: &Row) -> State {
        match row.locality {
            Locality::Cloud => State::AwaitingOriginal { doing: Doing::Wanting },
            Locality::Local | Locality::Unknown => State::Checksumming { doing: Doing::Wanting },
        }
    }

    /// As the catalog and the user know it.
    pub(crate) fn stage(&self) -> Stage {
        match *self {
            State::AwaitingOriginal { .. } => Stage::AwaitingOriginal,
            State::Checksumming { .. } => Stage::Checksumming,
            State::CheckingDuplicate { bytes, .. } => Stage::CheckingDuplicate { bytes },
            State::Uploading { bytes, .. } => Stage::Uploading { bytes },
            State::Verifying { bytes, origin, .. } => Stage::Verifying { bytes, origin },
            State::Draining { .. } => Stage::Discovered,
            State::Over { stage } => stage,
        }
    }

    /// Whether the OS was asked to cancel its transfer, and has not said that it did.
    pub(crate) fn cancels_transfer(&self) -> bool {
        matches!(
            self,
            State::Uploading { doing: Doing::CancellingOs, .. }
                | State::Draining { effect: None, .. }
        )
    }

    /// What it needs of the session.
    pub(crate) fn posture(&self) -> Posture {
        let (doing, work) = match *self {
            State::AwaitingOriginal { doing } => (doing, Work::Download),
            State::Checksumming { doing } => (doing, Work::Checksum),
            State::CheckingDuplicate { doing, .. } | State::Verifying { doing, .. } => {
                (doing, Work::Check)
            }
            State::Uploading { doing, bytes } if bytes.staged() > 0 => (doing, Work::UploadStaged),
            State::Uploading { doing, .. } => (doing, Work::Upload),
            State::Draining { .. } => return Posture::Drains,
            State::Over { .. } => return Posture::Over,
        };
        match doing {
            Doing::Wanting => Posture::Wants(work),
            Doing::Running(_) | Doing::Stopping(_) => Posture::Runs(work),
            Doing::WithOs | Doing::CancellingOs => Posture::WithOs,
        }
    }
}

impl IntoStateMachine for Item {
    type Event<'evt> = Told;
    type Context<'ctx> = Orders<'ctx>;
    type State = State;
    type Superstate<'sub> = UnderWay<'sub>;

    fn initial() -> State {
        State::Over { stage: Stage::Discovered }
    }
}

impl blocking::State<Item> for State {
    fn call_handler(
        &mut self,
        item: &mut Item,
        told: &Told,
        orders: &mut Orders<'_>,
    ) -> Outcome<State> {
        match self {
            State::AwaitingOriginal { doing } => awaiting::handle(doing, item, told, orders),
            State::Checksumming { doing } => checksumming::handle(doing, item, told, orders),
            State::CheckingDuplicate { bytes, doing } => {
                checking::handle(*bytes, doing, item, told, orders)
            }
            State::Uploading { bytes, doing } => {
                uploading::handle(bytes, doing, item, told, orders)
            }
            State::Verifying { bytes, origin, doing } => {
                verifying::handle(*bytes, *origin, doing, item, told, orders)
            }
            State::Draining { effect, bytes, then } => {
                draining::handle(effect, *bytes, then, item, told, orders)
            }
            State::Over { stage } => {
                orders.unexpected(item.row.id, *stage, told.name(), true);
                Outcome::Handled
            }
        }
    }

    fn call_entry_action(&mut self, item: &mut Item, orders: &mut Orders<'_>) {
        if !matches!(self, State::Draining { .. }) {
            item.store_stage(self.stage(), orders);
        }
    }

    fn superstate(&mut self) -> Option<UnderWay<'_>> {
        let (doing, bytes, stage) = match self {
            State::AwaitingOriginal { doing } => (doing, Bytes::InLibrary, Stage::AwaitingOriginal),
            State::Checksumming { doing } => (doing, Bytes::InLibrary, Stage::Checksumming),
            State::CheckingDuplicate { bytes, doing } => {
                (doing, *bytes, Stage::CheckingDuplicate { bytes: *bytes })
            }
            State::Uploading { bytes, doing } => {
                (doing, *bytes, Stage::Uploading { bytes: *bytes })
            }
            State::Verifying { bytes, origin, doing } => {
                (doing, *bytes, Stage::Verifying { bytes: *bytes, origin: *origin })
            }
            State::Draining { .. } | State::Over { .. } => return None,
        };
        Some(UnderWay { doing, bytes, stage })
    }
}
