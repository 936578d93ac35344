//! A battery cell and what was measured on it: the record that every source produces and every feature reads.
//!
//! Position in [`Cell::cycles`] (0-based, chronological) is what feature and label rules index, never
//! [`Cycle::number`]; the two differ where a source skips cycles.

mod cycle;
mod info;
mod life;
mod names;

use std::borrow::Cow;

use thiserror::Error;

pub use cycle::Cycle;
pub(crate) use info::is_plain;
pub use info::{CellInfo, Chemistry, CyclingProtocol, Origin};
pub use life::{LeftOut, LifeRecord};
pub use names::{Cathode, DatasetName};

/// A, above which a sample of a cell of 1 Ah or more belongs to charge and below whose negative it belongs to discharge; absolute, not
/// a rate.
const LEAST_CURRENT: f64 = 0.1;
/// 1/h: the same for smaller cells, of which 0.1 A would leave nothing.
const LEAST_RATE: f64 = 0.1;

/// A, above which a sample of a cell of this nominal capacity in Ah belongs to charge.
pub fn least_current(nominal_capacity: f64) -> f64 {
    LEAST_CURRENT.min(LEAST_RATE * nominal_capacity)
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
        let problem = info.fault().or_else(|| cycle::fault(&cycles)).or_else(|| life::fault(&life, cycles.len()));
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
        match life::fault_of_left_out(&left_out, &self.life) {
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

    /// The cell with other times, each made of what it has, as where they were in another unit.
    ///
    /// # Errors
    /// [`InvalidCell`] if a time becomes one that is not finite.
    pub fn with_time(mut self, time: impl Fn(f64) -> f64) -> Result<Self, InvalidCell> {
        let times = self.cycles.iter_mut().filter_map(|cycle| cycle.time.as_mut()).flatten();
        times.for_each(|value| *value = time(*value));
        match cycle::fault(&self.cycles) {
            None => Ok(self),
            Some(problem) => Err(InvalidCell { cell: self.info.id, problem }),
        }
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
