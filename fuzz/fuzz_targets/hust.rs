//! A pickle of frames, as HUST publishes them.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    fuzz::import("hust", &[("our_data/1-1.pkl", bytes)]);
});
