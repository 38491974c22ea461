//! The recorder: every event with its time, in capped log files, each beginning with a snapshot of
//! the machine, so that a bug report is a test case.
//!
//! The machine sees no names, places or identifiers, so neither does a log. Effects are not written
//! out: of each drain the log keeps how many there were and a hash over them, which a replay
//! compares. Lines, as JSON:
//!
//! ```text
//! {"Snapshot":…}                          first
//! {"Event":[now,event]}
//! {"Drained":{"effects":12,"hash":…}}     where there were effects
//! ```

use crate::error::EngineError;
use keepsake_machine::effect::Effect;
use keepsake_machine::event::Event;
use keepsake_machine::machine::{Machine, Snapshot};
use keepsake_machine::time::Now;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

mod shrink;
pub use shrink::{Shrunk, shrink};

/// Bytes of logs that are kept by default.
pub const DEFAULT_CAP: u64 = 16 << 20;

/// What a replay showed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Replayed {
    /// Events given to the machine.
    pub events: u64,
    /// Effects that came out of it, as JSON, in order.
    pub effects: Vec<String>,
    /// The first drain whose effects are not those recorded, as (recorded, replayed).
    pub differs: Option<(String, String)>,
}

/// Runs a recorded log through a fresh machine and compares the effects with those recorded. A last
/// line that a kill cut off is left out.
pub fn replay(log: &Path) -> Result<Replayed, EngineError> {
    let mut machine = None;
    let mut replayed = Replayed::default();
    read(log, |number, line| match (line, &mut machine) {
        (Line::Snapshot(snapshot), _) => machine = Some(Machine::replay(*snapshot)),
        (Line::Event((now, event)), Some(machine)) => {
            machine.handle(event, now);
            replayed.events += 1;
        }
        (Line::Drained(recorded), Some(machine)) => {
            let drained = drain(machine, &mut replayed);
            if drained != recorded && replayed.differs.is_none() {
                let at = |drained: &Drained| {
                    let Drained { effects, hash } = drained;
                    format!("line {number}: {effects} effects, hash {hash:016x}")
                };
                replayed.differs = Some((at(&recorded), at(&drained)));
            }
        }
        (_, None) => {}
    })?;
    if let Some(machine) = &mut machine {
        drain(machine, &mut replayed);
    }
    Ok(replayed)
}

/// The machine that a log begins with, and what it was told.
fn parts(log: &Path) -> Result<(Snapshot, Vec<(Now, Event)>), EngineError> {
    let (mut first, mut events) = (None, Vec::new());
    read(log, |_, line| match line {
        Line::Snapshot(snapshot) => first = Some(*snapshot),
        Line::Event(event) => events.push(event),
        Line::Drained(_) => {}
    })?;
    let empty = || EngineError::Log { path: log.to_owned(), why: "it is empty".into() };
    Ok((first.ok_or_else(empty)?, events))
}

/// Reads a log, line by line, each with its number: a snapshot first, and no other. A last line that a
/// kill cut off is left out.
fn read(log: &Path, mut each: impl FnMut(usize, Line)) -> Result<(), EngineError> {
    let wrong = |why: String| EngineError::Log { path: log.to_owned(), why };
    let file = File::open(log).map_err(|error| wrong(error.to_string()))?;
    let mut lines = BufReader::new(file).lines().zip(1..).peekable();
    if lines.peek().is_none() {
        return Err(wrong("it is empty".into()));
    }
    while let Some((line, number)) = lines.next() {
        let line = line.map_err(|error| wrong(error.to_string()))?;
        match (serde_json::from_str(&line), number) {
            (Ok(line @ Line::Snapshot(_)), 1) => each(number, line),
            (_, 1) => {
                let why = "it does not begin with a snapshot of this version's machine";
                return Err(wrong(why.into()));
            }
            (Ok(line @ (Line::Event(_) | Line::Drained(_))), _) => each(number, line),
            (Err(_), _) if lines.peek().is_none() => {}
            _ => return Err(wrong(format!("line {number} is no line of such a log"))),
        }
    }
    Ok(())
}

