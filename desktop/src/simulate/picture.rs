//! The picture of a month: the disk, the networks, the files, and what was waited for.

use keepsake_machine::hold::Hold;
use keepsake_simulator::month::{Hour, Month, Wish};
use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;

type Drawn<T> = Result<T, Box<dyn std::error::Error>>;
/// What is drawn of an hour.
type OfHour = fn(&Hour) -> u64;
type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;
type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

const LIBRARY: RGBColor = RGBColor(0x9e, 0xc1, 0xe6);
const STAGED: RGBColor = RGBColor(0xf2, 0x8e, 0x2b);
const OTHERS: RGBColor = RGBColor(0xd9, 0xd9, 0xd9);
const WIFI: RGBColor = RGBColor(0x4e, 0x79, 0xa7);
const MOBILE: RGBColor = RGBColor(0xe1, 0x57, 0x59);
const SAFE: RGBColor = RGBColor(0x59, 0xa1, 0x4f);
const OPEN: RGBColor = RGBColor(0xed, 0xc9, 0x48);
const MARK: RGBColor = RGBColor(0x55, 0x55, 0x55);

/// As SVG.
pub fn of(title: &str, wish: &Wish, month: &Month) -> Drawn<String> {
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, (1_000, 1_000)).into_drawing_area();
        root.fill(&WHITE)?;
        let root = root.titled(title, ("sans-serif", 18))?;
        let (upper, lower) = root.split_vertically(560);
        let (disk, network) = upper.split_vertically(300);
        let (files, holds) = lower.split_vertically(200);
        draw_disk(&disk, wish, month)?;
        draw_network(&network, month)?;
        draw_files(&files, month)?;
        draw_holds(&holds, month)?;
        root.present()?;
    }
    Ok(svg)
}

#[allow(clippy::trivially_copy_pass_by_ref)] // as the axes want it
fn whole(value: &f64) -> String {
    format!("{value:.0}")
}

/// A colour beside its name.
fn square(colour: RGBColor) -> impl Fn((i32, i32)) -> Rectangle<(i32, i32)> {
    move |(x, y)| Rectangle::new([(x, y - 5), (x + 12, y + 5)], colour.filled())
}

fn name_colours<'a>(chart: &mut Chart<'a, 'a>, at: SeriesLabelPosition) -> Drawn<()> {
    chart
        .configure_series_labels()
        .position(at)
        .background_style(WHITE.mix(0.85))
        .border_style(OTHERS)
        .label_font(("sans-serif", 12))
        .draw()?;
    Ok(())
}

fn days(month: &Month) -> f64 {
    (month.hours.len().max(1) as f64) / 24.0
}

fn day(hour: usize) -> f64 {
    (hour as f64) / 24.0
}

fn gigabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e9
}

fn draw_disk(area: &Area<'_>, wish: &Wish, month: &Month) -> Drawn<()> {
    let top = gigabytes(wish.phone) * 1.02;
    let mut chart = ChartBuilder::on(area)
        .caption("On the phone's disk", ("sans-serif", 15))
        .margin(8)
        .margin_right(28)
        .x_label_area_size(24)
        .y_label_area_size(64)
        .build_cartesian_2d(0.0..days(month), 0.0..top)?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .y_desc("GB")
        .x_labels(16)
        .x_label_formatter(&whole)
        .y_label_formatter(&whole)
        .draw()?;
    let hours = || month.hours.iter().enumerate();
    let layers: [(&str, RGBColor, OfHour); 3] = [
        ("staged on its way", STAGED, |hour| hour.others + hour.library + hour.staged),
        ("the library", LIBRARY, |hour| hour.others + hour.library),
        ("everything else", OTHERS, |hour| hour.others),
    ];
    for (name, colour, of) in layers {
        let points = hours().map(|(at, hour)| (day(at), gigabytes(of(hour))));
        chart
            .draw_series(AreaSeries::new(points, 0.0, colour.filled()))?
            .label(name)
            .legend(square(colour));
    }
    let full = gigabytes(wish.phone);
    chart
        .draw_series(LineSeries::new([(0.0, full), (days(month), full)], BLACK.stroke_width(1)))?
        .label("its size")
        .legend(|(x, y)| PathElement::new([(x, y), (x + 12, y)], BLACK));
    let acts = month.marks.iter().filter(|(_, what)| !what.starts_with("advice"));
    for (at, what) in acts {
        let x = day(*at);
        chart.draw_series(LineSeries::new([(x, 0.0), (x, top)], MARK.stroke_width(1)))?;
        let style = ("sans-serif", 11).into_font().color(&MARK).transform(FontTransform::Rotate90);
        chart.draw_series([Text::new(
            what.clone(),
            (x + days(month) * 0.012, top * 0.98),
            style,
        )])?;
    }
    name_colours(&mut chart, SeriesLabelPosition::LowerRight)
}

