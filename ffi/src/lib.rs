//! The engine for Kotlin and Swift, through uniffi.
//!
//! A handful of coarse calls: an [`Engine`] is opened with a [`Configuration`] and the host's ports,
//! told facts, and asked for [`Event`]s one after the other. Assets cross in pages, originals as file
//! descriptors, never as bytes. Nothing here decides anything about backing up: shapes are changed into
//! the engine's own, and nothing else.
//!
//! | module | tells |
//! |---|---|
//! | `engine` | the one object, and how it is opened |
//! | `ports` | what a host implements |
//! | `claim` | a state is open once |
//! | `scan`, `pour`, `descriptor` | where a scan's pages and a poured original go |
//! | `facts` | what only the host knows |
//! | `restore` | everything back, and how far it is |
//! | `log` | the core's log, on its way to the platform's |
//! | `events`, `status`, `library` | what a host shows |
//! | `shapes` | the core's own types that cross as they are |
//! | `error` | what can go wrong, and what the user can do |
//! | `virtual_time` | scenarios: the engine in virtual time |
//!
//! # What never crosses
//!
//! A panic: each call catches its own and gives [`KeepsakeError::Broken`]; the next one finds the engine
//! as it was. An exception of a port: uniffi hands it over as [`PortError::Unexpected`], the item it was
//! about has a fault of its host, and the backup goes on. A blocked thread: ports are called on threads
//! of the engine's own, and only `open`, `verify`, `forget`, `restore` and `stop` wait for anything.

mod claim;
mod descriptor;
pub mod engine;
pub mod error;
pub mod events;
pub mod facts;
pub mod library;
pub mod log;
pub mod ports;
pub mod pour;
pub mod restore;
pub mod scan;
pub mod shapes;
pub mod status;
#[cfg(feature = "virtual-time")]
pub mod virtual_time;

pub use engine::{Configuration, Engine};
pub use error::{KeepsakeError, PortError};
pub use events::Event;
pub use facts::Fact;

uniffi::setup_scaffolding!();

/// Descriptors, for hosts that are written in Rust: the border's own tests.
#[cfg(feature = "virtual-time")]
#[doc(hidden)]
pub mod descriptor_for_tests {
    pub use crate::descriptor::{given, taken};
}
