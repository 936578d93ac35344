//! `cycler`: cells of one's own, from the files that cyclers write and a file that says what they are.
//!
//! | file | makes | from |
//! |---|---|---|
//! | `declaration` | what is known of each cell | `cells.yaml` |
//! | `look` | the kind of a file, by its first bytes and headings | a file |
//! | `format`, `dialect` | which column is what | the names that a program gives them |
//! | `plan` | columns, units and sign of one table | headings, and what is declared |
//! | `text`, `workbook`, `parquet` | samples | a file and its plan |
//! | `encoding`, `nested`, `calendar`, `clock` | plain lines, and times | how systems and programs write them |
//! | `beside` | what columns beside these say: which cell, which row | headings and rows |
//! | `join` | one row of time | the samples of several files |
//! | `odd` | what may be wrong with the files | samples |
//! | `divide`, `counter` | cycles and their capacities | samples |
//! | `cell` | a cell | all of these |
//! | `draft` | a draft of `cells.yaml` | files |
//!
//! At import nothing is guessed: what the files or `cells.yaml` do not say is asked for.

mod beside;
mod calendar;
mod cell;
mod cell_table;
mod clock;
mod counter;
mod declaration;
mod dialect;
mod divide;
mod draft;
mod encoding;
mod error;
mod format;
mod guess;
mod halves;
mod heading;
mod join;
mod look;
mod nested;
mod odd;
mod parquet;
mod pickles;
mod plan;
mod role;
mod samples;
mod text;
mod text_layout;
mod unit;
mod workbook;
mod zipped;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use itertools::Itertools as _;

use super::format::CellFiles;
use super::imported::Imported;
use super::packed::{self, PublishedFile};
use cells::quote::shown;
use cells::suggest::did_you_mean;
use declaration::Declared;
pub use draft::describe;
pub use error::Error;
pub use parquet::{ReadColumns, Values, Wanted, read_parquet_by};

/// The cells of a declaration, with their files.
pub struct OwnCells {
    cells: BTreeMap<String, (Declared, Vec<PublishedFile>)>,
    remarks: Vec<String>,
}

/// Reads the declaration and looks for the files that it names among `paths`, and then beside it.
///
/// # Errors
/// [`Error`]: of the declaration, and a file that is not there.
pub fn open(paths: &[PathBuf], declaration: &Path) -> Result<OwnCells, Error> {
    let declared = declaration::read(declaration)?;
    let given = packed::find(paths)?;
    let mut used = BTreeSet::new();
    let mut cells = BTreeMap::new();
    for cell in declared {
        let mut files = Vec::new();
        for name in &cell.files {
            let file = match zipped::is_archive(name) {
                true => zipped::table(name, &given, declaration, &cell, &mut used)?,
                false => file_named(name, &given, declaration, &cell.id, &mut used)?,
            };
            files.push(file);
        }
        cells.insert(cell.id.clone(), (cell, files));
    }
    let unused: Vec<String> =
        given.iter().enumerate().filter(|(k, _)| !used.contains(k)).map(|(_, file)| shown(&file.name, 80)).collect();
    let mut remarks = Vec::new();
    if !unused.is_empty() {
        remarks.push(format!(
            "not read, since {} names them for no cell: {}{}",
            declaration.display(),
            unused.iter().take(5).join(", "),
            if unused.len() > 5 { format!(" and {} more", unused.len() - 5) } else { String::new() }
        ));
    }
    Ok(OwnCells { cells, remarks })
}

fn file_named(
    name: &str,
    given: &[PublishedFile],
    declaration: &Path,
    cell: &str,
    used: &mut BTreeSet<usize>,
) -> Result<PublishedFile, Error> {
    let last = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let ends_so = |file: &PublishedFile| file.place().replace('\\', "/").ends_with(&name.replace('\\', "/"));
    let mut places: Vec<usize> = given.iter().positions(|file| file.name == last && ends_so(file)).collect();
    if places.is_empty() {
        places = given.iter().positions(|file| file.name == last).collect();
    }
    let fault = |what: String| Error::Declaration { file: declaration.display().to_string(), what };
    match places[..] {
        [place] => {
            used.insert(place);
            Ok(given[place].clone())
        }
        [] => {
            let beside = declaration.parent().unwrap_or(Path::new("")).join(name);
            let found = if beside.is_file() { packed::find(&[beside])? } else { Vec::new() };
            found.into_iter().next().ok_or_else(|| {
                let known: Vec<&str> = given.iter().map(|file| file.name.as_str()).collect();
                let hint = did_you_mean(last, known.iter().copied());
                fault(format!(
                    "cell {}: its file {} is neither among those given nor beside this file{hint}",
                    shown(cell, 80),
                    shown(name, 200)
                ))
            })
        }
        _ => Err(fault(format!(
            "cell {}: {} files given are called {}: name it with its folder",
            shown(cell, 80),
            places.len(),
            shown(name, 200)
        ))),
    }
}

impl CellFiles for OwnCells {
    fn ids(&self) -> Vec<String> {
        self.cells.keys().cloned().collect()
    }

    fn cell(&self, id: &str) -> Result<Imported, crate::Error> {
        let (declared, files) =
            self.cells.get(id).ok_or_else(|| crate::Error::Internal(format!("cell {id} is not declared")))?;
        Ok(cell::read(declared, files)?)
    }

    fn remarks(&self) -> Vec<String> {
        self.remarks.clone()
    }
}
