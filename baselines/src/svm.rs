//! Epsilon support vector regression with a radial basis function kernel.

use std::{borrow::Cow, fmt};

use ndarray::{Array1, Array2, ArrayViewD, Axis};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::model::{AnyModel, Context, FitSummary, Fitted, Model, ModelError};
use crate::row::{Described, ModelRow};
use crate::table::{faer_view, gram, prediction_table, row_products, training_table};

/// Bound on the steps of the solver, as in LIBSVM.
const MOST_STEPS: usize = 10_000_000;

/// Hyper-parameters of [`Svm`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(extend("x-source" = "7.2"))]
pub struct SvmParameters {
    /// Weight of the residuals outside the tube; bounds every dual coefficient.
    pub c: f64,
    /// Half width of the tube inside which a residual costs nothing, in label units.
    pub epsilon: f64,
    /// Inverse squared width of the kernel exp(−γ‖x − x′‖²).
    pub gamma: Gamma,
    /// Largest violation of the optimality conditions at which the solver stops, in label units.
    pub tolerance: f64,
}

impl Default for SvmParameters {
    fn default() -> Self {
        Self { c: 10.0, epsilon: 0.1, gamma: Gamma::Scale, tolerance: 1e-8 }
    }
}

/// How the kernel width is chosen: `scale`, `auto` or a number in an experiment file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Gamma {
    /// 1 / (p · variance of all training feature values).
    Scale,
    /// 1 / p.
    Auto,
    /// Given.
    Value(f64),
}

/// Support vector regression: f(x) = Σ βᵢ exp(−γ‖x − xᵢ‖²) + b.
#[derive(Clone, Debug)]
pub struct Svm {
    parameters: SvmParameters,
}

/// The support vectors and their weights.
#[derive(Clone, Debug)]
pub struct FittedSvm {
    feature_means: Array1<f64>,
    /// Training rows with a weight, centred.
    support: Array2<f64>,
    weights: Array1<f64>,
    offset: f64,
    gamma: f64,
}

impl Svm {
    /// Checks the hyper-parameters.
    ///
    /// # Errors
    /// [`ModelError::Hyperparameter`], when c, epsilon, tolerance or a given gamma is not a positive number.
    pub fn new(parameters: SvmParameters) -> Result<Self, ModelError> {
        let SvmParameters { c, epsilon, gamma, tolerance } = parameters;
        let mut positive = vec![("c", c), ("epsilon", epsilon), ("tolerance", tolerance)];
        if let Gamma::Value(value) = gamma {
            positive.push(("gamma", value));
        }
        for (name, value) in positive {
            if !(value > 0.0 && value.is_finite()) {
                let reason = "must be a positive number".to_owned();
                return Err(ModelError::Hyperparameter { name, value: value.to_string(), reason });
            }
        }
        Ok(Self { parameters })
    }
}

impl Model for Svm {
    type Fitted = FittedSvm;

    fn fit(
        &self,
        features: ArrayViewD<'_, f32>,
        labels: &[f64],
        _context: &Context<'_>,
    ) -> Result<(Self::Fitted, FitSummary), ModelError> {
        let mut table = training_table(features, labels, 2)?;
        let gamma = self.parameters.gamma.of(&table);
        // distances do not feel the shift, their rounding errors do
        let feature_means = table.sum_axis(Axis(0)) / labels.len() as f64;
        table -= &feature_means;
        let products = gram(faer_view(&table));
        let squares = products.diag().to_owned();
        // LIBSVM keeps the kernel matrix in single precision. Doing so too makes the two agree to the tolerance of the
        // solver, rather than to some 1e-7
        let kernel = gaussian(products, &squares, &squares, gamma).mapv(|value| f64::from(value as f32));
        let (weights, offset) = solve_dual(&kernel, labels, &self.parameters)?;
        let support: Vec<usize> = weights.iter().enumerate().filter(|(_, w)| **w != 0.0).map(|(i, _)| i).collect();
        let fitted = FittedSvm {
            feature_means,
            support: table.select(Axis(0), &support),
            weights: weights.select(Axis(0), &support),
            offset,
            gamma,
        };
        Ok((fitted, FitSummary::default()))
    }
}

