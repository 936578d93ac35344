//! Drawing a figure as SVG. Black and grey only, so that print and colour-blind readers lose nothing, and a page can give these few
//! shades others where it is dark.

use std::error::Error;

use plotters::{
    coord::Shift,
    element::{ErrorBar, Rectangle},
    prelude::{ChartBuilder, DrawingArea, IntoDrawingArea as _, IntoFont as _, SVGBackend, TRANSPARENT, Text, WHITE},
    style::{
        IntoTextStyle as _, RGBColor,
        text_anchor::{HPos, Pos, VPos},
    },
};

use super::{
    axis::{Ruler, short},
    mark::{filling, line, mark, sample, stroke},
    plot::{Dash, Figure, Look, Point, Scale, Series},
};

const WIDTH: u32 = 760;
const LEGEND: u32 = 210;
const FONT: &str = "sans-serif";
const GRID: RGBColor = RGBColor(225, 225, 225);

/// The figure as SVG text.
///
/// # Errors
/// [`crate::Error::Internal`] names the figure.
pub fn draw(figure: &Figure) -> Result<String, crate::Error> {
    let svg = paint(figure).map_err(|error| crate::Error::Internal(format!("figure {}: {error}", figure.slug)))?;
    Ok(svg.replacen('>', &format!(" {}", told(figure)), 1))
}

/// What a reader hears who does not see it: the end of the opening tag, then title and description.
fn told(figure: &Figure) -> String {
    let Figure { slug, title, caption, x, y, .. } = figure;
    let count = |series: &Series| match series.points.len() {
        1 => format!("{}, 1 value", series.name),
        count => format!("{}, {count} values", series.name),
    };
    let named: Vec<String> = figure.series.iter().filter(|series| !series.name.is_empty()).map(count).collect();
    let axes = [("Across", x), ("Up", y)].map(|(way, axis)| match &axis.scale {
        Scale::Names(names) => format!("{way}: {}.", names.join(", ")),
        _ => format!("{way}: {}.", axis.label),
    });
    let described = format!("{} Shown: {}. {}", axes.join(" "), named.join("; "), caption.trim());
    format!(
        "role=\"img\" aria-labelledby=\"{slug}-title {slug}-desc\">\n<title id=\"{slug}-title\">{}</title>\n\
         <desc id=\"{slug}-desc\">{}</desc>",
        escape(title),
        escape(described.trim())
    )
}

fn escape(text: &str) -> String {
    // XML has no place for control characters, not even escaped
    let text: String = text.chars().map(|letter| if letter.is_control() { '\u{fffd}' } else { letter }).collect();
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn paint(figure: &Figure) -> Result<String, Box<dyn Error>> {
    let height = match &figure.y.scale {
        Scale::Names(names) => 130 + 24 * names.len() as u32,
        _ => 400,
    };
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, (WIDTH, height)).into_drawing_area();
        root.fill(&WHITE)?;
        let root = root.titled(&figure.title, (FONT, title_size(&figure.title)))?;
        let (panel, margin) = root.split_horizontally(WIDTH - LEGEND);
        chart(figure, &panel)?;
        legend(figure, &margin)?;
        root.present()?;
    }
    Ok(svg)
}

/// A long title is set smaller, so that its end is not cut off.
fn title_size(title: &str) -> u32 {
    const FITTING: u32 = 80;
    (17 * FITTING / (title.chars().count() as u32).max(FITTING)).max(11)
}

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