fn draw_network(area: &Area<'_>, month: &Month) -> Drawn<()> {
    let most = month.hours.iter().map(|hour| {
        let moved = hour.moved;
        (moved.down_wifi + moved.down_mobile).max(moved.up_wifi + moved.up_mobile)
    });
    let top = gigabytes(most.max().unwrap_or(0)).max(0.1) * 1.1;
    let mut chart = ChartBuilder::on(area)
        .caption(
            "Down from iCloud (above) and up to the vault (below), an hour",
            ("sans-serif", 15),
        )
        .margin(8)
        .margin_right(28)
        .x_label_area_size(24)
        .y_label_area_size(64)
        .build_cartesian_2d(0.0..days(month), -top..top)?;
    let label = |y: &f64| if top < 5.0 { format!("{:.1}", y.abs()) } else { whole(&y.abs()) };
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .y_desc("GB")
        .y_label_formatter(&label)
        .x_labels(16)
        .x_label_formatter(&whole)
        .draw()?;
    for (name, colour, mobile) in [("Wi-Fi", WIFI, false), ("mobile data", MOBILE, true)] {
        let bars = month.hours.iter().enumerate().flat_map(|(at, hour)| {
            let moved = hour.moved;
            let (down, up) = if mobile {
                (moved.down_mobile, moved.up_mobile)
            } else {
                (moved.down_wifi, moved.up_wifi)
            };
            let bar = |from: f64, to: f64| {
                Rectangle::new([(day(at), from), (day(at + 1), to)], colour.filled())
            };
            [bar(0.0, gigabytes(down)), bar(-gigabytes(up), 0.0)]
        });
        chart.draw_series(bars)?.label(name).legend(square(colour));
    }
    name_colours(&mut chart, SeriesLabelPosition::UpperRight)
}

fn draw_files(area: &Area<'_>, month: &Month) -> Drawn<()> {
    let most = month.hours.iter().map(|hour| hour.safe + hour.open).max().unwrap_or(1).max(1);
    let mut chart = ChartBuilder::on(area)
        .caption("Files", ("sans-serif", 15))
        .margin(8)
        .margin_right(28)
        .x_label_area_size(24)
        .y_label_area_size(64)
        .build_cartesian_2d(0.0..days(month), 0.0..most as f64 * 1.05)?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .x_labels(16)
        .x_label_formatter(&whole)
        .y_label_formatter(&whole)
        .draw()?;
    for (name, colour, all) in [("not yet", OPEN, true), ("safe", SAFE, false)] {
        let points = month
            .hours
            .iter()
            .enumerate()
            .map(|(at, hour)| (day(at), (hour.safe + if all { hour.open } else { 0 }) as f64));
        chart
            .draw_series(AreaSeries::new(points, 0.0, colour.filled()))?
            .label(name)
            .legend(square(colour));
    }
    name_colours(&mut chart, SeriesLabelPosition::LowerRight)
}

/// One band for each hold that was ever in force.
fn draw_holds(area: &Area<'_>, month: &Month) -> Drawn<()> {
    let ever = |hold: &Hold| month.hours.iter().any(|hour| hour.holds.has(*hold));
    let holds: Vec<Hold> = Hold::ALL.into_iter().filter(ever).collect();
    let rows = holds.len().max(1) as f64;
    let mut chart = ChartBuilder::on(area)
        .caption("What it waited for", ("sans-serif", 15))
        .margin(8)
        .margin_right(28)
        .x_label_area_size(36)
        .y_label_area_size(64)
        .build_cartesian_2d(0.0..days(month), 0.0..rows)?;
    chart
        .configure_mesh()
        .disable_mesh()
        .y_labels(0)
        .x_labels(16)
        .x_label_formatter(&whole)
        .x_desc("day")
        .draw()?;
    for (row, hold) in holds.iter().enumerate() {
        let below = rows - row as f64 - 0.8;
        let bands = month.hours.iter().enumerate().filter(|(_, hour)| hour.holds.has(*hold));
        chart.draw_series(bands.map(|(at, _)| {
            Rectangle::new([(day(at), below), (day(at + 1), below + 0.6)], LIBRARY.filled())
        }))?;
        let name = crate::words::hold(*hold).to_owned();
        let style = ("sans-serif", 12).into_font().color(&BLACK);
        chart.draw_series([Text::new(name, (days(month) * 0.005, below + 0.5), style)])?;
    }
    Ok(())
}
