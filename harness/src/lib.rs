//! The program `batlinet`, as a library for its own tests. What it does is in the crates below it, one for each room on the way
//! of the data: `ARCHITECTURE.md` has the map.

pub mod cli;
