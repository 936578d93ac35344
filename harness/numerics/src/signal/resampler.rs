//! Interpolation of sampled series onto a grid.

use std::hint::black_box;

use super::grid::{Grid, Ruler};
use super::samples::Samples;

/// Segments between neighbouring samples that are worked on together.
const BLOCK: usize = 8;

/// What a curve is outside the range of its samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outside {
    /// Below the first abscissa.
    pub left: f64,
    /// Above the last abscissa.
    pub right: f64,
}

/// Interpolates `K` series at once; its buffers are reused from one curve to the next.
///
/// Segments are kept in blocks of `BLOCK`; the last block is filled up with segments from the last sample to itself.
#[derive(Clone, Debug)]
pub struct Resampler<const K: usize> {
    /// Abscissae: where segments start, and where the last ends.
    starts: Vec<f64>,
    /// Grid points below the end of each segment.
    ends: Vec<[u32; BLOCK]>,
    lines: Vec<Lines<K>>,
    /// Of each series, at each grid point and as many more as [`Grid::padded`].
    resampled: [Vec<f64>; K],
}

/// A block of segments, as lines through their left samples.
#[derive(Clone, Copy, Debug)]
struct Lines<const K: usize> {
    left: [[f64; BLOCK]; K],
    slopes: [[f64; BLOCK]; K],
}

impl<const K: usize> Default for Resampler<K> {
    fn default() -> Self {
        Self { starts: Vec::new(), ends: Vec::new(), lines: Vec::new(), resampled: std::array::from_fn(|_| Vec::new()) }
    }
}

impl<const K: usize> Resampler<K> {
    /// Interpolates every series onto `grid`, by the rule of [`interp`](super::interp), in one walk along the samples,
    /// whose abscissae ascend. Without samples they are `left` everywhere.
    #[inline(always)]
    pub fn resample(&mut self, samples: Samples<'_, K>, grid: &Grid, outside: [Outside; K]) -> [&[f64]; K] {
        self.resampled.iter_mut().for_each(|series| series.resize(grid.padded().len(), 0.0));
        let points = grid.points();
        if samples.xs.is_empty() {
            self.resampled.iter_mut().zip(outside).for_each(|(series, outside)| series.fill(outside.left));
            return self.resampled.each_ref().map(|series| &series[..points.len()]);
        }
        debug_assert!(samples.ascend(), "the abscissae ascend");
        self.lay_out(samples, grid.ruler());

        let (first, last) = samples.ends();
        let (start, end) = (grid.ruler().below(first), grid.ruler().below(last) as usize);
        let ends = self.ends.as_flattened();
        let counts = ends[1..].iter().zip(ends).map(|(end, start)| end - start);
        match counts.fold(ends[0] - start, u32::max) {
            0..=2 => self.draw::<2, false>(start, grid.padded()),
            3..=4 => self.draw::<4, false>(start, grid.padded()),
            _ => self.draw::<8, true>(start, grid.padded()),
        }

        let start = start as usize;
        let meets_the_end = points.get(end) == Some(&last);
        for ((series, ys), outside) in self.resampled.iter_mut().zip(samples.ys).zip(outside) {
            series[..start].fill(outside.left);
            series[end..].fill(outside.right);
            if meets_the_end {
                series[end] = ys[ys.len() - 1];
            }
        }
        self.resampled.each_ref().map(|series| &series[..points.len()])
    }

    /// Finds the segments of at least one sample.
    #[inline(always)]
    fn lay_out(&mut self, samples: Samples<'_, K>, ruler: Ruler) {
        let Samples { xs, unit, ys } = samples;
        let ys = ys.map(|series| &series[..xs.len()]);
        let segments = xs.len() - 1;
        let (whole, blocks) = (segments / BLOCK, segments.div_ceil(BLOCK).max(1));
        self.starts.resize(1 + blocks * BLOCK, 0.0);
        self.ends.resize(blocks, [0; BLOCK]);
        self.lines.resize(blocks, Lines { left: [[0.0; BLOCK]; K], slopes: [[0.0; BLOCK]; K] });

        let (first, next) = self.starts.split_first_mut().expect("room for the first sample");
        *first = xs[0] / unit;
        let mut before = *first;
        let next = next.as_chunks_mut().0;
        // divisions are slow; all the rest fits in between if it is done in the same pass
        let rooms = next[..whole].iter_mut().zip(&mut self.ends).zip(&mut self.lines);
        for (block, ((next, ends), lines)) in rooms.enumerate() {
            // lest the compiler work on several blocks at once, value by value
            let start = black_box(block) * BLOCK;
            let quotients = quotients(window(xs, start), unit);
            *next = quotients;
            *ends = places(&quotients, ruler);
            *lines = Lines::new(before, &quotients, ys.map(|series| window(series, start)));
            before = quotients[BLOCK - 1];
        }
        if whole < blocks {
            let start = whole * BLOCK;
            next[whole] = quotients(&repeat_last(xs, start), unit);
            self.ends[whole] = places(&next[whole], ruler);
            let ys = ys.map(|series| repeat_last(series, start));
            self.lines[whole] = Lines::new(before, &next[whole], ys.each_ref());
        }
    }

    /// Writes the values of each segment in chunks of `L` points: what is too much, the next segments write again.
    /// Unless some have `MORE`, no segment has more points than a chunk.
    #[inline(always)]
    fn draw<const L: usize, const MORE: bool>(&mut self, start: u32, padded: &[f64]) {
        // of the same length as the grid, so that one check of bounds is enough for all
        let mut out = self.resampled.each_mut().map(|series| &mut series[..padded.len()]);
        let mut from = start;
        for ((lines, ends), starts) in self.lines.iter().zip(&self.ends).zip(self.starts.as_chunks::<BLOCK>().0) {
            for lane in 0..BLOCK {
                lines.draw::<L>(lane, starts[lane], padded, from as usize, &mut out);
                while MORE && from + (L as u32) < ends[lane] {
                    // lest the compiler prepare for many chunks per segment
                    from = black_box(from + L as u32);
                    lines.draw::<L>(lane, starts[lane], padded, from as usize, &mut out);
                }
                from = ends[lane];
            }
        }
    }
}

