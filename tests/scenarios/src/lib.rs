//! Stories of backups, as files that a product manager can read: `tests/scenarios/*.json`.
//!
//! Each tells a library, what happens to the phone and what the user does, how it ends, and what the
//! host sees meanwhile: every call that it receives and every event that it pulls, once a second of
//! virtual time. [`play`] plays one on the real engine, catalog and folder vault; the Kotlin and Swift
//! hosts are to play the same files and see the same.
//!
//! [`seed`] makes such stories from a number, with everything that can go wrong in them and a fair end,
//! and [`shrink`] makes a short one of one that fails: the *deep* depth of the simulator, on the real
//! engine, catalog and vault. `cargo run --release -p keepsake-scenarios -- --seeds 1000` plays some.
//!
//! `README.md` beside this crate has the words. Bytes are real, so sizes are small: a phone of 64 MB
//! stands for one of 64 GB.

mod acts;
mod another;
mod contents;
mod disk;
mod fate;
pub mod format;
mod fuse;
mod looks_back;
mod pages;
mod phone;
mod play;
pub mod promise;
pub mod seed;
pub mod shrink;
mod strict;
mod tickets;
mod volume;
mod watch;
mod words;
pub mod world;

pub use format::Scenario;
pub use play::{Played, play};
