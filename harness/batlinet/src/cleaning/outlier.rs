//! Finds cycles that are unlike the others of their channel.

/// f64 sums and f32 maxima that run side by side.
const LANES: usize = 16;

/// Standard deviation (n − 1) from a sum and a sum of squares, in single precision.
///
/// PyTorch accumulates deviations in double precision and rounds the result; so do we, and get its limits and masks.
/// The deviations taken here are of absolute values that scatter about as much as they measure, where the sum of
/// squares loses nothing that matters.
#[inline(always)]
pub(super) fn deviation(sum: f64, squares: f64, count: usize) -> f32 {
    let count = count as f64;
    ((squares - sum * sum / count).max(0.0) / (count - 1.0)).sqrt() as f32
}

/// The sum of sums that ran side by side, halved again and again: a fixed order that registers of any width can keep.
///
/// Not inlined: the compiler turns the loop before it into SIMD only if the sums end up in memory side by side.
#[inline(never)]
pub(super) fn total(mut sums: [f64; LANES]) -> f64 {
    let mut lanes = LANES / 2;
    while lanes > 0 {
        for lane in 0..lanes {
            sums[lane] += sums[lane + lanes];
        }
        lanes /= 2;
    }
    sums[0]
}

/// The largest of numbers that ran side by side, none negative; not inlined for the same reason.
#[inline(never)]
fn maximum(mut values: [f32; LANES]) -> f32 {
    let mut lanes = LANES / 2;
    while lanes > 0 {
        for lane in 0..lanes {
            values[lane] = values[lane].max(values[lane + lanes]);
        }
        lanes /= 2;
    }
    values[0]
}

/// Largest absolute value and mean of a row.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct RowSummary {
    largest: f32,
    mean: f32,
}

impl RowSummary {
    #[inline(always)]
    pub(super) fn of(row: &[f32]) -> Self {
        let (chunks, rest) = row.as_chunks::<LANES>();
        let (mut largest, mut sums) = ([0.0_f32; LANES], [0.0_f64; LANES]);
        for chunk in chunks {
            for lane in 0..LANES {
                let value = chunk[lane].abs();
                largest[lane] = if value > largest[lane] { value } else { largest[lane] };
            }
            for lane in 0..LANES {
                sums[lane] += f64::from(chunk[lane]);
            }
        }
        let rest_largest = rest.iter().fold(0.0_f32, |most, value| most.max(value.abs()));
        let rest_sum: f64 = rest.iter().map(|&value| f64::from(value)).sum();
        Self { largest: maximum(largest).max(rest_largest), mean: ((total(sums) + rest_sum) / row.len() as f64) as f32 }
    }
}

/// Finds outlying cycles of one channel; holds the buffers for it.
///
/// A cycle is outlying if its largest absolute value, or its mean, is further from the lower median over all cycles
/// than `threshold` standard deviations (n − 1) of that distance.
#[derive(Clone, Debug)]
pub(super) struct OutlierFilter {
    threshold: f32,
    values: Vec<f32>,
    sorted: Vec<f32>,
}

impl OutlierFilter {
    pub(super) fn new(cycles: usize, threshold: f32) -> Self {
        Self { threshold, values: Vec::with_capacity(cycles), sorted: Vec::with_capacity(cycles) }
    }

    /// Marks the outlying cycles of a channel with these summaries, in addition to what is marked.
    pub(super) fn mark(&mut self, summaries: &[RowSummary], outlying: &mut [bool]) {
        for quantity in [|row: &RowSummary| row.largest, |row: &RowSummary| row.mean] {
            self.values.clear();
            self.values.extend(summaries.iter().map(quantity));
            self.sorted.clone_from(&self.values);
            let (_, &mut median, _) = self.sorted.select_nth_unstable_by((summaries.len() - 1) / 2, f32::total_cmp);
            let (mut sum, mut squares) = (0.0, 0.0);
            for value in &mut self.values {
                *value = (*value - median).abs();
                sum += f64::from(*value);
                squares += f64::from(*value) * f64::from(*value);
            }
            let limit = self.threshold * deviation(sum, squares, summaries.len());
            for (mark, &distance) in outlying.iter_mut().zip(&self.values) {
                *mark |= distance > limit;
            }
        }
    }
}
