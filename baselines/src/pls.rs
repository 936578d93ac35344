//! Partial least squares regression with one label (PLS1).

use ndarray::{Array1, Array2, ArrayViewD, Axis};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::components;
use crate::model::{AnyModel, Context, FitSummary, Model, ModelError};
use crate::row::{Described, ModelRow};
use crate::table::{Centred, Hyperplane, transposed_dot};

/// Hyper-parameters of [`Pls`].
///
/// With one label NIPALS needs no iteration, so there is neither a tolerance nor a bound on iterations to set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(extend("x-source" = "7.2"))]
pub struct PlsParameters {
    /// Number of latent components, at most the rank of the centred training features.
    pub components: usize,
    /// Whether every feature is divided by its standard deviation (n − 1) first.
    pub scale: bool,
}

impl Default for PlsParameters {
    fn default() -> Self {
        Self { components: 9, scale: false }
    }
}

/// Regresses the label on the latent components of the features that covary most with it.
#[derive(Clone, Debug)]
pub struct Pls {
    parameters: PlsParameters,
}

impl Pls {
    /// Checks the hyper-parameters.
    ///
    /// # Errors
    /// [`ModelError::Hyperparameter`] for zero components.
    pub fn new(parameters: PlsParameters) -> Result<Self, ModelError> {
        components::check(parameters.components)?;
        Ok(Self { parameters })
    }
}

impl Model for Pls {
    type Fitted = Hyperplane;

    fn fit(
        &self,
        features: ArrayViewD<'_, f32>,
        labels: &[f64],
        _context: &Context<'_>,
    ) -> Result<(Self::Fitted, FitSummary), ModelError> {
        let PlsParameters { components, scale } = self.parameters;
        let scales = |table: &Array2<f64>| scale.then(|| scales(table));
        let regress = |centred: &Centred| latent_regression(&centred.features, &centred.labels, components);
        components::fit(features, labels, scales, regress)
    }
}

impl Described for PlsParameters {
    fn row(&self) -> ModelRow {
        ModelRow::new("pls")
    }

    fn build(&self) -> Result<Box<dyn AnyModel>, ModelError> {
        Ok(Box::new(Pls::new(self.clone())?))
    }

    fn check_feature(&self, shape: &[usize]) -> Result<(), String> {
        components::check_feature(self.components, shape)
    }
}

/// The standard deviation of every column; infinite for a constant one, which thus becomes zero.
///
/// The mean of n equal numbers need not be that number to the last bit. Dividing what is left by a standard deviation
/// that is as small would turn a constant into a feature.
fn scales(table: &Array2<f64>) -> Array1<f64> {
    let mut scales = table.std_axis(Axis(0), 1.0);
    for (scale, column) in scales.iter_mut().zip(table.columns()) {
        if column.iter().all(|&value| value == column[0]) {
            *scale = f64::INFINITY;
        }
    }
    scales
}

/// The coefficients that NIPALS arrives at, by Golub–Kahan bidiagonalisation started from Xᵀy (Eldén 2004).
///
/// The weights W and the scores T, both orthonormal, satisfy X W = T B with B upper bidiagonal, so the regression of y
/// on the scores is w = W B⁻¹ Tᵀ y. X is only ever multiplied with a vector: it need not be deflated, which takes most
/// of the time in NIPALS.
fn latent_regression(x: &Array2<f64>, y: &Array1<f64>, components: usize) -> Result<Array1<f64>, ModelError> {
    let (samples, columns) = x.dim();
    let noise = x.iter().map(|value| value * value).sum::<f64>().sqrt() * samples.max(columns) as f64 * f64::EPSILON;
    let used_up = |found: usize| {
        let reason = format!("{samples} training samples of {columns} features support only {found} components");
        components::refused(components, reason)
    };
    let (mut weights, mut scores) = (Vec::<Array1<f64>>::new(), Vec::<Array1<f64>>::new());
    let (mut diagonal, mut above) = (Vec::new(), Vec::new());
    let mut weight = transposed_dot(x, y.view());
    let noise_of_labels = noise * y.dot(y).sqrt();
    for found in 0..components {
        let norm = normalise_against(&mut weight, &weights);
        if norm <= if found == 0 { noise_of_labels } else { noise } {
            return Err(used_up(found));
        }
        let mut score = x.dot(&weight);
        let length = normalise_against(&mut score, &scores);
        if length <= noise {
            return Err(used_up(found));
        }
        diagonal.push(length);
        above.push(norm); // above[0] is ‖Xᵀy‖ and no entry of B
        weights.push(weight);
        weight = transposed_dot(x, score.view());
        scores.push(score);
    }
    let mut coefficients = Array1::zeros(columns);
    let mut next = 0.0;
    for k in (0..components).rev() {
        let below = above.get(k + 1).map_or(0.0, |entry| entry * next);
        next = (scores[k].dot(y) - below) / diagonal[k];
        coefficients.scaled_add(next, &weights[k]);
    }
    Ok(coefficients)
}

/// Makes `vector` orthogonal to the orthonormal `basis` and scales it to unit length; its length before that.
///
/// In exact arithmetic only the last of the basis has a share in it. Taking out what rounding leaves of the others keeps
/// the basis orthonormal, without which the components would begin to repeat themselves.
fn normalise_against(vector: &mut Array1<f64>, basis: &[Array1<f64>]) -> f64 {
    for direction in basis.iter().rev() {
        let share = vector.dot(direction);
        vector.scaled_add(-share, direction);
    }
    let norm = vector.dot(vector).sqrt();
    *vector /= norm.max(f64::MIN_POSITIVE);
    norm
}
