//! The cell store: what is written is what is read, and nothing damaged is taken for whole.

use std::fs;
use std::path::Path;

use cells::Error;
use cells::cell::{Cell, LeftOut, LifeRecord, Origin};
use cells::source::CellSource;
use cells::store::{self, Manifest, Store};

use testing::cells::{arbitrary_cell, plain_cell};

fn first_cycles(cell: &Cell, count: usize) -> Cell {
    let count = count.min(cell.cycles().len());
    let first = Cell::new(cell.info().clone(), cell.cycles()[..count].to_vec(), cell.life().clone()).unwrap();
    first.leaving_out(cell.left_out().to_vec()).unwrap()
}

#[test]
fn cells_come_back_as_they_were_written_whole_and_in_part() {
    let dir = tempfile::tempdir().unwrap();
    let cells: Vec<Cell> = (0..60).map(arbitrary_cell).collect();
    let mut store = Store::create(dir.path()).unwrap();
    store.write_all(cells.iter().cloned().map(Ok::<_, Error>).collect::<Vec<_>>()).unwrap();

    let store = Store::open(dir.path()).unwrap();
    let mut ids: Vec<&str> = cells.iter().map(Cell::id).collect();
    ids.sort_unstable();
    assert_eq!(store.ids(), ids);
    assert_eq!(store.origin(), Origin::Virtual);
    for cell in &cells {
        assert_eq!(&store.cell(cell.id(), usize::MAX).unwrap(), cell);
        for count in [0, 1, 2, 5, cell.cycles().len()] {
            assert_eq!(store.cell(cell.id(), count).unwrap(), first_cycles(cell, count), "{} cycles", count);
        }
        assert_eq!(&store::check_file(&file_of(dir.path(), cell.id())).unwrap(), cell);
    }
}

#[test]
fn the_fingerprint_follows_the_content_and_nothing_else() {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut here = Store::create(first.path()).unwrap();
    let mut there = Store::create(second.path()).unwrap();
    let mut seen = std::collections::BTreeSet::new();
    for number in 0..30 {
        let cell = arbitrary_cell(number);
        here.write(&cell).unwrap();
        there.write(&cell).unwrap();
        let fingerprint = here.fingerprint(cell.id()).unwrap();
        assert_eq!(fingerprint, there.fingerprint(cell.id()).unwrap());
        assert_eq!(fingerprint, Store::open(first.path()).unwrap().fingerprint(cell.id()).unwrap());
        let bytes = |dir: &Path| fs::read(file_of(dir, cell.id())).unwrap();
        assert!(bytes(first.path()) == bytes(second.path()), "two files of one cell differ");
        assert!(seen.insert(fingerprint));
    }

    let cell = plain_cell("a", 3);
    here.write(&cell).unwrap();
    let before = here.fingerprint("a").unwrap();
    let mut cycles = cell.cycles().to_vec();
    cycles[1].voltage[1] += f64::EPSILON * 4.0;
    here.write(&Cell::new(cell.info().clone(), cycles, cell.life().clone()).unwrap()).unwrap();
    assert_ne!(here.fingerprint("a").unwrap(), before);
    let LifeRecord::Capacity(mut capacity) = cell.life().clone() else { panic!("a capacity record") };
    *capacity.last_mut().unwrap() += 1e-9;
    here.write(&Cell::new(cell.info().clone(), cell.cycles().to_vec(), LifeRecord::Capacity(capacity)).unwrap())
        .unwrap();
    assert_ne!(here.fingerprint("a").unwrap(), before);

    // what was left out is content too; a cell that nothing was left out of is as it was before there was such a thing
    assert_eq!(store::fingerprint(&cell.clone().leaving_out(vec![]).unwrap()), store::fingerprint(&cell));
    let mut seen = std::collections::BTreeSet::from([store::fingerprint(&cell)]);
    for left_out in [[(0, 1.0), (1, 1.0)], [(0, 1.0), (2, 1.0)], [(0, 1.0), (2, 1.1)]] {
        let left_out = left_out.map(|(position, capacity)| LeftOut { position, capacity }).to_vec();
        let cell = cell.clone().leaving_out(left_out).unwrap();
        assert!(seen.insert(store::fingerprint(&cell)));
        here.write(&cell).unwrap();
        assert_eq!(here.cell("a", 1).unwrap().left_out(), cell.left_out());
    }
}

#[test]
fn a_folder_without_cells_says_how_to_get_some() {
    let dir = tempfile::tempdir().unwrap();
    let message = Store::open(dir.path()).unwrap_err().to_string();
    assert!(message.contains("holds no cells"), "{message}");
    assert!(message.contains("batlinet data import matr-curves FILE --data DIR"), "{message}");
    Store::create(dir.path()).unwrap();
    let message = Store::open(dir.path()).unwrap_err().to_string();
    assert!(message.contains("is empty"), "{message}");
    let message = Store::open(&dir.path().join("nowhere")).unwrap_err().to_string();
    assert!(message.contains("nowhere holds no cells"), "{message}");
}

