//! How files are named in a vault: as shot, unless that would touch other bytes.
//!
//! An asset's stem is as shot, or with `~` and 8 hex of its [`Owner`] (its primary's SHA-256) when one of
//! its names is taken by other bytes, also by one that differs only in case or in how accents are composed.
//! A resource whose name there holds other bytes all the same adds `~` and 16 hex of its own, and
//! where that holds other bytes too (it was damaged), `-2`, `-3`, ….

use crate::capture::Captured;
use crate::path::VaultPath;
use keepsake_machine::media::{Digest, hex};
use std::borrow::Cow;
use std::fmt::Write as _;
use std::hash::Hasher;
use unicode_normalization::UnicodeNormalization;

/// An asset that needs a place.
#[derive(Debug, Clone, Copy)]
pub struct ToPlace<'a> {
    /// When it was taken: decides the folder, `YYYY/MM`.
    pub captured: &'a Captured,
    /// Its files, the primary first: the name as shot, as bytes, and the digest where it is known.
    pub resources: &'a [(&'a [u8], Option<Digest>)],
    /// Who it is.
    pub owner: Owner,
}

/// What tells an asset from others that want the same names: the start of its primary's SHA-256; while that
/// is not known, of another file's that no other asset has, or any number that is the asset's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner(pub [u8; 8]);

impl From<&Digest> for Owner {
    fn from(digest: &Digest) -> Owner {
        let mut start = [0; 8];
        start.copy_from_slice(&digest.sha256[..8]);
        Owner(start)
    }
}

/// Where an asset's files go: a folder and a stem. To the catalog opaque text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Placement {
    folder: String,
    stem: String,
    tilde: Option<[u8; 4]>,
}

impl Placement {
    /// The place as shot, of an asset whose primary is called `primary`.
    pub fn as_shot(captured: &Captured, primary: &[u8]) -> Placement {
        let folder = format!("{:04}/{:02}", captured.local.year, captured.local.month);
        Placement { folder, stem: stem(&plain(primary)).to_owned(), tilde: None }
    }

    /// The place beside that, when a name is taken: with `~` and 8 hex of the asset's owner.
    #[must_use]
    pub fn beside(mut self, owner: impl Into<Owner>) -> Placement {
        let Owner([a, b, c, d, ..]) = owner.into();
        self.tilde = Some([a, b, c, d]);
        self
    }

    /// The name as shot, where the place is beside it because that was taken.
    pub(crate) fn name_as_shot(&self, name: &[u8]) -> Option<String> {
        self.tilde?;
        Some(Placement { tilde: None, ..self.clone() }.file_name(name, None))
    }

    /// The folder, `YYYY/MM`.
    pub fn folder(&self) -> &str {
        &self.folder
    }

    /// The name there of a resource that is called `name` as shot: at most 255 bytes, plain UTF-8.
    /// With `own`, one that only these bytes can have: the first, or the one of this number.
    pub fn file_name(&self, name: &[u8], own: Option<(&Digest, u32)>) -> String {
        let name = plain(name);
        // What follows the stem: the extension, or for a name of its own all of it.
        let rest = rest(&name, &self.stem);
        let shared = rest.is_some();
        let (joint, rest) = rest.map_or(("-", name.as_ref()), |rest| ("", rest));
        let rest = last_bytes(rest, LONGEST_REST);
        let mut suffix = String::new();
        if let Some(tilde) = self.tilde {
            let _ = write!(suffix, "~{}", hex::encode(&tilde));
        }
        if let Some((digest, number)) = own {
            let _ = write!(suffix, "~{}", hex::encode(&digest.sha256[..8]));
            if number > 1 {
                let _ = write!(suffix, "-{number}");
            }
        }
        // `-a.jpg` with its own suffix stays a JPEG: the suffix goes before the extension.
        let (middle, extension) = match rest.rfind('.') {
            Some(dot) if !shared => rest.split_at(dot),
            _ => ("", rest),
        };
        let taken = joint.len() + middle.len() + suffix.len() + extension.len();
        let stem = first_bytes(&self.stem, 255_usize.saturating_sub(taken));
        format!("{stem}{joint}{middle}{suffix}{extension}")
    }

    /// The paths that these bytes, called `name` as shot, may have here.
    pub fn paths(&self, name: &[u8], digest: &Digest) -> Vec<VaultPath> {
        let names = [None, Some((digest, 1))].map(|own| self.file_name(name, own));
        let above = if self.folder.is_empty() { "" } else { "/" };
        let path = |name| VaultPath::parse(&format!("{}{above}{name}", self.folder));
        names.into_iter().filter_map(path).collect()
    }

    /// The place that a file of the vault has its name from, wherever it lies.
    pub fn of(path: &VaultPath) -> Placement {
        let (folder, file) = path.split();
        let mut stem = stem(file);
        let mut tilde = None;
        while tilde.is_none()
            && let Some((before, mark)) = stem.rsplit_once('~')
            && !before.is_empty()
        {
            tilde = hex::decode(mark);
            let own = mark.split_once('-').map_or(mark, |(own, _)| own);
            if tilde.is_none() && hex::decode::<8>(own).is_none() {
                break;
            }
            stem = before;
        }
        Placement { folder: folder.to_owned(), stem: stem.to_owned(), tilde }
    }

