//! An experiment: what is run, and why.

use std::{
    collections::BTreeMap,
    path::{self, PathBuf},
};

use schemars::JsonSchema;
use serde::Deserialize;
use serde_yaml::Value;

use super::choice::{folds::FoldsSpec, members};
use super::pools::Draw;
use super::{
    bounds,
    entry::{Entry, ModelSpec, starts_from, trained_on},
    misfit::Misfit,
    misread::misread,
    named::unique,
    names::unknown,
    scenario,
    split_files::SplitFiles,
    yaml::{self, Path, Problem},
};
use cells::label::LabelRule;
use features::{feature::FeatureSpec, samples::FeatureTransformation};
use record::{Expectation, Protocol, Study, family_of_fold, fold_name};

/// Letters of the name of an experiment, at most: file systems take some two hundred for a file.
const LONGEST: usize = 100;

/// A checked experiment.
#[derive(Clone, Debug, PartialEq)]
pub struct Experiment {
    /// Unique name.
    pub name: String,
    /// The scenario by which published numbers are looked up.
    pub scenario: String,
    /// The question it answers.
    pub study: Study,
    /// What is run and why.
    pub description: String,
    /// What the reader should distrust.
    pub analysis: String,
    /// The split file; in a transfer, the file of pools; the first of a cross-validation.
    pub train_test_split: PathBuf,
    /// The split files of a cross-validation that has not been taken apart yet ([`read::read_all`](super::read::read_all)).
    pub splits: Vec<PathBuf>,
    /// In a transfer, how every run's cells are drawn from the pools.
    pub transfer: Option<Draw>,
    /// Faithful or honest.
    pub protocol: Protocol,
    /// How many cycles of a cell the scenario lets models see; the honest protocol holds features to it.
    pub early_cycles: Option<usize>,
    /// When a cell's life ends.
    pub label: LabelRule,
    /// One run each for every model that draws random numbers.
    pub seeds: Vec<u64>,
    /// Parts of the training cells that are left out in turn, by which stacks and selections are made.
    pub folds: Option<FoldsSpec>,
    /// Feature sets by name, in the order of the file.
    pub features: Vec<(String, FeatureSpec)>,
    /// What is run, in the order of the file.
    pub models: Vec<Entry>,
    /// What should come out.
    pub expect: Vec<Expectation>,
}

impl Experiment {
    /// The feature set with this name.
    pub fn feature(&self, name: &str) -> Option<&FeatureSpec> {
        self.features.iter().find(|(known, _)| known == name).map(|(_, feature)| feature)
    }

    /// The label rule of an entry.
    pub fn rule<'a>(&'a self, entry: &'a Entry) -> &'a LabelRule {
        entry.label.as_ref().unwrap_or(&self.label)
    }

    /// The seeds of an entry: all, or one where no seed changes the result. In a transfer every seed draws its cells.
    pub fn seeds_of(&self, entry: &Entry) -> Vec<u64> {
        if entry.model.is_seeded() || self.transfer.is_some() { self.seeds.clone() } else { vec![0] }
    }

    /// What the two parts of the split are called.
    pub fn parts(&self) -> [&'static str; 2] {
        if self.transfer.is_some() { ["source", "target"] } else { ["training", "test"] }
    }

    /// The name of a fold without its number, which all folds share; the name of any other experiment.
    pub fn family(&self) -> &str {
        match self.study {
            Study::CrossValidation => family_of_fold(&self.name).unwrap_or(&self.name),
            _ => &self.name,
        }
    }

    /// One experiment per fold, told apart by their names, or this one.
    pub(crate) fn apart(mut self) -> Vec<Self> {
        let splits = std::mem::take(&mut self.splits);
        if splits.is_empty() {
            return vec![self];
        }
        let fold = |(index, train_test_split)| {
            let name = fold_name(&self.name, index + 1);
            Self { name, train_test_split, ..self.clone() }
        };
        splits.into_iter().enumerate().map(fold).collect()
    }

    /// The same with file paths relative to `folder`, that of the experiment file.
    pub(crate) fn beside(mut self, folder: &path::Path) -> Self {
        self.train_test_split = folder.join(self.train_test_split);
        self.splits.iter_mut().for_each(|file| *file = folder.join(&*file));
        self.models.iter_mut().filter_map(|entry| entry.starts_from.as_mut()).for_each(|start| start.beside(folder));
        self
    }
}

