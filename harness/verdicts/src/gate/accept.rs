//! A change that is meant: its numbers become the baseline, and what moved is declared.

use std::{collections::BTreeSet, fs, path::Path};

use cells::{lock, whole_file};
use record::{Planned, files, keep};

use super::{Judged, Standing};
use crate::{
    Error, Folder, Group,
    changes::{Changes, Declaration, Moved},
    noise::Noise,
};

/// Files of an output folder that follow from its runs, those of a report among them.
const MADE_OF_SCORES: [&str; 9] = [
    "scores.csv",
    "scores.blake3",
    Planned::FILE,
    "predictions.parquet",
    "reference_curves.csv",
    "reference_draws.csv",
    "report.md",
    "report.html",
    "summary.csv",
];

/// Folders of an output folder, which go with its runs.
const FOLDERS: [&str; 7] = ["runs", "experiments", "pretrained", "bundles", "tables", "figures", lock::FOLDER];

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
    let runs: Vec<Moved> = judged
        .iter()
        .filter(|one| one.standing != Standing::Same)
        .flat_map(|one| {
            let of = |folder: &Folder| folder.groups.get(&one.slot).cloned().unwrap_or_else(Group::default);
            let (was, is) = (of(before), of(candidate));
            let pairs = is.runs.into_iter().filter_map(|(seed, run)| Some((was.runs.get(&seed)?.clone(), run)));
            pairs.map(|(was, is)| Moved::new(&one.slot, &was, &is)).collect::<Vec<_>>()
        })
        .collect();
    if judged.iter().all(|one| one.standing == Standing::Same && one.because.is_empty()) {
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
    let known: BTreeSet<&str> =
        before.groups.values().flat_map(|group| group.runs.values()).map(|run| run.score.key.as_str()).collect();
    let runs_there = fs::read_dir(baseline.join("runs")).into_iter().flatten().flatten();
    let is_strange = |entry: &fs::DirEntry| {
        entry.file_name().to_str().is_none_or(|name| !known.contains(name) && !name.starts_with('.'))
    };
    if let Some(strange) = runs_there.into_iter().find(is_strange) {
        return Err(Error::NotComparable(format!(
            "{}: no row of the baseline's scores.csv has it, and with the numbers of before it would be removed; move it away",
            strange.path().display()
        )));
    }
    put(baseline, candidate, &changes)?;
    Ok(moved)
}

/// Makes the records of `candidate` a baseline where none is yet, and notes why.
///
/// # Errors
/// [`Error::NotComparable`] where something is in the way that would be lost; [`Error`] names the file that cannot be written.
pub fn found(baseline: &Path, candidate: &Folder, reason: &Reason<'_>) -> Result<(), Error> {
    let is_in_the_way = |entry: &fs::DirEntry| {
        let (path, name) = (entry.path(), entry.file_name());
        path.is_dir() || name == Changes::FILE || name == Noise::FILE
    };
    if let Some(entry) = fs::read_dir(baseline).into_iter().flatten().flatten().find(is_in_the_way) {
        return Err(Error::NotComparable(format!(
            "{}: there is no scores.csv beside it, so nobody knows what it is the baseline of; put the scores back, or give a new folder",
            entry.path().display()
        )));
    }
    let Reason { text, date, commit } = *reason;
    let (reason, date, commit) = (text.to_owned(), date.to_owned(), commit.to_owned());
    put(baseline, candidate, &Changes { changes: vec![Declaration { reason, date, commit, runs: Vec::new() }] })
}

/// Puts the records of `candidate` into the folder, with these declarations, keeping the files that lie there besides.
fn put(baseline: &Path, candidate: &Folder, changes: &Changes) -> Result<(), Error> {
    must_be_apart(baseline, &candidate.path)?;
    let mut others = Vec::new();
    for entry in fs::read_dir(baseline).into_iter().flatten().flatten() {
        let path = entry.path();
        let is_known = entry.file_name().to_str().is_some_and(|name| FOLDERS.contains(&name));
        if path.is_dir() && !is_known {
            return Err(Error::NotComparable(format!(
                "{}: no baseline has such a folder, and with the numbers of before it would be removed; give the baseline a folder of its \
                 own",
                path.display()
            )));
        }
        // what `run` has made of the numbers of before is of the numbers of before
        let is_made = entry.file_name().to_str().is_some_and(|name| MADE_OF_SCORES.contains(&name));
        if path.is_file() && !is_made && entry.file_name() != Changes::FILE {
            let bytes = whole_file::read(&path).map_err(|source| Error::Read { path, source })?;
            others.push((entry.file_name(), bytes));
        }
    }
    files::write_folder(baseline, |part| {
        keep(&candidate.path, part)?;
        for (name, bytes) in &others {
            files::write_whole(&part.join(name), bytes)?;
        }
        changes.write(&part.join(Changes::FILE)).map(drop)
    })
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
