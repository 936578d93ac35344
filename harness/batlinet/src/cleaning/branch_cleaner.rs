//! The differences that the branches see, each branch cleaned by its rule.

use super::{
    cleaner::{Cleaner, CleaningParameters},
    hampel::HampelFilter,
    rules::{Cleaning, CycleFilter},
    whole_cycle::WholeCycleFilter,
};

/// How the differences of both branches are cleaned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CleaningRules {
    /// Of the intra-cell branch.
    pub intra: Cleaning,
    /// Of the inter-cell branch.
    pub inter: Cleaning,
    /// Which cycles are outlying.
    pub cycle_filter: CycleFilter,
    /// Whether outlying cycles of a target are zeroed before a reference is subtracted, too.
    pub filter_target: bool,
    /// What is standard; its `filter_cycles` counts for every rule.
    pub standard: CleaningParameters,
}

/// Makes and cleans differences of maps of one shape (channels, cycles, grid points); one per thread.
#[derive(Clone, Debug)]
pub struct BranchCleaner {
    rules: CleaningRules,
    shape: (usize, usize, usize),
    standard: Cleaner,
    hampel: HampelFilter,
    whole_cycles: WholeCycleFilter,
    outlying: Vec<bool>,
}

impl BranchCleaner {
    /// For maps of this shape.
    ///
    /// # Panics
    /// If a dimension is 0.
    pub fn new(rules: CleaningRules, channels: usize, cycles: usize, width: usize) -> Self {
        let per_channel = rules.standard.filter_cycles && rules.cycle_filter == CycleFilter::PerChannel;
        let standard = CleaningParameters { filter_cycles: per_channel, ..rules.standard };
        Self {
            rules,
            shape: (channels, cycles, width),
            standard: Cleaner::new(standard, channels, cycles, width),
            hampel: HampelFilter::default(),
            whole_cycles: WholeCycleFilter::default(),
            outlying: vec![false; channels * cycles],
        }
    }

    /// Marks the outlying cycles of a target, each channel's at its row's place in `outlying`; none if the rules say so.
    ///
    /// # Panics
    /// If a map is not of the shape of this cleaner, or has a narrower grid than the window of the Hampel filter that a
    /// rule asks for, or `outlying` has not one place per row (so for all methods).
    pub fn outlying_cycles(&mut self, map: &[f32], outlying: &mut [bool]) {
        if self.rules.filter_target {
            self.standard.outlying_cycles(map, outlying);
            self.mark_whole_cycles(map, outlying);
        } else {
            outlying.fill(false);
        }
    }

    /// The intra-cell input: how each cycle differs from the one at position `base`, cleaned.
    pub fn intra(&mut self, map: &[f32], base: usize, out: &mut [f32]) {
        if self.rules.intra == Cleaning::Standard {
            self.standard.intra(map, base, out);
            self.filter_whole_cycles(out);
        } else {
            let (_, cycles, width) = self.shape;
            let channels = out.chunks_exact_mut(cycles * width).zip(map.chunks_exact(cycles * width));
            for (out, channel) in channels {
                let base = &channel[base * width..][..width];
                for (out, row) in out.chunks_exact_mut(width).zip(channel.chunks_exact(width)) {
                    subtract(row, base, out);
                }
            }
            self.clean(self.rules.intra, out);
        }
    }

    /// The inter-cell input: how a target differs from a reference, cleaned. The [outlying
    /// cycles](BranchCleaner::outlying_cycles) of the target count as 0; the reference is taken as it is.
    pub fn inter(&mut self, target: &[f32], outlying: &[bool], reference: &[f32], out: &mut [f32]) {
        if self.rules.inter == Cleaning::Standard {
            self.standard.inter(target, outlying, reference, out);
            self.filter_whole_cycles(out);
        } else {
            subtract(target, reference, out);
            let width = self.shape.2;
            let rows = out.chunks_exact_mut(width).zip(reference.chunks_exact(width)).zip(outlying);
            for ((out, reference), _) in rows.filter(|(_, outlying)| **outlying) {
                out.iter_mut().zip(reference).for_each(|(out, value)| *out = 0.0 - value);
            }
            self.clean(self.rules.inter, out);
        }
    }

    fn clean(&mut self, cleaning: Cleaning, out: &mut [f32]) {
        if cleaning == Cleaning::Hampel {
            out.chunks_exact_mut(self.shape.2).for_each(|row| self.hampel.apply(row));
        }
        let mut outlying = std::mem::take(&mut self.outlying);
        self.standard.outlying_cycles(out, &mut outlying);
        self.mark_whole_cycles(out, &mut outlying);
        zero(out, self.shape.2, &outlying);
        self.outlying = outlying;
    }

    /// After standard cleaning, which knows the filter of each channel's cycles only.
    fn filter_whole_cycles(&mut self, out: &mut [f32]) {
        let mut outlying = std::mem::take(&mut self.outlying);
        outlying.fill(false);
        self.mark_whole_cycles(out, &mut outlying);
        zero(out, self.shape.2, &outlying);
        self.outlying = outlying;
    }

    fn mark_whole_cycles(&mut self, map: &[f32], outlying: &mut [bool]) {
        if self.rules.standard.filter_cycles && self.rules.cycle_filter == CycleFilter::WholeCycle {
            self.whole_cycles.mark(map, self.shape.1, self.shape.2, outlying);
        }
    }
}

/// Sets the rows that are marked to 0.
fn zero(map: &mut [f32], width: usize, outlying: &[bool]) {
    let rows = map.chunks_exact_mut(width).zip(outlying);
    rows.filter(|(_, outlying)| **outlying).for_each(|(row, _)| row.fill(0.0));
}

fn subtract(left: &[f32], right: &[f32], out: &mut [f32]) {
    for ((out, left), right) in out.iter_mut().zip(left).zip(right) {
        *out = left - right;
    }
}
