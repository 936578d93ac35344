//! What principal component and partial least squares regression share: a number of components, and a regression on
//! centred data that uses so many.

use ndarray::{Array1, Array2, ArrayViewD};

use crate::model::{FitSummary, ModelError};
use crate::table::{Centred, Hyperplane, training_table};

/// Refuses zero components.
pub(crate) fn check(components: usize) -> Result<(), ModelError> {
    if components == 0 { Err(refused(0, "at least one component is needed".to_owned())) } else { Ok(()) }
}

/// Refuses a feature of this shape if it has fewer numbers than there are to be components.
pub(crate) fn check_feature(components: usize, shape: &[usize]) -> Result<(), String> {
    let columns: usize = shape.iter().product();
    if components > columns {
        return Err(format!("hyper-parameter components = {components}: this has {columns} numbers per cell"));
    }
    Ok(())
}

/// The hyperplane whose slopes on centred features and labels `regress` finds; the features are divided by their `scales`
/// before, if they have any.
pub(crate) fn fit(
    features: ArrayViewD<'_, f32>,
    labels: &[f64],
    scales: impl FnOnce(&Array2<f64>) -> Option<Array1<f64>>,
    regress: impl FnOnce(&Centred) -> Result<Array1<f64>, ModelError>,
) -> Result<(Hyperplane, FitSummary), ModelError> {
    let table = training_table(features, labels, 2)?;
    let scales = scales(&table);
    let mut centred = Centred::new(table, labels);
    if let Some(scales) = &scales {
        centred.features /= scales;
    }
    let mut coefficients = regress(&centred)?;
    if let Some(scales) = &scales {
        coefficients /= scales;
    }
    Ok((centred.uncentred(coefficients), FitSummary::default()))
}

/// The refusal of so many components.
pub(crate) fn refused(components: usize, reason: String) -> ModelError {
    ModelError::Hyperparameter { name: "components", value: components.to_string(), reason }
}
