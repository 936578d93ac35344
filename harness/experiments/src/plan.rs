//! What would run, and why.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
    fmt,
    path::Path,
    str::FromStr,
    sync::OnceLock,
};

use rayon::prelude::*;

use super::{
    changes,
    choice::{
        folds::Fold,
        members::{self, FoldRuns},
    },
    entry::{Entry, ModelSpec},
    key::{CellHashes, Surroundings, ingredients},
    names::unknown,
    pools::Pools,
    read::Declared,
    spec::Experiment,
    split_files,
};
use crate::Error;
use cells::{catalogue, cell::Origin, label::LabelRule, source::CellSource, split::Split, suggest::did_you_mean};
use features::samples::{self, LifeRecords};
use record::{Ingredients, RunRecord, Score, Status, UNKNOWN, files::run_folder, hash, read_scores};
use serde_json::json;

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

/// One run of a plan.
#[derive(Clone, Debug)]
pub struct Run {
    /// Position in [`Experiment::models`].
    pub entry: usize,
    /// Seed of the random streams.
    pub seed: u64,
    /// What its result depends on.
    pub ingredients: Ingredients,
    /// Evaluation key, the name of its folder.
    pub key: String,
    /// Whether it is to be made.
    pub state: State,
    /// Whether `--models` and `--shard` leave it in.
    pub selected: bool,
}

/// All runs of an experiment.
pub struct Plan {
    /// The experiment and its hash.
    pub declared: Declared,
    /// Its split; in a transfer, the source cells as training part and all target cells as test part.
    pub split: Split,
    /// What it contributes to all keys.
    pub surroundings: Surroundings,
    /// In the order of the entries, then of the seeds.
    pub runs: Vec<Run>,
    /// What runs on the folds of its training cells, if it has any: plans of their own, before this one.
    pub folds: Vec<FoldRuns>,
    /// Per entry, what all its seeds share.
    hashes: Vec<OnceLock<CellHashes>>,
}

/// Earlier rows by what they are rows of.
type Slots<'a> = HashMap<(&'a str, Origin, &'a str, String, u64), &'a Score>;

/// Which runs of a plan are asked for.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// `ridge` or `batlinet[variant]`; empty for all.
    pub models: Vec<String>,
    /// One of several parts.
    pub shard: Option<Shard>,
    /// Keys of single runs, or their first digits; empty for all.
    pub only: Vec<String>,
}

/// Part `index` of `count`, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    index: usize,
    count: usize,
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = text.split_once('/').and_then(|(index, count)| Some((index.parse().ok()?, count.parse().ok()?)));
        match parsed {
            Some((index, count)) if (1..=count).contains(&index) => Ok(Self { index, count }),
            _ => Err(format!("'{text}' is no shard: write K/N with 1 ≤ K ≤ N, such as 1/4")),
        }
    }
}

/// Plans all experiments against the cells of `source` and the results in `out`. Nothing is written.
///
/// # Errors
/// Of a bad split; [`Error::MissingCells`]; [`Error::Living`]; [`Error::NothingObserved`] of the test cells; [`Error::Selection`] for an unknown
/// model; [`Error::Declared`] for two experiments of one name; [`Error::Record`] for broken scores in `out`.
pub fn plan(
    experiments: Vec<Declared>,
    source: &dyn CellSource,
    device: tch::Device,
    selection: &Selection,
    out: &Path,
) -> Result<Vec<Plan>, Error> {
    let names: Vec<&str> = experiments.iter().map(|declared| declared.experiment.name.as_str()).collect();
    if let Some((index, name)) = names.iter().enumerate().find(|(index, name)| names[..*index].contains(name)) {
        return Err(Error::Declared(format!(
            "experiment file {} repeats the name '{name}': names must differ",
            index + 1
        )));
    }
    let earlier = earlier_scores(out)?;
    let slots: Slots<'_> = earlier.iter().map(|score| (score.slot(), score)).collect();
    let available = source.ids();
    let records = LifeRecords::of(source);
    let mut plans = Vec::new();
    for mut declared in experiments {
        let Experiment { train_test_split, transfer, .. } = &declared.experiment;
        let (split, place) = match transfer {
            None => (split_files::read(train_test_split)?, None),
            Some(draw) => {
                let pools = Pools::read(train_test_split)?;
                (draw.pools(&pools)?, pools.place_of_first_missing(&available))
            }
        };
        let place = place.unwrap_or_else(|| train_test_split.display().to_string());
        check_cells(&declared.experiment, &split, &available, source, &place)?;
        check_alive(&declared.experiment, &split, source)?;
        check_observed(&declared.experiment, &split, source)?;
        let surroundings = Surroundings::of(&declared.experiment, &split, source, &records, device)?;
        declared.notes.extend(surroundings.check_devices(&declared.experiment)?);
        let mut folds = Vec::new();
        if let (Some(spec), Some(on_folds)) = (&declared.experiment.folds, &declared.on_folds) {
            for fold in spec.of(&split.train, source)? {
                let experiment = declared_on(&declared, on_folds, &fold);
                let surroundings = Surroundings::of(&experiment.experiment, &fold.split, source, &records, device)?;
                let mut plan = Plan::blank(experiment, fold.split, surroundings, Vec::new());
                plan.fill(source.origin(), &slots, out);
                folds.push(FoldRuns::of(&plan, fold.repeat));
                plans.push(plan);
            }
        }
        let mut plan = Plan::blank(declared, split, surroundings, folds);
        plan.fill(source.origin(), &slots, out);
        plans.push(plan);
    }
    select(&mut plans, selection)?;
    Ok(plans)
}

