//! Archives that are named as the file of a cell, and tables whose words are not known.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use sources::cycler;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::words::{HEAD, as_is, import_by, plain, table};

fn archive(path: &Path, files: &[(&str, String)]) {
    let mut archive = ZipWriter::new(File::create(path).unwrap());
    for (name, text) in files {
        archive.start_file(*name, SimpleFileOptions::default()).unwrap();
        archive.write_all(text.as_bytes()).unwrap();
    }
    archive.finish().unwrap();
}

fn declared(dir: &Path, files: &str, sign: &str) -> PathBuf {
    let yaml = dir.join("cells.yaml");
    fs::write(&yaml, format!("{HEAD}{sign}}}\n").replace("[FILE]", files)).unwrap();
    yaml
}

#[test]
fn an_archive_stands_for_the_one_table_in_it() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let sound = || table(',', "\n", &plain, &as_is, true);
    let readme = || ("readme.txt", "How this was measured.\nBy a cycler.\n".to_owned());
    let (one, two) = (dir.join("one.zip"), dir.join("two.zip"));
    archive(&one, &[("a.csv", sound()), readme()]);
    archive(&two, &[("a/x.csv", sound()), ("b/x.csv", sound()), readme()]);
    let signed = ", charge: positive";
    let (said, cell) = import_by(&one, &declared(dir, "[one.zip]", signed), &dir.join("given")).unwrap();
    assert!(cell.cycles().len() == 3 && !said.contains("not read"), "{said}");
    // beside the declaration, and not among the files given
    fs::write(dir.join("other.csv"), sound()).unwrap();
    let (said, _) =
        import_by(&dir.join("other.csv"), &declared(dir, "[one.zip]", signed), &dir.join("beside")).unwrap();
    assert!(said.contains("names them for no cell: other.csv"), "{said}");
    let said = import_by(&two, &declared(dir, "[two.zip]", signed), &dir.join("two")).unwrap_err();
    for words in ["cell mine: two.zip holds 2 tables: a/x.csv, b/x.csv;", "name those of this cell under files"] {
        assert!(said.contains(words), "{said}");
    }
    let (said, _) = import_by(&two, &declared(dir, "[b/x.csv]", signed), &dir.join("named")).unwrap();
    assert!(said.contains("names them for no cell: x.csv, readme.txt"), "{said}");
    let said = import_by(&one, &declared(dir, "[three.zip]", signed), &dir.join("none")).unwrap_err();
    assert!(said.contains("three.zip is neither among those given nor beside"), "{said}");
}

#[test]
fn a_word_for_what_the_cycler_does_that_nobody_knows_is_named_where_current_flows() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("a.csv");
    let yaml = declared(dir.path(), "[a.csv]", "").to_owned();
    let text = fs::read_to_string(&yaml).unwrap().replace("format: table", "format: Maccor");
    fs::write(&yaml, text).unwrap();
    let written = |word: &dyn Fn(&str) -> String, store: &str| {
        fs::write(&file, table(',', "\n", &plain, word, false)).unwrap();
        import_by(&file, &yaml, &dir.path().join(store))
    };
    assert_eq!(written(&as_is, "known").unwrap().1.cycles().len(), 3);
    let said =
        written(&|word| if word == "Discharge" { "X".to_owned() } else { word.to_owned() }, "strange").unwrap_err();
    assert!(
        said.contains("a.csv, line 66: current flows, and the word for what the cycler does is not known (\"X\")"),
        "{said}"
    );
}

#[test]
fn headings_that_tell_nothing_and_old_pickles_are_told_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let (file, old) = (dir.path().join("un.csv"), dir.path().join("x.pkl"));
    fs::write(&file, "a,b,c,d\n1,2,3,4\n2,3,4,5\n").unwrap();
    let said = cycler::describe(&[file]).unwrap_err().to_string();
    assert!(said.contains("a, b, c, d; write which column is what under `mapping:`"), "{said}");
    fs::write(&old, "(dp0\nS'cell_id'\np1\nS'x'\np2\ns.").unwrap();
    let said = cycler::describe(&[old]).unwrap_err().to_string();
    assert!(said.contains("a pickle of protocol 0 or 1") && said.contains("protocol=4"), "{said}");
}
