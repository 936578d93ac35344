//! Bundles: the numbers of runs, from files that are whole.

mod answers;
mod files;
mod made;
mod mutated;
