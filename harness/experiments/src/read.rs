//! Reading an experiment file: its profile, settings and sweeps, and the checked whole.

#[cfg(test)]
mod tests;

use std::path;

use serde_yaml::Value;

use super::{
    changes,
    choice::members,
    names::unknown,
    protocol,
    setting::Setting,
    spec::Experiment,
    sweep, texts,
    unused::unused,
    yaml::{self, Path, Places, Problem},
};
use crate::Error;
use cells::text;
use record::{self, AS_WRITTEN, Change, Protocol};

/// Bytes of an experiment file at most: what is larger is another file.
const LARGEST: u64 = 4_000_000;

/// An experiment with where it came from.
#[derive(Clone, Debug, PartialEq)]
pub struct Declared {
    /// Ready to plan.
    pub experiment: Experiment,
    /// Hash of the declaration after profile, settings and sweeps.
    pub config_hash: String,
    /// What is declared and changes nothing, or is changed by something else: to be said with the plan.
    pub notes: Vec<String>,
    /// What profile and settings changed; absent where the file as written makes no experiment under this protocol.
    pub changes: Option<Vec<Change>>,
    /// How many seeds the file as written has.
    pub seeds: Option<usize>,
    /// What is run on each fold of the training cells, where there are any; their splits are made when it is planned.
    pub on_folds: Option<Box<Experiment>>,
}

/// Reads an experiment of one split; otherwise as [`read_all`].
///
/// # Errors
/// As [`read_all`]; [`Error::Declared`] of a cross-validation.
pub fn read(path: &path::Path, profile: &str, settings: &[Setting]) -> Result<Declared, Error> {
    let mut declared = read_all(path, profile, settings)?;
    match (declared.pop(), declared.len()) {
        (Some(only), 0) => Ok(only),
        (_, others) => Err(Error::Declared(format!(
            "{}: this is a cross-validation of {} folds, and one split is wanted here",
            path.display(),
            others + 1
        ))),
    }
}

/// Reads `path`, changes it by `profile` and `settings`, in this order, expands sweeps and checks the whole. Of a cross-validation,
/// every fold is an experiment.
///
/// # Errors
/// [`Error::Read`]; [`Error::Declared`] names the file with line and column, or the setting, and what would be right.
pub fn read_all(path: &path::Path, profile: &str, settings: &[Setting]) -> Result<Vec<Declared>, Error> {
    let bytes = text::bytes(path, LARGEST).map_err(|source| Error::Read { path: path.to_owned(), source })?;
    let text = texts::decode(bytes).map_err(|problem| Error::Declared(format!("{}{problem}", path.display())))?;
    let mut declared = parse(&text, &path.display().to_string(), profile, settings).map_err(Error::Declared)?;
    let folder = path.parent().unwrap_or(path::Path::new(""));
    let experiment = declared.experiment.clone().beside(folder);
    declared.on_folds = declared.on_folds.map(|on_folds| Box::new(on_folds.beside(folder)));
    Ok(experiment.apart().into_iter().map(|experiment| Declared { experiment, ..declared.clone() }).collect())
}

/// As [`read_all`], from text, with the folds of a cross-validation still together; `file` is its name in errors.
///
/// # Errors
/// As [`read_all`].
pub fn parse(text: &str, file: &str, profile: &str, settings: &[Setting]) -> Result<Declared, String> {
    let text = texts::without_mark(text);
    let (mut tree, places) = yaml::parse(text).map_err(|problem| problem.within(file, &Places::default()))?;
    // The file as written must be sound by itself; only then do errors have a line.
    Experiment::of(&tree).map_err(|problem| problem.within(file, &places))?;
    let mut notes = unused(&tree);
    let at = |path: &Path| places.key(path).map_or_else(|| file.to_owned(), |place| format!("{file}:{place}"));
    let of_profile = profile_settings(&tree, profile).map_err(|problem| format!("{file}: {problem}"))?;
    apply(&mut tree, &of_profile, &|setting| {
        let place = at(&Path::of("profiles").key(profile).key(&setting.path));
        format!("{place}: profile {profile}, {}", setting.path)
    })?;
    let asked = settings.iter().rev().find(|setting| setting.path == "protocol").map(|setting| &setting.value);
    if let Some(value) = asked {
        tree["protocol"] = value.clone();
    }
    let is_honest = protocol::of(&tree) == Some(Protocol::Honest);
    let before = tree.clone();
    if is_honest {
        let of_protocol = changes(tree.get("honest"));
        apply(&mut tree, &of_protocol, &|setting| {
            format!("{}: honest, {}", at(&Path::of("honest").key(&setting.path)), setting.path)
        })?;
    }
    let is_changed = tree != before;
    apply(&mut tree, settings, &|setting| format!("--set {}", setting.path))?;
    if let Some((setting, values)) =
        settings.iter().find_map(|setting| Some((setting, sweep::swept(&tree, &setting.path)?)))
    {
        return Err(format!(
            "--set {}: this experiment sweeps it, so one value changes nothing; give other values to the sweep, such as --set \
             'sweep={values}'",
            setting.path
        ));
    }
    notes.extend(sweep::expand(&mut tree, &|tree| checked(tree).map(drop), &|path| at(&Path::of("sweep").key(path)))?);
    // after the sweeps, which may have given entries labels of their own
    if is_honest {
        let outcome = protocol::make_honest(&mut tree);
        if !is_changed {
            outcome.check(&tree).map_err(|problem| format!("{file}: {problem}"))?;
        }
    }
    let experiment = checked(&tree).map_err(|problem| format!("{file}: {problem}"))?;
    let config_hash = record::hash(&serde_json::to_value(&tree).map_err(|error| format!("{file}: {error}"))?);
    notes.extend(experiment.notes());
    let as_written = as_written(text, file, profile, settings, &experiment);
    let changes = as_written.as_ref().map(|before| changes::between(before, &experiment));
    let seeds = as_written.map(|before| before.seeds.len());
    let on_folds = on_folds(&tree, &experiment).map_err(|problem| format!("{file}: {problem}"))?;
    Ok(Declared { config_hash, changes, seeds, experiment, notes, on_folds })
}

