//! An archive of curves: as it is, or made of the input as each of its tables. These have 1000 lines each, so that the importer
//! mostly says what is wrong with one.

#![no_main]

use fuzz::source::matr_curves::{CYCLES, POINTS};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if bytes.len() % 2 == 0 {
        return fuzz::import_file("matr-curves", "curves.tar.gz", bytes);
    }
    // a sound table whose first line is the input
    let sound = format!("{}\n", vec!["0.5"; CYCLES].join(",")).repeat(POINTS - 1);
    let table = [bytes, b"\n", sound.as_bytes()].concat();
    let mut archive = tar::Builder::new(Vec::new());
    let mut add = |name: &str, content: &[u8]| {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        archive.append_data(&mut header, format!("a/data/{name}"), content).expect("the archive is in memory");
    };
    for (split, cells) in [("train", 41), ("test1", 43), ("test2", 40)] {
        add(&format!("cycle_lives/{split}_cycle_lives.csv"), "1000\n".repeat(cells).as_bytes());
        for cell in 1..=cells {
            // the first is enough to be refused
            let content = if cell == 1 { &table[..] } else { b"" };
            add(&format!("{split}/cell{cell}.csv"), content);
        }
    }
    fuzz::import_file("matr-curves", "curves.tar", &archive.into_inner().expect("the archive is in memory"));
});
