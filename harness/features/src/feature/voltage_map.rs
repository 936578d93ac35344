//! The discharge curves Q(V) of the first cycles as a map of one channel: what BatLiNet reads in the arms beyond the paper.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::curves::Curves;
use super::discharge_curve::{CurveReader, QdlinSource};
use super::extract::{Extract, check_length};
use crate::Error;
use cells::cell::Cell;
use numerics::signal::MedianRule;

/// Settings of the map. One channel, one row per cycle from position 0 on: discharge capacity in Ah from high to low
/// voltage. What a curve does not reach is as its nearest point.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(extend("x-source" = "4.7"))]
pub struct VoltageMap {
    /// Number of cycles.
    pub cycles: usize,
    /// Points of the voltage grid.
    pub grid_points: usize,
    /// Whether curves that the source published are used.
    pub qdlin: QdlinSource,
    /// Whether a cycle with a glitch is replaced by the running median of its neighbours.
    pub repair: bool,
    /// Cycles to either side in a running median over cycles, after the repair; 0 for none.
    pub neighbours: usize,
    /// Position of the cell's own cycle that is then subtracted from every cycle, if any is.
    pub base: Option<usize>,
}

impl Default for VoltageMap {
    fn default() -> Self {
        Self { cycles: 100, grid_points: 1000, qdlin: QdlinSource::default(), repair: false, neighbours: 0, base: None }
    }
}

impl VoltageMap {
    pub(super) const VERSION: u32 = 1;

