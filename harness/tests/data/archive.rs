//! A made-up archive of the shape of the published one; 25 MB, made in some tens of milliseconds.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use harness::source::matr_curves::{CYCLES, POINTS};

/// Top folder, as the host of the published archive makes one.
const TOP: &str = "revisit-severson-et-al-3a77c7d5";

pub(crate) struct Archive {
    files: BTreeMap<String, Vec<u8>>,
}

impl Archive {
    /// 124 sound tables; cell N of a split lives 1000 + N cycles.
    pub(crate) fn sound() -> Self {
        let mut files = BTreeMap::new();
        let table = sound_table();
        for (split, cells) in [("train", 41), ("test1", 43), ("test2", 40)] {
            let lives: String = (1..=cells).map(|number| format!("{}\n", 1000 + number)).collect();
            files.insert(format!("data/cycle_lives/{split}_cycle_lives.csv"), lives.into_bytes());
            for number in 1..=cells {
                files.insert(format!("data/{split}/cell{number}.csv"), table.clone());
            }
        }
        files.insert("README.md".to_owned(), b"not a table".to_vec());
        Self { files }
    }

    pub(crate) fn with(mut self, name: &str, content: impl Into<Vec<u8>>) -> Self {
        self.files.insert(name.to_owned(), content.into());
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.files.remove(name).expect("the archive has this file");
        self
    }

    /// The bytes of an uncompressed tar, with `extra` entries whose paths are taken as they are.
    pub(crate) fn tar_with(&self, extra: &[(&str, &[u8])]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        let named = self.files.iter().map(|(name, content)| (format!("{TOP}/{name}"), &content[..]));
        for (name, content) in named.chain(extra.iter().map(|(name, content)| ((*name).to_owned(), *content))) {
            let mut header = tar::Header::new_gnu();
            // the safe way refuses paths that climb, which is what some tests need
            header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
            header.set_size(content.len() as u64);
            header.set_mode(0o644);
            header.set_entry_type(tar::EntryType::Regular);
            header.set_cksum();
            builder.append(&header, content).unwrap();
        }
        builder.into_inner().unwrap()
    }

    pub(crate) fn tar_gz(&self) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&self.tar_with(&[])).unwrap();
        encoder.finish().unwrap()
    }

    pub(crate) fn write_tar(&self, dir: &Path) -> PathBuf {
        let path = dir.join("curves.tar");
        fs::write(&path, self.tar_with(&[])).unwrap();
        path
    }

    pub(crate) fn write_folder(&self, dir: &Path) -> PathBuf {
        let root = dir.join(TOP);
        for (name, content) in &self.files {
            let path = root.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        root
    }
}

/// A cell that gives no charge at all: nothing is shorter to write and to parse.
pub(crate) fn sound_table() -> Vec<u8> {
    format!("{}\n", line_of("0")).repeat(POINTS).into_bytes()
}

/// The sound table with one line replaced (0-based row).
pub(crate) fn table_with_line(row: usize, line: &str) -> Vec<u8> {
    let sound = format!("{}\n", line_of("0"));
    format!("{}{line}\n{}", sound.repeat(row), sound.repeat(POINTS - row - 1)).into_bytes()
}

/// A table whose row k holds k / 999 Ah, rounded to three digits, in every column; `last` is its last line.
pub(crate) fn rising_table(last: &str) -> Vec<u8> {
    let rows: Vec<String> = (0..POINTS - 1).map(|row| line_of(&format!("{:.3}", row as f64 / 999.0))).collect();
    format!("{}\n{last}\n", rows.join("\n")).into_bytes()
}

/// One value in every column.
pub(crate) fn line_of(value: &str) -> String {
    vec![value; CYCLES].join(",")
}
