//! The mean of the training labels: what a model has to beat.

use ndarray::ArrayViewD;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{AnyModel, Context, FitSummary, Fitted, Model, ModelError};
use crate::row::{Described, ModelRow};
use crate::table::{check_labels, sample_count};

/// [`Mean`] has no hyper-parameters.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-source" = "7.2"))]
pub struct MeanParameters {}

/// Predicts the mean training label for every sample, whatever its features.
///
/// On ln-transformed labels this is the geometric mean life, as in the published "training mean" rows.
#[derive(Clone, Debug, Default)]
pub struct Mean {}

/// The mean of some labels.
#[derive(Clone, Debug)]
pub struct FittedMean {
    mean: f64,
}

impl Mean {
    /// The model.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Model for Mean {
    type Fitted = FittedMean;

    fn fit(
        &self,
        features: ArrayViewD<'_, f32>,
        labels: &[f64],
        _context: &Context<'_>,
    ) -> Result<(Self::Fitted, FitSummary), ModelError> {
        check_labels(&features, labels, 1)?;
        Ok((FittedMean { mean: labels.iter().sum::<f64>() / labels.len() as f64 }, FitSummary::default()))
    }
}

impl Fitted for FittedMean {
    fn predict(&self, features: ArrayViewD<'_, f32>, _context: &Context<'_>) -> Result<Vec<f64>, ModelError> {
        Ok(vec![self.mean; sample_count(&features)?])
    }
}

impl Described for MeanParameters {
    fn row(&self) -> ModelRow {
        ModelRow { reads_features: false, ..ModelRow::new("mean") }
    }

    fn build(&self) -> Result<Box<dyn AnyModel>, ModelError> {
        Ok(Box::new(Mean::new()))
    }
}
