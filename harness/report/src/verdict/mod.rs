//! What follows from the numbers, and how sure: BatLiNet beside every other model, and each published number beside ours.
//!
//! | file | answers | by |
//! |---|---|---|
//! | `models` | is BatLiNet better than this model? | the same test cells: intervals over cells and seeds, sign-flip tests |
//! | `paper` | is this published number reproduced? | the same test cells: intervals over seeds |
//! | `groups` | which kinds of cells make the error? | thirds of the lives, datasets |
//! | `wins` | who beats whom, in how many scenarios? | |
//! | `overview`, `headlines`, `experiment`, `sentence` | both, in sentences and tables: of all experiments at once, of one, of one comparison | |
//! | `sections` | the pages that these make | |
//! | `picture` | the differences and the branches, as figures | |
//!
//! Of a quick look nothing follows, and of virtual cells nothing about the paper.

mod experiment;
mod groups;
mod headlines;
mod models;
mod overview;
mod paper;
mod picture;
mod sections;
mod sentence;
mod wins;

pub use models::{Comparison, Judged, Kind, Model, judge};
pub use paper::{Outcome, Replica, replicas};
pub use sections::sections;

/// Share of cases that every interval here should cover.
const LEVEL: f64 = 0.95;
