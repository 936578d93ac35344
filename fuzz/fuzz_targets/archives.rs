//! Zip archives, packed in one another: the length of the input says whose it is.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    match bytes.len() % 4 {
        0 => fuzz::import("hust", &[("hust_data.zip", bytes)]),
        1 => fuzz::import("calce", &[("CS2_35.zip", bytes)]),
        2 => fuzz::import("snl", &[("snl.zip", bytes)]),
        _ => fuzz::import("rwth", &[("raw.zip", bytes)]),
    }
});
