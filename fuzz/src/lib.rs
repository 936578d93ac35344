//! What the targets share: the importers, and one way of giving them files.
//!
//! The crate `harness` is taken in by the paths of its modules, without what importers do not need (tensors, tables, models),
//! so that a target builds in two minutes instead of an hour. `cfg(fuzzing)` leaves out the virtual lab.

#[path = "../../harness/src/cell.rs"]
pub mod cell;
#[path = "../../harness/src/failure.rs"]
pub mod failure;
#[path = "../../harness/src/source/mod.rs"]
pub mod source;
#[path = "../../harness/src/store.rs"]
pub mod store;

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use failure::Failure;
use source::import::Format;
use tempfile::TempDir;

/// A folder in memory where there is such a thing.
static FOLDER: LazyLock<TempDir> = LazyLock::new(|| {
    let memory = Path::new("/dev/shm");
    let parent = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
    tempfile::Builder::new().prefix("fuzz-").tempdir_in(parent).expect("a folder for the files")
});

/// Imports files of these names and contents from a folder: opens them and reads every cell, twice where it comes out.
/// Whatever the files are, the answer is a cell or a sentence for the user that names a file or the cell.
pub fn import(format: &str, files: &[(&str, &[u8])]) {
    let format = Format::find(format).expect("the format has this name");
    let folder = FOLDER.path().join("given");
    for (name, content) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().expect("a file lies in a folder")).expect("the folder is ours");
        fs::write(path, content).expect("there is room");
    }
    let read = || -> Result<(), Failure> {
        let published = (format.open)(std::slice::from_ref(&folder))?;
        published.remarks();
        for id in published.ids() {
            let imported = published.cell(&id)?;
            assert_eq!(imported.cell.id(), id);
            assert!(!imported.cell.cycles().is_empty(), "a cell has cycles");
        }
        Ok(())
    };
    let outcome = read();
    fs::remove_dir_all(&folder).expect("the folder is ours");
    match outcome {
        Ok(()) => {}
        Err(Failure::Usage(sentence)) => assert!(sentence.len() < 4000, "a sentence: {sentence}"),
        Err(other) => panic!("{other}"),
    }
}

/// A zip archive, as packed as it gets, with right checksums.
pub fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    use std::io::Write as _;
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in entries {
        archive.start_file(*name, options).expect("the archive is in memory");
        archive.write_all(content).expect("the archive is in memory");
    }
    archive.finish().expect("the archive is in memory").into_inner()
}

/// The input cut in two where a line of `====` is; the second part is empty if there is none.
pub fn halves(bytes: &[u8]) -> (&[u8], &[u8]) {
    let mark = b"\n====\n";
    match bytes.windows(mark.len()).position(|window| window == mark) {
        Some(at) => (&bytes[..at + 1], &bytes[at + mark.len()..]),
        None => (bytes, &[]),
    }
}
