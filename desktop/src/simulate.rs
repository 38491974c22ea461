//! `keepsake simulate`: a month of a phone that does not exist, so that people see what theirs would do.

mod picture;

use crate::cli::Simulate;
use crate::summary::Exit;
use crate::{Failure, size};
use keepsake_simulator::month::{Month, Wish, live};
use std::fmt::Write as _; // a String takes everything
use std::path::Path;

/// Runs it.
pub fn run(args: &Simulate) -> Result<Exit, Failure> {
    if args.phone < LEAST || args.library < LEAST {
        return Err(Failure::wrong(
            "a phone and a library have at least 1 GB: --phone 128GB --library 50GB".into(),
        ));
    }
    if args.library > args.phone.saturating_mul(MOST) {
        return Err(Failure::wrong(format!(
            "a library of {} is more than {MOST} phones of {}: choose a larger --phone",
            size::bytes(args.library),
            size::bytes(args.phone)
        )));
    }
    if !args.optimised && args.library > args.phone / 2 {
        return Err(Failure::wrong(format!(
            "a library of {} does not lie on a phone of {}: add --optimised",
            size::bytes(args.library),
            size::bytes(args.phone)
        )));
    }
    let form = Form::of(&args.out)?;
    let wish = Wish {
        phone: args.phone,
        library: args.library,
        optimised: args.optimised,
        mobile: args.mobile,
        days: args.days,
        seed: args.seed,
    };
    let month = live(&wish);
    let title = title(&wish);
    let picture =
        picture::of(&title, &wish, &month).map_err(|why| Failure::wrong(why.to_string()))?;
    let lines = answers(&wish, &month);
    // What it would be with the originals on the phone, where they have room.
    let other = Wish { optimised: !wish.optimised, ..wish.clone() };
    let possible = other.optimised || wish.library <= wish.phone / 2;
    let beside = possible
        .then(|| live(&other))
        .map(|month| (self::title(&other), answers(&other, &month), month));
    let text = if form == Form::Page {
        let beside = match &beside {
            Some((title, lines, month)) => {
                let picture = picture::of(title, &other, month)
                    .map_err(|why| Failure::wrong(why.to_string()))?;
                Some((title.as_str(), lines.as_slice(), picture))
            }
            None => None,
        };
        page(&title, &lines, &picture, beside.as_ref())
    } else {
        picture
    };
    write(&args.out, &text)?;
    say!("{title}");
    for line in &lines {
        say!("  {line}");
    }
    if let Some((title, lines, _)) = &beside {
        say!("{title}");
        for line in lines {
            say!("  {line}");
        }
    }
    say!("Drawn: {}", args.out.display());
    Ok(Exit::Safe)
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

/// No phone and no library is smaller.
const LEAST: u64 = 1_000_000_000;
/// A library is no larger than so many phones: its files, each of which stands for many, would not fit.
const MOST: u64 = 8;

fn title(wish: &Wish) -> String {
    format!(
        "A phone of {}, a library of {}, {}, {}",
        size::bytes(wish.phone),
        size::bytes(wish.library),
        if wish.optimised { "Optimise iPhone Storage" } else { "Download and Keep Originals" },
        if wish.mobile { "mobile data too" } else { "Wi-Fi at night" },
    )
}

/// What people ask.
fn answers(wish: &Wish, month: &Month) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(hour) = month.safe_at {
        lines.push(format!("Everything is safe after {}.", days(hour)));
    } else {
        let safe = month.hours.last().map_or(0, |hour| hour.safe_bytes);
        lines.push(format!(
            "Not everything is safe after {}: {}.",
            size::counted(wish.days.into(), "day"),
            size::bytes(safe)
        ));
    }
    if month.freed > 0 {
        lines.push(format!(
            "You are asked to free space {}, and to empty Recently Deleted each time.",
            match month.freed {
                1 => "once".to_owned(),
                times => format!("{times} times"),
            }
        ));
    }
    let moved = month.moved;
    lines.push(format!(
        "Downloaded from iCloud: {} over Wi-Fi, {} over mobile data.",
        size::bytes(moved.down_wifi),
        size::bytes(moved.down_mobile)
    ));
    lines.push(format!(
        "Uploaded: {} over Wi-Fi, {} over mobile data.",
        size::bytes(moved.up_wifi),
        size::bytes(moved.up_mobile)
    ));
    lines
}

fn days(hour: usize) -> String {
    match (hour / 24, hour % 24) {
        (0, hours) => size::counted(hours as u64 + 1, "hour"),
        (days, _) => size::counted(days as u64 + 1, "day"),
    }
}

/// A page that needs nothing else.
fn page(
    title: &str,
    lines: &[String],
    picture: &str,
    beside: Option<&(&str, &[String], String)>,
) -> String {
    let mut page = String::from(
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\">\n<title>Keepsake: a simulated month</title>\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<style>body{font:16px/1.5 system-ui,sans-serif;\
         color:#222;max-width:1000px;margin:2em auto;padding:0 1em}svg{width:100%;height:auto}\
         h1{font-size:1.3em}li{margin:.2em 0}small{color:#666}</style>\n",
    );
    let mut part = |title: &str, lines: &[String], picture: &str| {
        let items = lines.join("</li>\n<li>");
        let _ = write!(page, "<h1>{title}</h1>\n<ul>\n<li>{items}</li></ul>\n{picture}\n");
    };
    part(title, lines, picture);
    if let Some((title, lines, picture)) = beside {
        part(title, lines, picture);
    }
    page += "<p><small>One seed of Keepsake’s simulator: the machine that backs up real phones, in virtual time. \
             iCloud gives 32 Mbit/s and takes nothing back, the vault takes 16 Mbit/s; nothing fails. Each file \
             stands for several.</small></p>\n</html>\n";
    page
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(path, text)
        .map_err(|why| Failure::wrong(format!("{} cannot be written: {why}", path.display())))
}

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
            let why = Form::of(Path::new(name)).err().map(|failure| failure.why).unwrap_or_default();
            assert!(why.contains(name) && why.contains("--out month.svg"), "{why}");
        }
    }
}
