//! `hand_over:`: one model answers for cells like the training cells, another for those that lie elsewhere.
//!
//! The part of the space that a model is trusted in is its *applicability domain*; a distance to the nearest training cells with a
//! quantile of those among the training cells as limit is one of its usual forms (Sahigara et al. 2013, J. Cheminformatics 5, 27).

use baselines::{AnyModel, Described, ModelError, ModelRow};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    farther,
    folds::FoldsBy,
    members::places,
    opinions::{Answers, Opinions, Target, most, of_seed},
    parameters::{OfRuns, Seeds},
    space::{Space, to_nearest},
};
use crate::entry::ModelSpec;
use record::Side;

/// What tells that a cell lies elsewhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-source" = "beyond.md"))]
pub enum Measure {
    /// Its distance to the nearest training cells in the `feature` of the entry: the root of the mean square difference, every column
    /// in units of its training standard deviation.
    #[default]
    Distance,
    /// How unsure `inside` is of it, the standard deviation of ln life.
    Deviation,
}

/// Hyper-parameters of a hand-over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(extend("x-source" = "beyond.md"))]
pub struct HandOverParameters {
    /// The entry above it that answers for cells like the training cells.
    pub inside: String,
    /// The entry above it that answers for the others.
    pub outside: String,
    /// What tells them apart.
    pub by: Measure,
    /// Part of the training cells, each left out, that counts as inside: of n, the ⌈quantile (n + 1)⌉-th smallest measure is the limit, the
    /// largest at most.
    pub quantile: f64,
    /// Of `distance`, the mean of the distances to how many nearest training cells.
    pub neighbours: usize,
    /// If written, both answer for every cell, in ln life: `outside` with the weight m^s / (m^s + limit^s) of the measure m, with this
    /// number as s. Unless written, one of them has all the weight.
    pub steepness: Option<f64>,
    /// If written, cells of such a group are handed over together: where the share of pairs of one of them and one training cell in which
    /// theirs is the larger measure is above the limit that groups of as many training cells have with the probability `quantile`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(skip_serializing_if = "baselines::precision::never")]
    pub together: Option<FoldsBy>,
    /// What is made of several seeds.
    pub seeds: Seeds,
}

impl Default for HandOverParameters {
    fn default() -> Self {
        Self {
            inside: String::new(),
            outside: String::new(),
            by: Measure::Distance,
            quantile: 0.95,
            neighbours: 1,
            steepness: None,
            together: None,
            seeds: Seeds::Mean,
        }
    }
}

impl Described for HandOverParameters {
    fn row(&self) -> ModelRow {
        let reads_features = self.by == Measure::Distance;
        ModelRow { reads_features, is_seeded: self.seeds == Seeds::Each, ..ModelRow::new("hand_over") }
    }

    fn build(&self) -> Result<Box<dyn AnyModel>, ModelError> {
        let refused = |name, value: String, reason: &str| {
            Err(ModelError::Hyperparameter { name, value, reason: reason.to_owned() })
        };
        if !(self.quantile > 0.0 && self.quantile < 1.0) {
            return refused(
                "quantile",
                self.quantile.to_string(),
                "it is a part of the training cells, between 0 and 1",
            );
        }
        if self.neighbours == 0 {
            return refused("neighbours", "0".to_owned(), "at least one training cell is the nearest");
        }
        match self.steepness {
            Some(steepness) if self.together.is_some() => {
                refused("steepness", steepness.to_string(), "a group is handed over as a whole; leave it out")
            }
            Some(steepness) if !(steepness > 0.0 && steepness.is_finite()) => {
                refused("steepness", steepness.to_string(), "it is above 0; leave it out to hand over all at once")
            }
            _ => Ok(Box::new(OfRuns)),
        }
    }

    fn unused(&self) -> Vec<&'static str> {
        let of_distance = if self.by == Measure::Distance { vec![] } else { vec!["neighbours"] };
        [of_distance, vec!["feature_transformation", "label_transformation"]].concat()
    }
}

impl HandOverParameters {
    /// The limit by the measures of training cells that were left out, at least one.
    fn limit(&self, mut left_out: Vec<f64>) -> f64 {
        left_out.sort_unstable_by(f64::total_cmp);
        let rank = (self.quantile * (left_out.len() + 1) as f64 - 1e-9).ceil() as usize;
        left_out[rank.clamp(1, left_out.len()) - 1]
    }

    /// The weight of `outside` for a cell.
    fn outside(&self, measure: f64, limit: f64) -> f64 {
        match self.steepness {
            None => f64::from(u8::from(measure > limit)),
            // as a ratio, so that neither power is too large
            Some(_) if measure <= 0.0 => 0.0,
            Some(steepness) => 1.0 / (1.0 + (limit / measure).powf(steepness)),
        }
    }
}

