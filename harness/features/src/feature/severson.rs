//! The hand-made statistics of Severson et al. (2019) behind the variance, discharge and full models.

mod statistic;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::discharge_curve::{CurveReader, QdlinSource};
use super::extract::{Extract, check_length, describe};
use crate::Error;
use cells::cell::{Cell, Cycle};
use cells::datasets;
use numerics::signal::MedianRule;
pub use statistic::Statistic;

/// Keeps logarithms of zero finite.
const EPSILON: f64 = 1e-8;

/// Cycles at the start of the record whose charge time is averaged.
const CHARGE_TIME_CYCLES: usize = 4;

/// Points of the voltage grid of the two discharge curves that are compared.
const GRID_POINTS: usize = 1000;

/// Settings of the statistics.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-source" = "4.5"))]
pub struct Severson {
    /// Which, in which order.
    pub statistics: Vec<Statistic>,
    /// Positions of the critical cycles c0 < c1 < c2.
    #[serde(default = "default_cycles")]
    pub cycles: [usize; 3],
    /// Whether curves that the source published are used.
    #[serde(default)]
    pub qdlin: QdlinSource,
    /// How the running median treats NaN.
    #[serde(default)]
    pub median: MedianRule,
}

fn default_cycles() -> [usize; 3] {
    [2, 9, 99]
}

impl Severson {
    pub(super) const VERSION: u32 = 1;

    /// The statistics of the published variance model.
    pub const VARIANCE: [Statistic; 1] = [Statistic::Variance];

    /// The statistics of the published discharge model.
    pub const DISCHARGE: [Statistic; 6] = [
        Statistic::Minimum,
        Statistic::Variance,
        Statistic::Skewness,
        Statistic::Kurtosis,
        Statistic::EarlyCapacity,
        Statistic::MaxMinusEarly,
    ];

    /// The statistics of the published full model.
    pub const FULL: [Statistic; 9] = [
        Statistic::Minimum,
        Statistic::Variance,
        Statistic::Slope,
        Statistic::Intercept,
        Statistic::EarlyCapacity,
        Statistic::ChargeTime,
        Statistic::Temperature,
        Statistic::MinimumResistance,
        Statistic::ResistanceChange,
    ];

    pub(super) fn check(&self) -> Result<(), String> {
        let [c0, c1, c2] = self.cycles;
        if self.statistics.is_empty() {
            return Err("severson: statistics must name at least one statistic".to_owned());
        }
        if !(c0 < c1 && c1 < c2) {
            return Err(format!("severson: cycles {c0}, {c1}, {c2} must ascend"));
        }
        match self.statistics.iter().find(|statistic| statistic.reads_early_capacity()) {
            Some(statistic) if 2 * c0 >= c2 => Err(format!(
                "severson: {} is read at position 2·c0 = {}, which the cycles {c0}, {c1}, {c2} do not reach",
                statistic.name(),
                2 * c0
            )),
            _ => Ok(()),
        }
    }

    pub(super) fn cycles_needed(&self) -> usize {
        let early = if self.statistics.contains(&Statistic::ChargeTime) { CHARGE_TIME_CYCLES } else { 0 };
        early.max(self.cycles[2] + 1)
    }

    /// Whether a cell with `held` cycles can give them, as far as the cycles that are looked at tell.
    pub(super) fn check_cell(&self, cell: &Cell, held: usize) -> Result<(), Error> {
        check_length(cell, held, self.cycles_needed() - 1, "the early-cycle statistics")?;
        let timed = if self.statistics.contains(&Statistic::ChargeTime) { CHARGE_TIME_CYCLES } else { 0 };
        cell.cycles()
            .iter()
            .take(timed)
            .enumerate()
            .try_for_each(|(position, cycle)| time(cell, position, cycle).map(drop))
    }

    pub(super) fn extractor(&self) -> Extractor {
        Extractor {
            severson: self.clone(),
            reader: CurveReader::new(self.qdlin, self.median, GRID_POINTS),
            early: vec![0.0; GRID_POINTS],
            late: vec![0.0; GRID_POINTS],
            smooth: vec![0.0; GRID_POINTS],
        }
    }
}

/// Builds statistics; holds the buffers of two curves.
pub(super) struct Extractor {
    severson: Severson,
    reader: CurveReader,
    early: Vec<f64>,
    late: Vec<f64>,
    smooth: Vec<f64>,
}

