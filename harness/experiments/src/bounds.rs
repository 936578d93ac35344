//! How large a declaration may be. What is larger is a slip of the pen, and would take a machine's memory and other runs with it.

use serde_json::Value;

use super::{
    entry::ModelSpec,
    misfit::Misfit,
    spec::Experiment,
    yaml::{Path, Problem},
};

/// Largest values of hyper-parameters by name, in whatever model; memory grows with each of them, or time without end.
const LARGEST: [(&str, u64); 13] = [
    // a hundred times the published schedule
    ("epochs", 100_000),
    ("patience", 100_000),
    // more than there are cells, or pairs of cells of a batch of maps that memory holds
    ("batch", 65_536),
    // each is a pair of maps in memory
    ("references_train", 4_096),
    ("references_test", 65_536),
    // twenty times those of the authors
    ("trees", 100_000),
    ("min_samples_leaf", 100_000),
    // weights grow with the square
    ("channels", 1_024),
    ("hidden", 8_192),
    ("layers", 64),
    ("components", 100_000),
    ("glitch_width", 100_001),
    ("base", 100_000),
];

/// Entries of `models:` with those of sweeps, and seeds.
pub(super) const MOST_ENTRIES: usize = 10_000;
const MOST_SEEDS: usize = 10_000;
/// Runs of an experiment.
const MOST_RUNS: usize = 200_000;

/// Whether the hyper-parameters of a model are such that it can be made and trained.
///
/// # Errors
/// What is too large.
pub(super) fn check_model(model: &ModelSpec) -> Result<(), Misfit> {
    each_number(&model.parameters(), None, &mut |name, within, value| match LARGEST
        .iter()
        .find(|(known, most)| *known == name && value.as_u64() > Some(*most))
    {
        None => Ok(()),
        Some((known, most)) => {
            let what = format!("{known} = {value} is more than any machine has time and memory for, {most} at most");
            Err(misfit(model, within.unwrap_or(known), &what))
        }
    })
}

fn misfit(model: &ModelSpec, at: &'static str, what: &str) -> Misfit {
    Misfit::of_parameter(model.key(), at, format!("{}: hyper-parameter {what}", model.name()))
}

/// What is asked of each hyper-parameter: by its name, the one whose part it is, if any, and its value.
type Check<'a> = dyn FnMut(&str, Option<&'static str>, &Value) -> Result<(), Misfit> + 'a;

/// Every hyper-parameter with the one whose part it is, if any.
fn each_number(parameters: &Value, within: Option<&'static str>, check: &mut Check<'_>) -> Result<(), Misfit> {
    for (name, value) in parameters.as_object().into_iter().flatten() {
        check(name, within, value)?;
        let part = ["training", "pretraining", "pairs"].into_iter().find(|part| part == name);
        each_number(value, part, check)?;
    }
    Ok(())
}

/// Whether an experiment has no more runs than can be kept apart and gone through.
pub(super) fn check_size(experiment: &Experiment) -> Result<(), Problem> {
    let refused = |key: &str, sentence: String| Err(Problem::of_value(Path::of(key), sentence));
    if experiment.seeds.len() > MOST_SEEDS {
        return refused("seeds", format!("seeds: {} are too many, {MOST_SEEDS} at most", experiment.seeds.len()));
    }
    if experiment.models.len() > MOST_ENTRIES {
        let entries = experiment.models.len();
        return refused(
            "models",
            format!("models: with sweeps, {entries} entries are too many, {MOST_ENTRIES} at most"),
        );
    }
    let seeds = |entry| experiment.seeds_of(entry).len();
    let runs: usize = experiment.models.iter().map(seeds).sum();
    if runs > MOST_RUNS {
        return refused(
            "models",
            format!("models: with sweeps and seeds, {runs} runs are too many, {MOST_RUNS} at most"),
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::read::parse;

    fn declared(models: &str, more: &str) -> Result<(), String> {
        let feature = if models.starts_with("batlinet") { "map" } else { "matrix" };
        let text = format!(
            "name: e\nscenario: S\ndescription: d\ntrain_test_split: s.csv\nprotocol: faithful\nlabel: {{end_of_life: 0.8}}\n\
             seeds: [0]\nfeatures:\n  map: {{capacity_map: {{}}}}\n  matrix: {{voltage_capacity: {{base: 9, first: 0, last: 99}}}}\n\
             models:\n  - {models}\n    feature: {feature}\n{more}"
        );
        parse(&text, "e.yaml", "paper", &[]).map(drop)
    }

    #[test]
    fn no_size_is_without_a_bound_and_no_learning_rate_without_a_meaning() {
        declared("cnn: {epochs: 100}", "").unwrap();
        for (models, words) in [
            ("cnn: {epochs: 1000000000}", "epochs = 1000000000 is more than"),
            ("cnn: {channels: 1000000000}", "channels = 1000000000 is more than"),
            ("cnn: {batch: 18446744073709551615}", "batch = 18446744073709551615 is more than"),
            ("forest: {trees: 1000000000}", "trees = 1000000000 is more than"),
            ("lstm: {layers: 1000000000}", "layers = 1000000000 is more than"),
            ("mlp: {hidden: 1000000000}", "hidden = 1000000000 is more than"),
            ("batlinet: {references_test: 1000000000}", "references_test = 1000000000 is more than"),
            ("batlinet: {references_train: 1000000000}", "references_train = 1000000000 is more than"),
            ("cnn: {learning_rate: 0}", "learning_rate = "),
            ("mlp: {learning_rate: -1}", "learning_rate = "),
            ("lstm: {learning_rate: .nan}", "learning_rate = "),
            ("batlinet: {learning_rate: .inf}", "learning_rate = "),
        ] {
            let message = declared(models, "").unwrap_err();
            assert!(message.contains(words) && message.starts_with("e.yaml:"), "{models}: {message}");
        }
        let values: Vec<String> = (1..=101).map(|value| value.to_string()).collect();
        let sweep = |name: &str| format!("  models.cnn.{name}: [{}]\n", values.join(", "));
        let message = declared("cnn: {}", &format!("sweep:\n{}{}", sweep("epochs"), sweep("batch"))).unwrap_err();
        assert!(message.contains("more than 10000 entries"), "{message}");
    }
}
