//! Figures: what they show, and drawing them as SVG that reads in black and white.
//!
//! | file | makes | from |
//! |---|---|---|
//! | [`plot`] | a [`Figure`]: axes and series in memory | a study's numbers |
//! | [`axis`] | limits, ticks and places on paper | an axis and its values |
//! | `mark` | markers, bars, lines | a series' look |
//! | [`draw`](draw()) | SVG | a figure |

pub mod axis;
mod draw;
mod mark;
pub mod plot;

pub use draw::draw;
pub use plot::{Axis, Dash, Figure, Look, Marker, Point, Scale, Series, Shade};
