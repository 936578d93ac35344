//! The six-channel map of BatLiNet: voltage, current and what follows from them, over capacity, cycle by cycle.

use serde::{Deserialize, Serialize};

use super::extract::{Extract, check_length, describe};
use super::half_cycle::{Half, HalfReader, NoSamples, Signals};
use cells::cell::Cell;
use cells::failure::Failure;
use numerics::registers::Registers;
use numerics::signal::Grid;

/// Upper end of the capacity grid, in nominal capacities. (The paper says 1; the authors' code says this.)
const LARGEST_CAPACITY: f64 = 1.2;

/// Keeps the resistance finite where both currents are zero; there it is 1000 times the voltage difference.
const LEAST_TOTAL_CURRENT: f64 = 0.001;

/// One quantity over capacity Q. All are on the grid g_k from 0 to 1.2 nominal capacities.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// V at charged capacity g_k; outside the samples their smallest voltage on the left, their largest on the right.
    ChargeVoltage,
    /// V at discharged capacity g_k; outside the samples the largest on the left, the smallest on the right.
    DischargeVoltage,
    /// A at charged capacity g_k; 0 outside the samples.
    ChargeCurrent,
    /// A at discharged capacity g_k, negative; 0 outside the samples.
    DischargeCurrent,
    /// Charge voltage at g_k minus discharge voltage at the mirrored point g_(n−1−k).
    VoltageDifference,
    /// Voltage difference over the difference of currents at the same pair of points, plus 1 mA.
    Resistance,
}

impl Channel {
    /// All channels, in the order of the map.
    pub const ALL: [Self; 6] = [
        Self::ChargeVoltage,
        Self::DischargeVoltage,
        Self::ChargeCurrent,
        Self::DischargeCurrent,
        Self::VoltageDifference,
        Self::Resistance,
    ];

    /// As in an experiment file.
    pub fn name(self) -> &'static str {
        match self {
            Self::ChargeVoltage => "charge_voltage",
            Self::DischargeVoltage => "discharge_voltage",
            Self::ChargeCurrent => "charge_current",
            Self::DischargeCurrent => "discharge_current",
            Self::VoltageDifference => "voltage_difference",
            Self::Resistance => "resistance",
        }
    }

    fn needs_charge(self) -> bool {
        !matches!(self, Self::DischargeVoltage | Self::DischargeCurrent)
    }

    fn needs_discharge(self) -> bool {
        !matches!(self, Self::ChargeVoltage | Self::ChargeCurrent)
    }
}

/// Settings of the map.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CapacityMap {
    /// Position of the first cycle.
    pub first: usize,
    /// Number of cycles.
    pub cycles: usize,
    /// Which channels, in which order.
    pub channels: Vec<Channel>,
    /// Points of the capacity grid.
    pub grid_points: usize,
    /// Position of a cycle that is left all zero (10 in the MIX-20 scenario).
    pub zeroed_cycle: Option<usize>,
}

impl Default for CapacityMap {
    /// The map of all published scenarios but MIX-20.
    fn default() -> Self {
        Self { first: 0, cycles: 100, channels: Channel::ALL.to_vec(), grid_points: 1000, zeroed_cycle: None }
    }
}

impl CapacityMap {
    pub(super) const VERSION: u32 = 1;

    pub(super) fn check(&self) -> Result<(), String> {
        if self.cycles == 0 {
            return Err("capacity_map: cycles must be at least 1".to_owned());
        }
        if self.grid_points < 2 {
            return Err("capacity_map: grid_points must be at least 2".to_owned());
        }
        if self.channels.is_empty() {
            return Err("capacity_map: channels must name at least one channel".to_owned());
        }
        if let Some(twice) = (1..self.channels.len()).find(|&k| self.channels[..k].contains(&self.channels[k])) {
            return Err(format!("capacity_map: channels names {} twice", self.channels[twice].name()));
        }
        match self.zeroed_cycle {
            Some(position) if !(self.first..self.cycles_needed()).contains(&position) => Err(format!(
                "capacity_map: zeroed_cycle {position} is not one of the cycles {} to {}",
                self.first,
                self.cycles_needed() - 1
            )),
            _ => Ok(()),
        }
    }

