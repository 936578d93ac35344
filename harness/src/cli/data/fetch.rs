//! `batlinet data fetch`.

use std::path::Path;

use crate::failure::Failure;
use crate::source::download::Remote;
use crate::source::matr_curves::{Curves, PUBLISHED_CONTENT};

/// Downloads the archive of the Q(V) curves into the folder `data`, unless it is there, and reads it.
pub(super) fn matr_curves(data: &Path, say: &mut dyn FnMut(&str)) -> Result<Curves, Failure> {
    let archive = data.join("downloads").join("matr-curves.tar.gz");
    if archive.exists() {
        say(&format!("using {}", archive.display()));
        as_published(&archive).map_err(|failure| Failure::Usage(format!("{failure}; delete the file to fetch it anew")))
    } else {
        let remote = Remote::matr_curves();
        say(&format!("downloading {}", remote.url));
        remote.fetch(&archive, as_published, say)
    }
}

fn as_published(archive: &Path) -> Result<Curves, Failure> {
    let curves = Curves::read(archive)?;
    if curves.as_published() {
        return Ok(curves);
    }
    Err(Failure::Usage(format!(
        "the tables in {} are not the published ones: their content does not have the SHA-256 {PUBLISHED_CONTENT}",
        archive.display()
    )))
}
