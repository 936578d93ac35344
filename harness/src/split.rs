//! Which cells a model is trained on and which it is tested on.

use std::collections::HashMap;
use std::path::Path;

use crate::failure::Failure;

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
    /// [`Failure::Usage`] names the file and line: an unreadable file, a missing column, an empty id, another word than
    /// `train` or `test`, an id that occurs twice (in both parts or in one), a part without cells.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let name = path.display();
        let usage = |what: String| Failure::Usage(format!("split {name}: {what}"));
        let mut reader = csv::ReaderBuilder::new()
            .trim(csv::Trim::All)
            .from_path(path)
            .map_err(|error| usage(format!("cannot be opened: {error}")))?;
        let headers = reader.headers().map_err(|error| usage(error.to_string()))?.clone();
        let column = |wanted: &str| {
            headers
                .iter()
                .position(|header| header == wanted)
                .ok_or_else(|| usage(format!("has no column {wanted}; it needs cell_id and split")))
        };
        let (id_column, part_column) = (column("cell_id")?, column("split")?);

        let mut split = Self { train: Vec::new(), test: Vec::new() };
        let mut seen: HashMap<String, (u64, String)> = HashMap::new();
        for record in reader.records() {
            let record = record.map_err(|error| usage(error.to_string()))?;
            let line = record.position().map_or(0, csv::Position::line);
            let (id, part) = (&record[id_column], &record[part_column]);
            if id.is_empty() {
                return Err(usage(format!("line {line} has no cell id")));
            }
            if let Some((first, where_to)) = seen.insert(id.to_owned(), (line, part.to_owned())) {
                return Err(usage(format!(
                    "cell {id} is in {where_to} on line {first} and in {part} on line {line}; keep one of them"
                )));
            }
            match part {
                "train" => split.train.push(id.to_owned()),
                "test" => split.test.push(id.to_owned()),
                other => {
                    return Err(usage(format!("line {line}: cell {id} is in '{other}', not in 'train' or 'test'")));
                }
            }
        }
        for (part, ids) in [("train", &split.train), ("test", &split.test)] {
            if ids.is_empty() {
                return Err(usage(format!("no cell is in '{part}'")));
            }
        }
        Ok(split)
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
        fails("cell_id,split\nA,train\nB\n", "line");
        fails("cell_id,split\n,train\n", "line 2 has no cell id");
        assert!(Split::read(Path::new("nowhere.csv")).unwrap_err().to_string().contains("nowhere.csv"));
    }
}
