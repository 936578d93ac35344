//! An archive of curves.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    fuzz::import("matr-curves", &[("data/train/cell1.csv", bytes), ("data/cycle_lives/train_cycle_lives.csv", bytes)]);
});
