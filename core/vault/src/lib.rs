//! Where backups go: one trait, [`Vault`], and one folder of this room per kind of vault.
//!
//! What lives here: what a vault can be asked ([`vault`]), what is sent to it ([`put`]), what it
//! remembers ([`record`]), how it names files ([`names`], [`path`]), when a photo was taken
//! ([`capture`]), and the first vault, a plain [`folder`]. All file IO goes through one seam,
//! [`files::Files`], which a test can replace.
//!
//! What does not: when something is sent (the machine), which digests are known and what is under
//! way (the catalog), threads and queues (the engine). Every call here blocks; call it from a
//! worker thread.
#![forbid(unsafe_code)]

pub mod capture;
pub mod error;
pub mod files;
pub mod folder;
pub mod id;
pub mod names;
pub mod path;
pub mod put;
pub mod record;
pub mod segment;
pub mod vault;

pub use capture::{CaptureSource, Captured, LocalTime};
pub use error::{Blame, VaultError};
pub use files::{Files, OsFiles};
pub use folder::{Expect, FolderVault, OpenFolder};
pub use id::{DeviceId, VaultIdentity};
pub use names::{Owner, Placement, ToPlace};
pub use path::VaultPath;
pub use put::{Flow, Put, PutBytes, Staging, Stored, Teed, Watch};
pub use record::{Entry, OriginalName, Record, Segment, SegmentName, SegmentRead, Tombstone};
pub use vault::{FolderSeen, Found, Held, Strays, Ticket, Tidied, Vault};
