//! The order of cleaning, and the loop over a map.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::edge::EdgeSmoother;
use super::glitch::GlitchRemover;
use super::outlier::{OutlierFilter, RowSummary};
use super::sorting_network::LANES;
use numerics::registers::Registers;

/// How a map is cleaned.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CleaningParameters {
    /// Grid points to either side of a jump that may be a glitch.
    pub glitch_width: usize,
    /// Standard deviations over which a step between grid points is a jump.
    pub glitch_threshold: f32,
    /// Whether the last grid point is followed by the first, so that the step between them may be a jump.
    pub glitch_wrap: bool,
    /// Grid points at either end of a row that are an edge.
    pub edge_width: usize,
    /// Standard deviations over which a value at an edge is removed.
    pub edge_threshold: f32,
    /// Standard deviations over which a cycle is removed.
    pub cycle_threshold: f32,
    /// Whether outlying cycles are removed.
    pub filter_cycles: bool,
}

impl Default for CleaningParameters {
    /// Those of the authors.
    fn default() -> Self {
        Self {
            glitch_width: 25,
            glitch_threshold: 3.0,
            glitch_wrap: true,
            edge_width: 50,
            edge_threshold: 3.0,
            cycle_threshold: 5.0,
            filter_cycles: true,
        }
    }
}

/// Cleans maps of one shape (channels, cycles, grid points), finite and row-major; one per thread.
///
/// Cleaning only ever sets values to 0, so what counts is which: the same as PyTorch's operations in single precision
/// give. Every step runs over a few rows at a time, while they are in the cache, and nothing is allocated. The same
/// instructions in the same order run on every processor, in wider registers where there are any, so results do not
/// depend on the machine.
#[derive(Clone, Debug)]
pub struct Cleaner {
    shape: (usize, usize, usize),
    filter: bool,
    registers: Registers,
    edge: EdgeSmoother,
    glitch: GlitchRemover,
    outlier: OutlierFilter,
    summaries: Vec<RowSummary>,
    outlying: Vec<bool>,
}

/// How a map to be cleaned comes about.
#[derive(Clone, Copy)]
enum Input<'a> {
    /// It is there already.
    InPlace,
    /// A target, 0 in its outlying rows, minus a reference.
    Difference { target: &'a [f32], outlying: &'a [bool], reference: &'a [f32] },
    /// A map minus, in each channel, its cycle at this position.
    DifferenceToCycle(&'a [f32], usize),
}

impl Input<'_> {
    /// Writes these columns of row number `row` to their place in `out`.
    #[inline(always)]
    fn fill(self, row: usize, cycles: usize, width: usize, columns: Range<usize>, out: &mut [f32]) {
        let at = |row: usize| row * width + columns.start..row * width + columns.end;
        let out = &mut out[columns.clone()];
        match self {
            Self::InPlace => {}
            Self::Difference { outlying, reference, .. } if outlying[row] => negate(&reference[at(row)], out),
            Self::Difference { target, reference, .. } => subtract(&target[at(row)], &reference[at(row)], out),
            Self::DifferenceToCycle(map, base) => {
                subtract(&map[at(row)], &map[at(row / cycles * cycles + base)], out);
            }
        }
    }
}

impl Cleaner {
    /// For maps of this shape.
    ///
    /// # Panics
    /// If a dimension or the edge width is 0.
    pub fn new(parameters: CleaningParameters, channels: usize, cycles: usize, width: usize) -> Self {
        assert!(channels * cycles * width > 0, "a map of {channels} × {cycles} × {width} has nothing to clean");
        assert!(parameters.edge_width > 0, "an edge has at least one grid point");
        Self {
            shape: (channels, cycles, width),
            filter: parameters.filter_cycles,
            registers: Registers::detect(),
            edge: EdgeSmoother::new(parameters.edge_width.min(width), parameters.edge_threshold),
            glitch: GlitchRemover::new(width, &parameters),
            outlier: OutlierFilter::new(cycles, parameters.cycle_threshold),
            summaries: vec![RowSummary::default(); channels * cycles],
            outlying: vec![false; channels * cycles],
        }
    }

    /// Finds out which cycles of each channel are outlying, and says so at each row's place in `outlying`; none is if
    /// that is switched off.
    ///
    /// # Panics
    /// If `map` is not of the shape of this cleaner, or `outlying` has not one place per row (so for all methods).
    pub fn outlying_cycles(&mut self, map: &[f32], outlying: &mut [bool]) {
        self.check(map);
        self.check_rows(outlying);
        outlying.fill(false);
        if self.filter {
            self.registers.run(
                #[inline(always)]
                || self.summarise(map),
            );
            self.find_outliers(outlying);
        }
    }

