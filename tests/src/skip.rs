//! A test that cannot run on this machine says so, and is counted apart.

use std::io::Write;

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

/// Whether the program `name` is installed; if not, says that this test is skipped.
pub fn has(name: &str) -> bool {
    let found = std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|dir| dir.join(name).is_file()));
    if !found {
        skip(&format!("{name} is not installed (./test setup)"));
    }
    found
}
