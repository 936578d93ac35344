//! Seeded, declared experiments on early battery lifetime prediction.
//!
//! Data flows one way, and a module knows nothing of those below it:
//!
//! | module | makes | from |
//! |---|---|---|
//! | [`cell`] | [`cell::Cell`], the record of one battery | |
//! | [`source`] | cells | published files, or the virtual lab |
//! | [`store`] | cells on disk | cells |
//! | [`export`] | published files | cells |
//! | [`signal`] | interpolated and smoothed series | series |
//! | [`label`] | a cycle life | a cell |
//! | [`feature`] | arrays | a cell |
//! | [`split`], [`samples`] | training and test arrays with labels | cells, features, labels |
//! | [`batlinet`] | the BatLiNet model, behind [`baselines::Model`] | arrays |
//! | [`transfer`] | learning from another chemistry, likewise | arrays |
//! | [`statistics`] | errors, and their spread over seeds | predictions |
//! | [`figure`] | drawings | numbers |
//! | [`record`] | what a run leaves on disk | a run |
//! | [`experiment`] | a plan of runs, and the runs | an experiment file |
//! | [`report`] | tables | records and published results |
//! | [`cli`] | the verbs of the program `batlinet` | all of it |

pub mod batlinet;
pub mod cell;
pub mod cli;
pub mod experiment;
pub mod export;
pub mod failure;
pub mod feature;
pub mod figure;
pub mod label;
mod listing;
pub mod quote;
pub mod record;
mod registers;
pub mod report;
pub mod samples;
pub mod signal;
pub mod source;
pub mod split;
pub mod statistics;
pub mod store;
pub mod suggest;
pub mod text;
pub mod transfer;
