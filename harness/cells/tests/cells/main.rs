//! The store, and the lives of published cells.

mod flips;
mod full_disk;
mod lives;
mod samples;
mod store;
