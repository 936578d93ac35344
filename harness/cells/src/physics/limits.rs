//! Voltages and temperatures that no cell and no chamber has.

use super::facts::Facts;
use super::{Doubt, Seen, Weight};

/// V beyond the limits that a cycler's control explains.
const BEYOND: f64 = 0.3;
/// °C that chambers have.
const CHAMBERS: std::ops::RangeInclusive<f64> = -60.0..=150.0;
/// K that chambers have.
const KELVIN: std::ops::RangeInclusive<f64> = 213.0..=423.0;

impl Seen<'_> {
    pub(super) fn voltage_unit(&self) -> Option<Doubt> {
        let (_, high) = self.cell.info().voltage_limits;
        self.doubt(
            &|facts| facts.samples > 0,
            &|facts| facts.voltage.0 > 3.0 * high || facts.voltage.1 < 0.05 * high,
            |facts| {
                let unit = if facts.voltage.0 > 3.0 * high { "mV" } else { "another unit" };
                format!(
                    "{} to {} V, and the limit is {high} V: the voltage seems to be in {unit}",
                    facts.voltage.0, facts.voltage.1
                )
            },
        )
    }

    pub(super) fn beyond_limits(&self) -> Option<Doubt> {
        let (low, high) = self.cell.info().voltage_limits;

        self.flag(
            &|facts| facts.samples > 0,
            &|facts| facts.typical_voltage.0 < low - BEYOND || facts.typical_voltage.1 > high + BEYOND,
            |facts| {
                format!(
                    "{:.3} to {:.3} V lie beyond the limits of {low} and {high} V: the limits are another cell's, or the voltage is wrong",
                    facts.typical_voltage.0, facts.typical_voltage.1
                )
            },
        )
    }

    pub(super) fn time_back(&self) -> Option<Doubt> {
        self.flag(&|facts| facts.has_time, &|facts| facts.time_back.is_some(), |facts| {
            let (from, to) = facts.time_back.unwrap_or_default();
            format!("time runs back from {from} to {to} s: lines are out of order, or times are wrong")
        })
    }

    pub(super) fn temperature(&self) -> Option<Doubt> {
        let beyond = |facts: &Facts| {
            facts.temperature.filter(|(low, high)| !(CHAMBERS.contains(low) && CHAMBERS.contains(high)))
        };
        let is_kelvin = |facts: &Facts| {
            facts.temperature.is_some_and(|(low, high)| KELVIN.contains(&low) && KELVIN.contains(&high))
        };
        let kelvin = self.doubt(&|facts| facts.temperature.is_some(), &is_kelvin, |facts| {
            let (low, _) = facts.temperature.unwrap_or_default();
            format!("a temperature of {low} °C: it seems to be in K; of a cycler's files, write `unit: K` under mapping: temperature")
        });
        if kelvin.as_ref().is_some_and(|doubt| doubt.weight == Weight::Refuse) {
            return kelvin;
        }
        self.flag(&|facts| facts.temperature.is_some(), &|facts| beyond(facts).is_some(), |facts| {
            let (low, high) = beyond(facts).unwrap_or_default();
            let value = if CHAMBERS.contains(&low) { high } else { low };
            format!("a temperature of {value} °C: the sensor seems not to be connected, or the unit is another")
        })
    }
}