fn drain(machine: &mut Machine, replayed: &mut Replayed) -> Drained {
    let mut drained = Drained::default();
    let mut text = Vec::new();
    while let Some(effect) = machine.poll_effect() {
        drained.take(&effect, &mut text);
        replayed.effects.push(String::from_utf8_lossy(&text).into_owned());
    }
    drained
}

#[derive(Serialize, Deserialize)]
enum Line {
    Snapshot(Box<Snapshot>),
    Event((Now, Event)),
    Drained(Drained),
}

/// The same as [`Line::Event`], by reference.
#[derive(Serialize)]
enum LineOf<'a> {
    Event((Now, &'a Event)),
}

/// The effects of one drain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Drained {
    effects: u64,
    /// FNV-1a over their JSON, each with a line's end: the same in every version.
    hash: u64,
}

impl Default for Drained {
    fn default() -> Drained {
        Drained { effects: 0, hash: 0xcbf2_9ce4_8422_2325 }
    }
}

impl Drained {
    /// One more, written into `text`.
    fn take(&mut self, effect: &Effect, text: &mut Vec<u8>) {
        text.clear();
        // Effects have no maps with structured keys and no failing serializers: it cannot fail, and
        // if it did, the hash would say so.
        let _ = serde_json::to_writer(&mut *text, effect);
        self.effects += 1;
        for byte in text.iter().chain(b"\n") {
            self.hash = (self.hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

/// Writes a log. What cannot be written is not recorded: a backup never waits for its log.
pub(crate) struct Recorder {
    folder: PathBuf,
    cap: u64,
    file: Option<BufWriter<File>>,
    number: u64,
    written: u64,
    drained: Drained,
    line: Vec<u8>,
}

impl Recorder {
    /// Into `folder`, at most `cap` bytes in all files.
    pub(crate) fn new(folder: PathBuf, cap: u64) -> Recorder {
        let number = logs(&folder).last().map_or(0, |(number, _)| *number);
        Recorder {
            folder,
            cap,
            file: None,
            number,
            written: 0,
            drained: Drained::default(),
            line: Vec::new(),
        }
    }

    /// Begins a new file with what the machine is now; the oldest ones make room.
    pub(crate) fn begin(&mut self, machine: &Machine) {
        self.flush();
        self.file = None;
        if self.cap > 0 {
            self.file = self.open().ok();
            self.written = 0;
            self.drained = Drained::default();
            self.write(&Line::Snapshot(Box::new(machine.snapshot())));
        }
    }

    fn open(&mut self) -> io::Result<BufWriter<File>> {
        std::fs::create_dir_all(&self.folder)?;
        let logs = logs(&self.folder);
        let mut kept: u64 = logs.iter().map(|(_, size)| size).sum();
        for (number, size) in logs {
            // Room for a whole new file.
            if kept + self.cap / FILES <= self.cap {
                break;
            }
            if std::fs::remove_file(path(&self.folder, number)).is_ok() {
                kept -= size;
            }
        }
        self.number += 1;
        let file = File::create_new(path(&self.folder, self.number))?;
        Ok(BufWriter::with_capacity(1 << 16, file))
    }

    /// This is handed to the machine.
    pub(crate) fn event(&mut self, now: Now, event: &Event) {
        if self.file.is_some() {
            self.write(&LineOf::Event((now, event)));
        }
    }

    /// The machine ordered this.
    pub(crate) fn effect(&mut self, effect: &Effect) {
        if self.file.is_some() {
            self.drained.take(effect, &mut self.line);
        }
    }

    /// The machine is drained. Says whether the file is full: then [`Recorder::begin`] is due.
    pub(crate) fn drained(&mut self) -> bool {
        if self.file.is_some() && self.drained.effects > 0 {
            let drained = std::mem::take(&mut self.drained);
            self.write(&Line::Drained(drained));
        }
        self.written >= self.cap / FILES && self.file.is_some()
    }

    /// Nothing happens at the moment.
    pub(crate) fn flush(&mut self) {
        if self.file.as_mut().is_some_and(|file| file.flush().is_err()) {
            self.file = None;
        }
    }

    /// Nothing more comes: the file is closed.
    pub(crate) fn end(&mut self) {
        self.flush();
        self.file = None;
    }

    fn write(&mut self, line: &impl Serialize) {
        let Some(file) = &mut self.file else { return };
        self.line.clear();
        let written =
            serde_json::to_writer(&mut self.line, line).map_err(io::Error::from).and_then(|()| {
                self.line.push(b'\n');
                file.write_all(&self.line)
            });
        self.written += self.line.len() as u64;
        if written.is_err() {
            self.file = None;
        }
    }
}

/// The logs in `folder` with their sizes, oldest first.
fn logs(folder: &Path) -> Vec<(u64, u64)> {
    let mut logs: Vec<(u64, u64)> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let number = name.strip_suffix(".jsonl")?.parse().ok()?;
            Some((number, entry.metadata().ok()?.len()))
        })
        .collect();
    logs.sort_unstable();
    logs
}

fn path(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("{number:08}.jsonl"))
}

/// In how many files the cap is divided.
const FILES: u64 = 4;

#[cfg(test)]
mod tests {
    use super::*;
    use keepsake_machine::event::Network;
    use keepsake_machine::media::Run;
    use keepsake_machine::settings::Config;