fn chart(figure: &Figure, area: &Area<'_>) -> Result<(), Box<dyn Error>> {
    let points = || figure.series.iter().flat_map(|series| &series.points);
    // where the vertical axis has names, spreads lie along the horizontal one
    let is_sideways = matches!(figure.y.scale, Scale::Names(_));
    let along = |of: fn(&Point) -> f64, has_spread: bool| -> Vec<f64> {
        let spread = |point: &Point| point.spread.filter(|_| has_spread).map(|(low, high)| [low, high]);
        points().flat_map(|point| spread(point).into_iter().flatten().chain([of(point)])).collect()
    };
    let x = Ruler::new(&figure.x, &along(|point| point.x, is_sideways));
    let y = Ruler::new(&figure.y, &along(|point| point.y, !is_sideways));
    let longest = y.ticks.iter().map(|tick| y.text(*tick).chars().count()).max().unwrap_or(0) as u32;
    let mut chart = ChartBuilder::on(area)
        .margin(8)
        .x_label_area_size(44)
        .y_label_area_size(30 + 8 * longest)
        .build_cartesian_2d(x.clone(), y.clone())?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(GRID)
        .x_desc(figure.x.label.as_str())
        .y_desc(figure.y.label.as_str())
        .label_style((FONT, 14))
        .axis_desc_style((FONT, 15))
        .draw()?;
    let panel = chart.plotting_area();
    if figure.diagonal {
        let ends = [x.ends.0.max(y.ends.0), x.ends.1.min(y.ends.1)].map(|end| (end, end));
        panel.draw(&line(ends.into(), Dash::Dashed))?;
    }
    for series in &figure.series {
        let placed = |point: &Point| (x.place(point.x), y.place(point.y));
        if let Look::Bars(shade, width) = series.look {
            for point in &series.points {
                let corners = [(point.x - width / 2.0, y.ends.0), (point.x + width / 2.0, y.place(point.y))];
                panel.draw(&Rectangle::new(corners, filling(shade)))?;
                panel.draw(&Rectangle::new(corners, stroke(1)))?;
            }
        }
        if let Look::Joined(_, dash) | Look::Line(dash) = series.look {
            panel.draw(&line(series.points.iter().map(placed).collect(), dash))?;
        }
        if let Look::Levels(width) = series.look {
            for point in &series.points {
                let ends = [point.x - width / 2.0, point.x + width / 2.0].map(|end| (end, y.place(point.y)));
                panel.draw(&line(ends.into(), Dash::Dashed))?;
            }
        }
        for point in &series.points {
            let (px, py) = placed(point);
            match point.spread {
                Some((low, high)) if is_sideways => {
                    panel.draw(&ErrorBar::new_horizontal(py, x.place(low), px, x.place(high), stroke(1), 5))?;
                }
                Some((low, high)) => {
                    panel.draw(&ErrorBar::new_vertical(px, y.place(low), py, y.place(high), stroke(1), 5))?;
                }
                None => {}
            }
        }
        if let Look::Points(marker) | Look::Joined(marker, _) = series.look {
            for point in &series.points {
                panel.draw(&mark(placed(point), marker, is_sideways))?;
            }
        }
        // a value beyond the axis stands at its edge, in words
        for point in series.points.iter().filter(|_| !figure.diagonal) {
            let (value, is_beyond) =
                if is_sideways { (point.x, x.is_beyond(point.x)) } else { (point.y, y.is_beyond(point.y)) };
            if is_beyond {
                let is_below = is_sideways && x.place(point.x) <= x.ends.0;
                let side = match (is_sideways, is_below) {
                    (true, true) => HPos::Left,
                    (true, false) => HPos::Right,
                    (false, _) => HPos::Center,
                };
                let style = (FONT, 12).into_font().into_text_style(area).pos(Pos::new(side, VPos::Bottom));
                let value = short(value.round());
                let words = match (is_sideways, is_below) {
                    (true, true) => format!("←{value}"),
                    (true, false) => format!("{value}→"),
                    (false, _) => format!("{value}↑"),
                };
                panel.draw(&Text::new(words, placed(point), style))?;
            }
        }
    }
    Ok(())
}

