//! Stores that older programs wrote are read as they were, and what is written of their cells today has the same hashes.
//!
//! `samples/sealed`: one made-up cell of four cycles (a line of voltage up and one down), imported by the last program whose files ended
//! with the HDF5 part and had no hashes of cycles.

use std::{fs, path::Path};

use cells::source::CellSource;
use cells::store::{self, Manifest, Store};

fn copied(name: &str) -> tempfile::TempDir {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cells/samples").join(name);
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("cells")).unwrap();
    for file in ["manifest.csv", "cells/cell_a.h5"] {
        fs::copy(sample.join(file), dir.path().join(file)).unwrap();
    }
    dir
}

#[test]
fn a_store_of_an_older_program_is_read_and_written_anew_with_the_same_hashes() {
    let dir = copied("sealed");
    let old = Store::open(dir.path()).unwrap();
    let manifest = Manifest::read(dir.path()).unwrap().unwrap();
    assert_eq!(old.fingerprint("cell_a").unwrap(), manifest.fingerprint("cell_a").unwrap());
    let cell = old.cell("cell_a", usize::MAX).unwrap();
    assert_eq!((cell.cycles().len(), old.cell("cell_a", 2).unwrap().cycles()), (4, &cell.cycles()[..2]));
    assert_eq!(store::check_file(&dir.path().join("cells/cell_a.h5")).unwrap(), cell);

    let today = tempfile::tempdir().unwrap();
    Store::create(today.path()).unwrap().write(&cell).unwrap();
    assert_eq!(Manifest::read(today.path()).unwrap().unwrap(), manifest);
    assert_eq!(Store::open(today.path()).unwrap().cell("cell_a", 4).unwrap(), cell);
}

#[test]
fn a_store_of_both_is_one_store() {
    let dir = copied("sealed");
    let mut store = Store::create(dir.path()).unwrap();
    let mut info = store.infos().next().unwrap().clone();
    info.id = "cell_b".to_owned();
    let old = store.cell("cell_a", 4).unwrap();
    let new = cells::cell::Cell::new(info, old.cycles().to_vec(), old.life().clone()).unwrap();
    store.write(&new).unwrap();
    let store = Store::open(dir.path()).unwrap();
    assert_eq!(store.ids(), ["cell_a", "cell_b"]);
    assert_eq!((store.cell("cell_a", 4).unwrap(), store.cell("cell_b", 4).unwrap()), (old, new));
}
