//! What the training cells were like, and what of another cell is unlike them.

use std::collections::BTreeSet;

use cells::{
    cell::{Cell, LEAST_CURRENT},
    quote::shown,
};
use serde::{Deserialize, Serialize};

/// How far a rate may lie outside those of the training cells, as a factor.
const FACTOR: f64 = 1.1;
/// The same of a nominal capacity, to which lives are counted.
const CAPACITY_FACTOR: f64 = 1.02;
/// How far a voltage limit may, in V: features are drawn between them.
const VOLTS: f64 = 0.02;
/// How far a temperature may, in °C.
const DEGREES: f64 = 5.0;

/// An electrode that nobody has named.
const UNKNOWN: &str = "unknown";

/// What is known of one cell beside its features.
#[derive(Clone, Debug, PartialEq)]
pub struct Traits {
    chemistry: String,
    nominal_capacity: f64,
    voltage_limits: [f64; 2],
    temperature: Option<f64>,
    charge_rate: Option<f64>,
    discharge_rate: Option<f64>,
}

/// The least and the largest of some values.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Range {
    /// Least.
    pub low: f64,
    /// Largest.
    pub high: f64,
}

/// What the training cells were like.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Domain {
    /// Positive and negative electrodes, such as `LFP/graphite`.
    pub chemistries: BTreeSet<String>,
    /// Ah.
    pub nominal_capacity: Range,
    /// V, the lower and the upper limits. None in bundles of older programs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voltage_limits: Option<[Range; 2]>,
    /// °C of the chamber, of the cells of which it is known.
    pub temperature: Option<Range>,
    /// Median current of the first charge at hand over nominal capacity, in 1/h.
    pub charge_rate: Option<Range>,
    /// The same of the first discharge.
    pub discharge_rate: Option<Range>,
}

impl Traits {
    /// Of a cell with its first cycle, or more.
    pub fn of(cell: &Cell) -> Self {
        let info = cell.info();
        let current = cell.cycles().first().map_or(&[][..], |cycle| &cycle.current);
        let rate = |sign: f64| {
            let mut half: Vec<f64> =
                current.iter().map(|value| sign * value).filter(|&value| value > LEAST_CURRENT).collect();
            half.sort_by(f64::total_cmp);
            half.get(half.len() / 2).map(|current| current / info.nominal_capacity)
        };
        Self {
            chemistry: format!("{}/{}", info.chemistry.cathode, info.chemistry.anode),
            nominal_capacity: info.nominal_capacity,
            voltage_limits: info.voltage_limits.into(),
            temperature: info.ambient_temperature,
            charge_rate: rate(1.0),
            discharge_rate: rate(-1.0),
        }
    }
}

impl Range {
    fn of(values: impl Iterator<Item = Option<f64>>) -> Option<Self> {
        values.flatten().fold(None, |range, value| {
            let Self { low, high } = range.unwrap_or(Self { low: value, high: value });
            Some(Self { low: low.min(value), high: high.max(value) })
        })
    }

    /// `1.1` or `1.1 to 2.5`, in this unit.
    fn shown(self, unit: &str) -> String {
        let Self { low, high } = self;
        let [low, high] = [low, high].map(rounded);
        if low == high { format!("{low} {unit}") } else { format!("{low} to {high} {unit}") }
    }
}

/// Whether two chemistries are one, as far as is known: who describes a cell of their own may not know its anode.
fn is_alike(known: &str, chemistry: &str) -> bool {
    let [known, of_cell] =
        [known, chemistry].map(|chemistry| chemistry.split_once('/').unwrap_or((chemistry, UNKNOWN)));
    let is_same = |one: &str, other: &str| one.eq_ignore_ascii_case(other);
    is_same(known.0, of_cell.0) && (is_same(known.1, of_cell.1) || is_same(of_cell.1, UNKNOWN))
}

/// To two decimals, or to two digits where these are fewer.
fn rounded(value: f64) -> f64 {
    let decimals = if value == 0.0 { 2.0 } else { (1.0 - value.abs().log10().floor()).clamp(2.0, 12.0) };
    let unit = 10_f64.powf(decimals);
    (value * unit).round() / unit
}

impl Domain {
    /// Of the training cells; `None` of none.
    pub fn of(cells: &[Traits]) -> Option<Self> {
        let range = |value: fn(&Traits) -> Option<f64>| Range::of(cells.iter().map(value));
        Some(Self {
            chemistries: cells.iter().map(|cell| cell.chemistry.clone()).collect(),
            nominal_capacity: range(|cell| Some(cell.nominal_capacity))?,
            voltage_limits: range(|cell| Some(cell.voltage_limits[0]))
                .zip(range(|cell| Some(cell.voltage_limits[1])))
                .map(<[Range; 2]>::from),
            temperature: range(|cell| cell.temperature),
            charge_rate: range(|cell| cell.charge_rate),
            discharge_rate: range(|cell| cell.discharge_rate),
        })
    }

