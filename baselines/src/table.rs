//! The checks, conversions and small pieces of algebra that the classical models share.

use faer::linalg::matmul::{self, triangular, triangular::BlockStructure};
use faer::{Accum, MatMut, MatRef, Par};
use ndarray::{Array1, Array2, ArrayView1, ArrayViewD, Axis};

use crate::model::{Context, Fitted, ModelError};

/// Features of shape [n, …] as an n × p matrix of f64, after checking that they pair with `labels` and are finite.
pub(crate) fn training_table(
    features: ArrayViewD<'_, f32>,
    labels: &[f64],
    least_samples: usize,
) -> Result<Array2<f64>, ModelError> {
    check_labels(&features, labels, least_samples)?;
    table(features)
}

/// Checks that there is one finite label per sample, and that there are at least `least_samples`.
pub(crate) fn check_labels(
    features: &ArrayViewD<'_, f32>,
    labels: &[f64],
    least_samples: usize,
) -> Result<(), ModelError> {
    let samples = sample_count(features)?;
    if samples != labels.len() {
        return Err(ModelError::Length { features: samples, labels: labels.len() });
    }
    if samples < least_samples {
        return Err(ModelError::TooFewSamples { needed: least_samples, got: samples });
    }
    match labels.iter().position(|label| !label.is_finite()) {
        Some(sample) => Err(ModelError::NotFinite { what: "the label", sample }),
        None => Ok(()),
    }
}

/// Features of shape [n, …] as an n × p matrix of f64 for a model that was fitted to `columns` columns.
pub(crate) fn prediction_table(features: ArrayViewD<'_, f32>, columns: usize) -> Result<Array2<f64>, ModelError> {
    let got = features.shape().to_vec();
    let table = table(features)?;
    if table.ncols() != columns {
        return Err(ModelError::Shape { expected: format!("[samples, {columns}]"), got });
    }
    Ok(table)
}

/// The length of axis 0.
pub(crate) fn sample_count(features: &ArrayViewD<'_, f32>) -> Result<usize, ModelError> {
    let expected = || ModelError::Shape { expected: "[samples, …]".to_owned(), got: features.shape().to_vec() };
    features.shape().first().copied().ok_or_else(expected)
}

fn table(features: ArrayViewD<'_, f32>) -> Result<Array2<f64>, ModelError> {
    let samples = sample_count(&features)?;
    let columns: usize = features.shape()[1..].iter().product();
    if columns == 0 {
        let got = features.shape().to_vec();
        return Err(ModelError::Shape { expected: "at least one number per sample".to_owned(), got });
    }
    // as a slice: to iterate over a view of dynamic dimension takes longer than to fit most of the models
    let features = features.as_standard_layout();
    let values = features.as_slice().expect("the standard layout is contiguous");
    let values: Vec<f64> = values.iter().map(|&value| f64::from(value)).collect();
    if let Some(position) = values.iter().position(|value| !value.is_finite()) {
        return Err(ModelError::NotFinite { what: "a feature", sample: position / columns });
    }
    Array2::from_shape_vec((samples, columns), values)
        .map_err(|error| ModelError::Solver(format!("{samples} × {columns} table: {error}")))
}

/// Features and labels with their training means taken out, so that no model has to fit an intercept.
pub(crate) struct Centred {
    /// n × p, every column with mean 0.
    pub(crate) features: Array2<f64>,
    /// n, with mean 0.
    pub(crate) labels: Array1<f64>,
    feature_means: Array1<f64>,
    label_mean: f64,
}

impl Centred {
    pub(crate) fn new(mut features: Array2<f64>, labels: &[f64]) -> Self {
        let samples = features.nrows() as f64;
        let feature_means = features.sum_axis(Axis(0)) / samples;
        features -= &feature_means;
        let label_mean = labels.iter().sum::<f64>() / samples;
        let labels = labels.iter().map(|label| label - label_mean).collect();
        Self { features, labels, feature_means, label_mean }
    }

    /// The linear model in the original coordinates whose slopes on the centred data are `coefficients`.
    pub(crate) fn uncentred(&self, coefficients: Array1<f64>) -> Hyperplane {
        let intercept = self.label_mean - self.feature_means.dot(&coefficients);
        Hyperplane { coefficients, intercept }
    }
}

/// A fitted linear model: what ordinary, ridge, principal component and partial least squares all come down to.
#[derive(Clone, Debug)]
pub struct Hyperplane {
    /// One slope per feature column.
    pub(crate) coefficients: Array1<f64>,
    /// The prediction where all features are 0.
    pub(crate) intercept: f64,
}

impl Fitted for Hyperplane {
    fn predict(&self, features: ArrayViewD<'_, f32>, _context: &Context<'_>) -> Result<Vec<f64>, ModelError> {
        let table = prediction_table(features, self.coefficients.len())?;
        Ok((table.dot(&self.coefficients) + self.intercept).to_vec())
    }
}

