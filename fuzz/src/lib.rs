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

const CONTENT_TYPES: &[u8] = br#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>"#;
const RELATIONS: &[u8] = br#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
const WORKBOOK: &[u8] = br#"<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Channel_1-008" sheetId="1" r:id="rId1"/></sheets></workbook>"#;
const PARTS: &[u8] = br#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>"#;

/// A workbook of the new format. An archive has checksums that nobody guesses, so the input is what lies in it: the sheet, and after a
/// line of `====` the table of strings.
pub fn workbook(bytes: &[u8]) -> Vec<u8> {
    let (sheet, strings) = halves(bytes);
    zip(&[
        ("[Content_Types].xml", CONTENT_TYPES),
        ("_rels/.rels", RELATIONS),
        ("xl/workbook.xml", WORKBOOK),
        ("xl/_rels/workbook.xml.rels", PARTS),
        ("xl/worksheets/sheet1.xml", sheet),
        ("xl/sharedStrings.xml", strings),
    ])
}

/// An output folder of one run: `record.json` with the right seal and under the name that it gives itself, `predictions.csv`, and a
/// row of scores; parts of the input that lines of `====` divide. Read in every way in which a report does.
pub fn records(bytes: &[u8]) {
    let (record, rest) = halves(bytes);
    let (predictions, scores) = halves(rest);
    let out = FOLDER.path().join("out");
    let key = record.windows(8).position(|window| window == b"\"key\": \"").map(|at| &record[at + 8..]);
    let name: String =
        key.unwrap_or_default().iter().take_while(|byte| byte.is_ascii_alphanumeric()).take(40).map(|byte| char::from(*byte)).collect();
    let folder = out.join("runs").join(if name.is_empty() { "none" } else { &name });
    fs::create_dir_all(&folder).expect("the folder is ours");
    let body = record.strip_suffix(b"\n}\n").unwrap_or(record);
    let seal = format!(",\n  \"blake3\": \"{}\"\n}}\n", blake3::hash(body).to_hex());
    fs::write(folder.join("record.json"), [body, seal.as_bytes()].concat()).expect("there is room");
    fs::write(folder.join("predictions.csv"), predictions).expect("there is room");
    fs::write(out.join("scores.csv"), scores).expect("there is room");
    fs::write(out.join("plan.csv"), scores).expect("there is room");
    let said = |error: &dyn std::fmt::Display| assert!(error.to_string().len() < 20_000, "a sentence: {error}");
    match record::RunRecord::read_whole(&folder) {
        Ok(read) => {
            read.ingredients.difference(&read.ingredients.former());
            assert_eq!(Some(read.key().as_str()), folder.file_name().and_then(|name| name.to_str()));
        }
        Err(error) => said(&error),
    }
    match record::read_scores(&out.join("scores.csv")) {
        Ok(rows) => {
            record::check_rows(&out.join("scores.csv"), &rows).unwrap_or_else(|error| said(&error));
            record::write_scores(&out.join("again.csv"), &rows).expect("rows that were read can be written");
            let again = record::read_scores(&out.join("again.csv")).expect("and read");
            assert_eq!(again.len(), rows.len());
        }
        Err(error) => said(&error),
    }
    record::Planned::read(&out).map(drop).unwrap_or_else(|error| said(&error));
    fs::remove_dir_all(&out).expect("the folder is ours");
}
