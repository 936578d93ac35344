//! What came out, beside what was published.
//!
//! | file | makes | from |
//! |---|---|---|
//! | [`published`] | the numbers of the paper | `results/paper.csv` |
//! | [`summary`] | one section per experiment | scores and published numbers |
//! | [`grid`] | headings and cells of text | a section |
//! | [`terminal`], [`markdown`], [`html`], [`latex`], [`csv`] | one form each | sections and grids |
//! | [`write`] | all files of a report | an output folder |

pub mod csv;
pub mod grid;
pub mod html;
pub mod latex;
pub mod markdown;
pub mod published;
pub mod summary;
pub mod terminal;
pub mod write;
