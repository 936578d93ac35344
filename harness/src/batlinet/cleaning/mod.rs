//! Removes from a map what is no degradation: jumps at its edges, glitches, and cycles unlike the others.

mod cleaner;
mod edge;
mod glitch;
#[cfg(test)]
mod oracle;
mod outlier;
mod rules;
mod sorting_network;

pub use cleaner::{Cleaner, CleaningParameters};
pub use rules::{Cleaning, CycleFilter};
