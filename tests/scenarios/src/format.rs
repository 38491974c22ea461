//! A scenario, as its file has it. `README.md` beside this crate shows the words; every field that may
//! be left out has a default that a phone at home would have.

use crate::strict;
use bytesize::ByteSize;
use keepsake_machine::event::LibraryAccess;
use keepsake_machine::settings::Settings;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// One file of `tests/scenarios`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// In a few words.
    pub title: String,
    /// What the user lives through, and what must come of it.
    pub story: String,
    /// The phone.
    #[serde(default)]
    pub phone: Phone,
    /// What is in the library at first.
    pub library: Vec<Photos>,
    /// Photos that another device, or an older app, has put into the vault already: by name, with the
    /// same bytes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vault_has: Vec<String>,
    /// The vault is far away and signs tickets, as S3 does: in a window the OS sends by itself what it
    /// is handed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub signs_tickets: bool,
    /// What the user chose.
    #[serde(default, deserialize_with = "strict::settings")]
    pub settings: Settings,
    /// What happens, in order.
    pub happens: Vec<Happening>,
    /// How it ends.
    pub ends: Ending,
    /// What the host sees: every call that it receives and every event that it pulls, once a second.
    #[serde(default)]
    pub trace: Vec<String>,
}

/// The phone's disk.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Phone {
    /// Its size.
    #[serde(serialize_with = "exactly")]
    pub disk: ByteSize,
    /// What neither the library nor we take of it.
    #[serde(serialize_with = "exactly")]
    pub others: ByteSize,
}

impl Default for Phone {
    fn default() -> Phone {
        Phone { disk: ByteSize::gb(64), others: ByteSize::gb(20) }
    }
}

/// One photo, or `count` that are alike.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Photos {
    /// Its name; of several, `#` stands for 1, 2, 3…
    pub name: String,
    /// How many.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub count: u32,
    /// How large each is. Bytes are made from the name.
    #[serde(serialize_with = "exactly")]
    pub size: ByteSize,
    /// Where the original is.
    #[serde(default)]
    pub lies: Lies,
    /// How the platform serves it.
    #[serde(default)]
    pub served: Served,
    /// The video of a Live Photo: its name. It has the same size and lies in the same place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moves: Option<String>,
    /// The RAW that was shot with it: its name. It has the same size and lies in the same place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw: Option<String>,
    /// It has the same bytes as the photo of this name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub same_as: Option<String>,
    /// Not among those that limited access shows.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub private: bool,
}

