//! What is kept in memory about resources under way, so that it is asked, read and written once:
//! details, what was teed, where the bytes are in the vault, when they were taken.

use keepsake_catalog::Detail;
use keepsake_machine::media::ResourceId;
use keepsake_vault::{Captured, Teed, VaultPath};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// By resource. Bounded by what is under way.
#[derive(Default)]
pub(crate) struct Kept {
    by_resource: Mutex<HashMap<ResourceId, Things>>,
    teed_files: AtomicU64,
    teed_bytes: AtomicU64,
}

#[derive(Default)]
struct Things {
    detail: Option<Arc<Detail>>,
    teed: Option<(Teed, u64)>,
    path: Option<VaultPath>,
    captured: Option<Captured>,
    asked: Option<Asked>,
}

/// That the records were asked about bytes, and what they said.
pub(crate) struct Asked {
    /// SHA-256 of the bytes.
    pub(crate) sha256: [u8; 32],
    /// Where they are, if they are known.
    pub(crate) path: Option<VaultPath>,
}

impl Kept {
    /// The details, where they are kept.
    pub(crate) fn detail(&self, resource: ResourceId) -> Option<Arc<Detail>> {
        self.lock().get(&resource)?.detail.clone()
    }

    /// Keeps details.
    pub(crate) fn keep_detail(&self, detail: Arc<Detail>) {
        let resource = detail.resource;
        self.lock().entry(resource).or_default().detail = Some(detail);
    }

    /// Keeps what was teed, so many bytes; gives back what was teed before.
    pub(crate) fn keep_teed(&self, resource: ResourceId, teed: Teed, bytes: u64) -> Option<Teed> {
        self.teed_files.fetch_add(1, Ordering::Relaxed);
        self.teed_bytes.fetch_add(bytes, Ordering::Relaxed);
        let before = self.lock().entry(resource).or_default().teed.replace((teed, bytes));
        before.map(|before| self.gone(before))
    }

    /// Files that were teed and wait to be put, and their bytes: what a kill writes in vain.
    pub(crate) fn teed(&self) -> (u64, u64) {
        (self.teed_files.load(Ordering::Relaxed), self.teed_bytes.load(Ordering::Relaxed))
    }

    fn gone(&self, (teed, bytes): (Teed, u64)) -> Teed {
        self.teed_files.fetch_sub(1, Ordering::Relaxed);
        self.teed_bytes.fetch_sub(bytes, Ordering::Relaxed);
        teed
    }

    /// What was teed: given away once.
    pub(crate) fn take_teed(&self, resource: ResourceId) -> Option<Teed> {
        let teed = self.lock().get_mut(&resource)?.teed.take()?;
        Some(self.gone(teed))
    }

    /// Keeps where the bytes are in the vault, or that they are not there after all.
    pub(crate) fn keep_path(&self, resource: ResourceId, path: Option<VaultPath>) {
        self.lock().entry(resource).or_default().path = path;
    }

    /// Where the bytes are in the vault.
    pub(crate) fn path(&self, resource: ResourceId) -> Option<VaultPath> {
        self.lock().get(&resource)?.path.clone()
    }

    /// Keeps what the records said of its bytes.
    pub(crate) fn keep_asked(&self, resource: ResourceId, asked: Asked) {
        self.lock().entry(resource).or_default().asked = Some(asked);
    }

    /// What the records just said of these bytes: used once. What another lane brings meanwhile, the
    /// vault itself sees.
    pub(crate) fn take_asked(&self, resource: ResourceId, sha256: &[u8; 32]) -> Option<Asked> {
        let asked = self.lock().get_mut(&resource)?.asked.take();
        asked.filter(|asked| asked.sha256 == *sha256)
    }

    /// Keeps when it was taken.
    pub(crate) fn keep_captured(&self, resource: ResourceId, captured: Captured) {
        self.lock().entry(resource).or_default().captured = Some(captured);
    }

    /// When it was taken.
    pub(crate) fn captured(&self, resource: ResourceId) -> Option<Captured> {
        self.lock().get(&resource)?.captured
    }

    /// It is no longer under way, or begins again: everything is let go. Gives back what was teed.
    pub(crate) fn release(&self, resource: ResourceId) -> Option<Teed> {
        let teed = self.lock().remove(&resource)?.teed?;
        Some(self.gone(teed))
    }

    /// Lets go of everything else. Gives back what was teed.
    pub(crate) fn retain(&self, is_held: impl Fn(ResourceId) -> bool) -> Vec<Teed> {
        let mut by_resource = self.lock();
        let gone = by_resource.extract_if(|resource, _| !is_held(*resource));
        gone.filter_map(|(_, things)| things.teed).map(|teed| self.gone(teed)).collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ResourceId, Things>> {
        self.by_resource.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
