//! A battery cell and what was measured on it: the record that every source produces and every feature reads.
//!
//! Position in [`Cell::cycles`] (0-based, chronological) is what feature and label rules index, never
//! [`Cycle::number`]; the two differ where a source skips cycles.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A, above which a sample belongs to charge and below whose negative it belongs to discharge; absolute, not a rate.
pub const LEAST_CURRENT: f64 = 0.1;

/// Whether a cell was measured in a laboratory or simulated by the virtual lab.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// Measured.
    Real,
    /// Simulated: never evidence about a published result.
    Virtual,
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Real => "real",
            Self::Virtual => "virtual",
        })
    }
}

/// The eight public datasets of the benchmark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Dataset {
    /// Severson et al. 2019, batches 1 to 3.
    #[serde(rename = "MATR")]
    Matr,
    /// Attia et al. 2020: batch 4 of the MATR archive, ids `MATR_b4c*`.
    #[serde(rename = "CLO")]
    Clo,
    /// Ma et al. 2022.
    #[serde(rename = "HUST")]
    Hust,
    /// Center for Advanced Life Cycle Engineering, CS2 and CX2 cells.
    #[serde(rename = "CALCE")]
    Calce,
    /// Li et al. 2021.
    #[serde(rename = "RWTH")]
    Rwth,
    /// Devie et al. 2018.
    #[serde(rename = "HNEI")]
    Hnei,
    /// Juarez-Robles et al. 2020.
    #[serde(rename = "UL_PUR")]
    UlPur,
    /// Preger et al. 2020.
    #[serde(rename = "SNL")]
    Snl,
}

impl Dataset {
    /// All datasets, in the order in which tables list them.
    pub const ALL: [Self; 8] =
        [Self::Matr, Self::Clo, Self::Hust, Self::Calce, Self::Rwth, Self::Hnei, Self::UlPur, Self::Snl];

    /// The name used in files and tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Matr => "MATR",
            Self::Clo => "CLO",
            Self::Hust => "HUST",
            Self::Calce => "CALCE",
            Self::Rwth => "RWTH",
            Self::Hnei => "HNEI",
            Self::UlPur => "UL_PUR",
            Self::Snl => "SNL",
        }
    }
}

impl fmt::Display for Dataset {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// Positive-electrode material.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Cathode {
    /// Lithium iron phosphate.
    #[serde(rename = "LFP")]
    Lfp,
    /// Lithium nickel manganese cobalt oxide.
    #[serde(rename = "NMC")]
    Nmc,
    /// Lithium cobalt oxide.
    #[serde(rename = "LCO")]
    Lco,
    /// Lithium nickel cobalt aluminium oxide.
    #[serde(rename = "NCA")]
    Nca,
    /// Blend of NMC and LCO.
    #[serde(rename = "NMC-LCO")]
    NmcLco,
}

impl Cathode {
    /// The usual abbreviation.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lfp => "LFP",
            Self::Nmc => "NMC",
            Self::Lco => "LCO",
            Self::Nca => "NCA",
            Self::NmcLco => "NMC-LCO",
        }
    }
}

impl fmt::Display for Cathode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// Electrode materials.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chemistry {
    /// Positive electrode.
    pub cathode: Cathode,
    /// Negative electrode, `graphite` or `carbon`.
    pub anode: String,
}

/// How the cell was cycled, in the publisher's words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Protocol {
    /// Such as `3.6C(80%)-3.6C`.
    pub charge: String,
    /// Such as `4C CC to 2.0 V`.
    pub discharge: String,
}

