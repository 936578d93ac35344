//! Files that are damaged, something else, or mean harm: refused by name and place, with the store untouched.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use hdf5::ObjectReference1;
use rand::RngExt;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use testing::{open_to_change, some::LabCells};

use super::published_files::is_the_users;
use super::raw::{export, import, refusal};

fn exported(format: &str, cells: &[&str], folder: &Path) -> PathBuf {
    export(format, &LabCells::of_the_lab(3, cells), folder).remove(0)
}

fn zip(path: &Path, entries: &[(&str, &[u8])]) -> PathBuf {
    let mut archive = ZipWriter::new(File::create(path).unwrap());
    for (name, content) in entries {
        archive.start_file(*name, SimpleFileOptions::default()).unwrap();
        archive.write_all(content).unwrap();
    }
    archive.finish().unwrap();
    path.to_owned()
}

/// What the importer says of a file of this name with this content.
fn refusal_of(format: &str, name: &str, content: &[u8]) -> String {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    fs::write(&path, content).unwrap();
    refusal(format, &[path], name)
}

const BATCH_3: &str = "2018-04-12_batchdata_updated_struct_errorcorrect.mat";

#[test]
fn what_is_no_batch_file_is_not_taken_for_one() {
    let dir = tempfile::tempdir().unwrap();
    assert!(refusal_of("matr", BATCH_3, b"").contains("is no MATLAB v7.3 (HDF5) file, or is damaged or cut short"));
    assert!(refusal_of("matr", BATCH_3, &[b'x'; 5000]).contains("is no MATLAB v7.3 (HDF5) file"));
    assert!(
        refusal_of("matr", BATCH_3, b"MATLAB 5.0 MAT-file, Platform: ...").contains("MATLAB file of an older version")
    );
    let nowhere = dir.path().join("nowhere.mat");
    assert!(refusal("matr", &[nowhere], "nowhere.mat").contains("cannot read"));
    assert!(refusal("matr", &[dir.path().to_owned()], "").contains("has no file that ends in .mat"));
    // another HDF5 file
    let other = dir.path().join(BATCH_3);
    hdf5::File::create(&other).unwrap().create_group("cells").unwrap();
    assert!(refusal("matr", &[other], BATCH_3).contains("has no structure \"batch\""));
    // another batch under this name, and a name that says nothing
    let batch = exported("matr-mat", &["MATR_b4c3"], dir.path());
    let renamed = batch.with_file_name("2017-06-30.mat");
    fs::rename(&batch, &renamed).unwrap();
    assert!(
        refusal("matr", std::slice::from_ref(&renamed), "2017-06-30")
            .contains("it has 45 cells, batch 2 (2017-06-30) has 48")
    );
    let plain = batch.with_file_name("mine.mat");
    fs::rename(&renamed, &plain).unwrap();
    assert_eq!(import("matr", &[plain]).unwrap().2.cells[0].1, 1); // the file itself says its date
}

/// A batch file, changed by `change`.
fn changed_batch(dir: &Path, change: impl FnOnce(&hdf5::File)) -> PathBuf {
    let path = exported("matr-mat", &["MATR_b3c0"], dir);
    change(&open_to_change(&path));
    path
}

fn refusal_of_changed(change: impl FnOnce(&hdf5::File)) -> String {
    let dir = tempfile::tempdir().unwrap();
    refusal("matr", &[changed_batch(dir.path(), change)], "2018-04-12")
}

/// The group of the cycles of the cell.
fn cycles(file: &hdf5::File) -> hdf5::Group {
    let cells: Vec<ObjectReference1> = file.dataset("batch/cycles").unwrap().read_raw().unwrap();
    match file.dereference(&cells[0]).unwrap() {
        hdf5::ReferencedObject::Group(cycles) => cycles,
        other => panic!("{other:?}"),
    }
}

