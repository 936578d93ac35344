//! The experiment files of a recorded call, also where they have been moved since.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use record::{family_of_fold, files};

/// Where experiments of this repository are declared.
const EXPERIMENTS: &str = "experiments";

/// The files that a call names, and what was found in the place of those that are not there any more: the files below `experiments/` that
/// declare an experiment of one of these names. Whether they still declare the same runs is seen by the keys.
pub(super) fn files_of<'a>(
    named: &[PathBuf],
    experiments: impl Iterator<Item = &'a str>,
) -> (Vec<PathBuf>, Vec<PathBuf>) {
    let (mut files, gone): (Vec<PathBuf>, Vec<PathBuf>) = named.iter().cloned().partition(|file| file.exists());
    if gone.is_empty() {
        return (files, Vec::new());
    }
    let mut names: BTreeSet<String> = experiments.map(|name| declared_as(name).to_owned()).collect();
    files.iter().filter_map(|file| name_in(file)).for_each(|declared| {
        names.remove(&declared);
    });
    let mut found = Vec::new();
    search(Path::new(EXPERIMENTS), &mut names, &mut found);
    // what nobody declares any more is missed by its old name
    files.extend(if found.is_empty() { gone } else { found.clone() });
    (files, found)
}

/// The experiment in whose file this one is declared: inner folds and those of a cross-validation are in that of the whole.
fn declared_as(experiment: &str) -> &str {
    let outer = experiment.split_once(".fold-").map_or(experiment, |(outer, _)| outer);
    family_of_fold(outer).unwrap_or(outer)
}

/// Of several files that declare one experiment, the first.
fn search(folder: &Path, names: &mut BTreeSet<String>, found: &mut Vec<PathBuf>) {
    // what cannot be read declares nothing
    for entry in files::entries(folder).unwrap_or_default() {
        let path = entry.path();
        if path.is_dir() {
            search(&path, names, found);
        } else if path.extension().is_some_and(|ending| ending == "yaml") {
            let is_wanted = name_in(&path).is_some_and(|name| names.remove(&name));
            found.extend(is_wanted.then_some(path));
        }
    }
}

/// The name that a file declares.
fn name_in(file: &Path) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let name = text.lines().find_map(|line| line.strip_prefix("name:"))?;
    Some(name.split('#').next()?.trim().trim_matches(['"', '\'']).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_are_declared_with_the_whole() {
        for (name, declared) in [
            ("matr-1", "matr-1"),
            ("matr-1-beyond.fold-1.3", "matr-1-beyond"),
            ("mine-fold-2", "mine"),
            ("mine-fold-2.fold-1.1", "mine"),
        ] {
            assert_eq!(declared_as(name), declared);
        }
    }

    #[test]
    fn a_file_that_is_gone_is_looked_for_by_what_it_declared() {
        let temporary = tempfile::tempdir().unwrap();
        fs::create_dir_all(temporary.path().join("beyond")).unwrap();
        for (file, text) in [
            ("beyond/a.yaml", "# prose\nname: one # by hand\n"),
            ("b.yaml", "name: 'two'\n"),
            ("c.yaml", "name: three\n"),
            ("d.yaml", "name: two\n"),
        ] {
            fs::write(temporary.path().join(file), text).unwrap();
        }
        let mut found = Vec::new();
        search(temporary.path(), &mut ["one", "two"].map(str::to_owned).into(), &mut found);
        assert_eq!(found, ["b.yaml", "beyond/a.yaml"].map(|file| temporary.path().join(file)));
        // those that are there are taken as they are
        let there = [temporary.path().join("c.yaml")];
        assert_eq!(files_of(&there, ["one"].into_iter()), (there.to_vec(), Vec::new()));
        // and what nobody declares is missed by its name
        let gone = [PathBuf::from("nowhere/e.yaml")];
        assert_eq!(files_of(&gone, ["no such experiment"].into_iter()), (gone.to_vec(), Vec::new()));
    }
}
