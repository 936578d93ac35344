//! Where cells come from. The fuzz targets (`fuzz/`) do without the network and the virtual lab.

mod assembly;
pub mod battery_archive;
pub mod batterylife;
pub mod batteryml;
pub mod calce;
pub mod coulomb;
pub mod cycler;
mod delimited;
pub mod download;
mod epoch;
mod error;
pub mod export;
pub mod format;
pub mod hust;
pub mod import;
mod imported;
mod judged;
pub mod matr;
pub mod matr_curves;
pub mod nominal;
mod packed;
pub mod pickle;
mod pickled_cells;
pub mod repair;
mod rules;
pub mod rwth;

pub use error::Error;
