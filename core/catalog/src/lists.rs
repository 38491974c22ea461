//! Short lists: what a kill left behind, what to confirm again, what may be freed.

use crate::{Reader, Result};
use keepsake_machine::event::Candidate;
use keepsake_machine::media::{AssetId, ResourceId};
use keepsake_machine::time::Elapsed;

/// When a safe resource was last confirmed at the vault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Confirmation {
    /// The resource.
    pub resource: ResourceId,
    /// When.
    pub at: Elapsed,
}

/// A page of assets that might be freed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FreeablePage {
    /// The assets: every resource safe, present and not freed yet.
    pub candidates: Vec<Candidate>,
    /// Where the next page begins; `None`: this was the last.
    pub next: Option<AssetId>,
}

impl Reader {
    /// The staged originals that a stage of the active vault names, with their bytes: any other
    /// file in staging has no owner.
    pub fn staged(&self) -> Result<Vec<(ResourceId, u64)>> {
        unimplemented!()
    }

    /// The resources whose upload the OS owns.
    pub fn transfers(&self) -> Result<Vec<ResourceId>> {
        unimplemented!()
    }

    /// The tokens of unfinished uploads to the active vault.
    pub fn tokens(&self) -> Result<Vec<(ResourceId, Vec<u8>)>> {
        unimplemented!()
    }

    /// Safe resources, the least recently confirmed first.
    pub fn oldest_confirmed(&self, most: u32) -> Result<Vec<Confirmation>> {
        let _ = most;
        unimplemented!()
    }

    /// Looks through at most 1,000 assets from `from` on (`None`: from the first) for such as might
    /// be freed.
    pub fn freeable(&self, from: Option<AssetId>) -> Result<FreeablePage> {
        let _ = from;
        unimplemented!()
    }
}
