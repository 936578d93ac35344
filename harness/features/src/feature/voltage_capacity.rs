//! The voltage–capacity matrix: how the discharge curve Q(V) of each cycle differs from that of a base cycle.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::discharge_curve::{CurveReader, QdlinSource};
use super::extract::{Extract, check_length};
use crate::Error;
use cells::cell::Cell;
use numerics::signal::MedianRule;

/// Settings of the matrix. One row per cycle at the positions `first` to `last`, both included:
/// median(median(Q_p(V)) − median(Q_base(V))), in Ah, from high to low voltage; NaN becomes 0.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(extend("x-source" = "4.4"))]
pub struct VoltageCapacity {
    /// Position of the cycle that is subtracted.
    pub base: usize,
    /// Position of the first cycle with a row.
    pub first: usize,
    /// Position of the last cycle with a row.
    pub last: usize,
    /// Points of the voltage grid.
    pub grid_points: usize,
    /// Whether curves that the source published are used.
    pub qdlin: QdlinSource,
    /// How the running median treats NaN.
    pub median: MedianRule,
}

impl Default for VoltageCapacity {
    fn default() -> Self {
        Self {
            base: 9,
            first: 0,
            last: 99,
            grid_points: 1000,
            qdlin: QdlinSource::default(),
            median: MedianRule::default(),
        }
    }
}

impl VoltageCapacity {
    pub(super) const VERSION: u32 = 1;

    pub(super) fn check(&self) -> Result<(), String> {
        if self.last < self.first {
            return Err(format!("voltage_capacity: last ({}) is before first ({})", self.last, self.first));
        }
        if self.grid_points < 2 {
            return Err("voltage_capacity: grid_points must be at least 2".to_owned());
        }
        Ok(())
    }

    pub(super) fn cycles_needed(&self) -> usize {
        self.base.max(self.last) + 1
    }

    /// Cycles, grid points.
    pub(super) fn shape(&self) -> [usize; 2] {
        [self.last - self.first + 1, self.grid_points]
    }

    /// Whether a cell with `held` cycles can give it, as far as the cycles that are looked at tell.
    pub(super) fn check_cell(&self, cell: &Cell, held: usize) -> Result<(), Error> {
        check_length(cell, held, self.cycles_needed() - 1, "the voltage–capacity matrix")
    }

    pub(super) fn extractor(&self) -> Extractor {
        Extractor {
            matrix: self.clone(),
            reader: CurveReader::new(self.qdlin, self.median, self.grid_points),
            base: vec![0.0; self.grid_points],
            difference: vec![0.0; self.grid_points],
            row: vec![0.0; self.grid_points],
        }
    }
}

/// Builds matrices; holds the buffers of one cycle.
pub(super) struct Extractor {
    matrix: VoltageCapacity,
    reader: CurveReader,
    base: Vec<f64>,
    difference: Vec<f64>,
    row: Vec<f64>,
}

impl Extract for Extractor {
    fn extract(&mut self, cell: &Cell, out: &mut [f32]) -> Result<(), Error> {
        let [rows, points] = self.matrix.shape();
        assert_eq!(out.len(), rows * points, "room for the matrix");
        self.matrix.check_cell(cell, cell.cycles().len())?;
        self.reader.read_smooth(cell, &cell.cycles()[self.matrix.base], &mut self.base);
        for (cycle, out) in cell.cycles()[self.matrix.first..].iter().zip(out.chunks_exact_mut(points)) {
            self.reader.read_smooth(cell, cycle, &mut self.difference);
            self.difference.iter_mut().zip(&self.base).for_each(|(value, base)| *value -= base);
            self.reader.smooth(&self.difference, &mut self.row);
            for (to, &value) in out.iter_mut().zip(&self.row) {
                *to = if value.is_finite() { value as f32 } else { 0.0 };
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feature::FeatureSpec;
    use cells::cell::{Cell, Cycle, LifeRecord};
    use cells::made_up::{discharge_cycle, info};

    /// Cycle p has the stored curve (p + 1) · (0, 1, 2, …), whose running median is itself away from the ends.
    fn cell(cycles: usize) -> Cell {
        let cycle = |p: usize| Cycle {
            qdlin: Some((0..60).map(|k| (p + 1) as f64 * f64::from(k)).collect()),
            ..discharge_cycle(p as u32, 1.0)
        };
        Cell::new(info("A"), (0..cycles).map(cycle).collect(), LifeRecord::Capacity(vec![1.0; cycles])).unwrap()
    }

    #[test]
    fn rows_are_differences_to_the_base_cycle() {
        let spec = VoltageCapacity { base: 1, first: 2, last: 4, grid_points: 60, ..VoltageCapacity::default() };
        let rows = FeatureSpec::VoltageCapacity(spec).extract(&cell(5)).unwrap();
        assert_eq!(rows.shape(), [3, 60]);
        for k in 20..40 {
            assert_eq!((rows[[0, k]], rows[[2, k]]), (k as f32, 3.0 * k as f32));
        }
    }

    #[test]
    fn too_few_cycles_are_an_error_that_names_the_cell() {
        let spec = FeatureSpec::VoltageCapacity(VoltageCapacity { base: 7, last: 4, ..VoltageCapacity::default() });
        assert_eq!(spec.cycles_needed(), 8);
        let problem = spec.extract(&cell(5)).unwrap_err().to_string();
        assert!(problem.contains("cell A has 5 cycles") && problem.contains("position 7"), "{problem}");
    }
}