impl Opinions<'_> {
    /// Who answers for the cells of a target in entry number `entry`, by these folds and the training cells of the target.
    pub(super) fn sides(&self, entry: usize, target: Target, learnt: &[usize]) -> Result<Vec<Side>, String> {
        let experiment = self.plan.experiment();
        let ModelSpec::HandOver(parameters) = &experiment.models[entry].model else { return Ok(Vec::new()) };
        let cells = self.cells(entry, target)?;
        let (measures, left_out) = match parameters.by {
            Measure::Distance => {
                let rows = self.lore.features(entry)?;
                let row = |id: &String| {
                    rows.get(id).map(Vec::as_slice).ok_or_else(|| format!("{id} has a life and no features"))
                };
                let training = self.training(entry, target)?;
                let space = Space::of(&training.iter().map(row).collect::<Result<Vec<_>, String>>()?);
                let measure = |id: &String| Ok(to_nearest(&space.distances(row(id)?), parameters.neighbours));
                let measures = cells.iter().map(measure).collect::<Result<Vec<f64>, String>>()?;
                (measures, space.left_out(parameters.neighbours))
            }
            Measure::Deviation => {
                let inside = places(experiment, entry)[0];
                let on = |target| {
                    let known = self.deviations(inside, target, learnt)?;
                    known.ok_or_else(|| format!("{} does not say how unsure it is", parameters.inside))
                };
                let left_out = learnt.iter().map(|&fold| on(Target::Fold(fold))).collect::<Result<Vec<_>, String>>()?;
                (on(target)?, left_out.concat())
            }
        };
        if left_out.is_empty() {
            return Err("there is no training cell to measure by".to_owned());
        }
        if let Some(by) = parameters.together {
            return self.sides_of_groups(by, parameters, &left_out, cells, &measures);
        }
        let limit = parameters.limit(left_out);
        let side = |(cell, measure)| Side { cell, measure, limit, outside: parameters.outside(measure, limit) };
        Ok(cells.into_iter().zip(measures).map(side).collect())
    }

    /// The same where cells of a group go together.
    fn sides_of_groups(
        &self,
        by: FoldsBy,
        parameters: &HandOverParameters,
        left_out: &[f64],
        cells: Vec<String>,
        measures: &[f64],
    ) -> Result<Vec<Side>, String> {
        let names = cells.iter().map(|id| self.lore.group(id, by)).collect::<Result<Vec<_>, String>>()?;
        let side = |(cell, name): (String, &String)| {
            let of_group = names.iter().zip(measures).filter(|(other, _)| *other == name);
            let of_group: Vec<f64> = of_group.map(|(_, &measure)| measure).collect();
            let measure = farther::share(&of_group, left_out);
            let limit = farther::limit(of_group.len(), left_out.len(), parameters.quantile);
            Side { cell, measure, limit, outside: parameters.outside(measure, limit) }
        };
        Ok(cells.into_iter().zip(&names).map(side).collect())
    }

    /// What both say of the cells of a target, each with its weight, seed by seed.
    pub(super) fn handed_over(&self, entry: usize, target: Target, learnt: &[usize]) -> Result<Answers, String> {
        let of = places(self.plan.experiment(), entry).into_iter().map(|member| self.answers(member, target, learnt));
        let of = of.collect::<Result<Vec<Answers>, String>>()?;
        let sides = self.sides(entry, target, learnt)?;
        let joined = |seed: usize| {
            let (inside, outside) = (of_seed(&of[0], seed), of_seed(&of[1], seed));
            let both = inside.iter().zip(outside).zip(&sides);
            both.map(|((inside, outside), side)| (1.0 - side.outside) * inside + side.outside * outside).collect()
        };
        Ok((0..most(&of)).map(joined).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(quantile: f64, steepness: Option<f64>) -> HandOverParameters {
        HandOverParameters { quantile, steepness, ..HandOverParameters::default() }
    }

    #[test]
    fn of_cells_like_the_training_cells_no_more_than_the_rest_of_the_quantile_are_handed_over() {
        let left_out: Vec<f64> = (1..=19).rev().map(f64::from).collect();
        assert_eq!(of(0.95, None).limit(left_out.clone()), 19.0);
        assert_eq!(of(0.5, None).limit(left_out.clone()), 10.0);
        // of fewer there is no larger one
        assert_eq!(of(0.95, None).limit(left_out[15..].to_vec()), 4.0);
    }

    #[test]
    fn a_steep_smooth_weight_is_a_sharp_one() {
        for (measure, sharp) in [(0.0, 0.0), (1.0, 0.0), (1.9, 0.0), (2.1, 1.0), (100.0, 1.0)] {
            assert_eq!(of(0.5, None).outside(measure, 2.0), sharp);
            assert!((of(0.5, Some(1000.0)).outside(measure, 2.0) - sharp).abs() < 1e-9, "{measure}");
        }
        assert_eq!(of(0.5, None).outside(2.0, 2.0), 0.0, "the limit is inside");
        assert_eq!(of(0.5, Some(4.0)).outside(2.0, 2.0), 0.5);
        assert!((of(0.5, Some(4.0)).outside(4.0, 2.0) - 16.0 / 17.0).abs() < 1e-12);
    }

    #[test]
    fn what_has_no_meaning_is_refused_by_name() {
        for (parameters, name) in [
            (of(1.0, None), "quantile"),
            (of(0.5, Some(0.0)), "steepness"),
            (HandOverParameters { neighbours: 0, ..of(0.5, None) }, "neighbours"),
            (HandOverParameters { together: Some(FoldsBy::Batch), ..of(0.5, Some(2.0)) }, "steepness"),
        ] {
            let problem = parameters.build().err().unwrap().to_string();
            assert!(problem.contains(name), "{problem}");
        }
    }
}
