//! Output folders put together: what several machines, or several shards, have made of one plan becomes what one would have.
//!
//! Every row is held against its record and every record against what was written. The same run in two folders must be the same; where
//! folders contradict each other nothing is written.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fmt, fs,
    path::{Path, PathBuf},
};

use super::publish;
use crate::Error;
use cells::cell::Origin;
use record::{
    ExperimentRecord, Prediction, RunRecord, Score, Status, check_row, check_rows,
    files::{lock, run_folder, write_folder, write_whole},
    hash_of, read_scores, write_scores,
};

/// What was put together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Merged {
    /// Rows of the scores.
    pub rows: usize,
    /// Of these, rows that several folders have.
    pub shared: usize,
    /// Rows that the experiments declare and no folder has.
    pub missing: usize,
}

impl fmt::Display for Merged {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} rows", self.rows)?;
        if self.shared > 0 {
            write!(formatter, ", {} of them in several folders and the same there", self.shared)?;
        }
        if self.missing > 0 {
            write!(formatter, "; {} runs that were declared are in none", self.missing)?;
        }
        Ok(())
    }
}

/// A row, and the folder whose record is behind it.
struct Row {
    score: Score,
    from: PathBuf,
    /// What must be the same wherever the run was made.
    predictions: Option<String>,
}

/// Folders put together in memory.
pub struct Joined {
    /// The rows in the order of their plans, each with the folder whose record is behind it.
    pub rows: Vec<(Score, PathBuf)>,
    /// What was declared, by name.
    pub experiments: Vec<ExperimentRecord>,
    /// Networks that trainings began with: file name and file.
    networks: BTreeMap<String, (PathBuf, String)>,
    /// Rows that several folders have.
    shared: usize,
}

/// Puts `folders` together in memory. `say` is told what a person should know.
///
/// # Errors
/// [`Error::Merge`] where folders contradict each other or have no records; [`Error::Record`] names a file that is not what was written.
pub fn join(folders: &[PathBuf], say: &dyn Fn(&str)) -> Result<Joined, Error> {
    let declared = declared(folders)?;
    let mut shared = 0;
    let mut rows: Vec<Row> = Vec::new();
    let mut places: HashMap<(String, Origin, String, String, u64), usize> = HashMap::new();
    for folder in folders {
        for row in rows_of(folder)? {
            let (experiment, data, model, variant, seed) = row.score.slot();
            let slot = (experiment.to_owned(), data, model.to_owned(), variant, seed);
            match places.get(&slot) {
                None => {
                    places.insert(slot, rows.len());
                    rows.push(row);
                }
                Some(&place) => {
                    shared += 1;
                    if let Some(better) = of_both(&rows[place], row, say)? {
                        rows[place] = better;
                    }
                }
            }
        }
    }
    let order = order(&declared);
    let place =
        |score: &Score| order.get(&(score.experiment.clone(), score.data.to_string(), score.key.clone())).copied();
    rows.sort_by_cached_key(|row| place(&row.score).unwrap_or((usize::MAX, 0)));
    Ok(Joined {
        rows: rows.into_iter().map(|row| (row.score, row.from)).collect(),
        experiments: declared.into_values().map(|(record, _)| record).collect(),
        networks: networks(folders)?,
        shared,
    })
}

/// Puts `folders` together into `out`, which is made where there is none; what is there already is one of them, so that a call that
/// was ended goes on. `say` is told what a person should know.
///
/// # Errors
/// As [`join`]; nothing is written then. [`Error::Record`] names a file that cannot be written.
pub fn merge(folders: &[PathBuf], out: &Path, say: &dyn Fn(&str)) -> Result<Merged, Error> {
    let is_there = out.join("scores.csv").exists();
    let all: Vec<PathBuf> = folders.iter().cloned().chain(is_there.then(|| out.to_owned())).collect();
    let Joined { rows, experiments, networks, shared } = join(&all, say)?;
    let _alone = lock(out, "merge")?;
    for (score, from) in &rows {
        copy_run(from, out, &score.key)?;
    }
    for (name, (path, _)) in &networks {
        copy(path, &out.join("pretrained").join(name))?;
    }
    for record in &experiments {
        record.write(out)?;
    }
    let scores: Vec<Score> = rows.into_iter().map(|(score, _)| score).collect();
    let _scores = lock(out, "scores")?;
    publish::tables(out, &scores, say)?;
    write_scores(&out.join("scores.csv"), &scores)?;
    let have: HashSet<&str> = scores.iter().map(|score| score.key.as_str()).collect();
    let wanted = experiments.iter().flat_map(|record| record.keys.iter().flatten());
    let missing = wanted.filter(|key| !have.contains(key.as_str())).count();
    Ok(Merged { rows: scores.len(), shared, missing })
}

/// The rows of a folder, each with its record.
fn rows_of(folder: &Path) -> Result<Vec<Row>, Error> {
    let path = folder.join("scores.csv");
    if !path.exists() {
        return Err(Error::Merge(format!(
            "{}: there is no scores.csv here; `batlinet run` writes one",
            folder.display()
        )));
    }
    let scores = read_scores(&path)?;
    let mut rows = Vec::new();
    for score in &scores {
        let run = run_folder(folder, &score.key);
        if !RunRecord::exists(&run) {
            let what = "has a row in scores.csv and no record below runs/; folders are put together by their records";
            return Err(Error::Merge(format!("{}: run {} {what}", folder.display(), score.key)));
        }
        let record = RunRecord::read_whole(&run)?;
        check_row(&path, score, &record)?;
        let predictions = fs::read(run.join(Prediction::FILE)).ok().map(|bytes| hash_of(&bytes));
        rows.push(Row { score: score.clone(), from: folder.to_owned(), predictions });
    }
    check_rows(&path, &scores)?;
    Ok(rows)
}

