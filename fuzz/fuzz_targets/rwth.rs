//! The table of a cycling test, of which a cell has two here.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let (first, second) = fuzz::halves(bytes);
    fuzz::import("rwth", &[("a_010=ZYK_1_Zyk.csv", first), ("b_010=ZYK_2_Zyk.csv", second)]);
});
