//! Intervals and comparisons: against scipy, by identities and by simulation.

mod coverage;
mod differences;
mod scipy;
