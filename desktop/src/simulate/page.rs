//! A page that needs nothing else.

use super::Lived;
use super::picture::{self, Drawn, Scale};
use std::fmt::Write as _; // a String takes everything

/// As HTML: each month with its answers and its picture, all on one scale.
pub fn of(runs: &[Lived], note: Option<&str>) -> Drawn<String> {
    let mut page = String::from(
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\">\n<title>Keepsake: a simulated month</title>\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<style>body{font:16px/1.5 system-ui,sans-serif;\
         color:#222;max-width:1900px;margin:2em auto;padding:0 1em}main{display:grid;gap:1em 2em;\
         grid-template-columns:repeat(auto-fit,minmax(min(100%,640px),1fr))}\
         section{max-width:960px;display:grid;grid-template-rows:auto 1fr auto}svg{width:100%;height:auto}\
         h1{font-size:1.3em}li{margin:.2em 0}small{color:#666}</style>\n<main>\n",
    );
    let scale = Scale::of(runs);
    for run in runs {
        let (items, title) = (run.lines.join("</li>\n<li>"), &run.title);
        let picture = picture::of(std::slice::from_ref(run), &scale, None)?;
        let _ = write!(
            page,
            "<section><h1>{title}</h1>\n<ul>\n<li>{items}</li></ul>\n<div>{picture}</div></section>\n"
        );
    }
    page += "</main>\n";
    if let Some(note) = note {
        let _ = writeln!(page, "<p>{note}</p>");
    }
    page += "<p><small>One seed of Keepsake’s simulator: the machine that backs up real phones, in virtual time. \
             iCloud gives 32 Mbit/s, the vault takes 16 Mbit/s; nothing fails. iOS takes originals back only \
             when the camera has no room. The user takes three pictures a day, and frees space when asked to. \
             Each file stands for several.</small></p>\n</html>\n";
    Ok(page)
}
