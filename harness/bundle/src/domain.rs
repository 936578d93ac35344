//! What the training cells were like, and what of another cell is unlike them.

use std::collections::{BTreeMap, BTreeSet};

use cells::{
    cell::{Cell, Cycle, least_current},
    quote::shown,
};
use serde::{Deserialize, Serialize};

/// How far a value may lie outside those of the training cells.
#[derive(Clone, Copy)]
enum Slack {
    /// As a factor.
    Factor(f64),
    /// In its unit.
    By(f64),
}

const OF_RATES: Slack = Slack::Factor(1.1);
/// Lives are counted to it.
const OF_CAPACITY: Slack = Slack::Factor(1.02);
/// V; features are drawn between them.
const OF_LIMITS: Slack = Slack::By(0.02);
/// °C.
const OF_TEMPERATURE: Slack = Slack::By(5.0);
/// % of the nominal capacity that the first cycles of cells of one make differ by, beyond those of the training cells.
const OF_FIRST_CAPACITY: Slack = Slack::By(1.5);
/// V at which a cycler ends its halves, and holds the cell in charge: to a few mV the same in all cells of a test.
const OF_HIGHEST: Slack = Slack::By(0.012);
/// V; the last sample of a discharge lies below the limit by what the voltage falls until the cycler sees it.
const OF_LOWEST: Slack = Slack::By(0.025);
/// The highest voltages of a charge that may be spikes.
const SPIKES: usize = 2;
/// Samples go with the program of a cycler, and a few less show the same curve.
const OF_SAMPLES: f64 = 1.5;

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
    discharge_samples: Option<f64>,
    first_capacity: Option<f64>,
    highest_voltage: Option<f64>,
    lowest_voltage: Option<f64>,
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
    /// Samples of the first discharge at hand. None in bundles of older programs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discharge_samples: Option<Range>,
    /// % of the nominal capacity that the first cycle at hand gives. None in bundles of older programs, as the next two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_capacity: Option<Range>,
    /// V, the highest of the first charge at hand, but for spikes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub highest_voltage: Option<Range>,
    /// V, the lowest of the first discharge at hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lowest_voltage: Option<Range>,
    /// The same of the cells of each chemistry, where there are several.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub by_chemistry: BTreeMap<String, Domain>,
}