/// Replaces the voltage of the second cycle of the file by `name`, which is made.
fn replace_voltage(file: &hdf5::File, make: impl FnOnce(&hdf5::Group)) {
    let targets = file.group("#refs#").unwrap();
    make(&targets);
    let voltage = cycles(file).dataset("V").unwrap();
    let mut references: Vec<ObjectReference1> = voltage.read_raw().unwrap();
    references[1] = targets.reference("replaced").unwrap();
    voltage.write_raw(&references).unwrap();
}

#[test]
fn a_damaged_structure_is_named_by_cell_cycle_and_field() {
    let message = refusal_of_changed(|file| file.unlink("batch/summary").unwrap());
    assert!(message.contains("field summary"), "{message}");
    let message = refusal_of_changed(|file| cycles(file).unlink("Qd").unwrap());
    assert!(message.contains("cell b3c0: field Qd"), "{message}");
    let message = refusal_of_changed(|file| {
        let cycles = cycles(file);
        let short: Vec<ObjectReference1> = cycles.dataset("I").unwrap().read_raw().unwrap();
        cycles.unlink("I").unwrap();
        let dataset = cycles.new_dataset::<ObjectReference1>().shape((2, 1)).create("I").unwrap();
        dataset.write_raw(&short[..2]).unwrap();
    });
    assert!(message.contains("cycles.I has 2 cycles, cycles.V has 4"), "{message}");
    let message = refusal_of_changed(|file| {
        let cycles = cycles(file);
        cycles.unlink("I").unwrap();
        cycles.new_dataset_builder().with_data(&[1.0, 2.0, 3.0, 4.0]).create("I").unwrap();
    });
    assert!(message.contains("field I: it cannot be read"), "{message}");
    let message = refusal_of_changed(|file| {
        replace_voltage(file, |targets| {
            targets.new_dataset_builder().with_data(&[3.0, 2.0]).create("replaced").unwrap();
        });
    });
    assert!(message.contains("cell b3c0: cycles(2): ") && message.contains("voltage has 2"), "{message}");
}

/// What is said of a file in which the voltage of a cycle is a dataset of this shape, without anything in it.
fn refusal_of_shape(shape: impl Into<hdf5::Extents>, chunk: (usize, usize)) -> String {
    let shape = shape.into();
    refusal_of_changed(|file| {
        replace_voltage(file, |targets| {
            targets.new_dataset::<f64>().chunk(chunk).shape(shape).create("replaced").unwrap();
        });
    })
}

#[test]
fn absurd_dimensions_are_refused_before_anything_is_read() {
    let message = refusal_of_shape((1 << 40, 1), (1024, 1));
    assert!(message.contains("cycles(2).V: its dimensions are [1099511627776, 1]"), "{message}");
    let message = refusal_of_shape((8.., 1), (1 << 28, 1));
    assert!(message.contains("in chunks far larger than itself"), "{message}");
    let message = refusal_of_changed(|file| {
        file.unlink("batch/cycles").unwrap();
        let dataset = file.new_dataset::<ObjectReference1>().chunk((1024, 1)).shape((1 << 40, 1));
        dataset.create("batch/cycles").unwrap();
    });
    assert!(message.contains("field cycles: its dimensions are"), "{message}");
    // references that were never written lead nowhere
    let message = refusal_of_changed(|file| {
        file.unlink("batch/cycles").unwrap();
        file.new_dataset::<ObjectReference1>().chunk((46, 1)).shape((46, 1)).create("batch/cycles").unwrap();
    });
    assert!(message.contains("a reference leads nowhere"), "{message}");
}

#[test]
fn a_batch_file_cut_short_is_refused_wherever_it_is_cut() {
    let dir = tempfile::tempdir().unwrap();
    let path = exported("matr-mat", &["MATR_b3c0"], dir.path());
    let whole = fs::read(&path).unwrap();
    for part in [1, 100, 512, 513, 600, 2000, whole.len() / 2, whole.len() - 1] {
        fs::write(&path, &whole[..part]).unwrap();
        let message = refusal("matr", std::slice::from_ref(&path), "2018-04-12");
        assert!(message.contains("damaged or cut short"), "cut to {part}: {message}");
    }
}

