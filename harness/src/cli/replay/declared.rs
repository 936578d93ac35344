//! The experiment files of a recorded call, also where they have been moved since.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use record::{family_of_fold, files};

/// Where experiments of this repository are declared.
const EXPERIMENTS: &str = "experiments";

/// The files that a call names. Where one of them is not there any more, those below `experiments/` take the place of all that declare an
/// experiment of one of these names; whether they still declare the same runs is seen by the keys.
pub(super) fn files_of<'a>(named: &[PathBuf], experiments: impl Iterator<Item = &'a str>) -> Vec<PathBuf> {
    if named.iter().all(|file| file.exists()) {
        return named.to_vec();
    }
    let names: BTreeSet<&str> = experiments.map(declared_as).collect();
    let mut found = Vec::new();
    search(Path::new(EXPERIMENTS), &names, &mut found);
    if found.is_empty() { named.to_vec() } else { found }
}

/// The experiment in whose file this one is declared: inner folds and those of a cross-validation are in that of the whole.
fn declared_as(experiment: &str) -> &str {
    let outer = experiment.split_once(".fold-").map_or(experiment, |(outer, _)| outer);
    family_of_fold(outer).unwrap_or(outer)
}

fn search(folder: &Path, names: &BTreeSet<&str>, found: &mut Vec<PathBuf>) {
    // what cannot be read declares nothing
    for entry in files::entries(folder).unwrap_or_default() {
        let path = entry.path();
        if path.is_dir() {
            search(&path, names, found);
        } else if path.extension().is_some_and(|ending| ending == "yaml") {
            let text = fs::read_to_string(&path).unwrap_or_default();
            let name = text.lines().find_map(|line| line.strip_prefix("name:"));
            let name = name.map(|name| name.split('#').next().unwrap_or_default().trim().trim_matches(['"', '\'']));
            found.extend(name.filter(|name| names.contains(name)).map(|_| path));
        }
    }
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
        ] {
            fs::write(temporary.path().join(file), text).unwrap();
        }
        let mut found = Vec::new();
        search(temporary.path(), &BTreeSet::from(["one", "two"]), &mut found);
        assert_eq!(found, ["b.yaml", "beyond/a.yaml"].map(|file| temporary.path().join(file)));
        // those that are there are taken as they are
        let there = [temporary.path().join("c.yaml")];
        assert_eq!(files_of(&there, ["one"].into_iter()), there);
    }
}
