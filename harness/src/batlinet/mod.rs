//! batlinet

pub mod cleaning;