/// The file as written.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a mapping with name, description, models and more")]
#[schemars(
    title = "batlinet experiment",
    description = "What is run, and why: cells, features, models and seeds of one experiment of batlinet.",
    extend("x-source" = "3")
)]
pub(crate) struct WrittenExperiment {
    /// Letters, digits and `_-.`: it names files and rows of the scores, and no two experiments of one call share it.
    name: String,
    /// By which published numbers are looked up, such as `MATR-1`; a name of your own finds none.
    scenario: String,
    /// The question that it answers, by which a report chooses its table or figure.
    #[serde(default)]
    study: Study,
    /// What is run and why, in prose.
    description: String,
    /// What the reader should distrust, in prose.
    analysis: Option<String>,
    /// Path, relative to this file, of a CSV with the columns `cell_id` and `split` (`train` or `test`), such as `batlinet split`
    /// makes; in a transfer, of one with `cell_id` and `pool`. A list of such files is a cross-validation: each becomes an experiment of
    /// its own, `NAME-fold-1` and so on, and the report has the errors over all of them.
    train_test_split: SplitFiles,
    /// Learning from cells of another chemistry: how source, target and test cells are drawn.
    transfer: Option<Draw>,
    /// Whether the authors' way is followed with its known defects, or a corrected one (docs/method.md, 10).
    protocol: Protocol,
    /// Cycles of a cell that models may see, from the first on: by the honest protocol, no feature reads beyond them. The paper has
    /// 100, and 20 in MIX-20.
    early_cycles: Option<usize>,
    /// When the life of a cell ends.
    label: LabelRule,
    /// One run each of every model that draws random numbers. The paper has eight.
    seeds: Vec<u64>,
    /// Parts of the training cells that are left out in turn, by which stacks and selections are made.
    folds: Option<FoldsSpec>,
    /// By names of your own, what models read of a cell.
    #[serde(deserialize_with = "unique", default)]
    #[schemars(with = "BTreeMap<String, FeatureSpec>", skip_serializing_if = "Vec::is_empty")]
    features: Vec<(String, FeatureSpec)>,
    /// What is run: one model with its hyper-parameters per entry.
    models: Vec<super::entry::WrittenEntry>,
    /// Numbers that should come out on real cells by the whole schedule; `run` ends with 4 where they do not.
    #[serde(default)]
    expect: Vec<Expectation>,
    // read from the tree of values by `read`; named here so that they are known and well-formed
    /// By names of your own, changes that `--profile NAME` makes: paths as of `--set`, such as `models.mlp.epochs`, with values.
    #[serde(deserialize_with = "profiles", default)]
    #[schemars(with = "BTreeMap<String, BTreeMap<String, serde_json::Value>>")]
    profiles: (),
    /// Changes that the honest protocol makes beside its own: paths as of `--set`, with values.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, serde_json::Value>")]
    honest: Option<Changes>,
    /// Hyper-parameters to vary: paths below a model, such as `models.batlinet.alpha`, each with a list of values. Every value becomes
    /// a variant.
    #[serde(default)]
    sweep: Sweep,
}

/// What to vary: paths as in `--set`, each with one value per variant, in the order of the file.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(with = "BTreeMap<String, Vec<serde_json::Value>>")]
pub(crate) struct Sweep(#[serde(deserialize_with = "unique")] pub(crate) Vec<(String, Vec<Value>)>);

struct Changes;

impl<'de> Deserialize<'de> for Changes {
    fn deserialize<D: serde::Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        unique::<D, Value>(input).map(|_| Self)
    }
}

fn profiles<'de, D: serde::Deserializer<'de>>(input: D) -> Result<(), D::Error> {
    unique::<D, Changes>(input).map(|_| ())
}

impl Experiment {
    /// Reads and checks a declaration.
    pub(super) fn of(tree: &Value) -> Result<Self, Problem> {
        match misread(tree) {
            Some(problem) => Err(problem),
            None => yaml::read::<WrittenExperiment>(tree)?.try_into(),
        }
    }
}

impl TryFrom<WrittenExperiment> for Experiment {
    type Error = Problem;

    fn try_from(declared: WrittenExperiment) -> Result<Self, Problem> {
        // profiles and sweeps have changed the tree before this point
        let WrittenExperiment { profiles: (), honest: Some(Changes) | None, sweep: Sweep(_), .. } = &declared;
        let checked = |(index, entry)| Entry::try_from(entry).map_err(|misfit: Misfit| misfit.in_entry(index));
        let models: Vec<Entry> = declared.models.into_iter().enumerate().map(checked).collect::<Result<_, _>>()?;
        let models = match &declared.transfer {
            Some(draw) => per_number_of_cells(models, draw)?,
            None => models,
        };
        let experiment = Self {
            name: declared.name,
            scenario: declared.scenario,
            study: match (declared.train_test_split.folds.is_empty(), declared.study) {
                (false, Study::Scenario) => Study::CrossValidation,
                (_, study) => study,
            },
            description: declared.description.trim().to_owned(),
            analysis: declared.analysis.unwrap_or_default().trim().to_owned(),
            train_test_split: declared.train_test_split.first,
            splits: declared.train_test_split.folds,
            transfer: declared.transfer,
            protocol: declared.protocol,
            early_cycles: declared.early_cycles,
            label: declared.label,
            seeds: declared.seeds,
            folds: declared.folds,
            features: declared.features,
            models,
            expect: declared.expect,
        };
        experiment.check()?;
        Ok(experiment)
    }
}

