//! How files are named in a vault: as shot, unless that would touch other bytes.

use crate::capture::Captured;
use keepsake_machine::media::Digest;

/// An asset that needs a place.
#[derive(Debug, Clone, Copy)]
pub struct ToPlace<'a> {
    /// When it was taken: decides the folder, `YYYY/MM`.
    pub captured: &'a Captured,
    /// Its files, the primary first: the name as shot, as bytes, and the digest where it is known.
    /// The primary's must be known.
    pub resources: &'a [(&'a [u8], Option<Digest>)],
}

/// Where an asset's files go: a folder and a stem. To the catalog opaque text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Placement {
    folder: String,
    stem: String,
    tilde: Option<[u8; 4]>,
}

impl Placement {
    /// The text that the catalog keeps.
    pub fn to_text(&self) -> String {
        unimplemented!()
    }

    /// Reads what [`Placement::to_text`] wrote; `None` if it is something else.
    pub fn parse(text: &str) -> Option<Placement> {
        let _ = text;
        unimplemented!()
    }
}

#[allow(dead_code)]
fn uses(d: Digest, p: &Placement) {
    let _ = (d, &p.folder, &p.stem, &p.tilde);
}
