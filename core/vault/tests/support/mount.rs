//! Real file systems for tests, where we may mount; otherwise the test says that it skips.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A mount that is undone when it is dropped.
pub struct Mounted(PathBuf);

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

fn mount(at: &Path, args: &[&str]) -> Option<Mounted> {
    let done = Command::new("mount").args(args).arg(at).output();
    if done.is_ok_and(|output| output.status.success()) {
        return Some(Mounted(at.to_owned()));
    }
    println!("skipped: this user may not mount, so no real file system of its own can be had");
    None
}

/// A small file system of its own at `at`.
pub fn tmpfs(at: &Path, bytes: u64) -> Option<Mounted> {
    mount(at, &["-t", "tmpfs", "-o", &format!("size={bytes}"), "tmpfs"])
}

/// `at` mounted onto itself, read-only.
pub fn bind_read_only(at: &Path) -> Option<Mounted> {
    let mounted = mount(at, &["--bind", &at.to_string_lossy()])?;
    mount(at, &["-o", "remount,bind,ro"]).map(|second| {
        std::mem::forget(second); // one mount: undone once
        mounted
    })
}
