//! Voltage and current over capacity of one half of a cycle.

use cells::cell::{Cell, Cycle, least_current};
use numerics::signal::{Grid, Outside, Resampler, SampleBuffer, Samples, next_run};

/// Which half.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Half {
    Charge,
    Discharge,
}

/// Reads halves; holds the buffers of one.
pub(super) struct HalfReader {
    half: Half,
    /// Samples of a half that cannot be read where they are.
    buffer: SampleBuffer<2>,
    resampler: Resampler<2>,
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
        Self { half, buffer: SampleBuffer::default(), resampler: Resampler::default() }
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
        let capacity = match self.half {
            Half::Charge => cycle.charge_capacity.as_deref().expect("the cell has a charge half"),
            Half::Discharge => &cycle.discharge_capacity[..],
        };
        let samples = choose(self.half, cycle, capacity, cell.info().nominal_capacity, grid, &mut self.buffer)?;
        let zero = Outside { left: 0.0, right: 0.0 };
        let (low, high) = samples.range(0);
        let voltage_outside = match self.half {
            _ if samples.xs.is_empty() => zero,
            Half::Charge => Outside { left: low, right: high },
            Half::Discharge => Outside { left: high, right: low },
        };
        let [voltage, current] = self.resampler.resample(samples, grid, [voltage_outside, zero]);
        Ok(Signals { voltage, current })
    }
}

/// The samples of a half that are on the grid, by ascending capacity; none, if the half has at most two.
#[inline(always)]
fn choose<'a>(
    half: Half,
    cycle: &'a Cycle,
    capacity: &'a [f64],
    nominal_capacity: f64,
    grid: &Grid,
    buffer: &'a mut SampleBuffer<2>,
) -> Result<Samples<'a, 2>, NoSamples> {
    let sign = match half {
        Half::Charge => 1.0,
        Half::Discharge => -1.0,
    };
    let least = least_current(nominal_capacity);
    let belongs = |current: &f64| sign * current > least;
    let (low, high) = grid.ends();

    let all = Samples { xs: capacity, unit: nominal_capacity, ys: [&cycle.voltage, &cycle.current] };

    // mostly one run without a gap or a step back, which is read where it is
    let run = next_run(&cycle.current, 0, belongs).unwrap_or_default();
    if run.len() > 2 && next_run(&cycle.current, run.end, belongs).is_none() {
        let samples = all.part(run);
        let (first, last) = samples.ends();
        if samples.ascend() && low <= first && last <= high {
            return Ok(samples);
        }
    }

    buffer.gather(all, &cycle.current, belongs);
    if buffer.len() <= 2 {
        buffer.clear();
    } else {
        buffer.keep(low, high);
        if buffer.is_empty() {
            return Err(NoSamples);
        }
    }
    Ok(buffer.samples())
}
