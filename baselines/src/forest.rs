//! Random forest regression (Breiman 2001), grown as scikit-learn's `RandomForestRegressor` grows it.
//!
//! Ours, because no crate has a seedable forest that is fast when there are many more features than samples.

mod batch;
mod cut;
mod features;
mod few;
mod grow;
mod node;
mod screen;
#[cfg(test)]
mod tests;

use ndarray::{ArrayView1, ArrayViewD};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{AnyModel, Context, FitSummary, Fitted, Model, ModelError};
use crate::row::{Described, ModelRow};
use crate::table::{prediction_table, training_table};

use features::SortedFeatures;

/// Hyper-parameters of [`Forest`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(extend("x-source" = "7.2"))]
pub struct ForestParameters {
    /// Number of trees.
    pub trees: usize,
    /// Features tried at a split, drawn anew for each; all, unless written.
    pub max_features: Option<usize>,
    /// Least number of distinct training samples in a leaf.
    pub min_samples_leaf: usize,
    /// Whether every tree sees n samples drawn with replacement, rather than the n samples as they are.
    pub bootstrap: bool,
}

impl Default for ForestParameters {
    fn default() -> Self {
        Self { trees: 100, max_features: None, min_samples_leaf: 1, bootstrap: true }
    }
}

/// The mean of regression trees, each split where the squared error falls most.
#[derive(Clone, Debug)]
pub struct Forest {
    parameters: ForestParameters,
}

/// Trees that have grown.
#[derive(Clone, Debug)]
pub struct FittedForest {
    columns: usize,
    trees: Vec<Tree>,
}

impl Forest {
    /// Checks the hyper-parameters.
    ///
    /// # Errors
    /// [`ModelError::Hyperparameter`] for no trees, no features per split or empty leaves.
    pub fn new(parameters: ForestParameters) -> Result<Self, ModelError> {
        let ForestParameters { trees, max_features, min_samples_leaf, .. } = parameters;
        let counts = [
            ("trees", trees),
            ("max_features", max_features.unwrap_or(usize::MAX)),
            ("min_samples_leaf", min_samples_leaf),
        ];
        for (name, value) in counts {
            if value == 0 {
                let reason = "must be at least 1".to_owned();
                return Err(ModelError::Hyperparameter { name, value: value.to_string(), reason });
            }
        }
        Ok(Self { parameters })
    }
}

impl Model for Forest {
    type Fitted = FittedForest;

    fn fit(
        &self,
        features: ArrayViewD<'_, f32>,
        labels: &[f64],
        context: &Context<'_>,
    ) -> Result<(Self::Fitted, FitSummary), ModelError> {
        let table = training_table(features, labels, 1)?;
        let trees = grow::grow(&SortedFeatures::new(&table)?, labels, &self.parameters, context.streams);
        Ok((FittedForest { columns: table.ncols(), trees }, FitSummary::default()))
    }
}

impl Fitted for FittedForest {
    fn predict(&self, features: ArrayViewD<'_, f32>, _context: &Context<'_>) -> Result<Vec<f64>, ModelError> {
        let table = prediction_table(features, self.columns)?;
        let mean = |row: ArrayView1<'_, f64>| {
            self.trees.iter().map(|tree| tree.predict(row)).sum::<f64>() / self.trees.len() as f64
        };
        Ok(table.outer_iter().map(mean).collect())
    }
}

impl Described for ForestParameters {
    fn row(&self) -> ModelRow {
        // 2: trees grow level by level, so their random numbers come in another order
        ModelRow { training_version: 2, is_seeded: true, ..ModelRow::new("forest") }
    }

    fn build(&self) -> Result<Box<dyn AnyModel>, ModelError> {
        Ok(Box::new(Forest::new(self.clone())?))
    }
}

/// A regression tree; node 0 is the root.
#[derive(Clone, Debug)]
struct Tree {
    nodes: Vec<TreeNode>,
}

#[derive(Clone, Debug)]
enum TreeNode {
    Leaf { mean: f64 },
    Split { feature: usize, threshold: f64, left: usize, right: usize },
}

impl Tree {
    fn predict(&self, row: ArrayView1<'_, f64>) -> f64 {
        let mut at = 0;
        loop {
            match self.nodes[at] {
                TreeNode::Leaf { mean } => return mean,
                TreeNode::Split { feature, threshold, left, right } => {
                    at = if row[feature] <= threshold { left } else { right };
                }
            }
        }
    }
}