    /// The paths that these bytes may have here, called `name` as shot beside what was called `primary`
    /// as shot and may have another stem here.
    pub fn paths_beside(&self, primary: &[u8], name: &[u8], digest: &Digest) -> Vec<VaultPath> {
        let (primary, mut name) = (plain(primary), plain(name).into_owned());
        if let Some(rest) = rest(&name, stem(&primary)) {
            name = format!("{}{rest}", self.stem);
        }
        self.paths(name.as_bytes(), digest)
    }

    /// The text that the catalog keeps.
    pub fn to_text(&self) -> String {
        let tilde = self.tilde.map_or(String::new(), |tilde| format!("//{}", hex::encode(&tilde)));
        format!("{}/{}{tilde}", self.folder, self.stem)
    }

    /// Reads what [`Placement::to_text`] wrote; `None` if it is something else.
    pub fn parse(text: &str) -> Option<Placement> {
        let (place, tilde) = match text.split_once("//") {
            Some((place, tilde)) => (place, Some(hex::decode(tilde)?)),
            None => (text, None),
        };
        let (folder, stem) = place.rsplit_once('/')?;
        let year_month = folder.len() == 7
            && folder.bytes().enumerate().all(|(at, byte)| match at {
                4 => byte == b'/',
                _ => byte.is_ascii_digit(),
            });
        let fits = year_month && !stem.is_empty() && plain(stem.as_bytes()) == stem;
        fits.then(|| Placement { folder: folder.to_owned(), stem: stem.to_owned(), tilde })
    }
}

/// The hash under which a name is looked up among others: alike for twins by case and by
/// composition (NFC, NFD). That two others meet in one hash only costs a suffix.
pub fn folded(name: &str) -> u64 {
    // Fixed keys: what is folded today is compared with what was folded a moment ago, only.
    let mut hasher = std::hash::DefaultHasher::new();
    if name.is_ascii() {
        for byte in name.bytes() {
            hasher.write_u8(byte.to_ascii_lowercase());
        }
    } else {
        // Lower case may decompose (İ), so it is composed after it.
        let lower: String = name.nfc().flat_map(char::to_lowercase).collect();
        let mut buffer = [0; 4];
        for char in lower.nfc() {
            hasher.write(char.encode_utf8(&mut buffer).as_bytes());
        }
    }
    hasher.finish()
}

/// A name as shot, made safe: what is no UTF-8, a control character, a slash or a backslash is
/// spelled `%XX`, and `.keepsake` and names of dots only get a `_`. (The record keeps the bytes.)
fn plain(name: &[u8]) -> Cow<'_, str> {
    let text = std::str::from_utf8(name).ok();
    let clean = |text: &str| !text.chars().any(|c| c.is_control() || c == '/' || c == '\\');
    let text = match text {
        Some(text) if clean(text) => Cow::Borrowed(text),
        _ => {
            let mut spelled = String::with_capacity(name.len() + 8);
            for chunk in name.utf8_chunks() {
                for c in chunk.valid().chars() {
                    if c.is_control() || c == '/' || c == '\\' {
                        let mut bytes = [0; 4];
                        spell(c.encode_utf8(&mut bytes).as_bytes(), &mut spelled);
                    } else {
                        spelled.push(c);
                    }
                }
                spell(chunk.invalid(), &mut spelled);
            }
            Cow::Owned(spelled)
        }
    };
    let dots = text.bytes().all(|byte| byte == b'.');
    // A name that begins like our own folder could become it by case or by losing its end.
    let own = text.get(..9).is_some_and(|start| start.eq_ignore_ascii_case(crate::path::OWN));
    if dots || own { Cow::Owned(format!("_{text}")) } else { text }
}

/// A name without its extension.
fn stem(name: &str) -> &str {
    match name.rfind('.') {
        Some(dot) if dot > 0 => &name[..dot],
        _ => name,
    }
}

/// What follows the stem in a name that has it.
fn rest<'a>(name: &'a str, stem: &str) -> Option<&'a str> {
    let (start, rest) = name.split_at_checked(stem.len())?;
    let ends = matches!(rest.as_bytes().first(), None | Some(b'.'));
    (ends && start.eq_ignore_ascii_case(stem)).then_some(rest)
}

fn spell(bytes: &[u8], into: &mut String) {
    for byte in bytes {
        let _ = write!(into, "%{byte:02X}");
    }
}

/// As much of the start of `text` as fits `most` bytes.
fn first_bytes(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}

/// As much of the end of `text` as fits `most` bytes.
fn last_bytes(text: &str, most: usize) -> &str {
    &text[text.ceil_char_boundary(text.len().saturating_sub(most))..]
}

/// Bytes that what follows the stem may take: leaves room for the suffixes (9 + 17) and the joint.
const LONGEST_REST: usize = 200;

#[cfg(test)]
mod tests;
