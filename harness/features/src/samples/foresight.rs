//! What building samples will say, found out from the number of cycles and the first cycle of every cell.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard},
};

use rayon::prelude::*;

use super::{build::nobody, observed::nothing_observed};
use crate::Error;
use crate::feature::FeatureSpec;
use cells::{
    cell::Cell,
    label::{Basis, LabelRule, Life, Verdict},
    source::CellSource,
    split::Split,
};

/// A cell with its first cycle and how many it has, or why it cannot be had.
type Glance = Result<(Cell, usize), String>;

/// Cells of a source at a glance: each is looked at once, when it is first asked for.
pub struct Foresight<'a> {
    source: &'a dyn CellSource,
    seen: Mutex<BTreeMap<String, Glance>>,
}

impl<'a> Foresight<'a> {
    /// Of no cell yet.
    pub fn of(source: &'a dyn CellSource) -> Self {
        Self { source, seen: Mutex::default() }
    }

    /// The lives of the training cells, or what [`super::build()`] of this feature (of none: `super::lives`) will fail with.
    /// It may fail with other things too, which only whole series show.
    ///
    /// # Errors
    /// The same sentences.
    pub fn training_lives(
        &self,
        split: &Split,
        rule: &LabelRule,
        feature: Option<&FeatureSpec>,
    ) -> Result<Vec<f64>, Error> {
        let train = self.part_lives("training", &split.train, rule, feature)?;
        let test = self.part_lives("test", &split.test, rule, feature)?;
        let bases: Vec<Basis> = test.iter().map(|life| life.basis).collect();
        match nothing_observed(&bases, rule) {
            Some(problem) => Err(Error::NothingObserved(problem)),
            None => Ok(train.into_iter().map(|life| life.cycles).collect()),
        }
    }

    /// Those of some cells whose life is made up by this rule, since their records end before it ([`Basis::Padded`]).
    pub fn padded<'b>(&self, ids: &'b [String], rule: &LabelRule) -> Vec<&'b str> {
        let seen = self.look(ids);
        let is_padded = |id: &&String| {
            let verdict = seen[*id].as_ref().ok().and_then(|(cell, _)| rule.judge(cell).ok());
            matches!(verdict, Some(Verdict::Life(life)) if life.basis == Basis::Padded)
        };
        ids.iter().filter(is_padded).map(String::as_str).collect()
    }

    /// Looks at those of these cells that nobody has looked at.
    fn look(&self, ids: &[String]) -> MutexGuard<'_, BTreeMap<String, Glance>> {
        let mut seen = self.seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let new: BTreeSet<&String> = ids.iter().filter(|id| !seen.contains_key(*id)).collect();
        let glances: Vec<_> = new
            .into_par_iter()
            .map(|id| (id.clone(), self.source.glance(id).map_err(|failure| failure.to_string())))
            .collect();
        seen.extend(glances);
        seen
    }

    fn part_lives(
        &self,
        name: &str,
        ids: &[String],
        rule: &LabelRule,
        feature: Option<&FeatureSpec>,
    ) -> Result<Vec<Life>, Error> {
        let seen = self.look(ids);
        let ids: BTreeSet<&String> = ids.iter().collect();
        let mut lives = Vec::new();
        for id in &ids {
            let (cell, held) = seen[*id].as_ref().map_err(|problem| Error::Unseen(problem.clone()))?;
            if let Verdict::Life(life) = rule.judge(cell)? {
                feature.map_or(Ok(()), |feature| feature.check_cell(cell, *held))?;
                lives.push(life);
            }
        }
        if lives.is_empty() { Err(nobody(name, ids.len())) } else { Ok(lives) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{build, lives};
    use cells::cell::{LifeRecord, Origin};
    use cells::made_up::{discharge_cycle, info};

    /// Cells `A0`, `A1`, … with a life of 150 cycles, of which 2, 4, 6 … are at hand.
    struct MadeUpCells;

    impl CellSource for MadeUpCells {
        fn origin(&self) -> Origin {
            Origin::Virtual
        }

        fn ids(&self) -> Vec<String> {
            (0..9).map(|k| format!("A{k}")).collect()
        }

        fn cell(&self, id: &str, cycles: usize) -> Result<Cell, cells::Error> {
            let k: usize = id[1..].parse().unwrap();
            let cycles =
                (0..cycles.min(2 * k + 2)).map(|p| discharge_cycle(p as u32, 1.0 - 0.001 * p as f64)).collect();
            Ok(Cell::new(info(id), cycles, LifeRecord::Capacity([vec![1.0; 149], vec![0.8]].concat())).unwrap())
        }

        fn fingerprint(&self, id: &str) -> Result<String, cells::Error> {
            Ok(id.to_owned())
        }
    }

    #[test]
    fn what_is_foreseen_is_what_happens() {
        let split =
            Split { train: vec!["A7".to_owned(), "A4".to_owned()], test: vec!["A3".to_owned(), "A6".to_owned()] };
        let all_short = LabelRule { minimum: 200, ..LabelRule::default() };
        let charged = ["capacity_map: {cycles: 4}", "severson: {statistics: [charge_time], cycles: [1, 2, 5]}"];
        let features = [
            "capacity_map: {cycles: 8, channels: [discharge_voltage], grid_points: 20}",
            "capacity_map: {cycles: 9, channels: [discharge_voltage], grid_points: 20}",
            "voltage_capacity: {base: 1, first: 9, last: 9, grid_points: 20}",
            "voltage_capacity: {base: 1, first: 3, last: 3, grid_points: 20}",
            "severson: {statistics: [variance], cycles: [1, 3, 40]}",
        ];
        let mut failed = 0;
        for yaml in features.iter().chain(&charged) {
            let feature: FeatureSpec = serde_yaml::from_str(yaml).unwrap();
            for rule in [LabelRule::default(), all_short.clone()] {
                let foresight = Foresight::of(&MadeUpCells);
                let foreseen =
                    foresight.training_lives(&split, &rule, Some(&feature)).map_err(|failure| failure.to_string());
                let made = build(&MadeUpCells, &split, &rule, std::slice::from_ref(&feature), 2)
                    .map(|samples| samples[0].train.lives.clone())
                    .map_err(|failure| failure.to_string());
                assert_eq!(foreseen, made, "{yaml}");
                failed += usize::from(made.is_err());
            }
        }
        assert_eq!(failed, 7 + 5, "all where no cell has a life, and five of the others");
        let alone = lives(&MadeUpCells, &split, &LabelRule::default(), 1).unwrap();
        assert_eq!(
            Foresight::of(&MadeUpCells).training_lives(&split, &LabelRule::default(), None).unwrap(),
            alone.train.lives
        );
    }
}
