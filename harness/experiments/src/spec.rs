//! An experiment: what is run, and why.

use std::path::{self, PathBuf};

use serde::Deserialize;
use serde_yaml::Value;

use super::pools::Draw;
use super::{
    bounds,
    entry::{Entry, ModelSpec},
    misfit::Misfit,
    misread::misread,
    named::unique,
    names::unknown,
    scenario,
    yaml::{self, Path, Problem},
};
use cells::label::LabelRule;
use features::feature::FeatureSpec;
use record::{Expectation, Protocol, Study};

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
    /// The split file; in a transfer, the file of pools.
    pub train_test_split: PathBuf,
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

    /// The same with file paths relative to `folder`, that of the experiment file.
    pub(crate) fn beside(mut self, folder: &path::Path) -> Self {
        self.train_test_split = folder.join(self.train_test_split);
        self
    }
}

/// The file as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a mapping with name, description, models and more")]
struct WrittenExperiment {
    name: String,
    scenario: String,
    #[serde(default)]
    study: Study,
    description: String,
    analysis: Option<String>,
    train_test_split: PathBuf,
    transfer: Option<Draw>,
    protocol: Protocol,
    early_cycles: Option<usize>,
    label: LabelRule,
    seeds: Vec<u64>,
    #[serde(deserialize_with = "unique", default)]
    features: Vec<(String, FeatureSpec)>,
    models: Vec<super::entry::WrittenEntry>,
    #[serde(default)]
    expect: Vec<Expectation>,
    // read from the tree of values by `read`; named here so that they are known and well-formed
    #[serde(deserialize_with = "profiles", default)]
    profiles: (),
    #[serde(default)]
    honest: Option<Changes>,
    #[serde(default)]
    sweep: Sweep,
}

/// What to vary: paths as in `--set`, each with one value per variant, in the order of the file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(transparent)]
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
            study: declared.study,
            description: declared.description.trim().to_owned(),
            analysis: declared.analysis.unwrap_or_default().trim().to_owned(),
            train_test_split: declared.train_test_split,
            transfer: declared.transfer,
            protocol: declared.protocol,
            early_cycles: declared.early_cycles,
            label: declared.label,
            seeds: declared.seeds,
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
        if self.description.is_empty() {
            return refused("description", "description is empty: say what is run and why".to_owned());
        }
        if self.seeds.is_empty() {
            return refused("seeds", "seeds is empty: give at least one, such as [0]".to_owned());
        }
        bounds::check_size(self)?;
        if let Some((index, seed)) = repeated(&self.seeds) {
            return Err(Problem::of_value(Path::of("seeds").item(index), format!("seed {seed} is given twice")));
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
