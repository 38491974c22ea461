//! The only place where machine, catalog and vault meet: a loop that performs what the machine
//! orders.
//!
//! A host makes a [`Source`] (what its photo library shows and serves), opens an [`Engine`] on it,
//! calls [`Engine::start`] and then pulls [`Engine::next_event`] until it says `None`. Facts that
//! only the host can know (network, power, permission) it tells with [`Engine::tell`].
//!
//! ```text
//! events wait -> machine.handle(each) -> effects: all Persist in ONE transaction
//!                                               -> then the others are performed, as jobs
//! a job ends  -> its answers are events again
//! ```
//!
//! All time, spawning, file IO and hashing go through one [`runtime::Runtime`]; tokio's timers and
//! blocking threads appear in `runtime/tokio.rs` only. Its lockstep twin runs the same engine in
//! virtual time, and repeats exactly.
//!
//! | module | tells |
//! |---|---|
//! | `engine`, `options`, `host`, `events`, `library`, `error` | the public face |
//! | `source` | the port to a photo library |
//! | `runtime` | time, threads, files, randomness; the twin in virtual time |
//! | `open` | a state folder is opened: catalog, vault, known digests, staging |
//! | `driver` | the loop: events in, persist first, effects out; when the catalog cannot be written |
//! | `inbox`, `stream` | what waits for the loop; what waits for the host |
//! | `jobs` | what effects are made of, a module each: checksum, find, upload, verify, download, scan … |
//! | `store` | the catalog, shared |
//! | `staging` | originals from the cloud between download and upload |
//! | `log` | every line that is told to whoever keeps a log |
//! | `recorder` | every event with its time, to be replayed |
//! | `records`, `seek` | what the vault's records say; where bytes lie that are not where they say |
//! | `verify`, `restore` | is it all there; everything back |
//! | `forget` | what the user says of single items |
//!
//! No rule about what to do next lives here (that is the machine's), no SQL (the catalog's), no
//! layout of a vault (the vault's), and nothing of a platform (the host's).
#![forbid(unsafe_code)]

#[cfg(test)]
extern crate self as keepsake_engine; // so that unit tests share the library in memory

mod driver;
pub mod engine;
pub mod error;
pub mod events;
mod forget;
pub mod host;
mod inbox;
mod jobs;
pub mod library;
pub mod log;
mod open;
pub mod options;
pub mod recorder;
mod records;
pub mod restore;
pub mod runtime;
mod seek;
pub mod source;
mod staging;
mod store;
mod stream;
pub mod verify;

pub use engine::Engine;
pub use error::EngineError;
pub use events::Happened;
pub use host::HostFact;
pub use options::{Destination, Options};
pub use source::{Opened, Original, Pages, Pour, Refusal, Source};
