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
use serde::{Deserialize, Serialize};

use crate::model::{Context, FitSummary, Model, ModelError};
use crate::table::{prediction_table, training_table};

use features::SortedFeatures;

/// Hyper-parameters of [`Forest`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ForestParameters {
    /// Number of trees.
    pub trees: usize,
    /// Features tried at a split, drawn anew for each; `None` tries all.
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
    fitted: Option<Fitted>,
}

#[derive(Clone, Debug)]
struct Fitted {
    columns: usize,
    trees: Vec<Tree>,
}

impl Forest {
    /// An unfitted model.
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
        Ok(Self { parameters, fitted: None })
    }
}

impl Model for Forest {
    fn fit(
        &mut self,
        features: ArrayViewD<'_, f32>,
        labels: &[f64],
        context: &Context<'_>,
    ) -> Result<FitSummary, ModelError> {
        self.fitted = None;
        let table = training_table(features, labels, 1)?;
        let trees = grow::grow(&SortedFeatures::new(&table)?, labels, &self.parameters, context.streams);
        self.fitted = Some(Fitted { columns: table.ncols(), trees });
        Ok(FitSummary::default())
    }

    fn predict(&self, features: ArrayViewD<'_, f32>, _context: &Context<'_>) -> Result<Vec<f64>, ModelError> {
        let fitted = self.fitted.as_ref().ok_or(ModelError::NotFitted)?;
        let table = prediction_table(features, fitted.columns)?;
        let mean = |row: ArrayView1<'_, f64>| {
            fitted.trees.iter().map(|tree| tree.predict(row)).sum::<f64>() / fitted.trees.len() as f64
        };
        Ok(table.outer_iter().map(mean).collect())
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
