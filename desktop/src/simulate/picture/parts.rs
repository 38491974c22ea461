//! What the charts are made of: text, legends above the data, axes, nights.

use super::{Drawn, Scale};
use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::FontStyle;

pub type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
pub type Chart<'a, 'b> =
    ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

pub const INK: RGBColor = RGBColor(0x33, 0x33, 0x33);
const FAINT: RGBColor = RGBColor(0xe4, 0xe4, 0xe4);
const NIGHT: RGBColor = RGBColor(0xf1, 0xf4, 0xf9);
/// Left and right of every chart.
const LEFT: u32 = 46;
const RIGHT: i32 = 24;
/// Nights of more days are too narrow to be seen.
const NIGHTS: usize = 40 * 24;

/// How something looks in a legend.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Sign {
    Square(RGBColor),
    Line(RGBColor),
    Circle(RGBColor),
    Triangle(RGBColor),
}

/// Words, from their upper left corner.
pub fn text(
    area: &Area<'_>,
    words: &str,
    at: (i32, i32),
    size: i32,
    colour: RGBColor,
) -> Drawn<()> {
    let style = ("sans-serif", size).into_font().color(&colour);
    area.draw(&Text::new(words.to_owned(), at, style))?;
    Ok(())
}

/// The same in bold.
pub fn bold(area: &Area<'_>, words: &str, at: (i32, i32), size: i32) -> Drawn<()> {
    let style = ("sans-serif", size, FontStyle::Bold).into_font().color(&INK);
    area.draw(&Text::new(words.to_owned(), at, style))?;
    Ok(())
}

/// A mark, at its middle.
pub fn sign(area: &Area<'_>, sign: Sign, (x, y): (i32, i32)) -> Drawn<()> {
    match sign {
        Sign::Square(colour) => {
            area.draw(&Rectangle::new([(x - 5, y - 5), (x + 5, y + 5)], colour.filled()))?;
        }
        Sign::Line(colour) => {
            area.draw(&PathElement::new([(x - 6, y), (x + 6, y)], colour.stroke_width(2)))?;
        }
        Sign::Circle(colour) => area.draw(&Circle::new((x, y), 5, colour.filled()))?,
        Sign::Triangle(colour) => {
            area.draw(&TriangleMarker::new((x, y + 1), 6, colour.filled()))?;
        }
    }
    Ok(())
}

/// A caption with its legend in lines below it; gives the height of both.
pub fn header(area: &Area<'_>, caption: &str, legend: &[(Sign, &str)]) -> Drawn<i32> {
    bold(area, caption, (16, 4), 16)?;
    let right = i32::try_from(area.dim_in_pixel().0)? - RIGHT;
    let (mut x, mut y) = (22, 32);
    for (mark, words) in legend {
        let width = 24 + i32::try_from(words.chars().count())? * 27 / 4;
        if x + width > right {
            (x, y) = (22, y + 18);
        }
        sign(area, *mark, (x, y))?;
        text(area, words, (x + 11, y - 6), 14, INK)?;
        x += width;
    }
    Ok(y + 14)
}

/// A chart below its header: nights shaded, axes and faint lines.
pub fn chart<'a, 'b>(
    area: &'a Area<'b>,
    (top, bottom): (i32, u32),
    (low, high): (f64, f64),
    scale: &Scale,
    unit: Option<&str>,
) -> Drawn<Chart<'a, 'b>> {
    let mut chart = ChartBuilder::on(area)
        .margin_top(top)
        .margin_left(8)
        .margin_right(RIGHT)
        .x_label_area_size(bottom)
        .y_label_area_size(LEFT)
        .build_cartesian_2d(0.0..scale.end(), low..high)?;
    if scale.hours <= NIGHTS {
        for day in 0..=scale.hours / 24 {
            let hours =
                [(day * 24).saturating_sub(2), day * 24 + 7].map(|hour| hour.min(scale.hours));
            let [from, to] = hours.map(|hour| scale.at(hour));
            chart.draw_series([Rectangle::new([(from, low), (to, high)], NIGHT.filled())])?;
        }
    }
    let whole = |value: &f64| {
        if (value - value.round()).abs() < 1e-6 { format!("{value:.0}") } else { String::new() }
    };
    let amount = |value: &f64| {
        if high < 5.0 { format!("{:.1}", value.abs()) } else { format!("{:.0}", value.abs()) }
    };
    let mut mesh = chart.configure_mesh();
    mesh.disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(FAINT)
        .axis_style(RGBColor(0x99, 0x99, 0x99))
        .label_style(("sans-serif", 14).into_font().color(&INK))
        .x_labels(if scale.days { 16 } else { 10 })
        .x_label_formatter(&whole)
        .y_labels(if unit.is_some() { 0 } else { 7 })
        .y_label_formatter(&amount);
    if let Some(unit) = unit {
        mesh.disable_y_mesh().x_desc(unit);
    }
    mesh.draw()?;
    Ok(chart)
}