impl<const K: usize> Lines<K> {
    /// From the abscissa of the first sample, those of the others, and the values at all of them.
    #[inline(always)]
    fn new(first: f64, next: &[f64; BLOCK], ys: [&[f64; BLOCK + 1]; K]) -> Self {
        let widths: [f64; BLOCK] =
            std::array::from_fn(|lane| next[lane] - if lane == 0 { first } else { next[lane - 1] });
        let mut lines = Self { left: [[0.0; BLOCK]; K], slopes: [[0.0; BLOCK]; K] };
        for ((ys, left), slopes) in ys.into_iter().zip(&mut lines.left).zip(&mut lines.slopes) {
            *left = *window(ys, 0);
            *slopes = std::array::from_fn(|lane| (ys[lane + 1] - ys[lane]) / widths[lane]);
        }
        lines
    }

    /// Writes the values of one line, which starts at `x`, at `L` grid points from index `from` on.
    #[inline(always)]
    fn draw<const L: usize>(&self, lane: usize, x: f64, padded: &[f64], from: usize, out: &mut [&mut [f64]; K]) {
        let points: &[f64; L] = window(padded, from);
        let distances: [f64; L] = std::array::from_fn(|k| points[k] - x);
        for ((out, slopes), left) in out.iter_mut().zip(&self.slopes).zip(&self.left) {
            let values: [f64; L] = std::array::from_fn(|k| slopes[lane] * distances[k] + left[lane]);
            out[from..from + L].copy_from_slice(&values);
        }
    }
}

/// All but the first value over `unit`.
#[inline(always)]
fn quotients(values: &[f64; BLOCK + 1], unit: f64) -> [f64; BLOCK] {
    std::array::from_fn(|lane| values[lane + 1] / unit)
}

/// Grid points below each abscissa.
#[inline(always)]
fn places(xs: &[f64; BLOCK], ruler: Ruler) -> [u32; BLOCK] {
    let mut counts = [0; BLOCK];
    // not `from_fn`, which calls a function of this size instead of taking it in
    counts.iter_mut().zip(xs).for_each(|(count, &x)| *count = ruler.below(x));
    counts
}

/// Values of a block from index `start` on; after the last value it again.
fn repeat_last(values: &[f64], start: usize) -> [f64; BLOCK + 1] {
    std::array::from_fn(|k| values[(start + k).min(values.len() - 1)])
}

/// `N` values from index `start` on.
#[inline(always)]
fn window<const N: usize>(values: &[f64], start: usize) -> &[f64; N] {
    values[start..start + N].try_into().expect("the length of the slice")
}

#[cfg(test)]
mod tests {
    use super::super::{SampleBuffer, interp};
    use super::*;
    use rand::RngExt as _;

    #[test]
    fn resampling_is_interpolation_of_the_stably_sorted_samples() {
        let mut random = crate::Streams::new("curve tests").stream("samples");
        let grid = Grid::new(0.0, 1.2, 50);
        // from many grid points per segment to many segments per grid point
        for samples in [1, 2, 3, 8, 9, 17, 40, 200, 2000] {
            let mut buffer = SampleBuffer::<2>::default();
            let mut sorted: Vec<(f64, f64, f64)> = (0..samples)
                // coarse abscissae repeat, and meet grid points; some lie outside
                .map(|_| {
                    let x = grid.points()[random.random_range(0..50)];
                    let x = if random.random_bool(0.3) { 1.4 * random.random::<f64>() - 0.1 } else { x };
                    (x, random.random(), random.random())
                })
                .collect();
            for &(x, y, z) in &sorted {
                buffer.extend(Samples { xs: &[x], unit: 1.0, ys: [&[y], &[z]] });
            }
            sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
            let xs: Vec<f64> = sorted.iter().map(|s| s.0).collect();
            let ys: Vec<f64> = sorted.iter().map(|s| s.1).collect();
            let zs: Vec<f64> = sorted.iter().map(|s| s.2).collect();
            let outside = [Outside { left: -1.0, right: -2.0 }, Outside { left: f64::NAN, right: -3.0 }];
            buffer.sort();
            let mut resampler = Resampler::default();
            let [first, second] = resampler.resample(buffer.samples(), &grid, outside);
            assert_eq!((first.len(), second.len()), (50, 50));
            for (k, &x) in grid.points().iter().enumerate() {
                assert_eq!(first[k], interp(x, &xs, &ys, -1.0, -2.0));
                assert_eq!(second[k].to_bits(), interp(x, &xs, &zs, f64::NAN, -3.0).to_bits());
            }
        }
    }

    #[test]
    fn abscissae_in_other_units_and_no_samples() {
        let grid = Grid::new(0.0, 1.0, 5);
        let outside = [Outside { left: 4.0, right: 5.0 }];
        let mut resampler = Resampler::<1>::default();
        let samples = Samples { xs: &[0.5, 1.0, 1.5], unit: 2.0, ys: [&[1.0, 2.0, 3.0]] };
        assert_eq!(resampler.resample(samples, &grid, outside), [[4.0, 1.0, 2.0, 3.0, 5.0]]);
        let nothing = Samples { xs: &[], unit: 1.0, ys: [&[]] };
        assert_eq!(resampler.resample(nothing, &grid, outside), [[4.0; 5]]);
    }
}
