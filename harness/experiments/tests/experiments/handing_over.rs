//! Hand-overs and rules for references: that each is what it says it is, by its members' records.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use super::bench::{Bench, Folder, all, record, scores};
use cells::split::Split;
use experiments::plan::Selection;
use features::samples::{self, FeatureTransformation};
use record::{PairPredictions, Score, Selection as Scores, Side, Sides, Status};

const EXPERIMENT: &str = "\
name: trial
scenario: TRIAL
description: Small models on made-up cells, and what is made of them.
train_test_split: split.csv
protocol: faithful
label: {end_of_life: 0.8}
seeds: [0, 1]
folds:
  count: 4
  seeds: [0, 1]
  without: [mlp]
features:
  row: {voltage_capacity: {base: 1, first: 9, last: 9, grid_points: 30}}
  map: {capacity_map: {cycles: 20, channels: [discharge_voltage, discharge_current], grid_points: 40}}
models:
  - ridge: {alpha: 1.0}
    feature: row
    feature_transformation: z_score
  - mlp: {epochs: 4}
    feature: row
  - batlinet: {epochs: 2, base: 1, filter_cycles: false, references_test: 5, pair_matrix: true}
    feature: map
  - hand_over: {inside: ridge, outside: mlp, quantile: 0.3, neighbours: 2, seeds: each}
    feature: row
    variant: sharp
  - hand_over: {inside: ridge, outside: mlp, quantile: 0.6, steepness: 3.0}
    feature: row
    variant: smooth
  - hand_over: {inside: ridge, outside: batlinet, quantile: 0.6}
    feature: row
    variant: scored
  - hand_over: {inside: ridge, outside: mlp, quantile: 0.6, together: batch}
    feature: row
    variant: together
  - references: {of: batlinet, seeds: each}
    variant: all
  - references: {of: batlinet, join: mean, seeds: each}
    variant: mean
  - references: {of: batlinet, join: trimmed, trimmed: 0.25, seeds: each}
    variant: trimmed
  - references: {of: batlinet, join: precision, seeds: each}
    variant: precision
  - references: {of: batlinet, which: reliable, count: 3, seeds: each}
    variant: reliable
  - references: {of: batlinet, which: nearest, count: 2, seeds: each}
    feature: row
    variant: nearest
  - references: {of: batlinet, which: life_range, ranges: 2, seeds: each}
    variant: ranges
  - references: {of: batlinet, which: alike, by: random, seeds: each}
    variant: strangers
";

fn of<'a>(scores: &'a [Score], label: &str) -> Vec<&'a Score> {
    let is_it = |score: &&Score| score.experiment == "trial" && format!("{}[{}]", score.model, score.variant) == label;
    scores.iter().filter(is_it).collect()
}

fn run_of(out: &Path, score: &Score) -> PathBuf {
    out.join("runs").join(&score.key)
}

/// ln of what the runs of an entry predict, by seed and cell.
fn said(out: &Path, scores: &[Score], label: &str) -> Vec<BTreeMap<String, f64>> {
    let logarithms =
        |score: &&Score| record(out, score).predictions.into_iter().map(|row| (row.cell, row.predicted.ln())).collect();
    of(scores, label).iter().map(logarithms).collect()
}

fn made() -> (Folder, PathBuf, Vec<Score>) {
    let folder = Folder::new(EXPERIMENT);
    let out = folder.path("out");
    folder.run(&out, &[], &all(), 2).unwrap();
    let scores = scores(&out);
    assert!(scores.iter().all(|score| score.status == Status::Ok), "{scores:?}");
    (folder, out, scores)
}

