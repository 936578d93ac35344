//! Discharge curves read on a voltage grid, for the tests and figures of the virtual lab. Deliberately apart from the
//! features of the crate, so that the lab is judged by something it was not built with.

use cells::cell::{Cell, Cycle};

/// Points of the voltage grid.
pub const POINTS: usize = 1000;

/// Discharge capacity (Ah) at the voltages of an equidistant grid from `high` to `low`; NaN outside the measured range.
pub fn discharge_curve(cycle: &Cycle, (low, high): (f64, f64)) -> Vec<f64> {
    let mut samples: Vec<(f64, f64)> = (0..cycle.len())
        .filter(|&sample| cycle.current[sample] < -0.1)
        .map(|sample| (cycle.voltage[sample], cycle.discharge_capacity[sample]))
        .collect();
    samples.sort_by(|a, b| a.0.total_cmp(&b.0));
    let at = |voltage: f64| {
        let above = samples.partition_point(|sample| sample.0 < voltage);
        if above == 0 || above == samples.len() {
            return f64::NAN;
        }
        let (left, right) = (samples[above - 1], samples[above]);
        left.1 + (right.1 - left.1) * (voltage - left.0) / (right.0 - left.0).max(1e-12)
    };
    (0..POINTS).map(|point| at(high - (high - low) * point as f64 / (POINTS - 1) as f64)).collect()
}

/// Variance of Q100(V) - Q10(V) in Ah², after a rolling median over 21 points that passes over NaN.
pub fn early_variance(cell: &Cell) -> f64 {
    let limits = cell.info().voltage_limits;
    let (early, late) = (discharge_curve(&cell.cycles()[9], limits), discharge_curve(&cell.cycles()[99], limits));
    let difference: Vec<f64> = early.iter().zip(&late).map(|(early, late)| late - early).collect();
    let smooth: Vec<f64> = (0..POINTS)
        .filter_map(|point| {
            let window = &difference[point.saturating_sub(10)..(point + 11).min(POINTS)];
            let mut window: Vec<f64> = window.iter().copied().filter(|value| value.is_finite()).collect();
            window.sort_by(f64::total_cmp);
            window.get(window.len() / 2).copied()
        })
        .collect();
    let mean = smooth.iter().sum::<f64>() / smooth.len() as f64;
    smooth.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (smooth.len() - 1) as f64
}

/// Pearson's correlation.
pub fn correlation(pairs: &[(f64, f64)]) -> f64 {
    let count = pairs.len() as f64;
    let (mean_x, mean_y) = pairs.iter().fold((0.0, 0.0), |sum, pair| (sum.0 + pair.0 / count, sum.1 + pair.1 / count));
    let sums = pairs.iter().fold((0.0, 0.0, 0.0), |sum, (x, y)| {
        let (dx, dy) = (x - mean_x, y - mean_y);
        (sum.0 + dx * dy, sum.1 + dx * dx, sum.2 + dy * dy)
    });
    sums.0 / (sums.1 * sums.2).sqrt()
}
