//! Draws the figures of `docs/virtual-lab.md` from the program itself:
//!
//! `cargo run --release --workspace --example virtual_lab_figures` writes them to `docs/figures/`.

use std::error::Error;
use std::path::{Path, PathBuf};

use cells::catalogue::{self, CatalogueEntry};
use cells::cell::{Cell, Cycle, LifeRecord};
use cells::datasets;
use cells::source::CellSource as _;
use lab::VirtualLab;
use plotters::prelude::*;
use rayon::prelude::*;
use testing::discharge_curve::{POINTS, correlation, discharge_curve, early_variance};

type Outcome = Result<(), Box<dyn Error>>;

const FONT: (&str, i32) = ("sans-serif", 15);
const SMALL: (&str, i32) = ("sans-serif", 12);
/// One cell of each chemistry, by the name it has in the figures.
const CHEMISTRIES: [(&str, &str); 5] = [
    ("LFP", "MATR_b1c20"),
    ("LCO", "CALCE_CS2_35"),
    ("NMC", "SNL_18650_NMC_25C_0-100_0.5-1C_a"),
    ("NCA", "SNL_18650_NCA_25C_0-100_0.5-1C_a"),
    ("NMC-LCO", "HNEI_18650_NMC_LCO_25C_0-100_0.5-1.5C_a"),
];

fn main() -> Outcome {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/figures");
    std::fs::create_dir_all(&folder)?;
    let file = |name: &str| folder.join(name);
    fade(file("virtual-lab-fade.svg"))?;
    voltage(file("virtual-lab-voltage.svg"))?;
    incremental_capacity(file("virtual-lab-dqdv.svg"))?;
    early_sign(file("virtual-lab-early-sign.svg"))
}

fn cell(entry: &CatalogueEntry, cycles: usize) -> Result<Cell, Box<dyn Error>> {
    Ok(VirtualLab::new().cell(&entry.id, cycles)?)
}

fn chemistry(id: &str, cycles: usize) -> Result<Cell, Box<dyn Error>> {
    Ok(VirtualLab::new().cell(id, cycles)?)
}

/// Blue for a short life, red for a long one, on a logarithmic scale from 140 to 4000 cycles.
fn colour(life: f64) -> RGBColor {
    let part = ((life / 140.0).ln() / (4000.0_f64 / 140.0).ln()).clamp(0.0, 1.0);
    let mix = |from: f64, to: f64| (from + (to - from) * part) as u8;
    RGBColor(mix(33.0, 203.0), mix(102.0, 60.0), mix(172.0, 50.0))
}

/// A panel with axes and a caption; returns the chart to draw in.
macro_rules! panel {
    ($area:expr, $title:expr, $x:expr, $y:expr, $x_label:expr, $y_label:expr) => {{
        let mut chart = ChartBuilder::on($area)
            .caption($title, FONT)
            .margin(8)
            .x_label_area_size(34)
            .y_label_area_size(48)
            .build_cartesian_2d($x, $y)?;
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .label_style(SMALL)
            .x_desc($x_label)
            .y_desc($y_label)
            .x_labels(6)
            .y_labels(6)
            .draw()?;
        chart
    }};
}

/// State of health over cycles, up to 14 cells of each dataset.
fn fade(file: PathBuf) -> Outcome {
    let root = SVGBackend::new(&file, (1100, 560)).into_drawing_area();
    root.fill(&WHITE)?;
    for (area, dataset) in root.split_evenly((2, 4)).iter().zip(datasets::all()) {
        let dataset = &dataset.name;
        let entries: Vec<_> = catalogue::cells().iter().filter(|entry| entry.dataset == *dataset).collect();
        let shown: Vec<_> = entries.iter().step_by(entries.len().div_ceil(14)).collect();
        let lives: Vec<(f64, Vec<f64>)> = shown
            .iter()
            .map(|entry| {
                let cell = cell(entry, 0)?;
                let LifeRecord::Capacity(capacity) = cell.life() else { return Err("no capacities".into()) };
                Ok((capacity.len() as f64, capacity.iter().map(|ah| ah / entry.nominal_capacity).collect()))
            })
            .collect::<Result<_, Box<dyn Error>>>()?;
        let longest = lives.iter().map(|life| life.0).fold(0.0, f64::max);
        let title = format!("{dataset}: {} of {}", shown.len(), entries.len());
        let mut chart = panel!(area, title, 0.0..longest, 0.76..1.14, "cycle", "capacity / nominal");
        chart.draw_series(LineSeries::new([(0.0, 0.8), (longest, 0.8)], BLACK.mix(0.4)))?;
        for (life, health) in &lives {
            let step = health.len().div_ceil(70);
            let points = health.iter().enumerate().map(|(cycle, health)| (cycle as f64, *health));
            let last = points.clone().next_back();
            chart.draw_series(LineSeries::new(points.step_by(step).chain(last), colour(*life)))?;
        }
    }
    Ok(root.present()?)
}