#[test]
fn a_cell_is_answered_for_by_the_side_on_which_it_lies() {
    let (folder, out, scores) = made();
    let sides = |label: &str| Sides::read(&run_of(&out, of(&scores, label)[0])).unwrap().unwrap().0;

    // distances by another standardisation, in single precision, of features that are built anew
    let declared = experiments::read::read(&folder.path("trial.yaml"), "paper", &[]).unwrap().experiment;
    let split = Split::read(&folder.path("split.csv")).unwrap();
    let row = std::slice::from_ref(declared.feature("row").unwrap());
    let mut samples = samples::build(&Bench, &split, &declared.label, row, 1).unwrap().remove(0);
    let standard = FeatureTransformation::ZScore.fit(&samples.train.features).unwrap();
    standard.apply(&mut samples.train.features);
    standard.apply(&mut samples.test.features);
    let rows = |part: &samples::Part| -> Vec<Vec<f64>> {
        part.features.outer_iter().map(|row| row.iter().map(|&value| f64::from(value)).collect()).collect()
    };
    let (train, test) = (rows(&samples.train), rows(&samples.test));
    let spread = |column: usize| train.iter().any(|row| row[column].abs() > 1e-6);
    let columns: Vec<usize> = (0..train[0].len()).filter(|&column| spread(column)).collect();
    let nearest = |own: &[f64], others: &[&Vec<f64>]| {
        let squares = |other: &&Vec<f64>| {
            columns.iter().map(|&column| (own[column] - other[column]).powi(2)).sum::<f64>() / columns.len() as f64
        };
        let mut distances: Vec<f64> = others.iter().map(|other| squares(other).sqrt()).collect();
        distances.sort_by(f64::total_cmp);
        f64::midpoint(distances[0], distances[1])
    };
    let mut left_out: Vec<f64> = (0..train.len())
        .map(|place| {
            let others: Vec<&Vec<f64>> =
                train.iter().enumerate().filter(|(other, _)| *other != place).map(|(_, row)| row).collect();
            nearest(&train[place], &others)
        })
        .collect();
    left_out.sort_by(f64::total_cmp);
    let found = sides("hand_over[sharp]");
    assert_eq!(found.iter().map(|side| side.cell.clone()).collect::<Vec<_>>(), samples.test.ids);
    let all_of_them: Vec<&Vec<f64>> = train.iter().collect();
    for (side, own) in found.iter().zip(&test) {
        let expected = nearest(own, &all_of_them);
        assert!((side.measure / expected - 1.0).abs() < 1e-3, "{side:?} {expected}");
        // ⌈0.3 × 9⌉
        assert!((side.limit / left_out[2] - 1.0).abs() < 1e-3, "{side:?} {left_out:?}");
    }
    assert!(found.iter().any(|side| side.outside == 0.0) && found.iter().any(|side| side.outside == 1.0), "{found:?}");

    // what is predicted is what the two say, with these weights: seed by seed, and of the mean of seeds
    let (ridge, mlp) = (&said(&out, &scores, "ridge[]")[0], said(&out, &scores, "mlp[]"));
    let mean: BTreeMap<String, f64> =
        ridge.keys().map(|cell| (cell.clone(), f64::midpoint(mlp[0][cell], mlp[1][cell]))).collect();
    let mixed = |sides: &[Side], outside: &BTreeMap<String, f64>, found: &BTreeMap<String, f64>| {
        for side in sides {
            let expected = (1.0 - side.outside) * ridge[&side.cell] + side.outside * outside[&side.cell];
            assert!((found[&side.cell] - expected).abs() < 1e-9, "{side:?}");
        }
    };
    for (seed, found) in said(&out, &scores, "hand_over[sharp]").iter().enumerate() {
        mixed(&sides("hand_over[sharp]"), &mlp[seed], found);
    }
    mixed(&sides("hand_over[smooth]"), &mean, &said(&out, &scores, "hand_over[smooth]")[0]);

    // cells that go together have one measure, and are all answered by one of them: the bench is one batch
    let together = sides("hand_over[together]");
    assert!(together.iter().all(|side| side.measure == together[0].measure && side.outside == together[0].outside));
    assert!((0.0..=1.0).contains(&together[0].measure) && [0.0, 1.0].contains(&together[0].outside));
    mixed(&together, &mean, &said(&out, &scores, "hand_over[together]")[0]);

    // errors on folds, where both are trained on them
    let selection = |label: &str| Scores::read(&run_of(&out, of(&scores, label)[0])).unwrap();
    assert_eq!(selection("hand_over[sharp]"), None);
    let names: Vec<String> = selection("hand_over[scored]").unwrap().0.into_iter().map(|one| one.name).collect();
    assert_eq!(names, ["hand_over[scored]", "ridge", "batlinet"]);
}

