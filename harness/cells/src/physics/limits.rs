//! Voltages and temperatures that no cell and no chamber has.

use super::facts::Facts;
use super::{Doubt, Seen, Weight, middle::quantile};
use crate::count::short;

/// V beyond the limits that a cycler's control explains.
const BEYOND: f64 = 0.3;
/// V from a limit at which a cycler's control and its calibration end a half, at most; of a discharge, beside what the voltage falls
/// from one sample to the next.
const REACH: f64 = 0.02;
/// V by which cells are cycled beyond the upper limit that is said of them, at most, …
const PASSED: f64 = 0.03;
/// … and LFP cells, too, for which it says less: MATR is held above its limit by so much.
const PASSED_BY_IRON: std::ops::RangeInclusive<f64> = 0.08..=0.12;
/// V below the lower limit that the last sample of a discharge explains.
const PASSED_BELOW: f64 = 0.04;
/// Words for the cathodes that are told by their voltage.
const IRON_PHOSPHATE: [&str; 2] = ["LFP", "LIFEPO4"];
const LAYERED_OXIDES: [&str; 4] = ["NMC", "NCM", "NCA", "LCO"];
/// V that no LFP cell is charged to, cycle after cycle.
const IRON: f64 = 3.9;
/// V under which layered oxides have given next to nothing.
const LAYERED: f64 = 3.75;
/// V beyond the limits that no cell has for a moment; MATR has spikes of 1 V.
const STRAY: f64 = 1.5;
/// Cycles that show between which limits a cell is cycled.
const FEWEST_WHOLE: usize = 10;
/// °C by which cells are hotter or colder than their chamber, at most, all the time.
const FROM_CHAMBER: f64 = 15.0;
/// °C above which no cell lives all the time, …
const HOT: f64 = 62.0;
/// … and what °F would be there.
const FAHRENHEIT: std::ops::RangeInclusive<f64> = 50.0..=140.0;
/// °C that chambers have.
const CHAMBERS: std::ops::RangeInclusive<f64> = -60.0..=150.0;
/// K that chambers have.
const KELVIN: std::ops::RangeInclusive<f64> = 213.0..=423.0;

