//! Gaussian process regression with a linear plus a radial basis function kernel.

use std::f64::consts::TAU;

use faer::linalg::solvers::{Llt, Solve as _};
use faer::{Col, Mat, Side};
use ndarray::{Array1, Array2, ArrayViewD};
use serde::{Deserialize, Serialize};

use crate::model::{Context, FitSummary, Model, ModelError};
use crate::table::{faer_view, gram, in_faer, prediction_table, row_products, training_table};

/// Bounds of σ₀ and ℓ, as in scikit-learn.
const LEAST: f64 = 1e-5;
const LARGEST: f64 = 1e5;
/// Slope of the log likelihood, per e-fold of a parameter, at which the search is over.
const FLAT: f64 = 1e-6;
const MOST_STEPS: usize = 200;
const MOST_HALVINGS: i32 = 40;

/// Hyper-parameters of [`GaussianProcess`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GpParameters {
    /// Standard deviation of the constant of the linear part; where the search starts, if there is one.
    pub sigma_0: f64,
    /// Length scale of the radial part, in feature units; where the search starts, if there is one.
    pub length_scale: f64,
    /// Added to the diagonal of the training kernel matrix (variance of the label noise).
    pub jitter: f64,
    /// Whether `sigma_0` and `length_scale` are moved, within [1e-5, 1e5], to where the labels are most likely.
    pub optimise: bool,
}

impl Default for GpParameters {
    fn default() -> Self {
        Self { sigma_0: 1.0, length_scale: 1.0, jitter: 1e-10, optimise: true }
    }
}

/// Predicts the posterior mean under the kernel k(x, x′) = x·x′ + σ₀² + exp(−‖x − x′‖² / 2ℓ²).
///
/// The prior mean is zero, so labels should be standardised.
#[derive(Clone, Debug)]
pub struct GaussianProcess {
    parameters: GpParameters,
    fitted: Option<Fitted>,
}

#[derive(Clone, Debug)]
struct Fitted {
    table: Array2<f64>,
    kernel: Kernel,
    weights: Array1<f64>,
    log_likelihood: f64,
}

/// σ₀ and ℓ.
#[derive(Clone, Copy, Debug)]
struct Kernel {
    sigma_0: f64,
    length_scale: f64,
}

impl GaussianProcess {
    /// An unfitted model.
    ///
    /// # Errors
    /// [`ModelError::Hyperparameter`] for a kernel parameter outside [1e-5, 1e5] or a jitter that is not positive.
    pub fn new(parameters: GpParameters) -> Result<Self, ModelError> {
        for (name, value) in [("sigma_0", parameters.sigma_0), ("length_scale", parameters.length_scale)] {
            if !(LEAST..=LARGEST).contains(&value) {
                let reason = format!("must lie in [{LEAST:e}, {LARGEST:e}]");
                return Err(ModelError::Hyperparameter { name, value: value.to_string(), reason });
            }
        }
        let jitter = parameters.jitter;
        if !(jitter > 0.0 && jitter.is_finite()) {
            let reason = "must be a positive number".to_owned();
            return Err(ModelError::Hyperparameter { name: "jitter", value: jitter.to_string(), reason });
        }
        Ok(Self { parameters, fitted: None })
    }

    /// ln p(labels | features) under the fitted kernel; `None` before a fit.
    pub fn log_marginal_likelihood(&self) -> Option<f64> {
        self.fitted.as_ref().map(|fitted| fitted.log_likelihood)
    }

    /// (σ₀, ℓ) of the fitted kernel; `None` before a fit.
    pub fn kernel(&self) -> Option<(f64, f64)> {
        self.fitted.as_ref().map(|fitted| (fitted.kernel.sigma_0, fitted.kernel.length_scale))
    }
}

