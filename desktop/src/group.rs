//! Which files of one folder are one asset.
//!
//! Files belong together when they lie in one folder and their names agree up to the extension,
//! byte for byte (extensions in any case):
//! - a still and a clip (MOV, MP4, M4V): a Live Photo; its clip is the paired video. How long the
//!   clip is cannot be told without opening it. A video that only happens to be called like a
//!   still is backed up all the same: only the grouping would be wrong.
//! - a RAW and a still: the still is the primary, the RAW the alternate;
//! - `IMG.xmp`, `IMG.CR2.xmp` and other descriptions, `IMG.AAE` (Apple's edits), `IMG.WAV` (voice
//!   memos): with the picture that they name. `IMG.CR2.xmp` looks for `IMG.CR2` first;
//! - as iPhones name them on export: `IMG_E1234.*` is the edited `IMG_1234.*`, and `IMG_O1234.AAE`
//!   belongs to it too.
//!
//! Two stills of one stem (`a.jpg`, `a.png`) are two assets: either may be the picture that
//! somebody cares for. What finds no picture is an asset by itself, so nothing depends on the
//! grouping for being backed up. The asset is called by its primary, the file with the smallest
//! [`Role`].

use crate::formats::{Kind, kind, split};
use keepsake_machine::media::{Media, Role};

/// One file of an asset: which of the folder's names, and what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Index into the folder's sorted names.
    pub name: usize,
    /// What it is to the asset.
    pub role: Role,
    /// What settings tell apart.
    pub media: Media,
}

/// The sorted names of one folder's files.
pub trait Names {
    /// How many.
    fn len(&self) -> usize;
    /// One of them.
    fn name(&self, index: usize) -> &[u8];

    /// The range of names that begin with `stem` and a dot.
    fn beginning(&self, stem: &[u8]) -> std::ops::Range<usize> {
        let first = self.first_from(|name| in_block(name, stem).is_lt());
        let mut end = first;
        while end < self.len() && in_block(self.name(end), stem).is_eq() {
            end += 1;
        }
        first..end
    }

    /// The first name that is not `before` something.
    fn first_from(&self, before: impl Fn(&[u8]) -> bool) -> usize {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low + (high - low) / 2;
            if before(self.name(middle)) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }
}

fn in_block(name: &[u8], stem: &[u8]) -> std::cmp::Ordering {
    let most = name.len().min(stem.len() + 1);
    name[..most].iter().copied().cmp(stem.iter().copied().chain([b'.']))
}

/// The block of names that begins at `first`: those that agree up to the first dot. In sorted
/// order they are neighbours, so a folder is grouped in one pass; all assets of one block come
/// before all of the next.
pub fn block_end(names: &impl Names, first: usize) -> usize {
    let head = head(names.name(first));
    let Some(head) = head else { return first + 1 };
    let mut end = first + 1;
    while end < names.len() && in_block(names.name(end), head).is_eq() {
        end += 1;
    }
    end
}

/// What stands before the first dot; a leading dot does not count.
fn head(name: &[u8]) -> Option<&[u8]> {
    let skip = usize::from(name.first() == Some(&b'.'));
    let dot = name[skip..].iter().position(|byte| *byte == b'.')?;
    Some(&name[..skip + dot])
}

/// The assets of the block `range`, each with its primary first, in the order of the primaries'
/// names. `taken` says which files count at all (photos, or all files).
pub fn group(
    names: &impl Names,
    range: std::ops::Range<usize>,
    taken: impl Fn(Kind) -> bool + Copy,
) -> Vec<Vec<Part>> {
    let head = head(names.name(range.start)).map(<[u8]>::to_vec);
    if let Some(head) = &head
        && edited(head).is_some_and(|of| has_picture(names, &of))
        && all_fit(names, range.clone())
    {
        // The asset of the unedited picture takes them.
        return Vec::new();
    }
    let mut assets = block(names, range, taken);
    if let Some((edit, other)) = head.as_deref().and_then(edits)
        && let Some(asset) = assets.iter_mut().find(|asset| is_picture(asset[0].role))
    {
        for found in [names.beginning(&edit), names.beginning(&other)] {
            if all_fit(names, found.clone()) {
                let media = asset[0].media;
                asset.extend(found.filter_map(|index| edit_part(names.name(index), index, media)));
            }
        }
        asset.sort_by_key(|part| (part.role, part.name));
    }
    assets
}

fn is_picture(role: Role) -> bool {
    matches!(role, Role::Photo | Role::Video)
}

fn has_picture(names: &impl Names, head: &[u8]) -> bool {
    names.beginning(head).any(|index| is_shown(kind(names.name(index))))
}

/// Whether every file of the block has a place in an edit; if not (`IMG_E1.wav`), the block stays
/// by itself.
fn all_fit(names: &impl Names, mut range: std::ops::Range<usize>) -> bool {
    range.all(|index| edit_part(names.name(index), index, Media::Photo).is_some())
}

