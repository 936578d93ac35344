//! Which cells a model is trained on and which it is tested on.

mod group;
mod lint;
mod make;

pub use group::{By, Member, batch, keep_together, members};
pub use lint::{Known, Lint, lints, one_test};
pub use make::{draw, folds, latest};

use std::collections::HashMap;
use std::path::Path;

use crate::Error;
use crate::listing::{self, Line};
use crate::quote::shown;
use crate::whole_file;

/// Ids of the training and test cells, in the order of the file; no id occurs twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// Training cells.
    pub train: Vec<String>,
    /// Test cells.
    pub test: Vec<String>,
}

impl Split {
    /// Reads a CSV file with the columns `cell_id` and `split` (`train` or `test`); other columns are ignored.
    ///
    /// # Errors
    /// [`Error::Declared`] names the file and line: an unreadable file, a missing column, an empty id, another word than
    /// `train` or `test`, an id that occurs twice (in both parts or in one), a part without cells, a line with too few or too
    /// many fields. Empty lines and empty fields at the end of a line are no harm.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let name = path.display();
        let declared = |what: String| Error::Declared { table: format!("split {name}"), what };
        let mut split = Self { train: Vec::new(), test: Vec::new() };
        let mut seen: HashMap<String, (usize, String)> = HashMap::new();
        for Line { number: line, fields: [id, part] } in listing::read(path, ["cell_id", "split"]).map_err(declared)? {
            if id.is_empty() {
                return Err(declared(format!("line {line} has no cell id")));
            }
            if let Some((first, where_to)) = seen.insert(id.clone(), (line, part.clone())) {
                let [id, part, where_to] = [id, part, where_to].map(|text| shown(text, 80));
                return Err(declared(format!(
                    "cell {id} is in {where_to} on line {first} and in {part} on line {line}; keep one of them"
                )));
            }
            match part.as_str() {
                "train" => split.train.push(id),
                "test" => split.test.push(id),
                other => {
                    let [id, other] = [id.as_str(), other].map(|text| shown(text, 80));
                    return Err(declared(format!("line {line}: cell {id} is in '{other}', not in 'train' or 'test'")));
                }
            }
        }
        for (part, ids) in [("train", &split.train), ("test", &split.test)] {
            if ids.is_empty() {
                return Err(declared(format!("no cell is in '{part}'")));
            }
        }
        Ok(split)
    }

    /// Writes it as [`Split::read`] reads it, with a third column that says what `note` knows of a cell.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn write(&self, path: &Path, note: impl Fn(&str) -> String) -> Result<(), Error> {
        let failed = |source| Error::Write { doing: format!("write {}", path.display()), source };
        let mut table = csv::Writer::from_writer(Vec::new());
        let parts = [("train", &self.train), ("test", &self.test)];
        let lines = parts.into_iter().flat_map(|(part, ids)| ids.iter().map(move |id| (part, id)));
        let written = table.write_record(["cell_id", "split", "group"]).and_then(|()| {
            lines.into_iter().try_for_each(|(part, id)| table.write_record([id.as_str(), part, &note(id)]))
        });
        written.map_err(|error| failed(std::io::Error::other(error)))?;
        let bytes = table.into_inner().map_err(|error| Error::Internal(error.to_string()))?;
        whole_file::write(path, &bytes).map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn read(text: &str) -> Result<Split, String> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        Split::read(file.path()).map_err(|failure| failure.to_string())
    }

    #[test]
    fn ids_keep_the_order_of_the_file_and_other_columns_are_ignored() {
        let split = read("note,split,cell_id\nx,train,B\n,test,C\n\"a, b\",train,A\n").unwrap();
        assert_eq!(split.train, ["B", "A"]);
        assert_eq!(split.test, ["C"]);
    }

    #[test]
    fn a_split_is_read_as_it_was_written_and_says_what_is_known_of_a_cell() {
        let split = Split { train: vec!["B".into(), "A, 2".into()], test: vec!["C".into()] };
        let file = tempfile::NamedTempFile::new().unwrap();
        split.write(file.path(), |id| format!("of {id}")).unwrap();
        assert_eq!(Split::read(file.path()).unwrap(), split);
        let text = std::fs::read_to_string(file.path()).unwrap();
        assert_eq!(text, "cell_id,split,group\nB,train,of B\n\"A, 2\",train,\"of A, 2\"\nC,test,of C\n");
    }

    #[test]
    fn what_a_spreadsheet_leaves_behind_is_no_harm() {
        let plain = read("cell_id,split\nA,train\nB,test\n").unwrap();
        for text in [
            "\u{feff}cell_id,split\nA,train\nB,test\n",
            "cell_id,split\r\n\r\nA,train\r\n , \r\nB,test\r\n\r\n",
            "cell_id,split,,\nA,train,,\n,,,\nB,test,,\n",
            "cell_id,split\nA,train,\nB,test,,\n",
            "cell_id,split,note\nA,train\nB,test,x\n",
            "\u{feff}\"cell_id\",\"split\"\n\"A\",\"train\"\n\"B\",\"test\"",
        ] {
            assert_eq!(read(text), Ok(plain.clone()), "{text:?}");
        }
        let wide: Vec<u8> = "cell_id,split\nA,train\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&wide).unwrap();
        let message = Split::read(file.path()).unwrap_err().to_string();
        assert!(message.contains("it is written in UTF-16: save it as UTF-8"), "{message}");
    }

    #[test]
    fn each_fault_names_its_line_or_column() {
        let fails = |text: &str, part: &str| {
            let message = read(text).unwrap_err();
            assert!(message.contains(part), "{message}");
        };
        fails("cell,split\nA,train\n", "no column cell_id");
        fails("cell_id,split\nA,train\nB,dev\n", "line 3: cell B is in 'dev'");
        fails("cell_id,split\nA,train\nB,test\nA,test\n", "cell A is in train on line 2 and in test on line 4");
        fails("cell_id,split\nA,train\nB,test\nA,train\n", "line 4");
        fails("cell_id,split\nA,train\n", "no cell is in 'test'");
        fails("cell_id,split\nA,train\nB\n", "line 3 has no split: it has 1 fields, the header has 2");
        fails("cell_id,split\n\nA,train\n\n\nB,test,x\n", "line 6 has 3 fields, the header has 2: what is \"x\"?");
        fails("cell_id,split,cell_id\nA,train,B\n", "has the column cell_id twice");
        fails("cell_id;split\nA;train\n", "separated by commas and not by semicolons");
        fails("cell_id,split\nA\u{1b}[31m,dev\n", "cell A\\u{1b}[31m is in 'dev'");
        fails("cell_id,split\n,train\n", "line 2 has no cell id");
        assert!(Split::read(Path::new("nowhere.csv")).unwrap_err().to_string().contains("nowhere.csv"));
    }
}