#[test]
fn an_unknown_cell_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::create(dir.path()).unwrap();
    store.write(&plain_cell("MATR_b1c0", 2)).unwrap();
    let message = store.cell("MATR_b9c9", 1).unwrap_err().to_string();
    assert!(message.starts_with("cell MATR_b9c9 is not in the cell store"), "{message}");
    assert!(message.contains("did you mean 'MATR_b1c0'?"), "{message}");
    assert!(store.fingerprint("../MATR_b1c0").is_err());
}

#[test]
fn measured_and_virtual_cells_are_kept_apart() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::create(dir.path()).unwrap();
    store.write(&plain_cell("simulated", 2)).unwrap();
    let twin = plain_cell("measured", 2);
    let mut info = twin.info().clone();
    info.origin = Origin::Real;
    let real = Cell::new(info, twin.cycles().to_vec(), twin.life().clone()).unwrap();
    let message = store.write(&real).unwrap_err().to_string();
    assert!(message.contains("measured cells (measured) with virtual ones (simulated)"), "{message}");
    assert_eq!(Store::open(dir.path()).unwrap().ids(), ["simulated"]);
    assert_eq!(leftovers(dir.path()), ["cells", "manifest.csv"]);

    // the same, met on disk
    let other = tempfile::tempdir().unwrap();
    Store::create(other.path()).unwrap().write(&real).unwrap();
    fs::copy(file_of(other.path(), "measured"), file_of(dir.path(), "measured")).unwrap();
    assert!(Store::open(dir.path()).unwrap_err().to_string().contains("keep them in two folders"));
}

#[test]
fn one_bad_cell_leaves_the_store_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::create(dir.path()).unwrap();
    store.write(&plain_cell("a", 2)).unwrap();
    let before = store.fingerprint("a").unwrap();
    let failure = || Err(Error::Declared { table: "cell c".to_owned(), what: "broken".to_owned() });
    let batch = vec![Ok(plain_cell("a", 3)), Ok(plain_cell("b", 2)), failure()];
    assert_eq!(store.write_all(batch).unwrap_err().to_string(), "cell c: broken");
    let store = Store::open(dir.path()).unwrap();
    assert_eq!(store.ids(), ["a"]);
    assert_eq!(store.fingerprint("a").unwrap(), before);
    assert_eq!(leftovers(dir.path()), ["cells", "manifest.csv"]);
}

#[test]
fn a_file_cut_short_is_refused_by_name() {
    let dir = tempfile::tempdir().unwrap();
    Store::create(dir.path()).unwrap().write(&plain_cell("a", 40)).unwrap();
    let file = file_of(dir.path(), "a");
    let whole = fs::read(&file).unwrap();
    for length in [0, 1, 7, 100, whole.len() / 4, whole.len() / 2, whole.len() - 1] {
        fs::write(&file, &whole[..length]).unwrap();
        let message = Store::open(dir.path()).unwrap_err().to_string();
        assert!(message.contains("a.h5 is damaged"), "cut to {length}: {message}");
        assert!(message.contains("delete the file and import its dataset again"), "{message}");
    }
}

#[test]
fn the_manifest_has_every_cell_with_its_hashes() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::create(dir.path()).unwrap();
    assert_eq!(Manifest::read(dir.path()).unwrap(), None);
    store.write(&plain_cell("a", 2)).unwrap();
    store.write(&plain_cell("b", 3)).unwrap();
    let read = || Manifest::read(dir.path()).unwrap().unwrap();
    assert_eq!(read().ids().collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(read().fingerprint("b"), Some(store.fingerprint("b").unwrap().as_str()));
    let [content, lives] = read().hashes();

    // a manifest that is lost is made again, cell by cell the same
    let before = read();
    fs::remove_file(Manifest::path(dir.path())).unwrap();
    store.write(&plain_cell("b", 3)).unwrap();
    assert_eq!(read(), before);

    // another curve changes the content, another life record the labels too
    let cell = plain_cell("b", 3);
    let mut cycles = cell.cycles().to_vec();
    cycles[0].voltage[0] += 0.001;
    store.write(&Cell::new(cell.info().clone(), cycles.clone(), cell.life().clone()).unwrap()).unwrap();
    assert!(read().hashes()[0] != content && read().hashes()[1] == lives);
    let life = LifeRecord::Published { cycle_life: 500.0, end_of_life: 0.8 };
    store.write(&Cell::new(cell.info().clone(), cycles, life).unwrap()).unwrap();
    assert!(read().hashes()[0] != content && read().hashes()[1] != lives);

    // one that was emptied or is something else has not lost its cells without a word
    for damaged in ["cell_id,dataset\na,HUST\n", "", "hello\n"] {
        fs::write(Manifest::path(dir.path()), damaged).unwrap();
        let message = store.write(&plain_cell("a", 2)).unwrap_err().to_string();
        assert!(message.contains("manifest.csv") && message.contains("delete it to accept"), "{message}");
    }
}

