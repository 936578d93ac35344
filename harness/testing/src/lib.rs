//! What the tests and benches of several crates share. Only they depend on it.
//!
//! | file | what |
//! |---|---|
//! | [`published()`], [`skip`] | the published data, where it is at hand; what a test says that lacks something |
//! | [`cells`] | made-up cells: every combination of what a source may leave out |
//! | [`formula`] | a cell that is given by formulas |
//! | [`some`] | a few cells of the virtual lab as a source of their own |
//! | [`archive`] | made-up archives of curves |
//! | [`lives`] | the published capacity tables, as cells |
//! | [`open_to_change`] | HDF5 files that a test changes |
//! | [`mutated`] | damaged inputs for readers that no fuzzer is built around |
//! | [`discharge_curve`] | curves on a voltage grid, by other means than the features |

pub mod archive;
pub mod cells;
mod changed;
pub mod discharge_curve;
pub mod formula;
pub mod lives;
pub mod mutated;
mod published;
mod skipped;
pub mod some;

pub use changed::open_to_change;
pub use published::published;
pub use skipped::skip;
