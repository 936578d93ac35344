//! The record of a run, its predictions and a table of scores.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| fuzz::records(bytes));
