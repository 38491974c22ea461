//! The picture of a month, or of two side by side: the disk, the networks, the items, and what was
//! waited for.

mod charts;
mod parts;

use super::Lived;
use keepsake_machine::hold::Hold;
use keepsake_simulator::month::{Month, Step};
use parts::{Area, INK, text};
use plotters::prelude::*;

/// A picture, or why there is none.
pub type Drawn<T> = Result<T, Box<dyn std::error::Error>>;

/// What all months of a picture are drawn on, so that they compare.
pub struct Scale {
    /// Hours that are drawn: until nothing more happens.
    hours: usize,
    /// Whether time is counted in days.
    days: bool,
    /// Gigabytes an hour.
    network: f64,
    /// Gigabytes of all items.
    items: f64,
    /// Days that were lived through and are not drawn: the last of them.
    until: Option<usize>,
}

impl Scale {
    /// Of these.
    pub fn of(runs: &[Lived]) -> Scale {
        let lived = runs.iter().map(|run| run.month.hours.len()).max().unwrap_or(0).max(1);
        let happened = runs.iter().map(|run| happened(&run.month)).max().unwrap_or(lived);
        let margin = happened + (happened / 8).max(6);
        let step = if margin > 48 { 24 } else { 6 };
        let hours = margin.next_multiple_of(step).min(lived);
        let all = || runs.iter().flat_map(|run| &run.month.hours).take(lived * 2);
        let network = all().map(|hour| {
            let moved = hour.moved;
            (moved.down_wifi + moved.down_mobile).max(moved.up_wifi + moved.up_mobile)
        });
        let before = runs.iter().map(|run| &run.month.before);
        let items = all().chain(before).map(keepsake_simulator::month::Hour::all);
        Scale {
            hours,
            days: hours > 48,
            network: gigabytes(network.max().unwrap_or(0)).max(0.1) * 1.08,
            items: gigabytes(items.max().unwrap_or(0)).max(0.1) * 1.02,
            until: (hours < lived).then_some(lived / 24),
        }
    }

    /// Where an hour lies.
    fn at(&self, hour: usize) -> f64 {
        let hour = hour as f64;
        if self.days { hour / 24.0 } else { hour }
    }

    fn end(&self) -> f64 {
        self.at(self.hours)
    }

    fn unit(&self) -> String {
        let unit = if self.days { "days" } else { "hours, from midnight" };
        match self.until {
            None => unit.to_owned(),
            Some(day) => {
                format!("{unit}; until day {day} nothing more happens than each day’s new pictures")
            }
        }
    }
}

/// Hours after which everything is safe and nobody is asked for anything; all, where that never is.
fn happened(month: &Month) -> usize {
    let marked = month.marks.iter().map(|(at, _)| *at).max().unwrap_or(0);
    month.safe_after.map_or(month.hours.len(), |after| after.max(marked))
}

const WIDTH: u32 = 940;
const TITLE: u32 = 36;
const DISK: u32 = 360;
const NETWORK: u32 = 240;
const ITEMS: u32 = 260;
/// Of a row of holds, and of what is above and below them.
const ROW: u32 = 36;
const ROUND_HOLDS: u32 = 84;
/// Of a line of the note.
const NOTE: u32 = 20;

/// As SVG: the months side by side, and below them what is to be said of the picture.
pub fn of(runs: &[Lived], scale: &Scale, note: Option<&str>) -> Drawn<String> {
    let holds: Vec<Vec<Hold>> = runs.iter().map(|run| charts::held(&run.month, scale)).collect();
    let most = holds.iter().map(Vec::len).max().unwrap_or(0).max(1);
    let rows = ROW * u32::try_from(most)?;
    let tall = TITLE + DISK + NETWORK + ITEMS + ROUND_HOLDS + rows;
    let wide = WIDTH * u32::try_from(runs.len())?;
    let mut svg = String::new();
    {
        let lines = wrapped(note.unwrap_or_default(), usize::try_from((wide - 32) / 7)?);
        let note_height = if note.is_some() { NOTE * (u32::try_from(lines.len())? + 1) } else { 0 };
        let root =
            SVGBackend::with_string(&mut svg, (wide, tall + note_height)).into_drawing_area();
        root.fill(&WHITE)?;
        let (months, below) = root.split_vertically(tall);
        for (line, y) in lines.iter().zip((6..).step_by(NOTE as usize)) {
            text(&below, line, (16, y), 14, INK)?;
        }
        let columns = months.split_evenly((1, runs.len()));
        for ((run, column), holds) in runs.iter().zip(&columns).zip(&holds) {
            month(column, run, scale, holds)?;
        }
        root.present()?;
    }
    Ok(svg)
}

fn month(column: &Area<'_>, run: &Lived, scale: &Scale, holds: &[Hold]) -> Drawn<()> {
    parts::bold(column, &run.title, (16, 10), 17)?;
    let (_, rest) = column.split_vertically(TITLE);
    let (disk, rest) = rest.split_vertically(DISK);
    let (network, rest) = rest.split_vertically(NETWORK);
    let (items, below) = rest.split_vertically(ITEMS);
    charts::disk(&disk, run, scale)?;
    charts::network(&network, &run.month, scale)?;
    charts::items(&items, &run.month, scale)?;
    charts::holds(&below, &run.month, scale, holds)
}

/// In lines of so many letters at most.
fn wrapped(words: &str, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= most => {
                *line += " ";
                *line += word;
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

fn gigabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e9
}

/// A step in words.
fn step(step: Step) -> (&'static str, RGBColor) {
    match step {
        Step::Sent => ("safe: sent", RGBColor(0x4f, 0x9d, 0x5b)),
        Step::There => ("safe: the vault had it", RGBColor(0x8f, 0xc9, 0x8b)),
        Step::Freed => ("safe: deleted from the phone", RGBColor(0x3b, 0x7f, 0x86)),
        Step::UnderWay => ("begun, or next in turn", RGBColor(0xf2, 0x8e, 0x2b)),
        Step::Waiting => ("waiting by itself", RGBColor(0xb0, 0x7a, 0xa1)),
        Step::GivenUp => ("given up", RGBColor(0xc8, 0x3e, 0x4d)),
        Step::ToDo => ("to do", RGBColor(0xee, 0xe3, 0xb4)),
    }
}
