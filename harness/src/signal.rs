//! Numerics of one series: interpolation onto a grid and the running median.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

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

/// What a curve is outside the range of its samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outside {
    /// Below the first abscissa.
    pub left: f64,
    /// Above the last abscissa.
    pub right: f64,
}

/// `K` series sampled at common abscissae; its buffers are reused from one curve to the next.
#[derive(Clone, Debug)]
pub struct Curves<const K: usize> {
    xs: Vec<f64>,
    ys: [Vec<f64>; K],
    ascending: bool,
    order: Vec<u32>,
    swap: Vec<f64>,
}

impl<const K: usize> Default for Curves<K> {
    fn default() -> Self {
        Self {
            xs: Vec::new(),
            ys: std::array::from_fn(|_| Vec::new()),
            ascending: true,
            order: Vec::new(),
            swap: Vec::new(),
        }
    }
}

impl<const K: usize> Curves<K> {
    /// Forgets all samples.
    pub fn clear(&mut self) {
        self.xs.clear();
        self.ys.iter_mut().for_each(Vec::clear);
        self.ascending = true;
    }

    /// Adds one sample.
    pub fn push(&mut self, x: f64, y: [f64; K]) {
        self.ascending &= self.xs.last().is_none_or(|&last| last <= x);
        self.xs.push(x);
        for (series, value) in self.ys.iter_mut().zip(y) {
            series.push(value);
        }
    }

    /// Number of samples.
    pub fn len(&self) -> usize {
        self.xs.len()
    }

    /// True without samples.
    pub fn is_empty(&self) -> bool {
        self.xs.is_empty()
    }

    /// Smallest and largest value of series `k`.
    pub fn range(&self, k: usize) -> (f64, f64) {
        self.ys[k].iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &y| (low.min(y), high.max(y)))
    }

    /// Orders the samples by abscissa; samples with the same abscissa keep their order.
    fn sort(&mut self) {
        if self.ascending {
            return;
        }
        let xs = &self.xs;
        self.order.clear();
        self.order.extend(0..xs.len() as u32);
        self.order.sort_by(|&a, &b| xs[a as usize].partial_cmp(&xs[b as usize]).unwrap_or(Ordering::Equal));
        for series in self.ys.iter_mut().chain([&mut self.xs]) {
            self.swap.clear();
            self.swap.extend(self.order.iter().map(|&sample| series[sample as usize]));
            std::mem::swap(series, &mut self.swap);
        }
        self.ascending = true;
    }

    /// Interpolates every series onto the ascending `grid`, by the rule of [`interp`], in one pass over both.
    ///
    /// # Panics
    /// Without samples, or if an output is not as long as the grid.
    pub fn resample(&mut self, grid: &[f64], outside: [Outside; K], mut out: [&mut [f64]; K]) {
        self.sort();
        let xs = &self.xs[..];
        let (first, last) = (xs[0], xs[xs.len() - 1]);
        let mut next = grid.partition_point(|&x| x < first);
        for (series, outside) in out.iter_mut().zip(outside) {
            assert_eq!(series.len(), grid.len(), "one value per grid point");
            series[..next].fill(outside.left);
        }
        for (j, knots) in xs.windows(2).enumerate() {
            let end = next + grid[next..].iter().take_while(|&&x| x < knots[1]).count();
            if end == next {
                continue;
            }
            let width = knots[1] - knots[0];
            for (series, ys) in out.iter_mut().zip(&self.ys) {
                let slope = (ys[j + 1] - ys[j]) / width;
                for (value, &x) in series[next..end].iter_mut().zip(&grid[next..end]) {
                    *value = slope * (x - knots[0]) + ys[j];
                }
            }
            next = end;
        }
        let end = next + grid[next..].iter().take_while(|&&x| x <= last).count();
        for ((series, ys), outside) in out.iter_mut().zip(&self.ys).zip(outside) {
            series[next..end].fill(ys[xs.len() - 1]);
            series[end..].fill(outside.right);
        }
    }
}

/// What the median of a window that holds NaN is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MedianRule {
    /// What the authors' compiled quickselect returns: every comparison with NaN is false, so NaN neither propagates
    /// nor is ignored, and the answer depends on where in the window it stands. Published figures rest on it.
    #[default]
    Selection,
    /// The median of the numbers; NaN only where there are none.
    NanIgnoring,
}

