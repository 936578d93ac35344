//! Battery cells: the record of one, the store of many, their lives and how they are split.
//!
//! Takes measured or simulated series, gives [`cell::Cell`]s and what is counted and looked up of them. Knows no file format of a
//! publisher, no feature and no model.
//!
//! | file | makes | from |
//! |---|---|---|
//! | [`cell`] | [`cell::Cell`], the record of one battery | |
//! | [`datasets`] | what is published about a dataset | its name |
//! | [`catalogue`] | what is known about a cell | its id |
//! | [`time_unit`] | seconds | what files count time in |
//! | [`source`] | the trait of every collection of cells | |
//! | [`notes`] | what is to be said of a cell whenever it is used | |
//! | [`store`] | cells on disk | cells |
//! | [`label`] | a cycle life | a cell |
//! | [`physics`] | what cannot be, cycle by cycle | a cell |
//! | [`portrait`] | whether two tests are one | cycles |
//! | [`split`] | who trains and who tests | tables of ids |
//! | [`Error`] | why there is none | |
//! | [`whole_file`] | files and folders, whole or not at all | bytes |
//! | [`lock`] | one process at a time | a path |
//! | [`quote`], [`text`], [`listing`], [`suggest`] | words of files, and words for a person | bytes |

pub mod catalogue;
pub mod cell;
pub mod count;
pub mod datasets;
mod error;
pub mod label;
pub mod listing;
pub mod lock;
#[doc(hidden)]
pub mod made_up;
pub mod notes;
pub mod physics;
pub mod portrait;
pub mod quote;
pub mod source;
pub mod split;
pub mod store;
pub mod suggest;
pub mod text;
pub mod time_unit;
pub mod whole_file;

pub use error::Error;
