//! What the machine knows of a photo: ids, kinds, sizes, hashes. Never a name or a place.

use serde::{Deserialize, Serialize};

/// One asset of the photo library: the catalog's row id.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct AssetId(pub i64);

/// One file of an asset: the catalog's row id. The unit of work.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct ResourceId(pub i64);

/// One vault that this catalog has ever known: the catalog's row id. Stages are per vault.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct VaultId(pub i64);

/// One start of the engine; made durable before anything is performed under it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Run(pub u32);

/// Names one long effect, so that its answer finds it, also after a relaunch.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub struct EffectId {
    /// Whose work it is.
    pub resource: ResourceId,
    /// The start that issued it.
    pub run: Run,
    /// Counts the long effects issued in this run: no two have one id.
    pub attempt: u32,
}

/// What settings tell apart. A Live Photo's video counts as photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Media {
    /// A still, with everything that belongs to it.
    Photo,
    /// A moving picture of its own.
    Video,
}

/// What a resource is to its asset.
///
/// The order is that of importance: the first role that an asset has is its primary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[repr(u8)]
pub enum Role {
    /// The still as shot.
    Photo = 1,
    /// The video as shot.
    Video = 2,
    /// A sound recording that belongs to a still.
    Audio = 3,
    /// The second original: the RAW beside a JPEG, or the JPEG beside a RAW.
    AlternatePhoto = 4,
    /// The video of a Live Photo.
    PairedVideo = 9,
    /// The edited still, rendered.
    EditedPhoto = 5,
    /// The edited video, rendered.
    EditedVideo = 6,
    /// The edited video of a Live Photo, rendered.
    EditedPairedVideo = 10,
    /// How the edit was made, as the library stores it (AAE, property list).
    Adjustment = 7,
    /// What an edit started from, where it is not the original.
    AdjustmentBase = 8,
    /// A file beside the photo that describes it (XMP).
    Sidecar = 32,
    /// Anything else that the library lists: backed up as bytes.
    Other = 63,
}

impl Role {
    /// Whether equal bytes under another asset may stand for this resource. What describes one
    /// asset does not stand for another, even when the bytes agree.
    pub fn is_deduplicated(self) -> bool {
        !matches!(self, Role::Adjustment | Role::Sidecar)
    }
}

/// Whether the original's bytes are on the phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Locality {
    /// On the phone.
    Local,
    /// Only in the cloud: it must be downloaded first.
    Cloud,
    /// The platform does not tell (iOS); found out by opening it with the network disallowed.
    Unknown,
}

/// How the host serves an original.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Access {
    /// A descriptor that can be read again from the start (Android, desktop).
    Seekable,
    /// Chunks, once, in order (iOS).
    Poured,
}

/// The host's fingerprint of the bytes, hashed: it changes when they may have changed, only then.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Version(pub u64);

/// How many bytes an original has, and how sure that is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Size {
    /// Told by the platform or counted.
    Exact(u64),
    /// iOS does not tell sizes. `measure` is pixels for a still and milliseconds for a video;
    /// the machine learns how many bytes that makes, per [`SizeClass`].
    Hinted {
        /// What it is learned by.
        class: SizeClass,
        /// Pixels or milliseconds.
        measure: u64,
    },
}

/// The kinds whose bytes per pixel or per millisecond are learned apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum SizeClass {
    /// HEIC and AVIF.
    Heif,
    /// JPEG, PNG, GIF, WebP.
    Jpeg,
    /// RAW and DNG.
    Raw,
    /// Video up to 1080p, and a Live Photo's.
    Video,
    /// Video above 1080p, ProRes, slow motion.
    LargeVideo,
    /// What is small: sidecars and adjustments.
    Small,
}

/// The checksum of an original's bytes: SHA-256 always, MD5 where a vault asks for it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Digest {
    /// SHA-256 (FIPS 180-4).
    #[serde(with = "hex::lower")]
    pub sha256: [u8; 32],
    /// MD5 (RFC 1321), in the same pass, where a vault asks for it.
    #[serde(with = "hex::lower_option", default, skip_serializing_if = "Option::is_none")]
    pub md5: Option<[u8; 16]>,
    /// Bytes hashed.
    pub size: u64,
}

impl std::fmt::Debug for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Digest({}, {} B)", &hex::encode(&self.sha256)[..16], self.size)
    }
}

pub mod hex {
    //! Lower-case hexadecimal, for digests in text and in serde.

    /// `bytes` in lower-case hexadecimal.
    pub fn encode(bytes: &[u8]) -> String {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = String::with_capacity(bytes.len() * 2);
        for byte in bytes {
            text.push(char::from(DIGITS[usize::from(byte >> 4)]));
            text.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
        text
    }

    /// The bytes that `text` spells; `None` unless it is exactly `N` bytes of hexadecimal.
    pub fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
        let digits = text.as_bytes();
        if digits.len() != N * 2 {
            return None;
        }
        let mut bytes = [0; N];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let high = char::from(pair[0]).to_digit(16)?;
            let low = char::from(pair[1]).to_digit(16)?;
            *byte = u8::try_from(high * 16 + low).ok()?;
        }
        Some(bytes)
    }

    pub(super) mod lower {
        use serde::{Deserialize, Deserializer, Serializer, de::Error};

        pub fn serialize<S: Serializer>(bytes: &[u8; 32], to: S) -> Result<S::Ok, S::Error> {
            to.serialize_str(&super::encode(bytes))
        }

        pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<[u8; 32], D::Error> {
            let text = String::deserialize(from)?;
            super::decode(&text).ok_or_else(|| D::Error::custom("not a SHA-256 in hexadecimal"))
        }
    }

    pub(super) mod lower_option {
        use serde::{Deserialize, Deserializer, Serializer, de::Error};

        #[allow(clippy::ref_option)] // serde's `with` hands over a reference to the field
        pub fn serialize<S: Serializer>(md5: &Option<[u8; 16]>, to: S) -> Result<S::Ok, S::Error> {
            match md5 {
                Some(bytes) => to.serialize_str(&super::encode(bytes)),
                None => to.serialize_none(),
            }
        }

        pub fn deserialize<'de, D: Deserializer<'de>>(
            from: D,
        ) -> Result<Option<[u8; 16]>, D::Error> {
            let Some(text) = Option::<String>::deserialize(from)? else { return Ok(None) };
            let bytes = super::decode(&text).ok_or_else(|| D::Error::custom("not an MD5"))?;
            Ok(Some(bytes))
        }
    }
}