/// Running median over the window [i − h, i + h], clipped at the ends of the series.
///
/// The numbers of the window are kept sorted as it moves. A window without NaN has one median whatever the rule, so
/// quickselect runs only where NaN and numbers meet.
#[derive(Clone, Debug)]
pub struct RollingMedian {
    half_width: usize,
    rule: MedianRule,
    sorted: Vec<f64>,
    copy: Vec<f64>,
}

impl RollingMedian {
    /// `half_width` is h.
    pub fn new(half_width: usize, rule: MedianRule) -> Self {
        Self { half_width, rule, sorted: Vec::with_capacity(2 * half_width + 1), copy: Vec::new() }
    }

    /// Writes the running median of `series` to `out`, which is as long.
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn apply(&mut self, series: &[f64], out: &mut [f64]) {
        assert_eq!(series.len(), out.len(), "one median per value");
        self.sorted.clear();
        for &value in &series[..self.half_width.min(series.len())] {
            self.insert(value);
        }
        for (i, median) in out.iter_mut().enumerate() {
            let (low, high) = (i.saturating_sub(self.half_width), (i + self.half_width + 1).min(series.len()));
            let entering = (i + self.half_width < series.len()).then(|| series[i + self.half_width]);
            let leaving = (i > self.half_width).then(|| series[low - 1]);
            match (entering, leaving) {
                (Some(new), Some(old)) if !new.is_nan() && !old.is_nan() => self.replace(old, new),
                (new, old) => {
                    old.into_iter().for_each(|old| self.remove(old));
                    new.into_iter().for_each(|new| self.insert(new));
                }
            }
            let whole = self.sorted.len() == high - low;
            *median = match self.rule {
                _ if self.sorted.is_empty() => f64::NAN,
                MedianRule::Selection if !whole => {
                    self.copy.clear();
                    self.copy.extend_from_slice(&series[low..high]);
                    selection_median(&mut self.copy)
                }
                _ => median_of_sorted(&self.sorted),
            };
        }
    }

    fn insert(&mut self, value: f64) {
        if !value.is_nan() {
            self.sorted.insert(rank(&self.sorted, value), value);
        }
    }

    fn remove(&mut self, value: f64) {
        if !value.is_nan() {
            self.sorted.remove(rank(&self.sorted, value));
        }
    }

    /// Takes out `old`, puts in `new` and moves only what stands between.
    fn replace(&mut self, old: f64, new: f64) {
        let (from, to) = (rank(&self.sorted, old), rank(&self.sorted, new));
        if from < to {
            self.sorted.copy_within(from + 1..to, from);
            self.sorted[to - 1] = new;
        } else {
            self.sorted.copy_within(to..from, to + 1);
            self.sorted[to] = new;
        }
    }
}

/// How many numbers are smaller. For the few of a window, counting without branches beats a binary search.
fn rank(sorted: &[f64], value: f64) -> usize {
    sorted.iter().map(|&other| usize::from(other < value)).sum()
}

fn median_of_sorted(sorted: &[f64]) -> f64 {
    let half = sorted.len() / 2;
    if sorted.len() % 2 == 1 { sorted[half] } else { (sorted[half - 1] + sorted[half]) / 2.0 }
}

/// The median by quickselect, exactly in the order of comparisons of the authors' compiler, which decides what comes
/// out of a window with NaN.
fn selection_median(window: &mut [f64]) -> f64 {
    let (mut low, mut high) = (0, window.len() as isize - 1);
    let half = window.len() as isize / 2;
    if window.len() % 2 == 1 {
        return select(window, half, low, high);
    }
    let k = half - 1;
    loop {
        let i = partition(window, low, high);
        if i < k {
            low = i + 1;
        } else if i > k + 1 {
            high = i - 1;
        } else if i == k {
            select(window, k + 1, i + 1, high);
            break;
        } else {
            select(window, k, low, i - 1);
            break;
        }
    }
    (window[k as usize] + window[k as usize + 1]) / 2.0
}

fn select(window: &mut [f64], k: isize, mut low: isize, mut high: isize) -> f64 {
    loop {
        let i = partition(window, low, high);
        match i.cmp(&k) {
            Ordering::Less => low = i + 1,
            Ordering::Greater => high = i - 1,
            Ordering::Equal => return window[k as usize],
        }
    }
}

