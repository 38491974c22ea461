//! Which paths were lived through: each step of an item, under each hold, and how it came to an end that
//! it did not choose.

use keepsake_machine::effect::Effect;
use keepsake_machine::hold::{Hold, Holds};
use keepsake_machine::media::Media;
use keepsake_machine::permit::{Work, stopping};
use keepsake_machine::settings::MeteredUse;
use std::collections::BTreeMap;
use std::fmt::Write as _; // a String takes everything

/// What ended work that was under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fate {
    /// The program was killed.
    Killed,
    /// The OS's window ended.
    WindowEnded,
    /// A hold took its permit.
    Revoked,
}

impl Fate {
    /// Every one.
    pub const ALL: [Fate; 3] = [Fate::Killed, Fate::WindowEnded, Fate::Revoked];
}

/// What an item does, or waits for. (What is stored of stages that only want something is no other than
/// `Discovered`, and their kill that of the program.)
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// Its original comes from the cloud.
    Download,
    /// Its original is read.
    Checksum,
    /// The vault is asked for it.
    Find,
    /// It is sent from the library.
    Upload,
    /// It is sent from staging.
    UploadStaged,
    /// It is being handed to the OS.
    HandOver,
    /// The OS sends it.
    WithOs,
    /// The vault is to show it.
    Verify,
    /// It backs off.
    Waiting,
}

impl Step {
    /// Every one.
    pub const ALL: [Step; 9] = [
        Step::Download,
        Step::Checksum,
        Step::Find,
        Step::Upload,
        Step::UploadStaged,
        Step::HandOver,
        Step::WithOs,
        Step::Verify,
        Step::Waiting,
    ];

    /// The step that a long effect is.
    pub fn of(effect: &Effect, work: Work) -> Step {
        match (effect, work) {
            (Effect::Verify { .. }, _) => Step::Verify,
            (Effect::HandOver { .. }, _) => Step::HandOver,
            (_, Work::Download) => Step::Download,
            (_, Work::Checksum) => Step::Checksum,
            (_, Work::Check) => Step::Find,
            (_, Work::Upload) => Step::Upload,
            (_, Work::UploadStaged) => Step::UploadStaged,
        }
    }

    /// The kind of work that it is for the table of holds; `None`: the OS's, or none.
    fn work(self) -> Option<Work> {
        match self {
            Step::Download => Some(Work::Download),
            Step::Checksum => Some(Work::Checksum),
            Step::Find | Step::Verify => Some(Work::Check),
            Step::Upload => Some(Work::Upload),
            Step::UploadStaged => Some(Work::UploadStaged),
            Step::HandOver | Step::WithOs | Step::Waiting => None,
        }
    }
}

/// A path: a step, a hold that was in force (`None`: none was), and what ended it.
pub type Path = (Step, Option<Hold>, Fate);

/// How often each path was taken.
#[derive(Debug, Clone, Default)]
pub struct Coverage(BTreeMap<Path, u64>);

impl Coverage {
    /// A step came to this end while these holds were in force.
    pub fn note(&mut self, step: Step, holds: Holds, fate: Fate) {
        if holds.is_empty() {
            *self.0.entry((step, None, fate)).or_default() += 1;
        }
        for hold in holds.iter() {
            *self.0.entry((step, Some(hold), fate)).or_default() += 1;
        }
    }

    /// Adds another run's.
    pub fn add(&mut self, other: &Coverage) {
        for (path, times) in &other.0 {
            *self.0.entry(*path).or_default() += times;
        }
    }

    /// How often it was taken.
    pub fn times(&self, path: Path) -> u64 {
        self.0.get(&path).copied().unwrap_or(0)
    }

    /// The paths that are possible and were not taken.
    pub fn missed(&self) -> Vec<Path> {
        possible().filter(|path| self.times(*path) == 0).collect()
    }