/// In the largest unit in which nothing is rounded: a story that is written again is the same.
#[allow(clippy::trivially_copy_pass_by_ref)] // serde's form
fn exactly<S: serde::Serializer>(size: &ByteSize, to: S) -> Result<S::Ok, S::Error> {
    let bytes = size.as_u64();
    let units = [("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000), ("B", 1)];
    let fits = |(_, unit): &&(&str, u64)| bytes.is_multiple_of(*unit) && bytes >= *unit;
    let (name, unit) = units.iter().find(fits).unwrap_or(&("B", 1));
    to.serialize_str(&format!("{} {name}", bytes / unit))
}

fn one() -> u32 {
    1
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde's form
fn is_one(count: &u32) -> bool {
    *count == 1
}

/// Where an original is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lies {
    /// On the phone, and the platform says so.
    #[default]
    OnThePhone,
    /// Only in the cloud, and the platform says so.
    InTheCloud,
    /// On the phone, and the platform does not say so (iOS).
    SomewhereOnThePhone,
    /// Only in the cloud, and the platform does not say so (iOS).
    SomewhereInTheCloud,
}

impl Lies {
    /// Whether the bytes are on the phone.
    pub fn is_on_the_phone(self) -> bool {
        matches!(self, Lies::OnThePhone | Lies::SomewhereOnThePhone)
    }
}

/// How the platform serves an original.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Served {
    /// As a file (Android).
    #[default]
    AsAFile,
    /// Chunk by chunk (iOS).
    Poured,
}

/// Something happens.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "strict::OneWord")]
pub struct Happening {
    /// So long after what happened before.
    #[serde(with = "humantime_serde")]
    pub after: Duration,
    /// What.
    #[serde(flatten)]
    pub what: What,
}

/// What can happen.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum What {
    /// Another network.
    Network(Network),
    /// Charger and battery.
    Power(Power),
    /// The phone is before its first unlock, or after it.
    Locked(bool),
    /// What the user lets us see.
    Access(LibraryAccess),
    /// The user taps.
    User(Tap),
    /// The user takes pictures.
    Shoots(Photos),
    /// The user edits the photo of this name: other bytes.
    Edits(String),
    /// The user deletes the photo of this name: into Recently Deleted.
    Deletes(String),
    /// The user empties Recently Deleted.
    EmptiesTrash(bool),
    /// The OS asks the user about deleting what we propose; the answer to the last question.
    LetsGo(bool),
    /// Others take so much of the disk now.
    OthersTake(#[serde(serialize_with = "exactly")] ByteSize),
    /// The cloud answers, or fails.
    Cloud(Weather),
    /// The vault is there, away, full, or wants a sign-in.
    Vault(VaultMood),
    /// From now on what is poured ends in the middle, and fails; or comes whole again.
    PoursEnd(bool),
    /// The user says of the photo of this name: never again.
    Forgets(String),
    /// The user deletes the app, with all that it knew, and installs it again after so long.
    Reinstalls(#[serde(with = "humantime_serde")] Duration),
    /// The user chooses another vault: its name. The first one is `vault`.
    Destination(String),
    /// The program is killed, and starts again after so long.
    Killed(#[serde(with = "humantime_serde")] Duration),
    /// The power of the phone goes, and of the vault's disk with it: what was not synced may be gone.
    /// Both are back, and the program starts again, after so long.
    PowerCut(#[serde(with = "humantime_serde")] Duration),
    /// The program is killed at this operation on a disk from now on, before it is done, and starts again
    /// at the next full second; 0: not. A write of 4 kB is one operation, and so is a new name, a sync, a
    /// page of the catalog.
    KilledAmid(u64),
    /// As that, but the power goes, as in a power cut.
    PowerCutAmid(u64),
    /// The vault's disk is pulled out without a word, and put back after so long: what was not synced
    /// may be gone.
    PulledOut(#[serde(with = "humantime_serde")] Duration),
    /// From now on one in so many operations of the phone's disk and of the vault's fails; 0: none.
    DisksFail(u64),
    /// The OS sends what it was handed and may go over the network as it is, whether our program runs or
    /// not.
    OsSends(bool),
    /// The user changes the settings.
    Settings(#[serde(deserialize_with = "strict::settings")] Settings),
    /// The OS opens a window of so long.
    Window(#[serde(with = "humantime_serde")] Duration),
    /// The OS is about to end the window.
    WindowEnds(bool),
    /// Nothing: time passes.
    TimePasses(bool),
}

/// A network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Network {
    /// Wi-Fi.
    Wifi,
    /// A cable.
    Ethernet,
    /// Mobile data: it costs by the byte.
    Metered,
    /// Wi-Fi of another phone: it costs by the byte.
    Hotspot,
    /// A VPN over mobile data: it costs by the byte.
    VpnOverMobileData,
    /// Abroad.
    Roaming,
    /// None.
    Offline,
}

/// Charger, battery, saver, heat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Power {
    /// On the charger.
    Charging,
    /// A full battery.
    Battery,
    /// A battery at 10 %.
    LowBattery,
    /// The user turned the power saver on.
    Saver,
    /// Too hot.
    Hot,
}

/// What the user taps on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tap {
    /// Pause.
    Pause,
    /// Resume.
    Resume,
    /// Retry.
    Retry,
    /// Free up space.
    FreeUp,
}

/// How something far away is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weather {
    /// It answers.
    There,
    /// It does not.
    Away,
}

/// How the vault is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VaultMood {
    /// It answers.
    There,
    /// It is not there.
    Away,
    /// It has no room.
    Full,
    /// It wants a sign-in.
    SignedOut,
}

/// How a scenario ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ending {
    /// After so long.
    #[serde(with = "humantime_serde")]
    pub after: Duration,
    /// So many files are safe.
    pub safe: u64,
    /// So many are not, and why: the words of the status.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_safe: Vec<String>,
    /// The holds that are in force.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holds: Vec<String>,
    /// Files in the vault.
    pub in_the_vault: u64,
}
