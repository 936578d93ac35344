//! Reading an experiment file, and saying well what is wrong with it.

use std::{fs, path::Path};

use serde_yaml::Value;

use super::{
    changes,
    entry::Entry,
    names::unknown,
    protocol,
    setting::{self, Setting},
    spec::{Experiment, Sweep},
    texts,
};
use cells::failure::Failure;
use record::{self, AS_WRITTEN, Change, Protocol};

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
}

/// Reads `path`, changes it by `profile` and `settings`, in this order, expands sweeps and checks the whole.
///
/// # Errors
/// [`Failure::Usage`] names the file with line and column, or the setting, and what would be right.
pub fn read(path: &Path, profile: &str, settings: &[Setting]) -> Result<Declared, Failure> {
    let bytes = fs::read(path)
        .map_err(|error| Failure::Usage(format!("{}: cannot read this experiment file: {error}", path.display())))?;
    let text = texts::decode(bytes).map_err(|problem| Failure::Usage(format!("{}{problem}", path.display())))?;
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
    let text = texts::without_mark(text);
    // The file as written must be sound by itself; only then do errors have a line.
    serde_yaml::from_str::<Experiment>(text).map_err(|error| located(&error, text, file))?;
    let mut tree: Value = serde_yaml::from_str(text).map_err(|error| located(&error, text, file))?;
    if let Some(misread) = texts::misread(&tree) {
        return Err(misread.within(text, file));
    }
    let mut notes = unused(&tree);
    let of_profile = profile_settings(&tree, profile).map_err(|problem| format!("{file}: {problem}"))?;
    apply(&mut tree, &of_profile, &|setting| {
        format!("{}: profile {profile}, {}", place_of(text, file, &setting.path), setting.path)
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
            format!("{}: honest, {}", place_of(text, file, &setting.path), setting.path)
        })?;
    }
    let is_changed = tree != before;
    apply(&mut tree, settings, &|setting| format!("--set {}", setting.path))?;
    if let Some((setting, sweep)) = settings.iter().find_map(|setting| Some((setting, swept(&tree, &setting.path)?))) {
        return Err(format!(
            "--set {}: this experiment sweeps it, so one value changes nothing; give other values to the sweep, such as --set \
             'sweep={sweep}'",
            setting.path
        ));
    }
    notes.extend(expand(&mut tree, text, file)?);
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
    Ok(Declared { config_hash, changes, seeds, experiment, notes })
}

/// The experiment without profile and settings, but of the same protocol.
fn as_written(text: &str, file: &str, profile: &str, settings: &[Setting], changed: &Experiment) -> Option<Experiment> {
    let of_protocol: Vec<Setting> = settings.iter().filter(|setting| setting.path == "protocol").cloned().collect();
    if profile == AS_WRITTEN && of_protocol.len() == settings.len() {
        return Some(changed.clone());
    }
    parse(text, file, AS_WRITTEN, &of_protocol).ok().map(|declared| declared.experiment)
}