/// Least and largest of nine in ten cycles, V.
struct Turns {
    low: (f64, f64),
    high: (f64, f64),
    /// V by which the last sample of a discharge lies under the one before it.
    last_fall: f64,
    has_charge: bool,
}

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
                    short(facts.voltage.0, 6),
                    short(facts.voltage.1, 6)
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

    /// Where whole cycles turn, so many that they show it.
    fn turns(&self) -> Option<Turns> {
        let whole: Vec<&Facts> = self.cycles.iter().filter(|facts| self.is_whole(facts)).collect();
        if whole.len() < FEWEST_WHOLE {
            return None;
        }
        let reached = |of: fn(&Facts) -> f64, share: f64| quantile(whole.iter().map(|facts| of(facts)), share);
        let [low, high]: [fn(&Facts) -> f64; 2] = [|facts| facts.voltage.0, |facts| facts.voltage.1];
        Some(Turns {
            low: (reached(low, 0.1)?, reached(low, 0.9)?),
            high: (reached(high, 0.1)?, reached(high, 0.9)?),
            last_fall: reached(|facts| facts.last_fall, 0.5)?,
            has_charge: whole.iter().any(|facts| facts.has_charge),
        })
    }

    /// Limits and a cathode of a cell of one's own that do not go with the voltages at which its cycles turn.
    pub(super) fn against_turns(&self) -> Vec<Doubt> {
        let Some(turns) = self.turns() else { return Vec::new() };
        [self.passed_limits(&turns), self.never_near(&turns), self.other_cathode(&turns)]
            .into_iter()
            .flatten()
            .collect()
    }

    /// Limits that nearly all cycles pass.
    fn passed_limits(&self, turns: &Turns) -> Option<Doubt> {
        let (low, high) = self.cell.info().voltage_limits;
        let above = turns.high.0 - high;
        let is_passed = above > PASSED && !(self.is_one_of(&IRON_PHOSPHATE) && PASSED_BY_IRON.contains(&above));
        let (side, limit, by) = match () {
            // a discharge alone begins where the load lets it
            () if turns.has_charge && is_passed => ("upper", high, above),
            () if turns.low.1 < low - PASSED_BELOW => ("lower", low, low - turns.low.1),
            () => return None,
        };
        let what = format!(
            "nine of ten cycles pass the {side} limit of {limit} V, by {:.0} mV and more: it seems to be another cell's, or the cell is \
             cycled beyond it; features are drawn between the limits, so write those between which it was cycled under voltage_limits",
            1e3 * by
        );
        Some(Doubt { weight: Weight::Flag, cycle: None, what })
    }

    /// Limits that the record never comes near.
    fn never_near(&self, turns: &Turns) -> Option<Doubt> {
        let (low, high) = self.cell.info().voltage_limits;
        let (lowest, highest) = (turns.low.0, turns.high.1);
        let limit = match () {
            () if turns.has_charge && highest < high - REACH => high,
            () if lowest > low + REACH + turns.last_fall => low,
            () => return None,
        };
        let what = format!(
            "its cycles go from {lowest:.3} to {highest:.3} V and never come near the limit of {limit} V: the limits seem to be another \
             cell's, or those of the maker where it is cycled between others; features are drawn between the limits, so write those \
             between which it was cycled under voltage_limits"
        );
        Some(Doubt { weight: Weight::Flag, cycle: None, what })
    }

    /// Whether one of these words is in the name of its cathode.
    fn is_one_of(&self, names: &[&str]) -> bool {
        let cathode = self.cell.info().chemistry.cathode.to_string().to_uppercase();
        names.iter().any(|name| cathode.split(|c: char| !c.is_alphanumeric()).any(|word| word == *name))
    }

    /// A cathode that is not charged to such voltages.
    fn other_cathode(&self, turns: &Turns) -> Option<Doubt> {
        let cathode = &self.cell.info().chemistry.cathode;
        let what = match () {
            () if !turns.has_charge => return None,
            () if self.is_one_of(&IRON_PHOSPHATE) && turns.high.0 > IRON => {
                format!("nine of ten cycles go above {:.2} V, where no LFP cell is charged to", turns.high.0)
            }
            () if self.is_one_of(&LAYERED_OXIDES) && turns.high.1 < LAYERED => {
                format!(
                    "nine of ten cycles stay below {:.2} V, where a cell of {cathode} has given next to nothing",
                    turns.high.1
                )
            }
            () => return None,
        };
        let what = format!("{what}: the cathode, or the voltage, is another; see cathode in cells.yaml");
        Some(Doubt { weight: Weight::Flag, cycle: None, what })
    }

    /// Single samples that no cell has.
    pub(super) fn strays(&self) -> Option<Doubt> {
        let (low, high) = self.cell.info().voltage_limits;
        let stray = |facts: &Facts| match facts.voltage {
            (lowest, _) if lowest < low - STRAY => Some(lowest),
            (_, highest) if highest > high + STRAY => Some(highest),
            _ => None,
        };
        // where many samples of a cycle lie there, it is said elsewhere
        let is_single =
            |facts: &Facts| facts.typical_voltage.0 > low - BEYOND && facts.typical_voltage.1 < high + BEYOND;
        self.flag(&|facts| facts.samples > 0, &|facts| stray(facts).is_some() && is_single(facts), |facts| {
            format!(
                "a sample of {} V, and the limits are {low} and {high} V: it was not measured at the cell; leave its row out of the file, or \
                 drop the cycle if features read it",
                short(stray(facts).unwrap_or_default(), 5)
            )
        })
    }

    /// A temperature that is none of the chamber that is declared, or that no cell has all the time.
    pub(super) fn other_temperature(&self) -> Option<Doubt> {
        let declared = self.cell.info().ambient_temperature;
        let is_known = |facts: &Facts| facts.temperature.is_some();
        let shows = |facts: &Facts| {
            // a column of zeros is of no sensor
            let is_measured = |(low, high): &(f64, f64)| *low != 0.0 || *high != 0.0;
            let Some((low, high)) = facts
                .temperature
                .filter(is_measured)
                .filter(|(low, high)| CHAMBERS.contains(low) && CHAMBERS.contains(high))
            else {
                return false;
            };
            match declared {
                Some(declared) => low > declared + FROM_CHAMBER || high < declared - FROM_CHAMBER,
                None => low > HOT && FAHRENHEIT.contains(&low),
            }
        };
        let doubt = self.flag(&is_known, &shows, |facts| {
            let (low, high) = facts.temperature.unwrap_or_default();
            let celsius = |degrees: f64| (degrees - 32.0) / 1.8;
            let near = |one: f64| declared.is_none_or(|declared| (one - declared).abs() <= FROM_CHAMBER);
            let probably = match declared {
                _ if low > 40.0 && near(celsius(low)) => {
                    "the column seems to be in °F; write `unit: degF` under mapping: temperature"
                }
                Some(declared) if declared > 40.0 && (celsius(declared) - low).abs() <= FROM_CHAMBER => {
                    "the temperature that is declared seems to be in °F"
                }
                _ => "one of the two is wrong, or the sensor is not at the cell",
            };
            let said = declared.map_or_else(String::new, |declared| format!(" where {declared} °C are declared"));
            format!("it is {low:.1} to {high:.1} °C{said}: {probably}")
        })?;
        doubt.in_share(0.5)
    }

    pub(super) fn time_back(&self) -> Option<Doubt> {
        self.flag(&|facts| facts.has_time, &|facts| facts.time_back.is_some(), |facts| {
            let (from, to) = facts.time_back.unwrap_or_default();
            let (from, to) = (short(from, 9), short(to, 9));
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
            format!("a temperature of {low:.2} °C: it seems to be in K; of a cycler's files, write `unit: K` under mapping: temperature")
        });
        if kelvin.as_ref().is_some_and(|doubt| doubt.weight == Weight::Refuse) {
            return kelvin;
        }
        self.flag(&|facts| facts.temperature.is_some(), &|facts| beyond(facts).is_some(), |facts| {
            let (low, high) = beyond(facts).unwrap_or_default();
            let value = if CHAMBERS.contains(&low) { high } else { low };
            format!(
                "a temperature of {} °C: the sensor seems not to be connected, or the unit is another",
                short(value, 6)
            )
        })
    }
}
