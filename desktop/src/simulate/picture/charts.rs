//! The four charts of a month.

use super::parts::{Area, Chart, INK, Sign, chart, header, sign, text};
use super::{Drawn, Scale, gigabytes, step};
use crate::simulate::Lived;
use keepsake_machine::hold::Hold;
use keepsake_machine::status::Advice;
use keepsake_simulator::month::{Hour, Mark, Month, Step};
use plotters::prelude::*;

const LIBRARY: RGBColor = RGBColor(0x9e, 0xc1, 0xe6);
const STAGED: RGBColor = RGBColor(0xf2, 0x8e, 0x2b);
const OTHERS: RGBColor = RGBColor(0xcf, 0xcf, 0xcf);
const WIFI: RGBColor = RGBColor(0x4e, 0x79, 0xa7);
const MOBILE: RGBColor = RGBColor(0xe1, 0x57, 0x59);
const RESERVE: RGBColor = RGBColor(0xc8, 0x3e, 0x4d);
/// Of holds, in the order in which they are drawn.
const BANDS: [RGBColor; 6] = [
    RGBColor(0x4e, 0x79, 0xa7),
    RGBColor(0xf2, 0x8e, 0x2b),
    RGBColor(0x9c, 0x75, 0x5f),
    RGBColor(0xb0, 0x7a, 0xa1),
    RGBColor(0x3b, 0x7f, 0x86),
    RGBColor(0xed, 0xb9, 0x48),
];

/// What is drawn of an hour.
type OfHour<'a> = &'a dyn Fn(&Hour) -> u64;

fn area_of(
    into: &mut Chart<'_, '_>,
    month: &Month,
    scale: &Scale,
    colour: RGBColor,
    of: OfHour<'_>,
) -> Drawn<()> {
    let hours = std::iter::once(&month.before).chain(&month.hours).take(scale.hours + 1);
    let points = hours.enumerate().map(|(at, hour)| (scale.at(at), gigabytes(of(hour))));
    into.draw_series(AreaSeries::new(points, 0.0, colour.filled()))?;
    Ok(())
}

