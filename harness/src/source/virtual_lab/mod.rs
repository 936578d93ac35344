//! virtual lab
