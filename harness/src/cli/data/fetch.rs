//! `batlinet data fetch`.

use std::path::Path;

use crate::failure::Failure;
use crate::source::download::Remote;
use crate::source::matr_curves::{Curves, PUBLISHED_CONTENT, Summary};
use crate::store::Store;

/// Downloads the archive of the Q(V) curves into the store's folder, unless it is there, and imports it.
pub(super) fn matr_curves(store: &mut Store, say: &mut dyn FnMut(&str)) -> Result<Summary, Failure> {
    let archive = store.dir().join("downloads").join("matr-curves.tar.gz");
    let curves = if archive.exists() {
        say(&format!("using {}", archive.display()));
        as_published(&archive)
            .map_err(|failure| Failure::Usage(format!("{failure}; delete the file to fetch it anew")))?
    } else {
        let remote = Remote::matr_curves();
        say(&format!("downloading {}", remote.url));
        remote.fetch(&archive, as_published, say)?
    };
    curves.write(store)
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
