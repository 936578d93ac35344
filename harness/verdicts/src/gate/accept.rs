//! A change that is meant: its numbers become the baseline, and what moved is declared.

use std::{
    collections::BTreeSet,
    fs::{self, DirEntry},
    path::{Path, PathBuf},
};

use record::{
    files::{self, run_folder},
    keep,
};

use super::{
    Judged, Standing, is_unchanged,
    lost::{files_that_stay, follows_from_runs},
};
use crate::{
    Error, Folder,
    changes::{Changes, Declaration, Moved},
    noise::Noise,
};

/// Why and when the numbers of a baseline become others.
#[derive(Clone, Debug)]
pub struct Reason<'a> {
    /// For whoever reads the declaration later.
    pub text: &'a str,
    /// The day, year-month-day.
    pub date: &'a str,
    /// The commit that the program was built from.
    pub commit: &'a str,
}

/// Puts the records of `candidate` in the place of those in `baseline`, keeps what else lies there, and adds a declaration of all
/// that moved to its changes file. Says how many runs moved. The folder is replaced as a whole, or not at all.
///
/// # Errors
/// [`Error::NotComparable`] if something of the baseline is missing or fails in the candidate, or nothing moved;
/// [`Error`] names the file that cannot be read or written.
pub fn accept(
    baseline: &Path,
    before: &Folder,
    candidate: &Folder,
    judged: &[Judged],
    reason: &Reason<'_>,
) -> Result<usize, Error> {
    let lost = judged.iter().find(|one| matches!(one.standing, Standing::Missing { .. } | Standing::Fails { .. }));
    if let Some(lost) = lost {
        return Err(Error::NotComparable(format!(
            "{}: {}; a baseline is accepted whole, so run all of it",
            lost.slot, lost.because
        )));
    }
    let in_both = candidate.groups.iter().filter_map(|(slot, is)| Some((slot, before.groups.get(slot)?, is)));
    let pairs = in_both
        .flat_map(|(slot, was, is)| is.runs.iter().filter_map(move |(seed, is)| Some((slot, was.runs.get(seed)?, is))));
    let (same, others): (Vec<_>, Vec<_>) = pairs.partition(|(_, was, is)| is_unchanged(was, is));
    let runs: Vec<Moved> = others.into_iter().map(|(slot, was, is)| Moved::new(slot, was, is)).collect();
    // of these the record of before stays: what is new in it is when and how fast it was made
    let stay: BTreeSet<&str> = same
        .iter()
        // rows and records must say the same to the last digit
        .filter(|(_, was, is)| was.score == is.score && was.record.predictions == is.record.predictions)
        .map(|(_, was, _)| was.score.key.as_str())
        .collect();
    if judged.iter().all(|one| one.standing == Standing::Same && one.because.is_empty() && one.more.is_empty()) {
        return Err(Error::NotComparable("nothing moved: there is nothing to accept".to_owned()));
    }
    let mut changes = Changes::read(&baseline.join(Changes::FILE))?;
    let moved = runs.len();
    changes.changes.push(Declaration {
        reason: reason.text.to_owned(),
        date: reason.date.to_owned(),
        commit: reason.commit.to_owned(),
        runs,
    });
    let runs_before = || before.groups.values().flat_map(|group| group.runs.values());
    let trainers = runs_before().filter_map(|run| run.record.trained_by.as_deref());
    let known: BTreeSet<&str> = runs_before().map(|run| run.score.key.as_str()).chain(trainers).collect();
    let others = files_that_stay(baseline, &known)?;
    put(baseline, candidate, &changes, &stay, &others)?;
    Ok(moved)
}

/// Makes the records of `candidate` a baseline where none is yet, and notes why.
///
/// # Errors
/// [`Error::NotComparable`] where something is in the way that would be lost; [`Error`] names the file that cannot be written.
pub fn found(baseline: &Path, candidate: &Folder, reason: &Reason<'_>) -> Result<(), Error> {
    let is_in_the_way = |entry: &DirEntry| {
        let (path, name) = (entry.path(), entry.file_name());
        path.is_dir() || name == Changes::FILE || name == Noise::FILE || follows_from_runs(&name)
    };
    if baseline.is_file() {
        return Err(Error::NotComparable(format!(
            "{}: this is a file; give the baseline a folder",
            baseline.display()
        )));
    }
    if let Some(entry) = files::entries(baseline)?.into_iter().find(is_in_the_way) {
        return Err(Error::NotComparable(format!(
            "{}: there is no scores.csv beside it, so nobody knows what it is the baseline of; put the scores back, or give a new folder",
            entry.path().display()
        )));
    }
    let Reason { text, date, commit } = *reason;
    let (reason, date, commit) = (text.to_owned(), date.to_owned(), commit.to_owned());
    let changes = Changes { changes: vec![Declaration { reason, date, commit, runs: Vec::new() }] };
    let others = files_that_stay(baseline, &BTreeSet::new())?;
    put(baseline, candidate, &changes, &BTreeSet::new(), &others)
}

/// Puts the records of `candidate` into the folder, with these declarations, keeping the runs of the keys in `stay` as they are, and the
/// files `others` that lie there.
fn put(
    baseline: &Path,
    candidate: &Folder,
    changes: &Changes,
    stay: &BTreeSet<&str>,
    others: &[PathBuf],
) -> Result<(), Error> {
    must_be_apart(baseline, &candidate.path)?;
    files::write_folder(baseline, |part| {
        keep(&candidate.path, part)?;
        for key in stay {
            let (from, to) = (run_folder(baseline, key), run_folder(part, key));
            for entry in files::entries(&to)? {
                fs::remove_file(entry.path()).map_err(|source| record::Error::File { path: entry.path(), source })?;
            }
            for entry in files::entries(&from)?.iter().filter(|entry| entry.path().is_file()) {
                copied(&entry.path(), &to)?;
            }
        }
        for path in others {
            copied(path, part)?;
        }
        changes.write(&part.join(Changes::FILE)).map(drop)
    })
}

/// With its permissions.
fn copied(file: &Path, into: &Path) -> Result<(), Error> {
    let to = into.join(file.file_name().unwrap_or_default());
    fs::copy(file, &to).map(drop).map_err(|source| record::Error::File { path: file.to_owned(), source }.into())
}

/// Neither may lie in the other: what is replaced would be what is read.
fn must_be_apart(baseline: &Path, candidate: &Path) -> Result<(), Error> {
    // of what is not there yet, the folder that it would lie in
    let there = |path: &Path| {
        let whole = std::path::absolute(path).ok()?;
        whole.ancestors().find_map(|path| fs::canonicalize(path).ok())
    };
    let (Some(one), Some(other)) = (there(baseline), there(candidate)) else { return Ok(()) };
    let is_within = match baseline.exists() {
        true => one != other && (one.starts_with(&other) || other.starts_with(&one)),
        false => one.starts_with(&other),
    };
    if is_within {
        return Err(Error::NotComparable(format!(
            "{} and {}: one lies in the other; give the baseline a folder of its own",
            baseline.display(),
            candidate.display()
        )));
    }
    Ok(())
}
