//! The declaration of a feature, as it stands in an experiment file.

use ndarray::{ArrayD, IxDyn};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{CapacityMap, Compact, Extract, Severson, VoltageCapacity, VoltageMap};
use crate::Error;
use cells::cell::Cell;

/// The largest number of cycles, position or number of grid points that makes sense.
const LARGEST: u64 = 100_000;

/// Values of one cell at most: 100 MB, forty times the map of the paper.
const MOST_VALUES: u64 = 25_000_000;

/// A feature: one outer key that names it, and its settings.
///
/// ```yaml
/// capacity_map: {cycles: 100}
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "WrittenFeature", into = "WrittenFeature")]
pub enum FeatureSpec {
    /// Voltage, current, voltage difference and resistance over capacity, per cycle: what BatLiNet reads.
    CapacityMap(CapacityMap),
    /// Change of the discharge curve Q(V) against a base cycle, per cycle: what the other learned models read.
    VoltageCapacity(VoltageCapacity),
    /// Hand-made statistics of the early cycles: what the linear models read.
    Severson(Severson),
    /// Twenty statistics of repaired curves and capacities: what the additive Gaussian process reads.
    Compact(Compact),
    /// The discharge curves Q(V) themselves, per cycle, repaired if asked for: what BatLiNet may read instead.
    VoltageMap(VoltageMap),
}

/// [`FeatureSpec`] as it is written: a mapping with exactly one key. (A YAML enum would need a tag.)
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a mapping such as {capacity_map: {}}")]
#[schemars(description = "What a model reads of a cell: exactly one of these keys, with its settings.")]
struct WrittenFeature {
    /// Voltage, current, voltage difference and resistance over capacity, per cycle: what BatLiNet reads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    capacity_map: Option<CapacityMap>,
    /// Change of the discharge curve Q(V) against a base cycle, per cycle: what the other learned models read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    voltage_capacity: Option<VoltageCapacity>,
    /// Hand-made statistics of the early cycles: what the linear models read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    severson: Option<Severson>,
    /// Twenty statistics of repaired curves and capacities: what the additive Gaussian process reads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    compact: Option<Compact>,
    /// The discharge curves Q(V) themselves, per cycle, repaired if asked for: what BatLiNet may read instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    voltage_map: Option<VoltageMap>,
}

impl TryFrom<WrittenFeature> for FeatureSpec {
    type Error = String;

    fn try_from(declared: WrittenFeature) -> Result<Self, String> {
        let WrittenFeature { capacity_map, voltage_capacity, severson, compact, voltage_map } = declared;
        let named = [
            capacity_map.map(Self::CapacityMap),
            voltage_capacity.map(Self::VoltageCapacity),
            severson.map(Self::Severson),
            compact.map(Self::Compact),
            voltage_map.map(Self::VoltageMap),
        ];
        let mut named = named.into_iter().flatten();
        let (Some(spec), None) = (named.next(), named.next()) else {
            return Err(
                "a feature is exactly one of capacity_map, voltage_capacity, severson, compact and voltage_map, with \
                 settings in braces, such as capacity_map: {cycles: 100}"
                    .to_owned(),
            );
        };
        spec.check()?;
        Ok(spec)
    }
}

impl From<FeatureSpec> for WrittenFeature {
    fn from(spec: FeatureSpec) -> Self {
        let mut declared =
            Self { capacity_map: None, voltage_capacity: None, severson: None, compact: None, voltage_map: None };
        match spec {
            FeatureSpec::CapacityMap(map) => declared.capacity_map = Some(map),
            FeatureSpec::VoltageCapacity(curves) => declared.voltage_capacity = Some(curves),
            FeatureSpec::Severson(statistics) => declared.severson = Some(statistics),
            FeatureSpec::Compact(compact) => declared.compact = Some(compact),
            FeatureSpec::VoltageMap(map) => declared.voltage_map = Some(map),
        }
        declared
    }
}

impl FeatureSpec {
    /// Whether the settings make sense together. Done for every declaration that is read; specs made in code are
    /// checked when samples are built.
    ///
    /// # Errors
    /// A sentence that names the setting.
    pub fn check(&self) -> Result<(), String> {
        self.check_numbers()?;
        match self {
            Self::CapacityMap(map) => map.check(),
            Self::VoltageCapacity(curves) => curves.check(),
            Self::Severson(statistics) => statistics.check(),
            Self::Compact(compact) => compact.check(),
            Self::VoltageMap(map) => map.check(),
        }
    }