#[test]
fn flipped_bits_of_a_batch_file_do_no_harm() {
    let dir = tempfile::tempdir().unwrap();
    let whole = fs::read(exported("matr-mat", &["MATR_b3c0"], dir.path())).unwrap();
    // HDF5 marks its trees, heaps and tables of names; numbers have no checksum, so a changed one is a number like any other
    let marks: Vec<usize> = (0..whole.len() - 32)
        .filter(|&at| [b"TREE", b"HEAP", b"SNOD", b"GCOL"].iter().any(|mark| whole[at..].starts_with(*mark)))
        .collect();
    let mut random = numerics::Streams::new("damaged batch files").stream("flips");
    let mut refused = 0;
    // each costs two starts of a process; the fuzz target `matr` tries more
    for round in 0..60 {
        let mut bytes = whole.clone();
        // half of them where the structure lies
        let place = match round % 2 {
            0 => marks[random.random_range(0..marks.len())] + random.random_range(0..32),
            _ => random.random_range(0..whole.len()),
        };
        bytes[place] ^= 1 << random.random_range(0..8);
        // the library takes a path that it has not let go of for the file that it knows, so each round has its own
        let path = dir.path().join(format!("2018-04-12-{round}.mat"));
        fs::write(&path, &bytes).unwrap();
        if let Err(failure) = import("matr", std::slice::from_ref(&path)) {
            assert!(is_the_users(&failure), "{failure}");
            assert!(failure.to_string().contains("2018-04-12"), "{failure}");
            refused += 1;
        }
    }
    // most of the bytes are numbers, or places without a cell that nobody reads
    assert!(refused > 0, "none of 60");
}

#[test]
fn a_pickle_in_an_archive_is_never_run() {
    let dir = tempfile::tempdir().unwrap();
    let witness = dir.path().join("owned");
    let pickle = format!("cposix\nsystem\n(S'touch {}'\ntR.", witness.display());
    let archive = zip(&dir.path().join("hust_data.zip"), &[("our_data/1-1.pkl", pickle.as_bytes())]);
    let message = refusal("hust", &[archive], "hust_data.zip: our_data/1-1.pkl");
    assert!(message.contains("at byte 0: the file asks for posix.system"), "{message}");
    let alone = dir.path().join("MATR_b1c0.pkl");
    fs::write(&alone, &pickle).unwrap();
    assert!(refusal("batteryml", &[alone], "MATR_b1c0.pkl").contains("posix.system"));
    assert!(!witness.exists());
}

#[test]
fn archives_that_mean_harm_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("hust_data.zip");
    // a thousandfold of what it takes in the archive, all of it opcodes
    let bomb = vec![b']'; 64 << 20];
    let archive = zip(&path, &[("our_data/1-1.pkl", &bomb)]);
    assert!(fs::metadata(&archive).unwrap().len() < 1 << 20);
    let message = refusal("hust", &[archive], "our_data/1-1.pkl");
    assert!(message.contains("beyond all measure") || message.contains("more memory"), "{message}");
    drop(bomb);
    let deep = [&vec![b']'; 10_000][..], &vec![b'a'; 9_999], b"."].concat();
    let message = refusal("hust", &[zip(&path, &[("our_data/1-1.pkl", &deep)])], "our_data/1-1.pkl");
    assert!(message.contains("it is a list without an entry \"1-1\""), "{message}");
    let message = refusal("hust", &[zip(&path, &[("../../1-1.pkl", b"N.")])], "hust_data.zip");
    assert!(message.contains("would lie outside the archive"), "{message}");
    let message = refusal("hust", &[zip(&path, &[("our_data/1-1.pkl", b"N."), ("copy/1-1.pkl", b"N.")])], "1-1.pkl");
    assert!(message.contains("are both cell HUST_1-1"), "{message}");
}

