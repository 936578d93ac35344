//! Numbers without a meaning: random streams, and the numerics of one series.
//!
//! Takes slices and names, gives slices and generators. Knows nothing of cells, models or files.
//!
//! | file | what |
//! |---|---|
//! | [`random`] | one ChaCha generator per purpose |
//! | [`signal`] | interpolation and running medians of one series |
//! | [`registers`] | which vector registers this processor has |

pub mod random;
pub mod registers;
pub mod signal;

pub use random::{ChaCha8Rng, Streams};
