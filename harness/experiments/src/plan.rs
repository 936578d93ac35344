//! What would run, and why.

mod check;
mod selection;
mod state;

use std::{borrow::Cow, path::Path, sync::OnceLock};

use rayon::prelude::*;

use super::{
    changes,
    choice::{
        folds::Fold,
        members::{self, FoldRuns},
    },
    entry::{Entry, starts_from},
    key::{CellHashes, Surroundings, ingredients},
    pools::Pools,
    read::Declared,
    spec::Experiment,
    split_files,
};
use crate::Error;
use cells::{cell::Origin, label::LabelRule, source::CellSource, split::Split};
use features::samples::LifeRecords;
use record::{Ingredients, Score, hash, read_scores};
use serde_json::json;

pub use selection::{Selection, Shard, in_parts};
use state::Slots;
pub use state::State;

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
    /// Whether `--models` and `--only` leave it in.
    pub asked: bool,
    /// Whether they and `--shard` do, and all that it is made of is there or to be made.
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
        starts_from::open(&mut declared)?;
        let Experiment { train_test_split, transfer, .. } = &declared.experiment;
        let (split, place) = match transfer {
            None => (split_files::read(train_test_split)?, None),
            Some(draw) => {
                let pools = Pools::read(train_test_split)?;
                (draw.pools(&pools)?, pools.place_of_first_missing(&available))
            }
        };
        let place = place.unwrap_or_else(|| train_test_split.display().to_string());
        check::are_there(&declared.experiment, &split, &available, source, &place)?;
        check::have_ended(&declared.experiment, &split, source)?;
        check::are_observed(&declared.experiment, &split, source)?;
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
    selection::select(&mut plans, selection)?;
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
    // a fold has none of its own
    trained.folds = None;
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
    let path = out.join(Score::FILE);
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
                let state = state::state(&ingredients, &key, earlier, (data, &labels), &plan.cells(entry, seed), out);
                Run { entry: index, seed, ingredients, key, state, asked: true, selected: true }
            };
            experiment.seeds_of(entry).into_par_iter().map(run)
        };
        self.runs = (0..experiment.models.len()).into_par_iter().flat_map(of_entry).collect();
    }
}