impl Model for GaussianProcess {
    fn fit(
        &mut self,
        features: ArrayViewD<'_, f32>,
        labels: &[f64],
        _context: &Context<'_>,
    ) -> Result<FitSummary, ModelError> {
        self.fitted = None;
        let table = training_table(features, labels, 2)?;
        let GpParameters { sigma_0, length_scale, jitter, optimise } = self.parameters;
        let likelihood = Likelihood {
            products: gram(faer_view(&table)),
            distances: squared_distances(&table, &table),
            labels: Col::from_fn(labels.len(), |i| labels[i]),
            jitter,
        };
        let start = [sigma_0.ln(), length_scale.ln()];
        let logarithms = if optimise { likelihood.maximum(start) } else { start };
        let at = likelihood.at(logarithms).ok_or_else(|| {
            ModelError::Solver(format!("the kernel matrix is not positive definite at jitter = {jitter:e}; raise it"))
        })?;
        self.fitted = Some(Fitted {
            table,
            kernel: Kernel::new(logarithms),
            weights: at.weights.iter().copied().collect(),
            log_likelihood: at.value,
        });
        Ok(FitSummary::default())
    }

    fn predict(&self, features: ArrayViewD<'_, f32>, _context: &Context<'_>) -> Result<Vec<f64>, ModelError> {
        let fitted = self.fitted.as_ref().ok_or(ModelError::NotFitted)?;
        let table = prediction_table(features, fitted.table.ncols())?;
        let products = row_products(&table, &fitted.table);
        let distances = squared_distances(&table, &fitted.table);
        let kernel = Array2::from_shape_fn(products.dim(), |at| fitted.kernel.value(products[at], distances[at]));
        Ok(kernel.dot(&fitted.weights).to_vec())
    }
}

impl Kernel {
    fn new([sigma_0, length_scale]: [f64; 2]) -> Self {
        Self { sigma_0: sigma_0.exp(), length_scale: length_scale.exp() }
    }

    fn value(self, product: f64, squared_distance: f64) -> f64 {
        product + self.sigma_0 * self.sigma_0 + self.radial(squared_distance)
    }

    fn radial(self, squared_distance: f64) -> f64 {
        (-0.5 * squared_distance / (self.length_scale * self.length_scale)).exp()
    }
}

/// ‖a_i − b_j‖², difference by difference: the kernel matrix may be so close to singular that the shorter way
/// through the products would be felt in the predictions.
fn squared_distances(a: &Array2<f64>, b: &Array2<f64>) -> Array2<f64> {
    Array2::from_shape_fn((a.nrows(), b.nrows()), |(i, j)| {
        a.row(i).iter().zip(b.row(j)).map(|(a, b)| (a - b) * (a - b)).sum()
    })
}

/// The log marginal likelihood of the training labels as a function of ln σ₀ and ln ℓ (Rasmussen & Williams 2006, §5.4).
struct Likelihood {
    products: Array2<f64>,
    distances: Array2<f64>,
    labels: Col<f64>,
    jitter: f64,
}

struct Evaluation {
    value: f64,
    /// K⁻¹ y.
    weights: Col<f64>,
    kernel: Kernel,
    factor: Llt<f64>,
}

impl Likelihood {
    /// −½ yᵀK⁻¹y − ½ ln|K| − ½ n ln 2π; `None` where K is not positive definite to machine precision.
    fn at(&self, logarithms: [f64; 2]) -> Option<Evaluation> {
        let kernel = Kernel::new(logarithms);
        let mut matrix =
            Array2::from_shape_fn(self.products.dim(), |at| kernel.value(self.products[at], self.distances[at]));
        matrix.diag_mut().mapv_inplace(|value| value + self.jitter);
        let factor = in_faer(|| faer_view(&matrix).llt(Side::Lower)).ok()?;
        let weights = factor.solve(&self.labels);
        let half_determinant: f64 = factor.L().diagonal().column_vector().iter().map(|value| value.ln()).sum();
        let fit: f64 = self.labels.iter().zip(weights.iter()).map(|(y, w)| y * w).sum();
        let value = -0.5 * fit - half_determinant - 0.5 * self.labels.nrows() as f64 * TAU.ln();
        value.is_finite().then_some(Evaluation { value, weights, kernel, factor })
    }

    /// ∂/∂ ln σ₀ and ∂/∂ ln ℓ: ½ Σᵢⱼ (wᵢwⱼ − K⁻¹ᵢⱼ) ∂Kᵢⱼ.
    fn gradient(&self, at: &Evaluation) -> [f64; 2] {
        let samples = self.labels.nrows();
        let inverse = in_faer(|| at.factor.solve(Mat::<f64>::identity(samples, samples)));
        let Kernel { sigma_0, length_scale } = at.kernel;
        let mut gradient = [0.0; 2];
        for ((i, j), &distance) in self.distances.indexed_iter() {
            let pull = 0.5 * (at.weights[i] * at.weights[j] - inverse[(i, j)]);
            gradient[0] += pull * 2.0 * sigma_0 * sigma_0;
            gradient[1] += pull * at.kernel.radial(distance) * distance / (length_scale * length_scale);
        }
        gradient
    }