/// What is known of a cell before any cycle is looked at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CellInfo {
    /// Such as `MATR_b1c0`; unique over all datasets, and safe as a file name.
    pub id: String,
    /// Where it was published.
    pub dataset: Dataset,
    /// Measured or simulated.
    pub origin: Origin,
    /// Electrode materials.
    pub chemistry: Chemistry,
    /// Such as `cylindrical_18650`.
    pub form_factor: Option<String>,
    /// Ah; the denominator of the state of health.
    pub nominal_capacity: f64,
    /// V, lower and upper; the bounds of the voltage grid of the Q(V) curves.
    pub voltage_limits: (f64, f64),
    /// °C of the chamber, where known.
    pub ambient_temperature: Option<f64>,
    /// How it was cycled.
    pub protocol: Protocol,
    /// Cycles to 80 % of nominal capacity as its publisher counts them, where that is known. A record that ends well before
    /// was cut short. It is a fact about the cell and not part of its measurements: neither stored nor hashed with them.
    pub published_life: Option<f64>,
}

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
    /// s since the start of the cycle (MATR: minutes, RWTH: milliseconds, as the faithful protocol needs them);
    /// `None` where the source holds no time.
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

    fn check(&self) -> Result<(), String> {
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

/// What is known about the cell's whole life, beyond the cycles held in detail.
#[derive(Clone, Debug, PartialEq)]
pub enum LifeRecord {
    /// Discharge capacity in Ah of every cycle that was observed, from position 0 on. The cell may have been taken off
    /// test before its end of life.
    Capacity(Vec<f64>),
    /// Only the published cycle life is at hand, for one end-of-life threshold (a fraction of nominal capacity).
    Published {
        /// Cycles.
        cycle_life: f64,
        /// Such as 0.8.
        end_of_life: f64,
    },
}

/// A cycle that is on record and not among those of a cell, since the cleaning rule of its source took it for an outlier.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LeftOut {
    /// Position among all cycles on record, from 0.
    pub position: usize,
    /// Its discharge capacity in Ah.
    pub capacity: f64,
}

/// A cell whose invariants hold: positive nominal capacity, ordered limits, equally long finite series, either all
/// cycles with a charge half or none, and a life record no shorter than the cycles.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    info: CellInfo,
    cycles: Vec<Cycle>,
    life: LifeRecord,
    left_out: Vec<LeftOut>,
}

/// What is wrong with a cell.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("cell {cell}: {problem}")]
pub struct InvalidCell {
    /// Its id.
    pub cell: String,
    /// A fragment such as `cycle 12: time has 3 samples, voltage has 4`.
    pub problem: String,
}

impl Cell {
    /// Checks the invariants. `cycles` may be the first part of the life only; `life` covers all of it.
    ///
    /// # Errors
    /// [`InvalidCell`] names the cell, the cycle and what is wrong with it.
    pub fn new(info: CellInfo, cycles: Vec<Cycle>, life: LifeRecord) -> Result<Self, InvalidCell> {
        let problem = check_info(&info).or_else(|| check_cycles(&cycles)).or_else(|| check_life(&life, cycles.len()));
        match problem {
            None => Ok(Self { info, cycles, life, left_out: Vec::new() }),
            Some(problem) => Err(InvalidCell { cell: info.id, problem }),
        }
    }

    /// The same cell, of whose cycles on record a cleaning rule left out these, in chronological order. The others are those
    /// of the cell, and its life record has their capacities only.
    ///
    /// # Errors
    /// [`InvalidCell`] when they are out of order, or lie beyond the end of the record.
    pub fn leaving_out(self, left_out: Vec<LeftOut>) -> Result<Self, InvalidCell> {
        match check_left_out(&left_out, &self.life) {
            None => Ok(Self { left_out, ..self }),
            Some(problem) => Err(InvalidCell { cell: self.info.id, problem }),
        }
    }

    /// The cell with another nominal capacity in Ah, to which its life is counted from then on.
    ///
    /// # Errors
    /// [`InvalidCell`] if it is no positive number.
    pub fn with_nominal_capacity(self, nominal_capacity: f64) -> Result<Self, InvalidCell> {
        Self::new(CellInfo { nominal_capacity, ..self.info }, self.cycles, self.life)
    }

    /// What is known of the cell before any cycle is looked at.
    pub fn info(&self) -> &CellInfo {
        &self.info
    }