/// The declaration of what runs on one fold.
fn declared_on(declared: &Declared, on_folds: &Experiment, fold: &Fold) -> Declared {
    let mut experiment = on_folds.clone();
    experiment.name = fold.name(&declared.experiment);
    experiment.train_test_split.clone_from(&declared.experiment.train_test_split);
    let config_hash = hash(&json!([declared.config_hash, experiment.name]));
    let mut trained = declared.experiment.clone();
    trained.models.retain(|entry| members::is_on_folds(&declared.experiment, entry));
    Declared {
        config_hash,
        notes: Vec::new(),
        changes: Some(changes::between(&trained, &experiment)),
        seeds: Some(experiment.seeds.len()),
        experiment,
        on_folds: None,
    }
}

/// The rows of `out/scores.csv`, none if there is no such file.
///
/// # Errors
/// [`Error::Record`] if it is broken.
pub fn earlier_scores(out: &Path) -> Result<Vec<Score>, Error> {
    let path = out.join("scores.csv");
    if path.exists() { Ok(read_scores(&path)?) } else { Ok(Vec::new()) }
}

impl Plan {
    fn blank(declared: Declared, split: Split, surroundings: Surroundings, folds: Vec<FoldRuns>) -> Self {
        let hashes = declared.experiment.models.iter().map(|_| OnceLock::new()).collect();
        Self { declared, split, surroundings, runs: Vec::new(), folds, hashes }
    }

    /// The experiment.
    pub fn experiment(&self) -> &Experiment {
        &self.declared.experiment
    }

    /// `matr-1 batlinet[intra_only] seed 3`.
    pub fn label(&self, run: &Run) -> String {
        let entry = &self.experiment().models[run.entry];
        format!("{} {} seed {}", self.experiment().name, entry.label(), run.seed)
    }

    /// What entry number `entry` with this seed depends on.
    pub fn ingredients(&self, entry: usize, seed: u64) -> Ingredients {
        let written = &self.experiment().models[entry];
        let hashes = || {
            let rule = self.experiment().rule(written);
            self.surroundings.hashes(written, rule, &self.cells(written, seed), &self.split)
        };
        let hashes = match self.cells(written, seed) {
            Cow::Borrowed(_) => Cow::Borrowed(self.hashes[entry].get_or_init(hashes)),
            Cow::Owned(_) => Cow::Owned(hashes()),
        };
        let mut own = ingredients(self.experiment(), written, seed, &hashes, &self.surroundings);
        if members::members(written).is_some() {
            self.add_members(entry, &mut own);
        }
        own
    }

    /// What is made of other runs depends on all of them, and on what is made how of which.
    fn add_members(&self, entry: usize, own: &mut Ingredients) {
        let experiment = self.experiment();
        let (mut trained, mut asked, mut made) = (Vec::new(), Vec::new(), Vec::new());
        for member in members::trained(experiment, entry) {
            let of = &experiment.models[member];
            for seed in experiment.seeds_of(of) {
                let ingredients = self.ingredients(member, seed);
                trained.push(json!([of.label(), seed, ingredients.train_key()]));
                asked.push(json!([of.label(), seed, ingredients.evaluation_key()]));
            }
            for fold in &self.folds {
                trained.push(json!([of.label(), fold.repeat, fold.of_entry(&of.label())]));
            }
        }
        for member in members::places(experiment, entry) {
            let of = &experiment.models[member];
            if members::members(of).is_some() {
                made.push(json!([
                    of.label(),
                    of.model.effective_parameters(),
                    self.ingredients(member, 0).train_key()
                ]));
            }
        }
        own.training["members"] = json!({ "trained": trained, "made": made });
        own.evaluation["members"] = json!(asked);
    }

