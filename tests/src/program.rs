//! The built program: how a test runs it, watches it and asks what it did.

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions};
use std::ffi::OsString;
use std::io::Read;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// No call takes longer than this, or it hangs. Generous: a debug build on a busy machine.
const LONGEST: Duration = Duration::from_mins(5);

/// Where the built `keepsake` is; built first, in the profile of these tests.
///
/// # Panics
/// When it does not build.
pub fn program() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        // …/target/PROFILE/deps/names-0123: the profile's folder is two up.
        let test = std::env::current_exe().unwrap();
        let profile = test.parent().and_then(Path::parent).unwrap();
        let release = profile.file_name().is_some_and(|name| name == "release");
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.args(["build", "--quiet", "-p", "keepsake", "--target-dir"]);
        cargo.arg(profile.parent().unwrap()).current_dir(env!("CARGO_MANIFEST_DIR"));
        if release {
            cargo.arg("--release");
        }
        assert!(cargo.status().unwrap().success(), "keepsake does not build");
        profile.join("keepsake")
    })
}

/// A call of `keepsake`, being put together.
#[derive(Debug)]
pub struct Call {
    program: Option<PathBuf>,
    before: Vec<OsString>,
    args: Vec<OsString>,
    env: Vec<(OsString, OsString)>,
}

impl Call {
    /// `keepsake WORD`.
    pub fn new(word: &str) -> Call {
        Call { program: None, before: Vec::new(), args: vec![word.into()], env: Vec::new() }
    }

    /// One more word.
    #[must_use]
    pub fn arg(mut self, arg: &str) -> Call {
        self.args.push(arg.into());
        self
    }

    /// More words.
    #[must_use]
    pub fn args(mut self, args: &[&str]) -> Call {
        self.args.extend(args.iter().map(OsString::from));
        self
    }

    /// A path.
    #[must_use]
    pub fn path(mut self, path: &Path) -> Call {
        self.args.push(path.into());
        self
    }

    /// With this environment variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl Into<OsString>) -> Call {
        self.env.push((name.into(), value.into()));
        self
    }

    /// Run by another program, which is given the rest as its own arguments.
    #[must_use]
    pub fn under(mut self, words: &[&str]) -> Call {
        self.before.splice(0..0, words.iter().map(OsString::from));
        self
    }

    /// Run by a user who may do nothing special. A test that runs as root needs it to be refused
    /// anything. `place` becomes that user's.
    ///
    /// # Panics
    /// When the place cannot be given away.
    #[must_use]
    pub fn as_nobody(self, place: &Path) -> Call {
        if !rustix::process::geteuid().is_root() {
            return self;
        }
        // Only what is not theirs yet: to be given away again would look like a change.
        let mut find = Command::new("find");
        find.arg(place).args(["!", "-user", "65534", "-exec", "chown", "-h", "65534:65534"]);
        assert!(find.args(["{}", "+"]).status().unwrap().success());
        // The built program may lie where that user may not look.
        let copy = place.join("keepsake-for-nobody");
        if !copy.exists() {
            // By another process: while one of ours could write it, nobody may run it.
            assert!(Command::new("cp").arg(program()).arg(&copy).status().unwrap().success());
        }
        let mut call = self.env("HOME", place);
        call.program = Some(copy);
        call.under(&["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"])
    }

    /// Starts it, with no standard input.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start(mut self) -> Running {
        let mut words = std::mem::take(&mut self.before);
        words.push(self.program.take().unwrap_or_else(|| program().to_path_buf()).into());
        words.append(&mut self.args);
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).envs(self.env);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.process_group(0); // Ctrl-C of the one who runs the tests is not a test
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{words:?}: {error}"));
        let out = collect(child.stdout.take().unwrap());
        let err = collect(child.stderr.take().unwrap());
        Running { child: Reaped(child), out, err, peak: 0, words }
    }

    /// Runs it to its end.
    pub fn finish(self) -> Outcome {
        self.start().finish()
    }
}

fn collect(mut from: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut all = Vec::new();
        let _ = from.read_to_end(&mut all);
        all
    })
}

/// A child that does not outlive the test that started it, nor what it started itself.
#[derive(Debug)]
struct Reaped(Child);

impl Drop for Reaped {
    fn drop(&mut self) {
        if matches!(self.0.try_wait(), Ok(None)) {
            // The test has failed already: all that is left to do is to end them.
            let _ = rustix::process::kill_process_group(Pid::from_child(&self.0), Signal::KILL);
            let _ = self.0.wait();
        }
    }
}

/// A `keepsake` that runs.
#[derive(Debug)]
pub struct Running {
    child: Reaped,
    out: JoinHandle<Vec<u8>>,
    err: JoinHandle<Vec<u8>>,
    peak: u64,
    words: Vec<OsString>,
}

