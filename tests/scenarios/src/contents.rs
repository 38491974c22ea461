//! What the photos of a story ever were, and what each may be called in a vault: told by the library
//! alone, whatever engine, catalog and records say.

use crate::phone::Library;
use keepsake_machine::media::Digest;
use keepsake_vault::{Captured, Placement};
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// Every content that a photo of each name ever had.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    by_bytes: BTreeMap<Vec<u8>, Content>,
    by_name: BTreeMap<String, Photo>,
}

/// Some bytes.
#[derive(Debug)]
pub(crate) struct Content {
    pub(crate) digest: Digest,
    /// Who ever had them.
    pub(crate) names: BTreeSet<String>,
}

#[derive(Debug)]
struct Photo {
    asset: String,
    taken: i64,
    digests: Vec<Digest>,
}

/// Of one file so many names of its own are looked at.
const NUMBERS: u32 = 9;

impl Contents {
    /// Notes what is in the library now.
    pub(crate) fn note(&mut self, library: &Library) {
        library.each(|name, asset, taken, bytes| {
            if self.by_bytes.get(bytes).is_some_and(|content| content.names.contains(name)) {
                return;
            }
            let content = self
                .by_bytes
                .entry(bytes.to_vec())
                .or_insert_with(|| Content { digest: digest(bytes), names: BTreeSet::new() });
            content.names.insert(name.to_owned());
            let photo = self.by_name.entry(name.to_owned());
            let new = || Photo { asset: asset.to_owned(), taken, digests: Vec::new() };
            photo.or_insert_with(new).digests.push(content.digest);
        });
    }

    /// Whose bytes these are; `None`: no photo ever had them.
    pub(crate) fn of(&self, bytes: &[u8]) -> Option<&Content> {
        self.by_bytes.get(bytes)
    }

    /// Whether a photo of this name ever had bytes with this digest.
    pub(crate) fn had(&self, name: &str, digest: &Digest) -> bool {
        let photo = self.by_name.get(name);
        photo.is_some_and(|one| one.digests.iter().any(|had| had.sha256 == digest.sha256))
    }

    /// A path without what tells names apart that are taken: `~` and hex digits.
    pub(crate) fn without_tilde(path: &str) -> String {
        let mut parts = path.split('~');
        let stem = parts.next().unwrap_or_default().to_owned();
        parts.fold(stem, |text, part| {
            text + part.trim_start_matches(|c: char| c.is_ascii_hexdigit())
        })
    }

    /// How many bytes all that photos ever were are.
    pub(crate) fn bytes(&self) -> u64 {
        self.by_name.values().flat_map(|photo| &photo.digests).map(|digest| digest.size).sum()
    }

    /// Whether one of those that ever had these bytes may be called so in a vault: as shot, or with the
    /// digest of a file of its asset behind its stem.
    pub(crate) fn may_be_called(&self, content: &Content, path: &str) -> bool {
        content.names.iter().any(|name| {
            let Some(photo) = self.by_name.get(name) else { return false };
            let captured = Captured::from_file(photo.taken * 1_000_000, 0);
            let as_shot = Placement::as_shot(&captured, photo.asset.as_bytes());
            let asset = self.by_name.values().filter(|one| one.asset == photo.asset);
            let digests = asset.flat_map(|one| &one.digests);
            let beside = digests.map(|digest| as_shot.clone().beside(digest));
            std::iter::once(as_shot.clone()).chain(beside).any(|place| {
                let own = (1..=NUMBERS).map(|number| Some((&content.digest, number)));
                std::iter::once(None).chain(own).any(|own| {
                    path == format!("{}/{}", place.folder(), place.file_name(name.as_bytes(), own))
                })
            })
        })
    }
}

fn digest(bytes: &[u8]) -> Digest {
    Digest { sha256: Sha256::digest(bytes).into(), md5: None, size: bytes.len() as u64 }
}
