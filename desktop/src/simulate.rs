//! `keepsake simulate`: a month of a phone that does not exist, so that people see what theirs would do.

mod answers;
mod page;
mod picture;

use crate::cli::Simulate;
use crate::summary::Exit;
use crate::{Failure, size};
use answers::{answers, no_room, title};
use keepsake_simulator::month::{Month, Wish, live};
use std::path::Path;

/// Runs it.
pub fn run(args: &Simulate) -> Result<Exit, Failure> {
    let form = Form::of(&args.out)?;
    if args.phone < LEAST_PHONE || args.library < LEAST_LIBRARY {
        return Err(Failure::wrong(
            "a phone has at least 4 GB, a library 1 GB: --phone 128GB --library 50GB".into(),
        ));
    }
    if args.library > args.phone.saturating_mul(MOST) {
        return Err(Failure::wrong(format!(
            "a library of {} is more than {MOST} phones of {}: choose a larger --phone",
            size::bytes(args.library),
            size::bytes(args.phone)
        )));
    }
    let wish = Wish {
        phone: args.phone,
        library: args.library,
        optimised: args.optimised,
        mobile: args.mobile,
        days: args.days,
        seed: args.seed,
    };
    if !wish.optimised && !wish.originals_fit() {
        return Err(Failure::wrong(format!("{}: add --optimised", no_room(&wish))));
    }
    let first = Lived::through(wish);
    let (runs, note) = match beside(&first) {
        Ok(second) => (vec![first, second], None),
        Err(why) => (vec![first], Some(why)),
    };
    let text = match form {
        Form::Page => page::of(&runs, note.as_deref()),
        Form::Picture => picture::of(&runs, &picture::Scale::of(&runs), note.as_deref()),
    };
    let text = text.map_err(|why| Failure::wrong(why.to_string()))?;
    std::fs::write(&args.out, &text).map_err(|why| {
        Failure::wrong(format!("{} cannot be written: {why}", args.out.display()))
    })?;
    for run in &runs {
        say!("{}", run.title);
        for line in &run.lines {
            say!("  {line}");
        }
    }
    if let Some(note) = note {
        say!("{note}");
    }
    say!("Drawn: {}", args.out.display());
    Ok(Exit::Safe)
}

/// A month, and what is said of it.
struct Lived {
    wish: Wish,
    month: Month,
    title: String,
    lines: Vec<String>,
}

impl Lived {
    fn through(wish: Wish) -> Lived {
        let month = live(&wish);
        let (title, lines) = (title(&wish), answers(&wish, &month));
        Lived { wish, month, title, lines }
    }
}

/// The same phone with the other setting of iCloud Photos, or why there is nothing to compare.
fn beside(first: &Lived) -> Result<Lived, String> {
    let wish = &first.wish;
    let other = Wish { optimised: !wish.optimised, ..wish.clone() };
    let setting = answers::setting(other.optimised);
    if !other.optimised && !other.originals_fit() {
        return Err(format!("“{setting}” is not drawn beside it: {}.", no_room(&other)));
    }
    let second = Lived::through(other);
    if first.month.in_cloud == 0 && second.month.in_cloud == 0 {
        return Err(format!(
            "“{setting}” is not drawn beside it: it would change nothing, there is room for every original."
        ));
    }
    Ok(second)
}

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Page,
    Picture,
}

impl Form {
    /// What the name asks for: no name gets what it does not say.
    fn of(out: &Path) -> Result<Form, Failure> {
        let Some(ending) = out.extension() else { return Ok(Form::Page) };
        match ending.to_ascii_lowercase().to_str() {
            Some("html" | "htm") => Ok(Form::Page),
            Some("svg") => Ok(Form::Picture),
            _ => {
                let svg = out.with_extension("svg");
                let (out, svg) = (out.display(), svg.display());
                Err(Failure::wrong(format!(
                    "{out} is not drawn: a page ends in .html, a picture in .svg. For a PNG: --out {svg}, then \
                     rsvg-convert {svg} -o {out}"
                )))
            }
        }
    }
}

/// No phone is smaller.
const LEAST_PHONE: u64 = 4_000_000_000;
/// No library is smaller.
const LEAST_LIBRARY: u64 = 1_000_000_000;
/// A library is no larger than so many phones: its files, each of which stands for many, would not fit.
const MOST: u64 = 8;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Cli, Command};
    use clap::Parser;

    fn parsed(line: &str) -> Simulate {
        let words = ["keepsake", "simulate"].into_iter().chain(line.split_whitespace());
        match Cli::try_parse_from(words).unwrap().command {
            Command::Simulate(args) => args,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_command_that_people_are_told_is_understood() {
        let args = parsed("--phone 64GB --library 200GB --optimised --wifi-at-night --days 30");
        assert!(args.wifi_at_night && args.optimised && !args.mobile);
        assert!(parsed("--wifi-at-night --mobile").mobile, "Wi-Fi at night, mobile data by day");
    }

    #[test]
    fn a_name_gets_what_it_says_or_is_refused_with_what_to_do() {
        assert!(Form::of(Path::new("month.html")).is_ok_and(|form| form == Form::Page));
        assert!(Form::of(Path::new("month.HTM")).is_ok_and(|form| form == Form::Page));
        assert!(Form::of(Path::new("month")).is_ok_and(|form| form == Form::Page));
        assert!(Form::of(Path::new("a/month.svg")).is_ok_and(|form| form == Form::Picture));
        for name in ["month.png", "month.pdf", "month."] {
            let why =
                Form::of(Path::new(name)).err().map(|failure| failure.why).unwrap_or_default();
            assert!(why.contains(name) && why.contains("--out month.svg"), "{why}");
        }
    }

    fn wish(phone: u64, library: u64, optimised: bool) -> Wish {
        let (phone, library) = (phone * 1_000_000_000, library * 1_000_000_000);
        Wish { phone, library, optimised, mobile: false, days: 2, seed: 1 }
    }

    #[test]
    fn a_comparison_that_makes_no_sense_is_dropped_with_its_reason() {
        let why = beside(&Lived::through(wish(64, 200, true))).err().unwrap();
        assert!(why.contains("Download and Keep Originals") && why.contains("16 GB"), "{why}");
        let why = beside(&Lived::through(wish(128, 10, false))).err().unwrap();
        assert!(why.contains("Optimise iPhone Storage") && why.contains("nothing"), "{why}");
    }

    #[test]
    fn both_runs_are_in_one_picture_with_reserve_advice_and_steps() {
        let first = Lived::through(wish(128, 60, true));
        let second = beside(&first).unwrap_or_else(|why| panic!("{why}"));
        let runs = [first, second];
        let svg = picture::of(&runs, &picture::Scale::of(&runs), None).unwrap();
        for part in ["Optimise", "Keep Originals", "reserve", "advice", "sent", "to do"] {
            assert!(svg.contains(part), "{part}");
        }
        let page = page::of(&runs, None).unwrap();
        assert_eq!(page.matches("<svg").count(), 2);
    }
}
