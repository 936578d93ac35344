//! Importing RWTH: virtual cells through archives in archives, and everything that can go wrong.

use std::fs;
use std::io::{Cursor, Read as _};

use cells::cell::Cycle;
use cells::source::CellSource as _;
use cells::store::Store;
use lab::VirtualLab;
use sources::coulomb::{self, Half};
use sources::import;
use sources::rwth::FORMAT;
use testing::archive::zip_of;

use super::published_files::{assert_life_is_that_of_cycles, cell, export, refusal, refused_or_unharmed};

/// Whether the samples of `original` are among those of `imported`, in order.
fn assert_contains(imported: &Cycle, original: &Cycle, what: &str) {
    let samples = |cycle: &Cycle| -> Vec<(f64, f64)> {
        cycle.current.iter().copied().zip(cycle.voltage.iter().copied()).collect()
    };
    let mut candidates = samples(imported).into_iter();
    for (current, voltage) in samples(original) {
        let found = candidates.any(|other| other == (current, voltage));
        assert!(found, "{what}: no sample with {current} A and {voltage} V");
    }
}

#[test]
fn virtual_cells_come_through_archives_with_every_sample() {
    let dir = tempfile::tempdir().unwrap();
    let archive = export("rwth-zip", &["RWTH_002", "RWTH_049"], dir.path()).remove(0);
    let published = (FORMAT.open)(std::slice::from_ref(&archive)).unwrap();
    assert_eq!(published.ids(), ["RWTH_002", "RWTH_049"]);
    assert_eq!(published.remarks(), ["46 of the 48 cells are not in the files"]);
    for id in ["RWTH_002", "RWTH_049"] {
        let made = VirtualLab::new().cell(id, usize::MAX).unwrap();
        let imported = published.cell(id).unwrap();
        let cell = &imported.cell;
        assert_eq!(cell.info(), made.info(), "origin, limits and chemistry");
        assert_life_is_that_of_cycles(cell);
        assert_eq!(cell.cycles().len(), made.cycles().len(), "{:?}", imported.remarks);
        for (position, (cycle, original)) in cell.cycles().iter().zip(made.cycles()).enumerate() {
            let what = format!("{id} at {position}");
            assert_eq!(cycle.number as usize, position + 1);
            assert_contains(cycle, original, &what);
            let (current, time) = (&cycle.current, cycle.time.as_ref().unwrap());
            assert!(time.windows(2).all(|pair| (0.0..=100.0).contains(&(pair[1] - pair[0]))), "{what} has a gap");
            let counted = coulomb::count(current, time, Half::Discharge, coulomb::SECONDS);
            assert!(counted.iter().zip(&cycle.discharge_capacity).all(|(a, b)| (a - b).abs() < 1e-9), "{what}");
            // times are such that what is counted is what passed, but for the noise of the current at rest; what is filled
            // in passes nothing
            let difference = cycle.discharged() - original.discharged();
            assert!(difference.abs() < 1e-4, "{what}: {difference} Ah more than recorded");
        }
    }

    // the same from the archive within, from the archives in that, and from the tables
    let first = published.cell("RWTH_049").unwrap();
    let levels = dir.path().join("levels");
    let mut outer = zip::ZipArchive::new(fs::File::open(&archive).unwrap()).unwrap();
    outer.extract(&levels).unwrap();
    let middle = levels.join("RWTH-2021-04545_818642/Rawdata.zip");
    assert_eq!(cell_of(&middle), first);
    let unpacked = dir.path().join("unpacked");
    zip::ZipArchive::new(fs::File::open(&middle).unwrap()).unwrap().extract(&unpacked).unwrap();
    assert_eq!(cell_of(&unpacked), first);
    let inner = unpacked.join("Rohdaten/BatID_049=ZYK_1_Zyk.zip");
    assert_eq!(cell_of(&inner), first);
    let tables = dir.path().join("tables");
    zip::ZipArchive::new(fs::File::open(&inner).unwrap()).unwrap().extract(&tables).unwrap();
    assert_eq!(cell_of(&tables), first);
}

fn cell_of(path: &std::path::Path) -> import::Imported {
    cell(&FORMAT, path, "RWTH_049").unwrap()
}

