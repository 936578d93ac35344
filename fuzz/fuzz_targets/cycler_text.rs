//! A text file of any cycler: described, and imported by its draft.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| fuzz::cycler("mine.txt", bytes, None));
