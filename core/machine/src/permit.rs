//! Permits: what each kind of work may do now, from the holds, in one pure function.

use crate::hold::{Hold, Holds};
use crate::media::Media;
use crate::settings::MeteredUse;
use serde::{Deserialize, Serialize};

/// A kind of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Work {
    /// Originals from the cloud; record segments from the vault.
    Download,
    /// Reading and hashing what is on the phone; opening what may be.
    Checksum,
    /// Asking the vault: find, verify, record, confirm, scrub.
    Check,
    /// Sending what the library still serves.
    Upload,
    /// Sending what is staged: goes on without access to the library.
    UploadStaged,
}

impl Work {
    /// Every kind.
    pub const ALL: [Work; 5] =
        [Work::Download, Work::Checksum, Work::Check, Work::Upload, Work::UploadStaged];
}

/// What may go on, per kind of work and media type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Permits(u16);

impl Permits {
    /// Whether `work` on `media` may go on.
    pub fn allow(self, work: Work, media: Media) -> bool {
        self.0 & (1 << (work as u16 * 2 + media as u16)) != 0
    }
}

/// The table of holds. `remote`: the vault is reached over a network ("r" in the table).
pub fn permits(holds: Holds, metered: MeteredUse, remote: bool) -> Permits {
    let _ = (holds, metered, remote, Hold::ALL);
    unimplemented!()
}

/// The holds that stop `work` on `media`.
pub fn stopping(
    holds: Holds,
    metered: MeteredUse,
    remote: bool,
    work: Work,
    media: Media,
) -> Holds {
    let _ = (holds, metered, remote, work, media);
    unimplemented!()
}

/// The first hold, in the order of [`Hold::ALL`], that stops `work` on `media`.
pub fn stopped_by(
    holds: Holds,
    metered: MeteredUse,
    remote: bool,
    work: Work,
    media: Media,
) -> Option<Hold> {
    let _ = (holds, metered, remote, work, media);
    unimplemented!()
}
