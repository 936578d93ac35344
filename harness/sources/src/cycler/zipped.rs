//! A zip archive that is named as the file of a cell: it stands for the one table in it.

use std::collections::BTreeSet;
use std::path::Path;

use itertools::Itertools as _;

use super::declaration::Declared;
use super::error::Error;
use super::look::look;
use crate::packed::{self, PublishedFile};
use cells::quote::shown;

/// Letters of the tables that are named.
const LONGEST: usize = 300;

/// Whether a file of this name is one.
pub(super) fn is_archive(name: &str) -> bool {
    name.to_lowercase().ends_with(".zip")
}

/// The one table of an archive, which is among the files given or beside the declaration. All files in it count as used: what is no
/// table is none of the cell.
///
/// # Errors
/// [`Error::Declaration`] where it is not there, and where it holds no table or several.
pub(super) fn table(
    name: &str,
    given: &[PublishedFile],
    declaration: &Path,
    cell: &Declared,
    used: &mut BTreeSet<usize>,
) -> Result<PublishedFile, Error> {
    let fault = |what: String| Error::Declaration {
        file: declaration.display().to_string(),
        what: format!("cell {}: {what}", shown(&cell.id, 80)),
    };
    let is_in = |file: &PublishedFile| file.packed_in().is_some_and(|(archive, _)| archive.ends_with(name));
    let places: Vec<usize> = given.iter().positions(is_in).collect();
    let mut members: Vec<PublishedFile> = places.iter().map(|place| given[*place].clone()).collect();
    used.extend(places);
    if members.is_empty() {
        let beside = declaration.parent().unwrap_or(Path::new("")).join(name);
        if !beside.is_file() {
            return Err(fault(format!(
                "its file {} is neither among those given nor beside this file",
                shown(name, 200)
            )));
        }
        members = packed::find(&[beside])?;
    }
    let archives = members.iter().filter_map(|file| Some(file.packed_in()?.0)).unique().count();
    if archives > 1 {
        return Err(fault(format!("{archives} files given are called {}: name it with its folder", shown(name, 200))));
    }
    let (tables, others): (Vec<_>, Vec<_>) =
        members.into_iter().partition(|file| look(file, &cell.mapping.stated()).is_ok());
    let names =
        |files: &[PublishedFile]| shown(files.iter().filter_map(|file| Some(file.packed_in()?.1)).join(", "), LONGEST);
    match (&tables[..], &others[..]) {
        ([table], _) => Ok(table.clone()),
        // why it is none, its reader says
        ([], [file]) => Ok(file.clone()),
        ([], _) => Err(fault(format!("{} holds no table that can be read: {}", shown(name, 200), names(&others)))),
        _ => Err(fault(format!(
            "{} holds {} tables: {}; name those of this cell under files, in order of time, as they are called here, and give {} among the \
             files to import",
            shown(name, 200),
            tables.len(),
            names(&tables),
            shown(name, 200)
        ))),
    }
}
