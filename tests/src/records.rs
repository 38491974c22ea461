//! What a vault's records say, read and forged: segments are JSON Lines with a checksum at the end
//! (`core/vault/src/segment.rs`).

use crate::photos::{jpeg, roll, write};
use crate::place::Place;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// The segments of a vault; of one that is not made yet, none.
///
/// # Panics
/// When its folder cannot be read.
pub fn segments(vault: &Path) -> Vec<PathBuf> {
    let listed = fs::read_dir(vault.join(".keepsake/segments"));
    let paths = listed.into_iter().flatten().map(|entry| entry.unwrap().path());
    paths.filter(|path| path.extension().is_some_and(|e| e == "jsonl")).collect()
}

/// Every record of a vault, as JSON.
///
/// # Panics
/// When a segment cannot be read.
pub fn all(vault: &Path) -> Vec<Value> {
    let mut found = Vec::new();
    for segment in segments(vault) {
        for line in fs::read_to_string(segment).unwrap().lines() {
            let mut line: Value = serde_json::from_str(line).unwrap();
            if let Some(record) = line.get_mut("record") {
                found.push(record.take());
            }
        }
    }
    found
}

/// The record of the file that the source had at `original`.
///
/// # Panics
/// When there is none.
pub fn of(vault: &Path, original: &str) -> Value {
    let found = all(vault).into_iter().find(|record| record["original"] == original);
    found.unwrap_or_else(|| panic!("no record names {original}"))
}

/// A vault with a few photos, and the record of one of them.
///
/// # Panics
/// When they cannot be backed up.
pub fn kept(place: &Place) -> Value {
    roll(&place.source, 1, 5, 3_000);
    write(&place.source, "IMG.JPG", &jpeg(9, 3_000, Some("2026:07:14 09:30:00")));
    place.backed_up();
    of(&place.vault, "IMG.JPG")
}

/// Adds a segment with these lines between its head and its end, and a checksum that fits.
///
/// # Panics
/// When it cannot be written.
pub fn forge(vault: &Path, name: &str, lines: &[Value]) {
    let mut text = json!({ "keepsake": "records", "format": 1, "last": {} }).to_string() + "\n";
    for line in lines {
        let _ = writeln!(text, "{line}"); // a String takes everything
    }
    let mut sum = String::new();
    for byte in Sha256::digest(text.as_bytes()) {
        let _ = write!(sum, "{byte:02x}"); // a String takes everything
    }
    let end = json!({ "end": { "entries": lines.len(), "sha256": sum } });
    let _ = writeln!(text, "{end}");
    fs::write(vault.join(".keepsake/segments").join(format!("{name}.jsonl")), text).unwrap();
}
