//! Scans: the photo library comes in by the page; what changed is settled, what did not is read and
//! never written.
//!
//! A page whose assets are in the order of their local ids' bytes, and after all earlier ones, is
//! merged with the catalog's own order; any other page is looked up. What was seen is kept in
//! memory, one bit an asset. Only [`Catalog::finish_scan`] takes anything for gone.

mod finish;
mod marks;
mod page;
mod print;
mod store;

use crate::Result;
use crate::catalog::Catalog;
use crate::reader::meta;
use crate::seen::SeenAsset;
use keepsake_machine::media::ResourceId;
use marks::Marks;
use std::collections::HashSet;

/// A scan that is under way. Dropped, it counts as cut short: nothing that it did not see is gone.
#[derive(Debug)]
pub struct Scan {
    token: Option<Vec<u8>>,
    /// Where the merge stands: all assets up to here were compared. `None`: pages are looked up.
    frontier: Option<Vec<u8>>,
    seen: Marks,
    /// Resources of assets that were seen without them.
    missing: HashSet<ResourceId>,
    summary: ScanSummary,
}

/// How a scan ends.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ending {
    /// We see only a part of the library: nothing that is absent is gone.
    pub limited: bool,
    /// Prefixes of local ids that could not be looked into: what is below is out of sight, not gone.
    pub hidden: Vec<Vec<u8>>,
}

/// What a scan came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ScanSummary {
    /// Assets seen.
    pub assets: u64,
    /// Resources seen.
    pub resources: u64,
    /// Resources that were new.
    pub added: u64,
    /// Resources that were known and had changed (in content, place or choice).
    pub changed: u64,
    /// Resources that are gone from the library.
    pub gone: u64,
    /// Resources that are out of sight.
    pub hidden: u64,
}

impl ScanSummary {
    /// Whether any row changed.
    pub fn is_changed(&self) -> bool {
        self.added + self.changed + self.gone + self.hidden > 0
    }
}

impl Catalog {
    /// Begins a scan. `token` says how far the library's own change log had come *before* the scan
    /// (where the host has one); it is committed with the end of the scan.
    pub fn begin_scan(&self, token: Option<Vec<u8>>) -> Scan {
        Scan {
            token,
            frontier: Some(Vec::new()),
            seen: Marks::default(),
            missing: HashSet::new(),
            summary: ScanSummary::default(),
        }
    }
}

impl crate::Reader {
    /// The token of the last scan that ended.
    pub fn scan_token(&self) -> Result<Option<Vec<u8>>> {
        self.ask(|connection| meta(connection, "scan_token"))
    }
}

/// Resources of a page, for the summary.
fn resources(page: &[SeenAsset]) -> u64 {
    page.iter().map(|asset| asset.resources.len() as u64).sum()
}