impl Fitted for FittedSvm {
    fn predict(&self, features: ArrayViewD<'_, f32>, _context: &Context<'_>) -> Result<Vec<f64>, ModelError> {
        let table = prediction_table(features, self.feature_means.len())? - &self.feature_means;
        let products = row_products(&table, &self.support);
        let kernel = gaussian(products, &squares(&table), &squares(&self.support), self.gamma);
        Ok((kernel.dot(&self.weights) + self.offset).to_vec())
    }
}

impl Described for SvmParameters {
    fn row(&self) -> ModelRow {
        ModelRow::new("svm")
    }

    fn build(&self) -> Result<Box<dyn AnyModel>, ModelError> {
        Ok(Box::new(Svm::new(self.clone())?))
    }
}

/// exp(−γ‖aᵢ − bⱼ‖²) from the products aᵢ·bⱼ and the squares ‖aᵢ‖² and ‖bⱼ‖².
fn gaussian(mut products: Array2<f64>, a: &Array1<f64>, b: &Array1<f64>, gamma: f64) -> Array2<f64> {
    for (mut row, a) in products.outer_iter_mut().zip(a) {
        for (value, b) in row.iter_mut().zip(b) {
            *value = (-gamma * (a + b - 2.0 * *value).max(0.0)).exp();
        }
    }
    products
}

/// ‖row‖² of every row.
fn squares(rows: &Array2<f64>) -> Array1<f64> {
    rows.outer_iter().map(|row| row.dot(&row)).collect()
}

/// Coefficients β and offset b by sequential minimal optimisation, the pairs chosen as in LIBSVM (Fan, Chen & Lin 2005).
///
/// Minimises ½ βᵀKβ − βᵀy + ε Σ|βᵢ| over |βᵢ| ≤ C, Σβᵢ = 0. A step raises the coefficient that most wants to rise and
/// lowers the one that gains most along with it; none crosses zero, where |β| has its kink, within a step. At the
/// optimum no coefficient wants to rise more than another wants to fall. K is small (n × n) and kept whole.
fn solve_dual(
    kernel: &Array2<f64>,
    labels: &[f64],
    parameters: &SvmParameters,
) -> Result<(Array1<f64>, f64), ModelError> {
    let bounds = Bounds { c: parameters.c, epsilon: parameters.epsilon };
    let mut weights = vec![0.0; labels.len()];
    let mut residuals = labels.to_vec(); // y − Kβ
    for _ in 0..MOST_STEPS {
        let (mut up, mut highest, mut lowest) = (0, f64::NEG_INFINITY, f64::INFINITY);
        for (i, (&weight, &residual)) in weights.iter().zip(&residuals).enumerate() {
            let rise = bounds.rise(weight, residual);
            if rise > highest {
                (up, highest) = (i, rise);
            }
            lowest = lowest.min(bounds.fall(weight, residual));
        }
        if highest - lowest < parameters.tolerance {
            let offset = bounds.offset(&weights, &residuals).unwrap_or((highest + lowest) / 2.0);
            return Ok((weights.into(), offset));
        }

        let pull = kernel.row(up);
        let (mut down, mut force, mut curvature, mut most) = (0, 0.0, 1.0, 0.0);
        for (j, (&weight, &residual)) in weights.iter().zip(&residuals).enumerate() {
            let difference = highest - bounds.fall(weight, residual);
            // zero between two samples with the same features
            let curved = (pull[up] + kernel[[j, j]] - 2.0 * pull[j]).max(1e-12);
            if difference > 0.0 && difference * difference > most * curved {
                (down, force, curvature, most) = (j, difference, curved, difference * difference / curved);
            }
        }

        let step = (force / curvature).min(bounds.room_above(weights[up])).min(bounds.room_below(weights[down]));
        weights[up] = bounds.raised(weights[up], step);
        weights[down] = -bounds.raised(-weights[down], step);
        for ((residual, pull), push) in residuals.iter_mut().zip(pull).zip(kernel.row(down)) {
            *residual -= step * (pull - push);
        }
    }
    Err(ModelError::Solver(format!(
        "support vector regression did not converge in {MOST_STEPS} steps: raise tolerance, lower c or standardise \
         the labels"
    )))
}

