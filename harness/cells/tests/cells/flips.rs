//! A store of which one byte has changed gives the same cells, or names the file: no other cell, no panic and no abort.
//!
//! A sample of the bytes is tried; `BATLINET_FLIPS=all` tries every one, in every bit and all bits at once (minutes, all cores). What may
//! end a process is tried in one of its own, which is begun again behind the byte that ended it. A damaged cell is read in a store of its
//! own, so that a try costs no look at the others: what would make it pass for another cell is seen there too. A damaged manifest is that
//! of all.

use std::{
    collections::BTreeMap,
    env,
    fs::{self, File},
    io::{Read as _, Seek as _, SeekFrom, Write as _},
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    process::Command,
    slice, thread,
};

use cells::cell::Cell;
use cells::source::CellSource;
use cells::store::{self, Store};

use testing::cells::{arbitrary_cell, plain_cell};

/// Where the process of its own has its stores, from which try on, and of how many every how manieth it makes.
const PLACE: &str = "BATLINET_FLIPS_PLACE";
const FROM: &str = "BATLINET_FLIPS_FROM";
const STEP: &str = "BATLINET_FLIPS_STEP";

/// Of every so many tries one is made.
fn stride() -> usize {
    if env::var("BATLINET_FLIPS").is_ok_and(|asked| asked == "all") { 1 } else { 1409 }
}

/// A store of all cells in the folder `all`, and one of each.
fn make(place: &Path) {
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
    let write = |name: &str, cells: &[Cell]| {
        let cells: Vec<_> = cells.iter().cloned().map(Ok::<_, cells::Error>).collect();
        Store::create(&place.join(name)).unwrap().write_all(cells).unwrap();
    };
    write("all", &all);
    all.iter().for_each(|cell| write(&format!("of {}", cell.id()), slice::from_ref(cell)));
}

/// The folders of the stores.
fn stores(place: &Path) -> Vec<PathBuf> {
    let mut stores: Vec<PathBuf> = fs::read_dir(place).unwrap().map(|entry| entry.unwrap().path()).collect();
    stores.retain(|path| path.is_dir());
    stores.sort();
    stores
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

/// What is damaged: the manifest of the store of all, and the cell in each of the others.
fn files(place: &Path) -> Vec<(PathBuf, PathBuf)> {
    let of_store = |dir: PathBuf| match dir.ends_with("all") {
        true => vec![(dir.join("manifest.csv"), dir)],
        false => store::cell_files(&dir).unwrap().into_iter().map(|file| (file, dir.clone())).collect(),
    };
    stores(place).into_iter().flat_map(of_store).collect()
}

/// One byte that is damaged.
struct Try {
    number: usize,
    file: PathBuf,
    store: PathBuf,
    byte: usize,
    /// Those of its bits that are turned.
    mask: u8,
}

impl Try {
    /// Turns the bits, and back again when it is done once more.
    fn turn(&self) {
        let mut file = File::options().read(true).write(true).open(&self.file).unwrap();
        let mut byte = [0];
        let at = SeekFrom::Start(self.byte as u64);
        file.seek(at).and_then(|_| file.read_exact(&mut byte)).unwrap();
        byte[0] ^= self.mask;
        file.seek(at).and_then(|_| file.write_all(&byte)).unwrap();
    }

    fn words(&self) -> String {
        format!("byte {} of {} turned by {}", self.byte, self.file.display(), self.mask)
    }
}

/// Every try from number `from` on, or one in `step`.
fn tries(place: &Path, from: usize, step: usize) -> impl Iterator<Item = Try> {
    let masks = [1, 2, 4, 8, 16, 32, 64, 128, 255];
    let all = files(place).into_iter().flat_map(move |(file, store)| {
        let length = fs::metadata(&file).unwrap().len() as usize;
        (0..length * masks.len())
            .map(move |nth| (file.clone(), store.clone(), nth / masks.len(), masks[nth % masks.len()]))
    });
    all.enumerate().skip(from).step_by(step).map(|(number, (file, store, byte, mask))| Try {
        number,
        file,
        store,
        byte,
        mask,
    })
}

#[test]
#[ignore = "a part of the test below, in a process of its own"]
fn a_process_of_its_own() {
    let [Ok(place), Ok(from), Ok(step)] = [PLACE, FROM, STEP].map(env::var) else { return };
    let (place, at) = (Path::new(&place), Path::new(&place).join("at"));
    let whole: BTreeMap<PathBuf, _> = stores(place).into_iter().map(|dir| (dir.clone(), seen(&dir).unwrap())).collect();
    for damage in tries(place, from.parse().unwrap(), step.parse().unwrap()) {
        fs::write(&at, damage.number.to_string()).unwrap();
        damage.turn();
        let found = catch_unwind(AssertUnwindSafe(|| seen(&damage.store)));
        damage.turn();
        let words = damage.words();
        match found {
            Err(_) => println!("FLIP panics: {words}"),
            Ok(Ok(cells)) if cells == whole[&damage.store] => {}
            Ok(Ok(_)) => println!("FLIP gives another cell: {words}"),
            Ok(Err(error)) => {
                let name = damage.file.file_name().unwrap().to_string_lossy().into_owned();
                if !error.to_string().contains(&name) {
                    println!("FLIP is not named: {words}: {error}");
                }
            }
        }
    }
    fs::write(&at, "done").unwrap();
}

/// The faults that every `step`th try from number `from` on finds.
fn faults(mut from: usize, step: usize) -> Vec<String> {
    let place = tempfile::tempdir().unwrap();
    make(place.path());
    let mut faults = Vec::new();
    loop {
        let child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "flips::a_process_of_its_own", "--ignored", "--nocapture", "--test-threads=1"])
            .env(PLACE, place.path())
            .env(FROM, from.to_string())
            .env(STEP, step.to_string())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&child.stdout).into_owned();
        faults.extend(said.lines().filter(|line| line.contains("FLIP ")).map(str::to_owned));
        let at = fs::read_to_string(place.path().join("at")).unwrap();
        let Ok(number) = at.parse::<usize>() else { return faults };
        let ended = tries(place.path(), number, step).next().unwrap();
        ended.turn();
        let error = String::from_utf8_lossy(&child.stderr).into_owned();
        let error = error.lines().find(|line| !line.trim().is_empty()).unwrap_or_default().to_owned();
        faults.push(format!("{}: {}: {error}", child.status, ended.words()));
        from = number + step;
        assert!(faults.len() < 2000, "{faults:#?}");
    }
}

#[test]
fn every_damaged_byte_of_a_store_is_harmless_or_named() {
    let place = tempfile::tempdir().unwrap();
    make(place.path());
    let tried = tries(place.path(), 0, stride()).count();
    // the library has one lock for a whole process, so the tries are shared by processes
    let shares = thread::available_parallelism().map_or(1, usize::from);
    let step = stride() * shares;
    let faults: Vec<String> = thread::scope(|scope| {
        let running: Vec<_> = (0..shares).map(|share| scope.spawn(move || faults(share * stride(), step))).collect();
        running.into_iter().flat_map(|share| share.join().unwrap()).collect()
    });
    println!("{tried} changes of the files of a store");
    assert!(faults.is_empty(), "{} faults: {faults:#?}", faults.len());
}
