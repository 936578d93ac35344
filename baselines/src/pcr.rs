//! pcr
