//! Which paths were lived through: each kind of work, under each hold, and how it came to an end that
//! it did not choose.

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

/// A path: work under way, a hold that was in force (`None`: none was), and what ended it.
pub type Path = (Work, Option<Hold>, Fate);

/// How often each path was taken.
#[derive(Debug, Clone, Default)]
pub struct Coverage(BTreeMap<Path, u64>);

impl Coverage {
    /// Work came to this end while these holds were in force.
    pub fn note(&mut self, work: Work, holds: Holds, fate: Fate) {
        if holds.is_empty() {
            *self.0.entry((work, None, fate)).or_default() += 1;
        }
        for hold in holds.iter() {
            *self.0.entry((work, Some(hold), fate)).or_default() += 1;
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

    /// A table in Markdown: holds down, work across, and in each cell how often work was killed, cut
    /// by a window and revoked. `–`: not possible.
    pub fn table(&self) -> String {
        let mut text = String::from("| hold |");
        for work in Work::ALL {
            let _ = write!(text, " {work:?} |");
        }
        text += "\n|---|---|---|---|---|---|\n";
        for hold in std::iter::once(None).chain(Hold::ALL.map(Some)) {
            text += &hold.map_or("| none |".to_owned(), |hold| format!("| {hold:?} |"));
            for work in Work::ALL {
                let cell = Fate::ALL.map(|fate| {
                    let times = self.times((work, hold, fate));
                    if is_possible(work, hold, fate) { times.to_string() } else { "–".into() }
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
            Work::ALL.into_iter().flat_map(move |work| Fate::ALL.map(|fate| (work, hold, fate)));
        paths.filter(|(work, hold, fate)| is_possible(*work, *hold, *fate))
    })
}

/// From the machine's own table: what a hold never stops goes on under it, and may be killed; what it
/// stops loses its permit.
fn is_possible(work: Work, hold: Option<Hold>, fate: Fate) -> bool {
    let Some(hold) = hold else { return fate != Fate::Revoked };
    // Nothing is ordered, and nothing answered, by a machine that cannot store.
    if hold == Hold::CatalogUnwritable {
        return false;
    }
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
