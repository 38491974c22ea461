//! The machine of one resource under way.
//!
//! One file per stage says what each event means there; what means the same in all of them is in
//! `under_way.rs`. A resource never looks at a condition: it asks the session for a kind of work
//! ([`Posture::Wants`]) and is told [`Told::Go`] or [`Told::Stop`].
//!
//! ```text
//! stage      is in the state      and does        (doing.rs)
//! ---------------------------------------------------------------------------
//! what       AwaitingOriginal     Wanting         a permit and a slot
//! catalogs   Checksumming         Running(id)     its effect was issued
//! know       CheckingDuplicate    Stopping(id)    and told to stop: the answer comes all the same
//!            Uploading            WithOs          the OS goes on with it without us
//!            Verifying
//!            Draining             an effect is dying; then it starts again, or rests
//!            Over                 at rest or backing off: the session lets go of it
//! ```

mod awaiting;
mod checking;
mod checksumming;
mod doing;
mod draining;
mod item;
mod orders;
mod state;
mod under_way;
mod uploading;
mod verifying;

pub(crate) use doing::Doing;
pub(crate) use item::{Hits, Item};
pub(crate) use orders::{Orders, Signal};
pub(crate) use state::{Posture, State};

use crate::event::{Answer, Disappearance, TransferOutcome};
use crate::media::EffectId;
use crate::row::Row;
use crate::stage::{Stage, Why};
use serde::{Deserialize, Serialize};
use statig::blocking::{InitializedStateMachine, IntoStateMachineExt as _};

/// What a resource is told.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Told {
    /// The work that it wants may begin.
    Go(Grant),
    /// Its work must stop; `os`: also what the OS does for us.
    Stop {
        /// Whether the OS's transfer is cancelled too.
        os: bool,
    },
    /// It cannot be done as things are, whatever its turn: it waits by itself for that to change.
    Need(Why),
    /// Its staged file is given up to free the disk; the digest is kept.
    Evicted,
    /// More bytes of the download may land than were granted.
    Raised(u64),
    /// An effect of its own came to this.
    Answered(EffectId, Answer),
    /// Bytes of an effect moved, in all.
    Progressed(EffectId, u64),
    /// Its version changed; the row as it is now.
    VersionChanged(Box<Row>),
    /// It left the library.
    Disappeared(Disappearance),
    /// The OS still has its transfer.
    TransferFound,
    /// The OS's transfer ended.
    TransferFinished(TransferOutcome),
    /// The host named all transfers, and this one was not among them.
    TransferMissing,
}

impl Told {
    /// The event's name, for the log and the table.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Told::Go(_) => "Go",
            Told::Stop { .. } => "Stop",
            Told::Need(_) => "Need",
            Told::Evicted => "Evicted",
            Told::Raised(_) => "Raised",
            Told::Answered(_, answer) => answer.name(),
            Told::Progressed(..) => "Progressed",
            Told::VersionChanged(_) => "VersionChanged",
            Told::Disappeared(Disappearance::Deleted) => "Disappeared(Deleted)",
            Told::Disappeared(Disappearance::Hidden) => "Disappeared(Hidden)",
            Told::TransferFound => "TransferFound",
            Told::TransferFinished(TransferOutcome::Delivered) => "TransferFinished(Delivered)",
            Told::TransferFinished(TransferOutcome::Failed { .. }) => "TransferFinished(Failed)",
            Told::TransferFinished(TransferOutcome::Cancelled) => "TransferFinished(Cancelled)",
            Told::TransferMissing => "TransferMissing",
        }
    }
}

/// With what the session lets work begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Grant {
    /// Most bytes that a download may land before it must ask again.
    pub at_most: u64,
    /// Whether a checksum may write into the vault's own staging in the same pass.
    pub tee: bool,
    /// Whether an upload is to be handed to the OS.
    pub hand_over: bool,
    /// Whether the OS may then send it over a metered network.
    pub metered: bool,
}

/// A resource under way.
pub(crate) struct Resource {
    machine: InitializedStateMachine<Item>,
}

impl Resource {
    /// Takes up `row` where its stage left it. Entering a state that the catalog knows costs no
    /// `Persist`; what it was doing it does again.
    pub(crate) fn admit(item: Item, orders: &mut Orders<'_>) -> Resource {
        let state = State::of(&item.row);
        Resource::resume(item, state, orders)
    }

    /// Goes on in `state`, for a replay.
    pub(crate) fn resume(item: Item, state: State, orders: &mut Orders<'_>) -> Resource {
        let mut machine = item.uninitialized_state_machine();
        *machine.state_mut() = state;
        Resource { machine: machine.init_with_context(orders) }
    }

    /// Tells it something.
    pub(crate) fn tell(&mut self, told: &Told, orders: &mut Orders<'_>) {
        self.machine.handle_with_context(told, orders);
    }

    /// What it needs of the session.
    pub(crate) fn posture(&self) -> Posture {
        self.machine.state().posture()
    }

    /// Its data.
    pub(crate) fn item(&self) -> &Item {
        self.machine.inner()
    }

    /// Its state.
    pub(crate) fn state(&self) -> &State {
        self.machine.state()
    }

    /// How far it is.
    pub(crate) fn stage(&self) -> Stage {
        self.machine.state().stage()
    }
}

#[cfg(test)]
mod table;
