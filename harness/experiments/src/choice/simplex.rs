//! Weights that are not negative and sum to one, with the least sum of squares.

/// Passes over all pairs at most.
const PASSES: usize = 10_000;
/// A pass that moves no weight further than this is the last.
const STILL: f64 = 1e-10;

/// The weights w with the least Σ (Σ wₘ xₘ − y)², for `columns` xₘ of as many numbers as `observed` has. Pairs of them exchange weight
/// until none gains by it, which on this set is the minimum.
///
/// # Panics
/// If there is no column, or one of another length.
pub(super) fn weights(columns: &[Vec<f64>], observed: &[f64]) -> Vec<f64> {
    let count = columns.len();
    assert!(count > 0 && columns.iter().all(|column| column.len() == observed.len()), "columns of one length");
    let mut weights = vec![1.0 / count as f64; count];
    let mut residuals: Vec<f64> = (0..observed.len())
        .map(|row| {
            columns.iter().zip(&weights).map(|(column, weight)| weight * column[row]).sum::<f64>() - observed[row]
        })
        .collect();
    for _ in 0..PASSES {
        let mut furthest = 0.0_f64;
        for to in 0..count {
            for from in 0..to {
                // Σ (r + t d)² is least at −Σ r d / Σ d d
                let (mut product, mut square) = (0.0, 0.0);
                for ((to, from), residual) in columns[to].iter().zip(&columns[from]).zip(&residuals) {
                    product += residual * (to - from);
                    square += (to - from) * (to - from);
                }
                if square <= 0.0 {
                    continue;
                }
                let moved = (-product / square).clamp(-weights[to], weights[from]);
                weights[to] += moved;
                weights[from] -= moved;
                for (residual, (to, from)) in residuals.iter_mut().zip(columns[to].iter().zip(&columns[from])) {
                    *residual += moved * (to - from);
                }
                furthest = furthest.max(moved.abs());
            }
        }
        if furthest < STILL {
            break;
        }
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers without a pattern.
    fn made(count: usize, seed: u64) -> Vec<f64> {
        (0..count).map(|k| ((k as f64 + 1.0) * (seed as f64 + 0.7) * 12.9898).sin()).collect()
    }

    #[test]
    fn a_mixture_is_taken_apart() {
        let columns: Vec<Vec<f64>> = (0..4).map(|seed| made(30, seed)).collect();
        let parts = [0.5, 0.0, 0.3, 0.2];
        let observed: Vec<f64> =
            (0..30).map(|row| columns.iter().zip(parts).map(|(column, part)| part * column[row]).sum()).collect();
        let found = weights(&columns, &observed);
        assert!(found.iter().zip(parts).all(|(found, part)| (found - part).abs() < 1e-6), "{found:?}");
    }

    #[test]
    fn no_small_exchange_between_two_gains() {
        let columns: Vec<Vec<f64>> = (0..5).map(|seed| made(25, seed)).collect();
        let observed = made(25, 77);
        let found = weights(&columns, &observed);
        assert!((found.iter().sum::<f64>() - 1.0).abs() < 1e-12 && found.iter().all(|&weight| weight >= -1e-15));
        let squares = |weights: &[f64]| {
            (0..25)
                .map(|row| {
                    let sum: f64 = columns.iter().zip(weights).map(|(column, weight)| weight * column[row]).sum();
                    (sum - observed[row]).powi(2)
                })
                .sum::<f64>()
        };
        let least = squares(&found);
        for to in 0..5 {
            for from in (0..5).filter(|&from| from != to && found[from] > 1e-4) {
                let mut other = found.clone();
                other[to] += 1e-4;
                other[from] -= 1e-4;
                assert!(squares(&other) >= least - 1e-12, "{from} to {to}");
            }
        }
    }

    #[test]
    fn one_alone_has_all_the_weight() {
        assert_eq!(weights(&[vec![1.0, 2.0]], &[5.0, 5.0]), [1.0]);
    }
}
