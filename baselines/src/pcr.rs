//! Principal component regression: least squares on the leading principal components.

use faer::Side;
use ndarray::{Array1, ArrayViewD};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::components;
use crate::model::{AnyModel, Context, FitSummary, Model, ModelError};
use crate::row::{Described, ModelRow};
use crate::table::{Centred, Hyperplane, faer_view, gram, in_faer, transposed_dot};

/// Hyper-parameters of [`Pcr`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(extend("x-source" = "7.2"))]
pub struct PcrParameters {
    /// Number of principal components, at most the rank of the centred training features.
    pub components: usize,
}

impl Default for PcrParameters {
    fn default() -> Self {
        Self { components: 12 }
    }
}

/// Projects the centred features on their `components` directions of largest variance and regresses the label on them.
#[derive(Clone, Debug)]
pub struct Pcr {
    parameters: PcrParameters,
}

impl Pcr {
    /// Checks the hyper-parameters.
    ///
    /// # Errors
    /// [`ModelError::Hyperparameter`] for zero components.
    pub fn new(parameters: PcrParameters) -> Result<Self, ModelError> {
        components::check(parameters.components)?;
        Ok(Self { parameters })
    }
}

impl Model for Pcr {
    type Fitted = Hyperplane;

    fn fit(
        &self,
        features: ArrayViewD<'_, f32>,
        labels: &[f64],
        _context: &Context<'_>,
    ) -> Result<(Self::Fitted, FitSummary), ModelError> {
        let count = self.parameters.components;
        components::fit(features, labels, |_| None, |centred| component_regression(centred, count))
    }
}

impl Described for PcrParameters {
    fn row(&self) -> ModelRow {
        ModelRow::new("pcr")
    }

    fn build(&self) -> Result<Box<dyn AnyModel>, ModelError> {
        Ok(Box::new(Pcr::new(self.clone())?))
    }

    fn check_feature(&self, shape: &[usize]) -> Result<(), String> {
        components::check_feature(self.components, shape)
    }
}

/// w = V_k S_k⁻¹ U_kᵀ y from the k leading triplets of X = U S Vᵀ.
///
/// They come from the eigenvectors of the smaller Gram matrix: X Xᵀ = U S² Uᵀ gives w = Xᵀ U_k S_k⁻² U_kᵀ y, and
/// Xᵀ X = V S² Vᵀ gives w = V_k S_k⁻² V_kᵀ Xᵀ y.
fn component_regression(centred: &Centred, components: usize) -> Result<Array1<f64>, ModelError> {
    let (x, y) = (&centred.features, &centred.labels);
    let (samples, columns) = x.dim();
    let wide = columns > samples;
    let (products, target) = if wide {
        (gram(faer_view(x)), y.clone())
    } else {
        (gram(faer_view(x).transpose()), transposed_dot(x, y.view()))
    };
    let decomposition = in_faer(|| faer_view(&products).self_adjoint_eigen(Side::Lower))
        .map_err(|error| ModelError::Solver(format!("principal components: {error:?}")))?;
    let (vectors, values) = (decomposition.U(), decomposition.S().column_vector()); // in increasing order
    let size = products.nrows();
    let noise = values[size - 1].max(0.0) * samples.max(columns) as f64 * f64::EPSILON;
    let rank = values.iter().filter(|&&value| value > noise).count();
    if components > rank {
        let reason = format!("{samples} training samples of {columns} features have only {rank} principal components");
        return Err(components::refused(components, reason));
    }
    let mut weights = Array1::<f64>::zeros(size);
    for k in size - components..size {
        let along: f64 = vectors.col(k).iter().zip(&target).map(|(u, y)| u * y).sum();
        for (weight, direction) in weights.iter_mut().zip(vectors.col(k).iter()) {
            *weight += along / values[k] * direction;
        }
    }
    Ok(if wide { transposed_dot(x, weights.view()) } else { weights })
}