    /// Keys of the runs that this one is made of; none of one that is trained.
    pub fn inputs(&self, run: &Run) -> Vec<&str> {
        let experiment = self.experiment();
        let mut keys = Vec::new();
        for member in members::trained(experiment, run.entry) {
            keys.extend(self.runs.iter().filter(|other| other.entry == member).map(|other| other.key.as_str()));
            let label = experiment.models[member].label();
            keys.extend(self.folds.iter().flat_map(|fold| fold.of_entry(&label)));
        }
        keys
    }

    /// Whether a run is made of others.
    pub fn is_made(&self, run: &Run) -> bool {
        members::members(&self.experiment().models[run.entry]).is_some()
    }

    /// Labels of the trained models that a run is made of, at last; none of one that is trained.
    pub fn trained_members(&self, run: &Run) -> Vec<String> {
        if !self.is_made(run) {
            return Vec::new();
        }
        let experiment = self.experiment();
        members::trained(experiment, run.entry).into_iter().map(|member| experiment.models[member].label()).collect()
    }

    /// Hash of the contents of all cells of its split.
    pub fn data_hash(&self) -> String {
        self.surroundings.data_hash(&[self.split.train.as_slice(), &self.split.test].concat())
    }

    /// Hash of all cells of its split with their lives by one of its rules.
    pub fn label_hash(&self, rule: &LabelRule) -> String {
        self.surroundings.label_hash(&[self.split.train.as_slice(), &self.split.test].concat(), rule)
    }

    /// The cells that `entry` is trained and tested on with this seed.
    pub fn cells(&self, entry: &Entry, seed: u64) -> Cow<'_, Split> {
        match (&self.experiment().transfer, entry.target_cells) {
            (Some(draw), Some(count)) => Cow::Owned(draw.target_cells(&self.split.test, count, seed)),
            _ => Cow::Borrowed(&self.split),
        }
    }

    /// A folder may hold a hundred thousand runs, so they are looked at side by side.
    fn fill(&mut self, data: Origin, slots: &Slots<'_>, out: &Path) {
        let (plan, experiment) = (&*self, self.experiment());
        let of_entry = |index: usize| {
            let entry = &experiment.models[index];
            let labels = plan.label_hash(experiment.rule(entry));
            let run = move |seed| {
                let ingredients = plan.ingredients(index, seed);
                let key = ingredients.evaluation_key();
                let slot = (experiment.name.as_str(), data, entry.model.name(), entry.variant.clone(), seed);
                let earlier = slots.get(&slot).copied();
                let state = state(&ingredients, &key, earlier, (data, &labels), &plan.cells(entry, seed), out);
                Run { entry: index, seed, ingredients, key, state, selected: true }
            };
            experiment.seeds_of(entry).into_par_iter().map(run)
        };
        self.runs = (0..experiment.models.len()).into_par_iter().flat_map(of_entry).collect();
    }
}

