//! Output folders put together: parts of a plan that were made apart, or what several people ran.

use std::{
    collections::{BTreeMap, HashMap, HashSet, hash_map::Entry},
    fs,
    path::{Path, PathBuf},
};

use itertools::Itertools as _;
use rayon::prelude::*;
use record::{
    Depth, ExperimentRecord, Planned, RunRecord, Score, Status, entry,
    files::{self, run_folder},
    hash_of, is_made_of_others, read_output, weights_hash,
};

use super::publish;
use crate::Error;
use cells::{cell::Origin, count::counted, whole_file};

/// What the folders are put together for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To be one folder from now on. What several have must have come out the same in all of them, and everything is taken along.
    Keeping,
    /// As [`Keeping`](Self::Keeping), of a whole plan: where runs that were meant are in none of the folders, nothing is written. Those
    /// that are made of others are made afterwards.
    Completing,
    /// To be read once, as by a report. Of a model of an experiment, the runs of the folder that has most seeds of it are taken, of several
    /// such of the first, and no others; weights stay behind.
    Reading,
}

/// What was put together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Merged {
    /// Runs in the scores.
    pub runs: usize,
    /// Runs that more than one folder has, with the same numbers.
    pub same: usize,
    /// Models of an experiment of which a folder's runs were left out, since another has them: `ridge of matr-1 (1 run in a/)`.
    pub left_out: Vec<String>,
    /// Runs that were meant and that no folder has, as `experiment model seed 3`.
    pub missing: Vec<String>,
    /// The same of runs that are made of others, which no part of a plan can make.
    pub to_be_made: Vec<String>,
}

struct Part<'a> {
    folder: &'a Path,
    scores: Vec<Score>,
    /// Of runs that asked the trained model of another, the key of that one.
    trainers: HashMap<String, String>,
    planned: Vec<Planned>,
    experiments: Vec<ExperimentRecord>,
}

/// Where a row of the merged scores is from.
struct Taken<'a> {
    score: Score,
    folder: &'a Path,
    /// Other folders that have the same run, and may have more beside it.
    also: Vec<&'a Path>,
}

/// Puts the folders together in `out`, which must not be there or be empty: the runs with all that lies beside them, what was declared,
/// networks to be tuned further, bundles, and the scores in the order in which one call would have written them. Everything but bundles is
/// checked against its hashes before. `out` is written as a whole, or not at all.
///
/// # Errors
/// [`Error::Merge`] names what cannot be together; [`Error::Record`] what is not as it was written.
pub fn merge(folders: &[PathBuf], out: &Path, purpose: Purpose, say: &dyn Fn(&str)) -> Result<Merged, Error> {
    clean_beside(out, say);
    if !files::entries(out)?.is_empty() {
        return Err(Error::Merge(format!("{}: there is something in this folder; give a new one", out.display())));
    }
    let parts = folders.iter().map(|folder| Part::read(folder)).collect::<Result<Vec<_>, _>>()?;
    let mut merged = Merged::default();
    let (planned, mut taken) = (meant(&parts), take(&parts, purpose, &mut merged)?);
    let declared = declared(&parts, purpose)?;
    let mut rows = Vec::new();
    for run in &planned {
        let Some(row) = taken.remove(&run.slot()) else {
            if run.asked {
                let name =
                    format!("{} {} seed {}", run.experiment, entry(&run.model, &run.variant.to_string()), run.seed);
                if is_made_of_others(&run.model) { &mut merged.to_be_made } else { &mut merged.missing }.push(name);
            }
            continue;
        };
        rows.push(row);
    }
    merged.runs = rows.len();
    if purpose == Purpose::Completing && !merged.missing.is_empty() {
        return Ok(merged);
    }
    let scores: Vec<Score> = rows.iter().map(|row| row.score.clone()).collect();
    files::write_folder(out, |part| {
        let mut copied: HashMap<&str, &Path> = HashMap::new();
        for row in &rows {
            // with the run whose trained model it asked, which may be no row any more, and is not there in kept folders
            let trainer =
                parts.iter().find(|part| part.folder == row.folder).and_then(|part| part.trainers.get(&row.score.key));
            let of_trainer = trainer.and_then(|key| {
                let has = |folder: &&Path| RunRecord::exists(&run_folder(folder, key));
                Some((key, std::iter::once(row.folder).chain(row.also.iter().copied()).find(has)?))
            });
            for (key, folder) in std::iter::once((&row.score.key, row.folder)).chain(of_trainer) {
                match copied.insert(key, folder) {
                    None => copy(&run_folder(folder, key), &run_folder(part, key), purpose)?,
                    Some(first) => must_be_one_run(key, first, folder)?,
                }
            }
        }
        for (row, folder) in rows.iter().flat_map(|row| row.also.iter().map(move |folder| (row, *folder))) {
            if purpose != Purpose::Reading {
                copy_what_is_missing(&run_folder(folder, &row.score.key), &run_folder(part, &row.score.key))?;
            }
        }
        for experiment in &declared {
            experiment.write(part)?;
        }
        if purpose != Purpose::Reading {
            for folder in folders {
                copy(&folder.join("pretrained"), &part.join("pretrained"), purpose)?;
                // named by the run whose model they keep: of several, made at other times, one is enough
                copy_new(&folder.join("bundles"), &part.join("bundles"))?;
            }
        }
        Planned::write(part, &planned)?;
        let rows = scores.into_par_iter().map(|score| publish::Gathered::read(score, part)).collect();
        publish::gather(rows, part, say).map(drop)
    })?;
    Ok(merged)
}

