//! A workbook of a cycler, described and imported by its draft.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| fuzz::cycler("mine.xlsx", &fuzz::workbook(bytes), None));
