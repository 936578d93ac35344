//! Gaussian process regression with a linear plus a radial basis function kernel.
//!
//! The constant σ₀² adds a matrix of rank one to the kernel matrix. So all that σ₀ does follows from one factorisation
//! without it (Sherman–Morrison), its most likely value for a given ℓ has a closed form, and what is left to search is
//! one line, that of ℓ. It is walked from end to end, so that no local optimum is taken for the best one.

use std::f64::consts::{LN_10, TAU};

use faer::linalg::solvers::Solve as _;
use faer::{Col, Side};
use ndarray::{Array1, Array2, ArrayViewD};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{AnyModel, Context, FitSummary, Fitted, Model, ModelError};
use crate::row::{Described, ModelRow};
use crate::table::{faer_view, gram, in_faer, prediction_table, row_products, training_table};

/// Bounds of σ₀ and ℓ, as in scikit-learn.
const LEAST: f64 = 1e-5;
const LARGEST: f64 = 1e5;
/// Places per decade of ℓ at which the search looks first.
const PER_DECADE: i32 = 8;
/// So many of the highest of them are climbed from.
const CLIMBED: usize = 3;
/// How far in ln ℓ a climb may end from its summit.
const PRECISION: f64 = 1e-6;
/// (√5 − 1) / 2.
const GOLDEN: f64 = 0.618_033_988_749_894_8;

/// Hyper-parameters of [`GaussianProcess`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(extend("x-source" = "7.2"))]
pub struct GpParameters {
    /// Standard deviation of the constant of the linear part; without a search.
    pub sigma_0: f64,
    /// Length scale of the radial part, in feature units; with a search, one of the places where it looks, and of those
    /// that are equally likely the nearest to this one is taken.
    pub length_scale: f64,
    /// Added to the diagonal of the training kernel matrix (variance of the label noise).
    pub jitter: f64,
    /// Whether `sigma_0` and `length_scale` are those in [1e-5, 1e5] under which the labels are most likely.
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
}

/// A Gaussian process given its training samples.
#[derive(Clone, Debug)]
pub struct FittedProcess {
    table: Array2<f64>,
    sigma_0: f64,
    length_scale: f64,
    /// K⁻¹ y, one per training sample.
    weights: Array1<f64>,
    /// σ₀² times their sum.
    level: f64,
    log_likelihood: f64,
}

impl GaussianProcess {
    /// Checks the hyper-parameters.
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
        Ok(Self { parameters })
    }
}

impl FittedProcess {
    /// ln p(labels | features) under the fitted kernel.
    pub fn log_marginal_likelihood(&self) -> f64 {
        self.log_likelihood
    }

    /// (σ₀, ℓ) of the fitted kernel.
    pub fn kernel(&self) -> (f64, f64) {
        (self.sigma_0, self.length_scale)
    }
}

impl Model for GaussianProcess {
    type Fitted = FittedProcess;

    fn fit(
        &self,
        features: ArrayViewD<'_, f32>,
        labels: &[f64],
        _context: &Context<'_>,
    ) -> Result<(Self::Fitted, FitSummary), ModelError> {
        let table = training_table(features, labels, 2)?;
        let GpParameters { sigma_0, length_scale, jitter, optimise } = self.parameters;
        let likelihood = Likelihood {
            products: gram(faer_view(&table)),
            distances: squared_distances(&table, &table),
            labels: Col::from_fn(labels.len(), |i| labels[i]),
            jitter,
        };
        let length_scale = if optimise { likelihood.likeliest(length_scale) } else { length_scale };
        let at = likelihood.at(length_scale).ok_or_else(|| {
            ModelError::Solver(format!("the kernel matrix is not positive definite at jitter = {jitter:e}; raise it"))
        })?;
        let variance = if optimise { at.likeliest_variance() } else { sigma_0 * sigma_0 };
        let level = at.level(variance);
        let fitted = FittedProcess {
            table,
            sigma_0: variance.sqrt(),
            length_scale,
            weights: at.labels.iter().zip(at.ones.iter()).map(|(label, one)| label - level * one).collect(),
            level,
            log_likelihood: at.value(variance),
        };
        Ok((fitted, FitSummary::default()))
    }
}

