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

/// Completes what imports that were ended had complete, for one who only reads; says what, and what cannot be completed here. What
/// was not complete stays for the next import.
pub(super) fn complete(dir: &Path) -> Vec<String> {
    let is_left = !whole_file::left_over(dir, &[BEGINNING]).is_empty();
    if !is_left {
        return Vec::new();
    }
    let Ok(_alone) = alone(dir) else {
        return vec![format!("{}: an import was ended before its cells were in; import them again", dir.display())];
    };
    let mut said = Vec::new();
    for (_held, folder) in whole_file::left_over(dir, &[BEGINNING]) {
        said.push(match put_staged(dir, &folder) {
            Ok(Some(count)) => {
                // nothing of it is needed any more; where it cannot be removed, the next import does
                let _ = fs::remove_dir_all(&folder);
                put_now(dir, count)
            }
            Ok(None) => format!(
                "{}: an import was ended before its cells were complete, and none of them is here; import them again",
                dir.display()
            ),
            Err(error) => format!(
                "{}: an import was ended before all of its cells were in, and they cannot be put in now ({error}); import them again",
                dir.display()
            ),
        });
    }
    said
}

/// Puts the cells of a staging folder in place, if they are complete, with the manifest; how many were not in yet.
fn put_staged(dir: &Path, folder: &Path) -> Result<Option<usize>, Error> {
    let Some(manifest) = Manifest::read(folder)? else { return Ok(None) };
    let staged = cell_files_in(folder)?;
    staged.iter().try_for_each(|file| put(dir, file))?;
    // cells that came since keep their lines
    Manifest::read(dir)?.unwrap_or_default().with(manifest).write(dir)?;
    Ok(Some(staged.len()))
}

fn put_now(dir: &Path, count: usize) -> String {
    format!("{}: an import was ended when {count} of its cells were not in yet; they are now", dir.display())
}

/// Completes what imports that were ended had complete, and removes what they had not; says what.
pub(super) fn mend(dir: &Path) -> Result<Vec<String>, Error> {
    let mut mended = Vec::new();
    let _alone = alone(dir)?;
    for (_held, folder) in whole_file::left_over(dir, &[BEGINNING]) {
        if let Some(count) = put_staged(dir, &folder)? {
            mended.push(put_now(dir, count));
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
