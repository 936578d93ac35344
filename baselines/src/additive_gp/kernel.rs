//! The kernel of one process, the density of its parameters given the labels, and what it answers.

use faer::{Side, linalg::solvers::DenseSolveCore as _};
use ndarray::{Array1, Array2, ArrayView1, Axis};

use super::{LEAST_DEVIATION, Prior, minimise::minimised};
use crate::{
    model::ModelError,
    table::{faer_view, in_faer, row_products},
};

/// Where ln w₁, ln w₂, ln w₃, ln σ² and ln ℓ are expected, before the logarithm; also where the search begins.
const EXPECTED: [f64; 5] = [0.3, 0.3, 0.3, 0.03, 1.5];
/// Added to the diagonal, so that the kernel matrix can be factorised without noise.
const JITTER: f64 = 1e-8;

impl Prior {
    fn deviations(self) -> [f64; 5] {
        let [weight, noise, length] = match self {
            Self::Loose => [4.0, 3.0, 1.5],
            Self::Mid => [2.0, 1.5, 0.7],
        };
        [weight, weight, weight, noise, length]
    }
}

/// A standardised group of columns: mean 0 and deviation 1 over the training samples, over the root of their number; 0 everywhere in
/// a column in which no training sample differs from another.
#[derive(Clone, Debug)]
pub(super) struct Group {
    columns: Vec<usize>,
    means: Array1<f64>,
    scales: Array1<f64>,
    /// The training samples.
    table: Array2<f64>,
}

impl Group {
    /// Of these columns of the features of the training samples.
    pub(super) fn of(features: &Array2<f64>, columns: &[usize]) -> Self {
        let (table, columns) = (selected(features, columns), columns.to_vec());
        let root = (columns.len() as f64).sqrt();
        let means = table.mean_axis(Axis(0)).unwrap_or_else(|| Array1::zeros(columns.len()));
        let mut scales = table.std_axis(Axis(0), 1.0).mapv(|deviation| deviation.max(LEAST_DEVIATION) * root);
        // a column in which no training sample differs tells nothing of others: by any finite scale, one that differs there would lie
        // beyond all bounds, and be answered with a deviation beyond all bounds
        for (scale, column) in scales.iter_mut().zip(table.columns()) {
            if column.iter().all(|value| *value == column[0]) {
                *scale = f64::INFINITY;
            }
        }
        let table = (table - &means) / &scales;
        Self { columns, means, scales, table }
    }

    /// Other samples, of which all features come.
    fn standardised(&self, features: &Array2<f64>) -> Array2<f64> {
        (selected(features, &self.columns) - &self.means) / &self.scales
    }
}

/// Some columns, in row-major order, which `select` does not keep.
fn selected(features: &Array2<f64>, columns: &[usize]) -> Array2<f64> {
    Array2::from_shape_fn((features.nrows(), columns.len()), |(row, column)| features[[row, columns[column]]])
}

/// ‖a_i − b_j‖².
fn squared_distances(a: &Array2<f64>, b: &Array2<f64>) -> Array2<f64> {
    let distance = |a: ArrayView1<'_, f64>, b: ArrayView1<'_, f64>| a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum();
    Array2::from_shape_fn((a.nrows(), b.nrows()), |(i, j)| distance(a.row(i), b.row(j)))
}

/// What the processes on the same columns share.
pub(super) struct Problem {
    groups: [Group; 3],
    labels: Array1<f64>,
    /// x·x′ of curves and of capacities, ‖x − x′‖² of all.
    parts: [Array2<f64>; 3],
}

/// A process given its training samples.
#[derive(Clone, Debug)]
pub(super) struct Process {
    /// w₁, w₂, w₃, σ², ℓ.
    pub(super) kernel: [f64; 5],
    groups: [Group; 3],
    /// K⁻¹ and K⁻¹ y.
    inverse: Array2<f64>,
    weights: Array1<f64>,
}

/// A kernel matrix, inverted.
struct Solved {
    inverse: Array2<f64>,
    weights: Array1<f64>,
    half_determinant: f64,
    /// exp(−‖x − x′‖² / 2ℓ²).
    radial: Array2<f64>,
}

impl Problem {
    /// Curves, capacities and all columns, of labels of mean 0.
    pub(super) fn new(groups: [Group; 3], labels: Array1<f64>) -> Self {
        let [curves, capacities, all] = groups.each_ref().map(|group| &group.table);
        let parts = [row_products(curves, curves), row_products(capacities, capacities), squared_distances(all, all)];
        Self { groups, labels, parts }
    }