/// Which of two rows of one run counts: the second where only that one has numbers, else the first.
fn of_both(first: &Row, second: Row, say: &dyn Fn(&str)) -> Result<Option<Row>, Error> {
    let (one, other) = (&first.score, &second.score);
    let both = || {
        let (experiment, data, model, variant, seed) = one.slot();
        let variant = if variant.is_empty() { variant } else { format!("[{variant}]") };
        let run = format!("{experiment}, {model}{variant}, {data} cells, seed {seed}");
        format!("{} and {}: {run}", first.from.display(), second.from.display())
    };
    if one.key != other.key {
        return Err(Error::Merge(format!(
            "{} was made of other cells, labels or settings in each (runs {} and {}); run the older one again, or leave a folder out",
            both(),
            one.key,
            other.key
        )));
    }
    match (one.status == Status::Ok, other.status == Status::Ok) {
        (true, true) if first.predictions != second.predictions => Err(Error::Merge(format!(
            "{} came out differently (run {}; engines or libraries that round differently?); leave one of the folders out",
            both(),
            one.key
        ))),
        (false, true) => {
            say(&format!("{} failed in the first and has numbers in the second, which count", both()));
            Ok(Some(second))
        }
        _ if (&one.profile, &one.changed) != (&other.profile, &other.changed) => Err(Error::Merge(format!(
            "{} was asked for under profile {} and under profile {}; leave one of the folders out",
            both(),
            one.profile,
            other.profile
        ))),
        _ => Ok(None),
    }
}

/// By name and cells.
type Declared = BTreeMap<(String, String), (ExperimentRecord, PathBuf)>;

/// What was declared, which must be the same in all folders.
fn declared(folders: &[PathBuf]) -> Result<Declared, Error> {
    let mut declared = Declared::new();
    for folder in folders {
        for record in ExperimentRecord::read_all(folder)? {
            let name = (record.name.clone(), record.data.to_string());
            match declared.get(&name) {
                None => drop(declared.insert(name, (record, folder.clone()))),
                Some((known, from)) if !is_same(known, &record) => {
                    return Err(Error::Merge(format!(
                        "{} and {}: experiment {} was declared differently (another file, profile or setting); put together what \
                         is of one declaration, or report them as two folders",
                        from.display(),
                        folder.display(),
                        record.name
                    )));
                }
                Some(_) => {}
            }
        }
    }
    Ok(declared)
}

/// Whether two declarations are one: its place among others is another thing, and older records do not say all of it.
fn is_same(known: &ExperimentRecord, other: &ExperimentRecord) -> bool {
    let keys = known.keys.clone().and(other.keys.clone()).or_else(|| known.keys.clone());
    ExperimentRecord { place: known.place, keys, ..other.clone() } == *known
}

/// Where each run stands among all: by experiment, as they were called, then as declared.
fn order(declared: &Declared) -> HashMap<(String, String, String), (usize, usize)> {
    let mut names: Vec<(&(String, String), &ExperimentRecord)> =
        declared.iter().map(|(name, (record, _))| (name, record)).collect();
    names.sort_by_key(|(name, record)| (record.place.unwrap_or(usize::MAX), name.0.clone(), name.1.clone()));
    let mut order = HashMap::new();
    for (experiment, ((name, data), record)) in names.into_iter().enumerate() {
        for (place, key) in record.keys.iter().flatten().enumerate() {
            order.insert((name.clone(), data.clone(), key.clone()), (experiment, place));
        }
    }
    order
}

/// Networks that trainings began with, by file name; those of one name must be the same.
fn networks(folders: &[PathBuf]) -> Result<BTreeMap<String, (PathBuf, String)>, Error> {
    let mut networks: BTreeMap<String, (PathBuf, String)> = BTreeMap::new();
    for folder in folders {
        for path in fs::read_dir(folder.join("pretrained")).into_iter().flatten().flatten().map(|entry| entry.path()) {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name.starts_with('.') {
                continue;
            }
            let hash = hash_of(&fs::read(&path).map_err(|source| Error::File { path: path.clone(), source })?);
            match networks.get(&name) {
                None => drop(networks.insert(name, (path, hash))),
                Some((other, known)) if *known != hash => {
                    return Err(Error::Merge(format!(
                        "{} and {} are two networks of one key, pretrained on machines that round differently; leave one of the \
                         folders out",
                        other.display(),
                        path.display()
                    )));
                }
                Some(_) => {}
            }
        }
    }
    Ok(networks)
}

fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    if from == to || to.exists() {
        return Ok(());
    }
    let bytes = fs::read(from).map_err(|source| Error::File { path: from.to_owned(), source })?;
    Ok(write_whole(to, &bytes)?)
}

/// A run that is there whole already stays.
fn copy_run(from: &Path, out: &Path, key: &str) -> Result<(), Error> {
    let (source, target) = (run_folder(from, key), run_folder(out, key));
    if from == out
        || (RunRecord::exists(&target) && RunRecord::whole(&target).is_ok_and(|record| record.status == Status::Ok))
    {
        return Ok(());
    }
    let unreadable = |path: &Path, source| Error::File { path: path.to_owned(), source };
    write_folder(&target, |partial| {
        for entry in fs::read_dir(&source).map_err(|error| unreadable(&source, error))? {
            let path = entry.map_err(|error| unreadable(&source, error))?.path();
            let bytes = fs::read(&path).map_err(|error| unreadable(&path, error))?;
            write_whole(&partial.join(path.file_name().unwrap_or_default()), &bytes)?;
        }
        Ok::<(), Error>(())
    })
}