    /// A table in Markdown: holds down, steps across, and in each cell how often one was killed, cut
    /// by a window and revoked. `–`: never, nor is it to be (see `is_possible`).
    pub fn table(&self) -> String {
        let mut text = String::from("| hold |");
        for step in Step::ALL {
            let _ = write!(text, " {step:?} |");
        }
        text += "\n|---|";
        text += &"---|".repeat(Step::ALL.len());
        text += "\n";
        for hold in std::iter::once(None).chain(Hold::ALL.map(Some)) {
            text += &hold.map_or("| none |".to_owned(), |hold| format!("| {hold:?} |"));
            for step in Step::ALL {
                let cell = Fate::ALL.map(|fate| {
                    let path = (step, hold, fate);
                    match self.times(path) {
                        0 if !is_possible(step, hold, fate) => "–".into(),
                        times => times.to_string(),
                    }
                });
                let _ = write!(text, " {} |", cell.join(" · "));
            }
            text += "\n";
        }
        text
    }
}

/// Every path that can be taken.
pub fn possible() -> impl Iterator<Item = Path> {
    let holds = std::iter::once(None).chain(Hold::ALL.map(Some));
    holds.flat_map(|hold| {
        let paths =
            Step::ALL.into_iter().flat_map(move |step| Fate::ALL.map(|fate| (step, hold, fate)));
        paths.filter(|(step, hold, fate)| is_possible(*step, *hold, *fate))
    })
}

/// From the machine's own table: what a hold never stops goes on under it, and may be killed; what it
/// stops loses its permit.
fn is_possible(step: Step, hold: Option<Hold>, fate: Fate) -> bool {
    let Some(hold) = hold else { return fate != Fate::Revoked };
    // Nothing is ordered, and nothing answered, by a machine that cannot store: only a kill ends anything.
    if hold == Hold::CatalogUnwritable {
        return fate == Fate::Killed;
    }
    // What backs off does nothing that could be stopped; the program may be killed between windows too.
    if step == Step::Waiting {
        return fate == Fate::Killed || fate == Fate::WindowEnded && hold != Hold::WindowEnding;
    }
    // Handing over is soon done. These two do not stop it, and begin while it is under way in so few seeds
    // (none of 60,000, and one) that a million need not have them all.
    if step == Step::HandOver && matches!(hold, Hold::DataBudget | Hold::VaultFull) {
        return false;
    }
    // What the OS has, or is just being handed, only these stop; windows are nothing to it.
    let Some(work) = step.work() else {
        return match fate {
            Fate::Revoked => stops_the_os(hold),
            Fate::WindowEnded => !stops_the_os(hold) && hold != Hold::WindowEnding,
            Fate::Killed => !stops_the_os(hold),
        };
    };
    // While a window is ending everything is being stopped: no second end comes.
    if hold == Hold::WindowEnding {
        return fate == Fate::Revoked;
    }
    let stopped = cases().map(|(metered, remote, media)| {
        !stopping([hold].into_iter().collect(), metered, remote, work, media).is_empty()
    });
    match fate {
        Fate::Revoked => stopped.into_iter().any(|stopped| stopped),
        Fate::Killed | Fate::WindowEnded => stopped.into_iter().any(|stopped| !stopped),
    }
}

/// Holds that cancel transfers of the OS.
pub fn stops_the_os(hold: Hold) -> bool {
    matches!(hold, Hold::User | Hold::SignedOut)
}

/// Settings, vaults and media that the table tells apart.
fn cases() -> [(MeteredUse, bool, Media); 8] {
    let mut cases = [(MeteredUse::ALL, false, Media::Photo); 8];
    for (number, case) in cases.iter_mut().enumerate() {
        let metered = if number & 1 == 0 { MeteredUse::ALL } else { MeteredUse::default() };
        let media = if number & 4 == 0 { Media::Photo } else { Media::Video };
        *case = (metered, number & 2 != 0, media);
    }
    cases
}