/// A table of cycles of 600 samples, the last of them not whole.
fn table(cycles: usize) -> String {
    let mut text = "Zeit,Programmdauer,Strom,Spannung\n,ms,A,V\n".to_owned();
    for k in 0..600 * cycles + 20 {
        let current = if k % 600 < 300 { -4.0 } else { 4.0 };
        let voltage = 3.5 + (k % 600) as f64 * 1e-3;
        text += &format!(
            "2014-01-01 {:02}:{:02}:{:02}.000,{},{current},{voltage}\n",
            k / 3600,
            k / 60 % 60,
            k % 60,
            k * 1000
        );
    }
    text
}

/// `raw.zip` with these tables, each in an archive of its own.
fn raw(tables: &[(&str, &[u8])]) -> Vec<u8> {
    let inner: Vec<(String, Vec<u8>)> = tables
        .iter()
        .map(|(name, content)| (format!("Rohdaten/{}", name.replace(".csv", ".zip")), zip_of(&[(*name, *content)])))
        .collect();
    let inner: Vec<(&str, &[u8])> = inner.iter().map(|(name, content)| (name.as_str(), &content[..])).collect();
    zip_of(&[("RWTH-2021-04545_818642/Rawdata.zip", &zip_of(&inner))])
}

fn refusal_of(archive: &[u8]) -> String {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("raw.zip");
    fs::write(&path, archive).unwrap();
    refusal(&FORMAT, &path)
}

#[test]
fn tests_of_one_cell_are_put_together_in_order_of_their_stamps() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("raw.zip");
    let whole = table(8);
    let lines: Vec<&str> = whole.lines().collect();
    let part = |range: std::ops::Range<usize>| {
        let body: Vec<&str> = lines[..2].iter().chain(&lines[range]).copied().collect();
        body.join("\n")
    };
    // the later test first by name, the two overlapping, begin-of-life tests and other files between
    let (first, second) = (part(2..2500), part(2400..lines.len()));
    let tables: [(&str, &[u8]); 5] = [
        ("b_007=ZYK_1_Zyk.csv", first.as_bytes()),
        ("a_007=ZYK_2_Zyk.csv", second.as_bytes()),
        ("b_007=ZYK_BOL_Zyk.csv", b"not read"),
        ("b_007=CU_1_Zyk.csv", b"not read"),
        ("b_001=ZYK_1_Zyk.csv", b"not read"),
    ];
    fs::write(&path, raw(&tables)).unwrap();
    let imported = cell(&FORMAT, &path, "RWTH_007").unwrap();
    assert_eq!(imported.cell.cycles().len(), 7, "eight beginnings, of which the first is not used");
    assert_eq!(imported.remarks, ["100 of 4920 samples dropped, of the same time or out of time"]);
    let cycle = &imported.cell.cycles()[0];
    assert_eq!((cycle.len(), cycle.number), (600, 1));
    let time = cycle.time.as_ref().unwrap();
    assert_eq!((time[0], time[1], time[599]), (0.0, 1.0, 599.0), "seconds");
    // 300 samples of discharge; nothing is known to have passed before the first of them
    assert!((cycle.discharged() - 4.0 * 299.0 / 3600.0).abs() < 1e-12);

    // through the store
    let mut store = Store::create(&dir.path().join("store")).unwrap();
    let published = (FORMAT.open)(&[path]).unwrap();
    import::write(&*published, &mut store, false, &|_, _| Ok(())).unwrap();
    assert_eq!(store.cell("RWTH_007", usize::MAX).unwrap(), imported.cell);
}

#[test]
fn a_cycle_that_the_published_rule_drops_is_kept_on_record() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("raw.zip");
    // of 20 cycles, the one after the first ten gives a third of the others: it rests for the rest of its discharge
    let rest = 2 + 600 * 10 + 100..2 + 600 * 10 + 300;
    let table = table(20);
    let lines = table.lines().enumerate();
    let lines =
        lines.map(|(row, line)| if rest.contains(&row) { line.replace(",-4,", ",0,") } else { line.to_owned() });
    let lines: Vec<String> = lines.collect();
    fs::write(&path, raw(&[("x_007=ZYK_1_Zyk.csv", lines.join("\n").as_bytes())])).unwrap();
    let sources::import::Imported { cell, remarks, .. } = cell(&FORMAT, &path, "RWTH_007").unwrap();
    assert_eq!((cell.cycles().len(), cell.left_out().len()), (18, 1), "{remarks:?}");
    // the first beginning is not used
    assert_eq!(cell.left_out()[0].position, 9);
    assert!(cell.left_out()[0].capacity < 0.7 * cell.cycles()[0].discharged());
    assert!(remarks[0].starts_with("1 of 19 cycles dropped as outliers"), "{remarks:?}");
    let numbers: Vec<usize> = cell.cycles().iter().map(|cycle| cycle.number as usize).collect();
    assert_eq!(numbers, (1..=19).filter(|number| *number != 10).collect::<Vec<_>>());
}

