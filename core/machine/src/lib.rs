//! What a backup does next: two pure state machines, no clock, no IO, no threads, no random state.
//!
//! The [session] knows the phone: holds, permits, disk, budget, windows, fairness. One
//! `resource` machine per file under way knows how far that file is. The driver (the
//! engine, a test, a simulator) does nothing but this, in this order:
//!
//! ```text
//! handle(event, now)         for every event that waits
//! poll_effect() -> Effect    until there is none: store all `Persist` in one transaction,
//!                            then perform the others
//! poll_timeout()             sleep until then, or until the next event
//! ```
//!
//! The same events in the same order give the same effects, byte for byte, on every platform, and
//! wherever the drains fall.
//!
//! Nothing of a platform lives here, and nothing that names a person's photo: the machine sees row
//! ids, sizes, kinds and hashes.

mod answer;
pub mod effect;
pub mod event;
pub mod hold;
pub mod machine;
pub mod media;
pub mod permit;
mod resource;
pub mod row;
pub mod session;
pub mod settings;
pub mod settle;
pub mod stage;
pub mod status;
pub mod time;

pub use effect::{Change, Effect, Want};
pub use event::{Answer, Event};
pub use hold::{Hold, Holds};
pub use machine::{Machine, Snapshot, Timeout};
pub use media::{AssetId, Digest, EffectId, ResourceId, Role, Run};
pub use row::Row;
pub use settings::Config;
pub use stage::{Fault, Stage};
pub use status::{Counts, Status};
pub use time::{Elapsed, Now};
