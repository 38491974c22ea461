//! What a vault remembers of a file: records and tombstones.

use crate::capture::Captured;
use crate::id::DeviceId;
use crate::path::VaultPath;
use keepsake_machine::media::{Digest, Role, Version, hex};
use serde::de::{self, MapAccess, Visitor};
use serde::ser::SerializeMap as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Bytes that are nearly always text: a name, a path, an identifier. In JSON a string where it is
/// UTF-8, else `{"hex": "…"}`: nothing is lost.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct OriginalName(pub Vec<u8>);

/// That these bytes of this resource are in the vault, and what was known of it.
///
/// Its key is (device, asset, role, digest). Of two with one key the higher sequence supersedes
/// the metadata; it does not unsay where the bytes are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Who wrote it. Filled in by [`crate::Vault::record`].
    pub device: DeviceId,
    /// Counts the device's entries. Filled in by [`crate::Vault::record`].
    pub sequence: u64,
    /// The asset, as the device's library calls it.
    pub asset: OriginalName,
    /// What the resource is to the asset.
    pub role: Role,
    /// The bytes.
    pub digest: Digest,
    /// Where they are in the vault.
    pub path: VaultPath,
    /// The host's fingerprint of the bytes when they were sent.
    pub version: Version,
    /// The file's name as shot.
    pub name: OriginalName,
    /// Where the host had it: its path relative to the source, name included. Restored there.
    pub original: OriginalName,
    /// The file's modification time, nanoseconds since 1970 UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified: Option<i64>,
    /// When it was taken, and where that was read.
    pub captured: Captured,
    /// The identifier that other devices of the same person know it by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cross_id: Option<String>,
    /// The albums that it is in, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub albums: Vec<String>,
    /// Marked as a favourite.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub favourite: bool,
}

/// That the user said forget: no device sends these bytes again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tombstone {
    /// Who wrote it.
    pub device: DeviceId,
    /// Counts the device's entries.
    pub sequence: u64,
    /// The bytes.
    pub digest: Digest,
}

/// One line of a segment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(clippy::large_enum_variant)] // nearly all are records, and they are handed over one by one
pub enum Entry {
    /// A record.
    Record(Record),
    /// A tombstone.
    Tombstone(Tombstone),
}

/// The name of a segment of records: random, never reused, its content never changes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SegmentName(pub String);

/// A segment as the vault lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Its name.
    pub name: SegmentName,
    /// Changes when its content does (a size and a time of last change, an `ETag`). Another mark does
    /// not say that the content is another: whoever relied on it reads it again.
    pub mark: u64,
}

/// What came of reading a segment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SegmentRead {
    /// Entries handed over.
    pub entries: u64,
    /// It is gone (merged into another): list again. Nothing was handed over.
    pub gone: bool,
    /// Why it is not trusted (torn, altered, too large). Nothing was handed over.
    pub damaged: Option<String>,
    /// Why it cannot be read now (permissions, its disk): nothing is said of it, and nothing was handed
    /// over.
    pub unreadable: Option<String>,
    /// Lines that say something impossible (a path out of the vault), each as text, shortened:
    /// skipped.
    pub hostile: Vec<String>,
    /// Lines of a kind that this version does not know: skipped, and kept by a merge.
    pub unknown: u64,
}

impl Serialize for OriginalName {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if let Ok(text) = std::str::from_utf8(&self.0) {
            return to.serialize_str(text);
        }
        let mut map = to.serialize_map(Some(1))?;
        map.serialize_entry("hex", &hex::encode(&self.0))?;
        map.end()
    }
}

impl<'de> Deserialize<'de> for OriginalName {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct TextOrHex;
        impl<'de> Visitor<'de> for TextOrHex {
            type Value = OriginalName;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("text, or {\"hex\": …}")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<OriginalName, E> {
                Ok(OriginalName(text.as_bytes().to_vec()))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<OriginalName, A::Error> {
                let entry: Option<(String, String)> = map.next_entry()?;
                let bytes = entry.filter(|(key, _)| key == "hex").and_then(|(_, text)| {
                    let pairs = text.as_bytes().chunks(2);
                    pairs
                        .map(|pair| hex::decode::<1>(std::str::from_utf8(pair).ok()?))
                        .map(|byte| byte.map(|[byte]| byte))
                        .collect()
                });
                bytes.map(OriginalName).ok_or_else(|| de::Error::custom("neither text nor hex"))
            }
        }
        from.deserialize_any(TextOrHex)
    }
}

impl std::fmt::Debug for OriginalName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", String::from_utf8_lossy(&self.0))
    }
}