    fn now(uptime: u64) -> Now {
        Now { boot: 1, uptime, wall: 0, utc_offset: 0 }
    }

    fn record(folder: &Path, cap: u64, events: u64) -> Vec<String> {
        let mut machine = Machine::new(Config::default(), Vec::new());
        let mut recorder = Recorder::new(folder.to_owned(), cap);
        recorder.begin(&machine);
        let mut effects = Vec::new();
        for number in 0..events {
            let event = match number {
                0 => Event::Started { run: Run(1) },
                odd if odd % 2 == 1 => Event::NetworkChanged(Network::OFFLINE),
                _ => Event::NetworkChanged(Network::UNMETERED),
            };
            recorder.event(now(number), &event);
            machine.handle(event, now(number));
            while let Some(effect) = machine.poll_effect() {
                recorder.effect(&effect);
                effects.push(serde_json::to_string(&effect).unwrap());
            }
            if recorder.drained() {
                recorder.begin(&machine);
            }
        }
        recorder.flush();
        effects
    }

    #[test]
    fn what_was_recorded_replays_to_the_same_effects() {
        let folder = tempfile::tempdir().unwrap();
        let effects = record(folder.path(), 1 << 20, 20);
        let replayed = replay(&path(folder.path(), 1)).unwrap();
        assert_eq!((replayed.events, replayed.differs), (20, None));
        assert!(!effects.is_empty());
        assert_eq!(replayed.effects, effects);
    }

    #[test]
    fn a_log_that_tells_other_effects_is_seen_to_differ() {
        let folder = tempfile::tempdir().unwrap();
        record(folder.path(), 1 << 20, 20);
        let log = path(folder.path(), 1);
        let text = std::fs::read_to_string(&log).unwrap();
        std::fs::write(&log, text.replacen("\"hash\":", "\"hash\":1", 1)).unwrap();
        assert!(replay(&log).unwrap().differs.is_some());
        std::fs::write(&log, text.trim_end_matches("}\n")).unwrap();
        assert_eq!(replay(&log).unwrap().differs, None, "a line that a kill cut off");
        std::fs::write(&log, "{}\n").unwrap();
        assert!(matches!(replay(&log), Err(EngineError::Log { .. })));
    }

    #[test]
    fn logs_stay_below_their_cap_and_each_replays_by_itself() {
        let folder = tempfile::tempdir().unwrap();
        record(folder.path(), 64 << 10, 4_000);
        let kept = logs(folder.path());
        assert!(kept.len() > 1 && kept.first().unwrap().0 > 1, "{kept:?}");
        let all: u64 = kept.iter().map(|(_, size)| size).sum();
        assert!(all <= 80 << 10, "{all}");
        for (number, _) in kept {
            let replayed = replay(&path(folder.path(), number)).unwrap();
            assert_eq!(replayed.differs, None);
        }
    }
}
