//! `keepsake`: the command line. The third host of the engine, beside the phones.
//!
//! Here lives what a desktop knows: a folder as a photo library ([`walk`], [`formats`], [`group`],
//! [`source`]), where state is kept ([`state`]), and what people type and read ([`cli`], [`show`],
//! [`commands`]). What to do next is the machine's, and doing it the engine's.
#![forbid(unsafe_code)]

#[macro_use]
mod say;
mod backup;
mod cli;
mod clock;
mod commands;
mod drive;
mod formats;
mod group;
mod packed;
mod reports;
mod rest;
mod restore;
mod show;
mod signals;
mod simulate;
mod size;
mod skipped;
mod source;
mod state;
mod summary;
mod verify;
mod version;
mod walk;
mod watch;
mod words;

use clap::{CommandFactory, Parser};
use cli::{Cli, Command};
use std::io::ErrorKind;
use std::process::ExitCode;
use summary::Exit;

/// Why a command did nothing, in a sentence that says what to do.
#[derive(Debug)]
pub struct Failure {
    why: String,
    exit: Exit,
}

impl Failure {
    /// Wrong use or configuration.
    fn wrong(why: String) -> Failure {
        Failure { why, exit: Exit::Wrong }
    }

    /// Room is all that is missing: it goes on when there is some.
    fn no_room(why: &str) -> Failure {
        Failure { why: format!("{why}: free some space on its disk"), exit: Exit::Paused }
    }
}

impl From<keepsake_engine::EngineError> for Failure {
    fn from(error: keepsake_engine::EngineError) -> Self {
        use keepsake_engine::EngineError;
        let why = error.to_string();
        match error {
            EngineError::State { source, .. } if source.kind() == ErrorKind::StorageFull => {
                Failure::no_room(&why)
            }
            error if error.is_passing() => Failure { why, exit: Exit::Paused },
            _ => Failure::wrong(why),
        }
    }
}

impl From<state::StateError> for Failure {
    fn from(error: state::StateError) -> Self {
        let text = error.to_string();
        match error {
            state::StateError::Unusable { why, .. } if why.kind() == ErrorKind::StorageFull => {
                Failure::no_room(&text)
            }
            _ => Failure::wrong(text),
        }
    }
}

/// Raises the limit of open files to what is allowed: deep folders cost one a level, a vault one or
/// two a month. A system that refuses leaves it as it is.
fn open_many() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    // Some take no more than this, and call it infinite.
    limit.current = Some(limit.maximum.unwrap_or(MANY).min(MANY));
    let _ = setrlimit(Resource::Nofile, limit);
}

/// Open files that are enough for everything.
const MANY: u64 = 10_240;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(wrong) => {
            // Nobody to tell: the exit code still does.
            let _ = wrong.print();
            let exit = if wrong.use_stderr() { Exit::Wrong } else { Exit::Safe };
            return ExitCode::from(exit as u8);
        }
    };
    open_many();
    let exit = match &cli.command {
        Command::Backup(args) => backup::run(args),
        Command::Status { at, json } => commands::status(at, *json),
        Command::Verify { at, deep } => verify::run(at, *deep),
        Command::Restore { vault, dest } => restore::run(vault, dest),
        Command::Retry(args) => commands::retry(args),
        Command::Forget(args) => commands::forget(args),
        Command::Library(args) => commands::library(args),
        Command::Report { at, out } => reports::report(at, out),
        Command::Simulate(args) => simulate::run(args),
        Command::Replay { log, shrink: Some(wanted), to: Some(to), .. } => {
            reports::shrink(log, wanted, to)
        }
        Command::Replay { log, effects, .. } => reports::replay(log, *effects),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "keepsake", &mut script);
            say!("{}", String::from_utf8_lossy(&script).trim_end());
            Ok(Exit::Safe)
        }
    };
    let exit = exit.unwrap_or_else(|failure| {
        complain!("keepsake: {}", failure.why);
        failure.exit
    });
    ExitCode::from(exit as u8)
}
