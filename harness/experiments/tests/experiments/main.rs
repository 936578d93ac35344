//! The experiment files of the project, and whole runs of small ones.

mod ablations;
mod bench;
mod choice;
mod declared;
mod experiment_runs;
mod handing_over;
mod mutated;
mod paper_items;
mod plans;
mod precision;
mod scenarios;
mod shared_trainings;
mod starts_from;
mod transfer_runs;