fn legend(figure: &Figure, area: &Area<'_>) -> Result<(), Box<dyn Error>> {
    let style = (FONT, 14).into_font().into_text_style(area).pos(Pos::new(HPos::Left, VPos::Center));
    let is_sideways = matches!(figure.y.scale, Scale::Names(_));
    // a series without a name is explained by another one
    for (row, series) in figure.series.iter().filter(|series| !series.name.is_empty()).enumerate() {
        let middle = (20, 20 + 22 * row as i32);
        for element in sample(series.look, middle, is_sideways) {
            area.draw(&element)?;
        }
        area.draw(&Text::new(series.name.as_str(), (middle.0 + 22, middle.1), style.clone()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use quick_xml::{Reader, events::Event};

    use super::*;
    use crate::figure::{Axis, Marker, Shade};

    /// The texts of a drawing; fails if it is not well-formed.
    fn texts(svg: &str) -> Vec<String> {
        let mut reader = Reader::from_str(svg);
        reader.config_mut().check_end_names = true;
        let mut texts = Vec::new();
        let mut text = String::new();
        loop {
            match reader.read_event().expect("a drawing is well-formed XML") {
                Event::Text(part) => text.push_str(&part),
                Event::GeneralRef(name) => text.push_str(match &*name {
                    "amp" => "&",
                    "lt" => "<",
                    "gt" => ">",
                    "quot" => "\"",
                    "apos" => "'",
                    other => panic!("unknown entity {other}"),
                }),
                Event::End(_) => texts.push(std::mem::take(&mut text).trim().to_owned()),
                Event::Eof => return texts,
                _ => {}
            }
        }
    }

    fn figure(looks: &[Look], y: Scale, values: &[f64]) -> Figure {
        let points =
            |(value, x): (&f64, i32)| Point { x: f64::from(x), y: *value, spread: Some((value - 1.0, value + 1.0)) };
        let series = looks.iter().enumerate().map(|(index, look)| {
            Series::new(format!("series <{index}> & \"co\""), *look, values.iter().zip(0..).map(points).collect())
        });
        Figure {
            slug: "f".to_owned(),
            title: "Errors & lives: virtual cells".to_owned(),
            caption: String::new(),
            x: Axis::new("cells < 5", Scale::Linear),
            y: Axis::new("RMSE / cycles", y),
            series: series.collect(),
            diagonal: false,
        }
    }

    const LOOKS: [Look; 6] = [
        Look::Bars(Shade::Medium, 0.5),
        Look::Points(Marker::Cross),
        Look::Joined(Marker::Diamond, Dash::Dashed),
        Look::Joined(Marker::Ring, Dash::Dotted),
        Look::Line(Dash::Solid),
        Look::Levels(0.8),
    ];

    #[test]
    fn a_drawing_is_well_formed_and_says_what_it_shows() {
        for scale in [Scale::FromZero, Scale::Linear, Scale::Log2, Scale::Log10] {
            let figure = figure(&LOOKS, scale, &[3.0, 8.0, 5.0]);
            let texts = texts(&draw(&figure).unwrap());
            let expected = [&figure.title, &figure.x.label, &figure.y.label];
            for words in expected.into_iter().chain(figure.series.iter().map(|series| &series.name)) {
                assert!(texts.contains(words), "{words} is not in {texts:?}");
            }
        }
    }

    #[test]
    fn senseless_values_and_no_values_are_drawn_too() {
        for values in [&[][..], &[1.0], &[0.0, 0.0], &[1e300, -1e300, 1.0], &[f64::NAN, 2.0]] {
            for scale in [Scale::FromZero, Scale::Linear, Scale::Log2, Scale::Log10, Scale::Names(vec!["a".to_owned()])]
            {
                texts(&draw(&figure(&LOOKS, scale, values)).unwrap());
            }
        }
    }

    #[test]
    fn every_marker_is_drawn_differently() {
        let markers = [
            Marker::Disc,
            Marker::Ring,
            Marker::Square,
            Marker::OpenSquare,
            Marker::Triangle,
            Marker::OpenTriangle,
            Marker::Diamond,
            Marker::OpenDiamond,
            Marker::Cross,
            Marker::Tick,
        ];
        let drawn: Vec<String> = markers
            .iter()
            .map(|marker| draw(&figure(&[Look::Points(*marker)], Scale::Linear, &[1.0])).unwrap())
            .collect();
        for (index, one) in drawn.iter().enumerate() {
            assert!(!drawn[..index].contains(one), "{:?}", markers[index]);
        }
    }

    #[test]
    fn a_runaway_stands_at_the_edge_with_its_value() {
        let figure = figure(&[Look::Points(Marker::Disc)], Scale::FromZero, &[10.0, 11.0, 12.0, 1e6]);
        assert!(texts(&draw(&figure).unwrap()).contains(&"1e6↑".to_owned()));
    }
}
