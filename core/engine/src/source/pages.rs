//! Where a scan's pages go: straight to the catalog, past the machine.

use super::Refusal;
use keepsake_catalog::seen::SeenAsset;

/// Takes the pages of one scan. Dropped without [`Pages::finished`], the scan counts as cut short:
/// nothing that it did not see is taken for deleted.
pub struct Pages {
    sink: Box<dyn PageSink>,
}

/// Why a page was not taken: the walk should end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the scan was stopped")]
pub struct ScanStopped;

impl Pages {
    /// Stores a page (at most 1,000 assets; more are taken, in one transaction). Blocks until it is
    /// stored: a fast walk cannot outrun the disk. [`ScanStopped`] when the engine stops or cannot
    /// write.
    pub fn page(&mut self, assets: Vec<SeenAsset>) -> Result<(), ScanStopped> {
        self.sink.page(assets)
    }

    /// The walk saw everything that it can see. `hidden` lists prefixes of local ids that could not
    /// be looked into (a folder that may not be read, a volume that is away): what is below them is
    /// out of sight, not gone. `limited`: nothing that is absent is gone (limited access).
    pub fn finished(self, limited: bool, hidden: Vec<Vec<u8>>) {
        self.sink.finished(limited, hidden);
    }

    /// The walk failed; the same as returning the error from [`super::Source::scan`].
    pub fn failed(self, why: Refusal) {
        self.sink.failed(why);
    }

    /// The engine's own.
    pub(crate) fn new(sink: Box<dyn PageSink>) -> Pages {
        Pages { sink }
    }
}

/// What the engine puts behind [`Pages`].
pub(crate) trait PageSink: Send {
    fn page(&mut self, assets: Vec<SeenAsset>) -> Result<(), ScanStopped>;
    fn finished(self: Box<Self>, limited: bool, hidden: Vec<Vec<u8>>);
    fn failed(self: Box<Self>, why: Refusal);
}
