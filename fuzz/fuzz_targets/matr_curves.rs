//! An archive of curves: as it is, or made of the input as each of its tables: of the shorter publication those of curves,
//! which have 1000 lines each, so that the importer mostly says what is wrong with one; of the longer those of capacities.

#![no_main]

use sources::matr_curves::{POINTS, Publication};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if bytes.len() % 2 == 0 {
        let is_xz = bytes.starts_with(&[0xfd, b'7', b'z']);
        return fuzz::import_file("matr-curves", if is_xz { "curves.tar.xz" } else { "curves.tar.gz" }, bytes);
    }
    let line = |publication: Publication| format!("{}\n", vec!["0.5"; publication.cycles()].join(","));
    let mut shorter = Archive::new("data", &[("train", 41), ("test1", 43), ("test2", 40)]);
    // sound but for its first line
    let curves = [bytes, b"\n", line(Publication::To100).repeat(POINTS - 1).as_bytes()].concat();
    shorter.tables("", &curves);
    shorter.import();
    let mut longer = Archive::new("Dataset", &[("train", 41), ("test1", 42), ("test2", 40), ("test3", 45)]);
    longer.tables("V_Q_curve/", line(Publication::To150).repeat(POINTS).as_bytes());
    longer.tables("discharge_capacity/", bytes);
    longer.import();
});

struct Archive {
    root: &'static str,
    splits: &'static [(&'static str, usize)],
    tar: tar::Builder<Vec<u8>>,
}

impl Archive {
    fn new(root: &'static str, splits: &'static [(&'static str, usize)]) -> Self {
        let mut archive = Self { root, splits, tar: tar::Builder::new(Vec::new()) };
        for (split, cells) in splits {
            archive.add(&format!("cycle_lives/{split}_cycle_lives.csv"), "1000\n".repeat(*cells).as_bytes());
        }
        archive
    }

    fn add(&mut self, name: &str, content: &[u8]) {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        self.tar
            .append_data(&mut header, format!("a/{}/{name}", self.root), content)
            .expect("the archive is in memory");
    }

    /// A table for every cell below `folder`; the first is enough to be refused.
    fn tables(&mut self, folder: &str, table: &[u8]) {
        for (split, cells) in self.splits {
            for cell in 1..=*cells {
                let content = if cell == 1 { table } else { b"" };
                self.add(&format!("{folder}{split}/cell{cell}.csv"), content);
            }
        }
    }

    fn import(self) {
        let content = self.tar.into_inner().expect("the archive is in memory");
        fuzz::import_file("matr-curves", "curves.tar", &content);
    }
}