/// Voltage over capacity of cycles 10 and 100, charge and discharge.
fn voltage(file: PathBuf) -> Outcome {
    let root = SVGBackend::new(&file, (1100, 260)).into_drawing_area();
    root.fill(&WHITE)?;
    for (area, (name, id)) in root.split_evenly((1, 5)).iter().zip(CHEMISTRIES) {
        let cell = chemistry(id, 100)?;
        let nominal = cell.info().nominal_capacity;
        let (low, high) = cell.info().voltage_limits;
        let mut chart = panel!(area, name, 0.0..1.15, low - 0.1..high + 0.2, "Q / nominal", "V");
        for (position, style) in [(9, BLACK.mix(1.0)), (99, RED.mix(1.0))] {
            for charging in [true, false] {
                chart.draw_series(LineSeries::new(half(&cell.cycles()[position], charging, nominal), style))?;
            }
        }
    }
    Ok(root.present()?)
}

/// (capacity / nominal, V) of the samples of one half cycle.
fn half(cycle: &Cycle, charging: bool, nominal: f64) -> Vec<(f64, f64)> {
    let capacity = match &cycle.charge_capacity {
        Some(charge) if charging => charge,
        _ => &cycle.discharge_capacity,
    };
    (0..cycle.len())
        .filter(|&sample| if charging { cycle.current[sample] > 0.1 } else { cycle.current[sample] < -0.1 })
        .map(|sample| (capacity[sample] / nominal, cycle.voltage[sample]))
        .collect()
}

/// -dQ/dV of the discharge in cycles 10 and 100.
fn incremental_capacity(file: PathBuf) -> Outcome {
    let root = SVGBackend::new(&file, (1100, 260)).into_drawing_area();
    root.fill(&WHITE)?;
    for (area, (name, id)) in root.split_evenly((1, 5)).iter().zip(CHEMISTRIES) {
        let cell = chemistry(id, 100)?;
        let limits = cell.info().voltage_limits;
        let curves: Vec<Vec<(f64, f64)>> =
            [9, 99].map(|position| slope(&discharge_curve(&cell.cycles()[position], limits), limits)).into();
        let top = curves.iter().flatten().map(|point| point.1).fold(0.0, f64::max) * 1.05;
        let mut chart = panel!(area, name, limits.0..limits.1, 0.0..top, "V", "dQ/dV (Ah/V)");
        for (curve, style) in curves.into_iter().zip([BLACK, RED]) {
            chart.draw_series(LineSeries::new(curve, style))?;
        }
    }
    Ok(root.present()?)
}

/// Slope over 25 grid points, every fifth of them.
fn slope(curve: &[f64], (low, high): (f64, f64)) -> Vec<(f64, f64)> {
    let step = (high - low) / (POINTS - 1) as f64;
    (12..POINTS - 12)
        .step_by(5)
        .map(|point| (high - step * point as f64, (curve[point + 12] - curve[point - 12]) / (24.0 * step)))
        .filter(|point| point.1.is_finite())
        .collect()
}

/// Cycle life against the variance of the early difference between discharge curves.
fn early_sign(file: PathBuf) -> Outcome {
    let root = SVGBackend::new(&file, (1100, 360)).into_drawing_area();
    root.fill(&WHITE)?;
    let groups = [("MATR", "measured: -0.93"), ("CLO", "measured: -0.87"), ("HUST", "not measured")];
    for (area, (dataset, measured)) in root.split_evenly((1, 3)).iter().zip(groups) {
        let points: Vec<(f64, f64)> = catalogue::cells()
            .par_iter()
            .filter(|entry| entry.dataset == dataset)
            .filter_map(|entry| {
                let cell = VirtualLab::new().cell(&entry.id, 100).ok()?;
                Some((early_variance(&cell).log10(), entry.cycle_life?.log10()))
            })
            .collect();
        let title = format!("{dataset}, virtual: r = {:.2} ({measured})", correlation(&points));
        let mut chart = panel!(area, title, -5.8..-2.8, 2.0..3.6, "log10 var(Q100 - Q10), Ah²", "log10 cycle life");
        chart.draw_series(points.iter().map(|&point| Circle::new(point, 3, BLUE.mix(0.6).filled())))?;
    }
    Ok(root.present()?)
}
