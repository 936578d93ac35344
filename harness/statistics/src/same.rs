//! When two lives, or two errors, are the same number.

/// What another order of operations, or another processor, may round, relative.
pub const ROUNDING: f64 = 1e-9;

/// |a − b| by the larger of both, or by one cycle where both are smaller.
pub fn relative(a: f64, b: f64) -> f64 {
    (a - b).abs() / a.abs().max(b.abs()).max(1.0)
}

/// Whether two numbers are apart by no more than [`ROUNDING`].
pub fn is_same(a: f64, b: f64) -> bool {
    a == b || relative(a, b) <= ROUNDING
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_relative_and_zero_for_the_same() {
        assert_eq!(relative(500.0, 500.0), 0.0);
        assert_eq!(relative(500.0, 505.0), relative(505.0, 500.0));
        assert!((relative(1000.0, 990.0) - 0.01).abs() < 1e-15);
        // next to nothing is not divided by nothing
        assert_eq!(relative(0.0, 0.5), 0.5);
    }

    #[test]
    fn the_same_is_what_rounding_leaves() {
        assert!(is_same(500.0, 500.0 * (1.0 + 0.5 * ROUNDING)) && !is_same(500.0, 500.0 * (1.0 + 2.0 * ROUNDING)));
        assert!(is_same(f64::INFINITY, f64::INFINITY) && !is_same(f64::NAN, f64::NAN));
    }
}
