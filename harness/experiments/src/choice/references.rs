//! `references:`: a trained BatLiNet whose references are chosen, or joined, by another rule than a draw and the median.
//!
//! Everything is read from its pair matrices, each cell with each training cell as the only reference. The two branches add up in
//! the unit of the transformed label, so that any mean or median of those lives, in ln life, is the answer of BatLiNet with that mean or
//! median over its references (method §6.5). How good a reference is, is known of pairs on folds, where the cell was left out.

use std::{collections::BTreeMap, rc::Rc};

use baselines::{AnyModel, Described, ModelError, ModelRow};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    folds::FoldsBy,
    members::places,
    opinions::{Answers, Opinions, Target},
    parameters::{OfRuns, Seeds},
    rules,
    space::Space,
};
use crate::entry::ModelSpec;
use record::PairPredictions;

/// Which training cells are asked about a cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-source" = "beyond.md"))]
pub enum Which {
    /// All, each once.
    #[default]
    All,
    /// The `count` that are nearest to it in the `feature` of the entry, every column in units of its training standard deviation.
    Nearest,
    /// The `count` whose root mean square error of ln life on folds is least, the same for every cell.
    Reliable,
    /// Those of its group (`by`); all if there is none.
    Alike,
    /// Those of its life range: of `ranges` parts of equal size, the one that the median over all falls into.
    LifeRange,
}

/// How their answers are joined, in ln life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-source" = "beyond.md"))]
pub enum Join {
    /// The lower median, as by BatLiNet itself.
    #[default]
    Median,
    /// The mean.
    Mean,
    /// The mean without the part `trimmed` of them at either end.
    Trimmed,
    /// The mean with weights of one over the mean square error of ln life of each reference on folds.
    Precision,
}

/// Hyper-parameters of a rule for references.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(extend("x-source" = "beyond.md"))]
pub struct ReferencesParameters {
    /// A `batlinet` above it with `pair_matrix: true`.
    pub of: String,
    /// Which training cells are asked.
    pub which: Which,
    /// How their answers are joined.
    pub join: Join,
    /// Of `nearest` and `reliable`, how many.
    pub count: usize,
    /// Of `alike`, what cells of a group share.
    pub by: FoldsBy,
    /// Of `life_range`, how many ranges.
    pub ranges: usize,
    /// Of `trimmed`, the part at either end, under a half.
    pub trimmed: f64,
    /// What is made of several seeds.
    pub seeds: Seeds,
}

impl Default for ReferencesParameters {
    fn default() -> Self {
        Self {
            of: String::new(),
            which: Which::All,
            join: Join::Median,
            count: 8,
            by: FoldsBy::Protocol,
            ranges: 3,
            trimmed: 0.2,
            seeds: Seeds::Mean,
        }
    }
}

impl Described for ReferencesParameters {
    fn row(&self) -> ModelRow {
        let reads_features = self.which == Which::Nearest;
        ModelRow { reads_features, is_seeded: self.seeds == Seeds::Each, ..ModelRow::new("references") }
    }

    fn build(&self) -> Result<Box<dyn AnyModel>, ModelError> {
        let refused = |name, value: String, reason: &str| {
            Err(ModelError::Hyperparameter { name, value, reason: reason.to_owned() })
        };
        if self.count == 0 {
            return refused("count", "0".to_owned(), "at least one reference is asked");
        }
        if self.ranges == 0 {
            return refused("ranges", "0".to_owned(), "there is at least one range");
        }
        if !(0.0..0.5).contains(&self.trimmed) {
            return refused(
                "trimmed",
                self.trimmed.to_string(),
                "it is 0 or more and under 0.5: something has to be left",
            );
        }
        Ok(Box::new(OfRuns))
    }

    fn unused(&self) -> Vec<&'static str> {
        let names = [
            ("count", matches!(self.which, Which::Nearest | Which::Reliable)),
            ("by", self.which == Which::Alike),
            ("ranges", self.which == Which::LifeRange),
            ("trimmed", self.join == Join::Trimmed),
            ("feature_transformation", false),
            ("label_transformation", false),
        ];
        names.into_iter().filter(|(_, is_used)| !is_used).map(|(name, _)| name).collect()
    }
}

impl ReferencesParameters {
    /// Whether errors on folds decide.
    pub(super) fn asks_folds(&self) -> bool {
        self.which == Which::Reliable || self.join == Join::Precision
    }
}

/// What a matrix is read with.
struct Reading<'a> {
    pairs: &'a PairPredictions,
    /// Mean square error on folds of each of its references, where it is known.
    squares: Vec<Option<f64>>,
}

