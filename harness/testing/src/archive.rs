//! Made-up archives: zip of any files, and tar of the shape of the published curves; 25 to 50 MB, made in some tens of
//! milliseconds.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// Lines of a table, one for each point of the published voltage grid.
const POINTS: usize = 1000;

/// Cycles of the publication that most tests use.
const CYCLES: usize = 99;

/// Cycles of the longer one.
const CYCLES_TO_150: usize = 149;

/// An archive in memory.
pub struct Archive {
    /// As the host of the published archive makes one.
    top: &'static str,
    /// Of the published tables, from the top folder.
    root: &'static str,
    files: BTreeMap<String, Vec<u8>>,
}

impl Archive {
    /// 124 sound tables to cycle 100; cell N of a split lives 1000 + N cycles.
    pub fn sound() -> Self {
        let mut archive = Self { top: "revisit-severson-et-al-3a77c7d5", root: "", files: BTreeMap::new() };
        let table = sound_table(CYCLES);
        for (split, cells) in [("train", 41), ("test1", 43), ("test2", 40)] {
            archive.files.insert(format!("data/cycle_lives/{split}_cycle_lives.csv"), lives(cells));
            for number in 1..=cells {
                archive.files.insert(format!("data/{split}/cell{number}.csv"), table.clone());
            }
        }
        archive.with("README.md", "not a table")
    }

    /// 168 sound tables to cycle 150, with lives as above; in cycle c of cell N of a split, the capacity is stated as
    /// 1 + c / 1000 + N / 10⁶ Ah.
    pub fn sound_to_150() -> Self {
        let root = "Case_study_1/Dataset/";
        let mut archive = Self { top: "UQ_ML_Tutorial-85a0ae4b", root, files: BTreeMap::new() };
        let table = sound_table(CYCLES_TO_150);
        for (split, cells) in [("train", 41), ("test1", 42), ("test2", 40), ("test3", 45)] {
            archive = archive.with(&format!("cycle_lives/{split}_cycle_lives.csv"), lives(cells));
            for number in 1..=cells {
                let capacity = |cycle: usize| format!("{cycle},{:.6},1.1\n", stated(cycle, number));
                let capacities: String = (2..=160).map(capacity).collect();
                archive = archive.with(&format!("V_Q_curve/{split}/cell{number}.csv"), table.clone());
                archive = archive.with(&format!("discharge_capacity/{split}/cell{number}.csv"), capacities);
            }
        }
        archive.files.insert("README.md".to_owned(), b"not a table".to_vec());
        archive.files.insert("Case_study_2/results.csv".to_owned(), b"not a table of these".to_vec());
        archive
    }

    /// With this content of the table `name`.
    pub fn with(mut self, name: &str, content: impl Into<Vec<u8>>) -> Self {
        self.files.insert(format!("{}{name}", self.root), content.into());
        self
    }

    /// Without the table `name`.
    pub fn without(mut self, name: &str) -> Self {
        self.files.remove(&format!("{}{name}", self.root)).expect("the archive has this file");
        self
    }

    /// The bytes of an uncompressed tar, with `extra` entries whose paths are taken as they are.
    pub fn tar_with(&self, extra: &[(&str, &[u8])]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        let named = self.files.iter().map(|(name, content)| (format!("{}/{name}", self.top), &content[..]));
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

    /// The bytes of a compressed tar.
    pub fn tar_gz(&self) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&self.tar_with(&[])).unwrap();
        encoder.finish().unwrap()
    }

    /// Writes a tar into `dir`; its path.
    pub fn write_tar(&self, dir: &Path) -> PathBuf {
        let path = dir.join("curves.tar");
        fs::write(&path, self.tar_with(&[])).unwrap();
        path
    }

    /// Writes what the archive unpacks to into `dir`; the path of its top folder.
    pub fn write_folder(&self, dir: &Path) -> PathBuf {
        let root = dir.join(self.top);
        for (name, content) in &self.files {
            let path = root.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        root
    }
}

/// Ah; the capacity of a cycle of cell `number` of its split.
pub fn stated(cycle: usize, number: usize) -> f64 {
    let millionths = 1_000_000 + 1000 * cycle + number;
    format!("{:.6}", millionths as f64 / 1e6).parse().unwrap()
}

fn lives(cells: usize) -> Vec<u8> {
    (1..=cells).map(|number| format!("{}\n", 1000 + number)).collect::<String>().into_bytes()
}

/// A cell that gives no charge at all: nothing is shorter to write and to parse.
fn sound_table(cycles: usize) -> Vec<u8> {
    format!("{}\n", vec!["0"; cycles].join(",")).repeat(POINTS).into_bytes()
}

/// The sound table with one line replaced (0-based row).
pub fn table_with_line(row: usize, line: &str) -> Vec<u8> {
    let sound = format!("{}\n", line_of("0"));
    format!("{}{line}\n{}", sound.repeat(row), sound.repeat(POINTS - row - 1)).into_bytes()
}

/// A table whose row k holds k / 999 Ah, rounded to three digits, in every column; `last` is its last line.
pub fn rising_table(last: &str) -> Vec<u8> {
    let rows: Vec<String> = (0..POINTS - 1).map(|row| line_of(&format!("{:.3}", row as f64 / 999.0))).collect();
    format!("{}\n{last}\n", rows.join("\n")).into_bytes()
}

/// One value in every column.
pub fn line_of(value: &str) -> String {
    vec![value; CYCLES].join(",")
}

/// A zip archive with these files.
pub fn zip_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, content) in files {
        archive.start_file(*name, options).unwrap();
        archive.write_all(content).unwrap();
    }
    archive.finish().unwrap().into_inner()
}