impl Fitted for FittedProcess {
    fn predict(&self, features: ArrayViewD<'_, f32>, _context: &Context<'_>) -> Result<Vec<f64>, ModelError> {
        let table = prediction_table(features, self.table.ncols())?;
        let products = row_products(&table, &self.table);
        let distances = squared_distances(&table, &self.table);
        let radial = Radial::new(self.length_scale);
        let kernel = Array2::from_shape_fn(products.dim(), |at| products[at] + radial.value(distances[at]));
        Ok((kernel.dot(&self.weights) + self.level).to_vec())
    }
}

impl Described for GpParameters {
    fn row(&self) -> ModelRow {
        // 2: the kernel is the most likely of all, no longer the first that a search comes to
        ModelRow { training_version: 2, ..ModelRow::new("gp") }
    }

    fn build(&self) -> Result<Box<dyn AnyModel>, ModelError> {
        Ok(Box::new(GaussianProcess::new(self.clone())?))
    }
}

/// exp(−‖x − x′‖² / 2ℓ²).
#[derive(Clone, Copy)]
struct Radial {
    /// −1 / 2ℓ².
    rate: f64,
}

impl Radial {
    fn new(length_scale: f64) -> Self {
        Self { rate: -0.5 / (length_scale * length_scale) }
    }

    fn value(self, squared_distance: f64) -> f64 {
        (self.rate * squared_distance).exp()
    }
}

/// ‖a_i − b_j‖², difference by difference: the kernel matrix may be so close to singular that the shorter way
/// through the products would be felt in the predictions.
fn squared_distances(a: &Array2<f64>, b: &Array2<f64>) -> Array2<f64> {
    Array2::from_shape_fn((a.nrows(), b.nrows()), |(i, j)| {
        a.row(i).iter().zip(b.row(j)).map(|(a, b)| (a - b) * (a - b)).sum()
    })
}

/// The log marginal likelihood of the training labels (Rasmussen & Williams 2006, §5.4), whose kernel matrix is
/// K = A + σ₀² 11ᵀ, where A depends on ℓ only.
struct Likelihood {
    products: Array2<f64>,
    distances: Array2<f64>,
    labels: Col<f64>,
    jitter: f64,
}

/// What the likelihood is made of at one ℓ.
struct Evaluation {
    /// A⁻¹ y.
    labels: Col<f64>,
    /// A⁻¹ 1.
    ones: Col<f64>,
    /// yᵀ A⁻¹ y.
    labels_by_labels: f64,
    /// 1ᵀ A⁻¹ y.
    ones_by_labels: f64,
    /// 1ᵀ A⁻¹ 1.
    ones_by_ones: f64,
    /// ½ ln|A|.
    half_determinant: f64,
}

impl Evaluation {
    /// The σ₀² inside its bounds under which the labels are most likely: the likelihood rises up to it and falls after it.
    fn likeliest_variance(&self) -> f64 {
        let (one, label) = (self.ones_by_ones, self.ones_by_labels);
        ((label * label - one) / (one * one)).clamp(LEAST * LEAST, LARGEST * LARGEST)
    }

    /// σ₀² 1ᵀK⁻¹y: the prediction of the constant.
    fn level(&self, variance: f64) -> f64 {
        variance * self.ones_by_labels / (1.0 + variance * self.ones_by_ones)
    }

    /// −½ yᵀK⁻¹y − ½ ln|K| − ½ n ln 2π.
    fn value(&self, variance: f64) -> f64 {
        let fit = self.labels_by_labels - self.level(variance) * self.ones_by_labels;
        let half_determinant = self.half_determinant + 0.5 * (variance * self.ones_by_ones).ln_1p();
        -0.5 * fit - half_determinant - 0.5 * self.labels.nrows() as f64 * TAU.ln()
    }
}

