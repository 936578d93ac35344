//! What a model sees of a cell's early life, as arrays.
//!
//! [`FeatureSpec`] declares a feature; [`FeatureSpec::extractor`] builds it, cell after cell, with buffers of its own.

mod capacity_map;
mod compact;
mod curves;
mod discharge_curve;
mod extract;
mod half_cycle;
mod severson;
mod spec;
mod voltage_capacity;
mod voltage_map;

pub use capacity_map::{CapacityMap, Channel};
pub use compact::{Compact, CompactStatistic};
pub use discharge_curve::QdlinSource;
pub use extract::Extract;
pub use severson::{Severson, Statistic};
pub use spec::FeatureSpec;
pub use voltage_capacity::VoltageCapacity;
pub use voltage_map::VoltageMap;
