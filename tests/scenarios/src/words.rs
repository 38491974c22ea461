//! What a trace says, in words that a host in any language can make of what crosses to it: names of
//! enums as Rust has them, numbers as they are. `README.md` lists them.

use crate::format::What;
use keepsake_engine::Happened;
use keepsake_machine::hold::Hold;
use keepsake_machine::session::migration::Migration;
use keepsake_machine::stage::{Class, Why};
use keepsake_machine::status::{Activity, Notice, Status};
use std::fmt::{Debug, Write as _}; // a String takes everything
use std::time::Duration;

/// A time of a trace: hours, minutes, seconds.
pub fn time(millis: u64) -> String {
    let seconds = millis / 1_000;
    format!("{}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

/// What happens: the word of the file, and its value; of photos their name, of settings nothing.
pub fn what(what: &What) -> String {
    let named = |word: &str, value: &dyn Debug| format!("{word} {}", snake(&format!("{value:?}")));
    let lasts = |word: &str, time: &Duration| format!("{word} {}", time.as_millis());
    match what {
        What::Network(to) => named("network", to),
        What::Power(to) => named("power", to),
        What::Locked(locked) => format!("locked {locked}"),
        What::Access(access) => format!("access {access:?}"),
        What::User(tap) => named("user", tap),
        What::Shoots(photos) => format!("shoots {}", photos.name),
        What::Edits(name) => format!("edits {name}"),
        What::Deletes(name) => format!("deletes {name}"),
        What::EmptiesTrash(_) => "empties_trash".into(),
        What::LetsGo(yes) => format!("lets_go {yes}"),
        What::OthersTake(bytes) => format!("others_take {}", bytes.as_u64()),
        What::Cloud(weather) => named("cloud", weather),
        What::Vault(weather) => named("vault", weather),
        What::PoursEnd(end) => format!("pours_end {end}"),
        What::Forgets(name) => format!("forgets {name}"),
        What::Reinstalls(time) => lasts("reinstalls", time),
        What::Destination(name) => format!("destination {name}"),
        What::Killed(time) => lasts("killed", time),
        What::PowerCut(time) => lasts("power_cut", time),
        What::KilledAmid(operation) => format!("killed_amid {operation}"),
        What::PowerCutAmid(operation) => format!("power_cut_amid {operation}"),
        What::PulledOut(time) => lasts("pulled_out", time),
        What::DisksFail(one_in) => format!("disks_fail {one_in}"),
        What::OsSends(_) => "os_sends".into(),
        What::Settings(_) => "settings".into(),
        What::Window(time) => lasts("window", time),
        What::WindowEnds(_) => "window_ends".into(),
        What::TimePasses(_) => "time_passes".into(),
    }
}

/// `LowBattery` as files have it: `low_battery`.
fn snake(name: &str) -> String {
    let mut text = String::new();
    for (at, letter) in name.chars().enumerate() {
        if letter.is_uppercase() && at > 0 {
            text.push('_');
        }
        text.extend(letter.to_lowercase());
    }
    text
}

/// An event that the host pulled.
pub fn happened(happened: &Happened) -> String {
    match happened {
        Happened::Status(status) => self::status(status),
        Happened::Noticed(notice) => noticed(notice),
        Happened::ScanStarted => "scan started".into(),
        Happened::Scanned { assets } => format!("scanned {assets}"),
        Happened::ScanFinished { complete: true, changed } => {
            format!("scan finished, {changed} changed")
        }
        Happened::ScanFinished { complete: false, changed } => {
            format!("scan cut short, {changed} changed")
        }
        Happened::VaultLost { folders, again, only } => {
            format!("vault lost {}: {again} again, {only} only there", folders.join(" "))
        }
        Happened::VaultClosed { places } => format!("vault closed in {} places", places.len()),
        Happened::RecordsLost { files, again } => {
            format!("records lost: {files} files, {again} again")
        }
        Happened::Missed(notices) => format!("missed {notices}"),
        other => format!("unexpected, late: {other:?}"),
    }
}

fn noticed(notice: &Notice) -> String {
    match notice {
        Notice::ActivityChanged(activity) => format!("activity {}", self::activity(*activity)),
        Notice::HoldsChanged(holds) => format!("holds {}", names(holds.iter())),
        Notice::Advised(advice) => format!("advice {advice:?}"),
        Notice::Alarmed(alarmed) => {
            let holds = names(alarmed.holds.iter());
            format!("alarm after {} s: {holds}", alarmed.since.as_secs())
        }
        Notice::Quarantined { resource, fault } => format!("quarantined {}: {fault:?}", resource.0),
        Notice::Migrated(migration) => format!("migration {}", self::migration(migration)),
        Notice::Unexpected(unexpected) => {
            let late = if unexpected.late { ", late" } else { "" };
            format!("unexpected{late}: {unexpected:?}")
        }
    }
}

fn activity(activity: Activity) -> &'static str {
    match activity {
        Activity::Stopped => "Stopped",
        Activity::Working => "Working",
        Activity::WithOs => "WithOs",
        Activity::Waiting { .. } => "Waiting",
        Activity::Paused => "Paused",
        Activity::Done => "Done",
    }
}

/// Their names, in the order of the table in the design; `none`.
fn names(holds: impl Iterator<Item = Hold>) -> String {
    let names: Vec<_> = holds.map(|hold| format!("{hold:?}")).collect();
    if names.is_empty() { "none".into() } else { names.join(" ") }
}

fn migration(migration: &Migration) -> String {
    match migration {
        Migration::Off => "Off".into(),
        Migration::BackingUp => "BackingUp".into(),
        Migration::OutOfRoom { freeable: None, needed } => format!("OutOfRoom, {needed} B needed"),
        Migration::OutOfRoom { freeable: Some(freeable), needed } => {
            format!("OutOfRoom, {needed} B needed, {freeable} B to be freed")
        }
        Migration::AwaitingDeletion { needed } => format!("AwaitingDeletion, {needed} B needed"),
        Migration::AwaitingSpace { freed, needed, .. } => {
            format!("AwaitingSpace, {needed} B needed, {freed} B freed")
        }
        Migration::Stuck { needed } => format!("Stuck, {needed} B needed"),
        Migration::Done => "Done".into(),
    }
}

/// A class, and its reason where it has one.
pub fn class(class: Class) -> String {
    match class {
        Class::Waiting(Why::Failed(fault)) => format!("Waiting Failed {fault:?}"),
        Class::Waiting(Why::Held(hold)) => format!("Waiting Held {hold:?}"),
        Class::Waiting(why) => format!("Waiting {why:?}"),
        Class::Quarantined(fault) => format!("Quarantined {fault:?}"),
        other => format!("{other:?}"),
    }
}

/// What a status says, without what changes all the time.
fn status(status: &Status) -> String {
    let counts = &status.counts;
    let (safe, total) = (counts.safe().items, counts.total().items);
    let mut text = format!("status {}: {safe} of {total} safe", activity(status.activity));
    for (class, tally) in counts
        .classes
        .iter()
        .filter(|(class, tally)| tally.items > 0 && !class.is_safe() && **class != Class::Pending)
    {
        let _ = write!(text, ", {} {}", tally.items, self::class(*class));
    }
    for need in &status.needs {
        let bytes = need.bytes.map_or(String::new(), |bytes| format!(", {bytes} B missing"));
        let _ = write!(text, "; {:?} stops {}{bytes}", need.hold, need.items.items);
    }
    for advice in &status.advice {
        let _ = write!(text, "; advice {advice:?}");
    }
    if status.migration != Migration::Off {
        let _ = write!(text, "; migration {}", migration(&status.migration));
    }
    text
}