impl Extract for Extractor {
    fn extract(&mut self, cell: &Cell, out: &mut [f32]) -> Result<(), Error> {
        assert_eq!(out.len(), self.severson.statistics.len(), "room for the statistics");
        self.severson.check_cell(cell, cell.cycles().len())?;
        let curve = if self.severson.statistics.iter().any(|statistic| statistic.reads_curves()) {
            Moments::of(&self.curve_difference(cell)?)
        } else {
            Moments::default()
        };
        let [c0, _, c2] = self.severson.cycles;
        let capacities: Vec<f64> = cell.cycles()[c0..c2].iter().map(|cycle| cycle.discharged()).collect();
        for (out, &statistic) in out.iter_mut().zip(&self.severson.statistics) {
            let value = match statistic {
                Statistic::Minimum => (curve.minimum.abs() + EPSILON).log10(),
                Statistic::Variance => (curve.variance + EPSILON).log10(),
                Statistic::Skewness => {
                    (curve.third.abs() / (curve.variance.sqrt().powi(3) + EPSILON) + EPSILON).log10()
                }
                Statistic::Kurtosis => (curve.fourth / (curve.variance.powi(2) + EPSILON) + EPSILON).log10(),
                Statistic::EarlyCapacity => capacities[c0],
                Statistic::MaxMinusEarly => largest(&capacities) - capacities[c0],
                Statistic::Slope => line(&capacities).0,
                Statistic::Intercept => line(&capacities).1,
                Statistic::ChargeTime => {
                    // the authors' unit; whatever their code took for seconds
                    let unit = datasets::time_unit(&cell.info().dataset);
                    (unit.from_seconds(mean_discharge_time(cell)?) + EPSILON).ln()
                }
                Statistic::Temperature => (mean_temperature(cell, c0..=c2) + EPSILON).ln(),
                Statistic::MinimumResistance => cell.cycles()[c0..=c2]
                    .iter()
                    .filter_map(|cycle| cycle.internal_resistance)
                    .min_by(f64::total_cmp)
                    .unwrap_or(0.0),
                Statistic::ResistanceChange => {
                    let at = |position: usize| cell.cycles()[position].internal_resistance;
                    at(c2).zip(at(c0)).map_or(0.0, |(late, early)| late - early)
                }
            };
            *out = if value.is_finite() { value as f32 } else { 0.0 };
        }
        Ok(())
    }
}

impl Extractor {
    /// ΔQ without its NaN.
    fn curve_difference(&mut self, cell: &Cell) -> Result<Vec<f64>, Error> {
        let [_, c1, c2] = self.severson.cycles;
        self.reader.read(cell, &cell.cycles()[c1], &mut self.early);
        self.reader.read(cell, &cell.cycles()[c2], &mut self.late);
        self.late.iter_mut().zip(&self.early).for_each(|(late, early)| *late -= early);
        self.reader.smooth(&self.late, &mut self.smooth);
        let difference: Vec<f64> = self.smooth.iter().copied().filter(|value| !value.is_nan()).collect();
        if difference.len() <= 1 {
            return Err(Error::Unfit {
                cell: cell.id().to_owned(),
                what: format!(
                    "the discharge curves of {} and {} share no voltage range, so statistics of their difference cannot be \
                     built; check the cell or leave it out",
                    describe(c1, &cell.cycles()[c1]),
                    describe(c2, &cell.cycles()[c2])
                ),
            });
        }
        Ok(difference)
    }
}

/// What is needed of ΔQ: the variance has n − 1 below it, the third and fourth central moment n.
#[derive(Default)]
struct Moments {
    minimum: f64,
    variance: f64,
    third: f64,
    fourth: f64,
}

impl Moments {
    fn of(values: &[f64]) -> Self {
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let moment = |power: i32| values.iter().map(|value| (value - mean).powi(power)).sum::<f64>();
        Self {
            minimum: values.iter().copied().fold(f64::INFINITY, f64::min),
            variance: moment(2) / (count - 1.0),
            third: moment(3) / count,
            fourth: moment(4) / count,
        }
    }
}

fn largest(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::NEG_INFINITY, f64::max)
}

/// Slope and intercept of the least-squares line through `values` over 0, 1, 2, …
fn line(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let (mean_x, mean_y) = ((count - 1.0) / 2.0, values.iter().sum::<f64>() / count);
    let (mut xy, mut xx) = (0.0, 0.0);
    for (k, y) in values.iter().enumerate() {
        let x = k as f64 - mean_x;
        xy += x * (y - mean_y);
        xx += x * x;
    }
    let slope = xy / xx;
    (slope, mean_y - slope * mean_x)
}

fn time<'a>(cell: &Cell, position: usize, cycle: &'a Cycle) -> Result<&'a Vec<f64>, Error> {
    cycle.time.as_ref().ok_or_else(|| Error::Unfit {
        cell: cell.id().to_owned(),
        what: format!(
            "{} has no time, so statistic charge_time cannot be built; leave out the cell or the statistic",
            describe(position, cycle)
        ),
    })
}

/// s.
fn mean_discharge_time(cell: &Cell) -> Result<f64, Error> {
    let mut total = 0.0;
    for (position, cycle) in cell.cycles()[..CHARGE_TIME_CYCLES].iter().enumerate() {
        let time = time(cell, position, cycle)?;
        let steps = time.windows(2).zip(cycle.current.iter().skip(1));
        total += steps.filter(|&(_, &current)| current < 0.0).map(|(pair, _)| pair[1] - pair[0]).sum::<f64>();
    }
    Ok(total / CHARGE_TIME_CYCLES as f64)
}

