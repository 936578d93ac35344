//! Made-up archives of the shape of the published ones; 25 to 50 MB, made in some tens of milliseconds.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use sources::matr_curves::{POINTS, Publication};

/// Cycles of the publication that most tests use.
const CYCLES: usize = 99;

pub(crate) struct Archive {
    /// As the host of the published archive makes one.
    top: &'static str,
    /// Of the published tables, from the top folder.
    root: &'static str,
    files: BTreeMap<String, Vec<u8>>,
}

impl Archive {
    /// 124 sound tables to cycle 100; cell N of a split lives 1000 + N cycles.
    pub(crate) fn sound() -> Self {
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
    pub(crate) fn sound_to_150() -> Self {
        let root = "Case_study_1/Dataset/";
        let mut archive = Self { top: "UQ_ML_Tutorial-85a0ae4b", root, files: BTreeMap::new() };
        let table = sound_table(Publication::To150.cycles());
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
    pub(crate) fn with(mut self, name: &str, content: impl Into<Vec<u8>>) -> Self {
        self.files.insert(format!("{}{name}", self.root), content.into());
        self
    }

    /// Without the table `name`.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.files.remove(&format!("{}{name}", self.root)).expect("the archive has this file");
        self
    }

    /// The bytes of an uncompressed tar, with `extra` entries whose paths are taken as they are.
    pub(crate) fn tar_with(&self, extra: &[(&str, &[u8])]) -> Vec<u8> {
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
pub(crate) fn stated(cycle: usize, number: usize) -> f64 {
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
