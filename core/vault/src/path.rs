//! Where a file lies in a vault: a path that cannot leave it.

use serde::{Deserialize, Deserializer, Serialize, de::Error};

/// The folder in which a vault keeps its own things.
pub const OWN: &str = ".keepsake";

/// A relative path below a vault, its parts joined by `/`: never absolute, no `.`, `..` or empty
/// part, no control character, nothing in `.keepsake`. One that is not so cannot be made, also not
/// by reading a hostile record.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct VaultPath(String);

impl VaultPath {
    /// Checks `text`; `None` if it could name anything but a plain place below the vault.
    pub fn parse(text: &str) -> Option<VaultPath> {
        let plain = |part: &str| {
            !part.is_empty()
                && part != "."
                && part != ".."
                && part.len() <= 255
                && !part.chars().any(|c| c.is_control() || c == '\\')
        };
        let fits = text.len() <= 4_000 && text.split('/').all(plain);
        let own = text.split('/').any(|part| part.eq_ignore_ascii_case(OWN));
        (fits && !own).then(|| VaultPath(text.to_owned()))
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The folder, empty at the top, and the name.
    pub fn split(&self) -> (&str, &str) {
        self.0.rsplit_once('/').unwrap_or(("", &self.0))
    }
}

impl std::fmt::Display for VaultPath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for VaultPath {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        VaultPath::parse(&text)
            .ok_or_else(|| D::Error::custom(format!("{text:?} is no plain path below the vault")))
    }
}

/// The parts of a relative path that a host once gave for an original, if it can be followed
/// without leaving where one stands: no root, no `.` or `..`, no empty part, no NUL, each at most
/// 255 bytes. For restore: a vault is not trusted with where files go.
pub fn plain_parts(original: &[u8]) -> Option<Vec<&[u8]>> {
    let parts: Vec<&[u8]> = original.split(|byte| *byte == b'/').collect();
    let plain = |part: &&[u8]| {
        !part.is_empty()
            && **part != b"."[..]
            && **part != b".."[..]
            && part.len() <= 255
            && !part.contains(&0)
    };
    parts.iter().all(plain).then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_could_leave_the_vault_cannot_be_made() {
        let hostile = [
            "",
            "/",
            "/etc/passwd",
            "..",
            "../a",
            "a/../b",
            "a//b",
            "a/",
            "./a",
            "a/.",
            "a\0b",
            "a\nb",
            "a\\b",
            ".keepsake",
            ".keepsake/vault.json",
            "a/.KEEPSAKE/b",
        ];
        for text in hostile {
            assert_eq!(VaultPath::parse(text), None, "{text:?}");
            assert!(
                serde_json::from_str::<VaultPath>(&serde_json::to_string(text).unwrap()).is_err()
            );
        }
        assert_eq!(VaultPath::parse("2026/07/a..b").unwrap().split(), ("2026/07", "a..b"));
        assert_eq!(VaultPath::parse(&"x".repeat(256)), None);
    }

    #[test]
    fn an_original_place_that_could_leave_the_destination_is_refused() {
        for hostile in [&b""[..], b"/a", b"a/../b", b"..", b"a//b", b"a/", b"a\0", b"."] {
            assert_eq!(plain_parts(hostile), None, "{hostile:?}");
        }
        assert_eq!(plain_parts(b"caf\xe9/b.jpg"), Some(vec![&b"caf\xe9"[..], b"b.jpg"]));
    }
}
