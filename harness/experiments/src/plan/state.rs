//! Whether a run is to be made, by what is in the output folder.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    path::Path,
};

use cells::{cell::Origin, split::Split};
use record::{Ingredients, RunRecord, Score, Status, UNKNOWN, files::run_folder};

/// Whether a run is to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Never made.
    New,
    /// Made with something else that mattered; the text says what.
    Stale(String),
    /// Made.
    Done,
    /// Made by an older program, well or not, which kept it in format 1 under this key; `run` takes it over.
    Former(String),
    /// Tried, without numbers; the text is the reason.
    Failed(String),
}

impl fmt::Display for State {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::New => formatter.write_str("new"),
            Self::Stale(because) => write!(formatter, "stale because {because}"),
            Self::Done => formatter.write_str("done"),
            Self::Former(key) => write!(formatter, "done, as {key} in format 1, which `run` takes over"),
            Self::Failed(reason) => write!(formatter, "failed before: {reason}"),
        }
    }
}

/// Earlier rows by what they are rows of.
pub(super) type Slots<'a> = HashMap<(&'a str, Origin, &'a str, String, u64), &'a Score>;

/// The state of the run with these ingredients, on cells of which all have the label hash `labels`.
pub(super) fn state(
    ingredients: &Ingredients,
    key: &str,
    earlier: Option<&Score>,
    (data, labels): (Origin, &str),
    cells: &Split,
    out: &Path,
) -> State {
    let folder = run_folder(out, key);
    if RunRecord::exists(&folder) {
        // what is not as it was written is made again
        return match RunRecord::whole(&folder) {
            Ok(record) if !is_of(&record, cells) => State::Stale("its cells are not those of its key".to_owned()),
            Ok(record) => ended(record.status),
            Err(problem) => State::Stale(problem),
        };
    }
    let former = ingredients.former();
    let former_key = former.evaluation_key();
    if let Ok(record) = RunRecord::read(&run_folder(out, &former_key))
        && (record.data, &record.ingredients) == (data, &former)
    {
        let is_same = [UNKNOWN, labels].contains(&record.label_hash.as_str());
        return if is_same {
            State::Former(former_key)
        } else {
            State::Stale("the lives of its cells changed".to_owned())
        };
    }
    match earlier.filter(|score| score.key != key) {
        None => State::New,
        Some(score) => State::Stale(match RunRecord::read(&run_folder(out, &score.key)) {
            Ok(record) => ingredients.difference(&record.ingredients),
            Err(_) => "it was made differently, and that record is gone".to_owned(),
        }),
    }
}

/// Whether a record is of these cells and no others.
fn is_of(record: &RunRecord, cells: &Split) -> bool {
    let (train, test): (HashSet<&String>, HashSet<&String>) =
        (cells.train.iter().collect(), cells.test.iter().collect());
    record.train.iter().all(|id| train.contains(id)) && record.predictions.iter().all(|row| test.contains(&row.cell))
}

fn ended(status: Status) -> State {
    match status {
        Status::Ok => State::Done,
        Status::Diverged => State::Failed("diverged".to_owned()),
        Status::Failed(reason) => State::Failed(reason),
    }
}
