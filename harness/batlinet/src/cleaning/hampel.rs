//! Replaces what stands out from its neighbourhood by the neighbourhood's median.

/// Grid points of a neighbourhood: a point and 25 to either side.
pub(crate) const WINDOW: usize = 51;
const HALF: usize = WINDOW / 2;

/// Standard deviations from the running median over which a value is replaced.
const THRESHOLD: f32 = 3.0;

/// Standard deviation of a normal distribution, in median absolute deviations.
const SCALE: f32 = 1.4826;

/// Hampel filter: with m the median of the window around a value and MAD the median of |x − m| over the window, a value
/// further than 3 × 1.4826 × MAD from m becomes m. Where the window would leave the row, m and MAD are those of the
/// nearest window that does not (method §5.5).
///
/// Medians come out of the window's values, kept sorted while it moves on by one.
#[derive(Clone, Debug, Default)]
pub(super) struct HampelFilter {
    values: Vec<f32>,
    sorted: Vec<f32>,
}

impl HampelFilter {
    /// Filters a row in place; it is at least [`WINDOW`] long.
    pub(super) fn apply(&mut self, row: &mut [f32]) {
        self.values.clear();
        self.values.extend_from_slice(row);
        let values = &self.values[..];
        self.sorted.clear();
        self.sorted.extend_from_slice(&values[..WINDOW]);
        self.sorted.sort_unstable_by(f32::total_cmp);
        let last = values.len() - WINDOW;
        for first in 0..=last {
            if first > 0 {
                replace(&mut self.sorted, values[first - 1], values[first + WINDOW - 1]);
            }
            let median = self.sorted[HALF];
            let limit = SCALE * median_distance(&self.sorted) * THRESHOLD;
            let from = if first == 0 { 0 } else { first + HALF };
            let to = if first == last { values.len() } else { first + HALF + 1 };
            for (value, original) in row[from..to].iter_mut().zip(&values[from..to]) {
                if (original - median).abs() > limit {
                    *value = median;
                }
            }
        }
    }
}

/// How many values are smaller; counted without branches, which beats a binary search over so few.
fn rank(sorted: &[f32], value: f32) -> usize {
    sorted.iter().map(|&other| u32::from(other < value)).sum::<u32>() as usize
}

/// Takes out `old`, puts in `new` and moves what stands between.
fn replace(sorted: &mut [f32], old: f32, new: f32) {
    let (from, to) = (rank(sorted, old), rank(sorted, new));
    if from < to {
        sorted.copy_within(from + 1..to, from);
        sorted[to - 1] = new;
    } else {
        sorted.copy_within(to..from, to + 1);
        sorted[to] = new;
    }
}

/// The median of the distances from the median: HALF of the others are at most so far.
///
/// To the left and to the right of the median distances grow. If the nearest HALF are `left` of the one and
/// HALF − `left` of the other side, the farthest of them is the answer; `left` is found by bisection.
fn median_distance(sorted: &[f32]) -> f32 {
    let median = sorted[HALF];
    let to_left = |count: usize| median - sorted[HALF - count];
    let to_right = |count: usize| sorted[HALF + count] - median;
    let (mut least, mut most) = (0, HALF);
    while least < most {
        let left = (least + most) / 2;
        // one more of the left is nearer than the last of the right
        if to_left(left + 1) < to_right(HALF - left) {
            least = left + 1;
        } else {
            most = left;
        }
    }
    to_left(least).max(to_right(HALF - least))
}

#[cfg(test)]
mod tests {
    use rand::RngExt as _;

    use super::*;

    fn median(mut values: Vec<f32>) -> f32 {
        values.sort_by(f32::total_cmp);
        values[values.len() / 2]
    }

    /// The definition, one window after the other.
    fn plain(row: &[f32]) -> Vec<f32> {
        let filtered = |w: usize| {
            let centre = w.clamp(HALF, row.len() - 1 - HALF);
            let window = &row[centre - HALF..=centre + HALF];
            let middle = median(window.to_vec());
            let limit = 1.4826 * median(window.iter().map(|x| (x - middle).abs()).collect()) * 3.0;
            if (row[w] - middle).abs() > limit { middle } else { row[w] }
        };
        (0..row.len()).map(filtered).collect()
    }

    #[test]
    fn rows_are_filtered_as_defined() {
        let mut random = baselines::Streams::new("hampel").stream("rows");
        for length in [51, 52, 76, 1000] {
            // few levels give ties, and windows whose MAD is 0
            for levels in [2, 5, 1_000_000] {
                for _ in 0..5 {
                    let row: Vec<f32> =
                        (0..length).map(|_| random.random_range(-levels..levels) as f32 / 7.0).collect();
                    let mut filtered = row.clone();
                    HampelFilter::default().apply(&mut filtered);
                    assert_eq!(filtered, plain(&row), "{length} values of {levels} levels");
                }
            }
        }
    }
}
