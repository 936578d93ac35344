//! A batch file. The library that reads it is not made for damaged files and may crash, in a process of its own: `read-matr`,
//! of which `READ_MATR` has the path. It may not take this process with it.

#![no_main]

use std::sync::Once;

use sources::matr;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    static PROGRAM: Once = Once::new();
    PROGRAM.call_once(|| matr::read_by(std::env::var_os("READ_MATR").expect("the program's path").into()));
    fuzz::import("matr", &[("2018-04-12.mat", bytes)]);
});