fn checked(tree: &Value) -> Result<Experiment, String> {
    if let Some(misread) = texts::misread(tree) {
        return Err(misread.anywhere());
    }
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

/// `FILE:LINE:COLUMN` of a key, or the file where the text does not have it.
fn place_of(text: &str, file: &str, key: &str) -> String {
    match texts::pairs(text).find(|pair| pair.key == key) {
        Some(pair) => format!("{file}:{}:{}", pair.line, pair.column),
        None => file.to_owned(),
    }
}

/// Keys that entries of models write and that change nothing for them.
fn unused(tree: &Value) -> Vec<String> {
    let entries = tree.get("models").and_then(Value::as_sequence).into_iter().flatten();
    let of_entry = |written: &Value| -> Option<String> {
        let entry = Entry::read(written).ok()?;
        let keys = entry.unused().into_iter();
        let keys: Vec<&str> = keys.filter(|key| has(written, entry.model.key(), key)).collect();
        let verb = if keys.len() == 1 { "changes" } else { "change" };
        (!keys.is_empty()).then(|| format!("{}: {} {verb} nothing here", entry.label(), keys.join(", ")))
    };
    let features = tree.get("features").and_then(Value::as_mapping).into_iter().flatten();
    let unread = features.filter_map(|(name, _)| name.as_str()).filter(|name| !is_named(tree, name));
    let unread = unread.map(|name| format!("feature {name} is read by no model"));
    entries.filter_map(of_entry).chain(unread).collect()
}

/// Whether a feature is named anywhere but where it is declared: by a model, a profile, a sweep.
fn is_named(tree: &Value, feature: &str) -> bool {
    match tree {
        Value::String(text) => text == feature,
        Value::Sequence(items) => items.iter().any(|item| is_named(item, feature)),
        Value::Mapping(map) => {
            map.iter().any(|(key, value)| key.as_str() != Some("features") && is_named(value, feature))
        }
        _ => false,
    }
}

/// Whether an entry writes this key, or this hyper-parameter of its model.
fn has(entry: &Value, model: &str, key: &str) -> bool {
    entry.get(key).is_some() || entry.get(model).is_some_and(|parameters| parameters.get(key).is_some())
}

/// `{models.ridge.alpha: [0.5, 1]}`, if the experiment sweeps this path, for all variants of the model or for one.
fn swept(tree: &Value, path: &str) -> Option<String> {
    let sweep = tree.get("sweep")?.as_mapping()?;
    let (path, values) = sweep.iter().find_map(|(swept, values)| {
        let swept = swept.as_str()?;
        setting::overlap(swept, path).then_some((swept, values.as_sequence()?))
    })?;
    let values = values.iter().map(|value| serde_yaml::to_string(value).map(|text| text.trim().to_owned()));
    Some(format!("{{{path}: [{}]}}", values.collect::<Result<Vec<_>, _>>().ok()?.join(", ")))
}

/// Expands one sweep after the other, so that the one at fault is known, with its line where the file has it; says what
/// is to be known of them.
fn expand(tree: &mut Value, text: &str, file: &str) -> Result<Vec<String>, String> {
    let Some(sweep) = tree.get("sweep") else { return Ok(Vec::new()) };
    let Sweep(axes) =
        serde_yaml::from_value(sweep.clone()).map_err(|error| format!("{file}: {}", readable(&error.to_string())))?;
    let mut notes = Vec::new();
    for (path, values) in axes {
        let swept = setting::sweep(tree, &path, &values).and_then(|notes| checked(tree).map(|_| notes));
        notes.extend(swept.map_err(|problem| {
            let from = 1 + text.lines().position(|line| line.starts_with("sweep:")).unwrap_or_default();
            let place = match places_of(text, from, usize::MAX, &path).first() {
                Some((line, column)) => format!("{file}:{line}:{column}"),
                None => file.to_owned(),
            };
            format!("{place}: sweep of '{path}': {problem}")
        })?);
    }
    Ok(notes)
}

fn located(error: &serde_yaml::Error, text: &str, file: &str) -> String {
    let mut problem = error.to_string();
    let mut place = error.location().map(|location| (location.line(), location.column()));
    if let Some(cut) = problem.rfind(" at line ").filter(|_| place.is_some()) {
        problem.truncate(cut);
    }
    let sentence = readable(&problem);
    // a check of a whole block is located at its start, or nowhere: the word that the sentence names says more
    let (from, to) = entry_lines(text, &sentence).unwrap_or((place.map_or(1, |(line, _)| line), usize::MAX));
    let places = word_of(&sentence).map_or_else(Vec::new, |word| places_of(text, from, to, word));
    let found = match places[..] {
        [first, ref later @ ..] if sentence.starts_with("duplicate") => {
            later.iter().copied().find(|place| place.0 == first.0 || place.1 == first.1)
        }
        [only] => Some(only),
        _ => None,
    };
    place = found.or(place.filter(|(line, _)| (from..to).contains(line))).or((from > 1).then_some((from, 1)));
    match place {
        Some((line, column)) => format!("{file}:{line}:{column}: {sentence}"),
        None => format!("{file}: {sentence}"),
    }
}

/// What a sentence is about: its first quoted word, or the hyper-parameter it names.
fn word_of(sentence: &str) -> Option<&str> {
    let named = sentence.split("hyper-parameter ").nth(1).and_then(|rest| rest.split(' ').next());
    named.or_else(|| sentence.split('\'').nth(1)).filter(|word| !word.is_empty())
}

/// First line, from 1, of the entry of models that a sentence is about, and the line after its last.
fn entry_lines(text: &str, sentence: &str) -> Option<(usize, usize)> {
    let index: usize = sentence.split("models[").nth(1)?.split(']').next()?.parse().ok()?;
    let mut items: Vec<(usize, usize)> = Vec::new();
    let mut end = usize::MAX;
    for (number, line) in text.lines().enumerate().skip_while(|(_, line)| !line.starts_with("models:")).skip(1) {
        let indent = line.len() - line.trim_start().len();
        if indent == 0 && !line.trim().is_empty() && !line.starts_with(['-', '#']) {
            end = number + 1;
            break;
        }
        if line.trim_start().starts_with("- ") && items.first().is_none_or(|(_, first)| *first == indent) {
            items.push((number + 1, indent));
        }
    }
    Some((items.get(index)?.0, items.get(index + 1).map_or(end, |(line, _)| *line)))
}

/// Line and column, from 1, of every `word` as a whole, comments apart, from line `from` to before line `to`.
fn places_of(text: &str, from: usize, to: usize, word: &str) -> Vec<(usize, usize)> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let in_line = |(number, line): (usize, &str)| -> Vec<(usize, usize)> {
        let line = line.split(" #").next().unwrap_or(line);
        line.match_indices(word)
            .filter(|(start, _)| !line[..*start].ends_with(is_part) && !line[start + word.len()..].starts_with(is_part))
            .map(|(start, _)| (number, line[..start].chars().count() + 1))
            .collect()
    };
    (1..).zip(text.lines()).filter(|(number, _)| (from..to).contains(number)).flat_map(in_line).collect()
}

