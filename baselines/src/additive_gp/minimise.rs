//! The minimum of a smooth function of a few variables, by BFGS (Nocedal & Wright 2006, algorithm 6.1).

/// Steps at most.
const STEPS: usize = 200;
/// Of every component of the gradient, where the search ends.
const FLAT: f64 = 1e-7;
/// Decrease of a step, relative, below which rounding decides and the search ends.
const NOTHING: f64 = 1e-13;
/// Part of the decrease that the slope promises which a step must bring.
const ENOUGH: f64 = 1e-4;
/// How often a step is halved.
const HALVINGS: usize = 40;

/// Where the search from `start` ends. `function` gives its value with the gradient, and nothing where it has none; `None` if it has
/// none at `start`.
pub(super) fn minimised<const N: usize>(
    start: [f64; N],
    function: impl Fn(&[f64; N]) -> Option<(f64, [f64; N])>,
) -> Option<[f64; N]> {
    let mut at = start;
    let (mut value, mut gradient) = function(&at)?;
    let mut inverse = scaled_identity::<N>(1.0 / norm(&gradient).max(1.0));
    let mut is_first = true;
    for _ in 0..STEPS {
        if gradient.iter().all(|slope| slope.abs() < FLAT) {
            break;
        }
        let mut direction = product(&inverse, &gradient).map(|value| -value);
        if dot(&direction, &gradient) >= 0.0 {
            inverse = scaled_identity::<N>(1.0 / norm(&gradient).max(1.0));
            direction = product(&inverse, &gradient).map(|value| -value);
        }
        let slope = dot(&direction, &gradient);
        let mut length = 1.0;
        let step = (0..HALVINGS).find_map(|_| {
            let next: [f64; N] = std::array::from_fn(|k| at[k] + length * direction[k]);
            let found = function(&next).filter(|(value_there, _)| *value_there <= value + ENOUGH * length * slope);
            length *= 0.5;
            found.map(|(value, gradient)| (next, value, gradient))
        });
        // the end of what can be told apart
        let Some((next, value_there, gradient_there)) = step else { break };
        let moved: [f64; N] = std::array::from_fn(|k| next[k] - at[k]);
        let turned: [f64; N] = std::array::from_fn(|k| gradient_there[k] - gradient[k]);
        let curvature = dot(&moved, &turned);
        if curvature > 1e-12 * norm(&moved) * norm(&turned) {
            if is_first {
                inverse = scaled_identity::<N>(curvature / dot(&turned, &turned));
                is_first = false;
            }
            update(&mut inverse, &moved, &turned, curvature);
        }
        let is_nothing = value - value_there <= NOTHING * value.abs().max(1.0);
        (at, value, gradient) = (next, value_there, gradient_there);
        if is_nothing {
            break;
        }
    }
    Some(at)
}

/// H ← (I − ρ s yᵀ) H (I − ρ y sᵀ) + ρ s sᵀ.
fn update<const N: usize>(inverse: &mut [[f64; N]; N], moved: &[f64; N], turned: &[f64; N], curvature: f64) {
    let through = product(inverse, turned);
    let scale = (1.0 + dot(turned, &through) / curvature) / curvature;
    for i in 0..N {
        for j in 0..N {
            inverse[i][j] += scale * moved[i] * moved[j] - (moved[i] * through[j] + through[i] * moved[j]) / curvature;
        }
    }
}

fn scaled_identity<const N: usize>(scale: f64) -> [[f64; N]; N] {
    std::array::from_fn(|i| std::array::from_fn(|j| if i == j { scale } else { 0.0 }))
}

fn product<const N: usize>(matrix: &[[f64; N]; N], vector: &[f64; N]) -> [f64; N] {
    matrix.each_ref().map(|row| dot(row, vector))
}

fn dot<const N: usize>(one: &[f64; N], other: &[f64; N]) -> f64 {
    one.iter().zip(other).map(|(one, other)| one * other).sum()
}

fn norm<const N: usize>(vector: &[f64; N]) -> f64 {
    dot(vector, vector).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bottom_of_a_bent_valley_is_found() {
        // Rosenbrock's function, whose minimum is at (1, 1)
        let valley = |at: &[f64; 2]| {
            let (along, across) = (1.0 - at[0], at[1] - at[0] * at[0]);
            let value = along * along + 100.0 * across * across;
            Some((value, [-2.0 * along - 400.0 * at[0] * across, 200.0 * across]))
        };
        let [x, y] = minimised([-1.2, 1.0], valley).unwrap();
        assert!((x - 1.0).abs() < 1e-6 && (y - 1.0).abs() < 1e-6, "{x} {y}");
    }

    #[test]
    fn a_step_out_of_where_the_function_is_defined_is_shortened() {
        // x − ln x, whose minimum is at 1
        let function = |at: &[f64; 1]| (at[0] > 0.0).then(|| (at[0] - at[0].ln(), [1.0 - 1.0 / at[0]]));
        assert!((minimised([0.01], function).unwrap()[0] - 1.0).abs() < 1e-6);
        assert_eq!(minimised([-1.0], function), None);
    }
}