impl Likelihood {
    /// `None` where A is not positive definite to machine precision.
    fn at(&self, length_scale: f64) -> Option<Evaluation> {
        let radial = Radial::new(length_scale);
        // the factorisation reads the lower triangle
        let mut matrix = Array2::from_shape_fn(self.products.dim(), |(i, j)| {
            if j > i { 0.0 } else { self.products[[i, j]] + radial.value(self.distances[[i, j]]) }
        });
        matrix.diag_mut().mapv_inplace(|value| value + self.jitter);
        let factor = in_faer(|| faer_view(&matrix).llt(Side::Lower)).ok()?;
        let labels = factor.solve(&self.labels);
        let ones = factor.solve(&Col::<f64>::ones(self.labels.nrows()));
        let evaluation = Evaluation {
            labels_by_labels: self.labels.iter().zip(labels.iter()).map(|(y, solved)| y * solved).sum(),
            ones_by_labels: labels.iter().sum(),
            ones_by_ones: ones.iter().sum(),
            half_determinant: factor.L().diagonal().column_vector().iter().map(|value| value.ln()).sum(),
            labels,
            ones,
        };
        (evaluation.ones_by_ones > 0.0 && evaluation.value(1.0).is_finite()).then_some(evaluation)
    }

    /// The ℓ inside its bounds under which the labels are most likely, σ₀ being likeliest for it; of equally likely ones
    /// the nearest to the one declared. The search climbs from the highest of evenly spread places, and from the declared.
    fn likeliest(&self, declared: f64) -> f64 {
        let (declared, first, step) = (declared.ln(), LEAST.ln(), LN_10 / f64::from(PER_DECADE));
        let steps = ((LARGEST / LEAST).log10() * f64::from(PER_DECADE)).round() as i32;
        let mut seen: Vec<Place> = (0..=steps).map(|k| self.place(first + f64::from(k) * step)).collect();
        let value = |k: usize| seen.get(k).map_or(f64::NEG_INFINITY, |place| place.value);
        let is_summit = |&k: &usize| value(k) > value(k.wrapping_sub(1)) && value(k) >= value(k + 1);
        let mut summits: Vec<usize> = (0..seen.len()).filter(is_summit).collect();
        summits.sort_by(|&i, &j| value(j).total_cmp(&value(i)));
        let starts = summits.into_iter().take(CLIMBED).map(|k| seen[k].logarithm).chain([declared]);
        let climbed: Vec<Place> =
            starts.map(|start| self.climb((start - step).max(LEAST.ln()), (start + step).min(LARGEST.ln()))).collect();
        seen.extend(climbed.into_iter().chain([self.place(declared)]));
        let near = |place: &Place| (place.logarithm - declared).abs();
        let best = seen.iter().max_by(|a, b| a.value.total_cmp(&b.value).then(near(b).total_cmp(&near(a))));
        best.map_or(declared, |best| best.logarithm).exp().clamp(LEAST, LARGEST)
    }

    /// −∞ where A is not positive definite.
    fn place(&self, logarithm: f64) -> Place {
        let at = self.at(logarithm.exp());
        Place { logarithm, value: at.map_or(f64::NEG_INFINITY, |at| at.value(at.likeliest_variance())) }
    }

    /// The summit between two places with a higher one between them, by golden sections.
    fn climb(&self, mut low: f64, mut high: f64) -> Place {
        let left = |low: f64, high: f64| self.place(high - GOLDEN * (high - low));
        let right = |low: f64, high: f64| self.place(low + GOLDEN * (high - low));
        let mut inner = (left(low, high), right(low, high));
        while high - low > PRECISION {
            if inner.0.value >= inner.1.value {
                high = inner.1.logarithm;
                inner = (left(low, high), inner.0);
            } else {
                low = inner.0.logarithm;
                inner = (inner.1, right(low, high));
            }
        }
        if inner.0.value >= inner.1.value { inner.0 } else { inner.1 }
    }
}

/// ln ℓ, and how likely the labels are there.
#[derive(Clone, Copy)]
struct Place {
    logarithm: f64,
    value: f64,
}