    /// Its id.
    pub fn id(&self) -> &str {
        &self.info.id
    }

    /// The cycles at hand, chronological, from position 0.
    pub fn cycles(&self) -> &[Cycle] {
        &self.cycles
    }

    /// What is known about the whole life.
    pub fn life(&self) -> &LifeRecord {
        &self.life
    }

    /// The cycles that a cleaning rule left out; chronological.
    pub fn left_out(&self) -> &[LeftOut] {
        &self.left_out
    }

    /// Discharge capacity in Ah of every cycle on record, those that were left out in their places; `None` where only a
    /// published life is known.
    pub fn recorded(&self) -> Option<Cow<'_, [f64]>> {
        let LifeRecord::Capacity(kept) = &self.life else { return None };
        if self.left_out.is_empty() {
            return Some(Cow::Borrowed(kept));
        }
        let (mut kept, mut left_out) = (kept.iter().copied(), self.left_out.iter().peekable());
        let all = (0..kept.len() + self.left_out.len()).map_while(|position| {
            match left_out.next_if(|cycle| cycle.position == position) {
                Some(cycle) => Some(cycle.capacity),
                None => kept.next(),
            }
        });
        Some(Cow::Owned(all.collect()))
    }

    /// Whether the cycles have a charge half.
    pub fn has_charge(&self) -> bool {
        self.cycles.iter().any(|cycle| cycle.charge_capacity.is_some())
    }
}

fn check_info(info: &CellInfo) -> Option<String> {
    let (low, high) = info.voltage_limits;
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    if info.id.is_empty() || !info.id.chars().all(plain) || info.id.starts_with('.') {
        Some("an id is made of letters, digits, '_', '-' and '.'".to_owned())
    } else if !(info.nominal_capacity.is_finite() && info.nominal_capacity > 0.0) {
        Some(format!("nominal capacity is {} Ah, it must be positive", info.nominal_capacity))
    } else if !(low.is_finite() && high.is_finite() && low < high) {
        Some(format!("voltage limits are {low} V and {high} V, the first must be the lower"))
    } else {
        let life = info.published_life.filter(|life| !(life.is_finite() && *life > 0.0))?;
        Some(format!("a published life of {life} cycles"))
    }
}

