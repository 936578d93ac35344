//! What came out, beside what was published.
//!
//! | file | makes | from |
//! |---|---|---|
//! | [`published`] | the numbers of the paper | `results/paper.csv` |
//! | [`summary`] | one summary per experiment | scores, records and published numbers |
//! | [`lives`] | what the lives rest on | scores |
//! | [`made`], [`provenance`] | by which programs and on which machines, in a line and by run | records |
//! | `labels` | a refusal | runs of one experiment whose cells have different lives |
//! | [`mod@bench`] | throughput | what `make bench` measured |
//! | [`table`] | tables in memory, as [`figure`] has figures | numbers |
//! | [`study`] | a [`document`]: a chapter per kind of study | summaries |
//! | [`verdict`] | what follows from the numbers, and how sure | summaries |
//! | [`terminal`], [`markdown`], [`html`], [`latex`], [`csv`] | one form each | documents, tables and figures |
//! | [`splice`] | tables in prose | records |
//! | [`mod@write`] | all files of a report | an output folder |

pub mod bench;
pub mod csv;
pub mod document;
mod error;
pub mod figure;
pub mod html;
mod labels;
pub mod latex;
pub mod lives;
pub mod made;
pub mod markdown;
pub mod provenance;
pub mod published;
pub mod splice;
pub mod study;
pub mod summary;
pub mod table;
pub mod terminal;
pub mod verdict;
pub mod write;

pub use error::Error;