#[test]
fn an_archive_cut_short_or_changed_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = exported("hust-zip", &["HUST_1-1"], dir.path());
    let whole = fs::read(&path).unwrap();
    for length in [0, 10, whole.len() / 2, whole.len() - 1] {
        fs::write(&path, &whole[..length]).unwrap();
        let message = refusal("hust", std::slice::from_ref(&path), "hust_data.zip");
        assert!(message.contains("not a zip archive, or is damaged or cut short"), "{message}");
    }
    for place in [60, whole.len() / 3, whole.len() / 2] {
        let mut flipped = whole.clone();
        flipped[place] ^= 0x10;
        fs::write(&path, &flipped).unwrap();
        refusal("hust", std::slice::from_ref(&path), "hust_data.zip"); // the checksum, if nothing else
    }
}

#[test]
fn files_of_another_dataset_are_not_taken() {
    let dir = tempfile::tempdir().unwrap();
    let batch = exported("matr-mat", &["MATR_b3c0"], &dir.path().join("matr"));
    let archive = exported("hust-zip", &["HUST_1-1"], &dir.path().join("hust"));
    let pickle = exported("batteryml", &["HUST_1-1"], &dir.path().join("batteryml"));
    for (format, path, says) in [
        ("matr", &archive, "is no MATLAB v7.3"),
        ("matr", &pickle, "is no MATLAB v7.3"),
        ("hust", &batch, "is not hust_data.zip nor its folder"),
        ("hust", &pickle, "is not hust_data.zip nor its folder"),
        ("batteryml", &archive, "no pickle is named after a published cell"),
        ("batteryml", &batch, "no pickle is named after a published cell"),
    ] {
        let message = refusal(format, std::slice::from_ref(path), path.to_str().unwrap());
        assert!(message.contains(says), "{format}: {message}");
    }
    let renamed = pickle.with_file_name("MATR_b1c0.pkl");
    fs::rename(&pickle, &renamed).unwrap();
    assert!(refusal("batteryml", &[renamed], "MATR_b1c0.pkl").contains("it holds the cell HUST_1-1"));
}

/// A pickle of the record of cell 1-1 of HUST, with what `data` writes between brackets as its frames.
fn hust_record(data: &[u8]) -> Vec<u8> {
    [b"\x80\x02}X\x03\x00\x00\x001-1}X\x04\x00\x00\x00data}(".as_slice(), data, b"uss."].concat()
}

#[test]
fn a_record_that_is_not_as_published_is_named_by_cycle() {
    let said = |data: &[u8]| {
        let dir = tempfile::tempdir().unwrap();
        let archive = zip(&dir.path().join("hust_data.zip"), &[("our_data/1-1.pkl", &hust_record(data))]);
        refusal("hust", &[archive], "our_data/1-1.pkl")
    };
    assert!(said(b"").contains("cell HUST_1-1 has no cycles"));
    assert!(said(b"K\x01NK\x03N").contains("cycle 2 is missing"));
    assert!(said(b"K\x01N").contains("cycle 1: None stands where a frame should be"));
    assert!(said(b"X\x01\x00\x00\x00aN").contains("a key of \"data\" is no cycle number"));
    let cell = |pickle: &[u8]| refusal_of("batteryml", "HUST_1-1.pkl", pickle);
    assert!(cell(b"}.").contains("it has no \"cell_id\""));
    assert!(cell(b"N.").contains("it has no \"cell_id\""));
    let named = b"}(X\x07\x00\x00\x00cell_idX\x08\x00\x00\x00HUST_1-1";
    assert!(cell(&[&named[..], b"u."].concat()).contains("it has no list \"cycle_data\""));
    let cycles = |cycle: &[u8]| [&named[..], b"X\x0a\x00\x00\x00cycle_data](", cycle, b"eu."].concat();
    assert!(cell(&cycles(b"")).contains("it has no cycles"));
    assert!(cell(&cycles(b"}")).contains("cycle_data[0]: it has no voltage_in_V"));
    let text = b"}(X\x0c\x00\x00\x00voltage_in_VX\x01\x00\x00\x00xu";
    assert!(cell(&cycles(text)).contains("cycle_data[0]: voltage_in_V: a text stands where an array should be"));
}
