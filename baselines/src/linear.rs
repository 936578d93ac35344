//! Ordinary least squares: the variance, discharge and full models of Severson et al. (2019) on their features.

use ndarray::{Array1, Array2, ArrayViewD};

use crate::model::{Context, FitSummary, Model, ModelError};
use crate::table::{Centred, Hyperplane, faer_view, in_faer, training_table};

/// Linear regression with an intercept.
///
/// Where the features do not determine the coefficients (collinear columns, fewer samples than features), the solution
/// of smallest norm is taken, as scikit-learn's `LinearRegression` does.
#[derive(Clone, Debug, Default)]
pub struct LeastSquares {
    fitted: Option<Hyperplane>,
}

impl LeastSquares {
    /// An unfitted model.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Model for LeastSquares {
    fn fit(
        &mut self,
        features: ArrayViewD<'_, f32>,
        labels: &[f64],
        _context: &Context<'_>,
    ) -> Result<FitSummary, ModelError> {
        self.fitted = None;
        let centred = Centred::new(training_table(features, labels, 2)?, labels);
        let coefficients = minimum_norm(&centred.features, &centred.labels)?;
        self.fitted = Some(centred.uncentred(coefficients));
        Ok(FitSummary::default())
    }

    fn predict(&self, features: ArrayViewD<'_, f32>, _context: &Context<'_>) -> Result<Vec<f64>, ModelError> {
        self.fitted.as_ref().ok_or(ModelError::NotFitted)?.predict(features)
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
