//! The running median, with the authors' rule for windows that hold NaN.

use std::cmp::Ordering;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the median of a window that holds NaN is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-source" = "4.3"))]
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

/// PyTorch's median, the lower of the middle two of an even number, by which the authors' code joins the answers of
/// references; NaN where one of them is NaN. `None` of nothing.
pub fn lower_median(values: &mut [f64]) -> Option<f64> {
    let middle = values.len().checked_sub(1)? / 2;
    if values.iter().any(|value| value.is_nan()) {
        return Some(f64::NAN);
    }
    Some(*values.select_nth_unstable_by(middle, f64::total_cmp).1)
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
        crate::Streams::new("signal tests").stream("noise")
    }

    #[test]
    fn of_an_even_number_the_lower_median_is_the_lower_of_the_middle_two() {
        assert_eq!(lower_median(&mut [4.0, 1.0, 3.0, 2.0]), Some(2.0));
        assert_eq!(lower_median(&mut [5.0, 1.0, 3.0]), Some(3.0));
        assert_eq!(lower_median(&mut [7.0]), Some(7.0));
        assert_eq!(lower_median(&mut []), None);
        assert!(lower_median(&mut [1.0, f64::NAN, 0.0]).unwrap().is_nan());
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