    /// Whether all numbers are such that arrays of them fit into memory: what is larger is a slip of the pen.
    fn check_numbers(&self) -> Result<(), String> {
        let settings = match self {
            Self::CapacityMap(map) => serde_json::to_value(map),
            Self::VoltageCapacity(curves) => serde_json::to_value(curves),
            Self::Severson(statistics) => serde_json::to_value(statistics),
            Self::Compact(compact) => serde_json::to_value(compact),
            Self::VoltageMap(map) => serde_json::to_value(map),
        };
        let settings = settings.map_err(|error| error.to_string())?;
        for (name, value) in settings.as_object().into_iter().flatten() {
            let numbers = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
            if let Some(large) = numbers.iter().filter_map(serde_json::Value::as_u64).find(|&number| number > LARGEST) {
                return Err(format!("{name} = {large} is more than any cell or grid has, {LARGEST} at most"));
            }
        }
        let values = self.shape().iter().try_fold(1_u64, |values, &size| values.checked_mul(size as u64));
        if values.is_none_or(|values| values > MOST_VALUES) {
            let shape = self.shape().iter().map(usize::to_string).collect::<Vec<_>>().join(" × ");
            return Err(format!("{shape} values of every cell are more than memory holds, {MOST_VALUES} at most"));
        }
        Ok(())
    }

    /// How many of a cell's first cycles are read.
    pub fn cycles_needed(&self) -> usize {
        match self {
            Self::CapacityMap(map) => map.cycles_needed(),
            Self::VoltageCapacity(curves) => curves.cycles_needed(),
            Self::Severson(statistics) => statistics.cycles_needed(),
            Self::Compact(compact) => compact.cycles_needed(),
            Self::VoltageMap(map) => map.cycles_needed(),
        }
    }

    /// Shape of the array of one cell.
    pub fn shape(&self) -> Vec<usize> {
        match self {
            Self::CapacityMap(map) => map.shape().to_vec(),
            Self::VoltageCapacity(curves) => curves.shape().to_vec(),
            Self::Severson(statistics) => vec![statistics.statistics.len()],
            Self::Compact(compact) => vec![compact.statistics.len()],
            Self::VoltageMap(map) => map.shape().to_vec(),
        }
    }

    /// Whether a cell of which `held` cycles are at hand can give the feature: what its number of cycles and the series of
    /// those that are looked at, if only the first, tell. Extractors ask the same of all.
    ///
    /// # Errors
    /// As [`Extract::extract`].
    pub fn check_cell(&self, cell: &Cell, held: usize) -> Result<(), Error> {
        match self {
            Self::CapacityMap(map) => map.check_cell(cell, held),
            Self::VoltageCapacity(curves) => curves.check_cell(cell, held),
            Self::Severson(statistics) => statistics.check_cell(cell, held),
            Self::Compact(compact) => compact.check_cell(cell, held),
            Self::VoltageMap(map) => map.check_cell(cell, held),
        }
    }

    /// A text that differs between any two features that may differ in a number: the version of the extractor and
    /// all settings, defaults included. Versions are raised by hand, when golden values change.
    pub fn identity(&self) -> String {
        let version = match self {
            Self::CapacityMap(_) => CapacityMap::VERSION,
            Self::VoltageCapacity(_) => VoltageCapacity::VERSION,
            Self::Severson(_) => Severson::VERSION,
            Self::Compact(_) => Compact::VERSION,
            Self::VoltageMap(_) => VoltageMap::VERSION,
        };
        let settings = serde_json::to_string(self).expect("plain settings always become JSON");
        format!("v{version} {settings}")
    }

    /// An extractor with its own buffers, to be reused for many cells; one per thread.
    pub fn extractor(&self) -> Box<dyn Extract> {
        match self {
            Self::CapacityMap(map) => Box::new(map.extractor()),
            Self::VoltageCapacity(curves) => Box::new(curves.extractor()),
            Self::Severson(statistics) => Box::new(statistics.extractor()),
            Self::Compact(compact) => Box::new(compact.extractor()),
            Self::VoltageMap(map) => Box::new(map.extractor()),
        }
    }

