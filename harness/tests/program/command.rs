//! `batlinet data …` as a function: what it refuses, and what it leaves behind.

use std::fs;
use std::path::{Path, PathBuf};

use cells::source::CellSource;
use cells::store::Store;
use harness::cli::data::import::Kind;
use harness::cli::data::{DataCommand, execute_to};
use harness::cli::failure::Failure;
use sources::import::Format;

use testing::archive::{Archive, line_of, table_with_line};
use testing::cells::plain_cell;

/// What the command prints.
fn execute(command: &DataCommand) -> Result<String, Failure> {
    let mut out = Vec::new();
    execute_to(command, &mut out).map(|()| String::from_utf8(out).unwrap())
}

fn check(data: &Path) -> DataCommand {
    DataCommand::Check { data: data.to_owned(), experiments: vec![] }
}

fn show(cell: &str, data: &Path) -> DataCommand {
    DataCommand::Show { cell: cell.to_owned(), data: data.to_owned(), out: None, cycles: vec![] }
}

fn import(path: PathBuf, data: PathBuf, force: bool) -> Result<String, String> {
    let format = Kind::Published(Format::find("matr-curves").unwrap());
    let command = DataCommand::Import {
        format,
        paths: vec![path],
        data,
        force,
        nominal_capacity: None,
        catalogue: None,
        cells: None,
    };
    execute(&command).map_err(|failure| failure.to_string())
}

#[test]
fn an_import_is_repeated_only_by_force() {
    let dir = tempfile::tempdir().unwrap();
    let (archive, data) = (Archive::sound().write_tar(dir.path()), dir.path().join("store"));
    let said = import(archive.clone(), data.clone(), false).unwrap();
    assert!(
        said.starts_with(
            "124 real cells of MATR\ncycles 2 to 100, from petermattia/revisit-severson-et-al; the tables differ"
        ),
        "{said}"
    );
    let message = import(archive.clone(), data.clone(), false).unwrap_err();
    assert!(message.contains("124 of these 124 cells are in") && message.contains("--force"), "{message}");
    let before = Store::open(&data).unwrap().fingerprint("MATR_b1c1").unwrap();
    let changed = Archive::sound().with("data/train/cell1.csv", table_with_line(0, &line_of("-0.001")));
    import(changed.write_tar(dir.path()), data.clone(), true).unwrap();
    let store = Store::open(&data).unwrap();
    assert_ne!(store.fingerprint("MATR_b1c1").unwrap(), before);
    assert_eq!(store.cell("MATR_b1c1", 1).unwrap().cycles()[0].discharge_capacity[0], -0.001);
    let said = execute(&DataCommand::List { data: data.clone() }).unwrap();
    assert!(said.contains("here: 124 real cells in") && said.contains("| 2 to 100"), "{said}");
    let said = execute(&show("MATR_b1c1", &data)).unwrap();
    assert!(said.contains("origin      real, measured"), "{said}");
    let failure = execute(&show("MATR_b9c1", &data)).unwrap_err();
    assert!(failure.to_string().contains("MATR_b9c1 is not in the cell store"), "{failure}");
    assert!(failure.to_string().contains("did you mean 'MATR_b"), "{failure}");

    // a damaged file is found and named, and mended by importing again
    let file = data.join("cells/MATR_b1c1.h5");
    let whole = fs::read(&file).unwrap();
    fs::write(&file, &whole[..whole.len() - 10]).unwrap();
    let failure = execute(&check(&data)).unwrap_err();
    assert!(failure.to_string().contains("faults in"), "{failure}");
    assert_eq!(failure.exit_code(), 3);
}

#[test]
fn a_failed_import_leaves_not_even_a_folder() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("store");
    let message = import(dir.path().join("nowhere.tar.gz"), data.clone(), false).unwrap_err();
    assert!(message.contains("cannot read") && message.contains("nowhere.tar.gz"), "{message}");
    assert!(!data.exists());
}

#[test]
fn virtual_cells_are_not_imported_nor_checked() {
    let message = import("curves.tar.gz".into(), "virtual".into(), false).unwrap_err();
    assert!(message.contains("virtual cells are made when they are asked for"), "{message}");
    let failure = execute(&check("virtual".as_ref())).unwrap_err();
    assert!(failure.to_string().contains("nothing to check"), "{failure}");
    execute(&DataCommand::List { data: "virtual".into() }).unwrap();
    execute(&show("SNL_18650_LFP_25C_0-100_0.5-1C_a", "virtual".as_ref())).unwrap();
}

#[test]
fn a_store_of_virtual_cells_takes_no_measured_ones() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("store");
    Store::create(&data).unwrap().write(&plain_cell("a", 2)).unwrap();
    let message = import(Archive::sound().write_tar(dir.path()), data.clone(), false).unwrap_err();
    assert!(message.contains("keep them in two folders"), "{message}");
    assert_eq!(Store::open(&data).unwrap().ids(), ["a"]);
}

#[test]
fn a_folder_without_a_store_says_how_to_make_one() {
    let dir = tempfile::tempdir().unwrap();
    for command in [check(dir.path()), DataCommand::List { data: dir.path().to_owned() }, show("MATR_b1c0", dir.path())]
    {
        let message = execute(&command).unwrap_err().to_string();
        assert!(message.contains("import some with `batlinet data import matr-curves FILE --data DIR`"), "{message}");
    }
}