    pub(super) fn cycles_needed(&self) -> usize {
        self.first + self.cycles
    }

    /// Channels, cycles, grid points.
    pub(super) fn shape(&self) -> [usize; 3] {
        [self.channels.len(), self.cycles, self.grid_points]
    }

    /// Whether a cell with `held` cycles can give it, as far as the cycles that are looked at tell.
    pub(super) fn check_cell(&self, cell: &Cell, held: usize) -> Result<(), Failure> {
        check_length(cell, held, self.cycles_needed() - 1, "the capacity map")?;
        self.check_halves(cell)
    }

    fn check_halves(&self, cell: &Cell) -> Result<(), Failure> {
        let missing = self.channels.iter().find(|channel| channel.needs_charge());
        match missing {
            Some(channel) if !cell.has_charge() => {
                let possible: Vec<&str> = Channel::ALL
                    .iter()
                    .filter(|channel| !channel.needs_charge())
                    .map(|channel| channel.name())
                    .collect();
                Err(Failure::Usage(format!(
                    "cell {} has no charge half, so channel {} cannot be built; channels possible for it: {}",
                    cell.id(),
                    channel.name(),
                    possible.join(", ")
                )))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn extractor(&self) -> Extractor {
        Extractor {
            map: self.clone(),
            registers: Registers::detect(),
            grid: Grid::new(0.0, LARGEST_CAPACITY, self.grid_points),
            charge: HalfReader::new(Half::Charge),
            discharge: HalfReader::new(Half::Discharge),
            unasked: vec![0.0; self.grid_points],
        }
    }
}

/// Builds maps; holds the buffers of one cycle.
pub(super) struct Extractor {
    map: CapacityMap,
    registers: Registers,
    grid: Grid,
    charge: HalfReader,
    discharge: HalfReader,
    /// Takes what is computed beside a channel that was asked for.
    unasked: Vec<f32>,
}

impl Extract for Extractor {
    fn extract(&mut self, cell: &Cell, out: &mut [f32]) -> Result<(), Failure> {
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
    /// The same operations in the same order for registers of any width, so that maps do not depend on the machine.
    #[inline(always)]
    fn fill(&mut self, cell: &Cell, out: &mut [f32]) -> Result<(), Failure> {
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
            let no_samples = |half: &str| {
                Failure::Usage(format!(
                    "cell {}: {} has no {half} sample with a capacity between 0 and {LARGEST_CAPACITY} of nominal \
                     ({} Ah), so the capacity map cannot be built; check the cell or leave it out",
                    cell.id(),
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
                    return Err(Failure::Usage(format!(
                        "cell {}: channel {} of {} is not finite; leave out the cell or the channel",
                        cell.id(),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feature::FeatureSpec;
    use cells::cell::{Cell, Cycle, LifeRecord};
    use cells::made_up::{discharge_cycle, info};

    fn charged(mut cycle: Cycle) -> Cycle {
        // charge to 1.1 Ah before the three discharge samples
        let charge = [0.0, 0.55, 1.1];
        cycle.charge_capacity = Some(charge.into_iter().chain([1.1; 3]).collect());
        cycle.discharge_capacity.splice(0..0, [0.0; 3]);
        cycle.voltage.splice(0..0, [3.0, 3.3, 3.5]);
        cycle.current.splice(0..0, [2.2; 3]);
        cycle
    }

    fn cell(cycles: Vec<Cycle>) -> Cell {
        let life = LifeRecord::Capacity(vec![1.0; cycles.len()]);
        Cell::new(info("MATR_b1c0"), cycles, life).unwrap()
    }

    fn map(cycles: usize, channels: &[Channel]) -> FeatureSpec {
        FeatureSpec::CapacityMap(CapacityMap {
            cycles,
            channels: channels.to_vec(),
            grid_points: 13,
            ..CapacityMap::default()
        })
    }

    fn problem(spec: &FeatureSpec, cell: &Cell) -> String {
        spec.extract(cell).unwrap_err().to_string()
    }

    #[test]
    fn difference_and_resistance_follow_from_the_four_signals() {
        let cell = cell(vec![charged(discharge_cycle(1, 1.0))]);
        let all = map(1, &Channel::ALL).extract(&cell).unwrap();
        let at = |channel: usize, k: usize| all[[channel, 0, k]];
        assert_eq!((at(0, 0), at(0, 12)), (3.0, 3.5));
        assert_eq!((at(1, 0), at(1, 12)), (3.4, 2.0));
        assert_eq!((at(2, 5), at(2, 12), at(3, 5), at(3, 12)), (2.2, 0.0, -4.4, 0.0));
        for k in 0..13 {
            let difference = at(0, k) - at(1, 12 - k);
            assert!((at(4, k) - difference).abs() < 1e-6);
            assert!((at(5, k) - difference / (at(2, k) - at(3, 12 - k) + 0.001)).abs() < 2e-4 * at(5, k).abs());
        }
        let two = map(1, &[Channel::Resistance, Channel::ChargeVoltage]).extract(&cell).unwrap();
        assert!((0..13).all(|k| two[[0, 0, k]] == at(5, k) && two[[1, 0, k]] == at(0, k)));
        let one = map(1, &[Channel::VoltageDifference]).extract(&cell).unwrap();
        assert!((0..13).all(|k| one[[0, 0, k]] == at(4, k)));
    }

    #[test]
    fn a_cell_without_charge_gives_its_discharge_channels_only() {
        let cell = cell(vec![discharge_cycle(2, 1.0)]);
        assert!(map(1, &[Channel::DischargeVoltage, Channel::DischargeCurrent]).extract(&cell).is_ok());
        assert_eq!(
            problem(&map(1, &[Channel::DischargeVoltage, Channel::Resistance]), &cell),
            "cell MATR_b1c0 has no charge half, so channel resistance cannot be built; channels possible for it: \
             discharge_voltage, discharge_current"
        );
    }

    #[test]
    fn the_zeroed_cycle_is_zero_and_is_not_read() {
        let spec = FeatureSpec::CapacityMap(CapacityMap {
            cycles: 2,
            grid_points: 13,
            zeroed_cycle: Some(1),
            ..CapacityMap::default()
        });
        let features = spec.extract(&cell(vec![charged(discharge_cycle(1, 1.0)); 2])).unwrap();
        assert!((0..6).all(|channel| (0..13).all(|k| features[[channel, 1, k]] == 0.0)));
        assert!(features[[0, 0, 0]] == 3.0);
    }

    #[test]
    fn a_half_of_two_samples_is_zero() {
        let mut cycle = discharge_cycle(1, 1.0);
        cycle.current[0] = 0.0;
        let features = map(1, &[Channel::DischargeVoltage]).extract(&cell(vec![cycle])).unwrap();
        assert!(features.iter().all(|&value| value == 0.0));
    }

    #[test]
    fn faults_name_cell_cycle_and_channel() {
        let sound = charged(discharge_cycle(7, 1.0));
        let few = problem(&map(3, &Channel::ALL), &cell(vec![sound.clone()]));
        assert!(few.contains("cell MATR_b1c0 has 1 cycles") && few.contains("position 2"), "{few}");

        let mut far = sound.clone();
        far.discharge_capacity.iter_mut().for_each(|value| *value += 9.0);
        let far = problem(&map(2, &Channel::ALL), &cell(vec![sound.clone(), far]));
        assert!(far.contains("position 1 (number 7) has no discharge sample"), "{far}");

        let mut infinite = sound.clone();
        // finite as f64, infinite as f32
        infinite.voltage[0] = 1e39;
        let infinite = problem(&map(2, &Channel::ALL), &cell(vec![sound, infinite]));
        assert!(infinite.contains("channel charge_voltage of the cycle at position 1"), "{infinite}");
    }
    #[test]
    fn wider_registers_change_nothing() {
        let cell = cell(vec![charged(discharge_cycle(1, 1.0)); 2]);
        let map = CapacityMap { cycles: 2, grid_points: 1000, ..CapacityMap::default() };
        let mut extractor = map.extractor();
        let here = extractor.registers;
        let mut results = Vec::new();
        for registers in [here, Registers::Baseline] {
            extractor.registers = registers;
            let mut out = vec![f32::NAN; 6 * 2 * 1000];
            extractor.extract(&cell, &mut out).unwrap();
            results.push(out);
        }
        assert!(results[0] == results[1]);
    }
}
