//! Counts of system calls, and faults in them, with strace.

use crate::program::{Call, Outcome};
use crate::skip::{has, skip};
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

/// `call` with a fault in the system calls of these names that touch `path`: `fault` is strace's
/// own word for it, as in `"error=EIO:when=3+"`.
pub fn with_fault(call: Call, names: &str, path: &Path, fault: &str) -> Call {
    let filter = format!("inject={names}:{fault}");
    let path = path.to_string_lossy().into_owned();
    call.under(&["strace", "-f", "-qq", "-o", "/dev/null", "-P", &path, "-e", &filter])
}

/// One system call: its whole line as strace wrote it.
#[derive(Debug, Clone)]
pub struct Traced(pub String);

impl Traced {
    /// Its name.
    pub fn name(&self) -> &str {
        self.0.split('(').next().unwrap_or_default()
    }

    /// What it answered; `None` for a failure, or for no number.
    pub fn answer(&self) -> Option<u64> {
        self.0.rsplit_once(" = ")?.1.split_whitespace().next()?.parse().ok()
    }

    /// Whether its first descriptor, or what it opened, lies below `folder`.
    pub fn is_below(&self, folder: &Path) -> bool {
        self.0.contains(&format!("<{}/", folder.display()))
    }
}

/// Runs `call` to its end and lists its system calls of these names, with the paths of their
/// descriptors.
///
/// # Panics
/// When the list cannot be read.
pub fn list(call: Call, names: &str, folder: &Path) -> (Outcome, Vec<Traced>) {
    let logs = folder.join("strace-list");
    std::fs::create_dir_all(&logs).unwrap();
    let prefix = logs.join("of").to_string_lossy().into_owned();
    let filter = format!("trace={names}");
    // One file a thread: no call is cut in two by another's.
    let words =
        ["strace", "-ff", "-qq", "--seccomp-bpf", "-y", "-s", "0", "-e", &filter, "-o", &prefix];
    let outcome = call.under(&words).finish();
    let mut calls = Vec::new();
    for entry in std::fs::read_dir(&logs).unwrap() {
        let text = std::fs::read(entry.unwrap().path()).unwrap();
        let text = String::from_utf8_lossy(&text);
        calls.extend(text.lines().map(|line| Traced(line.to_owned())));
    }
    std::fs::remove_dir_all(&logs).unwrap();
    (outcome, calls)
}
