//! Series sampled at common abscissae, and their interpolation onto a grid.

use std::{cmp::Ordering, ops::Range};

use super::grid::{Grid, LANES};

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
    order: Vec<u32>,
    swap: Vec<f64>,
    /// Of each series, from each sample to the next.
    slopes: [Vec<f64>; K],
    /// Grid points below each sample.
    below: Vec<u32>,
    /// Of each series, at each grid point and [`LANES`] more.
    resampled: [Vec<f64>; K],
}

impl<const K: usize> Default for Curves<K> {
    fn default() -> Self {
        let empty = || std::array::from_fn(|_| Vec::new());
        Self {
            xs: Vec::new(),
            ys: empty(),
            order: Vec::new(),
            swap: Vec::new(),
            slopes: empty(),
            below: Vec::new(),
            resampled: empty(),
        }
    }
}

impl<const K: usize> Curves<K> {
    /// Forgets all samples.
    pub fn clear(&mut self) {
        self.xs.clear();
        self.ys.iter_mut().for_each(Vec::clear);
    }

    /// Adds samples, as many as each of `ys` holds.
    #[inline(always)]
    pub fn extend(&mut self, xs: impl Iterator<Item = f64>, ys: [&[f64]; K]) {
        self.xs.extend(xs);
        for (series, more) in self.ys.iter_mut().zip(ys) {
            series.extend_from_slice(more);
            assert_eq!(series.len(), self.xs.len(), "one value per abscissa");
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
    #[inline(always)]
    pub fn range(&self, k: usize) -> (f64, f64) {
        let (chunks, rest) = self.ys[k].as_chunks::<{ 4 * LANES }>();
        let (mut low, mut high) = ([f64::INFINITY; 4 * LANES], [f64::NEG_INFINITY; 4 * LANES]);
        for chunk in chunks {
            low.iter_mut().zip(chunk).for_each(|(low, &y)| *low = if y < *low { y } else { *low });
        }
        for chunk in chunks {
            high.iter_mut().zip(chunk).for_each(|(high, &y)| *high = if y > *high { y } else { *high });
        }
        let all = |lanes: [f64; 4 * LANES]| lanes.into_iter().chain(rest.iter().copied());
        (all(low).fold(f64::INFINITY, f64::min), all(high).fold(f64::NEG_INFINITY, f64::max))
    }

    /// Orders the samples by abscissa; samples with the same abscissa keep their order.
    #[inline(always)]
    fn sort(&mut self) {
        if !self.xs.windows(2).fold(true, |sorted, pair| sorted & (pair[0] <= pair[1])) {
            self.reorder();
        }
    }

    fn reorder(&mut self) {
        let xs = &self.xs;
        self.order.clear();
        self.order.extend(0..xs.len() as u32);
        self.order.sort_by(|&a, &b| xs[a as usize].partial_cmp(&xs[b as usize]).unwrap_or(Ordering::Equal));
        for series in self.ys.iter_mut().chain([&mut self.xs]) {
            self.swap.clear();
            self.swap.extend(self.order.iter().map(|&sample| series[sample as usize]));
            std::mem::swap(series, &mut self.swap);
        }
    }

    /// Keeps the samples with an abscissa from `low` to `high`, both included.
    #[inline(always)]
    pub fn keep(&mut self, low: f64, high: f64) {
        self.sort();
        let end = self.xs.partition_point(|&x| x <= high);
        let start = self.xs[..end].partition_point(|&x| x < low);
        for series in self.ys.iter_mut().chain([&mut self.xs]) {
            series.truncate(end);
            series.drain(..start);
        }
    }

    /// Interpolates every series onto `grid`, by the rule of [`interp`](super::interp), in one walk along the samples.
    /// Without samples they are `left` everywhere.
    #[inline(always)]
    pub fn resample(&mut self, grid: &Grid, outside: [Outside; K]) -> [&[f64]; K] {
        self.resampled.iter_mut().for_each(|series| series.resize(grid.padded().len(), 0.0));
        if self.is_empty() {
            self.resampled.iter_mut().zip(outside).for_each(|(series, outside)| series.fill(outside.left));
            return self.resampled.each_ref().map(|series| &series[..grid.points().len()]);
        }
        self.sort();
        grid.count_below(&self.xs, &mut self.below);
        self.draw_lines(grid.padded());

        let (points, last) = (grid.points(), self.xs.len() - 1);
        let (start, end) = (self.below[0] as usize, self.below[last] as usize);
        let meets_the_end = points.get(end) == Some(&self.xs[last]);
        for ((series, ys), outside) in self.resampled.iter_mut().zip(&self.ys).zip(outside) {
            series[..start].fill(outside.left);
            series[end..].fill(outside.right);
            if meets_the_end {
                series[end] = ys[last];
            }
        }
        self.resampled.each_ref().map(|series| &series[..points.len()])
    }

    /// Writes each segment's values in whole chunks: what is too much, the next segments write again.
    #[inline(always)]
    fn draw_lines(&mut self, padded: &[f64]) {
        let segments = self.xs.len() - 1;
        let (starts, ends) = (&self.xs[..segments], &self.below[1..]);
        // apart from the walk, where nothing keeps divisions from wide registers
        for (slopes, ys) in self.slopes.iter_mut().zip(&self.ys) {
            let rises = ys.iter().zip(&ys[1..]).map(|(left, right)| right - left);
            let widths = starts.iter().zip(&self.xs[1..]).map(|(left, right)| right - left);
            slopes.clear();
            slopes.extend(rises.zip(widths).map(|(rise, width)| rise / width));
        }
        let ys = self.ys.each_ref().map(|series| &series[..segments]);
        let slopes = self.slopes.each_ref().map(|series| &series[..segments]);
        let out = self.resampled.each_mut().map(|series| &mut series[..padded.len()]);
        let mut from = self.below[0] as usize;
        for (segment, (x, &end)) in starts.iter().zip(ends).enumerate() {
            let end = end as usize;
            loop {
                let distances = chunk(padded, from).map(|point| point - x);
                for k in 0..K {
                    let values = distances.map(|distance| slopes[k][segment] * distance + ys[k][segment]);
                    out[k][from..from + LANES].copy_from_slice(&values);
                }
                from += LANES;
                if from >= end {
                    break;
                }
            }
            from = end;
        }
    }
}

/// The values from index `start` on.
#[inline(always)]
fn chunk(padded: &[f64], start: usize) -> [f64; LANES] {
    *padded[start..].first_chunk().expect("a chunk can start at each point of the grid")
}

/// The first stretch of neighbouring values, from index `start` on, that `belong`.
#[inline(always)]
pub fn next_run(values: &[f64], start: usize, belongs: impl Fn(&f64) -> bool) -> Option<Range<usize>> {
    let start = start + leading(&values[start..], |value| !belongs(value));
    let end = start + leading(&values[start..], belongs);
    (start < end).then_some(start..end)
}

/// How many values from the first on `belong`, found a chunk at a time without a branch per value.
#[inline(always)]
fn leading(values: &[f64], belongs: impl Fn(&f64) -> bool) -> usize {
    let (chunks, _) = values.as_chunks::<{ 4 * LANES }>();
    let mut whole = 0;
    for chunk in chunks {
        if !chunk.iter().fold(true, |all, value| all & belongs(value)) {
            break;
        }
        whole += 4 * LANES;
    }
    whole + values[whole..].iter().take_while(|value| belongs(value)).count()
}

#[cfg(test)]
mod tests {
    use super::super::interp;
    use super::*;
    use rand::RngExt as _;

    #[test]
    fn resampling_is_interpolation_of_the_stably_sorted_samples() {
        let mut random = baselines::Streams::new("curve tests").stream("samples");
        let grid = Grid::new(0.0, 1.2, 50);
        for samples in [1, 2, 3, 17, 200] {
            let mut curves = Curves::<2>::default();
            let mut sorted: Vec<(f64, f64, f64)> = (0..samples)
                // coarse abscissae repeat, and meet grid points; some lie outside
                .map(|_| {
                    let x = grid.points()[random.random_range(0..50)];
                    let x = if random.random_bool(0.3) { 1.4 * random.random::<f64>() - 0.1 } else { x };
                    (x, random.random(), random.random())
                })
                .collect();
            sorted.iter().for_each(|&(x, y, z)| curves.extend([x].into_iter(), [&[y], &[z]]));
            sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
            let xs: Vec<f64> = sorted.iter().map(|s| s.0).collect();
            let ys: Vec<f64> = sorted.iter().map(|s| s.1).collect();
            let zs: Vec<f64> = sorted.iter().map(|s| s.2).collect();
            let outside = [Outside { left: -1.0, right: -2.0 }, Outside { left: f64::NAN, right: -3.0 }];
            let [first, second] = curves.resample(&grid, outside);
            assert_eq!((first.len(), second.len()), (50, 50));
            for (k, &x) in grid.points().iter().enumerate() {
                assert_eq!(first[k], interp(x, &xs, &ys, -1.0, -2.0));
                assert_eq!(second[k].to_bits(), interp(x, &xs, &zs, f64::NAN, -3.0).to_bits());
            }
        }
    }

    #[test]
    fn samples_outside_are_left_out_and_the_range_is_of_what_remains() {
        let mut curves = Curves::<1>::default();
        curves.extend([0.5, -0.1, 1.2, 1.3, 0.0].into_iter(), [&[5.0, -7.0, 2.0, 9.0, 3.0]]);
        curves.keep(0.0, 1.2);
        assert_eq!((curves.len(), curves.range(0)), (3, (2.0, 5.0)));
        curves.clear();
        let nothing = Outside { left: 4.0, right: 5.0 };
        assert_eq!(curves.resample(&Grid::new(0.0, 1.0, 3), [nothing]), [[4.0; 3]]);
    }

    #[test]
    fn runs_are_the_stretches_that_belong() {
        let mut random = baselines::Streams::new("curve tests").stream("runs");
        for stay in [0.5, 0.95, 0.999] {
            let mut value = 1.0;
            let values: Vec<f64> = std::iter::repeat_with(|| {
                value = if random.random_bool(stay) { value } else { -value };
                value
            })
            .take(1000)
            .collect();
            let expected = values.chunk_by(|a, b| a == b).filter(|run| run[0] > 0.0).map(<[f64]>::len);
            let (mut end, mut found) = (0, Vec::new());
            while let Some(run) = next_run(&values, end, |value| *value > 0.0) {
                assert!(values[run.clone()].iter().all(|value| *value > 0.0));
                end = run.end;
                found.push(run.len());
            }
            assert_eq!(found, expected.collect::<Vec<usize>>());
        }
    }
}
