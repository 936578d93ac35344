//! A batch file as MATLAB writes it, read by ours. What is not plain would go to the HDF5 library, in a process of its own: here
//! to a program that ends at once, so that thousands of inputs are tried where `matr` tries one.

#![no_main]

use std::sync::Once;

use sources::matr;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    static PROGRAM: Once = Once::new();
    PROGRAM.call_once(|| matr::read_by("/bin/false".into()));
    fuzz::import("matr", &[("2018-04-12.mat", bytes)]);
});
