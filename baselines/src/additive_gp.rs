//! Additive Gaussian processes on two groups of columns, and the plain mean of several of them.
//!
//! The kernel of one is 1 + w₁ x·x′ (curves) + w₂ x·x′ (capacities) + w₃ exp(−‖x − x′‖² / 2ℓ²) (all) + σ² on the diagonal, on
//! standardised columns over the root of their number, for standardised labels (Rasmussen & Williams 2006, §2.7 and §5). Weights,
//! noise and length are those of the greatest posterior density under log-normal priors, found by BFGS in logarithms.

mod kernel;
mod minimise;

use std::collections::BTreeSet;

use ndarray::{Array1, ArrayViewD};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{AnyModel, Context, FitSummary, Fitted, Model, ModelError};
use crate::row::{Described, ModelRow};
use crate::table::{prediction_table, training_table};
use kernel::{Group, Problem, Process};

/// Least standard deviation to divide by.
const LEAST_DEVIATION: f64 = 1e-8;

/// How far weights, noise and length may be from where they are expected, as standard deviations of their logarithms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-source" = "beyond.md"))]
pub enum Prior {
    /// 4 of weights, 3 of the noise, 1.5 of the length.
    Loose,
    /// Half of that: 2, 1.5 and 0.7.
    Mid,
}

/// Hyper-parameters of [`AdditiveGp`]. Columns are counted from 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(extend("x-source" = "beyond.md"))]
pub struct AdditiveGpParameters {
    /// Sets of columns that are curves.
    pub curves: Vec<Vec<usize>>,
    /// Sets of columns that are capacities.
    pub capacities: Vec<Vec<usize>>,
    /// Priors. There is one process for each set of curves with each set of capacities under each prior.
    pub priors: Vec<Prior>,
}

impl Default for AdditiveGpParameters {
    /// One process on the twenty compact statistics.
    fn default() -> Self {
        Self { curves: vec![(0..10).collect()], capacities: vec![(10..20).collect()], priors: vec![Prior::Loose] }
    }
}

impl AdditiveGpParameters {
    /// The last column that is read.
    fn last(&self) -> usize {
        self.curves.iter().chain(&self.capacities).flatten().copied().max().unwrap_or(0)
    }
}

/// Predicts the mean, over its processes, of the posterior means.
#[derive(Clone, Debug)]
pub struct AdditiveGp {
    parameters: AdditiveGpParameters,
}

/// The processes given their training samples.
#[derive(Clone, Debug)]
pub struct FittedAdditiveGp {
    columns: usize,
    /// Mean and standard deviation of the labels, n − 1.
    labels: [f64; 2],
    processes: Vec<Process>,
}

impl AdditiveGp {
    /// Checks the hyper-parameters.
    ///
    /// # Errors
    /// [`ModelError::Hyperparameter`] where a list is empty or names a column twice.
    pub fn new(parameters: AdditiveGpParameters) -> Result<Self, ModelError> {
        let refused = |name, value: String, reason: &str| {
            Err(ModelError::Hyperparameter { name, value, reason: reason.to_owned() })
        };
        for (name, sets) in [("curves", &parameters.curves), ("capacities", &parameters.capacities)] {
            if sets.is_empty() || sets.iter().any(Vec::is_empty) {
                return refused(name, format!("{sets:?}"), "there must be a set of columns, and a column in each");
            }
            if let Some(set) = sets.iter().find(|set| set.iter().collect::<BTreeSet<_>>().len() < set.len()) {
                return refused(name, format!("{set:?}"), "a column is named twice");
            }
        }
        if parameters.priors.is_empty() {
            return refused("priors", "[]".to_owned(), "there must be one, such as [loose]");
        }
        Ok(Self { parameters })
    }
}

/// Means and variances, one of each per row of features.
type Posterior = (Vec<f64>, Vec<f64>);

impl FittedAdditiveGp {
    /// w₁, w₂, w₃, σ² and ℓ of each process.
    pub fn kernels(&self) -> Vec<[f64; 5]> {
        self.processes.iter().map(|process| process.kernel).collect()
    }

