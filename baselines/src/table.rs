//! The checks and conversions that every classical model starts with.

use ndarray::{Array2, ArrayViewD};

use crate::model::ModelError;

/// Features of shape [n, …] as an n × p matrix of f64, after checking that they pair with `labels` and are finite.
pub(crate) fn training_table(
    features: ArrayViewD<'_, f32>,
    labels: &[f64],
    least_samples: usize,
) -> Result<Array2<f64>, ModelError> {
    let table = table(features)?;
    if table.nrows() != labels.len() {
        return Err(ModelError::Length { features: table.nrows(), labels: labels.len() });
    }
    if labels.len() < least_samples {
        return Err(ModelError::TooFewSamples { needed: least_samples, got: labels.len() });
    }
    if let Some(sample) = labels.iter().position(|label| !label.is_finite()) {
        return Err(ModelError::NotFinite { what: "the label", sample });
    }
    Ok(table)
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

fn table(features: ArrayViewD<'_, f32>) -> Result<Array2<f64>, ModelError> {
    let shape = features.shape().to_vec();
    let Some((&samples, inner)) = shape.split_first() else {
        return Err(ModelError::Shape { expected: "[samples, …]".to_owned(), got: shape });
    };
    let columns: usize = inner.iter().product();
    if columns == 0 {
        return Err(ModelError::Shape { expected: "at least one number per sample".to_owned(), got: shape });
    }
    let values: Vec<f64> = features.iter().map(|&value| f64::from(value)).collect();
    if let Some(position) = values.iter().position(|value| !value.is_finite()) {
        return Err(ModelError::NotFinite { what: "a feature", sample: position / columns });
    }
    Array2::from_shape_vec((samples, columns), values)
        .map_err(|error| ModelError::Solver(format!("{samples} × {columns} table: {error}")))
}
