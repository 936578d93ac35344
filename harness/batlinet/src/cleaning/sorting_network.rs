//! Lower medians of many short series at once: a sorting network whose elements are SIMD lanes.

/// Series sorted side by side.
pub(super) const LANES: usize = 16;

/// Element i of each of [`LANES`] series.
pub(super) type Lanes = [f32; LANES];

/// The comparisons that bring the lower median of a series of fixed length into its place.
///
/// A network has no branches, so that all lanes go through it together. It is Batcher's merge exchange (Knuth,
/// *The Art of Computer Programming* 3, 5.2.2, algorithm M) without the comparisons that cannot reach the median.
#[derive(Clone, Debug)]
pub(super) struct MedianNetwork {
    length: usize,
    comparisons: Vec<(u32, u32)>,
}

impl MedianNetwork {
    /// For series of this length, at least 1.
    pub(super) fn new(length: usize) -> Self {
        let mut comparisons = merge_exchange(length);
        let mut reaches = vec![false; length];
        reaches[Self::rank(length)] = true;
        let mut kept: Vec<(u32, u32)> = Vec::with_capacity(comparisons.len());
        while let Some((low, high)) = comparisons.pop() {
            if reaches[low] || reaches[high] {
                (reaches[low], reaches[high]) = (true, true);
                kept.push((low as u32, high as u32));
            }
        }
        kept.reverse();
        Self { length, comparisons: kept }
    }

    /// The lower median has this rank, from 0.
    fn rank(length: usize) -> usize {
        (length - 1) / 2
    }

    /// The lower median of each lane of finite numbers; disorders `series`.
    #[inline(always)]
    pub(super) fn lower_median(&self, series: &mut [Lanes]) -> Lanes {
        let series = &mut series[..self.length];
        for &(low, high) in &self.comparisons {
            let (a, b) = (series[low as usize], series[high as usize]);
            for lane in 0..LANES {
                series[low as usize][lane] = if a[lane] < b[lane] { a[lane] } else { b[lane] };
                series[high as usize][lane] = if a[lane] < b[lane] { b[lane] } else { a[lane] };
            }
        }
        series[Self::rank(self.length)]
    }
}

/// Comparisons (low, high) that sort any series of this length in ascending order.
fn merge_exchange(length: usize) -> Vec<(usize, usize)> {
    let mut comparisons = Vec::new();
    let top = length.next_power_of_two() / 2;
    let mut p = top;
    while p > 0 {
        let (mut q, mut r, mut d) = (top, 0, p);
        loop {
            comparisons.extend((0..length.saturating_sub(d)).filter(|i| i & p == r).map(|i| (i, i + d)));
            if q == p {
                break;
            }
            (d, q, r) = (q - p, q / 2, p);
        }
        p /= 2;
    }
    comparisons
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::RngExt as _;

    #[test]
    fn every_lane_gives_its_lower_median() {
        let mut random = baselines::Streams::new("sorting network tests").stream("values");
        for length in (1..70).chain([128, 200]) {
            let network = MedianNetwork::new(length);
            for levels in [2, 10, 100_000] {
                let mut series: Vec<Lanes> =
                    (0..length).map(|_| std::array::from_fn(|_| random.random_range(-levels..levels) as f32)).collect();
                let expected: Lanes = std::array::from_fn(|lane| {
                    let mut values: Vec<f32> = series.iter().map(|element| element[lane]).collect();
                    values.sort_by(f32::total_cmp);
                    values[(length - 1) / 2]
                });
                assert_eq!(network.lower_median(&mut series), expected, "length {length}");
            }
        }
    }
}
