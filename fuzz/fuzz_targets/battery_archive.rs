//! The two tables of a cell, with a line of `====` between them.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let (samples, cycles) = fuzz::halves(bytes);
    let (format, id) = match bytes.len() % 2 {
        0 => ("snl", "SNL_18650_NCA_25C_0-100_0.5-0.5C_b"),
        _ => ("ul-pur", "UL-PUR_N10-EX9_18650_NCA_23C_0-100_0.5-0.5C_i"),
    };
    let names = [format!("{id}_timeseries.csv"), format!("{id}_cycle_data.csv")];
    fuzz::import(format, &[(&names[0], samples), (&names[1], cycles)]);
});
