//! What files hold never reaches the terminal as it is: messages are bounded, and have no control characters.

use std::fs;
use std::path::{Path, PathBuf};

use cells::split::Split;
use cells::store::{Manifest, Store};
use experiments::pools::Pools;
use harness::cli::failure::Failure;
use rand::{Rng, RngExt};
use sources::import::{FORMATS, Format};
use testing::archive::zip_of;

/// What must hold of any sentence about a file.
fn assert_harmless(message: &str, of: &str) {
    let harmful = message.chars().find(|letter| letter.is_control());
    assert_eq!(harmful, None, "{of}: {message:?}");
    assert!(message.chars().count() < 2500, "{of}: {} letters", message.chars().count());
}

/// Imports a file of this name into nowhere, and looks at what is said.
fn look_at(format: &Format, folder: &Path, name: &str, content: &[u8]) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, content).unwrap();
    let read = || -> Result<(), Failure> {
        let published = (format.open)(&[folder.to_owned()])?;
        published.remarks().iter().for_each(|remark| assert_harmless(remark, name));
        for id in published.ids() {
            let imported = published.cell(&id)?;
            imported.remarks.iter().for_each(|remark| assert_harmless(remark, name));
        }
        Ok(())
    };
    if let Err(failure) = read() {
        assert_harmless(&failure.to_string(), name);
        assert_eq!(failure.exit_code(), 2, "{failure}");
    }
    fs::remove_dir_all(folder).unwrap();
}

const SNL: &str = "SNL_18650_NMC_25C_0-100_0.5-1C_a";

/// For every format, the name that a file must have to be read, and how one begins that is no other thing.
fn names() -> Vec<(&'static str, String, &'static str)> {
    let samples = "Cycle_Index,Test_Time (s),Current (A),Voltage (V),Charge_Capacity (Ah),Discharge_Capacity (Ah),\
                   Cell_Temperature (C)\n";
    vec![
        ("matr", "2018-04-12.mat".to_owned(), "\u{89}HDF\r\n\u{1a}\n"),
        ("matr-curves", "data/train/cell1.csv".to_owned(), "0.1,0.2,\n"),
        ("hust", "1-1.pkl".to_owned(), "c"),
        ("hust", "1-1.pkl".to_owned(), "cos\n"),
        ("hust", "1-1.pkl".to_owned(), "I"),
        ("calce", "CS2_35/CS2_35_8_18_10.txt".to_owned(), "Charge count\tTime\tmA\tmV\n"),
        ("calce", "CS2_35/CS2_35_8_18_10.xlsx".to_owned(), "PK\u{3}\u{4}"),
        ("calce", "CS2_35/CS2_35_8_18_10.xls".to_owned(), ""),
        ("rwth", "002=ZYKZyk.csv".to_owned(), "Zeit,Programmdauer,Strom,Spannung\n,ms,A,V\n"),
        ("hnei", "HNEI_18650_NMC_LCO_25C_0-100_0.5-1.5C_a_timeseries.csv".to_owned(), samples),
        ("snl", format!("{SNL}_timeseries.csv"), samples),
        ("snl", format!("{SNL}_cycle_data.csv"), "Cycle_Index,Discharge_Capacity (Ah)\n"),
        ("batteryml", format!("{SNL}.pkl"), "V"),
    ]
}

/// Bytes of which many are those that terminals obey.
fn hostile(random: &mut impl Rng) -> Vec<u8> {
    let pieces: [&[u8]; 9] =
        [b"\x1b[31m", b"\x1b]0;title\x07", b"\r", b"\x9b2J", "\u{9b}2J\u{202e}".as_bytes(), b"\n", b",", b"\t", b"\0"];
    let mut bytes = Vec::new();
    for _ in 0..random.random_range(1..400) {
        match random.random_range(0..4) {
            0 => bytes.extend(pieces[random.random_range(0..pieces.len())]),
            1 => bytes.push(random.random_range(0..=255)),
            2 => bytes.extend(vec![random.random_range(33..127_u8); random.random_range(1..300)]),
            _ => bytes.push(random.random_range(b'0'..=b'9')),
        }
    }
    bytes
}

#[test]
fn whatever_a_file_holds_the_terminal_is_left_alone() {
    sources::matr::read_by(env!("CARGO_BIN_EXE_batlinet").into());
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("given");
    let mut random = numerics::Streams::new("hostile files").stream("bytes");
    for (format, name, start) in names() {
        let format = Format::find(format).unwrap();
        // a batch file costs a process
        for _ in 0..if format.name == "matr" { 5 } else { 60 } {
            look_at(format, &folder, &name, &hostile(&mut random));
            let begun: Vec<u8> = start.chars().map(|letter| letter as u8).chain(hostile(&mut random)).collect();
            look_at(format, &folder, &name, &begun);
        }
    }
    assert!(
        FORMATS
            .iter()
            .all(|format| ["ul-pur"].contains(&format.name) || names().iter().any(|(name, ..)| *name == format.name))
    );
}

#[test]
fn lists_and_archives_are_shown_as_little() {
    let dir = tempfile::tempdir().unwrap();
    let mut random = numerics::Streams::new("hostile lists").stream("bytes");
    let path = dir.path().join("list.csv");
    let store = dir.path().join("store");
    Store::create(&store).unwrap();
    for _ in 0..200 {
        for header in ["", "cell_id,split\n", "cell_id,pool\n", "cell_id,dataset,fingerprint,life\n"] {
            let bytes = [header.as_bytes(), &hostile(&mut random)].concat();
            fs::write(&path, &bytes).unwrap();
            fs::write(Manifest::path(&store), &bytes).unwrap();
            let said = [
                Split::read(&path).err().map(|error| error.to_string()),
                Pools::read(&path).err().map(|error| error.to_string()),
                Manifest::read(&store).err().map(|error| error.to_string()),
            ];
            said.iter().flatten().for_each(|said| assert_harmless(said, header));
        }
        let name = String::from_utf8_lossy(&hostile(&mut random)).replace(['/', '\\', '\0'], "");
        let archive = zip_of(&[(&format!("CS2_35/{name}.xlsx"), b"x"), (&format!("{name}.pkl"), b"x")]);
        let path: PathBuf = dir.path().join("given.zip");
        fs::write(&path, archive).unwrap();
        for format in ["hust", "calce", "rwth", "snl", "batteryml"] {
            if let Err(failure) = (Format::find(format).unwrap().open)(std::slice::from_ref(&path)) {
                assert_harmless(&failure.to_string(), format);
            }
        }
    }
}

#[test]
fn a_text_file_given_for_an_archive_is_not_printed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("notes.txt");
    fs::write(&path, "\u{1b}[31m a line of some text that is no archive\n".repeat(60)).unwrap();
    let failure = (Format::find("matr-curves").unwrap().open)(std::slice::from_ref(&path)).err().unwrap();
    let message = failure.to_string();
    assert_harmless(&message, "matr-curves");
    assert!(
        message.contains("notes.txt") && message.chars().count() < path.display().to_string().len() + 300,
        "{message}"
    );
}
