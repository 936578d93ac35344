//! Reading an experiment file, and saying well what is wrong with it.

use std::{fs, path::Path};

use serde_yaml::Value;

use super::{
    setting::{self, Setting},
    spec::{Experiment, Sweep},
};
use crate::{
    failure::Failure,
    record::{self, AS_WRITTEN},
};

/// An experiment with where it came from.
#[derive(Clone, Debug, PartialEq)]
pub struct Declared {
    /// Ready to plan.
    pub experiment: Experiment,
    /// Hash of the declaration after profile, settings and sweeps.
    pub config_hash: String,
}

/// Reads `path`, changes it by `profile` and `settings`, in this order, expands sweeps and checks the whole.
///
/// # Errors
/// [`Failure::Usage`] names the file with line and column, or the setting, and what would be right.
pub fn read(path: &Path, profile: &str, settings: &[Setting]) -> Result<Declared, Failure> {
    let text = fs::read_to_string(path)
        .map_err(|error| Failure::Usage(format!("{}: cannot read this experiment file: {error}", path.display())))?;
    parse(&text, &path.display().to_string(), profile, settings)
        .map(|declared| Declared {
            experiment: declared.experiment.beside(path.parent().unwrap_or(Path::new(""))),
            ..declared
        })
        .map_err(Failure::Usage)
}

/// As [`read`], from text; `file` is its name in errors.
///
/// # Errors
/// As [`read`].
pub fn parse(text: &str, file: &str, profile: &str, settings: &[Setting]) -> Result<Declared, String> {
    // The file as written must be sound by itself; only then do errors have a line.
    serde_yaml::from_str::<Experiment>(text).map_err(|error| located(&error, text, file))?;
    let mut tree: Value = serde_yaml::from_str(text).map_err(|error| located(&error, text, file))?;
    let of_profile = profile_settings(&tree, profile).map_err(|problem| format!("{file}: {problem}"))?;
    apply(&mut tree, &of_profile, &|setting| format!("{file}: profile {profile}, {}", setting.path))?;
    apply(&mut tree, settings, &|setting| format!("--set {}", setting.path))?;
    expand(&mut tree).map_err(|problem| format!("{file}: {problem}"))?;
    let experiment = checked(&tree).map_err(|problem| format!("{file}: {problem}"))?;
    let config_hash = record::hash(&serde_json::to_value(&tree).map_err(|error| format!("{file}: {error}"))?);
    Ok(Declared { experiment, config_hash })
}

fn checked(tree: &Value) -> Result<Experiment, String> {
    serde_yaml::from_value(tree.clone()).map_err(|error| readable(&error.to_string()))
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
        Some(changes) => Ok(changes
            .as_mapping()
            .into_iter()
            .flatten()
            .filter_map(|(path, value)| Some(Setting { path: path.as_str()?.to_owned(), value: value.clone() }))
            .collect()),
        None if profile == AS_WRITTEN => Ok(Vec::new()),
        None => {
            let mut known: Vec<&str> = profiles.into_iter().flatten().filter_map(|(name, _)| name.as_str()).collect();
            known.push(AS_WRITTEN);
            Err(unknown("profile", profile, &known, "this experiment"))
        }
    }
}

fn expand(tree: &mut Value) -> Result<(), String> {
    let Some(sweeps) = tree.get("sweep") else { return Ok(()) };
    let sweeps: Vec<Sweep> = serde_yaml::from_value(sweeps.clone()).map_err(|error| readable(&error.to_string()))?;
    sweeps.iter().try_for_each(|sweep| setting::sweep(tree, &sweep.path, &sweep.values))
}

/// `unknown key 'alfa' in models[0].ridge, did you mean 'alpha'? (known: …)`.
pub(crate) fn unknown(kind: &str, name: &str, known: &[&str], place: &str) -> String {
    let near = known
        .iter()
        .map(|candidate| (strsim::damerau_levenshtein(&name.to_lowercase(), candidate), *candidate))
        .min()
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len() / 4)
        .or_else(|| {
            known.iter().find(|candidate| candidate.len() > 2 && candidate.starts_with(name)).map(|found| (0, *found))
        });
    let place = if place.is_empty() { String::new() } else { format!(" in {place}") };
    match near {
        Some((_, near)) => format!("unknown {kind} '{name}'{place}, did you mean '{near}'?"),
        None if known.is_empty() => format!("unknown {kind} '{name}'{place}, which takes none"),
        None => format!("unknown {kind} '{name}'{place}; known: {}", known.join(", ")),
    }
}

fn located(error: &serde_yaml::Error, text: &str, file: &str) -> String {
    let mut problem = error.to_string();
    let Some(location) = error.location() else { return format!("{file}: {}", readable(&problem)) };
    let (mut line, mut column) = (location.line(), location.column());
    if let Some(cut) = problem.rfind(" at line ") {
        problem.truncate(cut);
    }
    let sentence = readable(&problem);
    // a check of a whole block is located at its start: the quoted word, if it stands once below, says more
    if let Some(found) = sentence.split('\'').nth(1).and_then(|word| only_place(text, line, word)) {
        (line, column) = found;
    }
    format!("{file}:{line}:{column}: {sentence}")
}

/// Line and column, from 1, of `word` as a whole, if exactly one line from `from` on has it.
fn only_place(text: &str, from: usize, word: &str) -> Option<(usize, usize)> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let places: Vec<(usize, usize)> = text
        .lines()
        .enumerate()
        .skip(from.saturating_sub(1))
        .filter_map(|(index, line)| {
            let line = line.split(" #").next().unwrap_or(line);
            let start = line.match_indices(word).map(|(start, _)| start).find(|&start| {
                !line[..start].ends_with(is_part) && !line[start + word.len()..].starts_with(is_part)
            })?;
            Some((index + 1, line[..start].chars().count() + 1))
        })
        .collect();
    match places[..] {
        [place] => Some(place),
        _ => None,
    }
}

/// serde's message, in the words of a person.
fn readable(message: &str) -> String {
    let quoted = |text: &str| -> Vec<String> { text.split('`').skip(1).step_by(2).map(str::to_owned).collect() };
    let split = |pattern: &str| -> Option<(String, String)> {
        let start = message.find(pattern)?;
        let place = message[..start].trim_end_matches(": ").trim_end_matches('.').to_owned();
        Some((place, message[start + pattern.len()..].to_owned()))
    };
    for (pattern, kind) in [("unknown field ", "key"), ("unknown variant ", "value")] {
        if let Some((place, rest)) = split(pattern) {
            let names = quoted(&rest);
            let Some((name, known)) = names.split_first() else { continue };
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            let kind = if place.starts_with("models[") && !place.contains("].") && kind == "key" {
                "model or key"
            } else {
                kind
            };
            return unknown(kind, name, &known, &place);
        }
    }
    if let Some((place, rest)) = split("duplicate field ").or_else(|| split("duplicate entry with key ")) {
        let name = rest.trim_matches(|c| "`\"".contains(c)).to_owned();
        let place = if place.is_empty() { String::new() } else { format!(" in {place}") };
        return format!("duplicate key '{name}'{place}: keep one of the two");
    }
    if let Some((place, rest)) = split("missing field ") {
        let place = if place.is_empty() { String::new() } else { format!(" in {place}") };
        return format!("key {} is missing{place}", rest.trim_matches('`'));
    }
    message.replace('`', "'")
}