fn mean_temperature(cell: &Cell, positions: std::ops::RangeInclusive<usize>) -> f64 {
    let means: Vec<f64> = cell.cycles()[positions]
        .iter()
        .filter_map(|cycle| cycle.temperature.as_ref().filter(|samples| !samples.is_empty()))
        .map(|samples| samples.iter().sum::<f64>() / samples.len() as f64)
        .collect();
    if means.is_empty() { 0.0 } else { means.iter().sum::<f64>() / means.len() as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feature::FeatureSpec;
    use cells::cell::{Cell, Cycle, LifeRecord};
    use cells::made_up::{discharge_cycle, info};
    use cells::source::CellSource as _;
    use cells::time_unit::TimeUnit;
    use rayon::prelude::*;

    /// A cell as the published Q(V) tables give it: no charge, no time, no temperature, no resistance.
    fn cell() -> Cell {
        let cycle = |p: u32| Cycle {
            qdlin: Some((0..1000).map(|k| f64::from(p * k * k) * 1e-8).collect()),
            ..discharge_cycle(p, 1.0 - 0.01 * f64::from(p))
        };
        Cell::new(info("A"), (0..8).map(cycle).collect(), LifeRecord::Capacity(vec![1.0; 8])).unwrap()
    }

    fn spec(statistics: &[Statistic]) -> FeatureSpec {
        FeatureSpec::Severson(Severson {
            statistics: statistics.to_vec(),
            cycles: [1, 3, 7],
            qdlin: QdlinSource::Stored,
            median: MedianRule::Selection,
        })
    }

    #[test]
    fn curves_alone_feed_the_discharge_model() {
        let values = spec(&Severson::DISCHARGE).extract(&cell()).unwrap();
        assert!(values.iter().all(|value| value.is_finite()));
        assert!((values[4] - 0.98).abs() < 1e-6, "position 2·c0");
        assert!((values[5] - 0.01).abs() < 1e-6);
        let line = spec(&[Statistic::Slope, Statistic::Intercept]).extract(&cell()).unwrap();
        assert!((line[0] + 0.01).abs() < 1e-6 && (line[1] - 0.99).abs() < 1e-6);
    }

    #[test]
    fn what_is_missing_is_a_fallback_or_an_error_that_names_it() {
        let values = spec(&[Statistic::Temperature, Statistic::MinimumResistance, Statistic::ResistanceChange])
            .extract(&cell())
            .unwrap();
        assert_eq!(values.as_slice().unwrap(), [EPSILON.ln() as f32, 0.0, 0.0]);
        let problem = spec(&[Statistic::ChargeTime]).extract(&cell()).unwrap_err().to_string();
        assert!(problem.contains("cell A") && problem.contains("charge_time"), "{problem}");
    }

    /// What the authors compute: steps of the time that the publisher's file has, whatever its unit.
    #[test]
    fn the_charge_time_of_every_cell_of_the_lab_is_that_of_the_publishers_clock_to_the_last_bit() {
        let lab = lab::VirtualLab::new();
        let spec = FeatureSpec::Severson(Severson {
            cycles: [1, 2, 3],
            statistics: vec![Statistic::ChargeTime],
            qdlin: QdlinSource::default(),
            median: MedianRule::default(),
        });
        lab.ids().par_iter().for_each(|id| {
            let cell = lab.cell(id, 4).unwrap();
            let clock = |cycle: &Cycle| -> Vec<f64> {
                let seconds = cycle.time.iter().flatten();
                match cell.info().dataset.name() {
                    // a number of minutes that are these seconds to the last bit
                    "MATR" | "CLO" => seconds.map(|s| TimeUnit::Minutes.from_seconds(*s)).collect(),
                    "RWTH" => seconds.map(|s| TimeUnit::Milliseconds.from_seconds(*s)).collect(),
                    _ => seconds.copied().collect(),
                }
            };
            let discharge = |cycle: &Cycle| -> f64 {
                let time = clock(cycle);
                (1..time.len()).filter(|&k| cycle.current[k] < 0.0).map(|k| time[k] - time[k - 1]).sum()
            };
            let mean = cell.cycles().iter().map(discharge).sum::<f64>() / 4.0;
            let expected = (mean + EPSILON).ln() as f32;
            assert_eq!(spec.extract(&cell).unwrap().as_slice().unwrap(), [expected], "{id}");
        });
    }

    #[test]
    fn curves_without_a_common_range_are_an_error() {
        let mut far = discharge_cycle(0, 1.0);
        far.voltage.iter_mut().for_each(|voltage| *voltage += 10.0);
        let cell = Cell::new(info("A"), vec![far; 8], LifeRecord::Capacity(vec![1.0; 8])).unwrap();
        let problem = spec(&[Statistic::Variance]).extract(&cell).unwrap_err().to_string();
        assert!(problem.contains("share no voltage range"), "{problem}");
    }
}