/// One entry per model and number of target cells, told apart by the variant.
fn per_number_of_cells(models: Vec<Entry>, draw: &Draw) -> Result<Vec<Entry>, Problem> {
    draw.check().map_err(|problem| Problem::of_value(Path::of("transfer"), problem))?;
    let with = |entry: &Entry, count: usize| {
        let before = if entry.variant.is_empty() { String::new() } else { format!("{}+", entry.variant) };
        let mut entry = Entry { variant: format!("{before}cells={count}"), target_cells: Some(count), ..entry.clone() };
        if let ModelSpec::Transfer(parameters) = &mut entry.model {
            parameters.preset = draw.preset;
        }
        entry
    };
    Ok(models.iter().flat_map(|entry| draw.cells.iter().map(move |&count| with(entry, count))).collect())
}

impl Experiment {
    fn check(&self) -> Result<(), Problem> {
        let refused = |key: &str, sentence: String| Err(Problem::of_value(Path::of(key), sentence));
        let plain = |text: &str| {
            !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c)) && text != "."
        };
        if !plain(&self.name) || self.name.starts_with('.') {
            return refused(
                "name",
                format!("name '{}' must be letters, digits and _-. only: it names files", self.name),
            );
        }
        if self.name.len() > LONGEST {
            return refused(
                "name",
                format!("name has {} letters, and {LONGEST} at most: it names files", self.name.len()),
            );
        }
        if self.description.is_empty() {
            return refused("description", "description is empty: say what is run and why".to_owned());
        }
        if (self.study == Study::CrossValidation) == self.splits.is_empty() {
            let sentence = match self.splits.is_empty() {
                true => {
                    "study cross_validation needs a list of split files as train_test_split: `batlinet split --folds K` makes them"
                }
                false => {
                    "a list of split files is a cross-validation: leave study out, and run other studies on one split"
                }
            };
            return refused("study", sentence.to_owned());
        }
        if self.transfer.is_some() && !self.splits.is_empty() {
            return refused("train_test_split", "a transfer draws its cells from one file of pools".to_owned());
        }
        if self.seeds.is_empty() {
            return refused("seeds", "seeds is empty: give at least one, such as [0]".to_owned());
        }
        bounds::check_size(self)?;
        if let Some((index, seed)) = repeated(&self.seeds) {
            return Err(Problem::of_value(Path::of("seeds").item(index), format!("seed {seed} is given twice")));
        }
        if let Some(folds) = &self.folds {
            folds.check().map_err(|sentence| Problem::of_value(Path::of("folds"), sentence))?;
            if self.transfer.is_some() {
                return refused(
                    "folds",
                    "folds are parts of training cells, which a transfer draws by itself".to_owned(),
                );
            }
        }
        if self.models.is_empty() {
            return refused("models", "models is empty: give at least one, such as `- mean: {}`".to_owned());
        }
        scenario::check(&self.scenario, self.transfer.is_some())
            .map_err(|problem| Problem::of_value(Path::of("scenario"), problem))?;
        // in a transfer, an entry as written is several, one per number of target cells
        let numbers = self.transfer.as_ref().map_or(1, |draw| draw.cells.len());
        for (index, entry) in self.models.iter().enumerate() {
            self.check_entry(entry).map_err(|misfit| misfit.shown_in(index, index / numbers))?;
        }
        for (index, label) in self.folds.iter().flat_map(|folds| &folds.without).enumerate() {
            let mut trained = self.models.iter().filter(|entry| members::members(entry).is_none());
            if trained.all(|entry| entry.label() != *label) {
                let path = Path::of("folds").key("without").item(index);
                return Err(Problem::of_value(
                    path,
                    format!("folds: without names {label}, and no trained entry is called so"),
                ));
            }
        }
        for index in 0..self.models.len() {
            members::check(self, index).map_err(|sentence| Misfit::from(sentence).in_entry(index / numbers))?;
        }
        let entries: Vec<(&str, &str)> =
            self.models.iter().map(|entry| (entry.model.name(), entry.variant.as_str())).collect();
        if let Some((index, (model, variant))) = repeated(&entries) {
            return Err(Problem::of_value(
                Path::of("models").item(index / numbers),
                format!("model {model} is given twice with variant '{variant}': tell the entries apart by `variant:`"),
            ));
        }
        self.expect.iter().enumerate().try_for_each(|(index, expectation)| check_expectation(index, expectation))
    }

    fn check_entry(&self, entry: &Entry) -> Result<(), Misfit> {
        if matches!(entry.model, ModelSpec::Transfer(_)) && self.transfer.is_none() {
            return Err("transfer needs the section `transfer:`, which draws its cells".into());
        }
        if matches!(entry.model, ModelSpec::BatLiNet(_))
            && self.transfer.is_some()
            && entry.feature_transformation != FeatureTransformation::None
        {
            let sentence = "feature_transformation: a batlinet of a transfer holds cells of one chemistry against those of the other, \
                            whose maps nothing is fitted to; leave it out";
            return Err(Misfit::of("feature_transformation", sentence.to_owned()));
        }
        trained_on::check(entry, self.transfer.is_some())?;
        starts_from::check(entry)?;
        let names: Vec<&str> = self.features.iter().map(|(name, _)| name.as_str()).collect();
        if let Some(feature) = entry.feature.as_deref().filter(|feature| !names.contains(feature)) {
            return Err(Misfit::unknown_feature(feature, &names));
        }
        let of_feature = |problem| Misfit::of("feature", problem);
        self.check_horizon(entry).map_err(of_feature)?;
        let shape = entry.feature.as_deref().and_then(|name| self.feature(name)).map(FeatureSpec::shape);
        if let (Some(base), Some(&[_, cycles, _])) = (entry.model.base(), shape.as_deref())
            && base >= cycles
        {
            let last = cycles.saturating_sub(1);
            return Err(Misfit::of_parameter(
                entry.model.key(),
                "base",
                format!("hyper-parameter base = {base}: its feature has {cycles} cycles, positions 0 to {last}"),
            ));
        }
        if let (Some(name), Some(shape)) = (entry.reads(), &shape) {
            let refused = |problem| of_feature(format!("{} cannot read '{name}': {problem}", entry.model.name()));
            entry.model.check_feature(shape).map_err(refused)?;
        }
        Ok(())
    }

    /// What nobody refuses and everybody should know: values that are looked up in vain.
    pub(super) fn notes(&self) -> Vec<String> {
        let scenario = scenario::check(&self.scenario, self.transfer.is_some()).ok().flatten();
        let is_of = |expectation: &&Expectation, entry: &Entry| {
            entry.model.name() == expectation.model && entry.variant == expectation.variant.to_string()
        };
        let lost = self.expect.iter().filter(|expectation| !self.models.iter().any(|entry| is_of(expectation, entry)));
        let lost = lost.map(|expectation| {
            let variant = if expectation.variant.is_plain() { "" } else { " with variant " };
            format!(
                "expect: nothing here is {}{variant}{}, so what is expected of it is not looked at",
                expectation.model, expectation.variant
            )
        });
        scenario.into_iter().chain(lost).collect()
    }
}

