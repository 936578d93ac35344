//! A disk that is full: this test program runs itself in a shell that bounds the size of files, which is as far as a
//! write gets on a full disk.

use std::process::Command;
use std::{env, fs};

use cells::cell::{Cell, LifeRecord};
use cells::source::CellSource;
use cells::store::Store;

use testing::cells::plain_cell;

const FOLDER: &str = "BATLINET_TEST_FULL_DISK";

/// A cell whose noise does not compress: some 300 kB.
fn large_cell(id: &str) -> Cell {
    let small = plain_cell(id, 1);
    let noise = |index: u64| f64::from((index.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40) as u32) * 1e-7;
    let life = LifeRecord::Capacity((0..60_000).map(noise).collect());
    Cell::new(small.info().clone(), small.cycles().to_vec(), life).unwrap()
}

/// The half of the test that runs with the bound.
#[test]
#[ignore = "run by the other half"]
fn writer_on_a_full_disk() {
    let Some(folder) = env::var_os(FOLDER) else {
        testing::skip("the other half has not called it");
        return;
    };
    let mut store = Store::create(folder.as_ref()).unwrap();
    store.write(&plain_cell("small", 3)).unwrap();
    let batch = vec![Ok::<_, cells::Error>(plain_cell("also_small", 3)), Ok(large_cell("large"))];
    println!("refused: {}", store.write_all(batch).unwrap_err());
    store.write(&plain_cell("small_again", 3)).unwrap();
}

#[test]
fn a_full_disk_leaves_the_store_as_it_was() {
    if !cfg!(target_os = "linux") {
        testing::skip("no way to bound the size of files here");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let output = Command::new("sh")
        .args([
            "-c",
            "trap '' XFSZ; ulimit -f 100; exec \"$0\" --exact full_disk::writer_on_a_full_disk --ignored --nocapture",
        ])
        .arg(env::current_exe().unwrap())
        .env(FOLDER, dir.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("refused: cannot write cell large below"), "{said}");
    assert!(!String::from_utf8_lossy(&output.stderr).contains("HDF5-DIAG"), "the library printed its own errors");

    let store = Store::open(dir.path()).unwrap();
    assert_eq!(store.ids(), ["small", "small_again"]);
    let mut left: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["cells", "manifest.csv"], "something half-written is left");
}