    /// Posterior means and variances of the labels, with the noise: one row per process.
    fn posteriors(&self, features: ArrayViewD<'_, f32>) -> Result<Vec<Posterior>, ModelError> {
        let table = prediction_table(features, self.columns)?;
        let [mean, deviation] = self.labels;
        let of = |process: &Process| {
            let (means, variances) = process.posterior(&table);
            let means = means.into_iter().map(|value| value * deviation + mean).collect();
            (means, variances.into_iter().map(|value| value * deviation * deviation).collect())
        };
        Ok(self.processes.iter().map(of).collect())
    }
}

impl Model for AdditiveGp {
    type Fitted = FittedAdditiveGp;

    fn fit(
        &self,
        features: ArrayViewD<'_, f32>,
        labels: &[f64],
        _context: &Context<'_>,
    ) -> Result<(Self::Fitted, FitSummary), ModelError> {
        let table = training_table(features, labels, 2)?;
        let (columns, last) = (table.ncols(), self.parameters.last());
        if last >= columns {
            let got = table.shape().to_vec();
            return Err(ModelError::Shape { expected: format!("[samples, {} or more]", last + 1), got });
        }
        let labels = Array1::from(labels.to_vec());
        let [mean, deviation] = [labels.mean().unwrap_or(0.0), labels.std(1.0).max(LEAST_DEVIATION)];
        let standard = labels.mapv(|label| (label - mean) / deviation);
        let mut processes = Vec::new();
        for curves in &self.parameters.curves {
            for capacities in &self.parameters.capacities {
                let all = [curves.as_slice(), capacities].concat();
                let problem = Problem::new(
                    [curves, capacities, &all].map(|columns| Group::of(&table, columns)),
                    standard.clone(),
                );
                for &prior in &self.parameters.priors {
                    processes.push(problem.solved(prior)?);
                }
            }
        }
        Ok((FittedAdditiveGp { columns, labels: [mean, deviation], processes }, FitSummary::default()))
    }
}

impl Fitted for FittedAdditiveGp {
    fn predict(&self, features: ArrayViewD<'_, f32>, _context: &Context<'_>) -> Result<Vec<f64>, ModelError> {
        let posteriors = self.posteriors(features)?;
        Ok(averaged(posteriors.iter().map(|(means, _)| means.as_slice())))
    }

    /// Of a mean of processes, whose variance is the mean of theirs and that of their means.
    fn deviations(
        &self,
        features: ArrayViewD<'_, f32>,
        _context: &Context<'_>,
    ) -> Result<Option<Vec<f64>>, ModelError> {
        let posteriors = self.posteriors(features)?;
        let means = averaged(posteriors.iter().map(|(means, _)| means.as_slice()));
        let within = averaged(posteriors.iter().map(|(_, variances)| variances.as_slice()));
        let between: Vec<Vec<f64>> = posteriors
            .iter()
            .map(|(each, _)| each.iter().zip(&means).map(|(each, mean)| (each - mean).powi(2)).collect())
            .collect();
        let between = averaged(between.iter().map(Vec::as_slice));
        Ok(Some(within.iter().zip(between).map(|(within, between)| (within + between).sqrt()).collect()))
    }
}

/// The mean of several lists, place by place.
fn averaged<'a>(lists: impl ExactSizeIterator<Item = &'a [f64]>) -> Vec<f64> {
    let count = lists.len() as f64;
    let mut sums = Vec::new();
    for list in lists {
        sums.resize(list.len(), 0.0);
        sums.iter_mut().zip(list).for_each(|(sum, value)| *sum += value / count);
    }
    sums
}

impl Described for AdditiveGpParameters {
    fn row(&self) -> ModelRow {
        ModelRow::new("additive_gp")
    }

    fn build(&self) -> Result<Box<dyn AnyModel>, ModelError> {
        Ok(Box::new(AdditiveGp::new(self.clone())?))
    }

    fn check_feature(&self, shape: &[usize]) -> Result<(), String> {
        let (columns, last): (usize, usize) = (shape.iter().product(), self.last());
        if last < columns {
            return Ok(());
        }
        Err(format!("it reads column {last}, counted from 0, and this has {columns} numbers per cell"))
    }
}
