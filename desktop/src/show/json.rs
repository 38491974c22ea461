//! Lines of JSON, one object each, named by `type`. `path` is readable text; `path_hex` is there
//! where the name's bytes are no text.

use super::Show;
use crate::summary::Summary;
use crate::words;
use keepsake_machine::media::hex;
use keepsake_machine::status::Status;
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;

/// Lines of JSON on standard output.
#[derive(Debug)]
pub struct Json;

fn line(value: &Value) {
    // A reader that went away does not end a backup.
    let _ = writeln!(std::io::stdout(), "{value}");
}

/// A path's fields.
pub fn path(bytes: &[u8]) -> Value {
    match std::str::from_utf8(bytes) {
        Ok(text) => json!({ "path": text }),
        Err(_) => json!({ "path": words::path(bytes), "path_hex": hex::encode(bytes) }),
    }
}

impl Show for Json {
    fn started(&mut self, source: &Path, vault: &Path) {
        line(&json!({
            "type": "started",
            "source": source.display().to_string(),
            "vault": vault.display().to_string(),
        }));
    }

    fn scanned(&mut self, assets: u64, ended: bool) {
        line(&json!({ "type": "scanned", "assets": assets, "ended": ended }));
    }

    fn status(&mut self, status: &Status) {
        line(&json!({ "type": "status", "status": status }));
    }

    fn say(&mut self, text: &str) {
        line(&json!({ "type": "said", "text": text }));
    }

    fn quarantined(&mut self, bytes: &[u8], why: &'static str) {
        line(&json!({ "type": "quarantined", "item": path(bytes), "why": why }));
    }

    fn ended(&mut self, summary: &Summary) {
        line(&summary.json());
    }
}