#[test]
fn a_changed_value_is_found_by_its_hash() {
    let dir = tempfile::tempdir().unwrap();
    Store::create(dir.path()).unwrap().write(&plain_cell("a", 5)).unwrap();
    let file = testing::open_to_change(&file_of(dir.path(), "a"));
    let values = file.dataset("voltage/values").unwrap();
    let mut voltage = values.read_raw::<f64>().unwrap();
    voltage[1] += 0.001;
    values.write_raw(&voltage).unwrap();
    drop(values);
    file.close().unwrap();
    let message = store::check_file(&file_of(dir.path(), "a")).unwrap_err().to_string();
    assert!(message.contains("does not match the hash"), "{message}");
}

#[test]
fn broken_structure_is_an_error_and_never_a_panic() {
    let dir = tempfile::tempdir().unwrap();
    let spoil = |how: &dyn Fn(&hdf5::File)| {
        Store::create(dir.path()).unwrap_or_else(|_| {
            fs::remove_file(file_of(dir.path(), "a")).unwrap();
            Store::create(dir.path()).unwrap()
        });
        let mut store = Store::create(dir.path()).unwrap();
        store.write(&plain_cell("a", 5)).unwrap();
        let file = testing::open_to_change(&file_of(dir.path(), "a"));
        how(&file);
        file.close().unwrap();
        let message = store::check_file(&file_of(dir.path(), "a")).unwrap_err().to_string();
        assert!(message.contains("a.h5"), "{message}");
        message
    };
    let place = |end: &'static str, values: [u64; 5]| {
        move |file: &hdf5::File| file.dataset(&format!("discharge_capacity/{end}")).unwrap().write_raw(&values).unwrap()
    };
    assert!(spoil(&place("begin", [0, 3, 10, 9, 12])).contains("at position 2 makes no sense"));
    assert!(spoil(&place("begin", [0, 3, u64::MAX, 9, 12])).contains("at position 2 makes no sense"));
    assert!(spoil(&place("begin", [0, 4, 6, 9, 12])).contains("discharge capacity has 2 samples"));
    assert!(spoil(&place("end", [3, 6, 9, 12, 16])).contains("15 elements instead of 16"));
    assert!(spoil(&place("end", [3, 6, 9, 12, u64::MAX - 1])).contains("instead of"));
    assert!(spoil(&place("end", [3, 6, 9, 12, u64::MAX])).contains("makes no sense"));
    assert!(spoil(&|file| file.unlink("current").unwrap()).contains("no current"));
    assert!(spoil(&|file| file.unlink("number").unwrap()).contains("damaged"));
    assert!(spoil(&|file| file.unlink("life_capacity").unwrap()).contains("damaged"));
    assert!(spoil(&|file| file.attr("version").unwrap().write_scalar(&3_u32).unwrap()).contains("format version 3"));
    assert!(spoil(&|file| file.delete_attr("format").unwrap()).contains("of another kind"));
    assert!(spoil(&|file| file.delete_attr("dataset").unwrap()).contains("damaged"));
    let nan = |file: &hdf5::File| file.attr("nominal_capacity").unwrap().write_scalar(&f64::NAN).unwrap();
    assert!(spoil(&nan).contains("nominal capacity is NaN"));
}

#[test]
fn a_file_under_another_name_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    Store::create(dir.path()).unwrap().write(&plain_cell("a", 2)).unwrap();
    fs::rename(file_of(dir.path(), "a"), file_of(dir.path(), "b")).unwrap();
    assert!(Store::open(dir.path()).unwrap_err().to_string().contains("it holds the cell a"));
    fs::write(file_of(dir.path(), "b"), "cell_id,cycle\n").unwrap();
    assert!(Store::open(dir.path()).unwrap_err().to_string().contains("b.h5 is damaged"));
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    let message = Store::create(&file).unwrap_err().to_string();
    assert!(message.contains("cannot make the folder") && message.contains("file/cells"), "{message}");
}

fn file_of(dir: &Path, id: &str) -> std::path::PathBuf {
    dir.join("cells").join(format!("{id}.h5"))
}

fn leftovers(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
