//! batlinet
