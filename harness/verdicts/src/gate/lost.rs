//! What lies in the folder of a baseline, when its numbers become others: what follows from them goes with them, what else is a file stays,
//! and what would be lost is refused.

use std::{
    collections::BTreeSet,
    ffi::OsStr,
    fs::DirEntry,
    path::{Path, PathBuf},
};

use cells::lock;
use record::{ExperimentRecord, Planned, Score, files};

use crate::{Error, changes::Changes};

/// Files of an output folder that follow from its runs, those of a report among them.
const MADE_OF_SCORES: [&str; 9] = [
    Score::FILE,
    Score::HASHES,
    Planned::FILE,
    "predictions.parquet",
    "reference_curves.csv",
    "reference_draws.csv",
    "report.md",
    "report.html",
    "summary.csv",
];

/// What was trained and kept beside the runs.
const TRAINED: [&str; 2] = ["pretrained", "bundles"];

/// What a report has beside its page, by folder and ending.
const OF_REPORTS: [(&str, &[&str]); 2] = [("tables", &["csv", "tex"]), ("figures", &["csv", "svg"])];

/// Whether a file of this name follows from the runs beside it.
pub(super) fn follows_from_runs(name: &OsStr) -> bool {
    MADE_OF_SCORES.iter().any(|known| name == *known)
}

/// The files that stay. `known` are the keys of the runs that have a row.
///
/// # Errors
/// [`Error::NotComparable`] names what is neither of the numbers of before nor can stay.
pub(super) fn files_that_stay(baseline: &Path, known: &BTreeSet<&str>) -> Result<Vec<PathBuf>, Error> {
    let mut stay = Vec::new();
    for entry in files::entries(baseline)? {
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_str().unwrap_or_default();
        if path.is_dir() {
            refuse_in_folder(&path, name, known)?;
        } else if !path.is_file() {
            return Err(refused(&path, "this is neither a file nor a folder"));
        } else if !MADE_OF_SCORES.contains(&name) && name != Changes::FILE {
            stay.push(path);
        }
    }
    Ok(stay)
}

fn refuse_in_folder(folder: &Path, name: &str, known: &BTreeSet<&str>) -> Result<(), Error> {
    if name == lock::FOLDER {
        return Ok(());
    }
    let strange = |is_ours: &dyn Fn(&DirEntry) -> bool, what: &str| match files::entries(folder)?
        .iter()
        .find(|entry| !is_ours(entry))
    {
        Some(entry) => Err(refused(&entry.path(), what)),
        None => Ok(()),
    };
    let ends_in = |endings: &[&str], entry: &DirEntry| {
        let path = entry.path();
        path.is_file()
            && path.extension().and_then(|ending| ending.to_str()).is_some_and(|ending| endings.contains(&ending))
    };
    if name == "runs" {
        let is_known = |entry: &DirEntry| {
            let is_left_over = |name: &str| name.starts_with(".part-") || name.starts_with(".old-");
            entry.file_name().to_str().is_some_and(|name| known.contains(name) || is_left_over(name))
        };
        strange(&is_known, "no row of the baseline's scores.csv has it")?;
        for key in known {
            let run = files::run_folder(folder.parent().unwrap_or(folder), key);
            let is_ours = |entry: &&DirEntry| entry.path().is_file() && files::is_of_run(&entry.file_name());
            if let Some(entry) = files::entries(&run)?.iter().find(|entry| !is_ours(entry)) {
                return Err(refused(&entry.path(), "no run has such a file"));
            }
        }
        return Ok(());
    }
    if name == "experiments" {
        let is_ours = |entry: &DirEntry| ends_in(&["json"], entry) && ExperimentRecord::is_at(&entry.path());
        return strange(&is_ours, "no experiment was declared in it");
    }
    if TRAINED.contains(&name) {
        return strange(&|_| false, "trained models are no part of a baseline");
    }
    match OF_REPORTS.iter().find(|(of, _)| *of == name) {
        Some((_, endings)) => strange(&|entry| ends_in(endings, entry), "no report has it"),
        None => Err(refused(folder, "no baseline has such a folder")),
    }
}

fn refused(path: &Path, what: &str) -> Error {
    Error::NotComparable(format!(
        "{}: {what}, and with the numbers of before it would be removed; move it away, or give the baseline a folder of its own",
        path.display()
    ))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_follows_goes_other_files_stay_and_what_would_be_lost_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let known = BTreeSet::from(["0123456789abcdef"]);
        let write = |name: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        };
        for name in [
            "scores.csv",
            "report.html",
            "changes.yaml",
            "README.md",
            "noise.csv",
            "runs/0123456789abcdef/record.json",
            "runs/0123456789abcdef/weights.safetensors",
            "tables/one.tex",
            "figures/one.svg",
        ] {
            write(name);
        }
        let stay = files_that_stay(folder.path(), &known).unwrap();
        assert_eq!(stay, ["README.md", "noise.csv"].map(|name| folder.path().join(name)));
        for lost in [
            "runs/precious/record.json",
            "runs/0123456789abcdef/notes.md",
            "experiments/notes.md",
            "experiments/mine.json",
            "runs/.hidden/precious",
            "bundles/one.blm",
            "pretrained/net.safetensors",
            "figures/photo.png",
            "thesis/chapter.tex",
        ] {
            write(lost);
            let said = files_that_stay(folder.path(), &known).unwrap_err().to_string();
            let top = folder.path().join(lost.split('/').next().unwrap());
            assert!(said.starts_with(&top.display().to_string()) && said.contains("it would be removed"), "{said}");
            let path = folder.path().join(lost);
            fs::remove_file(&path).unwrap();
            if fs::read_dir(path.parent().unwrap()).unwrap().next().is_none() {
                fs::remove_dir(path.parent().unwrap()).unwrap();
            }
        }
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("nowhere", folder.path().join("link")).unwrap();
            assert!(files_that_stay(folder.path(), &known).unwrap_err().to_string().contains("neither a file nor"));
        }
    }
}