    pub(super) fn check(&self) -> Result<(), String> {
        if self.cycles == 0 {
            return Err("voltage_map: cycles must be at least 1".to_owned());
        }
        if self.grid_points < 2 {
            return Err("voltage_map: grid_points must be at least 2".to_owned());
        }
        if self.neighbours >= self.cycles {
            return Err(format!("voltage_map: neighbours must be below the number of cycles, {}", self.cycles));
        }
        match self.base {
            Some(base) if base >= self.cycles => {
                Err(format!("voltage_map: base {base} is not one of the cycles 0 to {}", self.cycles - 1))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn cycles_needed(&self) -> usize {
        self.cycles
    }

    /// Channels, cycles, grid points.
    pub(super) fn shape(&self) -> [usize; 3] {
        [1, self.cycles, self.grid_points]
    }

    /// Whether a cell with `held` cycles can give it.
    pub(super) fn check_cell(&self, cell: &Cell, held: usize) -> Result<(), Error> {
        check_length(cell, held, self.cycles - 1, "the voltage map")
    }

    pub(super) fn extractor(&self) -> Extractor {
        Extractor {
            map: self.clone(),
            reader: CurveReader::new(self.qdlin, MedianRule::NanIgnoring, self.grid_points),
            row: vec![0.0; self.grid_points],
        }
    }
}

/// Builds maps; holds the buffer of one curve.
pub(super) struct Extractor {
    map: VoltageMap,
    reader: CurveReader,
    row: Vec<f64>,
}

impl Extract for Extractor {
    fn extract(&mut self, cell: &Cell, out: &mut [f32]) -> Result<(), Error> {
        let VoltageMap { cycles, grid_points, repair, neighbours, base, .. } = self.map;
        assert_eq!(out.len(), cycles * grid_points, "room for the map");
        self.map.check_cell(cell, cell.cycles().len())?;
        let mut curves = Curves::new(grid_points);
        for cycle in &cell.cycles()[..cycles] {
            self.reader.read(cell, cycle, &mut self.row);
            curves.push(&self.row);
        }
        if repair {
            curves.repair();
        }
        if neighbours > 0 {
            curves = curves.smooth(neighbours);
        }
        match base {
            Some(base) => self.row.copy_from_slice(curves.row(base)),
            None => self.row.fill(0.0),
        }
        for (cycle, out) in out.chunks_exact_mut(grid_points).enumerate() {
            let values = curves.row(cycle).iter().zip(&self.row);
            out.iter_mut().zip(values).for_each(|(out, (value, base))| *out = (value - base) as f32);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feature::FeatureSpec;
    use cells::cell::{Cycle, LifeRecord};
    use cells::made_up::{discharge_cycle, info};
    use ndarray::ArrayD;

    const CYCLES: usize = 20;
    const POINTS: usize = 30;

    /// Every cycle a little less than the one before; `glitch` is added to that at position 12.
    fn cell(glitch: f64) -> Cell {
        let cycle = |p: usize| {
            let curve = (0..POINTS).map(|k| {
                let place = k as f64 / (POINTS - 1) as f64;
                (1.0 - 0.001 * p as f64) * place * place + if p == 12 { glitch * place } else { 0.0 }
            });
            Cycle { qdlin: Some(curve.collect()), ..discharge_cycle(p as u32, 1.0) }
        };
        Cell::new(info("A"), (0..CYCLES).map(cycle).collect(), LifeRecord::Capacity(vec![1.0; CYCLES])).unwrap()
    }

    fn plain() -> VoltageMap {
        VoltageMap { cycles: CYCLES, grid_points: POINTS, ..VoltageMap::default() }
    }

    fn map(settings: VoltageMap, cell: &Cell) -> ArrayD<f32> {
        FeatureSpec::VoltageMap(settings).extract(cell).unwrap()
    }

    #[test]
    fn rows_are_the_curves_and_what_they_do_not_reach_is_their_nearest_point() {
        let cell = cell(0.0);
        let rows = map(plain(), &cell);
        assert_eq!(rows.shape(), [1, CYCLES, POINTS]);
        for (p, cycle) in cell.cycles().iter().enumerate() {
            let curve = cycle.qdlin.as_ref().unwrap();
            assert!((0..POINTS).all(|k| rows[[0, p, k]] == curve[k] as f32));
        }
        let computed = map(VoltageMap { qdlin: QdlinSource::Computed, ..plain() }, &cell);
        assert!(computed.iter().all(|value| value.is_finite()) && computed[[0, 0, 0]] == computed[[0, 0, 1]]);
    }

    #[test]
    fn a_repair_takes_glitches_away_and_leaves_smooth_curves_alone() {
        let repaired = VoltageMap { repair: true, ..plain() };
        let (smooth, glitched) = (cell(0.0), cell(0.2));
        assert_eq!(map(repaired.clone(), &smooth), map(plain(), &smooth));
        let (with, without) = (map(repaired, &glitched), map(plain(), &glitched));
        for p in 0..CYCLES {
            let same = (0..POINTS).all(|k| with[[0, p, k]] == without[[0, p, k]]);
            assert_eq!(same, p != 12, "cycle {p}");
        }
        let off = |k: usize| (with[[0, 12, k]] - map(plain(), &smooth)[[0, 12, k]]).abs();
        assert!((0..POINTS).all(|k| off(k) <= 0.0011), "a neighbour is at most a step of the fade away");
    }

    #[test]
    fn a_running_median_over_cycles_leaves_a_monotone_fade_alone_but_for_the_ends() {
        let cell = cell(0.0);
        let (smooth, raw) = (map(VoltageMap { neighbours: 2, ..plain() }, &cell), map(plain(), &cell));
        assert!((0..CYCLES).all(|p| (0..POINTS).all(|k| smooth[[0, p, k]] == raw[[0, p, k]])));
        // the value at the edge counts for those beyond, so a fade stays what it is there too; a single cycle does not
        let glitched = self::cell(0.2);
        let smooth = map(VoltageMap { neighbours: 2, ..plain() }, &glitched);
        assert!((0..POINTS).all(|k| (smooth[[0, 12, k]] - raw[[0, 12, k]]).abs() <= 0.0011));
    }

    #[test]
    fn its_own_base_cycle_is_subtracted_from_every_cycle() {
        let cell = cell(0.1);
        let (to_base, raw) = (map(VoltageMap { base: Some(3), ..plain() }, &cell), map(plain(), &cell));
        for p in 0..CYCLES {
            for k in 0..POINTS {
                assert!((to_base[[0, p, k]] - (raw[[0, p, k]] - raw[[0, 3, k]])).abs() < 1e-6);
            }
        }
        assert!((0..POINTS).all(|k| to_base[[0, 3, k]] == 0.0));
    }

    #[test]
    fn too_few_cycles_are_an_error_that_names_the_cell() {
        let problem = FeatureSpec::VoltageMap(VoltageMap::default()).extract(&cell(0.0)).unwrap_err().to_string();
        assert!(problem.contains("cell A has 20 cycles") && problem.contains("position 99"), "{problem}");
    }
}