/// Removes what a merge left beside `out` that was ended while it wrote: folders that hold nothing else than an output folder does.
fn clean_beside(out: &Path, say: &dyn Fn(&str)) {
    const NAMES: [&str; 6] = ["runs", "experiments", "pretrained", "bundles", "plan.csv", "predictions.parquet"];
    let is_known = |name: &str| name.starts_with(".part-") || name.starts_with("reference_") || NAMES.contains(&name);
    let is_ours = |part: &Path| {
        let names = fs::read_dir(part).into_iter().flatten().flatten().map(|entry| entry.file_name());
        part.is_dir()
            && names
                .map(|name| name.to_string_lossy().into_owned())
                .all(|name| is_known(&name) || name.starts_with("scores."))
    };
    for path in whole_file::clean_those(whole_file::folder_of(out), is_ours) {
        say(&format!("{}: left by a process that was ended while it wrote; removed", path.display()));
    }
}

impl<'a> Part<'a> {
    fn read(folder: &'a Path) -> Result<Self, Error> {
        let mut trainers = HashMap::new();
        let mut scores = Vec::new();
        for (score, record) in read_output(folder, Depth::Everything)? {
            let Some(record) = record else {
                return Err(Error::Merge(format!(
                    "{}: run {} has no record below runs/, and numbers without one cannot be checked",
                    folder.join(Score::FILE).display(),
                    score.key
                )));
            };
            trainers.extend(record.trained_by.map(|trainer| (score.key.clone(), trainer)));
            scores.push(score);
        }
        let mut planned = Planned::read(folder)?;
        // folders of older programs say what was made, and not what was meant
        let known: HashSet<_> = planned.iter().map(Planned::slot).collect();
        let more: Vec<Planned> =
            scores.iter().filter(|score| !known.contains(&score.slot())).map(Planned::from).collect();
        planned.extend(more);
        Ok(Self { folder, scores, trainers, planned, experiments: ExperimentRecord::read_all(folder)? })
    }
}

/// All that was meant, in the order of the first folder, with what only later ones mean behind it.
fn meant(parts: &[Part<'_>]) -> Vec<Planned> {
    let asked: HashSet<_> =
        parts.iter().flat_map(|part| &part.planned).filter(|run| run.asked).map(Planned::slot).collect();
    let all = parts.iter().flat_map(|part| &part.planned).unique_by(|run| run.slot());
    all.map(|run| Planned { asked: asked.contains(&run.slot()), ..run.clone() }).collect()
}

/// What a row is a row of ([`Score::slot`]).
type Slot<'a> = (&'a str, Origin, &'a str, String, u64);

/// The same without the seed.
type ModelSlot<'a> = (&'a str, Origin, &'a str, String);

fn model_slot(score: &Score) -> ModelSlot<'_> {
    let (experiment, data, model, variant, _) = score.slot();
    (experiment, data, model, variant)
}

