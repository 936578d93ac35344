//! A pickle of BatteryML's record of a cell.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    fuzz::import("batteryml", &[("MATR_b1c0.pkl", bytes)]);
});
