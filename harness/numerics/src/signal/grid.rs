//! Equidistant grids, and the rule of interpolation.

/// Points after the last, so that chunks of as many can start at each.
const PADDING: usize = 8;

/// 2⁵²: the sum with it of a smaller positive number is rounded to an integer, which its lowest bits are.
const INTEGERS: f64 = 4_503_599_627_370_496.0;

/// `points` equidistant numbers from `start` to `end`, both included, computed as numpy's `linspace` does.
pub fn linspace(start: f64, end: f64, points: usize) -> Vec<f64> {
    let step = (end - start) / (points.max(2) - 1) as f64;
    let mut grid: Vec<f64> = (0..points).map(|k| k as f64 * step + start).collect();
    if points > 1 {
        grid[points - 1] = end;
    }
    grid
}

/// Value at `x` of the piecewise-linear curve through (`xs`, `ys`), by the rule of `numpy.interp`: `left` below the
/// first abscissa, `right` above the last, and the last of several points with the same abscissa counts.
///
/// `xs` ascends (repetitions allowed) and is not empty.
pub fn interp(x: f64, xs: &[f64], ys: &[f64], left: f64, right: f64) -> f64 {
    let after = xs.partition_point(|&knot| knot <= x);
    if after == 0 {
        return left;
    }
    let j = after - 1;
    if after == xs.len() {
        return if x > xs[j] { right } else { ys[j] };
    }
    (ys[after] - ys[j]) / (xs[after] - xs[j]) * (x - xs[j]) + ys[j]
}

/// The numbers of [`linspace`], at least two of them, ascending.
#[derive(Clone, Debug)]
pub struct Grid {
    /// And the last [`PADDING`] times more.
    padded: Vec<f64>,
    ruler: Ruler,
}

/// Knows without a search where a number stands among those of a [`Grid`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Ruler {
    start: f64,
    end: f64,
    step: f64,
    points_per_unit: f64,
    /// Index of the last point.
    last: f64,
}

impl Grid {
    /// From `start` to a greater `end`, both included.
    ///
    /// # Panics
    /// With less than two points, or if `end` is not greater.
    pub fn new(start: f64, end: f64, points: usize) -> Self {
        assert!(points > 1 && start < end, "{points} grid points from {start} to {end}");
        let last = (points - 1) as f64;
        let step = (end - start) / last;
        let mut padded = linspace(start, end, points);
        padded.resize(points + PADDING, end);
        Self { padded, ruler: Ruler { start, end, step, points_per_unit: step.recip(), last } }
    }

    /// The numbers.
    pub fn points(&self) -> &[f64] {
        &self.padded[..self.padded.len() - PADDING]
    }

    /// The numbers, then the last eight times more, so that chunks of eight can start at each.
    pub(super) fn padded(&self) -> &[f64] {
        &self.padded
    }

    /// The first and the last.
    pub fn ends(&self) -> (f64, f64) {
        (self.ruler.start, self.ruler.end)
    }

    /// Tells where numbers stand.
    pub(super) fn ruler(&self) -> Ruler {
        self.ruler
    }
}

impl Ruler {
    /// How many points are smaller than `x`.
    #[inline(always)]
    pub(super) fn below(self, x: f64) -> u32 {
        // no look-up, so that many are found at once: the point nearest to x is computed as `linspace` does, and it
        // alone is in doubt on which side of x it lies
        let place = ((x - self.start) * self.points_per_unit).max(0.0).min(self.last);
        let shifted = place + INTEGERS;
        let nearest = shifted - INTEGERS;
        let point = if nearest == self.last { self.end } else { nearest * self.step + self.start };
        shifted.to_bits() as u32 + u32::from(point < x)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::RngExt as _;

    #[test]
    fn a_grid_has_both_ends_and_equal_steps() {
        let grid = linspace(2.0, 3.5, 1000);
        assert_eq!((grid[0], grid[999]), (2.0, 3.5));
        assert!(grid.windows(2).all(|pair| (pair[1] - pair[0] - 1.5 / 999.0).abs() < 1e-14));
        let same = Grid::new(2.0, 3.5, 1000);
        assert_eq!((same.points(), same.ends()), (&grid[..], (2.0, 3.5)));
    }

    #[test]
    fn interpolation_meets_knots_duplicates_and_the_outside() {
        let (xs, ys) = ([0.0, 1.0, 1.0, 2.0], [0.0, 10.0, 20.0, 40.0]);
        let at = |x| interp(x, &xs, &ys, -1.0, -2.0);
        assert_eq!(
            [at(-0.1), at(0.0), at(0.5), at(1.0), at(1.5), at(2.0), at(2.1)],
            [-1.0, 0.0, 5.0, 20.0, 30.0, 40.0, -2.0]
        );
    }

    #[test]
    fn points_below_a_number_are_those_that_a_search_finds() {
        let mut random = crate::Streams::new("grid tests").stream("numbers");
        for (start, end, points) in [(0.0, 1.2, 1000), (2.0, 3.5, 1000), (-0.3, 4.1, 7), (0.0, 1e-3, 2)] {
            let grid = Grid::new(start, end, points);
            // the points themselves, their neighbours among the numbers of f64, and anything
            let around = grid.points().iter().flat_map(|point| [point.next_down(), *point, point.next_up()]);
            let anywhere = (0..2000).map(|_| random.random_range(start - 1.0..end + 1.0));
            let xs: Vec<f64> = around.chain(anywhere).chain([f64::MIN, f64::MAX]).collect();
            for x in xs {
                assert_eq!(grid.ruler().below(x) as usize, grid.points().partition_point(|&point| point < x), "{x}");
            }
        }
    }
}
