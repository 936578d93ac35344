//! Ordinary least squares: the variance, discharge and full models of Severson et al. (2019) on their features.

use ndarray::{Array1, Array2, ArrayViewD};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{AnyModel, Context, FitSummary, Model, ModelError};
use crate::row::{Described, ModelRow};
use crate::table::{Centred, Hyperplane, faer_view, in_faer, training_table};

/// Linear regression with an intercept.
///
/// Where the features do not determine the coefficients (collinear columns, fewer samples than features), the solution
/// of smallest norm is taken, as scikit-learn's `LinearRegression` does.
#[derive(Clone, Debug, Default)]
pub struct LeastSquares {}

impl LeastSquares {
    /// The model.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Model for LeastSquares {
    type Fitted = Hyperplane;

    fn fit(
        &self,
        features: ArrayViewD<'_, f32>,
        labels: &[f64],
        _context: &Context<'_>,
    ) -> Result<(Self::Fitted, FitSummary), ModelError> {
        let centred = Centred::new(training_table(features, labels, 2)?, labels);
        let coefficients = minimum_norm(&centred.features, &centred.labels)?;
        Ok((centred.uncentred(coefficients), FitSummary::default()))
    }
}

/// Least squares on the variance of ΔQ(V): a model of its own in files and tables, without hyper-parameters.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-source" = "7.2 and 4.5"))]
pub struct VarianceParameters {}

impl Described for VarianceParameters {
    fn row(&self) -> ModelRow {
        ModelRow::new("variance")
    }

    fn build(&self) -> Result<Box<dyn AnyModel>, ModelError> {
        Ok(Box::new(LeastSquares::new()))
    }
}

/// Least squares on Severson's discharge features: a model of its own in files and tables, without hyper-parameters.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-source" = "7.2 and 4.5"))]
pub struct DischargeParameters {}

impl Described for DischargeParameters {
    fn row(&self) -> ModelRow {
        ModelRow::new("discharge")
    }

    fn build(&self) -> Result<Box<dyn AnyModel>, ModelError> {
        Ok(Box::new(LeastSquares::new()))
    }
}

/// Least squares on Severson's full features: a model of its own in files and tables, without hyper-parameters.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-source" = "7.2 and 4.5"))]
pub struct FullParameters {}

impl Described for FullParameters {
    fn row(&self) -> ModelRow {
        ModelRow::new("full")
    }

    fn build(&self) -> Result<Box<dyn AnyModel>, ModelError> {
        Ok(Box::new(LeastSquares::new()))
    }
}

/// w of smallest norm that minimises ‖Xw − y‖, from the singular value decomposition X = U S Vᵀ.
///
/// Singular values below max(n, p)·ε of the largest are taken for zero (LAPACK's and NumPy's convention).
fn minimum_norm(x: &Array2<f64>, y: &Array1<f64>) -> Result<Array1<f64>, ModelError> {
    let decomposition = in_faer(|| faer_view(x).thin_svd())
        .map_err(|error| ModelError::Solver(format!("singular value decomposition: {error:?}")))?;
    let (u, s, v) = (decomposition.U(), decomposition.S().column_vector(), decomposition.V());
    let (samples, columns) = x.dim();
    let largest = s.iter().fold(0.0_f64, |largest, &value| largest.max(value));
    let noise = largest * samples.max(columns) as f64 * f64::EPSILON;
    let mut solution = Array1::<f64>::zeros(columns);
    for (k, &value) in s.iter().enumerate().filter(|&(_, &value)| value > noise) {
        let along: f64 = u.col(k).iter().zip(y).map(|(u, y)| u * y).sum();
        for (slope, direction) in solution.iter_mut().zip(v.col(k).iter()) {
            *slope += along / value * direction;
        }
    }
    Ok(solution)
}