    /// Climbs from `start` to a local maximum inside the bounds: a projected BFGS search in two dimensions.
    fn maximum(&self, start: [f64; 2]) -> [f64; 2] {
        let bounds = (LEAST.ln(), LARGEST.ln());
        let Some(mut here) = self.at(start) else { return start };
        let mut position = start;
        let mut slope = self.gradient(&here);
        let mut curvature = Curvature::unit(slope);
        for _ in 0..MOST_STEPS {
            // a coordinate that sits on a bound and is pushed outwards is held
            let held = [0, 1]
                .map(|k| (position[k] <= bounds.0 && slope[k] < 0.0) || (position[k] >= bounds.1 && slope[k] > 0.0));
            let free = [0, 1].map(|k| if held[k] { 0.0 } else { slope[k] });
            if free.iter().all(|slope| slope.abs() < FLAT) {
                break;
            }
            let Some((next, there)) = self.line_search(position, here.value, slope, curvature.step(free), bounds)
            else {
                break;
            };
            let slope_there = self.gradient(&there);
            curvature.learn([0, 1].map(|k| next[k] - position[k]), [0, 1].map(|k| slope[k] - slope_there[k]));
            (position, here, slope) = (next, there, slope_there);
        }
        position
    }

    /// Halves the step until the likelihood rises by a fair part of what the slope promises; `None` if it never does.
    fn line_search(
        &self,
        position: [f64; 2],
        value: f64,
        slope: [f64; 2],
        step: [f64; 2],
        bounds: (f64, f64),
    ) -> Option<([f64; 2], Evaluation)> {
        (0..MOST_HALVINGS).find_map(|halvings| {
            let part = 0.5_f64.powi(halvings);
            let next = [0, 1].map(|k| (position[k] + part * step[k]).clamp(bounds.0, bounds.1));
            let promised: f64 = (0..2).map(|k| slope[k] * (next[k] - position[k])).sum();
            let there = self.at(next)?;
            (promised > 0.0 && there.value >= value + 1e-4 * promised).then_some((next, there))
        })
    }
}

/// What a two-dimensional BFGS search knows of the curvature: an approximation of the inverse Hessian of −ln p.
struct Curvature {
    inverse: [[f64; 2]; 2],
}

impl Curvature {
    /// A first step of length 1 at most: e-fold, in the kernel's parameters.
    fn unit(slope: [f64; 2]) -> Self {
        let scale = 1.0 / slope[0].hypot(slope[1]).max(1.0);
        Self { inverse: [[scale, 0.0], [0.0, scale]] }
    }

    /// The step uphill along the slopes that are free; a held one is zero and leaves the other coordinate to itself.
    fn step(&self, free: [f64; 2]) -> [f64; 2] {
        let [[a, b], [_, d]] = self.inverse;
        match free {
            [slope, 0.0] => [a * slope, 0.0],
            [0.0, slope] => [0.0, d * slope],
            [first, second] => [a * first + b * second, b * first + d * second],
        }
    }

    /// The BFGS update with the step made and the fall of the slope along it; skipped where the curvature is negative.
    fn learn(&mut self, step: [f64; 2], fall: [f64; 2]) {
        let product = step[0] * fall[0] + step[1] * fall[1];
        if product <= 1e-12 * step[0].hypot(step[1]) * fall[0].hypot(fall[1]) {
            return;
        }
        let carried = [0, 1].map(|k| self.inverse[k][0] * fall[0] + self.inverse[k][1] * fall[1]);
        let along = fall[0] * carried[0] + fall[1] * carried[1];
        for i in 0..2 {
            for j in 0..2 {
                self.inverse[i][j] += (1.0 + along / product) * step[i] * step[j] / product
                    - (carried[i] * step[j] + step[i] * carried[j]) / product;
            }
        }
    }
}