impl Experiment {
    /// The honest protocol lets no model see more of a cell than the others.
    fn check_horizon(&self, entry: &Entry) -> Result<(), String> {
        let (Protocol::Honest, Some(early)) = (self.protocol, self.early_cycles) else { return Ok(()) };
        let feature = entry.reads().and_then(|name| Some((name, self.feature(name)?.cycles_needed())));
        match feature {
            Some((name, cycles)) if cycles > early => Err(format!(
                "{} reads '{name}', {cycles} cycles of a cell, and protocol honest allows the early_cycles, {early}; give it \
                 another feature, below `honest:` if only there",
                entry.model.name()
            )),
            _ => Ok(()),
        }
    }
}

fn check_expectation(index: usize, expectation: &Expectation) -> Result<(), Problem> {
    let path = Path::of("expect").item(index);
    if !ModelSpec::NAMES.contains(&expectation.model.as_str()) {
        let sentence = unknown("model", &expectation.model, &ModelSpec::NAMES, "expect");
        return Err(Problem::of_value(path.key("model"), sentence));
    }
    if !(expectation.value.is_finite() && expectation.tolerance.is_finite() && expectation.tolerance >= 0.0) {
        let sentence = format!(
            "expect of {}: value = {} with tolerance = {} can never be met: both are numbers, and the tolerance is not \
             negative",
            expectation.model, expectation.value, expectation.tolerance
        );
        return Err(Problem::of_value(path, sentence));
    }
    Ok(())
}

/// The first value that is there before, with its place.
fn repeated<T: PartialEq>(values: &[T]) -> Option<(usize, &T)> {
    values.iter().enumerate().find(|(index, value)| values[..*index].contains(value))
}
