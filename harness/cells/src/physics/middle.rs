//! What is usual among values.

/// The middle one; none of none.
pub(super) fn median(values: &[f64]) -> Option<f64> {
    quantile(values.iter().copied(), 0.5)
}

/// The value that so large a share of these is under; none of none.
pub(super) fn quantile(values: impl Iterator<Item = f64>, share: f64) -> Option<f64> {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    sorted.get((share * sorted.len() as f64) as usize).copied()
}
