//! The core's log, on its way to the platform's own (logcat, the unified log).
//!
//! A port of the host, and not a crate for each platform: a few lines there are all that logcat and
//! `os.Logger` want, no `unsafe` is needed here, and what arrives can be looked at by tests in every
//! language. Lines come from the core under the target `keepsake`; what other crates say stays where it
//! is, since it may name what they read.
//!
//! Whoever writes a line never waits. A thread of its own hands them over, one after the other; where the
//! host's log is slow, hangs or throws, lines are dropped and counted.

use crate::error::PortError;
use keepsake_engine::log::TARGET;
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// The platform's log.
#[uniffi::export(with_foreign)]
pub trait Log: Send + Sync {
    /// Writes a line. Called from one thread that does nothing else. What it throws is counted, and told
    /// before the next line.
    fn write(&self, line: LogLine) -> Result<(), PortError>;
}

/// A line of the log: numbers and the core's own words. No photo's, album's, folder's or vault's name, no
/// place, address or token is in any.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct LogLine {
    /// How grave it is.
    pub severity: Severity,
    /// The line, without an end.
    pub text: String,
}

/// How grave a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum Severity {
    /// A mistake of ours, or the catalog fails.
    Error,
    /// Something that somebody should look at.
    Warning,
    /// What happened.
    Info,
}

/// From now on the log of all engines of this process goes to `log`; `None`: nowhere, as at first.
#[uniffi::export]
pub fn log_to(log: Option<Arc<dyn Log>>) {
    static LINES: OnceLock<Arc<Lines>> = OnceLock::new();
    let lines = LINES.get_or_init(|| {
        let lines = Arc::new(Lines::default());
        // (Where the app is written in Rust and has a log of its own, it has the lines already.)
        let _ = tracing::subscriber::set_global_default(Arc::clone(&lines));
        lines
    });
    *lines.lock() = log.and_then(Queue::to);
}

/// Lines that wait for the host. As much as happens in a bad minute.
const WAITING: usize = 256;

/// What listens to the core.
#[derive(Default)]
struct Lines(Mutex<Option<Queue>>);

impl Lines {
    fn lock(&self) -> MutexGuard<'_, Option<Queue>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lines on their way to one log, until it is dropped. (A channel of `std` is three of them in one: ten
/// kilobytes that every phone would carry.)
struct Queue(Arc<Way>);

#[derive(Default)]
struct Way {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    lines: VecDeque<LogLine>,
    /// How many could not be written, and this was not told yet.
    missed: u64,
    /// Another log has taken this one's place.
    ended: bool,
}

impl Queue {
    /// `None`: the system has no thread for it.
    fn to(log: Arc<dyn Log>) -> Option<Queue> {
        let way = Arc::new(Way::default());
        let queue = Queue(Arc::clone(&way));
        let thread = std::thread::Builder::new().name("keepsake-log".into());
        thread.spawn(move || way.hand_over(&*log)).ok()?;
        Some(queue)
    }

    fn push(&self, line: LogLine) {
        let mut waiting = self.0.lock();
        if waiting.lines.len() < WAITING {
            waiting.lines.push_back(line);
        } else {
            waiting.missed += 1;
        }
        self.0.changed.notify_one();
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        self.0.lock().ended = true;
        self.0.changed.notify_one();
    }
}

impl Way {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next line, and how many are missing before it. `None`: there will be none.
    fn next(&self) -> Option<(LogLine, u64)> {
        let empty = |waiting: &mut Waiting| waiting.lines.is_empty() && !waiting.ended;
        let waiting = self.changed.wait_while(self.lock(), empty);
        let mut waiting = waiting.unwrap_or_else(PoisonError::into_inner);
        let line = waiting.lines.pop_front()?;
        Some((line, std::mem::take(&mut waiting.missed)))
    }