/// The experiment of a fold: its entries that are trained, with the seeds and settings of the folds.
fn on_folds(tree: &Value, experiment: &Experiment) -> Result<Option<Box<Experiment>>, String> {
    let Some(folds) = &experiment.folds else { return Ok(None) };
    let mut tree = tree.clone();
    if let Some(map) = tree.as_mapping_mut() {
        ["folds", "expect", "profiles"].iter().for_each(|key| drop(map.remove(*key)));
        let seeds = folds.seeds.iter().map(|&seed| Value::from(seed)).collect();
        map.insert("seeds".into(), Value::Sequence(seeds));
    }
    if let Some(models) = tree.get_mut("models").and_then(Value::as_sequence_mut) {
        // sweeps are expanded: entries as written and as read are one for one
        let mut is_on_folds = experiment.models.iter().map(|entry| members::is_on_folds(experiment, entry));
        models.retain(|_| is_on_folds.next().unwrap_or(true));
    }
    apply(&mut tree, &folds.settings(), &|setting| format!("folds, {}", setting.path))?;
    let mut on_folds = checked(&tree).map_err(|problem| format!("folds: {problem}"))?;
    on_folds.study = record::Study::Folds;
    Ok(Some(Box::new(on_folds)))
}

/// The experiment without profile and settings, but of the same protocol.
fn as_written(text: &str, file: &str, profile: &str, settings: &[Setting], changed: &Experiment) -> Option<Experiment> {
    let of_protocol: Vec<Setting> = settings.iter().filter(|setting| setting.path == "protocol").cloned().collect();
    if profile == AS_WRITTEN && of_protocol.len() == settings.len() {
        return Some(changed.clone());
    }
    parse(text, file, AS_WRITTEN, &of_protocol).ok().map(|declared| declared.experiment)
}

/// A declaration that settings have changed: they say where it is wrong.
fn checked(tree: &Value) -> Result<Experiment, String> {
    Experiment::of(tree).map_err(|problem: Problem| problem.anywhere())
}

/// Applies all settings; if the outcome is unsound, blames the first one that makes it so.
fn apply(tree: &mut Value, settings: &[Setting], blame: &dyn Fn(&Setting) -> String) -> Result<(), String> {
    let before = tree.clone();
    for setting in settings {
        setting.apply(tree).map_err(|problem| format!("{}: {problem}", blame(setting)))?;
    }
    let Err(problem) = checked(tree) else { return Ok(()) };
    let mut replayed = before;
    for setting in settings {
        setting.apply(&mut replayed).map_err(|problem| format!("{}: {problem}", blame(setting)))?;
        if let Err(problem) = checked(&replayed) {
            return Err(format!("{}: {problem}", blame(setting)));
        }
    }
    Err(problem)
}

fn profile_settings(tree: &Value, profile: &str) -> Result<Vec<Setting>, String> {
    let profiles = tree.get("profiles").and_then(Value::as_mapping);
    let declared = profiles.and_then(|profiles| profiles.get(profile));
    match declared {
        Some(declared) => Ok(changes(Some(declared))),
        None if profile == AS_WRITTEN => Ok(Vec::new()),
        None => {
            let mut known: Vec<&str> = profiles.into_iter().flatten().filter_map(|(name, _)| name.as_str()).collect();
            known.push(AS_WRITTEN);
            Err(format!(
                "{} (a file declares its own, under profiles:)",
                unknown("profile", profile, &known, "this experiment")
            ))
        }
    }
}

/// A map of paths and values as settings.
fn changes(declared: Option<&Value>) -> Vec<Setting> {
    let setting =
        |(path, value): (&Value, &Value)| Some(Setting { path: path.as_str()?.to_owned(), value: value.clone() });
    declared.and_then(Value::as_mapping).into_iter().flatten().filter_map(setting).collect()
}
