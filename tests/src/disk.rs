//! Small disks and other mounts, gone when the test ends.

use crate::skip::skip;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Something mounted at a path; unmounted when dropped.
#[derive(Debug)]
pub struct Mount {
    at: PathBuf,
    mounted: bool,
}

impl Mount {
    /// A memory disk of `size` bytes at the folder `at`, which is made. `None`, and the test is
    /// skipped by name, where this machine lets us mount nothing.
    ///
    /// # Panics
    /// When the folder cannot be made.
    pub fn small_disk(at: &Path, size: u64) -> Option<Mount> {
        let options = format!("size={size},mode=0777");
        Mount::with(&["-t", "tmpfs", "-o", &options, "keepsake-test"], at)
    }

    /// The folder `what` also at `at`.
    pub fn bind(what: &Path, at: &Path) -> Option<Mount> {
        Mount::with(&["--bind", &what.to_string_lossy()], at)
    }

    fn with(options: &[&str], at: &Path) -> Option<Mount> {
        std::fs::create_dir_all(at).unwrap();
        let mut command = Command::new("mount");
        let done = command.args(options).arg(at).stderr(Stdio::null()).status();
        if done.is_ok_and(|status| status.success()) {
            return Some(Mount { at: at.to_path_buf(), mounted: true });
        }
        skip("this machine lets us mount nothing");
        None
    }

    /// Makes a memory disk larger or smaller, or changes how it may be used (`"ro"`).
    ///
    /// # Panics
    /// When the machine refuses.
    pub fn again_with(&self, options: &str) {
        let options = format!("remount,{options}");
        let done = Command::new("mount").args(["-o", &options]).arg(&self.at).status().unwrap();
        assert!(done.success(), "mount -o {options}");
    }

    /// Pulls it out, in use or not: the empty folder is what remains.
    pub fn pull_out(&mut self) {
        if self.mounted {
            let done = Command::new("umount").arg("-l").arg(&self.at).status();
            self.mounted = !done.is_ok_and(|status| status.success());
        }
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        self.pull_out();
    }
}
