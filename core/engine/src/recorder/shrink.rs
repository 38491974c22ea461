//! A short log of a long one: the fewest of its events after which the machine still orders what is
//! looked for. What a person reads, and what becomes a test.

use super::{Drained, Line, LineOf, Replayed, drain, parts};
use crate::error::EngineError;
use keepsake_machine::event::Event;
use keepsake_machine::machine::{Machine, Snapshot};
use keepsake_machine::time::Now;
use std::io::{BufWriter, Write};
use std::path::Path;

/// What a shrinking did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shrunk {
    /// Events in the log.
    pub from: usize,
    /// Events that are left.
    pub to: usize,
}

/// Writes into `to`, which must not be there, the shortest log that it finds whose effects, as JSON,
/// still contain `wanted` (as `keepsake replay --effects` prints them). `None`, and nothing is written,
/// if those of `log` do not.
pub fn shrink(log: &Path, wanted: &str, to: &Path) -> Result<Option<Shrunk>, EngineError> {
    let (snapshot, mut events) = parts(log)?;
    let from = events.len();
    let Some(first) = shows(&snapshot, &events, wanted) else { return Ok(None) };
    events.truncate(first);
    let mut step = events.len() / 2;
    let mut tries = 0;
    while step > 0 && tries < MOST_TRIES {
        let (mut at, before) = (0, events.len());
        while at < events.len() && tries < MOST_TRIES {
            let mut fewer = events.clone();
            fewer.drain(at..(at + step).min(events.len()));
            tries += 1;
            match shows(&snapshot, &fewer, wanted) {
                Some(first) => {
                    fewer.truncate(first);
                    events = fewer;
                }
                None => at += step,
            }
        }
        // One may be of no use any more once another is gone.
        if step > 1 || events.len() == before {
            step /= 2;
        }
    }
    write(&snapshot, &events, to).map_err(|error| EngineError::Log {
        path: to.to_owned(),
        why: format!("it cannot be written: {error}"),
    })?;
    Ok(Some(Shrunk { from, to: events.len() }))
}

/// So often a shorter one is tried at most.
const MOST_TRIES: u32 = 20_000;

/// After how many of these events the machine orders what is wanted, if it does.
fn shows(snapshot: &Snapshot, events: &[(Now, Event)], wanted: &str) -> Option<usize> {
    let mut machine = Machine::replay(snapshot.clone());
    for (number, (now, event)) in events.iter().enumerate() {
        machine.handle(event.clone(), *now);
        let mut replayed = Replayed::default();
        drain(&mut machine, &mut replayed);
        if replayed.effects.iter().any(|effect| effect.contains(wanted)) {
            return Some(number + 1);
        }
    }
    None
}

fn write(snapshot: &Snapshot, events: &[(Now, Event)], to: &Path) -> std::io::Result<()> {
    let mut file = BufWriter::new(std::fs::File::create_new(to)?);
    let mut machine = Machine::replay(snapshot.clone());
    serde_json::to_writer(&mut file, &Line::Snapshot(Box::new(snapshot.clone())))?;
    file.write_all(b"\n")?;
    for (now, event) in events {
        serde_json::to_writer(&mut file, &LineOf::Event((*now, event)))?;
        file.write_all(b"\n")?;
        machine.handle(event.clone(), *now);
        let drained = drain(&mut machine, &mut Replayed::default());
        if drained != Drained::default() {
            serde_json::to_writer(&mut file, &Line::Drained(drained))?;
            file.write_all(b"\n")?;
        }
    }
    file.flush()
}

#[cfg(test)]
mod tests {
    use super::super::{Recorder, path, replay};
    use super::*;
    use keepsake_machine::event::Network;
    use keepsake_machine::media::Run;
    use keepsake_machine::settings::Config;

    #[test]
    fn a_long_log_is_shrunk_to_what_it_takes() {
        let folder = tempfile::tempdir().unwrap();
        let mut machine = Machine::new(Config::default(), Vec::new());
        let mut recorder = Recorder::new(folder.path().to_owned(), 1 << 22);
        recorder.begin(&machine);
        for number in 0..2_000 {
            let event = match number {
                0 => Event::Started { run: Run(1) },
                1_234 => Event::UserPaused,
                odd if odd % 2 == 1 => Event::NetworkChanged(Network::OFFLINE),
                _ => Event::NetworkChanged(Network::UNMETERED),
            };
            let now = Now { boot: 1, uptime: number, wall: 0, utc_offset: 0 };
            recorder.event(now, &event);
            machine.handle(event, now);
            while let Some(effect) = machine.poll_effect() {
                recorder.effect(&effect);
            }
            recorder.drained();
        }
        recorder.flush();
        let log = path(folder.path(), 1);
        let short = folder.path().join("short.jsonl");
        let shrunk = shrink(&log, "UserHold\":true", &short).unwrap();
        assert_eq!(shrunk, Some(Shrunk { from: 2_000, to: 2 }), "it began, and was paused");
        let replayed = replay(&short).unwrap();
        assert_eq!((replayed.events, replayed.differs), (2, None));
        assert_eq!(shrink(&log, "nobody says so", &folder.path().join("none")).unwrap(), None);
        assert!(shrink(&log, "UserHold", &short).is_err(), "nothing is replaced");
    }
}
