//! One cycle of a cell.

/// One cycle: equally long series, in time order.
///
/// Current is positive in charge and negative in discharge. Capacities start at 0 in each cycle and are both counted
/// positive.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cycle {
    /// The source's own count.
    pub number: u32,
    /// V.
    pub voltage: Vec<f64>,
    /// A.
    pub current: Vec<f64>,
    /// Ah; `None` where the source holds no charge half.
    pub charge_capacity: Option<Vec<f64>>,
    /// Ah.
    pub discharge_capacity: Vec<f64>,
    /// s since the start of the cycle, whatever unit the publisher counts in; `None` where the source holds no time.
    pub time: Option<Vec<f64>>,
    /// °C.
    pub temperature: Option<Vec<f64>>,
    /// Ω.
    pub internal_resistance: Option<f64>,
    /// Discharge capacity in Ah on an equidistant voltage grid from high to low voltage, where the source publishes it.
    pub qdlin: Option<Vec<f64>>,
    /// Ah; discharge capacity as the source states it, where its series do not show it: they end before the discharge
    /// does, or have glitches.
    pub stated_capacity: Option<f64>,
}

impl Cycle {
    /// Discharge capacity of the whole cycle in Ah, as stated or else the largest of the series; 0 for an empty cycle.
    pub fn discharged(&self) -> f64 {
        let largest = || self.discharge_capacity.iter().copied().fold(0.0, f64::max);
        self.stated_capacity.unwrap_or_else(largest)
    }

    /// Number of samples.
    pub fn len(&self) -> usize {
        self.voltage.len()
    }

    /// True for a cycle without samples.
    pub fn is_empty(&self) -> bool {
        self.voltage.is_empty()
    }

    pub(super) fn check(&self) -> Result<(), String> {
        let samples = self.voltage.len();
        let series = [
            ("voltage", Some(&self.voltage)),
            ("current", Some(&self.current)),
            ("charge capacity", self.charge_capacity.as_ref()),
            ("discharge capacity", Some(&self.discharge_capacity)),
            ("time", self.time.as_ref()),
            ("temperature", self.temperature.as_ref()),
        ];
        for (name, values) in series {
            let Some(values) = values else { continue };
            if values.len() != samples {
                return Err(format!("{name} has {} samples, voltage has {samples}", values.len()));
            }
            if let Some(sample) = values.iter().position(|value| !value.is_finite()) {
                return Err(format!("{name} is {} at sample {sample}", values[sample]));
            }
        }
        if let Some(sample) = self.qdlin.as_ref().and_then(|q| q.iter().position(|value| !value.is_finite())) {
            return Err(format!("the stored Q(V) curve is not finite at point {sample}"));
        }
        if self.internal_resistance.is_some_and(|resistance| !resistance.is_finite()) {
            return Err("internal resistance is not finite".to_owned());
        }
        match self.stated_capacity {
            Some(capacity) if !(capacity.is_finite() && capacity >= 0.0) => {
                return Err(format!("a capacity of {capacity} Ah is stated"));
            }
            _ => {}
        }
        Ok(())
    }
}

/// What is wrong with the cycles of a cell, if anything; a fragment.
pub(super) fn fault(cycles: &[Cycle]) -> Option<String> {
    let first_with_charge = cycles.iter().position(|cycle| cycle.charge_capacity.is_some());
    let first_without = cycles.iter().position(|cycle| cycle.charge_capacity.is_none());
    if let (Some(with), Some(without)) = (first_with_charge, first_without) {
        return Some(format!("the cycle at position {with} has a charge half, the one at {without} has none"));
    }
    cycles
        .iter()
        .enumerate()
        .find_map(|(position, cycle)| cycle.check().err().map(|what| format!("cycle at position {position}: {what}")))
}