impl Running {
    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.0.id()
    }

    /// Sends it a signal. One that has ended by itself is left alone.
    pub fn signal(&self, signal: Signal) {
        let _ = rustix::process::kill_process(self.process(), signal);
    }

    fn process(&self) -> Pid {
        Pid::from_child(&self.child.0)
    }

    /// Waits until `there` says so, and stops the program at that moment (SIGSTOP), so that the
    /// test can change the world under it. `false` when the program ended before.
    ///
    /// # Panics
    /// When neither happens in time.
    pub fn stop_when(&mut self, mut there: impl FnMut(u32) -> bool) -> bool {
        let begun = Instant::now();
        loop {
            if self.ended() {
                return false;
            }
            if there(self.pid()) {
                self.signal(Signal::STOP);
                return true;
            }
            assert!(begun.elapsed() < LONGEST, "{:?}: it never came to that", self.words);
            std::thread::sleep(Duration::from_micros(200));
        }
    }

    /// Waits until `what` has been the same for so many seconds. `false` when the program ended.
    ///
    /// # Panics
    /// When it never comes to rest.
    pub fn quiet_for<T: PartialEq>(&mut self, seconds: u64, mut what: impl FnMut() -> T) -> bool {
        let begun = Instant::now();
        let (mut last, mut since) = (what(), Instant::now());
        while since.elapsed() < Duration::from_secs(seconds) {
            if self.ended() {
                return false;
            }
            assert!(begun.elapsed() < LONGEST, "{:?}: it never came to rest", self.words);
            std::thread::sleep(Duration::from_millis(20));
            let now = what();
            if now != last {
                (last, since) = (now, Instant::now());
            }
        }
        true
    }

    /// Waits for its end, so long. Says whether it came.
    pub fn ended_within(&mut self, time: Duration) -> bool {
        let begun = Instant::now();
        while !self.ended() {
            let left = time.saturating_sub(begun.elapsed());
            if left.is_zero() {
                return false;
            }
            std::thread::sleep(left.min(Duration::from_millis(1)));
        }
        true
    }

    /// Goes on after [`Running::stop_when`].
    pub fn go_on(&self) {
        self.signal(Signal::CONT);
    }

    /// Whether it has ended; what it did can still be asked.
    pub fn ended(&mut self) -> bool {
        self.peak = self.peak.max(peak_memory(self.pid()).unwrap_or(0));
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
        rustix::process::waitid(WaitId::Pid(self.process()), options).is_ok_and(|s| s.is_some())
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// When it does not end in time: it is killed, and what it said so far is shown.
    pub fn finish(mut self) -> Outcome {
        let begun = Instant::now();
        let mut late = false;
        while !self.ended() {
            if begun.elapsed() > LONGEST {
                late = true;
                self.signal(Signal::KILL);
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        let io = std::fs::read_to_string(format!("/proc/{}/io", self.pid())).unwrap_or_default();
        let status = self.child.0.wait().unwrap();
        let outcome = Outcome {
            words: self.words,
            status,
            out: String::from_utf8_lossy(&self.out.join().unwrap()).into_owned(),
            err: String::from_utf8_lossy(&self.err.join().unwrap()).into_owned(),
            read: field(&io, "rchar:"),
            written: field(&io, "wchar:"),
            peak: self.peak,
        };
        assert!(!late, "it hangs: {outcome:#?}");
        outcome
    }
}

/// What a call came to.
#[derive(Debug)]
pub struct Outcome {
    /// What was called.
    pub words: Vec<OsString>,
    /// How it ended.
    pub status: ExitStatus,
    /// Its standard output.
    pub out: String,
    /// Its standard error.
    pub err: String,
    /// Bytes that it read with system calls, of everything.
    pub read: u64,
    /// Bytes that it wrote with system calls, to everything.
    pub written: u64,
    /// The most memory that it held, in bytes.
    pub peak: u64,
}

impl Outcome {
    /// Asserts its exit code, and that it did not panic on the way.
    ///
    /// # Panics
    /// When it is another, showing everything it said.
    #[track_caller]
    pub fn assert_code(&self, code: i32) -> &Outcome {
        self.assert_no_panic();
        assert_eq!(self.status.code(), Some(code), "{self:#?}");
        self
    }

    /// Asserts that it did not say this, on either stream, whatever the case of its letters.
    ///
    /// # Panics
    /// When it did, showing everything it said.
    #[track_caller]
    pub fn assert_does_not_say(&self, text: &str) -> &Outcome {
        let said = format!("{}\n{}", self.out, self.err).to_lowercase();
        assert!(!said.contains(&text.to_lowercase()), "it says {text:?}: {self:#?}");
        self
    }

    /// Asserts that it said this, on either stream, whatever the case of its letters.
    ///
    /// # Panics
    /// When it did not, showing everything it said.
    #[track_caller]
    pub fn assert_says(&self, text: &str) -> &Outcome {
        let said = format!("{}\n{}", self.out, self.err).to_lowercase();
        assert!(said.contains(&text.to_lowercase()), "it does not say {text:?}: {self:#?}");
        self
    }

    /// Asserts that it did not panic, whatever else it did.
    ///
    /// # Panics
    /// When it did.
    #[track_caller]
    pub fn assert_no_panic(&self) -> &Outcome {
        assert!(!self.err.contains("panicked at"), "{self:#?}");
        assert!(self.status.signal().is_none_or(|s| s != 6 && s != 11), "{self:#?}");
        self
    }

    /// Each line of its standard output as JSON.
    ///
    /// # Panics
    /// When a line is not JSON.
    pub fn lines(&self) -> Vec<serde_json::Value> {
        let parse = |line: &str| {
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}: {self:#?}"))
        };
        self.out.lines().map(parse).collect()
    }
}

fn field(text: &str, name: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

fn peak_memory(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    status.contains("VmHWM").then(|| field(&status, "VmHWM:") * 1024)
}

/// Whether `pid` holds a file open whose path `is` the one.
pub fn holds_open(pid: u32, is: impl Fn(&Path) -> bool) -> bool {
    let Ok(open) = std::fs::read_dir(format!("/proc/{pid}/fd")) else { return false };
    open.flatten().any(|fd| std::fs::read_link(fd.path()).is_ok_and(|path| is(&path)))
}
