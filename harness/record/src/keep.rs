//! What of an output folder is worth keeping in a repository: neither weights nor what is large or follows from the rest.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use crate::{Error, RunRecord, Score, attachments, files, read_scores};
use cells::whole_file;

/// Copies scores, declarations, and records with predictions of the runs in the scores from `from` into the folder `to`.
///
/// # Errors
/// [`Error::Read`] and [`Error::Write`] name the file that cannot be read or written.
pub fn keep(from: &Path, to: &Path) -> Result<(), Error> {
    let keys: BTreeSet<String> = read_scores(&from.join(Score::FILE))?.into_iter().map(|score| score.key).collect();
    let mut names = vec![PathBuf::from(Score::FILE)];
    names.extend(Some(PathBuf::from(Score::HASHES)).filter(|name| from.join(name).exists()));
    for file in files::entries(&from.join("experiments"))? {
        let name = Path::new("experiments").join(file.file_name());
        names.extend(Some(name).filter(|name| name.extension().is_some_and(|extension| extension == "json")));
    }
    for key in keys {
        let folder = Path::new("runs").join(key);
        let here = std::iter::once(RunRecord::FILE).chain(attachments::small()).map(|name| folder.join(name));
        names.extend(here.filter(|name| from.join(name).exists()));
    }
    for name in names {
        let bytes =
            whole_file::read(&from.join(&name)).map_err(|source| Error::Read { path: from.join(&name), source })?;
        files::write_whole(&to.join(&name), &bytes)?;
    }
    Ok(())
}
