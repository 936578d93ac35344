//! Voltage and current over capacity of one half of a cycle.

use crate::cell::{Cell, Cycle};
use crate::signal::{Curves, Grid, Outside, next_run};

/// A, above which a sample belongs to charge and below whose negative it belongs to discharge; absolute, not a rate.
const LEAST_CURRENT: f64 = 0.1;

/// Which half.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Half {
    Charge,
    Discharge,
}

/// Reads halves; holds the samples of one.
pub(super) struct HalfReader {
    half: Half,
    samples: Curves<2>,
}

/// Signals of a half cycle on a grid of capacities; empty if nobody asked for them.
#[derive(Clone, Copy, Default)]
pub(super) struct Signals<'a> {
    /// V.
    pub(super) voltage: &'a [f64],
    /// A.
    pub(super) current: &'a [f64],
}

/// A half cycle has samples, but none on the grid.
pub(super) struct NoSamples;

impl HalfReader {
    pub(super) fn new(half: Half) -> Self {
        Self { half, samples: Curves::default() }
    }

    /// Interpolates the samples whose current belongs to this half onto a grid of capacities, in nominal capacities.
    ///
    /// Outside the samples, voltage goes on with their smallest or largest value and current with 0. A half of at most
    /// two samples is all zero.
    ///
    /// # Panics
    /// If this is about charge and the cell has no charge half.
    #[inline(always)]
    pub(super) fn read(&mut self, cell: &Cell, cycle: &Cycle, grid: &Grid) -> Result<Signals<'_>, NoSamples> {
        let nominal = cell.info().nominal_capacity;
        let (sign, capacity) = match self.half {
            Half::Charge => (1.0, cycle.charge_capacity.as_deref().expect("the cell has a charge half")),
            Half::Discharge => (-1.0, &cycle.discharge_capacity[..]),
        };
        self.samples.clear();
        let mut end = 0;
        while let Some(run) = next_run(&cycle.current, end, |current| sign * current > LEAST_CURRENT) {
            end = run.end;
            let xs = capacity[run.clone()].iter().map(|ampere_hours| ampere_hours / nominal);
            self.samples.extend(xs, [&cycle.voltage[run.clone()], &cycle.current[run]]);
        }
        let zero = Outside { left: 0.0, right: 0.0 };
        let mut outside = [zero, zero];
        if self.samples.len() <= 2 {
            self.samples.clear();
        } else {
            let (low, high) = grid.ends();
            self.samples.keep(low, high);
            if self.samples.is_empty() {
                return Err(NoSamples);
            }
            let (low, high) = self.samples.range(0);
            outside[0] = match self.half {
                Half::Charge => Outside { left: low, right: high },
                Half::Discharge => Outside { left: high, right: low },
            };
        }
        let [voltage, current] = self.samples.resample(grid, outside);
        Ok(Signals { voltage, current })
    }
}