#[test]
fn a_rule_for_references_reads_its_answer_from_the_pairs() {
    let (_folder, out, scores) = made();
    let pairs = |score: &Score| PairPredictions::read(&run_of(&out, score)).unwrap().unwrap();
    let by_seed: Vec<PairPredictions> = of(&scores, "batlinet[]").into_iter().map(pairs).collect();
    assert_eq!((by_seed.len(), by_seed[0].references.len()), (2, 8));

    // BatLiNet's own answer is the lower median of those that it drew
    for (score, pairs) in of(&scores, "batlinet[]").into_iter().zip(&by_seed) {
        let drawn = fs::read_to_string(run_of(&out, score).join("references.csv")).unwrap();
        for (line, prediction) in drawn.lines().skip(1).zip(record(&out, score).predictions) {
            let (cell, names) = line.split_once(',').unwrap();
            let row = pairs.cells.iter().position(|other| other == cell).unwrap();
            let mut answers: Vec<f64> = (names.split(' '))
                .map(|name| pairs.predicted[[row, pairs.references.iter().position(|other| other == name).unwrap()]])
                .collect();
            answers.sort_by(f64::total_cmp);
            assert!((prediction.predicted / answers[2] - 1.0).abs() < 1e-9, "{cell}");
        }
    }

    // mean square errors of the references on folds, over both seeds
    let mut squares: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for score in scores.iter().filter(|score| score.experiment.contains("fold") && score.model == "batlinet") {
        let pairs = pairs(score);
        for (row, observed) in pairs.predicted.rows().into_iter().zip(&pairs.observed) {
            for (name, predicted) in pairs.references.iter().zip(row) {
                squares.entry(name.clone()).or_default().push((predicted.ln() - observed.ln()).powi(2));
            }
        }
    }
    // of four folds, a reference is trained with in three, and there two cells are left out
    assert!(squares.len() == 8 && squares.values().all(|squares| squares.len() == 2 * 3 * 2), "{squares:?}");
    let square: BTreeMap<String, f64> =
        squares.into_iter().map(|(name, of)| (name, of.iter().sum::<f64>() / of.len() as f64)).collect();
    let mut reliable: Vec<&String> = square.keys().collect();
    reliable.sort_by(|one, other| square[*one].total_cmp(&square[*other]));

    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    for (seed, pairs) in by_seed.iter().enumerate() {
        for (row, cell) in pairs.cells.iter().enumerate() {
            let answers: Vec<f64> = pairs.predicted.row(row).iter().map(|life| life.ln()).collect();
            let mut sorted = answers.clone();
            sorted.sort_by(f64::total_cmp);
            let near = |rule: &str, expected: f64| {
                let found = said(&out, &scores, &format!("references[{rule}]"))[seed][cell];
                assert!((found - expected).abs() < 1e-9, "{rule} of {cell}: {found} {expected}");
            };
            near("all", sorted[3]);
            near("mean", mean(&answers));
            near("trimmed", mean(&sorted[2..6]));
            near("strangers", sorted[3]);
            let weights: Vec<f64> = pairs.references.iter().map(|name| 1.0 / square[name]).collect();
            let weighted: f64 = weights.iter().zip(&answers).map(|(weight, answer)| weight * answer).sum();
            near("precision", weighted / weights.iter().sum::<f64>());
            let answer_of = |name: &String| answers[pairs.references.iter().position(|other| other == name).unwrap()];
            let mut three: Vec<f64> = reliable[..3].iter().map(|name| answer_of(name)).collect();
            three.sort_by(f64::total_cmp);
            near("reliable", three[1]);
            // lives and curves of the bench follow from the number of a cell, as that of its references
            let number = |name: &String| name[5..].parse::<i64>().unwrap();
            let mut nearest: Vec<&String> = pairs.references.iter().collect();
            nearest.sort_by_key(|name| (number(name) - number(cell)).abs());
            let found = said(&out, &scores, "references[nearest]")[seed][cell];
            let candidates: Vec<f64> = nearest[..3].iter().map(|name| answer_of(name)).collect();
            assert!(candidates.iter().any(|answer| (answer - found).abs() < 1e-9), "{found} {nearest:?}");
            let (shorter, longer) = pairs.references.split_at(4);
            let is_long = sorted[3] > (f64::from(150 + 37 * 4) + 0.5).ln();
            let range = if is_long { longer } else { shorter };
            let mut of_range: Vec<f64> = range.iter().map(answer_of).collect();
            of_range.sort_by(f64::total_cmp);
            near("ranges", of_range[1]);
        }
    }
}

