//! The checks that every network starts with.

use std::borrow::Cow;

use ndarray::ArrayViewD;

use crate::model::ModelError;

/// Row-major values of features of shape [n, d₁ … d_R], borrowed where they already lie so, and their inner
/// dimensions, after checking that they pair with `labels` and are finite.
///
/// # Errors
/// [`ModelError`] says what does not fit.
pub fn training_maps<'a, const R: usize>(
    features: ArrayViewD<'a, f32>,
    labels: &[f64],
) -> Result<(Cow<'a, [f32]>, [usize; R]), ModelError> {
    if labels.len() < 2 {
        return Err(ModelError::TooFewSamples { needed: 2, got: labels.len() });
    }
    labelled_maps(features, labels)
}

/// As [`training_maps`], for a network that learns from one sample too.
///
/// # Errors
/// [`ModelError`] says what does not fit.
pub fn labelled_maps<'a, const R: usize>(
    features: ArrayViewD<'a, f32>,
    labels: &[f64],
) -> Result<(Cow<'a, [f32]>, [usize; R]), ModelError> {
    let inner = inner_dimensions(&features)?;
    if features.shape()[0] != labels.len() {
        return Err(ModelError::Length { features: features.shape()[0], labels: labels.len() });
    }
    if labels.is_empty() {
        return Err(ModelError::TooFewSamples { needed: 1, got: 0 });
    }
    if let Some(sample) = labels.iter().position(|label| !label.is_finite()) {
        return Err(ModelError::NotFinite { what: "the label", sample });
    }
    Ok((finite_values(features, inner)?, inner))
}

/// As [`training_maps`], for a network that was fitted to inputs of dimensions `inner`.
///
/// # Errors
/// [`ModelError`] says what does not fit.
pub fn prediction_maps<const R: usize>(
    features: ArrayViewD<'_, f32>,
    inner: [usize; R],
) -> Result<Cow<'_, [f32]>, ModelError> {
    if inner_dimensions::<R>(&features)? != inner {
        let expected = inner.map(|length| length.to_string()).join(", ");
        return Err(ModelError::Shape { expected: format!("[samples, {expected}]"), got: features.shape().to_vec() });
    }
    finite_values(features, inner)
}

fn inner_dimensions<const R: usize>(features: &ArrayViewD<'_, f32>) -> Result<[usize; R], ModelError> {
    features.shape().get(1..).and_then(|inner| inner.try_into().ok()).ok_or_else(|| ModelError::Shape {
        expected: format!("a sample axis and {R} more"),
        got: features.shape().to_vec(),
    })
}

fn finite_values<const R: usize>(
    features: ArrayViewD<'_, f32>,
    inner: [usize; R],
) -> Result<Cow<'_, [f32]>, ModelError> {
    let values = match features.to_slice() {
        Some(values) => Cow::Borrowed(values),
        None => Cow::Owned(features.iter().copied().collect()),
    };
    match values.iter().position(|value| !value.is_finite()) {
        None => Ok(values),
        Some(position) => {
            let sample = position / inner.iter().product::<usize>();
            Err(ModelError::NotFinite { what: "a feature", sample })
        }
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{ArrayD, IxDyn};

    use super::*;

    #[test]
    fn sound_maps_are_borrowed_and_others_refused() {
        let maps = ArrayD::<f32>::zeros(IxDyn(&[3, 2, 4]));
        let (values, inner) = training_maps::<2>(maps.view(), &[1.0, 2.0, 3.0]).unwrap();
        assert!(matches!(values, Cow::Borrowed(_)));
        assert_eq!(inner, [2, 4]);
        assert!(matches!(training_maps::<3>(maps.view(), &[1.0; 3]), Err(ModelError::Shape { .. })));
        assert!(matches!(training_maps::<2>(maps.view(), &[1.0; 2]), Err(ModelError::Length { .. })));
        let labels = [1.0, f64::NAN, 1.0];
        assert!(matches!(training_maps::<2>(maps.view(), &labels), Err(ModelError::NotFinite { sample: 1, .. })));
        let mut bad = maps.clone();
        bad[[2, 1, 0]] = f32::INFINITY;
        assert!(matches!(prediction_maps(bad.view(), [2, 4]), Err(ModelError::NotFinite { sample: 2, .. })));
        assert!(prediction_maps(maps.view(), [4, 2]).unwrap_err().to_string().contains("[samples, 4, 2]"));
    }
}
