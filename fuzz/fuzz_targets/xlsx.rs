//! A workbook of the new format, as of CALCE.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    fuzz::import("calce", &[("CS2_35/CS2_35_8_18_10.xlsx", &fuzz::workbook(bytes))]);
});
