//! How much memory runs need, and how much there is: a run that would not fit is not started beside others.
//!
//! An estimate from sizes alone, meant to be too high: features of all cells are there once, for all runs; each run has its own copy
//! where it transforms them, and what its model keeps of them.

use std::{fmt, fs};

use serde_json::Value;

use super::{entry::Entry, plan::Plan};
use features::samples::FeatureTransformation;

/// Bytes of a value of a feature.
const VALUE: u64 = 4;
/// Maps that the inputs under way take in an encoder of the authors' channels, as docs/performance.md measured them, and more with more.
const INPUTS: u64 = 100;
const CHANNELS: u64 = 32;
/// Bytes of a node of a tree.
const NODE: u64 = 64;

/// Bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// Of the features of all cells, once.
    pub features: u64,
    /// Of every run beside others.
    pub run: u64,
}

impl Memory {
    /// What the largest of the selected runs of a plan needs, and all features of them.
    pub fn of(plan: &Plan) -> Self {
        let mut seen: Vec<&str> = Vec::new();
        let mut memory = Self::default();
        for run in plan.runs.iter().filter(|run| run.selected) {
            let entry = &plan.experiment().models[run.entry];
            let of_entry = Self::of_entry(plan, entry);
            memory.run = memory.run.max(of_entry.run);
            if let Some(name) = entry.reads().filter(|name| !seen.contains(name)) {
                seen.push(name);
                memory.features = memory.features.saturating_add(of_entry.features);
            }
        }
        memory
    }

    fn of_entry(plan: &Plan, entry: &Entry) -> Self {
        let shape = entry.reads().and_then(|name| plan.experiment().feature(name)).map(|feature| feature.shape());
        let values =
            shape.map_or(0, |shape| shape.iter().fold(1_u64, |values, &size| values.saturating_mul(size as u64)));
        let [train, test] = [&plan.split.train, &plan.split.test].map(|cells| cells.len() as u64);
        let map = values.saturating_mul(VALUE);
        let features = map.saturating_mul(train + test);
        let parameters = entry.model.parameters();
        let number = |name: &str| parameters.get(name).and_then(Value::as_u64).unwrap_or(0);
        let copied = if entry.feature_transformation == FeatureTransformation::None { 0 } else { features };
        let kept = match entry.model.key() {
            "batlinet" | "cnn" | "transfer" => {
                let buffers = INPUTS * (1 + number("channels") / CHANNELS);
                map.saturating_mul(train.saturating_add(buffers))
            }
            "forest" => number("trees").saturating_mul(2 * train * NODE),
            // matrices of cells by cells, and of features in twice as many bytes
            _ => 8 * (train * train + 2 * train * test) + 4 * map.saturating_mul(train),
        };
        Self { features, run: copied.saturating_add(kept) }
    }

    /// How many runs fit side by side into this memory, beside the features that are there already; one at least.
    pub fn fitting(&self, free: u64) -> usize {
        // a tenth is left to everybody else
        let free = free / 10 * 9;
        free.checked_div(self.run).map_or(usize::MAX, |runs| usize::try_from(runs).unwrap_or(usize::MAX)).max(1)
    }
}

impl fmt::Display for Memory {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (features, run) = (gigabytes(self.features), gigabytes(self.run));
        write!(formatter, "about {features} of memory for features, and up to {run} for every run side by side")
    }
}

/// `1.3 GB`.
pub fn gigabytes(bytes: u64) -> String {
    format!("{:.1} GB", bytes as f64 / 1e9)
}

/// Bytes that the system would give, by its limit for this process where there is a lower one; not known everywhere.
pub fn free() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let of_machine = line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024;
    let number = |file: &str| fs::read_to_string(format!("/sys/fs/cgroup/{file}")).ok()?.trim().parse::<u64>().ok();
    let of_group = number("memory.max").zip(number("memory.current")).map(|(most, now)| most.saturating_sub(now));
    Some(of_group.map_or(of_machine, |of_group| of_group.min(of_machine)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_runs_are_side_by_side_as_fit_and_one_always() {
        let memory = Memory { features: 0, run: 1_000_000_000 };
        assert_eq!([100, 2_300_000_000, 10_000_000_000].map(|free| memory.fitting(free)), [1, 2, 9]);
        assert_eq!(Memory::default().fitting(100), usize::MAX);
        assert!(cfg!(not(target_os = "linux")) || free().is_some_and(|free| free > 1_000_000));
        assert!(
            Memory { features: 1_340_000_000, run: 0 }.to_string().starts_with("about 1.3 GB of memory for features")
        );
    }
}
