//! A table of no known program by a mapping, and after a line of `====` a declaration of one's own for it.

#![no_main]

use libfuzzer_sys::fuzz_target;

const MAPPED: &[u8] = b"cells:\n- id: mine\n  files: [mine.txt]\n  format: table\n  mapping: {time: {column: t, unit: s}, voltage: \
{column: u, unit: V}, current: {column: i, unit: A, charge: positive}, cycle: {column: n}, capacity: {column: q, unit: Ah}, state: \
{column: z}}\n  cathode: NMC\n  nominal_capacity: 1\n  voltage_limits: [2, 4.2]\n";

fuzz_target!(|bytes: &[u8]| {
    let (table, declaration) = fuzz::halves(bytes);
    fuzz::cycler("mine.txt", table, Some(if declaration.is_empty() { MAPPED } else { declaration }));
});
