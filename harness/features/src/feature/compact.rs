//! Twenty compact statistics of a cell's first 99 cycles: what the additive Gaussian process reads.
//!
//! Ten are of two curves ΔQ(V), ten of the capacity over cycles. Curves are repaired before: a cycle that is further from the running
//! median of its neighbours than a glitch allows is replaced by that median. Positions are those of the list of cycles; of the
//! published curves of MATR, position p is cycle p + 2.

mod statistic;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    curves::{Change, Curves},
    discharge_curve::{CurveReader, QdlinSource},
    extract::{Extract, check_length},
};
use crate::Error;
use cells::cell::Cell;
use numerics::signal::MedianRule;
pub use statistic::CompactStatistic;
use statistic::{Capacities, Shape};

/// Cycles that are read.
const CYCLES: usize = 99;
/// Points of the voltage grid.
const GRID_POINTS: usize = 1000;

/// Settings of the statistics.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(extend("x-source" = "beyond.md"))]
pub struct Compact {
    /// Which, in which order.
    pub statistics: Vec<CompactStatistic>,
    /// Whether curves that the source published are used.
    pub qdlin: QdlinSource,
}

impl Default for Compact {
    fn default() -> Self {
        Self { statistics: CompactStatistic::ALL.to_vec(), qdlin: QdlinSource::default() }
    }
}

impl Compact {
    pub(super) const VERSION: u32 = 1;

    pub(super) fn check(&self) -> Result<(), String> {
        if self.statistics.is_empty() {
            return Err("compact: statistics must name at least one statistic".to_owned());
        }
        Ok(())
    }

    pub(super) fn cycles_needed(&self) -> usize {
        CYCLES
    }

    /// Whether a cell with `held` cycles can give them.
    pub(super) fn check_cell(&self, cell: &Cell, held: usize) -> Result<(), Error> {
        check_length(cell, held, CYCLES - 1, "the compact statistics")
    }

    pub(super) fn extractor(&self) -> Extractor {
        Extractor {
            compact: self.clone(),
            reader: CurveReader::new(self.qdlin, MedianRule::NanIgnoring, GRID_POINTS),
            row: vec![0.0; GRID_POINTS],
        }
    }
}

/// Builds statistics; holds the buffer of one curve.
pub(super) struct Extractor {
    compact: Compact,
    reader: CurveReader,
    row: Vec<f64>,
}

impl Extract for Extractor {
    fn extract(&mut self, cell: &Cell, out: &mut [f32]) -> Result<(), Error> {
        assert_eq!(out.len(), self.compact.statistics.len(), "room for the statistics");
        self.compact.check_cell(cell, cell.cycles().len())?;
        let cycles = &cell.cycles()[..CYCLES];
        let mut curves = Curves::new(GRID_POINTS);
        if self.compact.statistics.iter().any(|statistic| statistic.reads_curves()) {
            for cycle in cycles {
                self.reader.read(cell, cycle, &mut self.row);
                curves.push(&self.row);
            }
            curves.repair();
        }
        let [change, trend] = [Change::OfWindows, Change::OfTrend].map(|change| {
            let wanted = self.compact.statistics.iter().any(|statistic| statistic.change() == Some(change));
            wanted.then(|| Shape::of(&curves.change(change)))
        });
        let capacities = Capacities::of(&cycles.iter().map(|cycle| cycle.discharged()).collect::<Vec<_>>());
        for (out, statistic) in out.iter_mut().zip(&self.compact.statistics) {
            let shape = match statistic.change() {
                Some(Change::OfWindows) => change.as_ref(),
                Some(Change::OfTrend) => trend.as_ref(),
                None => None,
            };
            let value = statistic.value(shape, &capacities);
            *out = if value.is_finite() { value as f32 } else { 0.0 };
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feature::FeatureSpec;
    use cells::cell::{Cell, Cycle, LifeRecord};
    use cells::made_up::{discharge_cycle, info};
    use serde_json::Value;

    /// As in `scripts/oracle/compact.py`: every cycle a little less than the one before, with a glitch at one and another capacity.
    fn cell() -> Cell {
        let cycle = |p: usize| {
            let fade = 1.0 - 0.0009 * p as f64 - 0.000004 * (p * p) as f64;
            let curve = (0..1000)
                .map(|k| {
                    let place = f64::from(k) / 999.0;
                    fade * place * place * (1.0 + 0.0003 * p as f64 * place) + if p == 40 { 0.2 * place } else { 0.0 }
                })
                .collect();
            let stated = 1.07 * fade + 0.0001 * (p % 7) as f64;
            Cycle { qdlin: Some(curve), stated_capacity: Some(stated), ..discharge_cycle(p as u32, 1.0) }
        };
        Cell::new(info("A"), (0..99).map(cycle).collect(), LifeRecord::Capacity(vec![1.0; 99])).unwrap()
    }

    #[test]
    fn statistics_are_those_of_numpy() {
        let oracle: Value = serde_json::from_str(include_str!("../../tests/fixtures/compact.json")).unwrap();
        let values = FeatureSpec::Compact(Compact::default()).extract(&cell()).unwrap();
        for (value, statistic) in values.iter().zip(CompactStatistic::ALL) {
            let name = serde_json::to_value(statistic).unwrap();
            let expected = oracle[name.as_str().unwrap()].as_f64().unwrap();
            let off = (f64::from(*value) - expected).abs();
            assert!(off < 2e-6 * expected.abs().max(1e-2), "{statistic:?}: {value} {expected}");
        }
    }

    #[test]
    fn a_part_of_the_statistics_is_that_part() {
        let all = FeatureSpec::Compact(Compact::default()).extract(&cell()).unwrap();
        let two = vec![CompactStatistic::Rise, CompactStatistic::TrendVariance];
        let of_two = FeatureSpec::Compact(Compact { statistics: two.clone(), ..Compact::default() });
        let of_two = of_two.extract(&cell()).unwrap();
        for (value, statistic) in of_two.iter().zip(two) {
            let place = CompactStatistic::ALL.iter().position(|known| *known == statistic).unwrap();
            assert_eq!(*value, all[place]);
        }
    }

    #[test]
    fn too_few_cycles_are_an_error_that_names_the_cell() {
        let short =
            Cell::new(info("A"), vec![discharge_cycle(0, 1.0); 98], LifeRecord::Capacity(vec![1.0; 98])).unwrap();
        let problem = FeatureSpec::Compact(Compact::default()).extract(&short).unwrap_err().to_string();
        assert!(problem.contains("cell A has 98 cycles") && problem.contains("position 98"), "{problem}");
    }
}
