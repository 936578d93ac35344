//! An output folder as a whole: its rows with their records, held against one another in the order that tells most.

use std::path::Path;

use rayon::prelude::*;

use crate::{
    Error, RunRecord, Score, check_row, check_rows,
    files::{self, run_folder},
    read_scores,
};
use cells::{suggest::did_you_mean, whole_file};

/// How much of a run is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Record and predictions, and the small tables beside them.
    Tables,
    /// All that lies beside the record is held against its hashes too.
    Everything,
}

/// The rows of an output folder, in their order, each with its record where that is at hand. Numbers of a record are derived anew from
/// its predictions, each row must say what its record says, and no row may be another than was written.
///
/// # Errors
/// [`Error::NoScores`] where there are none; [`Error`] names what is damaged or contradicts itself, of several the first.
pub fn read_output(out: &Path, depth: Depth) -> Result<Vec<(Score, Option<RunRecord>)>, Error> {
    let path = out.join(Score::FILE);
    if !path.try_exists().unwrap_or(out.is_dir()) {
        return Err(Error::NoScores { out: out.to_owned(), what: what_is_there(out) });
    }
    let rows = read_scores(&path)?;
    let read = |row: &Score| {
        let folder = run_folder(out, &row.key);
        if !RunRecord::exists(&folder) {
            return Ok(None);
        }
        let record = match depth {
            Depth::Tables => RunRecord::read_with_tables(&folder)?,
            Depth::Everything => RunRecord::read_whole(&folder)?,
        };
        check_row(&path, row, &record)?;
        Ok(Some(record))
    };
    let records: Vec<Result<Option<RunRecord>, Error>> = rows.par_iter().map(read).collect();
    let records = records.into_iter().collect::<Result<Vec<_>, _>>()?;
    check_rows(&path, &rows)?;
    Ok(rows.into_iter().zip(records).collect())
}

/// What is where no scores are, and what to do: a sentence without its end.
fn what_is_there(out: &Path) -> String {
    let beside = files::entries(whole_file::folder_of(out)).unwrap_or_default();
    let names: Vec<String> = beside.iter().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    if !out.exists() {
        let name = out.file_name().unwrap_or_default().to_string_lossy();
        return format!("there is no such folder{}", did_you_mean(&name, names.iter().map(String::as_str)));
    }
    if !out.is_dir() {
        return "this is a file; give the output folder of a `batlinet run`".to_owned();
    }
    let below = files::entries(out).unwrap_or_default();
    let folder = below.iter().find(|entry| entry.path().join(Score::FILE).is_file());
    match folder {
        Some(folder) => format!(
            "there is no {} here, but in folders below it, such as {}: give one of these",
            Score::FILE,
            folder.path().display()
        ),
        None => format!("there is no {} here; `batlinet run` writes one", Score::FILE),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::{Attachments, made_up, scores::tests::row, write_scores};

    fn written(out: &Path, names: &[&str]) -> Vec<Score> {
        let rows: Vec<Score> = names
            .iter()
            .map(|name| {
                let mut record = made_up::record(name);
                record.write(&run_folder(out, &record.key()), Attachments::default()).unwrap();
                row(name, &record)
            })
            .collect();
        write_scores(&out.join(Score::FILE), &rows).unwrap();
        rows
    }

    #[test]
    fn rows_come_with_their_records_and_without_those_that_are_gone() {
        let out = tempfile::tempdir().unwrap();
        let rows = written(out.path(), &["one", "two", "three"]);
        fs::remove_dir_all(run_folder(out.path(), &rows[1].key)).unwrap();
        for depth in [Depth::Tables, Depth::Everything] {
            let found = read_output(out.path(), depth).unwrap();
            let keys: Vec<Option<String>> = found.iter().map(|(_, record)| Some(record.as_ref()?.key())).collect();
            assert_eq!(keys, [Some(rows[0].key.clone()), None, Some(rows[2].key.clone())]);
        }
    }

    #[test]
    fn where_no_scores_are_it_is_said_what_is() {
        let folder = tempfile::tempdir().unwrap();
        let smoke = folder.path().join("smoke");
        written(&smoke, &["one"]);
        let said = |path: &Path| read_output(path, Depth::Tables).unwrap_err().to_string();
        assert!(said(&folder.path().join("smok")).ends_with("there is no such folder, did you mean 'smoke'?"));
        assert!(said(folder.path()).contains("but in folders below it, such as "), "{}", said(folder.path()));
        assert!(said(&smoke.join(Score::FILE)).contains("this is a file"), "{}", said(&smoke.join(Score::FILE)));
        assert!(said(&smoke.join("runs")).ends_with("there is no scores.csv here; `batlinet run` writes one"));
    }
}
