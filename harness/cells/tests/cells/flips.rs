//! A store of which one byte has changed gives the same cells, or names the file: no other cell, no panic and no abort.
//!
//! A sample of the bytes is tried; `BATLINET_FLIPS=all` tries every one, in every bit and all bits at once (minutes). What may end a
//! process is tried in one of its own, which is begun again behind the byte that ended it.

use std::{
    collections::BTreeMap,
    env, fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    process::Command,
};

use cells::cell::Cell;
use cells::source::CellSource;
use cells::store::{self, Store};

use testing::cells::{arbitrary_cell, plain_cell};

/// Where the process of its own has its store, and from which try on.
const PLACE: &str = "BATLINET_FLIPS_PLACE";
const FROM: &str = "BATLINET_FLIPS_FROM";

/// Of every so many tries one is made.
fn stride() -> usize {
    if env::var("BATLINET_FLIPS").is_ok_and(|asked| asked == "all") { 1 } else { 1409 }
}

fn make(dir: &Path) -> Vec<Cell> {
    let mut long = plain_cell("long", 40);
    let cycles: Vec<_> = long
        .cycles()
        .iter()
        .map(|cycle| {
            let series = |of: f64| (0..60).map(|k| of + 0.01 * f64::from(k) + f64::from(cycle.number)).collect();
            cells::cell::Cycle {
                voltage: series(2.0),
                current: series(-1.0),
                discharge_capacity: series(0.0),
                time: Some(series(5.0)),
                ..cycle.clone()
            }
        })
        .collect();
    long = Cell::new(long.info().clone(), cycles, long.life().clone()).unwrap();
    let all = vec![arbitrary_cell(6), arbitrary_cell(11), plain_cell("plain", 3), long];
    Store::create(dir)
        .unwrap()
        .write_all(all.clone().into_iter().map(Ok::<_, cells::Error>).collect::<Vec<_>>())
        .unwrap();
    all
}

/// What a plan and a run see of a store.
fn seen(dir: &Path) -> Result<BTreeMap<String, (String, Cell, Cell)>, cells::Error> {
    let store = Store::open(dir)?;
    store
        .ids()
        .into_iter()
        .map(|id| Ok((id.clone(), (store.fingerprint(&id)?, store.cell(&id, 2)?, store.cell(&id, 40)?))))
        .collect()
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut files = store::cell_files(dir).unwrap();
    files.push(dir.join("manifest.csv"));
    files
}

/// Every try from number `from` on: a file, a byte of it, and which of its bits are turned.
fn tries(dir: &Path, from: usize) -> impl Iterator<Item = (usize, PathBuf, usize, u8)> {
    let masks = [1, 2, 4, 8, 16, 32, 64, 128, 255];
    let all = files(dir).into_iter().flat_map(move |file| {
        let length = fs::metadata(&file).unwrap().len() as usize;
        (0..length).flat_map(move |byte| {
            let file = file.clone();
            masks.into_iter().map(move |mask| (file.clone(), byte, mask))
        })
    });
    all.enumerate().skip(from).step_by(stride()).map(|(number, (file, byte, mask))| (number, file, byte, mask))
}

#[test]
#[ignore = "a part of the test below, in a process of its own"]
fn a_process_of_its_own() {
    let (Ok(place), Ok(from)) = (env::var(PLACE), env::var(FROM)) else { return };
    let (dir, at) = (Path::new(&place).join("store"), Path::new(&place).join("at"));
    let whole = seen(&dir).unwrap();
    for (number, file, byte, mask) in tries(&dir, from.parse().unwrap()) {
        fs::write(&at, number.to_string()).unwrap();
        let sound = fs::read(&file).unwrap();
        let mut damaged = sound.clone();
        damaged[byte] ^= mask;
        fs::write(&file, damaged).unwrap();
        let found = catch_unwind(AssertUnwindSafe(|| seen(&dir)));
        fs::write(&file, sound).unwrap();
        let words = format!("byte {byte} of {} turned by {mask}", file.display());
        match found {
            Err(_) => println!("FLIP panics: {words}"),
            Ok(Ok(cells)) if cells == whole => {}
            Ok(Ok(_)) => println!("FLIP gives another cell: {words}"),
            Ok(Err(error)) => {
                let name = file.file_name().unwrap().to_string_lossy().into_owned();
                if !error.to_string().contains(&name) {
                    println!("FLIP is not named: {words}: {error}");
                }
            }
        }
    }
    fs::write(&at, "done").unwrap();
}

#[test]
fn every_damaged_byte_of_a_store_is_harmless_or_named() {
    let place = tempfile::tempdir().unwrap();
    let dir = place.path().join("store");
    make(&dir);
    let whole: Vec<(PathBuf, Vec<u8>)> =
        files(&dir).into_iter().map(|file| (file.clone(), fs::read(file).unwrap())).collect();
    let (mut from, mut faults) = (0, Vec::new());
    loop {
        let child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "flips::a_process_of_its_own", "--ignored", "--nocapture", "--test-threads=1"])
            .env(PLACE, place.path())
            .env(FROM, from.to_string())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&child.stdout).into_owned();
        faults.extend(said.lines().filter(|line| line.contains("FLIP ")).map(str::to_owned));
        let at = fs::read_to_string(place.path().join("at")).unwrap();
        let Ok(number) = at.parse::<usize>() else { break };
        whole.iter().for_each(|(file, bytes)| fs::write(file, bytes).unwrap());
        let (_, file, byte, mask) = tries(&dir, number).next().unwrap();
        let error = String::from_utf8_lossy(&child.stderr).into_owned();
        let error = error.lines().find(|line| !line.trim().is_empty()).unwrap_or_default().to_owned();
        faults.push(format!("{}: byte {byte} of {} turned by {mask}: {error}", child.status, file.display()));
        from = number + stride();
        assert!(faults.len() < 2000, "{faults:#?}");
    }
    let tried = tries(&dir, 0).count();
    println!("{tried} changes of the files of a store");
    assert!(faults.is_empty(), "{} faults: {faults:#?}", faults.len());
}
