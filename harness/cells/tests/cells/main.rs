//! The store, and the lives of published cells.

mod full_disk;
mod lives;
mod store;