/// Xᵀ v for a row-major X, row by row (ndarray would walk down the columns, with a stride).
pub(crate) fn transposed_dot(x: &Array2<f64>, v: ArrayView1<'_, f64>) -> Array1<f64> {
    let mut product = Array1::zeros(x.ncols());
    for (row, &weight) in x.outer_iter().zip(v) {
        product.scaled_add(weight, &row);
    }
    product
}

/// X Xᵀ, both triangles.
pub(crate) fn gram(x: MatRef<'_, f64>) -> Array2<f64> {
    let rows = x.nrows();
    let mut gram = Array2::zeros((rows, rows));
    let values = gram.as_slice_mut().expect("zeros are made in row-major order");
    let product = MatMut::from_row_major_slice_mut(values, rows, rows);
    let (lower, full) = (BlockStructure::TriangularLower, BlockStructure::Rectangular);
    in_faer(|| triangular::matmul(product, lower, Accum::Replace, x, full, x.transpose(), full, 1.0, Par::Seq));
    for i in 0..rows {
        for j in 0..i {
            gram[[j, i]] = gram[[i, j]];
        }
    }
    gram
}

/// A Bᵀ.
pub(crate) fn row_products(a: &Array2<f64>, b: &Array2<f64>) -> Array2<f64> {
    let mut products = Array2::zeros((a.nrows(), b.nrows()));
    let values = products.as_slice_mut().expect("zeros are made in row-major order");
    let product = MatMut::from_row_major_slice_mut(values, a.nrows(), b.nrows());
    in_faer(|| matmul::matmul(product, Accum::Replace, faer_view(a), faer_view(b).transpose(), 1.0, Par::Seq));
    products
}

/// Calls into faer, and clears the vector registers behind it.
///
/// The assembly kernels of faer 0.24 leave the upper halves of the AVX registers in use. On Intel's processors every SSE
/// instruction of the thread, which is most of what Rust compiles to, then waits for them: exp() took five times as long.
pub(crate) fn in_faer<T>(compute: impl FnOnce() -> T) -> T {
    let result = compute();
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx") {
        // SAFETY: the processor has AVX, and no value lives in the upper halves between two functions
        unsafe { std::arch::x86_64::_mm256_zeroupper() };
    }
    result
}

/// An owned ndarray matrix as faer sees it, without a copy.
pub(crate) fn faer_view(matrix: &Array2<f64>) -> MatRef<'_, f64> {
    let values = matrix.as_slice().expect("the matrices of this crate are made in row-major order");
    MatRef::from_row_major_slice(values, matrix.nrows(), matrix.ncols())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{ArrayD, IxDyn, array};

    fn features(shape: &[usize]) -> ArrayD<f32> {
        ArrayD::from_shape_fn(IxDyn(shape), |index| index[0] as f32 + 0.1 * index[shape.len() - 1] as f32)
    }

    #[test]
    fn inner_axes_are_flattened_in_row_major_order() {
        let table = training_table(features(&[3, 2, 2]).view(), &[1.0, 2.0, 3.0], 1).unwrap();
        assert_eq!(table.dim(), (3, 4));
        assert_eq!(table[[2, 1]], f64::from(2.1_f32));
        // a view with strides of its own is read in its logical order
        let turned = features(&[2, 3]).reversed_axes();
        assert_eq!(prediction_table(turned.view(), 2).unwrap()[[2, 0]], f64::from(0.2_f32));
    }

    #[test]
    fn unfit_input_is_refused_with_the_sample_that_is_wrong() {
        let message = |features: ArrayD<f32>, labels: &[f64]| {
            training_table(features.view(), labels, 2).expect_err("must be refused").to_string()
        };
        assert_eq!(message(features(&[3, 2]), &[1.0, 2.0]), "3 samples have features but 2 have labels");
        assert_eq!(message(features(&[1, 2]), &[1.0]), "1 training samples are too few, this model needs at least 2");
        assert_eq!(message(features(&[2, 2]), &[1.0, f64::NAN]), "the label of sample 1 is not finite");
        let mut broken = features(&[3, 2]);
        broken[[2, 0]] = f32::INFINITY;
        assert_eq!(message(broken, &[1.0, 2.0, 3.0]), "a feature of sample 2 is not finite");
        assert!(message(ArrayD::zeros(IxDyn(&[])), &[]).contains("[samples, …]"));
        assert!(message(ArrayD::zeros(IxDyn(&[2, 0])), &[1.0, 2.0]).contains("at least one number per sample"));
        let error = prediction_table(features(&[2, 3]).view(), 4).expect_err("3 columns are not 4");
        assert_eq!(error.to_string(), "features have shape [2, 3], the model needs [samples, 4]");
    }

    #[test]
    fn algebra_agrees_with_its_definition() {
        let a = array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.5]];
        assert_eq!(transposed_dot(&a, array![2.0, -1.0].view()), array![-2.0, -1.0, -0.5]);
        assert_eq!(gram(faer_view(&a)), a.dot(&a.t()));
        let b = array![[1.0, 2.0, 3.0], [0.0, 0.0, 0.5], [7.0, -1.0, 2.0]];
        assert_eq!(row_products(&a, &b), a.dot(&b.t()));
        assert_eq!(faer_view(&a)[(1, 2)], 6.5);
    }
}