#[test]
fn what_is_wrong_in_a_table_is_named_by_archive_line_and_column() {
    let given = |content: &str| refusal_of(&raw(&[("x_010=ZYK_1_Zyk.csv", content.as_bytes())]));
    let named = |message: String, what: &str| {
        let place = "Rawdata.zip: Rohdaten/x_010=ZYK_1_Zyk.zip: x_010=ZYK_1_Zyk.csv: ";
        assert!(message.contains("raw.zip: RWTH-2021") && message.contains(&format!("{place}{what}")), "{message}");
    };
    let sound = table(2);
    named(given(&sound.replacen(",-4,", ",x,", 1)), "line 3, column \"Strom\": \"x\" is not a number");
    named(given(&sound.replacen(",-4,", ",nan,", 1)), "line 3, column \"Strom\": NaN is not a finite number");
    named(given(&sound.replacen(",-4,", ",", 1)), "line 3: 3 fields, but the header has 4");
    named(
        given(&sound.replacen("2014-01-01 00:00:00.000", "", 1)),
        "line 3, column \"Zeit\": a time stamp of 0 characters",
    );
    named(given(&sound.replacen("2014", &"2".repeat(40), 1)), "line 3, column \"Zeit\": a time stamp of 59 characters");
    named(given(&sound.replacen("Strom", "I", 1)), "no column \"Strom\" in line 1");
    named(given("Zeit,Programmdauer,Strom,Spannung\n"), "it ends after line 1");
    named(given(""), "it is empty");
    assert!(given(&sound[..2000]).contains("cell RWTH_010: ") || given(&sound[..2000]).contains("line"));
    assert!(given(&table(1)).contains("cell RWTH_010: no whole cycle in its 620 samples"));
}

#[test]
fn something_else_is_not_taken_for_the_archive() {
    assert!(refusal_of(b"").contains("is not a zip archive"));
    assert!(refusal_of(b"PK\x03\x04 and so on").contains("is not a zip archive"));
    assert!(refusal_of(&zip_of(&[("a.txt", b"a")])).contains("no cycling test of RWTH there"));
    assert!(refusal_of(&zip_of(&[("x/Rawdata.zip", b"no archive")])).contains("Rawdata.zip: it is no zip archive"));
    let inner = zip_of(&[("Rohdaten/y_010=ZYK_Zyk.zip", b"no archive")]);
    assert!(
        refusal_of(&zip_of(&[("x/Rawdata.zip", &inner)])).contains("Rohdaten/y_010=ZYK_Zyk.zip is not a zip archive")
    );
    assert!(refusal_of(&raw(&[("x_051=ZYK_1_Zyk.csv", b"")])).contains("no cycling test of RWTH there"));
}

#[test]
fn damaged_archives_are_refused() {
    refused_or_unharmed(&FORMAT, "raw.zip", &raw(&[("x_010=ZYK_1_Zyk.csv", table(3).as_bytes())]), "RWTH_010");
}

#[test]
fn the_exported_archive_is_shaped_like_the_published_one() {
    let dir = tempfile::tempdir().unwrap();
    let path = export("rwth-zip", &["RWTH_002"], dir.path()).remove(0);
    let mut outer = zip::ZipArchive::new(fs::File::open(path).unwrap()).unwrap();
    let mut middle = Vec::new();
    outer.by_name("RWTH-2021-04545_818642/Rawdata.zip").unwrap().read_to_end(&mut middle).unwrap();
    let mut middle = zip::ZipArchive::new(Cursor::new(middle)).unwrap();
    let mut inner = Vec::new();
    middle.by_index(0).unwrap().read_to_end(&mut inner).unwrap();
    let mut inner = zip::ZipArchive::new(Cursor::new(inner)).unwrap();
    let mut text = String::new();
    inner.by_index(0).unwrap().read_to_string(&mut text).unwrap();
    let mut lines = text.lines();
    assert!(lines.next().unwrap().contains("Zeit,Programmdauer"));
    assert!(lines.next().unwrap().contains(import::VIRTUAL_MARK), "the second line has units, and the mark");
}
