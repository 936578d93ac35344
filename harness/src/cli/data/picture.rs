//! The pictures of `batlinet data show`: how a cell's capacity fades, and its voltage over capacity in some cycles.

use std::path::{Path, PathBuf};

use crate::cli::failure::Failure;
use cells::cell::least_current;
use cells::cell::{Cell, Cycle, LifeRecord, Origin};
use record::files::write_whole;
use report::csv;
use report::figure::{self, Axis, Dash, Figure, Look, Marker, Point, Scale, Series};

/// Halves of a cycle, as they are called in tables.
const CHARGE: &str = "charge";
const DISCHARGE: &str = "discharge";

/// Points of a line; more cannot be told apart on paper.
const POINTS: usize = 400;

/// Marks on a curve, by which curves are told apart without colour.
const MARKS: usize = 7;

/// What marks the cycles, in their order; so many can be shown at once.
const MARKERS: [Marker; 8] = [
    Marker::Disc,
    Marker::Ring,
    Marker::Square,
    Marker::OpenSquare,
    Marker::Triangle,
    Marker::OpenTriangle,
    Marker::Diamond,
    Marker::OpenDiamond,
];

/// Positions of the cycles to show: those asked for, else the first, the tenth, the hundredth and the last at hand.
///
/// # Errors
/// [`Failure::Usage`] for a position that the cell does not have, and for too many.
pub(super) fn chosen(cell: &Cell, asked: &[usize]) -> Result<Vec<usize>, Failure> {
    let held = cell.cycles().len();
    if let Some(beyond) = asked.iter().find(|&&position| position >= held) {
        return Err(Failure::Usage(format!(
            "--cycles: cell {} has {held} cycles in detail, at positions 0 to {}: there is none at {beyond}",
            cell.id(),
            held.saturating_sub(1)
        )));
    }
    if asked.len() > MARKERS.len() {
        return Err(Failure::Usage(format!(
            "--cycles: {} curves cannot be told apart, give {} at most",
            asked.len(),
            MARKERS.len()
        )));
    }
    let mut positions: Vec<usize> = if asked.is_empty() {
        [Some(0), Some(9), Some(99), held.checked_sub(1)].into_iter().flatten().filter(|&p| p < held).collect()
    } else {
        asked.to_vec()
    };
    positions.sort_unstable();
    positions.dedup();
    Ok(positions)
}

/// Writes both pictures as SVG, and as CSV the capacities and every sample of the chosen cycles, into `folder`; returns
/// the files.
///
/// # Errors
/// As [`chosen`], and [`Failure::Usage`] if a file cannot be written.
pub(super) fn write(cell: &Cell, cycles: &[usize], folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    let cycles = chosen(cell, cycles)?;
    let (fade, curves) = (fade(cell), curves(cell, &cycles));
    let tables = [csv::figure(&fade)?, table(cell, &cycles).into_bytes()];
    for (figure, table) in [fade, curves].into_iter().zip(tables) {
        if figure.is_empty() {
            continue;
        }
        let path = |ending: &str| folder.join(format!("{}.{ending}", figure.slug));
        for (path, bytes) in [(path("svg"), figure::draw(&figure)?.into_bytes()), (path("csv"), table)] {
            write_whole(&path, &bytes)?;
            files.push(path);
        }
    }
    Ok(files)
}

/// Every sample of these cycles that belongs to a half, as CSV: V, A and Ah of its own half.
fn table(cell: &Cell, positions: &[usize]) -> String {
    let mut text = "position,cycle,half,capacity_ah,voltage_v,current_a\n".to_owned();
    for &position in positions {
        let cycle = &cell.cycles()[position];
        for (half, capacity, voltage, current) in samples(cell, cycle) {
            text.push_str(&format!("{position},{},{half},{capacity},{voltage},{current}\n", cycle.number));
        }
    }
    text
}