    /// The feature of one cell.
    ///
    /// # Errors
    /// As [`Extract::extract`].
    pub fn extract(&self, cell: &Cell) -> Result<ArrayD<f32>, Error> {
        let mut array = ArrayD::zeros(IxDyn(&self.shape()));
        let values = array.as_slice_mut().expect("a new array is contiguous");
        self.extractor().extract(cell, values)?;
        Ok(array)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feature::{Channel, Statistic};

    fn read(yaml: &str) -> Result<FeatureSpec, String> {
        serde_yaml::from_str(yaml).map_err(|error| error.to_string())
    }

    #[test]
    fn a_declaration_is_one_key_with_defaults() {
        let map = read("capacity_map: {cycles: 20, zeroed_cycle: 10}").unwrap();
        assert_eq!(map.shape(), [6, 20, 1000]);
        assert_eq!(map.cycles_needed(), 20);
        let row = read("voltage_capacity: {first: 99}").unwrap();
        assert_eq!(row.shape(), [1, 1000]);
        let FeatureSpec::Severson(variance) = read("severson: {statistics: [variance]}").unwrap() else { panic!() };
        assert_eq!((variance.statistics, variance.cycles), (vec![Statistic::Variance], [2, 9, 99]));
        let FeatureSpec::CapacityMap(one) = read("capacity_map: {channels: [discharge_voltage]}").unwrap() else {
            panic!()
        };
        assert_eq!(one.channels, [Channel::DischargeVoltage]);
    }

    #[test]
    fn what_is_written_can_be_read_and_names_its_identity() {
        for yaml in ["capacity_map: {}", "voltage_capacity: {base: 2, last: 19}", "severson: {statistics: [slope]}"] {
            let spec = read(yaml).unwrap();
            assert_eq!(read(&serde_yaml::to_string(&spec).unwrap()).unwrap(), spec);
        }
        let identity = |yaml: &str| read(yaml).unwrap().identity();
        assert_eq!(identity("capacity_map: {}"), identity("capacity_map: {cycles: 100, grid_points: 1000}"));
        assert_ne!(identity("capacity_map: {}"), identity("capacity_map: {cycles: 99}"));
        assert_ne!(identity("voltage_capacity: {}"), identity("voltage_capacity: {median: nan_ignoring}"));
    }

    #[test]
    fn senseless_declarations_are_refused_with_the_setting_named() {
        let fails = |yaml: &str, part: &str| {
            let message = read(yaml).unwrap_err();
            assert!(message.contains(part), "{message}");
        };
        fails("{}", "exactly one of");
        fails("{capacity_map: {}, severson: {statistics: [slope]}}", "exactly one of");
        fails("capacity_maps: {}", "capacity_maps");
        fails("capacity_map: {cycle: 3}", "cycle");
        fails("capacity_map: {cycles: 0}", "cycles");
        fails("capacity_map: {channels: []}", "channels");
        fails("capacity_map: {channels: [resistance, resistance]}", "resistance");
        fails("capacity_map: {grid_points: 1}", "grid_points");
        fails("capacity_map: {cycles: 10, zeroed_cycle: 10}", "zeroed_cycle");
        fails("voltage_capacity: {first: 3, last: 2}", "last");
        fails("voltage_map: {cycles: 0}", "cycles");
        fails("voltage_map: {cycles: 20, base: 20}", "base 20");
        fails("voltage_map: {cycles: 2, neighbours: 2}", "neighbours");
        fails("capacity_map: {cycles: 18446744073709551615, first: 1}", "cycles = 18446744073709551615 is more than");
        fails("capacity_map: {grid_points: 10000000000}", "grid_points = 10000000000");
        fails("voltage_capacity: {last: 18446744073709551615}", "last = 18446744073709551615");
        fails("severson: {statistics: [variance], cycles: [2, 9, 9999999999]}", "cycles = 9999999999");
        fails("severson: {statistics: []}", "statistics");
        fails("severson: {statistics: [variance], cycles: [2, 9, 9]}", "cycles");
        fails("severson: {statistics: [early_capacity], cycles: [9, 10, 18]}", "cycles");
    }
}