/// Median-of-three partition of `window[low..=high]`; indices are signed because `j` may step below 0.
fn partition(window: &mut [f64], low: isize, high: isize) -> isize {
    let middle = (low + high) / 2;
    for (a, b) in [(low, middle), (middle, high), (low, middle)] {
        if window[b as usize] < window[a as usize] {
            window.swap(a as usize, b as usize);
        }
    }
    let pivot = window[middle as usize];
    window.swap(middle as usize, high as usize);
    let (mut i, mut j) = (low, high - 1);
    loop {
        while i < high && window[i as usize] < pivot {
            i += 1;
        }
        while j >= low && pivot < window[j as usize] {
            j -= 1;
        }
        if i >= j {
            break;
        }
        window.swap(i as usize, j as usize);
        i += 1;
        j -= 1;
    }
    window.swap(i as usize, high as usize);
    i
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng as _, RngExt as _};

    fn noise() -> impl rand::Rng {
        baselines::Streams::new("signal tests").stream("noise")
    }

    #[test]
    fn a_grid_has_both_ends_and_equal_steps() {
        let grid = linspace(2.0, 3.5, 1000);
        assert_eq!((grid[0], grid[999]), (2.0, 3.5));
        assert!(grid.windows(2).all(|pair| (pair[1] - pair[0] - 1.5 / 999.0).abs() < 1e-14));
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
    fn resampling_is_interpolation_of_the_stably_sorted_samples() {
        let mut random = noise();
        let grid = linspace(0.0, 1.2, 50);
        for samples in [1, 2, 3, 17, 200] {
            let mut curves = Curves::<2>::default();
            let mut sorted: Vec<(f64, f64, f64)> = (0..samples)
                // coarse abscissae repeat, and meet grid points
                .map(|_| (grid[random.random_range(0..60) % 50], random.random(), random.random()))
                .collect();
            sorted.iter().for_each(|&(x, y, z)| curves.push(x, [y, z]));
            sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
            let xs: Vec<f64> = sorted.iter().map(|s| s.0).collect();
            let (mut first, mut second) = ([0.0; 50], [0.0; 50]);
            let outside = [Outside { left: -1.0, right: -2.0 }, Outside { left: f64::NAN, right: -3.0 }];
            curves.resample(&grid, outside, [&mut first, &mut second]);
            for (k, &x) in grid.iter().enumerate() {
                let ys: Vec<f64> = sorted.iter().map(|s| s.1).collect();
                let zs: Vec<f64> = sorted.iter().map(|s| s.2).collect();
                assert_eq!(first[k], interp(x, &xs, &ys, -1.0, -2.0));
                assert_eq!(second[k].to_bits(), interp(x, &xs, &zs, f64::NAN, -3.0).to_bits());
            }
        }
    }

    #[test]
    fn without_nan_the_running_median_is_that_of_quickselect_on_every_window() {
        let mut random = noise();
        for length in [1, 2, 5, 21, 22, 300] {
            for levels in [3, 1000] {
                let series: Vec<f64> = (0..length).map(|_| f64::from(random.next_u32() % levels)).collect();
                for rule in [MedianRule::Selection, MedianRule::NanIgnoring] {
                    let mut out = vec![0.0; length];
                    RollingMedian::new(10, rule).apply(&series, &mut out);
                    for (i, &median) in out.iter().enumerate() {
                        let mut window = series[i.saturating_sub(10)..(i + 11).min(length)].to_vec();
                        assert_eq!(median, selection_median(&mut window));
                        window.sort_by(f64::total_cmp);
                        assert_eq!(median, median_of_sorted(&window));
                    }
                }
            }
        }
    }

    #[test]
    fn with_nan_the_rules_are_quickselect_and_the_median_of_the_numbers() {
        let mut random = noise();
        for share in [0.05, 0.5, 0.95] {
            let series: Vec<f64> =
                (0..500).map(|_| if random.random_bool(share) { f64::NAN } else { random.random() }).collect();
            let (mut selection, mut ignoring) = (vec![0.0; 500], vec![0.0; 500]);
            RollingMedian::new(10, MedianRule::Selection).apply(&series, &mut selection);
            RollingMedian::new(10, MedianRule::NanIgnoring).apply(&series, &mut ignoring);
            for i in 0..500_usize {
                let window = &series[i.saturating_sub(10)..(i + 11).min(500)];
                let expected = selection_median(&mut window.to_vec());
                assert!(selection[i] == expected || (selection[i].is_nan() && expected.is_nan()));
                let mut numbers: Vec<f64> = window.iter().copied().filter(|value| !value.is_nan()).collect();
                numbers.sort_by(f64::total_cmp);
                if numbers.is_empty() {
                    assert!(ignoring[i].is_nan());
                } else {
                    assert_eq!(ignoring[i], median_of_sorted(&numbers));
                }
            }
        }
    }
}
