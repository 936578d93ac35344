//! Ridge regression (L2-penalised least squares).

use faer::Side;
use faer::linalg::solvers::Solve as _;
use ndarray::{Array1, Array2, ArrayViewD};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{AnyModel, Context, FitSummary, Model, ModelError};
use crate::row::{Described, ModelRow};
use crate::table::{Centred, Hyperplane, faer_view, gram, in_faer, training_table, transposed_dot};

/// Hyper-parameters of [`Ridge`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(extend("x-source" = "7.2"))]
pub struct RidgeParameters {
    /// Weight of the squared norm of the coefficients beside the sum of squared residuals; positive.
    pub alpha: f64,
}

impl Default for RidgeParameters {
    fn default() -> Self {
        Self { alpha: 1.0 }
    }
}

/// Minimises ‖Xw + b − y‖² + α‖w‖² with an unpenalised intercept b.
#[derive(Clone, Debug)]
pub struct Ridge {
    parameters: RidgeParameters,
}

impl Ridge {
    /// Checks the hyper-parameters.
    ///
    /// # Errors
    /// [`ModelError::Hyperparameter`], when alpha is not a positive number.
    pub fn new(parameters: RidgeParameters) -> Result<Self, ModelError> {
        let alpha = parameters.alpha;
        if !(alpha > 0.0 && alpha.is_finite()) {
            let reason = "must be a positive number (least squares is the model without a penalty)".to_owned();
            return Err(ModelError::Hyperparameter { name: "alpha", value: alpha.to_string(), reason });
        }
        Ok(Self { parameters })
    }
}

impl Model for Ridge {
    type Fitted = Hyperplane;

    fn fit(
        &self,
        features: ArrayViewD<'_, f32>,
        labels: &[f64],
        _context: &Context<'_>,
    ) -> Result<(Self::Fitted, FitSummary), ModelError> {
        let centred = Centred::new(training_table(features, labels, 2)?, labels);
        let (x, y) = (&centred.features, &centred.labels);
        // both forms give the same w; the smaller of the two systems is solved
        let coefficients = if x.ncols() > x.nrows() {
            transposed_dot(x, solve(gram(faer_view(x)), self.parameters.alpha, y)?.view())
        } else {
            solve(gram(faer_view(x).transpose()), self.parameters.alpha, &transposed_dot(x, y.view()))?
        };
        Ok((centred.uncentred(coefficients), FitSummary::default()))
    }
}

impl Described for RidgeParameters {
    fn row(&self) -> ModelRow {
        ModelRow::new("ridge")
    }

    fn build(&self) -> Result<Box<dyn AnyModel>, ModelError> {
        Ok(Box::new(Ridge::new(self.clone())?))
    }
}

/// (G + αI)⁻¹ v for a positive semi-definite G.
fn solve(mut gram: Array2<f64>, alpha: f64, v: &Array1<f64>) -> Result<Array1<f64>, ModelError> {
    gram.diag_mut().mapv_inplace(|value| value + alpha);
    let factor = in_faer(|| faer_view(&gram).llt(Side::Lower))
        .map_err(|_| ModelError::Solver(format!("alpha = {alpha} is too small beside these features; raise it")))?;
    let right = faer::Col::from_fn(v.len(), |i| v[i]);
    Ok(factor.solve(&right).iter().copied().collect())
}
