//! What models see of cells: features and labels of one split, as arrays.
//!
//! Takes cells and declarations, gives [`samples::Samples`]. Knows no model.
//!
//! | file | makes | from |
//! |---|---|---|
//! | [`feature`] | arrays | a cell |
//! | [`samples`] | training and test arrays with labels | cells, features, labels |

mod error;
pub mod feature;
pub mod samples;

pub use error::Error;