    /// Smooths both edges of every row, removes glitches, then outlying cycles if that is not switched off; in place.
    pub fn clean(&mut self, x: &mut [f32]) {
        self.run(Input::InPlace, x);
    }

    /// The intra-cell input: how each cycle differs from the one at position `base`, cleaned.
    pub fn intra(&mut self, map: &[f32], base: usize, out: &mut [f32]) {
        assert!(base < self.shape.1, "base cycle {base} of {} cycles", self.shape.1);
        self.check(map);
        self.run(Input::DifferenceToCycle(map, base), out);
    }

    /// The inter-cell input: how a target differs from a reference, cleaned. The [outlying
    /// cycles](Cleaner::outlying_cycles) of the target count as 0; the reference is taken as it is.
    pub fn inter(&mut self, target: &[f32], outlying: &[bool], reference: &[f32], out: &mut [f32]) {
        self.check(target);
        self.check_rows(outlying);
        self.check(reference);
        self.run(Input::Difference { target, outlying, reference }, out);
    }

    fn check(&self, map: &[f32]) {
        let (channels, cycles, width) = self.shape;
        assert_eq!(map.len(), channels * cycles * width, "a map of {channels} × {cycles} × {width}");
    }

    fn check_rows(&self, outlying: &[bool]) {
        assert_eq!(outlying.len(), self.summaries.len(), "one flag per row");
    }

    fn run(&mut self, input: Input<'_>, out: &mut [f32]) {
        self.check(out);
        self.registers.run(
            #[inline(always)]
            || self.clean_rows(input, out),
        );
        if self.filter {
            let mut outlying = std::mem::take(&mut self.outlying);
            outlying.fill(false);
            self.find_outliers(&mut outlying);
            let rows = out.chunks_exact_mut(self.shape.2).zip(&outlying);
            rows.filter(|(_, outlying)| **outlying).for_each(|(row, _)| row.fill(0.0));
            self.outlying = outlying;
        }
    }

    /// All of cleaning but the outlying cycles, whose summaries it leaves behind.
    ///
    /// Edges are smoothed in many rows at once. The columns between them are filled only when their row's turn has come,
    /// so that a row is in the nearest cache until it is done.
    #[inline(always)]
    fn clean_rows(&mut self, input: Input<'_>, out: &mut [f32]) {
        let (_, cycles, width) = self.shape;
        let edge = self.edge.width();
        let (left, right) = (edge, edge.max(width - edge));
        let blocks = out.chunks_mut(LANES * width).zip(self.summaries.chunks_mut(LANES));
        for (block, (rows, summaries)) in blocks.enumerate() {
            let first = block * LANES;
            for (k, row) in rows.chunks_exact_mut(width).enumerate() {
                input.fill(first + k, cycles, width, 0..left, row);
                input.fill(first + k, cycles, width, right..width, row);
            }
            self.edge.smooth(rows, width, 0);
            self.edge.smooth(rows, width, width - edge);
            for (k, (row, summary)) in rows.chunks_exact_mut(width).zip(summaries).enumerate() {
                input.fill(first + k, cycles, width, left..right, row);
                self.glitch.clean(row);
                *summary = RowSummary::of(row);
            }
        }
    }

    #[inline(always)]
    fn summarise(&mut self, map: &[f32]) {
        for (summary, row) in self.summaries.iter_mut().zip(map.chunks_exact(self.shape.2)) {
            *summary = RowSummary::of(row);
        }
    }

    /// Marks the rows that their summaries show to be outlying in their channel.
    fn find_outliers(&mut self, outlying: &mut [bool]) {
        let cycles = self.shape.1;
        for (summaries, outlying) in self.summaries.chunks_exact(cycles).zip(outlying.chunks_exact_mut(cycles)) {
            self.outlier.mark(summaries, outlying);
        }
    }
}

#[inline(always)]
fn subtract(left: &[f32], right: &[f32], out: &mut [f32]) {
    for ((out, left), right) in out.iter_mut().zip(left).zip(right) {
        *out = left - right;
    }
}

/// As [`subtract`] with 0 on the left.
#[inline(always)]
fn negate(right: &[f32], out: &mut [f32]) {
    out.iter_mut().zip(right).for_each(|(out, right)| *out = 0.0 - right);
}

#[cfg(test)]
mod tests {
    use super::super::oracle;
    use super::*;
    use rand::{Rng, RngExt as _};