fn edit_part(name: &[u8], index: usize, media: Media) -> Option<Part> {
    let (stem, _) = split(name)?;
    if stem.contains(&b'.') {
        return None;
    }
    let role = match (kind(name), media) {
        (Kind::Still | Kind::Raw, _) => Role::EditedPhoto,
        (Kind::Clip | Kind::Video, Media::Video) => Role::EditedVideo,
        (Kind::Clip | Kind::Video, Media::Photo) => Role::EditedPairedVideo,
        (Kind::Adjustment, _) => Role::Adjustment,
        (Kind::Sidecar, _) => Role::Sidecar,
        (Kind::Audio | Kind::Other, _) => return None,
    };
    Some(Part { name: index, role, media })
}

/// `IMG_E1234` and `IMG_O1234` name `IMG_1234`.
fn edited(head: &[u8]) -> Option<Vec<u8>> {
    let [b'I', b'M', b'G', b'_', b'E' | b'O', digits @ ..] = head else { return None };
    is_number(digits).then(|| [b"IMG_", digits].concat())
}

/// The names of `IMG_1234`'s edit.
fn edits(head: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let digits = head.strip_prefix(b"IMG_")?;
    is_number(digits).then(|| ([b"IMG_E", digits].concat(), [b"IMG_O", digits].concat()))
}

fn is_number(digits: &[u8]) -> bool {
    digits.len() >= 4 && digits.iter().all(u8::is_ascii_digit)
}

fn is_shown(kind: Kind) -> bool {
    matches!(kind, Kind::Still | Kind::Raw | Kind::Clip | Kind::Video)
}

/// Pictures first, each an asset unless it is the second half of one; then what describes them.
fn block(
    names: &impl Names,
    range: std::ops::Range<usize>,
    taken: impl Fn(Kind) -> bool,
) -> Vec<Vec<Part>> {
    if range.len() == 1 {
        let only = kind(names.name(range.start));
        return if taken(only) { vec![vec![alone(range.start, only)]] } else { Vec::new() };
    }
    let mut files: Vec<(Kind, usize)> = range
        .map(|index| (kind(names.name(index)), index))
        .filter(|(kind, _)| taken(*kind))
        .collect();
    files.sort_unstable();
    let stem = |index: usize| split(names.name(index)).map_or(names.name(index), |(stem, _)| stem);
    let mut assets: Vec<Vec<Part>> = Vec::new();
    // By stem, where its first picture is among the assets: blocks of thousands stay fast.
    let mut by_stem = std::collections::BTreeMap::<&[u8], usize>::new();
    let mut by_name = std::collections::BTreeMap::<&[u8], usize>::new();
    for (kind, index) in files {
        let home = match kind {
            Kind::Still | Kind::Video | Kind::Other => None,
            // The second RAW or clip of one stem is an asset of its own.
            Kind::Raw | Kind::Clip => by_stem.get(stem(index)).copied().filter(|home| {
                let role = if kind == Kind::Raw { Role::AlternatePhoto } else { Role::PairedVideo };
                let parts = &assets[*home];
                parts[0].role == Role::Photo && !parts.iter().any(|part| part.role == role)
            }),
            Kind::Audio | Kind::Adjustment | Kind::Sidecar => {
                by_name.get(stem(index)).or_else(|| by_stem.get(stem(index))).copied()
            }
        };
        let (at, part) = match home {
            Some(home) => (home, beside(index, kind)),
            None => (assets.len(), alone(index, kind)),
        };
        if at == assets.len() {
            assets.push(Vec::new());
        }
        if is_shown(kind) {
            by_stem.entry(stem(index)).or_insert(at);
            by_name.insert(names.name(index), at);
        }
        let media = assets[at].first().map_or(part.media, |first| first.media);
        assets[at].push(Part { media, ..part });
    }
    for asset in &mut assets {
        asset.sort_by_key(|part| (part.role, part.name));
    }
    assets.sort_by_key(|asset| asset[0].name);
    assets
}

fn alone(name: usize, kind: Kind) -> Part {
    let (role, media) = match kind {
        Kind::Still | Kind::Raw => (Role::Photo, Media::Photo),
        Kind::Clip | Kind::Video => (Role::Video, Media::Video),
        Kind::Audio => (Role::Audio, Media::Photo),
        Kind::Adjustment => (Role::Adjustment, Media::Photo),
        Kind::Sidecar => (Role::Sidecar, Media::Photo),
        Kind::Other => (Role::Other, Media::Photo),
    };
    Part { name, role, media }
}

fn beside(name: usize, kind: Kind) -> Part {
    let part = alone(name, kind);
    match kind {
        Kind::Raw => Part { role: Role::AlternatePhoto, ..part },
        Kind::Clip => Part { role: Role::PairedVideo, media: Media::Photo, ..part },
        _ => part,
    }
}

#[cfg(test)]
#[path = "group/tests.rs"]
mod tests;
