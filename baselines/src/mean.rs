//! The mean of the training labels: what a model has to beat.

use ndarray::ArrayViewD;

use crate::model::{Context, FitSummary, Model, ModelError};
use crate::table::{check_labels, sample_count};

/// Predicts the mean training label for every sample, whatever its features.
///
/// On ln-transformed labels this is the geometric mean life, as in the published "training mean" rows.
#[derive(Clone, Debug, Default)]
pub struct Mean {
    mean: Option<f64>,
}

impl Mean {
    /// An unfitted mean.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Model for Mean {
    fn fit(
        &mut self,
        features: ArrayViewD<'_, f32>,
        labels: &[f64],
        _context: &Context<'_>,
    ) -> Result<FitSummary, ModelError> {
        check_labels(&features, labels, 1)?;
        self.mean = Some(labels.iter().sum::<f64>() / labels.len() as f64);
        Ok(FitSummary::default())
    }

    fn predict(&self, features: ArrayViewD<'_, f32>, _context: &Context<'_>) -> Result<Vec<f64>, ModelError> {
        let mean = self.mean.ok_or(ModelError::NotFitted)?;
        Ok(vec![mean; sample_count(&features)?])
    }
}