#[test]
fn what_cannot_be_is_refused_with_its_name() {
    let refused = |from: &str, to: &str, part: &str| {
        assert!(EXPERIMENT.contains(from), "{from}");
        let folder = Folder::new(&EXPERIMENT.replace(from, to));
        let message = folder.plan(&folder.path("out"), &[], &all()).err().unwrap().to_string();
        assert!(message.contains(part), "{message}");
    };
    refused("without: [mlp]", "without: [mpl]", "without names mpl");
    refused("without: [mlp]", "without: [batlinet]", "references[precision] is made by folds");
    refused("pair_matrix: true", "pair_matrix: false", "pair_matrix: true");
    refused(
        "of: batlinet, seeds: each}\n    variant: all",
        "of: mlp, seeds: each}\n    variant: all",
        "so mlp must be",
    );
    refused("quantile: 0.6, steepness: 3.0", "quantile: 1.6", "quantile");
    refused("outside: mlp, quantile: 0.3, neighbours: 2", "outside: ridge", "names ridge twice");
    refused("    feature: row\n    variant: sharp", "    variant: sharp", "needs 'feature:'");
    let stacked =
        "  - stack: {of: [ridge, mlp]}\n  - hand_over: {inside: ridge, outside: mlp, quantile: 0.3, neighbours: 2";
    refused("  - hand_over: {inside: ridge, outside: mlp, quantile: 0.3, neighbours: 2", stacked, "mlp is not trained");
}

#[test]
fn a_selection_may_ask_for_the_worst_group_and_no_earlier_key_moves() {
    let plain = "  - select: {among: [ridge, batlinet]}\n";
    let folder = Folder::new(&format!("{EXPERIMENT}{plain}"));
    let asked = format!(
        "{EXPERIMENT}{plain}  - select: {{among: [ridge, batlinet], by: worst_group, groups: random}}\n    variant: worst\n"
    );
    let grouped = Folder::new(&asked);
    let keys = |folder: &Folder| -> Vec<String> {
        let plans = folder.plan(&folder.path("out"), &[], &Selection::default()).unwrap();
        plans.iter().flat_map(|plan| plan.runs.iter().map(|run| run.key.clone())).collect()
    };
    let (before, after) = (keys(&folder), keys(&grouped));
    assert_eq!(before, after[..before.len()]);
    let out = grouped.path("out");
    grouped.run(&out, &[], &all(), 2).unwrap();
    let scores = scores(&out);
    let Scores(candidates) = Scores::read(&run_of(&out, of(&scores, "select[worst]")[0])).unwrap().unwrap();
    // of groups of one cell, the worst of ridge is its largest error on folds
    let errors = scores.iter().filter(|score| score.experiment.contains("fold") && score.model == "ridge");
    let worst = errors
        .flat_map(|score| record(&out, score).predictions)
        .map(|row| (row.predicted.ln() - row.observed.ln()).abs())
        .fold(0.0, f64::max);
    assert!((candidates[1].worst.unwrap() - worst).abs() < 1e-12, "{candidates:?} {worst}");
    let chosen = candidates[1..].iter().find(|one| one.weight == Some(1.0)).unwrap();
    let least = candidates[1..].iter().filter_map(|one| one.worst).fold(f64::INFINITY, f64::min);
    assert_eq!(chosen.worst, Some(least));
    let Scores(overall) = Scores::read(&run_of(&out, of(&scores, "select[]")[0])).unwrap().unwrap();
    assert!(overall.iter().all(|one| one.worst.is_none()));
}
