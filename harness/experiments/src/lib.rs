//! What is run, why, and the running of it.
//!
//! | file | makes | from |
//! |---|---|---|
//! | [`read`] | an [`Experiment`] | an experiment file, a profile and `--set` options |
//! | `named`, `names` | maps of the writer's own names; names that nothing has | YAML; text |
//! | `yaml`, `texts` | values with their places, and errors that know them | the bytes of a file |
//! | [`spec`], [`entry`], `scenario` | the checked declaration | YAML |
//! | `misread`, `unused` | what YAML takes for something else than a text; what changes nothing | values |
//! | [`setting`], `sweep` | a changed declaration | a path and a value, or values |
//! | `changes` | what differs from the file as written | two declarations |
//! | `protocol` | an honest declaration | a faithful one |
//! | [`seed`] | seeds and random streams | text |
//! | [`key`] | the two keys of a run | everything that may change its result |
//! | [`choice`] | models made of others, chosen by folds of the training cells | YAML; records |
//! | [`plan`] | runs with their state (new, stale, done, failed) | an experiment, a source, an output folder |
//! | `values` | what a report looks up | an entry |
//! | `former` | records of format 1 under the keys of today | plans |
//! | [`foresight`] | runs that will fail | plans, and a glance at the cells |
//! | [`gather`] | the samples of one entry | a plan and a source |
//! | [`train`] | a trained model, and its answers | samples and an entry |
//! | [`library`] | trained models that are there already | records |
//! | [`pretrained`] | networks that several runs begin with | an output folder |
//! | `doubts` | what of cells may be wrong | what a store noted of them |
//! | `job` | records on disk | the runs of one trained model |
//! | [`run`], [`progress`] | the same for all | plans |
//! | [`feature_table`] | features as a table | an experiment and a source |
//! | `split_files` | one split, or one per fold | YAML |
//! | [`schema`] | what a file may hold, for editors and for people | the types that read it |
//! | [`publish`] | `scores.csv`, `predictions.parquet`, `plan.csv` | records |
//! | [`merge`] | one output folder | several |

mod attempt;
mod bounds;
mod changes;
pub mod choice;
mod company;
mod doubts;
pub mod entry;
mod error;
pub mod estimate;
pub mod feature_table;
pub mod foresight;
mod former;
pub mod gather;
mod job;
pub mod key;
pub mod library;
pub mod memory;
pub mod merge;
mod misfit;
mod misread;
mod named;
mod names;
mod options;
pub mod panics;
pub mod plan;
pub mod pools;
pub mod pretrained;
pub mod progress;
mod protocol;
pub mod publish;
pub mod read;
pub mod run;
mod scenario;
pub mod schema;
pub mod seed;
pub mod setting;
pub mod spec;
mod split_files;
mod sweep;
mod texts;
pub mod train;
mod unused;
mod values;
mod yaml;

pub use entry::{Entry, ModelSpec};
pub use error::Error;
pub use plan::{Plan, Run, State};
pub use spec::Experiment;
