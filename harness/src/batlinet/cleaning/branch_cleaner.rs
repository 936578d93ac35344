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
        }
    }

    /// Zeroes the outlying cycles of a target in place, if the rules say so: what [`BranchCleaner::inter`] expects.
    ///
    /// # Panics
    /// If a map is not of the shape of this cleaner, or has a narrower grid than the window of the Hampel filter that a
    /// rule asks for (so for all methods).
    pub fn filter_target(&mut self, map: &mut [f32]) {
        if self.rules.filter_target {
            self.filter_cycles(map);
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

    /// The inter-cell input: how a target, filtered before, differs from a reference, cleaned.
    pub fn inter(&mut self, target: &[f32], reference: &[f32], out: &mut [f32]) {
        if self.rules.inter == Cleaning::Standard {
            self.standard.inter(target, reference, out);
            self.filter_whole_cycles(out);
        } else {
            subtract(target, reference, out);
            self.clean(self.rules.inter, out);
        }
    }

    fn clean(&mut self, cleaning: Cleaning, out: &mut [f32]) {
        if cleaning == Cleaning::Hampel {
            out.chunks_exact_mut(self.shape.2).for_each(|row| self.hampel.apply(row));
        }
        self.filter_cycles(out);
    }

    fn filter_cycles(&mut self, map: &mut [f32]) {
        self.standard.filter_cycles(map);
        self.filter_whole_cycles(map);
    }

    fn filter_whole_cycles(&mut self, map: &mut [f32]) {
        if self.rules.standard.filter_cycles && self.rules.cycle_filter == CycleFilter::WholeCycle {
            self.whole_cycles.apply(map, self.shape.1, self.shape.2);
        }
    }
}

fn subtract(left: &[f32], right: &[f32], out: &mut [f32]) {
    for ((out, left), right) in out.iter_mut().zip(left).zip(right) {
        *out = left - right;
    }
}
