//! Principal component regression: least squares on the leading principal components.

use faer::Side;
use ndarray::{Array1, ArrayViewD};
use serde::{Deserialize, Serialize};

use crate::model::{Context, FitSummary, Model, ModelError};
use crate::table::{Centred, Hyperplane, faer_view, gram, in_faer, training_table, transposed_dot};

/// Hyper-parameters of [`Pcr`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
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
    fitted: Option<Hyperplane>,
}

impl Pcr {
    /// An unfitted model.
    ///
    /// # Errors
    /// [`ModelError::Hyperparameter`] for zero components.
    pub fn new(parameters: PcrParameters) -> Result<Self, ModelError> {
        if parameters.components == 0 {
            return Err(bad_components(0, "at least one component is needed".to_owned()));
        }
        Ok(Self { parameters, fitted: None })
    }
}

impl Model for Pcr {
    fn fit(
        &mut self,
        features: ArrayViewD<'_, f32>,
        labels: &[f64],
        _context: &Context<'_>,
    ) -> Result<FitSummary, ModelError> {
        self.fitted = None;
        let centred = Centred::new(training_table(features, labels, 2)?, labels);
        let coefficients = component_regression(&centred, self.parameters.components)?;
        self.fitted = Some(centred.uncentred(coefficients));
        Ok(FitSummary::default())
    }

    fn predict(&self, features: ArrayViewD<'_, f32>, _context: &Context<'_>) -> Result<Vec<f64>, ModelError> {
        self.fitted.as_ref().ok_or(ModelError::NotFitted)?.predict(features)
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
        return Err(bad_components(components, reason));
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

fn bad_components(components: usize, reason: String) -> ModelError {
    ModelError::Hyperparameter { name: "components", value: components.to_string(), reason }
}