    /// Hands all lines over. What cannot be written is counted.
    fn hand_over(&self, log: &dyn Log) {
        // A host in Rust may panic where another throws.
        let write = |line, lines| {
            let written = catch_unwind(AssertUnwindSafe(|| log.write(line)));
            if !written.is_ok_and(|done| done.is_ok()) {
                self.lock().missed += lines;
            }
        };
        while let Some((line, missed)) = self.next() {
            if missed > 0 {
                let text = format!("lines that could not be written lines={missed}");
                write(LogLine { severity: Severity::Warning, text }, missed);
            }
            write(line, 1);
        }
    }
}

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == TARGET && *metadata.level() <= Level::INFO && metadata.is_event()
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::INFO)
    }

    fn event(&self, event: &Event<'_>) {
        let mut text = Text::default();
        event.record(&mut text);
        let severity = match *event.metadata().level() {
            Level::ERROR => Severity::Error,
            Level::WARN => Severity::Warning,
            _ => Severity::Info,
        };
        if let Some(queue) = &*self.lock() {
            queue.push(LogLine { severity, text: text.said + &text.fields });
        }
    }

    // Nobody in the core opens a span.
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// An event as a line: what is said, and then the fields, as `name=value`.
#[derive(Default)]
struct Text {
    said: String,
    fields: String,
}

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        // A String takes everything.
        let _ = match field.name() {
            "message" => write!(self.said, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{Receiver, Sender, channel};

    fn line(text: &str) -> LogLine {
        LogLine { severity: Severity::Info, text: text.to_owned() }
    }

    /// Takes a line when it is let, and says what it took.
    struct Slow {
        lets: Mutex<Receiver<bool>>,
        took: Sender<String>,
    }

    impl Log for Slow {
        fn write(&self, line: LogLine) -> Result<(), PortError> {
            self.took.send(line.text).unwrap();
            let let_it = self.lets.lock().unwrap().recv();
            match let_it {
                Ok(true) => Ok(()),
                Ok(false) => panic!("it throws"),
                Err(_) => Err(PortError::Unexpected { detail: "it throws".into() }),
            }
        }
    }

    fn slow() -> (Queue, Sender<bool>, Receiver<String>) {
        let (let_it, lets) = channel();
        let (took, taken) = channel();
        (Queue::to(Arc::new(Slow { lets: Mutex::new(lets), took })).unwrap(), let_it, taken)
    }

    #[test]
    fn a_log_that_hangs_holds_up_nobody_and_is_told_what_it_missed_when_it_goes_on() {
        let (queue, let_it, taken) = slow();
        queue.push(line("first"));
        assert_eq!(taken.recv().unwrap(), "first");
        // It hangs in the first one: so many wait, and nobody waits for it.
        (0..WAITING + 7).for_each(|number| queue.push(line(&number.to_string())));
        let_it.send(true).unwrap();
        assert_eq!(taken.recv().unwrap(), "lines that could not be written lines=7");
        let_it.send(true).unwrap();
        assert_eq!(taken.recv().unwrap(), "0");
    }

    #[test]
    fn a_log_that_throws_or_panics_is_told_so_and_goes_on() {
        let (queue, let_it, taken) = slow();
        let_it.send(false).unwrap();
        queue.push(line("first"));
        assert_eq!(taken.recv().unwrap(), "first");
        // That it missed one it cannot be told either.
        let_it.send(false).unwrap();
        let_it.send(true).unwrap();
        queue.push(line("second"));
        assert_eq!(taken.recv().unwrap(), "lines that could not be written lines=1");
        assert_eq!(taken.recv().unwrap(), "second");
        drop(let_it);
        queue.push(line("third"));
        assert_eq!(taken.recv().unwrap(), "lines that could not be written lines=1");
        assert_eq!(taken.recv().unwrap(), "third");
        queue.push(line("fourth"));
        assert_eq!(taken.recv().unwrap(), "lines that could not be written lines=2");
    }

    #[test]
    fn only_what_the_core_itself_says_is_heard_and_as_one_line() {
        let (queue, let_it, taken) = slow();
        let lines = Lines(Mutex::new(Some(queue)));
        tracing::subscriber::with_default(lines, || {
            tracing::error!(target: "nom_exif", "GPS 52.5 13.4 of IMG_1.HEIC");
            tracing::debug!(target: TARGET, "too little for a log");
            tracing::warn!(target: TARGET, resource = 7, fault = ?PortError::Changed, port = "open", "it failed");
        });
        drop(let_it);
        let all: Vec<_> = taken.iter().collect();
        assert_eq!(all, ["it failed resource=7 fault=Changed port=open"]);
    }
}
