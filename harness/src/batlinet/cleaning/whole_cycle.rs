//! Zeroes cycles, in all channels, that are unlike the others.

/// Median absolute deviations from the median over which a cycle is zeroed.
const THRESHOLD: f32 = 3.0;

/// With a_c the mean of |x| over the grid in cycle c, in the channel where that is largest, d_c = |a_c − median of a| and
/// lower medians, all channels of the cycles with d_c > 3 × median of d become 0 (spec §5.4, naive ensemble).
///
/// Where more than half of the cycles are alike, every other one goes: so it is with the authors.
#[derive(Clone, Debug, Default)]
pub(super) struct WholeCycleFilter {
    values: Vec<f32>,
    sorted: Vec<f32>,
}

impl WholeCycleFilter {
    /// Filters a map of some channels of `cycles` rows of `width` in place.
    pub(super) fn apply(&mut self, map: &mut [f32], cycles: usize, width: usize) {
        self.values.clear();
        self.values.resize(cycles, 0.0);
        for channel in map.chunks_exact(cycles * width) {
            for (value, row) in self.values.iter_mut().zip(channel.chunks_exact(width)) {
                let sum: f64 = row.iter().map(|x| f64::from(x.abs())).sum();
                *value = value.max((sum / width as f64) as f32);
            }
        }
        let median = lower_median(&mut self.sorted, &self.values);
        self.values.iter_mut().for_each(|value| *value = (*value - median).abs());
        let limit = THRESHOLD * lower_median(&mut self.sorted, &self.values);
        for channel in map.chunks_exact_mut(cycles * width) {
            for (row, &distance) in channel.chunks_exact_mut(width).zip(&self.values) {
                if distance > limit {
                    row.fill(0.0);
                }
            }
        }
    }
}

fn lower_median(sorted: &mut Vec<f32>, values: &[f32]) -> f32 {
    sorted.clear();
    sorted.extend_from_slice(values);
    *sorted.select_nth_unstable_by((values.len() - 1) / 2, f32::total_cmp).1
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two channels of `levels.len()` cycles of four points; the second holds the negative of a fifth.
    fn map(levels: &[f32]) -> Vec<f32> {
        let channel = |share: f32| levels.iter().flat_map(move |&level| [level * share; 4]);
        channel(1.0).chain(channel(-0.2)).collect()
    }

    fn zeroed(mut map: Vec<f32>, cycles: usize) -> Vec<usize> {
        WholeCycleFilter::default().apply(&mut map, cycles, 4);
        let zero = |channel: usize, cycle: usize| map[(channel * cycles + cycle) * 4..][..4].iter().all(|&x| x == 0.0);
        assert!((0..cycles).all(|cycle| zero(0, cycle) == zero(1, cycle)), "all channels or none");
        (0..cycles).filter(|&cycle| zero(0, cycle)).collect()
    }

    #[test]
    fn outlying_cycles_go_from_all_channels() {
        // median 3, distances 2 1 0 1 5 17 2 with median 2: over 6 is the sixth only
        assert_eq!(zeroed(map(&[1.0, 2.0, 3.0, 4.0, 8.0, 20.0, 5.0]), 7), [5]);
        // a sign changes nothing
        assert_eq!(zeroed(map(&[1.0, -2.0, 3.0, -4.0, 8.0, -20.0, 5.0]), 7), [5]);
    }

    #[test]
    fn the_channel_with_the_largest_mean_decides() {
        let mut map = map(&[1.0, 2.0, 3.0, 4.0, 5.0]);
        map[5 * 4 + 4..][..4].fill(30.0);
        assert_eq!(zeroed(map, 5), [1]);
    }

    #[test]
    fn medians_of_an_even_number_are_the_lower_ones() {
        // lower median 2; distances 1 0 1 6 with lower median 1. The upper medians 3 and 2 would keep the last
        assert_eq!(zeroed(map(&[1.0, 2.0, 3.0, 8.0]), 4), [3]);
    }
}
