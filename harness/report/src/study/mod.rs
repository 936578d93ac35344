//! One file per kind of study: its tables and figures, beside those of the paper.
//!
//! | file | of the paper |
//! |---|---|
//! | [`scenario`] | Fig. 3 and its tables; the branch and feature ablations of Supp. Fig. 4 have the same form |
//! | [`scatter`] | observed against predicted lives |
//! | [`learning`] | training loss over epochs; not in the paper |
//! | [`batterylife`] | the measures of another benchmark, with its published results |
//! | [`folds`] | a cross-validation as a whole; not in the paper |
//! | [`by_cell`] | which cells make the error |
//! | [`choice`] | stacks and selections, of which the paper has none |
//! | [`material`] | errors by cathode |
//! | [`sweep`] | Fig. 5b: errors over the number of references; over the weight of the branches |
//! | [`reference_study`] | Fig. 5: single references, draws of references, throughput |
//! | [`transfer`] | Fig. 4 |
//! | [`profile`] | what was cut, in every caption |
//! | [`chapters`] | the order of it all |

pub mod batterylife;
pub mod by_cell;
pub mod chapters;
pub mod choice;
pub mod folds;
pub mod learning;
pub mod material;
pub mod notes;
pub mod profile;
pub mod reference_study;
pub mod scatter;
pub mod scenario;
pub mod sweep;
pub mod transfer;
