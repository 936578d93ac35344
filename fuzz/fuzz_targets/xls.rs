//! A workbook of the old format; the container is not checked by anything.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    fuzz::import("calce", &[("CS2_35/CS2_35_8_18_10.xls", bytes)]);
});
