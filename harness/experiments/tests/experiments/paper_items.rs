//! docs/paper.md says where each table and figure of the paper comes from: every claim of it, checked.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use experiments::read;
use record::{AS_WRITTEN, Study};
use report::study::chapters;

use super::declared::repository_files;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The cells of the table's rows: item, files, command, chapter, rows of the published numbers.
fn items() -> Vec<Vec<String>> {
    let text = fs::read_to_string(root().join("docs/paper.md")).unwrap();
    let rows = text.lines().filter(|line| line.starts_with('|')).skip(2);
    rows.map(|line| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()).collect()
}

/// What stands between backquotes.
fn quoted(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

#[test]
fn every_file_loads_in_both_profiles_and_lands_in_the_chapter_named() {
    let items = items();
    assert!(items.len() > 10 && items.iter().all(|item| item.len() == 5));
    let mut named = BTreeSet::new();
    for item in &items {
        let files = quoted(&item[1]);
        assert!(!files.is_empty(), "{item:?}");
        for file in files {
            let path = root().join("experiments").join(file);
            named.insert(fs::canonicalize(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())));
            for profile in [AS_WRITTEN, "quick"] {
                let experiment = read::read(&path, profile, &[]).unwrap().experiment;
                assert_eq!(chapters::title(experiment.study), item[3], "{file}");
                assert!(experiment.study == Study::Alpha || !experiment.analysis.is_empty(), "{file}");
            }
        }
    }
    // and no experiment of the repository is left out
    let all: BTreeSet<PathBuf> = repository_files().iter().map(|path| fs::canonicalize(path).unwrap()).collect();
    assert_eq!(named, all);
}

#[test]
fn every_file_is_called_by_the_name_of_its_experiment_and_has_its_split_and_its_analysis() {
    for path in repository_files() {
        for profile in [AS_WRITTEN, "quick"] {
            let experiment = read::read(&path, profile, &[]).unwrap().experiment;
            let name = experiment.name.trim_start_matches("transfer-");
            assert_eq!(Some(name), path.file_stem().and_then(|stem| stem.to_str()));
            assert!(experiment.train_test_split.is_file() && !experiment.analysis.is_empty(), "{name}");
        }
    }
}

#[test]
fn every_published_number_belongs_to_an_item() {
    let claimed: BTreeSet<String> =
        items().iter().flat_map(|item| quoted(&item[4]).into_iter().map(str::to_owned).collect::<Vec<_>>()).collect();
    let mut reader = csv::Reader::from_path(root().join("results/paper.csv")).unwrap();
    let present: BTreeSet<String> = reader.records().map(|row| row.unwrap()[0].to_owned()).collect();
    assert_eq!(claimed, present);
}