/// The state of the run with these ingredients, on cells of which all have the label hash `labels`.
fn state(
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

fn check_cells(
    experiment: &Experiment,
    split: &Split,
    available: &[String],
    source: &dyn CellSource,
    place: &str,
) -> Result<(), Error> {
    let missing: Vec<&str> = split
        .train
        .iter()
        .chain(&split.test)
        .filter(|id| available.binary_search(id).is_err())
        .map(String::as_str)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let first = missing[..missing.len().min(5)].join(", ");
    let more = if missing.len() > 5 { ", …" } else { "" };
    let is_published = catalogue::find(missing[0]).is_some();
    let hint =
        if is_published { String::new() } else { did_you_mean(missing[0], available.iter().map(String::as_str)) };
    let advice = match source.origin() {
        Origin::Virtual => "correct the ids, or give --data DIR with a store that has them",
        Origin::Real => "import their dataset (`batlinet data list` shows what is there), or use --data virtual",
    };
    Err(Error::MissingCells {
        place: place.to_owned(),
        experiment: experiment.name.clone(),
        missing: missing.len(),
        cells: split.train.len() + split.test.len(),
        lack: format!("the {} cells at hand lack ({first}{more}{hint}): {advice}", source.origin()),
    })
}

/// Refuses cells whose tests go on: whatever their records show, they have no life yet.
fn check_alive(experiment: &Experiment, split: &Split, source: &dyn CellSource) -> Result<(), Error> {
    let [train, test] = experiment.parts();
    for (part, ids) in [(train, &split.train), (test, &split.test)] {
        let mut living = Vec::new();
        for id in ids {
            if source.notes(id)?.alive {
                living.push(id.as_str());
            }
        }
        if !living.is_empty() {
            let experiment = experiment.name.clone();
            return Err(Error::Living { experiment, part: part.to_owned(), cells: living.join(", ") });
        }
    }
    Ok(())
}

/// Refuses lives that are all made up, before anything is trained: the labels that some entry is tested on.
fn check_observed(experiment: &Experiment, split: &Split, source: &dyn CellSource) -> Result<(), Error> {
    let mut seen: Vec<&LabelRule> = Vec::new();
    for rule in experiment.models.iter().map(|entry| experiment.rule(entry)) {
        if seen.contains(&rule) {
            continue;
        }
        seen.push(rule);
        if let Some(what) = samples::nothing_observed_of(source, &split.test, rule) {
            let (experiment, scenario) = (experiment.name.clone(), experiment.scenario.clone());
            return Err(Error::NothingObserved { experiment, scenario, what });
        }
    }
    Ok(())
}

/// Whether `wanted` is this key or its first digits.
fn is_key(wanted: &str, key: &str) -> bool {
    !wanted.is_empty() && key.starts_with(wanted)
}

fn select(plans: &mut [Plan], selection: &Selection) -> Result<(), Error> {
    for wanted in &selection.models {
        let name = wanted.split('[').next().unwrap_or(wanted);
        if !ModelSpec::NAMES.contains(&name) {
            return Err(Error::Selection(unknown("model", name, &ModelSpec::NAMES, "--models")));
        }
        let found = plans.iter().flat_map(|plan| &plan.experiment().models).any(|entry| matches(wanted, entry));
        if !found {
            return Err(Error::Selection(format!("--models {wanted}: no experiment here has this model")));
        }
    }
    for wanted in &selection.only {
        if !plans.iter().flat_map(|plan| &plan.runs).any(|run| is_key(wanted, &run.key)) {
            return Err(Error::Selection(format!(
                "--only {wanted}: no run here has this key; `batlinet plan` lists them"
            )));
        }
    }
    let is_asked_for = |key: &str| selection.only.is_empty() || selection.only.iter().any(|wanted| is_key(wanted, key));
    let mut parts = Parts::default();
    for plan in plans.iter_mut() {
        let Plan { declared, runs, .. } = plan;
        for run in runs {
            let entry = &declared.experiment.models[run.entry];
            if members::members(entry).is_some() {
                run.selected =
                    selection.models.is_empty() || selection.models.iter().any(|wanted| matches(wanted, entry));
                run.selected &= is_asked_for(&run.key);
                continue;
            }
            run.selected = selection.models.is_empty() || selection.models.iter().any(|wanted| matches(wanted, entry));
            run.selected &= is_asked_for(&run.key);
            if run.selected {
                let place = parts.place(run);
                run.selected = selection.shard.is_none_or(|shard| place % shard.count + 1 == shard.index);
            }
        }
    }
    wait(plans);
    Ok(())
}

/// By position among all trainings asked for, done or not: so parts never overlap, and runs that share a trained model are in one.
#[derive(Default)]
struct Parts(HashMap<String, usize>);

impl Parts {
    fn place(&mut self, run: &Run) -> usize {
        let next = self.0.len();
        *self.0.entry(run.ingredients.train_key()).or_insert(next)
    }
}

/// The runs that are asked for, as `--shard 1/count`, `--shard 2/count` … would have them.
pub fn in_parts(plans: &[Plan], count: usize) -> Vec<Vec<&Run>> {
    let mut parts = Parts::default();
    let mut runs = vec![Vec::new(); count];
    for run in plans.iter().flat_map(|plan| &plan.runs).filter(|run| run.selected) {
        runs[parts.place(run) % count].push(run);
    }
    runs
}

/// What is made of other runs waits until all of them are there or asked for, too.
fn wait(plans: &mut [Plan]) {
    let mut coming: HashSet<String> = HashSet::new();
    for run in plans.iter().flat_map(|plan| &plan.runs) {
        if run.selected || matches!(run.state, State::Done | State::Former(_)) {
            coming.insert(run.key.clone());
        }
    }
    for plan in plans {
        let is_ready: Vec<bool> =
            (plan.runs.iter()).map(|run| plan.inputs(run).into_iter().all(|key| coming.contains(key))).collect();
        plan.runs.iter_mut().zip(is_ready).for_each(|(run, is_ready)| run.selected &= is_ready);
    }
}

fn matches(wanted: &str, entry: &Entry) -> bool {
    match wanted.split_once('[') {
        None => wanted == entry.model.name(),
        Some((name, variant)) => {
            name == entry.model.name() && variant.strip_suffix(']') == Some(entry.variant.as_str())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Shard;

    #[test]
    fn shards_are_counted_from_one() {
        assert_eq!("2/4".parse(), Ok(Shard { index: 2, count: 4 }));
        for wrong in ["0/4", "5/4", "1", "a/b", "1/0"] {
            assert!(wrong.parse::<Shard>().unwrap_err().contains("no shard"), "{wrong}");
        }
    }
}
