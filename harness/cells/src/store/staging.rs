//! The hidden folder in which the cells of an import are written, and how they get from there to their places.
//!
//! ```text
//! DIR/.staging-X/MATR_b1c0.h5   complete, not yet in place
//! DIR/.staging-X/manifest.csv   that of the store with all of them; there once all are complete
//! ```
//!
//! So an import that is ended before the manifest is there has done nothing, and one that is ended after is completed by the next.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::{Manifest, cell_files_in, file_name};
use crate::Error;
use crate::lock::Lock;
use crate::whole_file;

const BEGINNING: &str = ".staging-";

/// Of a process that is at work.
#[derive(Debug)]
pub(super) struct Staging {
    dir: PathBuf,
    folder: TempDir,
    /// What tells others that it is at work.
    _held: Option<fs::File>,
}

/// Nobody else puts cells in place meanwhile.
pub(super) fn alone(dir: &Path) -> Result<Lock, Error> {
    let path = dir.join(".import");
    Lock::wait(&path).map_err(|source| Error::Write { doing: format!("lock {}", path.display()), source })
}

impl Staging {
    pub(super) fn new(dir: &Path) -> Result<Self, Error> {
        let (_held, folder) = whole_file::temporary_folder(dir, BEGINNING)
            .map_err(|source| Error::Write { doing: format!("write to {}", dir.display()), source })?;
        Ok(Self { dir: dir.to_owned(), folder, _held })
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Puts these cells in place, and the manifest, which names all of the store.
    pub(super) fn put_in_place<'a>(self, ids: impl Iterator<Item = &'a str>, manifest: &Manifest) -> Result<(), Error> {
        manifest.write(self.path())?;
        ids.map(file_name).try_for_each(|name| put(&self.dir, &self.path().join(name)))?;
        manifest.write(&self.dir)
    }
}

fn put(dir: &Path, staged: &Path) -> Result<(), Error> {
    let target = dir.join("cells").join(staged.file_name().unwrap_or_default());
    whole_file::put_in_place(staged, &target)
        .map_err(|source| Error::Write { doing: format!("put {} in place", target.display()), source })
}

/// Completes what imports that were ended had complete, and removes what they had not; says what.
pub(super) fn mend(dir: &Path) -> Result<Vec<String>, Error> {
    let mut mended = Vec::new();
    let _alone = alone(dir)?;
    for (_held, folder) in whole_file::left_over(dir, &[BEGINNING]) {
        let staged = cell_files_in(&folder)?;
        if let Some(manifest) = Manifest::read(&folder)? {
            staged.iter().try_for_each(|file| put(dir, file))?;
            // cells that came since keep their lines
            Manifest::read(dir)?.unwrap_or_default().with(manifest).write(dir)?;
            mended.push(format!(
                "{}: an import was ended when {} of its cells were not in yet; they are now",
                dir.display(),
                staged.len()
            ));
        } else {
            mended.push(format!(
                "{}: an import was ended before its cells were complete; what it left ({}) is removed",
                dir.display(),
                folder.display()
            ));
        }
        fs::remove_dir_all(&folder)
            .map_err(|source| Error::Write { doing: format!("remove {}", folder.display()), source })?;
    }
    for path in [dir.to_owned(), dir.join("cells")].iter().flat_map(|folder| whole_file::clean(folder)) {
        mended.push(format!("{}: left by a process that was ended; removed", path.display()));
    }
    Ok(mended)
}