fn check_cycles(cycles: &[Cycle]) -> Option<String> {
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

fn check_life(life: &LifeRecord, cycles: usize) -> Option<String> {
    match life {
        LifeRecord::Capacity(capacity) if capacity.len() < cycles => {
            Some(format!("{} capacities for {cycles} cycles", capacity.len()))
        }
        LifeRecord::Capacity(capacity) => capacity
            .iter()
            .position(|value| !value.is_finite())
            .map(|position| format!("the discharge capacity of the cycle at position {position} is not finite")),
        LifeRecord::Published { cycle_life, end_of_life } => {
            let sound = cycle_life.is_finite() && *cycle_life > 0.0 && *end_of_life > 0.0 && *end_of_life <= 1.0;
            (!sound).then(|| format!("a published life of {cycle_life} cycles to {end_of_life} of nominal"))
        }
    }
}

fn check_left_out(left_out: &[LeftOut], life: &LifeRecord) -> Option<String> {
    let last = left_out.last()?;
    let LifeRecord::Capacity(kept) = life else {
        return Some("cycles were left out, and of its life only the published one is known".to_owned());
    };
    if left_out.windows(2).any(|pair| pair[0].position >= pair[1].position) {
        Some("the cycles that were left out are not in order".to_owned())
    } else if last.position >= kept.len() + left_out.len() {
        Some(format!("the cycle at position {} was left out, and there are no more than {}", last.position, kept.len()))
    } else {
        let position = left_out.iter().find(|cycle| !cycle.capacity.is_finite())?.position;
        Some(format!("the capacity of the cycle that was left out at position {position} is not finite"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made_up::{discharge_cycle, info};

    fn problem(info: CellInfo, cycles: Vec<Cycle>, life: LifeRecord) -> String {
        Cell::new(info, cycles, life).unwrap_err().problem
    }

    #[test]
    fn a_sound_cell_is_accepted() {
        let cell =
            Cell::new(info("MATR_b1c0"), vec![discharge_cycle(2, 1.0)], LifeRecord::Capacity(vec![1.0, 0.9])).unwrap();
        assert!(!cell.has_charge());
        assert_eq!(cell.cycles()[0].discharged(), 1.0);
    }

    fn left_out(cycles: &[(usize, f64)]) -> Vec<LeftOut> {
        cycles.iter().map(|&(position, capacity)| LeftOut { position, capacity }).collect()
    }

    #[test]
    fn cycles_that_were_left_out_have_their_places_on_record() {
        let cell = || Cell::new(info("a"), vec![], LifeRecord::Capacity(vec![5.0, 3.0])).unwrap();
        let recorded = |places: &[(usize, f64)]| {
            cell().leaving_out(left_out(places)).map(|cell| cell.recorded().unwrap().into_owned())
        };
        assert_eq!(recorded(&[]).unwrap(), [5.0, 3.0]);
        assert_eq!(recorded(&[(0, 6.0), (2, 4.0), (4, 2.0)]).unwrap(), [6.0, 5.0, 4.0, 3.0, 2.0]);
        assert_eq!(recorded(&[(2, 2.0), (3, 1.0)]).unwrap(), [5.0, 3.0, 2.0, 1.0]);
        assert!(recorded(&[(3, 1.0)]).is_err(), "beyond the end");
        assert!(recorded(&[(1, 1.0), (1, 1.0)]).is_err(), "twice at one place");
        assert!(recorded(&[(1, f64::NAN)]).is_err());
        let published =
            Cell::new(info("a"), vec![], LifeRecord::Published { cycle_life: 500.0, end_of_life: 0.8 }).unwrap();
        assert_eq!(published.recorded(), None);
        assert!(published.leaving_out(left_out(&[(0, 1.0)])).is_err());
    }

    #[test]
    fn every_broken_invariant_is_named() {
        let life = || LifeRecord::Capacity(vec![1.0; 9]);
        let whole = || vec![discharge_cycle(1, 1.0)];

        let mut short = discharge_cycle(1, 1.0);
        short.current.pop();
        assert_eq!(
            problem(info("a"), vec![short], life()),
            "cycle at position 0: current has 2 samples, voltage has 3"
        );

        let mut nan = discharge_cycle(1, 1.0);
        nan.voltage[1] = f64::NAN;
        assert_eq!(problem(info("a"), vec![nan], life()), "cycle at position 0: voltage is NaN at sample 1");

        let mut charged = discharge_cycle(1, 1.0);
        charged.charge_capacity = Some(vec![0.0; 3]);
        assert!(problem(info("a"), vec![charged, discharge_cycle(2, 1.0)], life()).contains("has none"));

        let mut stated = discharge_cycle(1, 1.0);
        stated.stated_capacity = Some(1.01);
        assert_eq!(stated.discharged(), 1.01);
        stated.stated_capacity = Some(f64::NAN);
        let unstated = "cycle at position 0: a capacity of NaN Ah is stated";
        assert_eq!(problem(info("a"), vec![stated], life()), unstated);

        let mut flat = info("a");
        flat.nominal_capacity = 0.0;
        assert!(problem(flat, whole(), life()).contains("nominal capacity is 0 Ah"));

        let mut upside_down = info("a");
        upside_down.voltage_limits = (3.5, 2.0);
        assert!(problem(upside_down, whole(), life()).contains("voltage limits"));

        assert!(problem(info("../a"), whole(), life()).contains("an id is made of"));
        assert!(problem(info("a"), whole(), LifeRecord::Capacity(vec![])).contains("0 capacities for 1 cycles"));
        let published = LifeRecord::Published { cycle_life: f64::NAN, end_of_life: 0.8 };
        assert!(problem(info("a"), whole(), published).contains("published life"));
    }
}
