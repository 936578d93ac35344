//! Finds cycles that are, in some channel, unlike the others, for all channels.

/// Median absolute deviations from the median over which a cycle is outlying.
const THRESHOLD: f32 = 3.0;

/// With a_c the mean of |x| over the grid in cycle c, in the channel where that is largest, d_c = |a_c − median of a| and
/// lower medians, the cycles with d_c > 3 × median of d are
/// outlying in all channels (method §5.5).
///
/// Where more than half of the cycles are alike, every other one goes: so it is with the authors.
#[derive(Clone, Debug, Default)]
pub(super) struct WholeCycleFilter {
    values: Vec<f32>,
    sorted: Vec<f32>,
}

impl WholeCycleFilter {
    /// Marks the rows of outlying cycles, of `cycles` in each channel, in addition to what is marked.
    pub(super) fn mark(&mut self, map: &[f32], cycles: usize, width: usize, outlying: &mut [bool]) {
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
        for outlying in outlying.chunks_exact_mut(cycles) {
            for (mark, &distance) in outlying.iter_mut().zip(&self.values) {
                *mark |= distance > limit;
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

    fn outlying(map: &[f32], cycles: usize) -> Vec<usize> {
        let mut outlying = vec![false; 2 * cycles];
        WholeCycleFilter::default().mark(map, cycles, 4, &mut outlying);
        assert_eq!(outlying[..cycles], outlying[cycles..], "all channels or none");
        (0..cycles).filter(|&cycle| outlying[cycle]).collect()
    }

    #[test]
    fn outlying_cycles_go_from_all_channels() {
        // median 3, distances 2 1 0 1 5 17 2 with median 2: over 6 is the sixth only
        assert_eq!(outlying(&map(&[1.0, 2.0, 3.0, 4.0, 8.0, 20.0, 5.0]), 7), [5]);
        // a sign changes nothing
        assert_eq!(outlying(&map(&[1.0, -2.0, 3.0, -4.0, 8.0, -20.0, 5.0]), 7), [5]);
    }

    #[test]
    fn the_channel_with_the_largest_mean_decides() {
        let mut map = map(&[1.0, 2.0, 3.0, 4.0, 5.0]);
        map[5 * 4 + 4..][..4].fill(30.0);
        assert_eq!(outlying(&map, 5), [1]);
    }

    #[test]
    fn medians_of_an_even_number_are_the_lower_ones() {
        // lower median 2; distances 1 0 1 6 with lower median 1. The upper medians 3 and 2 would keep the last
        assert_eq!(outlying(&map(&[1.0, 2.0, 3.0, 8.0]), 4), [3]);
    }
}