/// The rows by what they are rows of.
fn take<'a>(
    parts: &'a [Part<'a>],
    purpose: Purpose,
    merged: &mut Merged,
) -> Result<HashMap<Slot<'a>, Taken<'a>>, Error> {
    let owners = if purpose == Purpose::Reading { owners(parts) } else { HashMap::new() };
    let mut taken: HashMap<Slot<'a>, Taken<'a>> = HashMap::new();
    let mut left_out: BTreeMap<(ModelSlot<'a>, &Path), usize> = BTreeMap::new();
    for part in parts {
        for score in &part.scores {
            let model = model_slot(score);
            if owners.get(&model).is_some_and(|owner| *owner != part.folder) {
                *left_out.entry((model, part.folder)).or_default() += 1;
                continue;
            }
            match taken.entry(score.slot()) {
                Entry::Vacant(place) => {
                    place.insert(Taken { score: score.clone(), folder: part.folder, also: Vec::new() });
                }
                Entry::Occupied(mut place) => {
                    let before = place.get_mut();
                    agree(before, score, part.folder)?;
                    merged.same += 1;
                    // one failed for a reason of its machine, and the other did not
                    match (before.score.status == Status::Ok, score.status == Status::Ok) {
                        (true, true) => before.also.push(part.folder),
                        (false, true) => {
                            *before = Taken { score: score.clone(), folder: part.folder, also: Vec::new() };
                        }
                        _ => {}
                    }
                }
            }
        }
    }
    merged.left_out = left_out
        .into_iter()
        .map(|(((experiment, _, model, variant), folder), count)| {
            format!("{} of {experiment} ({} in {})", entry(model, &variant), counted(count, "run"), folder.display())
        })
        .collect();
    Ok(taken)
}

/// The folder that has most runs with numbers of each model of an experiment; of several such, the first.
fn owners<'a>(parts: &'a [Part<'a>]) -> HashMap<ModelSlot<'a>, &'a Path> {
    let mut most: HashMap<ModelSlot<'a>, (usize, &Path)> = HashMap::new();
    for part in parts {
        let mut counts: HashMap<ModelSlot<'a>, usize> = HashMap::new();
        for score in &part.scores {
            *counts.entry(model_slot(score)).or_default() += usize::from(score.status == Status::Ok);
        }
        for (model, count) in counts {
            let owner = most.entry(model).or_insert((count, part.folder));
            if count > owner.0 {
                *owner = (count, part.folder);
            }
        }
    }
    most.into_iter().map(|(model, (_, folder))| (model, folder)).collect()
}

/// Two folders have a run: it must be the same one, and must have come out the same.
fn agree(before: &Taken<'_>, score: &Score, folder: &Path) -> Result<(), Error> {
    let both = || {
        format!(
            "{} {} seed {}: {} and {}",
            score.experiment,
            entry(&score.model, &score.variant.to_string()),
            score.seed,
            before.folder.display(),
            folder.display()
        )
    };
    if before.score.key != score.key {
        return Err(Error::Merge(format!(
            "{} have other runs of it ({} and {}): `batlinet compare` says which ingredient differs; take one of the two out of \
             its folder, by running that experiment there anew or leaving the folder out",
            both(),
            before.score.key,
            score.key
        )));
    }
    if (&before.score.status, &score.status) != (&Status::Ok, &Status::Ok) {
        return Ok(());
    }
    let predictions = |folder: &Path| Ok::<_, Error>(RunRecord::read(&run_folder(folder, &score.key))?.predictions);
    if predictions(before.folder)? != predictions(folder)? {
        return Err(Error::Merge(format!(
            "{} have run {} with other predictions: they were made on different machines; `batlinet gate` says how far they are \
             apart",
            both(),
            score.key
        )));
    }
    Ok(())
}

/// What was declared, once. Calls with other seeds mean the same experiment.
fn declared(parts: &[Part<'_>], purpose: Purpose) -> Result<Vec<ExperimentRecord>, Error> {
    let mut all: Vec<(&Path, &ExperimentRecord)> = Vec::new();
    for (folder, record) in parts.iter().flat_map(|part| part.experiments.iter().map(|record| (part.folder, record))) {
        let known = all.iter().find(|(_, known)| (&known.name, known.data) == (&record.name, record.data));
        match known {
            None => all.push((folder, record)),
            // where numbers are only read, rows say what was changed; by another protocol they are of other lives and cells
            Some((first, known))
                if !are_alike(known, record) && (purpose != Purpose::Reading || known.protocol != record.protocol) =>
            {
                return Err(Error::Merge(format!(
                    "{}: {} and {} declare it with another profile, other settings, another protocol or other prose; bring them to one, or merge into \
                     two folders",
                    record.name,
                    first.display(),
                    folder.display()
                )));
            }
            Some(_) => {}
        }
    }
    Ok(all.into_iter().map(|(_, record)| record.clone()).collect())
}

fn are_alike(one: &ExperimentRecord, other: &ExperimentRecord) -> bool {
    let of = |record: &ExperimentRecord| {
        let settings = record.settings.iter().filter(|setting| !setting.starts_with("seeds=")).cloned();
        (record.study, record.profile.clone(), settings.collect::<Vec<_>>(), record.protocol, record.expect.clone())
    };
    of(one) == of(other)
}

/// A run that two folders have beside their rows, as the one whose trained model was asked: it must have come out the same.
fn must_be_one_run(key: &str, first: &Path, folder: &Path) -> Result<(), Error> {
    if first == folder {
        return Ok(());
    }
    let read = |folder: &Path| RunRecord::read(&run_folder(folder, key));
    let (one, other) = (read(first)?, read(folder)?);
    if one.predictions == other.predictions && weights_hash(&one) == weights_hash(&other) {
        return Ok(());
    }
    Err(Error::Merge(format!(
        "{} and {}: both have run {key}, with other predictions or weights: they were made on machines that round differently; leave one \
         of the folders out",
        first.display(),
        folder.display()
    )))
}

/// A file that another folder has under the same name, which is a hash of what it was made of.
fn same(path: &Path, target: &Path) -> Result<(), Error> {
    let bytes = |path: &Path| whole_file::read(path).map_err(|source| Error::File { path: path.to_owned(), source });
    if bytes(path)? == bytes(target)? {
        return Ok(());
    }
    Err(Error::Merge(format!(
        "{}: another folder has a file of this name with other content, made on a machine that rounds differently; leave one of the \
         folders out",
        path.display()
    )))
}

/// Copies the files of a folder, where there is one; those that are there already must be the same.
fn copy(from: &Path, to: &Path, purpose: Purpose) -> Result<(), Error> {
    let is_weights = |path: &Path| path.extension().is_some_and(|extension| extension == "safetensors");
    for path in whole_files(from)?.into_iter().filter(|path| purpose != Purpose::Reading || !is_weights(path)) {
        let target = to.join(path.file_name().unwrap_or_default());
        if target.exists() { same(&path, &target)? } else { copy_file(&path, &target)? }
    }
    Ok(())
}

/// Copies what lies beside a record in one folder and not in the other, as far as that record has its hash: weights, say, that were not
/// kept.
fn copy_what_is_missing(from: &Path, to: &Path) -> Result<(), Error> {
    let record = RunRecord::read(to)?;
    for path in whole_files(from)? {
        let name = path.file_name().unwrap_or_default();
        let (target, hash) = (to.join(name), name.to_str().and_then(|name| record.attachments.get(name)));
        if let Some(hash) = hash.filter(|_| !target.exists()) {
            let bytes = whole_file::read(&path).map_err(|source| Error::File { path: path.clone(), source })?;
            if hash_of(&bytes) == *hash {
                files::write_whole(&target, &bytes)?;
            }
        }
    }
    Ok(())
}

/// Copies the files of a folder, where there is one, that are not there yet.
fn copy_new(from: &Path, to: &Path) -> Result<(), Error> {
    for path in whole_files(from)? {
        let target = to.join(path.file_name().unwrap_or_default());
        if !target.exists() {
            copy_file(&path, &target)?;
        }
    }
    Ok(())
}

/// Without parts of a file that somebody is writing, or was, when the machine stopped.
fn whole_files(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = files::entries(folder)?.into_iter();
    let whole = entries.filter(|entry| !entry.file_name().to_string_lossy().starts_with('.'));
    Ok(whole.map(|entry| entry.path()).filter(|path| path.is_file()).collect())
}

fn copy_file(path: &Path, target: &Path) -> Result<(), Error> {
    let failed = |source| Error::File { path: target.to_owned(), source };
    fs::create_dir_all(whole_file::folder_of(target)).map_err(failed)?;
    fs::copy(path, target).map(drop).map_err(failed)
}
