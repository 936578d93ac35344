//! Real exports of cyclers: each is named, and read or refused in words that say what to do. They lie outside the project; where
//! they do not, these tests are skipped.

use std::fs;
use std::path::{Path, PathBuf};

use sources::cycler;
use sources::import::{self, CellFiles as _};

/// A folder of real data, `$BATLINET_REAL_DATA` or beside the checkout.
fn folder(name: &str) -> Option<PathBuf> {
    let root = std::env::var_os("BATLINET_REAL_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(4).unwrap_or(Path::new("/")).join("shared/data"),
        PathBuf::from,
    );
    let folder = root.join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    testing::skip(&format!("{} is not there; set BATLINET_REAL_DATA", folder.display()));
    None
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// What an import of one file by its own draft says.
fn import(file: &Path, draft: &str) -> Result<String, String> {
    let dir = tempfile::tempdir().unwrap();
    let declaration = dir.path().join("cells.yaml");
    fs::write(&declaration, draft).unwrap();
    let cells = cycler::open(&[file.to_owned()], &declaration).map_err(|error| error.to_string())?;
    let mut store = cells::store::Store::create(&dir.path().join("store")).map_err(|error| error.to_string())?;
    assert_eq!(cells.ids().len(), 1);
    import::write(&cells, &mut store, false, &|_, _| Ok(()))
        .map(|summary| summary.to_string())
        .map_err(|error| error.to_string())
}

#[test]
fn samples_are_named_and_read_or_refused_in_words() {
    let Some(folder) = folder("cycler-samples") else { return };
    for file in files(&folder) {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let draft = cycler::describe(std::slice::from_ref(&file));
        match &draft {
            Ok(draft) => {
                println!("=== {name}\n{draft}");
                match import(&file, draft) {
                    Ok(said) => println!("--- imported: {said}"),
                    Err(said) => println!("--- refused: {said}"),
                }
            }
            Err(error) => println!("=== {name}\n!!! {error}"),
        }
    }
}

#[test]
fn cells_of_batteryml_that_no_table_knows_are_imported() {
    let Some(folder) = folder("foreign-batteryml") else { return };
    for file in files(&folder) {
        let draft = cycler::describe(std::slice::from_ref(&file)).unwrap();
        println!("{draft}");
        println!("{}", import(&file, &draft).unwrap_or_else(|error| format!("!!! {error}")));
    }
}

#[test]
fn virtual_cells_raise_no_doubt() {
    use cells::source::CellSource as _;
    use rayon::prelude::*;
    let lab = lab::VirtualLab::new();
    // all of them where it is asked for: BATLINET_ALL=1
    let step = if std::env::var_os("BATLINET_ALL").is_some() { 1 } else { 20 };
    let doubts: Vec<String> = lab
        .ids()
        .into_par_iter()
        .step_by(step)
        .flat_map(|id| {
            let cell = lab.cell(&id, usize::MAX).unwrap();
            let doubts = cells::physics::doubts(&cell);
            doubts.into_iter().map(move |doubt| format!("{id}: {doubt}")).collect::<Vec<_>>()
        })
        .collect();
    assert!(doubts.is_empty(), "{}", doubts.join("\n"));
}

/// The hashes of `cells/src/physics/published.txt`, where published cells lie beside the project.
#[test]
fn published_cells_are_known_by_hash() {
    use cells::source::CellSource as _;
    let Some(folder) = folder("matr") else { return };
    let calce = folder.with_file_name("calce").join("raw/CS2_35");
    let mut unknown = Vec::new();
    for (format, path) in [
        ("matr-curves", folder.join("matr-curves.tar.gz")),
        ("matr-curves", folder.join("matr-clo-curves-2-150.tar.xz")),
        ("calce", calce),
    ] {
        let format = import::Format::find(format).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let mut store = cells::store::Store::create(dir.path()).unwrap();
        let published = (format.open)(&[path]).unwrap();
        let said = import::write(&*published, &mut store, false, &|_, _| Ok(())).unwrap();
        println!("{said}");
        for id in store.ids() {
            let cell = store.cell(&id, usize::MAX).unwrap();
            if !cells::physics::is_known(&cell) {
                unknown.push(cells::store::measurements(&cell)[..16].to_owned());
            }
            assert!(cells::physics::is_published(&cell) || !unknown.is_empty(), "{id}");
        }
    }
    assert!(unknown.is_empty(), "HASHES\n{}\nEND", unknown.join("\n"));
}