/// The disk, with its reserve and everything that the user did or was told.
pub fn disk(area: &Area<'_>, run: &Lived, scale: &Scale) -> Drawn<()> {
    let (wish, month) = (&run.wish, &run.month);
    let reserve = format!(
        "the reserve: Keepsake leaves {} free, new pictures may not",
        crate::size::bytes(wish.reserve())
    );
    let mut legend = vec![
        (Sign::Square(OTHERS), "system and apps"),
        (Sign::Square(LIBRARY), "the library, Recently Deleted included"),
        (Sign::Square(STAGED), "staged on its way"),
        (Sign::Line(RESERVE), reserve.as_str()),
    ];
    for (_, mark) in &month.marks {
        if !legend.contains(&marked(*mark)) {
            legend.push(marked(*mark));
        }
    }
    let top = header(area, "On the phone’s disk, in GB", &legend)?;
    let full = gigabytes(wish.phone);
    let mut chart = chart(area, (top + LANE, 24), (0.0, full), scale, None)?;
    let layers: [(RGBColor, OfHour<'_>); 3] = [
        (STAGED, &|hour| hour.others + hour.library + hour.staged),
        (LIBRARY, &|hour| hour.others + hour.library),
        (OTHERS, &|hour| hour.others),
    ];
    for (colour, of) in layers {
        area_of(&mut chart, month, scale, colour, of)?;
    }
    let line = gigabytes(wish.phone - wish.reserve());
    chart.draw_series(LineSeries::new(
        [(0.0, line), (scale.end(), line)],
        RESERVE.stroke_width(2),
    ))?;
    let mut free = 0; // pixels from which on the lane is free
    for (at, mark) in month.marks.iter().filter(|(at, _)| *at <= scale.hours) {
        let x = scale.at(*at);
        let line = [(x, 0.0), (x, full)];
        chart.draw_series(LineSeries::new(line, INK.mix(0.45).stroke_width(1)))?;
        let at = chart.backend_coord(&(x, full)).0 - area.get_base_pixel().0;
        let at = at.max(free);
        sign(area, marked(*mark).0, (at, top + LANE / 2 - 1))?;
        free = at + 13;
    }
    Ok(())
}

/// The height of the marks above the disk.
const LANE: i32 = 18;

/// What went over the networks.
pub fn network(area: &Area<'_>, month: &Month, scale: &Scale) -> Drawn<()> {
    let mobile = month.moved.down_mobile + month.moved.up_mobile > 0;
    let mut legend = vec![(Sign::Square(WIFI), "Wi-Fi, at night (shaded)")];
    if mobile {
        legend.push((Sign::Square(MOBILE), "mobile data, by day"));
    }
    let caption = "Down from iCloud (above) and up to the vault (below), in GB an hour";
    let top = header(area, caption, &legend)?;
    let mut chart = chart(area, (top, 24), (-scale.network, scale.network), scale, None)?;
    for (at, hour) in month.hours.iter().enumerate().take(scale.hours) {
        let moved = hour.moved;
        let (from, to) = (scale.at(at), scale.at(at + 1));
        let mut bar = |low: f64, high: f64, colour: RGBColor| {
            let bar = Rectangle::new([(from, low), (to, high)], colour.filled());
            chart.draw_series((low < high).then_some(bar)).map(|_| ())
        };
        let (down, up) = (gigabytes(moved.down_wifi), gigabytes(moved.up_wifi));
        bar(0.0, down, WIFI)?;
        bar(-up, 0.0, WIFI)?;
        bar(down, down + gigabytes(moved.down_mobile), MOBILE)?;
        bar(-up - gigabytes(moved.up_mobile), -up, MOBILE)?;
    }
    let line = [(0.0, 0.0), (scale.end(), 0.0)];
    chart.draw_series(LineSeries::new(line, INK.stroke_width(1)))?;
    Ok(())
}

/// Items by how far they are: by their bytes, since each of them stands for several.
pub fn items(area: &Area<'_>, month: &Month, scale: &Scale) -> Drawn<()> {
    let hours = || std::iter::once(&month.before).chain(&month.hours);
    let steps: Vec<Step> =
        Step::ALL.into_iter().filter(|step| hours().any(|hour| hour.at(*step) > 0)).collect();
    let legend: Vec<_> =
        steps.iter().map(|one| (Sign::Square(step(*one).1), step(*one).0)).collect();
    let top = header(area, "Items by stage, in GB", &legend)?;
    let mut chart = chart(area, (top, 24), (0.0, scale.items), scale, None)?;
    for (place, one) in steps.iter().enumerate().rev() {
        let below = &steps[..=place];
        let sum = |hour: &Hour| below.iter().map(|step| hour.at(*step)).sum();
        area_of(&mut chart, month, scale, step(*one).1, &sum)?;
    }
    Ok(())
}

/// The holds that ever stopped something that is drawn.
pub fn held(month: &Month, scale: &Scale) -> Vec<Hold> {
    let ever = |hold: &Hold| month.hours.iter().take(scale.hours).any(|hour| holds_up(hour, *hold));
    Hold::ALL.into_iter().filter(ever).collect()
}

/// What is safe waits for nothing.
fn holds_up(hour: &Hour, hold: Hold) -> bool {
    hour.holds.has(hold) && hour.safe() < hour.all()
}

/// One band for each hold, below its name.
pub fn holds(area: &Area<'_>, month: &Month, scale: &Scale, holds: &[Hold]) -> Drawn<()> {
    let none = [(Sign::Line(INK), "nothing")];
    let top = header(area, "What it waited for", if holds.is_empty() { &none } else { &[] })?;
    let top = if holds.is_empty() { top } else { top - 18 };
    let rows = holds.len().max(1) as f64;
    let unit = scale.unit();
    let row = i32::try_from(super::ROW)?;
    // A column with fewer bands than the one beside it ends higher.
    let height = top + row * i32::try_from(holds.len().max(1))? + 40;
    let (area, _) = area.split_vertically(height);
    let mut chart = chart(&area, (top, 40), (0.0, rows), scale, Some(&unit))?;
    for (place, hold) in holds.iter().enumerate() {
        let below = rows - place as f64;
        let mut from = None;
        for at in 0..=scale.hours {
            let is =
                at < scale.hours && month.hours.get(at).is_some_and(|hour| holds_up(hour, *hold));
            match (is, from) {
                (true, None) => from = Some(at),
                (false, Some(start)) => {
                    let corners = [(scale.at(start), below - 0.9), (scale.at(at), below - 0.52)];
                    let colour = BANDS[place % BANDS.len()];
                    chart.draw_series([Rectangle::new(corners, colour.filled())])?;
                    from = None;
                }
                _ => {}
            }
        }
        let (x, y) = chart.backend_coord(&(0.0, below));
        let (left, above) = area.get_base_pixel();
        text(&area, crate::words::hold(*hold), (x - left + 4, y - above + 3), 14, INK)?;
    }
    Ok(())
}

fn marked(mark: Mark) -> (Sign, &'static str) {
    let triangle = |red, green, blue| Sign::Triangle(RGBColor(red, green, blue));
    match mark {
        Mark::FreedSpace => (Sign::Circle(STAGED), "you free space"),
        Mark::Emptied => (Sign::Circle(WIFI), "you empty Recently Deleted"),
        Mark::Safe => (Sign::Circle(RGBColor(0x4f, 0x9d, 0x5b)), "everything is safe"),
        Mark::Full => (Sign::Circle(INK), "no room for a picture"),
        Mark::Advised(Advice::UseUnmeteredOnly) => {
            (triangle(0xd3, 0x72, 0x95), "advice: Wi-Fi only")
        }
        Mark::Advised(Advice::KeepOriginals) => {
            (triangle(0x8c, 0x56, 0xa8), "advice: Download and Keep Originals")
        }
        Mark::Advised(Advice::MigrateOrUseMac) => {
            (triangle(0x8c, 0x4a, 0x2f), "advice: free space in turns, or back up from a Mac")
        }
        Mark::Advised(Advice::CheckICloudPhotos) => {
            (triangle(0x6b, 0x6b, 0x6b), "advice: look whether iCloud Photos is on")
        }
        Mark::Advised(Advice::MayTurnOffICloudPhotos) => {
            (triangle(0x2a, 0x9d, 0x8f), "advice: iCloud Photos may be turned off")
        }
    }
}