/// The samples of a cycle that belong to a half, with its name: Ah of this half, V, A.
fn samples<'a>(cell: &Cell, cycle: &'a Cycle) -> impl Iterator<Item = (&'static str, f64, f64, f64)> + use<'a> {
    let least = least_current(cell.info().nominal_capacity);
    cycle.voltage.iter().zip(&cycle.current).enumerate().filter_map(move |(sample, (&voltage, &current))| {
        let (half, capacity) = match cycle.charge_capacity.as_ref() {
            Some(charged) if current > least => (CHARGE, charged[sample]),
            _ if current < -least => (DISCHARGE, cycle.discharge_capacity[sample]),
            _ => return None,
        };
        Some((half, capacity, voltage, current))
    })
}

fn title(cell: &Cell, what: &str) -> String {
    let origin = match cell.info().origin {
        Origin::Real => "real",
        Origin::Virtual => "VIRTUAL",
    };
    format!("{}: {what}, {origin} cell", cell.id())
}

/// Discharge capacity over cycles, with the thresholds at which lives end.
fn fade(cell: &Cell) -> Figure {
    let capacity: Vec<f64> = match cell.life() {
        LifeRecord::Capacity(capacity) => capacity.clone(),
        LifeRecord::Published { .. } => cell.cycles().iter().map(Cycle::discharged).collect(),
    };
    let at = |(position, value): (usize, &f64)| Point::new(position as f64, *value);
    let points: Vec<Point> = capacity.iter().enumerate().map(at).collect();
    let last = points.last().map_or(0.0, |point| point.x);
    let nominal = cell.info().nominal_capacity;
    let threshold = |share: f64, dash| {
        let points = [0.0, last].map(|x| Point::new(x, share * nominal)).into();
        Series::new(format!("{} % of nominal", 100.0 * share), Look::Line(dash), points)
    };
    let discharge = Series::new("discharge capacity", Look::Line(Dash::Solid), points);
    let series = if discharge.points.is_empty() {
        Vec::new()
    } else {
        vec![threshold(0.9, Dash::Dotted), threshold(0.8, Dash::Dashed), discharge]
    };
    // one glitched cycle must not flatten the others
    let highest = capacity.iter().copied().fold(0.0, f64::max).min(1.5 * nominal).max(nominal);
    let lowest = capacity.iter().copied().fold(0.8 * nominal, f64::min).max(0.0);
    let y = Axis {
        limits: Some((lowest - 0.05 * nominal, highest + 0.03 * nominal)),
        ..Axis::new("discharge capacity / Ah", Scale::Linear)
    };
    Figure {
        slug: format!("{}-fade", cell.id()),
        title: title(cell, "capacity fade"),
        caption: String::new(),
        x: Axis::new("position of the cycle", Scale::Linear),
        y,
        series,
        diagonal: false,
    }
}

/// Voltage over charged and over discharged capacity, of the cycles at these positions.
fn curves(cell: &Cell, positions: &[usize]) -> Figure {
    let mut series = Vec::new();
    for (&position, &marker) in positions.iter().zip(&MARKERS) {
        let cycle = &cell.cycles()[position];
        let of_half = |half| samples(cell, cycle).filter(move |(of, ..)| *of == half);
        let halves =
            [CHARGE, DISCHARGE].map(|half| of_half(half).map(|(_, x, y, _)| Point::new(x, y)).collect::<Vec<_>>());
        let marks: Vec<Point> = halves.iter().flat_map(|half| thinned(half, MARKS)).collect();
        // a line without a name has no place in the legend: the marks have
        let line = |points: Vec<Point>| Series::new("", Look::Line(Dash::Solid), points);
        series.extend(halves.iter().filter(|half| !half.is_empty()).map(|half| line(thinned(half, POINTS))));
        if !marks.is_empty() {
            let name = format!("cycle {}, position {position}", cycle.number);
            series.push(Series::new(name, Look::Points(marker), marks));
        }
    }
    let halves = if cell.has_charge() { "charge (rising) and discharge (falling)" } else { "discharge" };
    Figure {
        slug: format!("{}-curves", cell.id()),
        title: title(cell, halves),
        caption: String::new(),
        x: Axis::new("capacity / Ah", Scale::Linear),
        y: Axis::new("voltage / V", Scale::Linear),
        series,
        diagonal: false,
    }
}

/// About `count` of the points, with both ends.
fn thinned(points: &[Point], count: usize) -> Vec<Point> {
    let step = points.len().div_ceil(count).max(1);
    let kept = points.iter().step_by(step).chain(points.last().filter(|_| points.len() % step != 1 && step > 1));
    kept.copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use cells::made_up::{discharge_cycle, info};

    fn cell(cycles: usize) -> Cell {
        let capacity = |p: usize| 1.1 - 0.001 * p as f64;
        let held = (0..cycles).map(|p| discharge_cycle(p as u32, capacity(p))).collect();
        Cell::new(info("A"), held, LifeRecord::Capacity((0..300).map(capacity).collect())).unwrap()
    }

    #[test]
    fn the_fade_has_every_cycle_and_both_thresholds() {
        let figure = fade(&cell(3));
        assert!(figure.title.contains("VIRTUAL"));
        assert_eq!(figure.series[2].points.len(), 300);
        assert_eq!(figure.series[2].points[100], Point::new(100.0, 1.0));
        assert_eq!(
            figure.series[1].points,
            [Point::new(0.0, 0.88), Point::new(299.0, 0.88)].map(|mut point| {
                point.y = 0.8 * 1.1;
                point
            })
        );
    }

    #[test]
    fn curves_are_those_of_the_cycles_asked_for() {
        let cell = cell(120);
        assert_eq!(chosen(&cell, &[]).unwrap(), [0, 9, 99, 119]);
        assert_eq!(chosen(&cell, &[7, 3, 7]).unwrap(), [3, 7]);
        assert_eq!(chosen(&self::cell(0), &[]).unwrap(), [0; 0]);
        let beyond = chosen(&cell, &[3, 120]).unwrap_err().to_string();
        assert!(beyond.contains("positions 0 to 119: there is none at 120"), "{beyond}");
        assert!(chosen(&cell, &[1; 9]).unwrap_err().to_string().contains("give 8 at most"));
        let figure = curves(&cell, &[3, 7]);
        let names: Vec<&str> = figure.series.iter().map(|series| series.name.as_str()).collect();
        assert_eq!(names, ["", "cycle 3, position 3", "", "cycle 7, position 7"]);
        let table = table(&cell, &[3, 7]);
        let lines: Vec<&str> = table.lines().collect();
        assert_eq!((lines[0], lines.len()), ("position,cycle,half,capacity_ah,voltage_v,current_a", 1 + 2 * 3));
        assert!(lines[1].starts_with("3,3,discharge,0,3.4,-"), "{}", lines[1]);
        let expected: Vec<Point> = [(0.0, 3.4), (0.5485, 3.2), (1.097, 2.0)].map(|(x, y)| Point::new(x, y)).into();
        for (found, expected) in figure.series[0].points.iter().zip(expected) {
            assert!((found.x - expected.x).abs() < 1e-12 && found.y == expected.y, "{found:?}");
        }
    }

    #[test]
    fn a_coin_cell_has_curves_too() {
        let mut info = info("A");
        info.nominal_capacity = 1.1e-3;
        let mut cycle = discharge_cycle(1, 1.1e-3);
        cycle.current = vec![-4.4e-3; 3];
        let cell = Cell::new(info, vec![cycle], LifeRecord::Capacity(vec![1.1e-3])).unwrap();
        assert_eq!(table(&cell, &[0]).lines().count(), 1 + 3);
    }

    #[test]
    fn thinning_keeps_both_ends_and_no_more_than_asked() {
        for length in [0, 1, 2, 6, 7, 8, 100, 399, 400, 401, 5000] {
            let points: Vec<Point> = (0..length).map(|x| Point::new(f64::from(x), 0.0)).collect();
            let kept = thinned(&points, 7);
            assert_eq!((kept.first(), kept.last()), (points.first(), points.last()));
            assert!(kept.len() <= 8 && kept.windows(2).all(|pair| pair[0].x < pair[1].x), "{length}");
        }
    }
}