    /// What of a cell is unlike the training cells, one sentence each.
    pub fn warnings(&self, cell: &Traits) -> Vec<String> {
        let mut warnings = Vec::new();
        if !self.chemistries.iter().any(|known| is_alike(known, &cell.chemistry)) {
            let known: Vec<&str> = self.chemistries.iter().map(String::as_str).take(5).collect();
            let known = known.join(", ");
            warnings.push(format!("its chemistry is {}, the training cells are {known}", shown(&cell.chemistry, 40)));
        }
        let factors = [
            ("nominal capacity", "Ah", Some(cell.nominal_capacity), Some(self.nominal_capacity), CAPACITY_FACTOR),
            ("charge rate in the first cycle at hand", "C", cell.charge_rate, self.charge_rate, FACTOR),
            ("discharge rate in the first cycle at hand", "C", cell.discharge_rate, self.discharge_rate, FACTOR),
        ];
        for (what, unit, value, range, factor) in factors {
            let (Some(value), Some(range)) = (value, range) else { continue };
            if value < range.low / factor || value > range.high * factor {
                warnings.push(format!(
                    "its {what} is {} {unit}, of the training cells {}",
                    rounded(value),
                    range.shown(unit)
                ));
            }
        }
        for ((what, value), range) in
            ["lower", "upper"].into_iter().zip(cell.voltage_limits).zip(self.voltage_limits.into_iter().flatten())
        {
            if value < range.low - VOLTS || value > range.high + VOLTS {
                warnings.push(format!(
                    "its {what} voltage limit is {} V, of the training cells {}; its curves are drawn between its limits, so a wrong one \
                     makes another life",
                    rounded(value),
                    range.shown("V")
                ));
            }
        }
        if let (Some(value), Some(range)) = (cell.temperature, self.temperature)
            && (value < range.low - DEGREES || value > range.high + DEGREES)
        {
            warnings.push(format!(
                "its temperature is {} °C, of the training cells {}",
                rounded(value),
                range.shown("°C")
            ));
        }
        warnings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(change: impl Fn(&mut Traits)) -> Traits {
        let mut cell = Traits {
            chemistry: "LFP/graphite".to_owned(),
            nominal_capacity: 1.1,
            voltage_limits: [2.0, 3.6],
            temperature: Some(30.0),
            charge_rate: Some(3.6),
            discharge_rate: Some(4.0),
        };
        change(&mut cell);
        cell
    }

    #[test]
    fn what_is_unlike_is_said_and_nothing_else() {
        let domain = Domain::of(&[cell(|_| ()), cell(|cell| cell.charge_rate = Some(6.0))]).unwrap();
        let said = |change: fn(&mut Traits)| domain.warnings(&cell(change));
        assert!(said(|cell| (cell.charge_rate, cell.temperature) = (Some(5.0), None)).is_empty());
        assert_eq!(
            said(|cell| cell.nominal_capacity = 2.0),
            ["its nominal capacity is 2 Ah, of the training cells 1.1 Ah"]
        );
        assert!(said(|cell| cell.nominal_capacity = 1.2)[0].contains("its nominal capacity is 1.2 Ah"));
        assert!(said(|cell| cell.voltage_limits = [2.01, 3.59]).is_empty());
        let wide = said(|cell| cell.voltage_limits = [1.95, 3.65]);
        assert_eq!(wide.len(), 2);
        assert!(wide[1].starts_with("its upper voltage limit is 3.65 V, of the training cells 3.6 V"), "{wide:?}");
        assert_eq!(
            said(|cell| cell.temperature = Some(10.0)),
            ["its temperature is 10 °C, of the training cells 30 °C"]
        );
        assert_eq!(said(|cell| cell.chemistry = "NMC/graphite".to_owned()).len(), 1);
        assert_eq!(said(|cell| cell.chemistry = "LFP/silicon".to_owned()).len(), 1);
        assert_eq!(said(|cell| cell.chemistry = "unknown/unknown".to_owned()).len(), 1);
        assert!(said(|cell| cell.chemistry = "lfp/unknown".to_owned()).is_empty());
        let slow = said(|cell| cell.discharge_rate = Some(1.0));
        assert_eq!(slow, ["its discharge rate in the first cycle at hand is 1 C, of the training cells 4 C"]);
        let fast = said(|cell| cell.charge_rate = Some(9.0));
        assert_eq!(fast, ["its charge rate in the first cycle at hand is 9 C, of the training cells 3.6 to 6 C"]);
    }
}
