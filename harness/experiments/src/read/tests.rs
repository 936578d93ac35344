//! What is taken, what is refused, and with which sentence and place.

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
    let long = format!("name: {}", "n".repeat(101));
    let swallowed = format!("alpha: \"{}\"}}", "n".repeat(9000));
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
        ("seeds: [0, 1]\n", "seeds: [0, 1]\nseeds: [2]\n", "e.yaml:8:1: duplicate key 'seeds': keep one of the two"),
        ("last: 99}}\n", "last: 99}}\n  row: {voltage_capacity: {}}\n", "duplicate key 'row' in features: keep one"),
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
        ("name: trial", &long, "e.yaml:1:7: name has 101 letters, and 100 at most"),
        ("alpha: 1.0}", &swallowed, "models[1].ridge.alpha: invalid type: string \"nnn"),
        ("{alpha: 1.0}", "[1.0]", "e.yaml:12:12: models[1].ridge: invalid type: sequence, expected a mapping"),
        ("{end_of_life: 0.8}", "[0.8]", "e.yaml:6:8: label: invalid type: sequence, expected a mapping"),
        ("seeds: [0, 1]", "seeds: [0, 18446744073709551616]", "e.yaml:7:"),
        ("profiles:", "---\nprofiles:", "e.yaml: this file holds several declarations, parted by lines of ---"),
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
        if !message.contains(sentence)
            || !message.starts_with("e.yaml")
            || message.lines().count() != 1
            || message.len() > 2000
        {
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
