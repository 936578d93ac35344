//! The experiment files of the project, and whole runs of small ones.

mod ablations;
mod declared;
mod experiment_runs;
mod paper_items;
mod precision;
mod scenarios;
mod transfer_runs;
