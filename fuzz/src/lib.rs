//! What the targets share: one way of giving files to the importers, which are those of the crate `sources`.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use sources::Error;
use sources::import::Format;
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
    let folder = FOLDER.path().join("given");
    import_from(format, files, &folder, &folder);
}

/// As [`import`], of a single file that is given itself.
pub fn import_file(format: &str, name: &str, content: &[u8]) {
    let folder = FOLDER.path().join("given");
    import_from(format, &[(name, content)], &folder, &folder.join(name));
}

fn import_from(format: &str, files: &[(&str, &[u8])], folder: &Path, given: &Path) {
    let format = Format::find(format).expect("the format has this name");
    for (name, content) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().expect("a file lies in a folder")).expect("the folder is ours");
        fs::write(path, content).expect("there is room");
    }
    let read = || -> Result<(), Error> {
        let published = (format.open)(&[given.to_owned()])?;
        published.remarks();
        for id in published.ids() {
            let imported = published.cell(&id)?;
            assert_eq!(imported.cell.id(), id);
            assert!(!imported.cell.cycles().is_empty(), "a cell has cycles");
        }
        Ok(())
    };
    let outcome = read();
    fs::remove_dir_all(folder).expect("the folder is ours");
    match outcome {
        Ok(()) => {}
        Err(defect @ Error::Internal(_)) => panic!("{defect}"),
        Err(error) => assert!(error.to_string().len() < 4000, "a sentence: {error}"),
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

/// A cycler's file of this name, by a declaration or by the draft that is made of it: opened, and every cell read. Whatever it is,
/// the answer is a draft and a cell, or a sentence.
pub fn cycler(name: &str, content: &[u8], declaration: Option<&[u8]>) {
    use sources::cycler;
    use sources::import::CellFiles as _;
    let folder = FOLDER.path().join("cycler");
    fs::create_dir_all(&folder).expect("the folder is ours");
    let (file, yaml) = (folder.join(name), folder.join("cells.yaml"));
    fs::write(&file, content).expect("there is room");
    let read = || -> Result<(), Error> {
        let drafted = match declaration {
            Some(declaration) => declaration.to_owned(),
            None => cycler::describe(std::slice::from_ref(&file))?.into_bytes(),
        };
        fs::write(&yaml, drafted).expect("there is room");
        let cells = cycler::open(std::slice::from_ref(&file), &yaml)?;
        cells.remarks();
        for id in cells.ids() {
            let imported = cells.cell(&id)?;
            assert_eq!(imported.cell.id(), id);
            assert!(!imported.cell.cycles().is_empty(), "a cell has cycles");
            // what is said of it is a matter of course, and must end
            cells::physics::doubts(&imported.cell);
        }
        Ok(())
    };
    let outcome = read();
    fs::remove_dir_all(&folder).expect("the folder is ours");
    match outcome {
        Ok(()) => {}
        Err(defect @ Error::Internal(_)) => panic!("{defect}"),
        Err(error) => assert!(error.to_string().len() < 4000, "a sentence: {error}"),
    }
}
