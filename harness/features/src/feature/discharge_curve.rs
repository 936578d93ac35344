//! The discharge curve Q(V) of one cycle, from high to low voltage, and its running median.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use cells::cell::least_current;
use cells::cell::{Cell, Cycle};
use numerics::signal::{Grid, MedianRule, Outside, Resampler, RollingMedian, SampleBuffer, Samples};

/// Points to either side in the running median.
const HALF_WIDTH: usize = 10;

/// Where the discharge curve comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-source" = "4.2"))]
pub enum QdlinSource {
    /// The curve that the source published with the cycle, if there is one; else computed.
    #[default]
    Stored,
    /// Always interpolated from the samples of the discharge half.
    Computed,
}

/// Reads discharge curves; holds the buffers of one.
pub(super) struct CurveReader {
    source: QdlinSource,
    points: usize,
    /// Between the voltage limits of the last cell.
    grid: Option<Grid>,
    samples: SampleBuffer<1>,
    resampler: Resampler<1>,
    median: RollingMedian,
    raw: Vec<f64>,
}

impl CurveReader {
    pub(super) fn new(source: QdlinSource, rule: MedianRule, points: usize) -> Self {
        Self {
            source,
            points,
            grid: None,
            samples: SampleBuffer::default(),
            resampler: Resampler::default(),
            median: RollingMedian::new(HALF_WIDTH, rule),
            raw: vec![0.0; points],
        }
    }

    /// Discharge capacity in Ah over falling voltage: NaN outside the measured range, zero for at most two samples.
    ///
    /// Computed curves are on an equidistant grid between the voltage limits of the cell. Stored curves keep the grid
    /// of their source; one of another length than asked for is interpolated linearly between its points.
    pub(super) fn read(&mut self, cell: &Cell, cycle: &Cycle, out: &mut [f64]) {
        match (self.source, &cycle.qdlin) {
            (QdlinSource::Stored, Some(stored)) if stored.len() == out.len() => out.copy_from_slice(stored),
            (QdlinSource::Stored, Some(stored)) if stored.len() > 1 => stretch(stored, out),
            _ => self.compute(cell, cycle, out),
        }
    }

    /// [`CurveReader::read`], then the running median.
    pub(super) fn read_smooth(&mut self, cell: &Cell, cycle: &Cycle, out: &mut [f64]) {
        let mut raw = std::mem::take(&mut self.raw);
        self.read(cell, cycle, &mut raw);
        self.median.apply(&raw, out);
        self.raw = raw;
    }

    /// Running median of any curve.
    pub(super) fn smooth(&mut self, curve: &[f64], out: &mut [f64]) {
        self.median.apply(curve, out);
    }

    fn compute(&mut self, cell: &Cell, cycle: &Cycle, out: &mut [f64]) {
        let all = Samples { xs: &cycle.voltage, unit: 1.0, ys: [&cycle.discharge_capacity] };
        let least = least_current(cell.info().nominal_capacity);
        self.samples.gather(all, &cycle.current, |current| *current < -least);
        if self.samples.len() <= 2 {
            out.fill(0.0);
            return;
        }
        let (low, high) = cell.info().voltage_limits;
        self.grid.take_if(|grid| grid.ends() != (low, high));
        let grid = self.grid.get_or_insert_with(|| Grid::new(low, high, self.points));
        self.samples.sort();
        let outside = [Outside { left: f64::NAN, right: f64::NAN }];
        let [curve] = self.resampler.resample(self.samples.samples(), grid, outside);
        out.iter_mut().zip(curve.iter().rev()).for_each(|(to, &from)| *to = from);
    }
}

/// Linear interpolation of a curve onto another number of points with the same ends.
fn stretch(curve: &[f64], out: &mut [f64]) {
    let scale = (curve.len() - 1) as f64 / (out.len() - 1) as f64;
    for (k, value) in out.iter_mut().enumerate() {
        let place = k as f64 * scale;
        let below = (place as usize).min(curve.len() - 2);
        let share = place - below as f64;
        *value = curve[below] * (1.0 - share) + curve[below + 1] * share;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cells::cell::{Cell, LifeRecord};
    use cells::made_up::{discharge_cycle, info};

    fn read(source: QdlinSource, cycle: Cycle, points: usize) -> Vec<f64> {
        let cell = Cell::new(info("A"), vec![cycle], LifeRecord::Capacity(vec![1.0])).unwrap();
        let mut out = vec![0.0; points];
        CurveReader::new(source, MedianRule::Selection, points).read(&cell, &cell.cycles()[0], &mut out);
        out
    }

    #[test]
    fn a_computed_curve_runs_from_the_upper_to_the_lower_voltage_limit() {
        // samples at 3.4, 3.2 and 2.0 V; limits 3.5 and 2.0 V
        let curve = read(QdlinSource::Stored, discharge_cycle(1, 1.0), 16);
        assert!(curve[0].is_nan(), "above the first sample");
        assert!((curve[2] - 0.25).abs() < 1e-12 && (curve[9] - 0.75).abs() < 1e-12 && curve[15] == 1.0);
        let mut short = discharge_cycle(1, 1.0);
        short.current[1] = 0.0;
        assert_eq!(read(QdlinSource::Stored, short, 4), [0.0; 4]);
    }

    #[test]
    fn a_stored_curve_is_taken_as_it_is_or_stretched_unless_switched_off() {
        let mut cycle = discharge_cycle(1, 1.0);
        cycle.qdlin = Some(vec![0.0, 0.2, 0.8]);
        assert_eq!(read(QdlinSource::Stored, cycle.clone(), 3), [0.0, 0.2, 0.8]);
        assert_eq!(read(QdlinSource::Stored, cycle.clone(), 5), [0.0, 0.1, 0.2, 0.5, 0.8]);
        assert!(read(QdlinSource::Computed, cycle, 3)[0].is_nan());
    }
}
