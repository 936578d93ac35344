//! Numbers across commits: `history.csv`, one row per commit, machine and number, and the steps in them.
//!
//! `commit,date,machine,experiment,data,model,variant,metric,value,low,high`. `value` is the mean over the seeds, `low` and `high` are the
//! least and the greatest of them. `machine` is what may change the last digits: engine, instructions and processor. Rows are
//! appended in the order of the commits, and one commit on one machine has each number once.

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
};

use cells::whole_file;
use itertools::Itertools as _;
use record::{Precision, files};
use serde::{Deserialize, Serialize};
use statistics::{Metrics, Steps, change_points};

use crate::{Error, Folder, Group, Run, Slot};

/// A number at a commit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// That the program was built from.
    pub commit: String,
    /// The day, year-month-day.
    pub date: String,
    /// What may change the last digits.
    pub machine: String,
    /// Name of the experiment.
    pub experiment: String,
    /// Measured or simulated cells.
    pub data: String,
    /// Name of the model.
    pub model: String,
    /// Tells entries of one model apart.
    pub variant: String,
    /// `rmse`, `mae` or `mape`.
    pub metric: String,
    /// Mean over the seeds.
    pub value: f64,
    /// Least of the seeds.
    pub low: f64,
    /// Greatest of the seeds.
    pub high: f64,
}

impl Point {
    /// What it is a number of.
    pub fn slot(&self) -> Slot {
        let Self { experiment, data, model, variant, .. } = self.clone();
        Slot { experiment, data, model, variant }
    }
}

/// The columns of the file.
const COLUMNS: [&str; 11] =
    ["commit", "date", "machine", "experiment", "data", "model", "variant", "metric", "value", "low", "high"];

type Measure = fn(&Metrics) -> f64;

/// The measures that a history has.
pub const METRICS: [(&str, Measure); 3] =
    [("rmse", |metrics| metrics.rmse), ("mae", |metrics| metrics.mae), ("mape", |metrics| metrics.mape)];

/// The numbers of one model across commits on one machine.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Which experiment and model.
    pub slot: Slot,
    /// On which machine.
    pub machine: String,
    /// In the order of the commits.
    pub points: Vec<Point>,
    /// Positions of points that are at another level than those before.
    pub steps: Vec<usize>,
}

/// All numbers of a folder, at the commit that its records name.
pub fn points(folder: &Folder, date: &str) -> Vec<Point> {
    let mut points = Vec::new();
    for (slot, group) in &folder.groups {
        let Some(first) = group.with_numbers().next() else { continue };
        for (metric, measure) in METRICS {
            let values: Vec<f64> = group.with_numbers().filter_map(Run::metrics).map(measure).collect();
            let Slot { experiment, data, model, variant } = slot.clone();
            points.push(Point {
                commit: commit(first),
                date: date.to_owned(),
                machine: machine(first),
                experiment,
                data,
                model,
                variant,
                metric: metric.to_owned(),
                value: values.iter().sum::<f64>() / values.len() as f64,
                low: values.iter().copied().fold(f64::INFINITY, f64::min),
                high: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            });
        }
    }
    points
}

fn commit(run: &Run) -> String {
    let (commit, is_dirty) = run.record.provenance.short_commit();
    if is_dirty { format!("{commit}-dirty") } else { commit.to_owned() }
}

fn machine(run: &Run) -> String {
    let (versions, made) = (&run.record.versions, &run.record.provenance);
    // `fast` rounds otherwise; histories of older programs have `exact` without a word
    let fast = if run.record.precision == Precision::Fast { "; fast" } else { "" };
    format!("{}; libtorch {}; {}{fast}", versions.engine, made.libtorch_instructions, made.processor)
}