impl Opinions<'_> {
    /// Seed by seed, what the rule of entry number `entry` makes of the pairs of a target, by these folds.
    pub(super) fn referred(&self, entry: usize, target: Target, learnt: &[usize]) -> Result<Answers, String> {
        let experiment = self.plan.experiment();
        let ModelSpec::References(parameters) = &experiment.models[entry].model else { return Ok(Vec::new()) };
        let Some(&of) = places(experiment, entry).first() else { return Ok(Vec::new()) };
        let known = if parameters.asks_folds() { self.errors_of_references(of, learnt)? } else { BTreeMap::new() };
        let answers = |pairs: Rc<PairPredictions>| {
            let squares = pairs.references.iter().map(|id| known.get(id).copied()).collect();
            let reading = Reading { pairs: &pairs, squares };
            let which = self.which(entry, parameters, &reading)?;
            let answer = |(row, chosen): (ndarray::ArrayView1<'_, f64>, &Vec<usize>)| {
                let answers: Vec<f64> = chosen.iter().map(|&reference| logarithm(row[reference])).collect();
                let squares: Vec<Option<f64>> = chosen.iter().map(|&reference| reading.squares[reference]).collect();
                match parameters.join {
                    Join::Median => rules::median(&answers),
                    Join::Mean => rules::trimmed(&answers, 0.0),
                    Join::Trimmed => rules::trimmed(&answers, parameters.trimmed),
                    Join::Precision => rules::precise(&answers, &squares),
                }
            };
            Ok(pairs.predicted.rows().into_iter().zip(&which).map(answer).collect())
        };
        self.pairs(of, target)?.into_iter().map(answers).collect()
    }

    /// Of each cell of a matrix, the places of the references that are asked.
    fn which(
        &self,
        entry: usize,
        parameters: &ReferencesParameters,
        Reading { pairs, squares }: &Reading<'_>,
    ) -> Result<Vec<Vec<usize>>, String> {
        let every = || (0..pairs.references.len()).collect::<Vec<usize>>();
        match parameters.which {
            Which::All => Ok(vec![every(); pairs.cells.len()]),
            Which::Reliable => {
                let squares: Vec<f64> = squares.iter().map(|square| square.unwrap_or(f64::INFINITY)).collect();
                Ok(vec![rules::least(&squares, parameters.count); pairs.cells.len()])
            }
            Which::Nearest => {
                let rows = self.lore.features(entry)?;
                let row =
                    |id: &String| rows.get(id).map(Vec::as_slice).ok_or_else(|| format!("{id} has no features here"));
                let space = Space::of(&pairs.references.iter().map(row).collect::<Result<Vec<_>, String>>()?);
                let nearest = |id: &String| Ok(rules::least(&space.distances(row(id)?), parameters.count));
                pairs.cells.iter().map(nearest).collect()
            }
            Which::Alike => {
                let group = |id: &String| self.lore.group(id, parameters.by);
                let groups = pairs.references.iter().map(group).collect::<Result<Vec<_>, String>>()?;
                pairs.cells.iter().map(|id| Ok(rules::alike(&group(id)?, &groups))).collect()
            }
            Which::LifeRange => {
                let known = self.lore.training_lives(entry)?;
                let life = |id: &String| known.get(id).copied().ok_or_else(|| format!("{id} has no life here"));
                let lives = pairs.references.iter().map(life).collect::<Result<Vec<f64>, String>>()?;
                let range = |row: ndarray::ArrayView1<'_, f64>| {
                    let answers: Vec<f64> = row.iter().map(|&life| logarithm(life)).collect();
                    rules::of_range(rules::median(&answers), &lives, parameters.ranges)
                };
                Ok(pairs.predicted.rows().into_iter().map(range).collect())
            }
        }
    }

    /// The mean square error of ln life that each training cell makes as the only reference, over all seeds of these folds and the
    /// cells that were left out there.
    fn errors_of_references(&self, of: usize, learnt: &[usize]) -> Result<BTreeMap<String, f64>, String> {
        let mut sums: BTreeMap<String, (f64, f64)> = BTreeMap::new();
        for &fold in learnt {
            for pairs in self.pairs(of, Target::Fold(fold))? {
                for (row, observed) in pairs.predicted.rows().into_iter().zip(&pairs.observed) {
                    for (reference, &predicted) in pairs.references.iter().zip(row) {
                        let (sum, count) = sums.entry(reference.clone()).or_default();
                        *sum += (logarithm(predicted) - observed.ln()).powi(2);
                        *count += 1.0;
                    }
                }
            }
        }
        Ok(sums.into_iter().map(|(reference, (sum, count))| (reference, sum / count)).collect())
    }
}

/// Of a predicted life, which a model of plain lives may have under 1.
fn logarithm(life: f64) -> f64 {
    life.max(1.0).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_meaning_is_refused_by_name() {
        for (parameters, name) in [
            (ReferencesParameters { count: 0, ..ReferencesParameters::default() }, "count"),
            (ReferencesParameters { ranges: 0, ..ReferencesParameters::default() }, "ranges"),
            (ReferencesParameters { trimmed: 0.5, ..ReferencesParameters::default() }, "trimmed"),
        ] {
            let problem = parameters.build().err().unwrap().to_string();
            assert!(problem.contains(name), "{problem}");
        }
    }
}
