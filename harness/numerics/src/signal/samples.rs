//! Series sampled at common abscissae: which samples, and in which order.

use std::{cmp::Ordering, ops::Range};

/// Values that are looked at together, without a branch per value.
const CHUNK: usize = 16;

/// `K` series sampled at common abscissae.
#[derive(Clone, Copy, Debug)]
pub struct Samples<'a, const K: usize> {
    /// Abscissae, to be divided by `unit`.
    pub xs: &'a [f64],
    /// What `xs` are multiples of; positive.
    pub unit: f64,
    /// The series, one value per abscissa.
    pub ys: [&'a [f64]; K],
}

impl<'a, const K: usize> Samples<'a, K> {
    /// The samples at these indices.
    #[inline(always)]
    pub fn part(&self, indices: Range<usize>) -> Samples<'a, K> {
        Samples { xs: &self.xs[indices.clone()], unit: self.unit, ys: self.ys.map(|series| &series[indices.clone()]) }
    }

    /// Whether no abscissa is smaller than the one before.
    #[inline(always)]
    pub fn ascend(&self) -> bool {
        self.xs.windows(2).fold(true, |ascend, pair| ascend & (pair[0] <= pair[1]))
    }

    /// The first and the last abscissa, in units.
    ///
    /// # Panics
    /// Without samples.
    #[inline(always)]
    pub fn ends(&self) -> (f64, f64) {
        (self.xs[0] / self.unit, self.xs[self.xs.len() - 1] / self.unit)
    }

    /// Smallest and largest value of series `k`.
    #[inline(always)]
    pub fn range(&self, k: usize) -> (f64, f64) {
        let (chunks, rest) = self.ys[k].as_chunks::<CHUNK>();
        let (mut low, mut high) = ([f64::INFINITY; CHUNK], [f64::NEG_INFINITY; CHUNK]);
        for chunk in chunks {
            low.iter_mut().zip(chunk).for_each(|(low, &y)| *low = if y < *low { y } else { *low });
        }
        for chunk in chunks {
            high.iter_mut().zip(chunk).for_each(|(high, &y)| *high = if y > *high { y } else { *high });
        }
        let all = |lanes: [f64; CHUNK]| lanes.into_iter().chain(rest.iter().copied());
        (all(low).fold(f64::INFINITY, f64::min), all(high).fold(f64::NEG_INFINITY, f64::max))
    }
}

/// Samples put together from several stretches of a measurement; its buffers are reused from one curve to the next.
#[derive(Clone, Debug)]
pub struct SampleBuffer<const K: usize> {
    xs: Vec<f64>,
    ys: [Vec<f64>; K],
    order: Vec<u32>,
    swap: Vec<f64>,
}

impl<const K: usize> Default for SampleBuffer<K> {
    fn default() -> Self {
        Self { xs: Vec::new(), ys: std::array::from_fn(|_| Vec::new()), order: Vec::new(), swap: Vec::new() }
    }
}

impl<const K: usize> SampleBuffer<K> {
    /// Forgets all samples.
    pub fn clear(&mut self) {
        self.xs.clear();
        self.ys.iter_mut().for_each(Vec::clear);
    }

    /// Takes those of the samples whose `current` belongs, instead of what was here.
    #[inline(always)]
    pub fn gather(&mut self, samples: Samples<'_, K>, current: &[f64], belongs: impl Fn(&f64) -> bool) {
        self.clear();
        let mut end = 0;
        while let Some(run) = next_run(current, end, &belongs) {
            end = run.end;
            self.extend(samples.part(run));
        }
    }

    /// Adds samples.
    #[inline(always)]
    pub fn extend(&mut self, samples: Samples<'_, K>) {
        self.xs.extend(samples.xs.iter().map(|x| x / samples.unit));
        for (series, more) in self.ys.iter_mut().zip(samples.ys) {
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

    /// The samples.
    #[inline(always)]
    pub fn samples(&self) -> Samples<'_, K> {
        Samples { xs: &self.xs, unit: 1.0, ys: self.ys.each_ref().map(Vec::as_slice) }
    }

    /// Orders the samples by abscissa; samples with the same abscissa keep their order.
    #[inline(always)]
    pub fn sort(&mut self) {
        if !self.samples().ascend() {
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

    /// Orders the samples and keeps those with an abscissa from `low` to `high`, both included.
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
    let (chunks, _) = values.as_chunks::<CHUNK>();
    let mut whole = 0;
    for chunk in chunks {
        if !chunk.iter().fold(true, |all, value| all & belongs(value)) {
            break;
        }
        whole += CHUNK;
    }
    whole + values[whole..].iter().take_while(|value| belongs(value)).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::RngExt as _;

    #[test]
    fn samples_outside_are_left_out_and_the_range_is_of_what_remains() {
        let mut buffer = SampleBuffer::<1>::default();
        buffer.extend(Samples { xs: &[0.5, -0.1, 1.2, 1.3, 0.0], unit: 1.0, ys: [&[5.0, -7.0, 2.0, 9.0, 3.0]] });
        assert!(!buffer.samples().ascend());
        buffer.keep(0.0, 1.2);
        let samples = buffer.samples();
        assert_eq!((samples.xs, samples.ys), (&[0.0, 0.5, 1.2][..], [&[3.0, 5.0, 2.0][..]]));
        assert!(samples.ascend());
        assert_eq!((samples.ends(), samples.range(0)), ((0.0, 1.2), (2.0, 5.0)));
        buffer.clear();
        assert!(buffer.is_empty());
    }

    #[test]
    fn samples_with_the_same_abscissa_keep_their_order() {
        let mut buffer = SampleBuffer::<1>::default();
        buffer.extend(Samples { xs: &[1.0, 0.0, 1.0, 0.0], unit: 1.0, ys: [&[1.0, 2.0, 3.0, 4.0]] });
        buffer.sort();
        assert_eq!(buffer.samples().ys, [[2.0, 4.0, 1.0, 3.0]]);
    }

    #[test]
    fn runs_are_the_stretches_that_belong() {
        let mut random = crate::Streams::new("curve tests").stream("runs");
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