/// The box and the tube of the dual problem: how far a coefficient may go, and what the objective says to that.
struct Bounds {
    c: f64,
    epsilon: f64,
}

impl Bounds {
    /// How much the objective falls per unit by which β rises, before the offset b is paid for; −∞ at the bound.
    fn rise(&self, weight: f64, residual: f64) -> f64 {
        if weight < 0.0 {
            residual + self.epsilon
        } else if weight < self.c {
            residual - self.epsilon
        } else {
            f64::NEG_INFINITY
        }
    }

    /// How much the objective rises per unit by which β falls; ∞ at the bound.
    fn fall(&self, weight: f64, residual: f64) -> f64 {
        -self.rise(-weight, -residual)
    }

    /// How far β can rise without crossing zero or the bound.
    fn room_above(&self, weight: f64) -> f64 {
        if weight < 0.0 { -weight } else { self.c - weight }
    }

    fn room_below(&self, weight: f64) -> f64 {
        self.room_above(-weight)
    }

    /// β after a rise, on zero or on the bound exactly if it gets there.
    fn raised(&self, weight: f64, step: f64) -> f64 {
        if step < self.room_above(weight) {
            weight + step
        } else if weight < 0.0 {
            0.0
        } else {
            self.c
        }
    }

    /// The mean offset over the coefficients strictly between zero and a bound, whose residual after b is ±ε exactly.
    fn offset(&self, weights: &[f64], residuals: &[f64]) -> Option<f64> {
        let free = weights.iter().zip(residuals).filter(|(weight, _)| **weight != 0.0 && weight.abs() < self.c);
        let (sum, count) = free.fold((0.0, 0), |(sum, count), (weight, residual)| {
            (sum + residual - weight.signum() * self.epsilon, count + 1)
        });
        (count > 0).then(|| sum / f64::from(count))
    }
}

impl Gamma {
    fn of(self, table: &Array2<f64>) -> f64 {
        let columns = table.ncols() as f64;
        match self {
            Self::Value(value) => value,
            Self::Auto => 1.0 / columns,
            Self::Scale => {
                let values = table.len() as f64;
                let mean = table.sum() / values;
                let variance = table.fold(0.0, |sum, value| sum + (value - mean) * (value - mean)) / values;
                // as scikit-learn: all distances are zero then, and any width will do
                if variance > 0.0 { 1.0 / (columns * variance) } else { 1.0 }
            }
        }
    }
}

impl JsonSchema for Gamma {
    fn schema_name() -> Cow<'static, str> {
        "Gamma".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "`scale`: 1 / (features · variance of all training feature values); `auto`: 1 / features; or a positive number.",
            "anyOf": [{ "enum": ["scale", "auto"] }, { "type": "number", "exclusiveMinimum": 0 }],
        })
    }
}

impl Serialize for Gamma {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Scale => serializer.serialize_str("scale"),
            Self::Auto => serializer.serialize_str("auto"),
            Self::Value(value) => serializer.serialize_f64(*value),
        }
    }
}

impl<'de> Deserialize<'de> for Gamma {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // by hand rather than as an untagged enum, which would lose the position of an error
        struct GammaVisitor;
        impl Visitor<'_> for GammaVisitor {
            type Value = Gamma;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("scale, auto or a positive number")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Gamma, E> {
                match text {
                    "scale" => Ok(Gamma::Scale),
                    "auto" => Ok(Gamma::Auto),
                    _ => Err(E::invalid_value(de::Unexpected::Str(text), &self)),
                }
            }

            fn visit_f64<E: de::Error>(self, value: f64) -> Result<Gamma, E> {
                Ok(Gamma::Value(value))
            }

            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Gamma, E> {
                Ok(Gamma::Value(value as f64))
            }

            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Gamma, E> {
                Ok(Gamma::Value(value as f64))
            }
        }
        deserializer.deserialize_any(GammaVisitor)
    }
}
