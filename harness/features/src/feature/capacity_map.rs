//! The six-channel map of BatLiNet: voltage, current and what follows from them, over capacity, cycle by cycle.

mod channel;
mod extractor;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::extract::check_length;
use crate::Error;
use cells::cell::Cell;
pub use channel::Channel;
use extractor::Extractor;

/// Upper end of the capacity grid, in nominal capacities. (The paper says 1; the authors' code says this.)
const LARGEST_CAPACITY: f64 = 1.2;

/// Settings of the map.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(extend("x-source" = "4.1"))]
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
    pub(super) fn check_cell(&self, cell: &Cell, held: usize) -> Result<(), Error> {
        check_length(cell, held, self.cycles_needed() - 1, "the capacity map")?;
        self.check_halves(cell)
    }

    fn check_halves(&self, cell: &Cell) -> Result<(), Error> {
        let missing = self.channels.iter().find(|channel| channel.needs_charge());
        match missing {
            Some(channel) if !cell.has_charge() => {
                let possible: Vec<&str> = Channel::ALL
                    .iter()
                    .filter(|channel| !channel.needs_charge())
                    .map(|channel| channel.name())
                    .collect();
                Err(Error::NoChargeHalf {
                    cell: cell.id().to_owned(),
                    channel: channel.name(),
                    possible: possible.join(", "),
                })
            }
            _ => Ok(()),
        }
    }

    pub(super) fn extractor(&self) -> Extractor {
        Extractor::new(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feature::FeatureSpec;
    use crate::feature::extract::Extract;
    use cells::cell::{Cell, Cycle, LifeRecord};
    use cells::made_up::{discharge_cycle, info};
    use numerics::registers::Registers;

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
