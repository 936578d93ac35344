//! Removes from a map what is no degradation: jumps at its edges, glitches, and cycles unlike the others.

mod branch_cleaner;
mod cleaner;
mod edge;
mod glitch;
mod hampel;
#[cfg(test)]
mod oracle;
mod outlier;
mod rules;
mod sorting_network;
mod whole_cycle;

pub use branch_cleaner::{BranchCleaner, CleaningRules};
pub use cleaner::{Cleaner, CleaningParameters};
pub(super) use hampel::WINDOW as HAMPEL_WINDOW;
pub use rules::{Cleaning, CycleFilter};
