//! What must survive a kill: one SQLite file (WAL), one writer, and readers that never block it.
//!
//! - [`Catalog`] is the only writer. Everything the machine wants stored goes through
//!   [`Catalog::apply`], one transaction a batch; the photo library comes in through a
//!   [`scan::Scan`]; what happens to rows that are not under way, through [`Catalog::settle_where`].
//! - [`Reader`] answers questions from its own connection; the catalog answers the same ones (it
//!   dereferences to a reader), and sees its own last transaction.
//!
//! Stages are those of the *active* vault and lie in the resources' own rows; another vault's rest
//! on a shelf until it is active again. Every stage change that is not the machine's goes through
//! `keepsake_machine::settle::settle`. Counters are kept with the rows, in the same transaction.
//!
//! Nothing here knows of the file system beyond the catalog's own file, of vaults beyond their
//! identity, or of time beyond what it is given.

mod apply;
mod catalog;
mod codes;
mod details;
mod error;
mod folders;
mod known;
mod lane;
mod library;
mod lists;
mod merge;
mod migrations;
mod note;
mod open;
mod reader;
mod refill;
pub mod scan;
pub mod seen;
mod settling;
mod stored;
mod tallies;
mod vaults;

pub use catalog::{Catalog, Identity, Opened};
pub use details::{Detail, Sibling};
pub use error::{CatalogError, Kind};
pub use folders::KnownFolder;
pub use known::{Damaged, Known, KnownAt, SegmentKnown};
pub use library::{Entry, LibraryPage};
pub use lists::{Confirmation, FreeablePage, Lying, LyingPage};
pub use note::Note;
pub use reader::Reader;
pub use refill::Refill;
pub use settling::{Settling, Which};
pub use vaults::ActiveVault;

/// What a call of the catalog comes to.
pub type Result<T> = std::result::Result<T, CatalogError>;

/// The resources that the machine holds, its look-ahead included: the catalog leaves their stages
/// alone.
pub type UnderWay = std::collections::HashSet<keepsake_machine::media::ResourceId>;

#[cfg(test)]
mod tests;
#[cfg(test)]
extern crate self as keepsake_catalog; // the integration tests' support is used here too
