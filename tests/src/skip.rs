//! A test that cannot run on this machine says so, and is counted apart.

use std::io::Write;
use std::process::{Command, Stdio};

/// Says that the rest of this test does not run here. `./test` counts it as skipped.
///
/// # Panics
/// When `KEEPSAKE_SKIPPED` names a file that cannot be written.
pub fn skip(why: &str) {
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    println!("skipped: {test}: {why}");
    if let Some(list) = std::env::var_os("KEEPSAKE_SKIPPED") {
        let mut list = std::fs::OpenOptions::new().append(true).create(true).open(list).unwrap();
        writeln!(list, "{test}: {why}").unwrap();
    }
}

/// Whether something can be refused to us here, see [`crate::Call::as_nobody`]; if not, says that
/// this test is skipped. Who is root may become somebody else, unless only in a namespace.
pub fn can_be_nobody() -> bool {
    if !rustix::process::geteuid().is_root() {
        return true;
    }
    let mut trial = Command::new("setpriv");
    trial.args(["--reuid", "65534", "--regid", "65534", "--clear-groups", "true"]);
    let allowed = trial.stderr(Stdio::null()).status().is_ok_and(|status| status.success());
    if !allowed {
        skip("this machine does not let root be somebody else");
    }
    allowed
}

/// Whether the program `name` is installed; if not, says that this test is skipped.
pub fn has(name: &str) -> bool {
    let found = std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|dir| dir.join(name).is_file()));
    if !found {
        skip(&format!("{name} is not installed (./test setup)"));
    }
    found
}
