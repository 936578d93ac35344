//! `batlinet data fetch`.

use std::io;
use std::path::{Path, PathBuf};

use itertools::Itertools as _;

use super::import::{self, Left};
use crate::cli::{failure::Failure, output};
use cells::whole_file::said;
use sources::download::checksums::{Checksum, Checksums};
use sources::download::manifest::{Collection, Manifest, PublishedFile};
use sources::download::{Patience, Remote};
use sources::matr_curves::{self, Curves, Publication};

/// What to fetch, and how.
pub(super) struct Fetch<'a> {
    /// Name of a collection.
    pub(super) name: &'a str,
    /// The folder of cells; downloads are kept in a folder within.
    pub(super) data: &'a Path,
    /// Another manifest than the built-in one.
    pub(super) manifest: Option<&'a Path>,
    /// Whether cells that are there are replaced.
    pub(super) force: bool,
    /// Whether fetching is all.
    pub(super) download_only: bool,
}

/// Brings the files of a collection into `DATA/downloads/NAME`, verified, and imports them.
pub(super) fn execute(fetch: &Fetch<'_>, out: &mut dyn io::Write) -> Result<(), Failure> {
    let own = fetch.manifest.map(Manifest::read).transpose()?;
    let collection = own.as_ref().unwrap_or(Manifest::builtin()).find(fetch.name)?;
    if !fetch.download_only {
        // said before anything large is fetched
        if import::check_target(fetch.data, &ids(collection), fetch.force)? == Left::Nothing {
            return super::print(out, &format!("all cells of {} are in {}\n", collection.name, fetch.data.display()));
        }
    }
    let downloads = fetch.data.join("downloads");
    let folder = downloads.join(&collection.name);
    if collection.files.is_empty() {
        check_brought(collection, &folder, fetch, out)?;
    } else {
        let mut checksums = Checksums::open(&downloads)?;
        for (index, file) in collection.files.iter().enumerate() {
            let mut say =
                |line: &str| output::say(&format!("{} ({}/{}): {line}", file.name, index + 1, collection.files.len()));
            bring(collection, file, &folder, &mut checksums, &mut say)?;
        }
    }
    if fetch.download_only {
        return super::print(out, &format!("{} is in {}\n", collection.name, folder.display()));
    }
    if collection.name == matr_curves::FORMAT.name {
        return import::execute(&as_published(&paths(collection, &folder))?, fetch.data, fetch.force, out);
    }
    let opened = (collection.format().open)(&paths(collection, &folder))?;
    import::execute(&*opened, fetch.data, fetch.force, out)
}

fn ids(collection: &Collection) -> Vec<String> {
    if collection.name == matr_curves::FORMAT.name { Publication::To150.ids() } else { collection.ids() }
}

fn paths(collection: &Collection, folder: &Path) -> Vec<PathBuf> {
    collection.names().iter().map(|name| folder.join(name)).collect()
}

/// One file: the one that is there, if it is the right one, else downloaded.
fn bring(
    collection: &Collection,
    file: &PublishedFile,
    folder: &Path,
    checksums: &mut Checksums,
    say: &mut dyn FnMut(&str),
) -> Result<(), Failure> {
    let target = folder.join(&file.name);
    let name = format!("{}/{}", collection.name, file.name);
    if target.exists() {
        let found = Checksum::of(&target)?;
        checksums
            .check(&name, file, &found)
            .map_err(|failure| Failure::Usage(format!("{failure}; delete {} to fetch it anew", target.display())))?;
        say(&format!("using {}", target.display()));
        let is_first = checksums.note(&name, file, found, "by hand")?;
        say_trust(is_first, say);
        return Ok(());
    }
    let remote = Remote {
        urls: file.urls.clone(),
        bytes: file.bytes,
        limit: file.limit(),
        by_hand: format!(
            "open {} with a browser, save {} in {} and run the same command again",
            collection.page,
            file.name,
            folder.display()
        ),
    };
    say(&format!("downloading {}", file.urls[0]));
    let verify = |part: &Path, url: &str| {
        let found = Checksum::of(part)?;
        checksums.check(&name, file, &found).map(|()| (found, url.to_owned()))
    };
    let (found, url) = remote.fetch(&target, Patience::default(), verify, say)?;
    let is_first = checksums.note(&name, file, found, &url)?;
    say_trust(is_first, say);
    Ok(())
}

fn say_trust(is_first: bool, say: &mut dyn FnMut(&str)) {
    if is_first {
        say(
            "no hash of this file is published: its SHA-256 is noted in checksums.csv and must be the same from now on",
        );
    }
}

/// Whether a person has brought all files; if not, says what to do.
fn check_brought(
    collection: &Collection,
    folder: &Path,
    fetch: &Fetch<'_>,
    out: &mut dyn io::Write,
) -> Result<(), Failure> {
    let names = collection.names();
    let missing = names.iter().filter(|name| !folder.join(name).is_file()).count();
    if missing == 0 {
        return Ok(());
    }
    std::fs::create_dir_all(folder)
        .map_err(|error| Failure::Usage(format!("cannot make the folder {}: {}", folder.display(), said(&error))))?;
    super::print(out, &collection.steps(folder, fetch.data))?;
    for id in collection.ids() {
        let ends: Vec<&str> = collection.per_cell.iter().map(String::as_str).collect();
        let wanted: Vec<String> = ends.iter().map(|end| format!("{id}{end}")).collect();
        if wanted.iter().any(|name| !folder.join(name).is_file()) {
            super::print(out, &format!("  {}\n", wanted.iter().join("  ")))?;
        }
    }
    Err(Failure::Incomplete(format!(
        "{missing} of the {} files of {} are not in {}: they have to be brought by a person, see above",
        names.len(),
        collection.name,
        folder.display()
    )))
}

/// The curves, if their tables have the known hash.
fn as_published(paths: &[PathBuf]) -> Result<Curves, Failure> {
    let curves = Curves::read(&paths[0])?;
    if curves.as_published() {
        return Ok(curves);
    }
    Err(Failure::Usage(format!(
        "the tables in {0} are not the published ones: their content does not have the SHA-256 {1}; delete {0} to fetch \
         it anew",
        paths[0].display(),
        curves.publication().content()
    )))
}
