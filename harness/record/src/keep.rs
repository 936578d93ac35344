//! What of an output folder is worth keeping in a repository: neither weights nor what is large or follows from the rest.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use crate::{Deviations, Error, Intervals, Prediction, Selection, Sides, files, read_scores};
use cells::whole_file;

/// Copies scores, declarations, and records with predictions of the runs in the scores from `from` into the folder `to`.
///
/// # Errors
/// [`Error::Read`] and [`Error::Write`] name the file that cannot be read or written.
pub fn keep(from: &Path, to: &Path) -> Result<(), Error> {
    let keys: BTreeSet<String> = read_scores(&from.join("scores.csv"))?.into_iter().map(|score| score.key).collect();
    let mut names = vec![PathBuf::from("scores.csv")];
    names.extend(Some(PathBuf::from("scores.blake3")).filter(|name| from.join(name).exists()));
    for file in fs::read_dir(from.join("experiments")).into_iter().flatten().flatten() {
        let name = Path::new("experiments").join(file.file_name());
        names.extend(Some(name).filter(|name| name.extension().is_some_and(|extension| extension == "json")));
    }
    for key in keys {
        let folder = Path::new("runs").join(key);
        let small = ["record.json", Prediction::FILE, Deviations::FILE, Selection::FILE, Intervals::FILE, Sides::FILE];
        let here = small.map(|name| folder.join(name));
        names.extend(here.into_iter().filter(|name| from.join(name).exists()));
    }
    for name in names {
        let bytes =
            whole_file::read(&from.join(&name)).map_err(|source| Error::Read { path: from.join(&name), source })?;
        files::write_whole(&to.join(&name), &bytes)?;
    }
    Ok(())
}
