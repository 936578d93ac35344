//! Builds capacity maps, cycle by cycle.

use super::channel::Channel;
use super::{CapacityMap, LARGEST_CAPACITY};
use crate::Error;
use crate::feature::extract::{Extract, describe};
use crate::feature::half_cycle::{Half, HalfReader, NoSamples, Signals};
use cells::cell::Cell;
use numerics::registers::Registers;
use numerics::signal::Grid;

/// Keeps the resistance finite where both currents are zero; there it is 1000 times the voltage difference.
const LEAST_TOTAL_CURRENT: f64 = 0.001;

/// Builds maps; holds the buffers of one cycle.
pub(in crate::feature) struct Extractor {
    map: CapacityMap,
    pub(super) registers: Registers,
    grid: Grid,
    charge: HalfReader,
    discharge: HalfReader,
    /// Takes what is computed beside a channel that was asked for.
    unasked: Vec<f32>,
}

impl Extract for Extractor {
    fn extract(&mut self, cell: &Cell, out: &mut [f32]) -> Result<(), Error> {
        assert_eq!(out.len(), self.map.shape().iter().product::<usize>(), "room for the map");
        self.map.check_cell(cell, cell.cycles().len())?;
        let registers = self.registers;
        registers.run(
            #[inline(always)]
            || self.fill(cell, out),
        )
    }
}

impl Extractor {
    /// With buffers for its grid.
    pub(super) fn new(map: CapacityMap) -> Self {
        Self {
            registers: Registers::detect(),
            grid: Grid::new(0.0, LARGEST_CAPACITY, map.grid_points),
            charge: HalfReader::new(Half::Charge),
            discharge: HalfReader::new(Half::Discharge),
            unasked: vec![0.0; map.grid_points],
            map,
        }
    }

    /// The same operations in the same order for registers of any width, so that maps do not depend on the machine.
    #[inline(always)]
    fn fill(&mut self, cell: &Cell, out: &mut [f32]) -> Result<(), Error> {
        let [_, cycles, points] = self.map.shape();
        let mut planes: Vec<&mut [f32]> = out.chunks_exact_mut(cycles * points).collect();
        let needs_charge = self.map.channels.iter().any(|channel| channel.needs_charge());
        let needs_discharge = self.map.channels.iter().any(|channel| channel.needs_discharge());
        for row in 0..cycles {
            let position = self.map.first + row;
            let span = row * points..(row + 1) * points;
            if self.map.zeroed_cycle == Some(position) {
                planes.iter_mut().for_each(|plane| plane[span.clone()].fill(0.0));
                continue;
            }
            let cycle = &cell.cycles()[position];
            let unfit = |what: String| Error::Unfit { cell: cell.id().to_owned(), what };
            let no_samples = |half: &str| {
                unfit(format!(
                    "{} has no {half} sample with a capacity between 0 and {LARGEST_CAPACITY} of nominal ({} Ah), so the \
                     capacity map cannot be built; check the cell or leave it out",
                    describe(position, cycle),
                    cell.info().nominal_capacity
                ))
            };
            let [mut charge, mut discharge] = [Signals::default(); 2];
            if needs_charge {
                charge = self.charge.read(cell, cycle, &self.grid).map_err(|NoSamples| no_samples("charge"))?;
            }
            if needs_discharge {
                discharge =
                    self.discharge.read(cell, cycle, &self.grid).map_err(|NoSamples| no_samples("discharge"))?;
            }
            let mut asked = Rows::default();
            for (channel, plane) in self.map.channels.iter().zip(&mut planes) {
                asked[*channel as usize] = Some(&mut plane[span.clone()]);
            }
            if !write(charge, discharge, asked, &mut self.unasked) {
                let mut channels = self.map.channels.iter().zip(&planes);
                if let Some((channel, _)) = channels.find(|(_, plane)| !all_finite(&plane[span.clone()])) {
                    return Err(unfit(format!(
                        "channel {} of {} is not finite; leave out the cell or the channel",
                        channel.name(),
                        describe(position, cycle)
                    )));
                }
            }
        }
        Ok(())
    }
}

/// Room for one cycle of each channel that was asked for, in the order of [`Channel::ALL`].
type Rows<'a> = [Option<&'a mut [f32]>; Channel::ALL.len()];

/// Writes one cycle from the signals of its halves, all of the same length; tells whether all that it wrote is finite,
/// what went to `unasked` included.
#[inline(always)]
fn write(charge: Signals<'_>, discharge: Signals<'_>, rows: Rows<'_>, unasked: &mut [f32]) -> bool {
    let [charge_voltage, discharge_voltage, charge_current, discharge_current, difference, resistance] = rows;
    let signals = [
        (charge_voltage, charge.voltage),
        (discharge_voltage, discharge.voltage),
        (charge_current, charge.current),
        (discharge_current, discharge.current),
    ];
    let mut finite = true;
    for (row, signal) in signals {
        if let Some(row) = row {
            finite &= copy(signal, row);
        }
    }
    finite
        & match (difference, resistance) {
            (None, None) => true,
            (Some(difference), None) => compare(charge, discharge, difference, unasked),
            (None, Some(resistance)) => compare(charge, discharge, unasked, resistance),
            (Some(difference), Some(resistance)) => compare(charge, discharge, difference, resistance),
        }
}

/// Whether all that is written is finite.
#[inline(always)]
fn copy(signal: &[f64], out: &mut [f32]) -> bool {
    let mut finite = true;
    for (to, &from) in out.iter_mut().zip(signal) {
        *to = from as f32;
        finite &= to.is_finite();
    }
    finite
}

/// Voltage difference and resistance; whether all of both are finite.
#[inline(always)]
fn compare(charge: Signals<'_>, discharge: Signals<'_>, difference: &mut [f32], resistance: &mut [f32]) -> bool {
    let points = difference.len();
    let (charge_voltage, charge_current) = (&charge.voltage[..points], &charge.current[..points]);
    let (discharge_voltage, discharge_current) = (&discharge.voltage[..points], &discharge.current[..points]);
    let resistance = &mut resistance[..points];
    let mut finite = true;
    for k in 0..points {
        let mirrored = points - 1 - k;
        let volts = charge_voltage[k] - discharge_voltage[mirrored];
        let amperes = charge_current[k] - discharge_current[mirrored];
        let ohms = volts / (amperes + LEAST_TOTAL_CURRENT);
        difference[k] = volts as f32;
        // 0/0 is no resistance; the authors write 0 there
        resistance[k] = if ohms.is_nan() { 0.0 } else { ohms as f32 };
        finite &= difference[k].is_finite() & resistance[k].is_finite();
    }
    finite
}

/// Whether all values are finite, without a branch per value.
#[inline(always)]
fn all_finite(values: &[f32]) -> bool {
    values.iter().fold(true, |finite, value| finite & value.is_finite())
}