impl Traits {
    /// Of a cell with its first cycle, or more.
    pub fn of(cell: &Cell) -> Self {
        let info = cell.info();
        let first = cell.cycles().first();
        let current = first.map_or(&[][..], |cycle| &cycle.current);
        let least = least_current(info.nominal_capacity);
        let half = |sign: f64| {
            let mut half: Vec<f64> = current.iter().map(|value| sign * value).filter(|&value| value > least).collect();
            half.sort_by(f64::total_cmp);
            half
        };
        let [charge, discharge] = [half(1.0), half(-1.0)];
        // in order, from the lowest
        let voltages = |sign: f64| {
            let samples = first.map_or(&[][..], |cycle| &cycle.voltage).iter().zip(current);
            let of_half = samples.filter(|(_, current)| sign * **current > least).map(|(voltage, _)| *voltage);
            let mut voltages: Vec<f64> = of_half.collect();
            voltages.sort_by(f64::total_cmp);
            voltages
        };
        let given = first.map_or(0.0, Cycle::discharged);
        let rate = |half: &[f64]| half.get(half.len() / 2).map(|current| current / info.nominal_capacity);
        Self {
            chemistry: format!("{}/{}", info.chemistry.cathode, info.chemistry.anode),
            nominal_capacity: info.nominal_capacity,
            voltage_limits: info.voltage_limits.into(),
            temperature: info.ambient_temperature,
            charge_rate: rate(&charge),
            discharge_rate: rate(&discharge),
            discharge_samples: (!discharge.is_empty()).then_some(discharge.len() as f64),
            first_capacity: (given > 0.0).then(|| 100.0 * given / info.nominal_capacity),
            highest_voltage: voltages(1.0).iter().rev().nth(SPIKES).copied(),
            lowest_voltage: voltages(-1.0).first().copied(),
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

impl Slack {
    fn holds(self, value: f64, Range { low, high }: Range) -> bool {
        match self {
            Self::Factor(factor) => (low / factor..=high * factor).contains(&value),
            Self::By(by) => (low - by..=high + by).contains(&value),
        }
    }
}

impl Domain {
    /// Of the training cells; `None` of none.
    pub fn of(cells: &[Traits]) -> Option<Self> {
        let mut groups: BTreeMap<&str, Vec<&Traits>> = BTreeMap::new();
        cells.iter().for_each(|cell| groups.entry(&cell.chemistry).or_default().push(cell));
        let by_chemistry = match groups.len() {
            1 => BTreeMap::new(),
            _ => groups
                .iter()
                .map(|(chemistry, cells)| Some(((*chemistry).to_owned(), Self::of_all(cells)?)))
                .collect::<Option<_>>()?,
        };
        Some(Self { by_chemistry, ..Self::of_all(&cells.iter().collect::<Vec<_>>())? })
    }

    fn of_all(cells: &[&Traits]) -> Option<Self> {
        let range = |value: fn(&Traits) -> Option<f64>| Range::of(cells.iter().map(|cell| value(cell)));
        Some(Self {
            chemistries: cells.iter().map(|cell| cell.chemistry.clone()).collect(),
            nominal_capacity: range(|cell| Some(cell.nominal_capacity))?,
            voltage_limits: range(|cell| Some(cell.voltage_limits[0]))
                .zip(range(|cell| Some(cell.voltage_limits[1])))
                .map(<[Range; 2]>::from),
            temperature: range(|cell| cell.temperature),
            charge_rate: range(|cell| cell.charge_rate),
            discharge_rate: range(|cell| cell.discharge_rate),
            discharge_samples: range(|cell| cell.discharge_samples),
            first_capacity: range(|cell| cell.first_capacity),
            highest_voltage: range(|cell| cell.highest_voltage),
            lowest_voltage: range(|cell| cell.lowest_voltage),
            by_chemistry: BTreeMap::new(),
        })
    }

    /// What of a cell is unlike the training cells, one sentence each: unlike those of its chemistry, where there are some.
    pub fn warnings(&self, cell: &Traits) -> Vec<String> {
        if !self.chemistries.iter().any(|known| is_alike(known, &cell.chemistry)) {
            let known: Vec<&str> = self.chemistries.iter().map(String::as_str).take(5).collect();
            let known = known.join(", ");
            let what = format!("its chemistry is {}, the training cells are {known}", shown(&cell.chemistry, 40));
            // how a cell of another kind begins, and where it turns, says nothing
            let cell = Traits { first_capacity: None, highest_voltage: None, lowest_voltage: None, ..cell.clone() };
            return [vec![what], self.unlike(&cell, "the training cells")].concat();
        }
        let of_chemistry = self.by_chemistry.iter().filter(|(known, _)| is_alike(known, &cell.chemistry));
        let unlike = of_chemistry.map(|(known, domain)| domain.unlike(cell, &format!("the training cells of {known}")));
        // who does not know the anode may have any
        unlike.min_by_key(Vec::len).unwrap_or_else(|| self.unlike(cell, "the training cells"))
    }

    /// The same beside its chemistry, of cells that are called so.
    fn unlike(&self, cell: &Traits, cells: &str) -> Vec<String> {
        let [lower, upper] = self.voltage_limits.map_or([None, None], |limits| limits.map(Some));
        let [low, high] = cell.voltage_limits.map(Some);
        let drawn = "; its curves are drawn between its limits, so a wrong one makes another life";
        let of_first = "; cycles before it may not be in the files, its nominal capacity, by which lives are counted, may be another, or \
                        it is cycled otherwise";
        let turns =
            "; its voltage may be measured otherwise, or it is cycled between other limits, and curves lie elsewhere";
        // more than any training cell has is no harm
        let enough = self.discharge_samples.map(|Range { low, .. }| Range { low, high: f64::INFINITY });
        let coarse =
            format!(" {:.0} and more: curves of so few are read otherwise", enough.map_or(0.0, |range| range.low));
        let traits = [
            ("nominal capacity", "Ah", cell.nominal_capacity.into(), Some(self.nominal_capacity), OF_CAPACITY, ""),
            ("charge rate in the first cycle at hand", "C", cell.charge_rate, self.charge_rate, OF_RATES, ""),
            ("discharge rate in the first cycle at hand", "C", cell.discharge_rate, self.discharge_rate, OF_RATES, ""),
            ("lower voltage limit", "V", low, lower, OF_LIMITS, drawn),
            ("upper voltage limit", "V", high, upper, OF_LIMITS, drawn),
            ("temperature", "°C", cell.temperature, self.temperature, OF_TEMPERATURE, ""),
            (
                "first capacity at hand",
                "% of nominal",
                cell.first_capacity,
                self.first_capacity,
                OF_FIRST_CAPACITY,
                of_first,
            ),
            (
                "highest voltage in the first cycle at hand",
                "V",
                cell.highest_voltage,
                self.highest_voltage,
                OF_HIGHEST,
                turns,
            ),
            (
                "lowest voltage in the first cycle at hand",
                "V",
                cell.lowest_voltage,
                self.lowest_voltage,
                OF_LOWEST,
                turns,
            ),
        ];
        let mut warnings: Vec<String> = traits
            .into_iter()
            .filter_map(|(what, unit, value, range, slack, follows)| {
                let (value, range) = value.zip(range).filter(|(value, range)| !slack.holds(*value, *range))?;
                Some(format!("its {what} is {} {unit}, of {cells} {}{follows}", rounded(value), range.shown(unit)))
            })
            .collect();
        if let (Some(samples), Some(range)) = (cell.discharge_samples, enough)
            && !Slack::Factor(OF_SAMPLES).holds(samples, range)
        {
            warnings.push(format!("its first discharge at hand has {samples} samples, those of {cells}{coarse}"));
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
            discharge_samples: Some(200.0),
            first_capacity: Some(97.0),
            highest_voltage: Some(3.6),
            lowest_voltage: Some(1.995),
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

    #[test]
    fn a_cell_that_begins_or_turns_elsewhere_is_said() {
        let domain = Domain::of(&[cell(|_| ()), cell(|cell| cell.first_capacity = Some(99.0))]).unwrap();
        let said = |change: fn(&mut Traits)| domain.warnings(&cell(change));
        let near = said(|cell| {
            (cell.first_capacity, cell.highest_voltage, cell.lowest_voltage) = (Some(100.4), Some(3.61), Some(2.01));
        });
        assert!(near.is_empty(), "{near:?}");
        for (change, words) in [
            (
                (|cell| cell.first_capacity = Some(94.0)) as fn(&mut Traits),
                "its first capacity at hand is 94 % of nominal, of",
            ),
            (|cell| cell.first_capacity = Some(101.0), "its first capacity at hand is 101 % of nominal"),
            (|cell| cell.highest_voltage = Some(3.58), "its highest voltage in the first cycle at hand is 3.58 V, of"),
            (|cell| cell.highest_voltage = Some(3.63), "its highest voltage in the first cycle at hand is 3.63 V"),
            (|cell| cell.lowest_voltage = Some(2.05), "its lowest voltage in the first cycle at hand is 2.05 V"),
            (|cell| cell.lowest_voltage = Some(1.9), "its lowest voltage in the first cycle at hand is 1.9 V"),
        ] {
            let said = said(change);
            assert!(said.len() == 1 && said[0].starts_with(words), "{said:?}");
        }
        // of curves of discharge alone, and beside a model of an older program
        assert!(said(|cell| cell.highest_voltage = None).is_empty());
        let older = Domain { first_capacity: None, highest_voltage: None, lowest_voltage: None, ..domain.clone() };
        assert!(older.warnings(&cell(|cell| cell.first_capacity = Some(80.0))).is_empty());
        // of another kind of cell, its chemistry says all
        let other = said(|cell| (cell.chemistry, cell.first_capacity) = ("LFP/silicon".to_owned(), Some(80.0)));
        assert_eq!(other.len(), 1, "{other:?}");
    }

    #[test]
    fn a_cell_is_held_against_those_of_its_chemistry() {
        let other = cell(|cell| {
            (cell.chemistry, cell.voltage_limits, cell.nominal_capacity) = ("NMC/graphite".to_owned(), [3.0, 4.2], 2.8);
        });
        let domain = Domain::of(&[cell(|_| ()), other.clone()]).unwrap();
        assert!(domain.warnings(&other).is_empty());
        let mixed = domain.warnings(&Traits { voltage_limits: [3.0, 3.6], ..other.clone() });
        assert_eq!(mixed.len(), 1);
        assert!(mixed[0].starts_with("its upper voltage limit is 3.6 V, of the training cells of NMC/graphite 4.2 V"));
        // of a third, against all
        let third = Traits { chemistry: "NCA/graphite".to_owned(), voltage_limits: [3.0, 3.6], ..other };
        assert_eq!(domain.warnings(&third).len(), 1);
    }

    #[test]
    fn a_small_cell_is_held_against_others_like_a_large_one() {
        let of = |scale: f64, current: f64| {
            let mut info = cells::made_up::info("mine");
            info.nominal_capacity *= scale;
            let mut cycle = cells::made_up::discharge_cycle(1, 1.1 * scale);
            cycle.current = vec![-current * scale; 3];
            Traits::of(&Cell::new(info, vec![cycle], cells::cell::LifeRecord::Capacity(vec![1.1 * scale])).unwrap())
        };
        let coin = Domain::of(&[of(1e-3, 4.4)]).unwrap();
        assert!(coin.warnings(&of(1e-3, 4.4)).is_empty());
        let said = coin.warnings(&of(1e-3, 1.1));
        assert_eq!(said, ["its discharge rate in the first cycle at hand is 1 C, of the training cells 4 C"]);
        assert_eq!(of(1e-3, 4.4).lowest_voltage, of(1.0, 4.4).lowest_voltage);
    }

    #[test]
    fn a_curve_of_fewer_samples_than_any_training_cell_has_is_said() {
        let domain = Domain::of(&[cell(|_| ()), cell(|cell| cell.discharge_samples = Some(300.0))]).unwrap();
        let said = |samples: f64| domain.warnings(&cell(|cell| cell.discharge_samples = Some(samples)));
        assert!(said(150.0).is_empty() && said(5000.0).is_empty());
        assert_eq!(
            said(50.0),
            [
                "its first discharge at hand has 50 samples, those of the training cells 200 and more: curves of so few are read otherwise"
            ]
        );
    }
}