    fn solve(&self, kernel: [f64; 5]) -> Option<Solved> {
        let [curves, capacities, distances] = &self.parts;
        let [by_curves, by_capacities, by_all, noise, length] = kernel;
        let radial = distances.mapv(|distance| (-0.5 * distance / (length * length)).exp());
        let mut matrix = curves * by_curves + capacities * by_capacities + &radial * by_all + 1.0;
        matrix.diag_mut().mapv_inplace(|value| value + noise + JITTER);
        let factor = in_faer(|| faer_view(&matrix).llt(Side::Lower)).ok()?;
        let half_determinant: f64 = factor.L().diagonal().column_vector().iter().map(|value| value.ln()).sum();
        let inverse = in_faer(|| factor.inverse());
        let inverse = Array2::from_shape_fn(matrix.dim(), |(i, j)| inverse[(i, j)]);
        let weights = inverse.dot(&self.labels);
        half_determinant.is_finite().then_some(Solved { inverse, weights, half_determinant, radial })
    }

    /// −ln of the posterior density at these logarithms but for a constant, and its gradient; `None` where K is not positive definite.
    fn density(&self, logarithms: &[f64; 5], prior: Prior) -> Option<(f64, [f64; 5])> {
        let kernel = logarithms.map(f64::exp);
        let Solved { inverse, weights, half_determinant, radial } = self.solve(kernel)?;
        let [curves, capacities, distances] = &self.parts;
        // tr((K⁻¹y yᵀK⁻¹ − K⁻¹) ∂K)
        let (mut traces, count) = ([0.0; 5], weights.len());
        for i in 0..count {
            for j in 0..count {
                let of = weights[i] * weights[j] - inverse[[i, j]];
                let radial = radial[[i, j]];
                traces[0] += of * curves[[i, j]];
                traces[1] += of * capacities[[i, j]];
                traces[2] += of * radial;
                traces[4] += of * radial * distances[[i, j]];
            }
            traces[3] += weights[i] * weights[i] - inverse[[i, i]];
        }
        let [by_curves, by_capacities, by_all, noise, length] = kernel;
        let factors = [by_curves, by_capacities, by_all, noise, by_all / (length * length)];
        let mut gradient: [f64; 5] = std::array::from_fn(|k| -0.5 * factors[k] * traces[k]);
        let mut value = 0.5 * self.labels.dot(&weights) + half_determinant;
        for (k, deviation) in prior.deviations().into_iter().enumerate() {
            let off = (logarithms[k] - EXPECTED[k].ln()) / deviation;
            value += 0.5 * off * off;
            gradient[k] += off / deviation;
        }
        value.is_finite().then_some((value, gradient))
    }

    /// The process whose parameters are the likeliest that a search from where the prior expects them finds.
    pub(super) fn solved(&self, prior: Prior) -> Result<Process, ModelError> {
        let unsolvable = || ModelError::Solver("the kernel matrix is not positive definite".to_owned());
        let logarithms = minimised(EXPECTED.map(f64::ln), |at| self.density(at, prior)).ok_or_else(unsolvable)?;
        let kernel = logarithms.map(f64::exp);
        let Solved { inverse, weights, .. } = self.solve(kernel).ok_or_else(unsolvable)?;
        Ok(Process { kernel, groups: self.groups.clone(), inverse, weights })
    }
}

impl Process {
    /// Posterior mean and variance of the standardised labels of some samples, the noise included.
    pub(super) fn posterior(&self, features: &Array2<f64>) -> (Vec<f64>, Vec<f64>) {
        let [by_curves, by_capacities, by_all, noise, length] = self.kernel;
        let [curves, capacities, all] = self.groups.each_ref().map(|group| group.standardised(features));
        let [of_curves, of_capacities, of_all] = self.groups.each_ref().map(|group| &group.table);
        let radial = squared_distances(&all, of_all).mapv(|distance| (-0.5 * distance / (length * length)).exp());
        let kernel = row_products(&curves, of_curves) * by_curves
            + row_products(&capacities, of_capacities) * by_capacities
            + radial * by_all
            + 1.0;
        let means = kernel.dot(&self.weights).to_vec();
        let known = kernel.dot(&self.inverse) * &kernel;
        let square = |row: ArrayView1<'_, f64>| row.dot(&row);
        let variance = |sample: usize| {
            let before = 1.0
                + by_curves * square(curves.row(sample))
                + by_capacities * square(capacities.row(sample))
                + by_all
                + noise;
            (before - known.row(sample).sum()).max(noise)
        };
        (means, (0..features.nrows()).map(variance).collect())
    }
}
