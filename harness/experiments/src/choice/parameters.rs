//! How models that are made of others are declared.

use baselines::{AnyModel, Context, Described, FitSummary, Fitted, Model, ModelError, ModelRow, Weights};
use ndarray::ArrayViewD;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::folds::FoldsBy;

/// How the members of a stack are joined, in ln life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-source" = "beyond.md"))]
pub enum Weighting {
    /// The mean.
    #[default]
    Equal,
    /// The median of each cell.
    Median,
    /// The mean with the weights that are best on the folds: none is negative, and they sum to one.
    NonNegative,
}

/// What is made of several seeds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-source" = "beyond.md"))]
pub enum Seeds {
    /// One model: the mean of all seeds in ln life.
    #[default]
    Mean,
    /// One model per seed.
    Each,
}

/// Hyper-parameters of a stack.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(extend("x-source" = "beyond.md"))]
pub struct StackParameters {
    /// Its members, entries above it, such as `cnn` or `batlinet[intra_only]`.
    pub of: Vec<String>,
    /// How they are joined.
    pub weights: Weighting,
    /// What is made of several seeds.
    pub seeds: Seeds,
}

/// By which error a selection chooses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-source" = "beyond.md"))]
pub enum Criterion {
    /// Over all training cells.
    #[default]
    Overall,
    /// Of the group of training cells on which it is largest: who is chosen fails nobody badly.
    WorstGroup,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Hyper-parameters of a selection.
///
/// Those from `by` on are left out of records and keys where they have their defaults, so that they made no earlier run stale.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(extend("x-source" = "beyond.md"))]
pub struct SelectParameters {
    /// Entries above it, of which the one with the least root mean square error of ln life on the folds is taken; of equal ones the
    /// first. (Which error is least, `by` says.)
    pub among: Vec<String>,
    /// What is made of several seeds.
    pub seeds: Seeds,
    /// Which root mean square error is to be least.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(skip_serializing_if = "baselines::precision::never")]
    pub by: Criterion,
    /// Of `worst_group`, what cells of one group share: a batch unless written.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(skip_serializing_if = "baselines::precision::never")]
    pub groups: Option<FoldsBy>,
}

impl Described for StackParameters {
    fn row(&self) -> ModelRow {
        ModelRow { reads_features: false, is_seeded: self.seeds == Seeds::Each, ..ModelRow::new("stack") }
    }

    fn unused(&self) -> Vec<&'static str> {
        vec!["label_transformation"]
    }

    fn build(&self) -> Result<Box<dyn AnyModel>, ModelError> {
        Ok(Box::new(OfRuns))
    }
}

impl Described for SelectParameters {
    fn row(&self) -> ModelRow {
        ModelRow { reads_features: false, is_seeded: self.seeds == Seeds::Each, ..ModelRow::new("select") }
    }

    fn unused(&self) -> Vec<&'static str> {
        let of_groups = if self.by == Criterion::WorstGroup { vec![] } else { vec!["groups"] };
        [of_groups, vec!["label_transformation"]].concat()
    }

    fn build(&self) -> Result<Box<dyn AnyModel>, ModelError> {
        Ok(Box::new(OfRuns))
    }
}

/// In the place of a model that could be fitted alone.
pub(super) struct OfRuns;

/// There is none.
pub(super) struct NeverFitted;

impl Model for OfRuns {
    type Fitted = NeverFitted;

    fn fit(
        &self,
        _features: ArrayViewD<'_, f32>,
        _labels: &[f64],
        _context: &Context<'_>,
    ) -> Result<(Self::Fitted, FitSummary), ModelError> {
        Err(ModelError::Weights(
            "what is made of the records of other runs cannot be trained alone: train its members".to_owned(),
        ))
    }
}

impl Fitted for NeverFitted {
    fn predict(&self, _features: ArrayViewD<'_, f32>, _context: &Context<'_>) -> Result<Vec<f64>, ModelError> {
        Err(ModelError::Weights("it was never fitted".to_owned()))
    }

    fn weights(&self) -> Option<Weights> {
        None
    }
}
