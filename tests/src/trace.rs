//! Counts of system calls, and faults in them, with strace.

use crate::program::{Call, Outcome};
use crate::skip::{has, skip};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

/// Whether strace is here and allowed to trace; if not, says that this test is skipped.
pub fn can_trace() -> bool {
    if !has("strace") {
        return false;
    }
    let mut trial = Command::new("strace");
    trial.args(["-f", "-o", "/dev/null", "true"]).stderr(Stdio::null());
    let allowed = trial.status().is_ok_and(|status| status.success());
    if !allowed {
        skip("strace may not trace here");
    }
    allowed
}

/// Runs `call` to its end and counts its system calls of these names (`"fsync,syncfs"`).
///
/// # Panics
/// When the count cannot be read.
pub fn count(call: Call, names: &str, folder: &Path) -> (Outcome, BTreeMap<String, u64>) {
    let log = folder.join("strace-count");
    let log_text = log.to_string_lossy().into_owned();
    let filter = format!("trace={names}");
    let traced =
        call.under(&["strace", "-f", "-qq", "--seccomp-bpf", "-c", "-e", &filter, "-o", &log_text]);
    let outcome = traced.finish();
    let table = std::fs::read_to_string(&log).unwrap();
    let mut counts = BTreeMap::new();
    for line in table.lines() {
        // "% time     seconds  usecs/call     calls    errors syscall"; errors may be empty.
        let words: Vec<&str> = line.split_whitespace().collect();
        if let [_, _, _, calls, .., name] = words.as_slice()
            && let Ok(calls) = calls.parse()
            && *name != "total"
        {
            counts.insert((*name).to_owned(), calls);
        }
    }
    (outcome, counts)
}

/// `call` with a fault in the system calls of these names that touch `path`: `fault` is strace's
/// own word for it, as in `"error=EIO:when=3+"`.
pub fn with_fault(call: Call, names: &str, path: &Path, fault: &str) -> Call {
    let filter = format!("inject={names}:{fault}");
    let path = path.to_string_lossy().into_owned();
    call.under(&["strace", "-f", "-qq", "-o", "/dev/null", "-P", &path, "-e", &filter])
}