/// Reads a history; none where there is no file.
///
/// # Errors
/// [`Error`] names file and line.
pub fn read(path: &Path) -> Result<Vec<Point>, Error> {
    if !path.exists() {
        return Ok(Vec::new());
    }
    let bytes = whole_file::read(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
    let malformed = |error: csv::Error| Error::Malformed {
        path: path.to_owned(),
        what: format!("{error}; `batlinet gate --history` writes such files"),
    };
    let mut reader = csv::Reader::from_reader(bytes.as_slice());
    if reader.headers().map_err(malformed)?.iter().ne(COLUMNS) {
        return Err(Error::Malformed {
            path: path.to_owned(),
            what: format!("this is no history: its first line is not {}", COLUMNS.join(",")),
        });
    }
    let points = reader.deserialize().collect::<Result<Vec<Point>, _>>().map_err(malformed)?;
    let strange = points.iter().position(|point| ![point.value, point.low, point.high].iter().all(|x| x.is_finite()));
    match strange {
        Some(at) => Err(Error::Malformed { path: path.to_owned(), what: format!("line {}: not a number", at + 2) }),
        None => Ok(points),
    }
}

/// The models of a folder whose runs were made by programs of several commits, or on several machines: their numbers are those of none.
pub fn of_several_commits(folder: &Folder) -> Vec<&Slot> {
    let is_of_several = |group: &Group| !group.with_numbers().map(|run| (commit(run), machine(run))).all_equal();
    folder.groups.iter().filter(|(_, group)| is_of_several(group)).map(|(slot, _)| slot).collect()
}

/// Adds the points to the history in `path`. A number that the same commit has there from the same machine is replaced where it stands;
/// others follow what the commit has there, so that what is gated against two baselines has the numbers of both, and a new commit comes
/// last. The file is written whole or not at all.
///
/// # Errors
/// As [`read`]; [`Error`] names the file that cannot be written.
pub fn append(path: &Path, points: Vec<Point>) -> Result<(), Error> {
    if points.is_empty() {
        return Ok(());
    }
    // rows that another process adds meanwhile would be lost
    let _alone = files::lock(whole_file::folder_of(path), "history")?;
    let mut all = read(path)?;
    let of = |point: &Point| (point.commit.clone(), point.machine.clone(), point.slot(), point.metric.clone());
    let mut places: HashMap<_, usize> = all.iter().map(of).zip(0..).collect();
    for point in points {
        match places.get(&of(&point)) {
            Some(&place) => all[place] = point,
            None => {
                // rows are in the order of commits
                let is_beside = |old: &Point| (&old.commit, &old.machine) == (&point.commit, &point.machine);
                let place = all.iter().rposition(is_beside).map_or(all.len(), |last| last + 1);
                if place < all.len() {
                    places.values_mut().filter(|at| **at >= place).for_each(|at| *at += 1);
                }
                places.insert(of(&point), place);
                all.insert(place, point);
            }
        }
    }
    let malformed = |what: String| Error::Malformed { path: path.to_owned(), what };
    let mut writer = csv::Writer::from_writer(Vec::new());
    for point in &all {
        writer.serialize(point).map_err(|error| malformed(error.to_string()))?;
    }
    let bytes = writer.into_inner().map_err(|error| malformed(error.to_string()))?;
    files::write_whole(path, &bytes)?;
    Ok(())
}

/// The series of a metric, by experiment, model and machine, with their steps.
pub fn series(points: &[Point], metric: &str) -> Vec<Series> {
    let mut found: BTreeMap<(Slot, String), Vec<Point>> = BTreeMap::new();
    for point in points.iter().filter(|point| point.metric == metric) {
        found.entry((point.slot(), point.machine.clone())).or_default().push(point.clone());
    }
    found
        .into_iter()
        .map(|((slot, machine), points)| {
            let values: Vec<f64> = points.iter().map(|point| point.value).collect();
            Series { slot, machine, steps: change_points(&values, &Steps::default()), points }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::made_up::{folder, run};

    fn at(commit: &str, by: f64) -> Vec<Point> {
        let temporary = tempfile::tempdir().unwrap();
        let mut record = run("ridge", 0, &[520.0 * by, 590.0, 720.0]);
        record.provenance.commit = commit.to_owned();
        points(&folder(temporary.path(), vec![record]), "2026-11-28")
    }

    #[test]
    fn a_step_is_found_at_the_commit_that_made_it_and_a_commit_counts_once() {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join("history.csv");
        assert_eq!(read(&path).unwrap(), []);
        for (commit, by) in [("a", 1.0), ("b", 1.0), ("c", 1.0), ("d", 1.01), ("e", 1.01), ("d", 1.01)] {
            append(&path, at(commit, by)).unwrap();
        }
        let all = read(&path).unwrap();
        assert_eq!(all.len(), 5 * METRICS.len());
        let found = series(&all, "rmse");
        let [one] = &found[..] else { panic!("{found:?}") };
        // the one that was gated again stays where it was
        let commits: Vec<&str> = one.points.iter().map(|point| point.commit.as_str()).collect();
        assert_eq!((commits, &one.steps[..]), (vec!["a", "b", "c", "d", "e"], &[3][..]));
        assert!((one.points[0].low, one.points[0].high) == (one.points[0].value, one.points[0].value));
    }

    #[test]
    fn another_experiment_of_the_same_commit_stays() {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join("history.csv");
        let of = |experiment: &str, by: f64| {
            let other = |point| Point { experiment: experiment.to_owned(), ..point };
            at("a", by).into_iter().map(other).collect::<Vec<_>>()
        };
        for (experiment, by) in [("one", 1.0), ("two", 1.0), ("one", 1.01)] {
            append(&path, of(experiment, by)).unwrap();
        }
        assert_eq!(read(&path).unwrap(), [of("one", 1.01), of("two", 1.0)].concat());
    }

    #[test]
    fn another_model_of_the_same_experiment_stays_and_a_commit_keeps_its_place() {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join("history.csv");
        let of = |commit: &str, model: &str, by: f64| {
            let other = |point| Point { model: model.to_owned(), ..point };
            at(commit, by).into_iter().map(other).collect::<Vec<_>>()
        };
        for (commit, model, by) in [("a", "ridge", 1.0), ("b", "ridge", 1.0), ("a", "svm", 1.0), ("a", "ridge", 1.01)] {
            append(&path, of(commit, model, by)).unwrap();
        }
        let expected = [of("a", "ridge", 1.01), of("a", "svm", 1.0), of("b", "ridge", 1.0)].concat();
        assert_eq!(read(&path).unwrap(), expected);
    }

    #[test]
    fn runs_of_several_commits_are_numbers_of_none() {
        let temporary = tempfile::tempdir().unwrap();
        let of = |seed: u64, commit: &str| {
            let mut record = run("cnn", seed, &[520.0, 590.0, 720.0]);
            record.provenance.commit = commit.to_owned();
            record
        };
        let runs = vec![of(0, "a"), of(1, "b"), {
            let mut ridge = run("ridge", 0, &[520.0, 590.0, 720.0]);
            ridge.provenance.commit = "a".to_owned();
            ridge
        }];
        let folder = folder(temporary.path(), runs);
        let slots: Vec<&str> = of_several_commits(&folder).iter().map(|slot| slot.model.as_str()).collect();
        assert_eq!(slots, ["cnn"]);
    }

    #[test]
    fn a_broken_history_is_named() {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join("history.csv");
        for foreign in ["commit,date\na,b\n", "my notes, one line"] {
            fs::write(&path, foreign).unwrap();
            assert!(append(&path, at("a", 1.0)).unwrap_err().to_string().contains("this is no history"));
            assert_eq!(fs::read_to_string(&path).unwrap(), foreign, "what is no history stays");
        }
    }

    #[test]
    fn gates_at_once_lose_no_commit() {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join("history.csv");
        let commits: Vec<String> = (0..12).map(|number| format!("c{number}")).collect();
        std::thread::scope(|scope| {
            for commits in commits.chunks(3) {
                let path = &path;
                scope.spawn(move || commits.iter().for_each(|commit| append(path, at(commit, 1.0)).unwrap()));
            }
        });
        let found: std::collections::HashSet<String> =
            read(&path).unwrap().into_iter().map(|point| point.commit).collect();
        assert_eq!(found, commits.into_iter().collect());
    }
}
