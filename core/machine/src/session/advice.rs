//! Advice: what the user could do better, as one pure function of what is known.

use crate::settings::MeteredUse;
use crate::status::{Advice, Counts};

/// Whether the phone's library is one of iCloud Photos.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ICloudPhotos {
    /// This device has none.
    NotHere,
    /// It is on: the host knows, or an original was found to be only there.
    On,
    /// It is off.
    Off,
    /// iOS does not tell.
    Unknown,
}

/// What advice is made from.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// The counters.
    pub counts: &'a Counts,
    /// What may go over metered networks.
    pub metered: MeteredUse,
    /// Whether iCloud Photos is on.
    pub icloud: ICloudPhotos,
    /// Free bytes above the reserve.
    pub free: u64,
    /// The volume's size in bytes; `None` before the first reading.
    pub total: Option<u64>,
    /// Whether a guided migration is under way already.
    pub migrating: bool,
    /// Whether a scan of the whole library, with full access, has ended and nothing changed since.
    pub scanned: bool,
    /// Whether the vault was asked again about everything that is safe, within the time of a scrub.
    pub confirmed: bool,
}

/// What the user could do better, in the order of [`Advice`].
pub fn advise(known: &Known<'_>) -> Vec<Advice> {
    let _ = known;
    unimplemented!()
}