    /// Smooth rows with spikes, steps, flat stretches and a few cycles far from the others.
    fn map(random: &mut impl Rng, channels: usize, cycles: usize, width: usize) -> Vec<f32> {
        let mut map = Vec::with_capacity(channels * cycles * width);
        for row in 0..channels * cycles {
            let (phase, step) = (random.random::<f32>() * 6.0, random.random_range(0..width));
            let scale = if random.random_bool(0.03) { 40.0 } else { 1.0 };
            let noise = [0.0, 1e-3, 0.1][row % 3];
            for w in 0..width {
                let mut value = (0.01 * w as f32 + phase).sin() + noise * random.random::<f32>();
                if w > step {
                    value += 0.5;
                }
                if random.random_bool(0.01) {
                    value += random.random_range(-9.0..9.0);
                }
                map.push(if row % 7 == 6 && w > width / 2 { 0.0 } else { scale * value });
            }
        }
        map
    }

    fn random() -> impl Rng {
        baselines::Streams::new("cleaning tests").stream("maps")
    }

    #[test]
    fn cleaning_is_what_the_plain_operations_do() {
        let mut random = random();
        for (channels, cycles, width) in
            [(2, 100, 1000), (1, 20, 1000), (3, 5, 200), (1, 33, 64), (1, 3, 40), (1, 2, 7)]
        {
            for glitch_width in [25, 5, 0] {
                for filter_cycles in [true, false] {
                    let parameters =
                        CleaningParameters { glitch_width, filter_cycles, ..CleaningParameters::default() };
                    let x = map(&mut random, channels, cycles, width);
                    let (mut ours, mut plain) = (x.clone(), x);
                    Cleaner::new(parameters, channels, cycles, width).clean(&mut ours);
                    oracle::clean(&mut plain, cycles, width, &parameters);
                    assert!(ours == plain, "{channels} × {cycles} × {width}, {parameters:?}");
                }
            }
        }
    }

    #[test]
    fn wider_registers_change_nothing() {
        let x = map(&mut random(), 6, 20, 1000);
        let mut results = Vec::new();
        let mut cleaner = Cleaner::new(CleaningParameters::default(), 6, 20, 1000);
        let here = cleaner.registers;
        for registers in [here, Registers::Baseline] {
            cleaner.registers = registers;
            let mut cleaned = x.clone();
            cleaner.clean(&mut cleaned);
            results.push(cleaned);
        }
        assert!(results[0] == results[1]);
    }

    #[test]
    fn inputs_are_cleaned_differences() {
        let mut random = random();
        let (target, reference) = (map(&mut random, 2, 10, 300), map(&mut random, 2, 10, 300));
        let mut cleaner = Cleaner::new(CleaningParameters::default(), 2, 10, 300);
        let mut out = vec![f32::NAN; target.len()];

        // the outlying cycles of the target count as 0
        let outlying: Vec<bool> = (0..20).map(|row| row % 7 == 3).collect();
        cleaner.inter(&target, &outlying, &reference, &mut out);
        let of_target = |k: usize| if outlying[k / 300] { 0.0 } else { target[k] };
        let mut expected: Vec<f32> = reference.iter().enumerate().map(|(k, other)| of_target(k) - other).collect();
        cleaner.clean(&mut expected);
        assert!(out == expected);

        cleaner.intra(&target, 4, &mut out);
        let base = |k: usize| target[k / 3000 * 3000 + 4 * 300 + k % 300];
        let mut expected: Vec<f32> = target.iter().enumerate().map(|(k, value)| value - base(k)).collect();
        cleaner.clean(&mut expected);
        assert!(out == expected);
    }

    #[test]
    fn outlying_cycles_are_those_of_the_plain_operations_and_none_if_switched_off() {
        let mut random = random();
        for (channels, cycles, width) in [(1, 100, 50), (3, 40, 7), (2, 100, 1000)] {
            let x = map(&mut random, channels, cycles, width);
            let parameters = CleaningParameters::default();
            let mut plain = x.clone();
            plain.chunks_exact_mut(cycles * width).for_each(|channel| {
                oracle::filter_cycles(channel, width, parameters.cycle_threshold);
            });
            let zeroed = plain.chunks_exact(width).map(|row| row.iter().all(|&value| value == 0.0));
            let expected: Vec<bool> = zeroed.collect();
            assert!(expected.contains(&true) && expected.contains(&false));
            let mut outlying = vec![true; channels * cycles];
            let mut cleaner = Cleaner::new(parameters, channels, cycles, width);
            let here = cleaner.registers;
            for registers in [here, Registers::Baseline] {
                cleaner.registers = registers;
                cleaner.outlying_cycles(&x, &mut outlying);
                assert_eq!(outlying, expected);
            }
            let off = CleaningParameters { filter_cycles: false, ..parameters };
            Cleaner::new(off, channels, cycles, width).outlying_cycles(&x, &mut outlying);
            assert!(!outlying.contains(&true));
        }
    }
}