/// serde's message, in the words of a person.
pub(super) fn readable(message: &str) -> String {
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
    const ALIAS: &str = "here stands a * as if for something named before; put a text that begins with one in quotes";
    // what a text without quotes is taken for
    let of_texts = [
        (
            "mapping values are not allowed in this context",
            "here a colon with a space behind it begins a new key; put a text that holds one in quotes, or write `>` behind \
             its key and the text on the lines below, indented",
        ),
        ("unknown anchor", ALIAS),
        ("while scanning an alias", ALIAS),
        (
            "block sequence entries are not allowed in this context",
            "here begins a list on the line of its key; put a text that begins with - in quotes",
        ),
        ("did not find expected comment or line break", "the text behind > or | begins on the next line, indented"),
        (
            "did not find expected key",
            "here something follows a value that is over; put a text that holds quotes in quotes of the other kind, or \
             below `>`",
        ),
        (
            "could not find expected ':'",
            "the line before is neither a key with its value nor the rest of a text; indent the lines of a text",
        ),
    ];
    if let Some((_, ours)) = of_texts.iter().find(|(theirs, _)| message.contains(theirs)) {
        return (*ours).to_owned();
    }
    if let Some((place, rest)) = split("missing field ") {
        let place = if place.is_empty() { String::new() } else { format!(" in {place}") };
        return format!("key {} is missing{place}", rest.trim_matches('`'));
    }
    let words = [
        ("f64", "a number"),
        ("f32", "a number"),
        ("u64", "a whole number from 0 on"),
        ("usize", "a whole number from 0 on"),
        ("a boolean", "true or false"),
        ("a sequence", "a list"),
        ("a string", "a text; put one that begins with [ or { or holds a colon in quotes"),
    ];
    let message = message.replace('`', "'").replace(
        "found character that cannot start any token",
        "here stands what cannot begin a value; if it is a tab, indent with spaces; a text that begins with %, @ or ` stands in \
         quotes",
    );
    match words.iter().find_map(|(theirs, ours)| Some((message.strip_suffix(&format!("expected {theirs}"))?, ours))) {
        Some((before, ours)) => format!("{before}expected {ours}"),
        None => message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cells::label::Unreached;

    const FILE: &str = "\
name: trial
scenario: MATR-1
description: Two models.
train_test_split: splits/trial.csv
protocol: faithful
label: {end_of_life: 0.8}
seeds: [0, 1]
features:
  row: {voltage_capacity: {base: 9, first: 99, last: 99}}
models:
  - mean: {}
  - ridge: {alpha: 1.0}
    feature: row
    feature_transformation: z_score
profiles:
  quick:
    seeds: [7]
    models.ridge.alpha: 3.0
  broken:
    models.ridge.alfa: 3.0
";

    fn refused(text: &str) -> String {
        parse(text, "e.yaml", AS_WRITTEN, &[]).unwrap_err()
    }

    const SWEPT: &str =
        "sweep:\n  models.ridge.alpha: [0.5, 1, 1.0e-3]\n  models.ridge.feature_transformation: [none, z_score]\n";

    #[test]
    fn sweeps_multiply_entries_into_named_variants() {
        let experiment = parse(&format!("{FILE}{SWEPT}"), "e.yaml", AS_WRITTEN, &[]).unwrap().experiment;
        let variants: Vec<&str> = experiment.models.iter().map(|entry| entry.variant.as_str()).collect();
        let expected = ["0.5", "1", "0.001"].iter().flat_map(|alpha| {
            ["none", "z_score"].map(|transformation| format!("alpha={alpha}+feature_transformation={transformation}"))
        });
        assert_eq!(variants, std::iter::once(String::new()).chain(expected).collect::<Vec<_>>());
        // a profile may sweep other values, or none
        let quick = format!("{FILE}    sweep: {{models.ridge.alpha: [7]}}\n{SWEPT}")
            .replace("  broken:\n    models.ridge.alfa: 3.0\n", "");
        let quick = parse(&quick, "e.yaml", "quick", &[]).unwrap().experiment;
        assert_eq!(quick.models[1].variant, "alpha=7");
        assert_eq!(quick.models[1].model.parameters()["alpha"].as_f64(), Some(7.0));
    }

    #[test]
    fn a_setting_that_a_sweep_would_undo_is_refused() {
        let settings = [Setting::parse("models.ridge.alpha=5").unwrap()];
        let message = parse(&format!("{FILE}{SWEPT}"), "e.yaml", AS_WRITTEN, &settings).err().unwrap();
        assert!(message.contains("--set 'sweep={models.ridge.alpha: [0.5, 1, 0.001]}'"), "{message}");
        let settings = [Setting::parse("sweep={models.ridge.alpha: [5]}").unwrap()];
        let experiment = parse(&format!("{FILE}{SWEPT}"), "e.yaml", AS_WRITTEN, &settings).unwrap().experiment;
        assert_eq!(experiment.models[1].variant, "alpha=5");
    }

    #[test]
    fn labels_that_a_sweep_makes_are_honest_too() {
        let swept = format!("{FILE}sweep:\n  models.ridge.label.end_of_life: [0.8, 0.9]\n");
        let settings = [Setting::parse("protocol=honest").unwrap()];
        let experiment = parse(&swept, "e.yaml", AS_WRITTEN, &settings).unwrap().experiment;
        let rules = experiment.models[1..].iter().map(|entry| experiment.rule(entry));
        assert_eq!(rules.filter(|rule| rule.unreached == Unreached::Drop).count(), 2);
    }

    #[test]
    fn a_word_that_changes_nothing_is_refused() {
        let honest = Setting::parse("protocol=honest").unwrap();
        let written = FILE.replace("end_of_life: 0.8", "end_of_life: 0.8, unreached: pad, crossing: first");
        let written = written.replace("last: 99}", "last: 99, median: selection}");
        let sentence = "e.yaml: protocol honest would change nothing, since the file says otherwise (label.unreached: pad, \
                        label.crossing: first, features.row.voltage_capacity.median: selection): leave it out";
        let message = parse(&written, "e.yaml", AS_WRITTEN, std::slice::from_ref(&honest)).unwrap_err();
        assert!(message.starts_with(sentence), "{message}");
        let message = refused(&written.replace("protocol: faithful", "protocol: honest"));
        assert!(message.starts_with(sentence), "{message}");
        let read = |text: &str| parse(text, "e.yaml", AS_WRITTEN, std::slice::from_ref(&honest)).map(drop);
        // one thing is enough, in the file's own list too, and so is a file that says it all itself
        assert_eq!(read(&written.replace(", crossing: first", "")), Ok(()));
        assert_eq!(read(&format!("{written}honest:\n  label.unreached: drop\n")), Ok(()));
        let said = written.replace("pad", "drop").replace("crossing: first", "crossing: persistent");
        assert_eq!(read(&said.replace("selection", "nan_ignoring")), Ok(()));
    }

    #[test]
    fn a_wrong_sweep_is_named_with_its_line() {
        for (right, wrong, sentence) in [
            (
                "ridge.alpha:",
                "ridge.alfa:",
                "e.yaml:22:3: sweep of 'models.ridge.alfa': unknown key 'alfa', did you mean 'alpha'?",
            ),
            (
                "ridge.alpha:",
                "rigde.alpha:",
                "e.yaml:22:3: sweep of 'models.rigde.alpha': unknown model 'rigde' in this experiment, did you mean 'ridge'?",
            ),
            (
                "models.ridge.alpha:",
                "label.end_of_life:",
                "e.yaml:22:3: sweep of 'label.end_of_life': it is no path below a model",
            ),
            ("0.5", "-0.5", "e.yaml:22:3: sweep of 'models.ridge.alpha': models[1]: ridge: hyper-parameter alpha"),
            (
                "[0.5, 1, 1.0e-3]",
                "[1, 1]",
                "e.yaml:22:3: sweep of 'models.ridge.alpha': model ridge is given twice with variant 'alpha=1'",
            ),
            ("[0.5, 1, 1.0e-3]", "[]", "e.yaml:22:3: sweep of 'models.ridge.alpha': it has no values"),
            (
                "[0.5, 1, 1.0e-3]",
                "0.5",
                "e.yaml:22:23: sweep.models.ridge.alpha: invalid type: floating point '0.5', expected a list",
            ),
            (
                "[none, z_score]",
                "[none, zscore]",
                "e.yaml:23:3: sweep of 'models.ridge.feature_transformation': unknown value 'zscore'",
            ),
            (
                "models.ridge.feature_transformation",
                "models.ridge.alpha",
                "e.yaml:23:3: duplicate key 'models.ridge.alpha'",
            ),
        ] {
            assert!(SWEPT.contains(right), "{right}");
            let message = refused(&format!("{FILE}{}", SWEPT.replacen(right, wrong, 1)));
            assert!(message.starts_with(sentence), "{message}\nis not\n{sentence}");
        }
    }

    fn set(texts: &[&str]) -> Result<Experiment, String> {
        let settings: Vec<Setting> = texts.iter().map(|text| Setting::parse(text).unwrap()).collect();
        parse(FILE, "e.yaml", AS_WRITTEN, &settings).map(|declared| declared.experiment)
    }

    #[test]
    fn a_base_outside_the_map_is_refused_before_anything_runs() {
        let text = FILE.replace("features:\n", "features:\n  map: {capacity_map: {cycles: 5}}\n");
        let text = text.replace("- mean: {}", "- batlinet: {base: 7}\n    feature: map");
        assert_eq!(
            refused(&text),
            "e.yaml:12:16: models[0]: hyper-parameter base = 7: its feature has 5 cycles, positions 0 to 4"
        );
    }

    #[test]
    fn every_mistake_is_one_sentence_with_its_place() {
        let mut differing = String::new();
        for (right, wrong, sentence) in [
            ("alpha: 1.0", "alfa: 1.0", "e.yaml:12:13: unknown key 'alfa' in models[1].ridge, did you mean 'alpha'?"),
            ("protocol:", "protocoll:", "e.yaml:5:1: unknown key 'protocoll', did you mean 'protocol'?"),
            ("- ridge:", "- rigde:", "e.yaml:12:5: unknown model or key 'rigde' in models[1], did you mean 'ridge'?"),
            ("feature: row", "feature: rwo", "e.yaml:13:14: unknown feature 'rwo' in models[1], did you mean 'row'?"),
            (
                "scenario: MATR-1\n",
                "scenario: MATR-1\nstudy: brances\n",
                "e.yaml:3:8: unknown value 'brances' in study, did you mean 'branches'?",
            ),
            ("faithful", "faithfull", "e.yaml:5:11: unknown value 'faithfull' in protocol, did you mean 'faithful'?"),
            (
                "seeds: [0, 1]\n",
                "seeds: [0, 1]\nseeds: [2]\n",
                "e.yaml:8:1: duplicate key 'seeds': keep one of the two",
            ),
            (
                "last: 99}}\n",
                "last: 99}}\n  row: {voltage_capacity: {}}\n",
                "duplicate key 'row' in features: keep one",
            ),
            ("alpha: 1.0", "alpha: 1.0, alpha: 2.0", "duplicate key 'alpha' in models[1].ridge"),
            ("    seeds: [7]\n", "    seeds: [7]\n    seeds: [8]\n", "duplicate key 'seeds' in profiles.quick"),
            (
                "alpha: 1.0",
                "alpha: much",
                "e.yaml:12:20: models[1].ridge.alpha: invalid type: string \"much\", expected a number",
            ),
            ("alpha: 1.0", "alpha: -1.0", "e.yaml:12:13: models[1]: ridge: hyper-parameter alpha"),
            ("  - mean: {}", "\t- mean: {}", "e.yaml:11:1: here stands what cannot begin a value; if it is a tab"),
            ("seeds: [0, 1]", "seeds: [0, 0]", "seed 0 is given twice"),
            ("seeds: [0, 1]", "seeds: []", "seeds is empty"),
            (
                "seeds: [0, 1]",
                "seeds: [-1]",
                "e.yaml:7:9: seeds[0]: invalid type: integer '-1', expected a whole number from 0 on",
            ),
            ("    feature: row\n", "", "e.yaml:12:1: models[1]: ridge needs 'feature:'"),
            ("    feature: row\n", "    feature: row\n    variant: a/b\n", "variant 'a/b' may hold"),
            ("- mean: {}", "- mean: {}\n  - mean: {}", "model mean is given twice with variant ''"),
            ("- mean: {}", "- mean: {}\n    ridge: {}", "names one model; this one has mean and ridge"),
            ("- mean: {}", "- feature: row", "this one has none"),
            ("name: trial", "name: a/b", "must be letters, digits"),
            ("description: Two models.\n", "", "key description is missing"),
            ("end_of_life: 0.8", "end_of_life: 8", "end of life is a fraction of nominal capacity"),
            ("first: 99", "frist: 99", "unknown key 'frist' in features.row.voltage_capacity, did you mean 'first'?"),
            ("scenario: MATR-1", "scenario: [", "e.yaml:"),
            ("Two models.", "see: this", "e.yaml:3:17: here a colon with a space behind it begins a new key; put"),
            ("Two models.", "*two models", "e.yaml:3:14: here stands a * as if"),
            ("Two models.", "*two* models", "here stands a * as if"),
            ("Two models.", "- two", "e.yaml:3:14: here begins a list on the line of its key"),
            ("Two models.", "> two", "the text behind > or | begins on the next line"),
            ("Two models.", "'it's two'", "e.yaml:3:18: here something follows a value that is over"),
            ("Two models.", "two\nmodels", "e.yaml:5:1: the line before is neither a key"),
            ("Two models.", "[two]", "e.yaml:3:14: description: invalid type: sequence, expected a text; put one that"),
            ("name: trial", "name: 7", "e.yaml:1:7: key name needs a text, and 7 is a number: write \"7\" in quotes"),
        ] {
            assert!(FILE.contains(right), "{right}");
            let message = refused(&FILE.replacen(right, wrong, 1));
            if !message.contains(sentence) || !message.starts_with("e.yaml") || message.lines().count() != 1 {
                differing.push_str(&format!("{message}\n  is not\n{sentence}\n"));
            }
        }
        assert!(differing.is_empty(), "{differing}");
    }

    #[test]
    fn a_profile_and_settings_change_the_experiment_in_this_order() {
        let ridge = |experiment: &Experiment| experiment.models[1].model.parameters()["alpha"].as_f64();
        let quick = parse(FILE, "e.yaml", "quick", &[]).unwrap();
        assert_eq!((quick.experiment.seeds.as_slice(), ridge(&quick.experiment)), (&[7][..], Some(3.0)));
        let setting = Setting::parse("models.ridge.alpha=4").unwrap();
        let both = parse(FILE, "e.yaml", "quick", &[setting]).unwrap();
        assert_eq!(ridge(&both.experiment), Some(4.0));
        assert_ne!(quick.config_hash, both.config_hash);
        assert_eq!(ridge(&parse(FILE, "e.yaml", AS_WRITTEN, &[]).unwrap().experiment), Some(1.0));
    }

    #[test]
    fn a_wrong_setting_is_named_by_its_path() {
        for (settings, sentence) in [
            (&["models.ridge.alfa=2"][..], "--set models.ridge.alfa: unknown key 'alfa'"),
            (&["label.eol=0.9"], "--set label.eol: unknown key 'eol'"),
            (&["labels.end_of_life=0.9"], "--set labels.end_of_life: unknown key 'labels', did you mean 'label'?"),
            (&["models.ridge.alpha=x"], "--set models.ridge.alpha: "),
            (&["models.ridge.alpha=2", "seeds=3"], "--set seeds: "),
            (&["models.ridge.alpha=-2", "seeds=[3]"], "--set models.ridge.alpha: "),
        ] {
            let message = set(settings).unwrap_err();
            assert!(message.contains(sentence), "{message}\nlacks\n{sentence}");
        }
        let message = parse(FILE, "e.yaml", "broken", &[]).unwrap_err();
        assert!(message.contains("e.yaml:20:5: profile broken, models.ridge.alfa: unknown key 'alfa'"), "{message}");
        let message = parse(FILE, "e.yaml", "quik", &[]).unwrap_err();
        assert!(message.contains("unknown profile 'quik' in this experiment, did you mean 'quick'?"), "{message}");
    }

    #[test]
    fn the_experiments_of_the_repository_are_sound_in_both_profiles() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../experiments");
        let entries = fs::read_dir(&folder).unwrap().chain(fs::read_dir(folder.join("ablations")).unwrap());
        let mut count = 0;
        for path in entries.map(|entry| entry.unwrap().path()) {
            if path.extension().is_none_or(|extension| extension != "yaml") {
                continue;
            }
            for profile in [AS_WRITTEN, "quick"] {
                let experiment = read(&path, profile, &[]).unwrap().experiment;
                assert_eq!(Some(experiment.name.as_str()), path.file_stem().and_then(|stem| stem.to_str()));
                assert!(experiment.train_test_split.is_file() && !experiment.analysis.is_empty());
            }
            count += 1;
        }
        assert!(count >= 34);
    }
}
