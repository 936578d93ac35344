//! Reading pickles without ever running them.
//!
//! A pickle is a program for a stack machine that may call anything. This machine calls nothing: it knows the handful of
//! names that frames, arrays and plain containers need (`globals`), refuses a file with any other, and leaves an inert
//! tree in which "call this with that" is just a node. What arrays and frames mean is then read off the tree.
//!
//! There is no recursion, so depth costs nothing, and every byte that is kept is counted against a limit.
//!
//! | file | what |
//! |---|---|
//! | `machine` | the opcodes of protocols 0 to 5; its input, its stack with the bounds, calls that are noted |
//! | `globals` | the names that may occur |
//! | `tree` | what a pickle holds, and how to look at it |
//! | `array` | arrays and scalars of NumPy |
//! | `arrow` | texts that pandas leaves to Arrow |
//! | `frame` | frames and series of pandas, of all layouts since 0.14 |
//! | `writer` | the other way round, for exports and tests |

mod array;
mod arrow;
mod frame;
mod globals;
mod machine;
mod tree;
pub mod writer;

pub use frame::Frame;
pub use tree::{Node, Pickle};

use thiserror::Error;

/// Bytes that the pickle of a cell may take in memory; those of the largest published ones take a quarter of it.
pub const MEMORY: usize = 512 << 20;

/// What is wrong with a pickle; a fragment without the file's name.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{0}")]
pub struct Problem(String);

impl Problem {
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }
}
