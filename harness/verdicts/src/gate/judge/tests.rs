use std::path::Path;

use record::RunRecord;

use super::*;
use crate::{
    changes::{Declaration, Moved},
    gate::{Outcome, must_be_comparable, outcome},
    made_up::{failed, folder, folder_of, measured, run},
};

const LIVES: [f64; 3] = [520.0, 590.0, 720.0];

fn judged(before: Vec<RunRecord>, now: Vec<RunRecord>) -> Vec<Judged> {
    judged_with(before, now, &Noise::default(), &Changes::default())
}

fn judged_with(before: Vec<RunRecord>, now: Vec<RunRecord>, noise: &Noise, changes: &Changes) -> Vec<Judged> {
    let temporary = tempfile::tempdir().unwrap();
    let (before, now) = (folder(&temporary.path().join("a"), before), folder(&temporary.path().join("b"), now));
    must_be_comparable(&before, &now).unwrap();
    judge(&before, &now, noise, changes)
}

fn scaled(by: f64) -> Vec<f64> {
    LIVES.iter().map(|life| life * by).collect()
}

fn elsewhere(mut record: RunRecord) -> RunRecord {
    record.versions.engine = "native, AVX-512".to_owned();
    record
}

/// Declares that seed 0 of the one model became another run.
fn declares(was: &[RunRecord], is: &[RunRecord], reason: &str) -> Declaration {
    let temporary = tempfile::tempdir().unwrap();
    let folders = [("a", was), ("b", is)].map(|(name, runs)| folder(&temporary.path().join(name), runs.to_vec()));
    let slot = folders[0].groups.keys().next().unwrap();
    let [was, is] = [0, 1].map(|side| &folders[side].groups[slot].runs[&0]);
    let [reason, date, commit] = [reason, "2026-11-28", "c0ffee"].map(str::to_owned);
    Declaration { reason, date, commit, runs: vec![Moved::new(slot, was, is)] }
}

#[test]
fn the_same_numbers_land_and_so_does_the_last_digit_of_a_model_without_a_network() {
    let both = || vec![run("ridge", 0, &LIVES), run("cnn", 0, &LIVES)];
    let same = judged(both(), both());
    assert!(same.iter().all(|one| one.standing == Standing::Same && one.because.is_empty()));
    assert_eq!(outcome(&same), Outcome::Lands);
    let rounded = judged(both(), vec![run("ridge", 0, &scaled(1.0 + 1e-12)), run("cnn", 0, &LIVES)]);
    assert_eq!(outcome(&rounded), Outcome::Lands);
}

#[test]
fn a_number_that_moved_is_a_regression_whichever_way_and_however_little() {
    for by in [0.99, 1.01, 1.0 + 1e-8] {
        let found = judged(vec![run("ridge", 0, &LIVES)], vec![run("ridge", 0, &scaled(by))]);
        assert_eq!((&found[0].standing, outcome(&found)), (&Standing::Moved, Outcome::Regressed), "ridge, {by}");
    }
    // a network on the same engine has the same bytes
    let found = judged(vec![run("cnn", 0, &LIVES)], vec![run("cnn", 0, &scaled(1.0 + 1e-12))]);
    assert_eq!(found[0].standing, Standing::Moved);
}

#[test]
fn another_life_of_a_test_cell_is_named() {
    let mut swapped = run("ridge", 0, &LIVES);
    swapped.predictions[1].observed = 601.0;
    let found = judged(vec![run("ridge", 0, &LIVES)], vec![measured(swapped)]);
    assert_eq!(found[0].standing, Standing::Moved);
    assert_eq!(found[0].because, "the observed life of c1 is 601 and was 600");
}

#[test]
fn what_is_missing_or_fails_does_not_land() {
    let both = || vec![run("ridge", 0, &LIVES), run("ridge", 1, &LIVES)];
    let missing = judged(both(), vec![run("ridge", 0, &LIVES)]);
    assert_eq!((&missing[0].standing, outcome(&missing)), (&Standing::Missing { seeds: vec![1] }, Outcome::CannotTell));
    let fails = judged(both(), vec![run("ridge", 0, &LIVES), failed(run("ridge", 1, &LIVES))]);
    assert_eq!(outcome(&fails), Outcome::Regressed);
    assert_eq!(fails[0].because, "seed 1: failed: singular");
    // a run that is lost is not outweighed by one that is won
    let (one, other) = (|seed| run("ridge", seed, &LIVES), |seed| failed(run("ridge", seed, &LIVES)));
    let exchanged = judged(vec![other(0), one(1)], vec![one(0), other(1)]);
    assert_eq!((exchanged[0].standing.word(), exchanged[0].because.as_str()), ("fails", "seed 1: failed: singular"));
    assert_eq!((exchanged[0].baseline, exchanged[0].candidate), (None, None), "means of other seeds");
    // another reason is another outcome
    let mut diverged = other(0);
    diverged.status = record::Status::Diverged;
    let found = judged(vec![diverged], vec![other(0)]);
    assert_eq!(found[0].standing, Standing::Moved);
    assert_eq!(found[0].because, "seed 0: it was diverged, and is failed: singular");
    // what fails in the same way on both sides is as it was
    let failing = || vec![failed(run("ridge", 0, &LIVES))];
    assert_eq!(judged(failing(), failing())[0].standing, Standing::Same);
    // and a run that nobody had before lands
    let more = judged(vec![run("ridge", 0, &LIVES)], vec![run("ridge", 0, &LIVES), run("svm", 0, &LIVES)]);
    assert_eq!((&more[1].standing, outcome(&more)), (&Standing::New, Outcome::Lands));
    let fails = judged(vec![run("ridge", 0, &LIVES)], vec![run("ridge", 0, &LIVES), failed(run("svm", 0, &LIVES))]);
    assert_eq!((&fails[1].standing, outcome(&fails)), (&Standing::NewFails, Outcome::CannotTell));
    assert_eq!(outcome(&[]), Outcome::CannotTell);
}

#[test]
fn another_engine_is_judged_by_measured_noise() {
    let temporary = tempfile::tempdir().unwrap();
    let here = folder(&temporary.path().join("a"), vec![run("cnn", 0, &LIVES), run("ridge", 0, &LIVES)]);
    let there = folder(&temporary.path().join("b"), vec![elsewhere(run("cnn", 0, &scaled(1.0 + 1e-5)))]);
    let noise = Noise::measure(&here, &[there]).unwrap();
    assert_eq!(noise.len(), 1, "a model without a network has none");
    let judge = |by: f64| {
        let now = vec![elsewhere(run("cnn", 0, &scaled(by)))];
        judged_with(vec![run("cnn", 0, &LIVES)], now, &noise, &Changes::default())[0].standing.clone()
    };
    assert!(matches!(judge(1.0 + 8e-5), Standing::WithinNoise { .. }));
    assert_eq!(judge(1.01), Standing::Moved);
    // on the same engine there is no noise
    let here =
        judged_with(vec![run("cnn", 0, &LIVES)], vec![run("cnn", 0, &scaled(1.0 + 1e-6))], &noise, &Changes::default());
    assert_eq!(here[0].standing, Standing::Moved);
    // the file says the same
    noise.write(temporary.path()).unwrap();
    let read = Noise::read(temporary.path()).unwrap();
    let slot = here[0].slot.clone();
    assert!((read.of(&slot).unwrap() / noise.of(&slot).unwrap() - 1.0).abs() < 1e-3);
}

#[test]
fn where_nobody_measured_rounding_is_small_and_what_seeds_do_is_nobodys_to_tell() {
    let seeds = |by: f64| (0..4).map(|seed| run("cnn", seed, &scaled(by + 0.01 * seed as f64))).collect::<Vec<_>>();
    let now = |by: f64| seeds(by).into_iter().map(elsewhere).collect::<Vec<_>>();
    let standing = |by: f64| judged(seeds(1.05), now(by))[0].standing.clone();
    let rounding = Standing::WithinNoise { allowed: "1.0e-3 of a life, since nobody has measured".to_owned() };
    assert_eq!(standing(1.0509), rounding);
    // seeds are as far apart, and so may rounding be, or not
    assert_eq!(standing(1.06), Standing::Unmeasured);
    assert_eq!(standing(1.2), Standing::Worse);
    assert_eq!(standing(1.0), Standing::Moved);
    let one = judged(vec![run("cnn", 0, &LIVES)], vec![elsewhere(run("cnn", 0, &scaled(1.01)))]);
    assert_eq!((&one[0].standing, outcome(&one)), (&Standing::Unmeasured, Outcome::CannotTell));
}

/// A run of a network on another engine, every life of which is so many cycles too long: its RMSE.
fn off_by(seed: u64, cycles: f64) -> RunRecord {
    elsewhere(run("cnn", seed, &[500.0 + cycles, 600.0 + cycles, 700.0 + cycles]))
}

fn seeds_off_by(cycles: &[f64]) -> Vec<RunRecord> {
    cycles.iter().enumerate().map(|(seed, &cycles)| off_by(seed as u64, cycles)).collect()
}

fn here(mut records: Vec<RunRecord>) -> Vec<RunRecord> {
    records.iter_mut().for_each(|record| record.versions.engine = "native, AVX2".to_owned());
    records
}

#[test]
fn the_noise_of_seeds_is_two_standard_errors_of_both_means() {
    // variances 325 and 100 of three: √(325 / 3 + 100 / 3) = √141.67, whose double is 23.80
    let (before, now) = ([12.0, 22.0, 47.0], [10.0, 20.0, 30.0]);
    let standing = |moved: f64| {
        let mut now: Vec<f64> = now.iter().map(|cycles| cycles + 7.0 + moved).collect();
        // a seed that the baseline does not have says nothing
        now.push(900.0);
        judged(here(seeds_off_by(&before)), seeds_off_by(&now)).remove(0)
    };
    for moved in [0.0, 23.7] {
        assert_eq!(standing(moved).standing, Standing::Unmeasured, "{moved}");
    }
    assert_eq!(standing(23.9).standing, Standing::Worse);
    assert!(standing(0.0).because.starts_with("computed by native, AVX-512, libtorch with "));
    // both ways: seeds that are 30 cycles further off have room to be better
    let far: Vec<f64> = before.iter().map(|cycles| cycles + 30.0).collect();
    let standing = |moved: f64| {
        let now: Vec<f64> = now.iter().map(|cycles| cycles + 37.0 - moved).collect();
        judged(here(seeds_off_by(&far)), seeds_off_by(&now)).remove(0).standing
    };
    assert_eq!(standing(23.7), Standing::Unmeasured);
    assert_eq!(standing(23.9), Standing::Moved);
    // the same errors by other predictions are neither better nor worse
    let same = judged(here(seeds_off_by(&[10.0, 10.0])), seeds_off_by(&[-10.0, -10.0])).remove(0).standing;
    assert_eq!(same, Standing::Unmeasured);
}

/// The same run with another hyper-parameter, and so with another key.
fn with_alpha(alpha: f64, mut record: RunRecord) -> RunRecord {
    record.ingredients.training["hyper_parameters"]["alpha"] = alpha.into();
    record
}

#[test]
fn what_was_changed_is_no_noise_of_another_engine() {
    let seeds = |by: f64, alpha: f64| {
        (0..4).map(move |seed| with_alpha(alpha, run("cnn", seed, &scaled(by + 0.01 * seed as f64))))
    };
    let before = || seeds(1.05, 0.5).collect::<Vec<_>>();
    let judge = |by: f64, alpha: f64| judged(before(), seeds(by, alpha).map(elsewhere).collect()).remove(0);
    // less than seeds do, and less than rounding may do where nothing was changed
    for by in [1.0501, 1.06, 1.04] {
        let found = judge(by, 0.3);
        assert_eq!(found.standing, Standing::Moved, "{by}");
        assert!(found.because.starts_with("alpha was 0.5, is 0.3"), "{}", found.because);
    }
    assert!(matches!(judge(1.0501, 0.5).standing, Standing::WithinNoise { .. }));
    // what changes no number beyond its last digits may change
    assert!(matches!(judge(1.05 + 1e-8, 0.3).standing, Standing::WithinNoise { .. }));
}

#[test]
fn where_all_that_went_in_is_the_same_programs_and_a_cell_are_named() {
    let moved = || run("ridge", 0, &[520.0, 590.0, 730.0]);
    let found = judged(vec![run("ridge", 0, &LIVES)], vec![moved()]).remove(0);
    assert_eq!(
        found.because,
        "the same program, of commit c0ffee, was asked for the same; furthest apart: c2 of seed 0"
    );
    let mut later = moved();
    later.provenance.commit = "decaf".to_owned();
    let found = judged(vec![run("ridge", 0, &LIVES)], vec![later]).remove(0);
    assert_eq!(
        found.because,
        "the program of commit decaf was asked for the same as that of c0ffee; furthest apart: c2 of seed 0"
    );
}

#[test]
fn measured_noise_is_multiplied_and_neither_less_than_single_precision_leaves_nor_so_much_that_nothing_is_noticed() {
    assert_eq!((allowed(1e-5), allowed(1e-9), allowed(0.4)), (1e-4, 1e-6, 0.1));
    // beyond, the spread of seeds decides, and where there is none nobody can tell
    let temporary = tempfile::tempdir().unwrap();
    let text = "experiment,data,model,variant,relative,engines\ne,virtual,cnn,,4e-1,another\n";
    std::fs::write(temporary.path().join(Noise::FILE), text).unwrap();
    let noise = Noise::read(temporary.path()).unwrap();
    let standing = |by: f64| {
        let found = judged_with(
            vec![run("cnn", 0, &LIVES)],
            vec![elsewhere(run("cnn", 0, &scaled(by)))],
            &noise,
            &Changes::default(),
        );
        found[0].standing.word()
    };
    assert_eq!([1.05, 1.5, 1000.0].map(standing), ["within noise", "noise too large", "noise too large"]);
}

#[test]
fn whatever_was_measured_another_ingredient_is_no_noise() {
    let temporary = tempfile::tempdir().unwrap();
    let text = "experiment,data,model,variant,relative,engines\ne,virtual,cnn,,4e-1,another\n";
    std::fs::write(temporary.path().join(Noise::FILE), text).unwrap();
    let noise = Noise::read(temporary.path()).unwrap();
    let now = elsewhere(with_alpha(0.3, run("cnn", 0, &scaled(1.01))));
    let found = judged_with(vec![with_alpha(0.5, run("cnn", 0, &LIVES))], vec![now], &noise, &Changes::default());
    assert_eq!(found[0].standing, Standing::Moved);
}

#[test]
fn a_declared_seed_lands_beside_one_that_another_engine_has_rounded() {
    let (was, is) = (
        vec![run("cnn", 0, &LIVES), run("cnn", 1, &LIVES)],
        vec![run("cnn", 0, &scaled(1.02)), elsewhere(run("cnn", 1, &scaled(1.0 + 1e-7)))],
    );
    let changes = Changes { changes: vec![declares(&was, &is, "it is mended")] };
    assert_eq!(judged_with(was.clone(), is.clone(), &Noise::default(), &changes)[0].standing.word(), "declared");
    // computed elsewhere or not
    let both = vec![elsewhere(is[0].clone()), is[1].clone()];
    assert_eq!(judged_with(was.clone(), both, &Noise::default(), &changes)[0].standing.word(), "declared");
    let further = vec![is[0].clone(), elsewhere(run("cnn", 1, &scaled(1.3)))];
    assert_eq!(judged_with(was, further, &Noise::default(), &changes)[0].standing.word(), "cannot tell");
}

#[test]
fn a_seed_that_was_computed_elsewhere_excuses_none_that_was_not() {
    let both = |by: f64, other: fn(RunRecord) -> RunRecord| {
        vec![run("cnn", 0, &scaled(by)), other(run("cnn", 1, &scaled(1.0 + 1e-7)))]
    };
    let before = || vec![run("cnn", 0, &LIVES), run("cnn", 1, &LIVES)];
    let found = judged(before(), both(1.0005, elsewhere));
    assert_eq!(found[0].standing, Standing::Moved);
    assert!(found[0].because.ends_with("of seed 0"), "{}", found[0].because);
    assert_eq!(judged(before(), both(1.0, elsewhere))[0].standing.word(), "within noise");
}

#[test]
fn every_standing_has_a_word_of_its_own() {
    let (reason, text) = (String::new(), String::new());
    let all = [
        Standing::Same,
        Standing::Declared { reason: text.clone() },
        Standing::WithinNoise { allowed: text },
        Standing::New,
        Standing::NewFails,
        Standing::Missing { seeds: vec![] },
        Standing::Unmeasured,
        Standing::Scattered,
        Standing::Moved,
        Standing::Worse,
        Standing::Fails { reason },
    ];
    let words: BTreeSet<&str> = all.iter().map(Standing::word).collect();
    assert!(words.len() == all.len() && words.contains("moved") && !words.contains(""), "{words:?}");
    let words = [Outcome::Lands, Outcome::CannotTell, Outcome::Regressed].map(Outcome::word);
    assert_eq!(words, ["lands", "cannot tell", "regressed"]);
}

#[test]
fn a_declared_change_lands_and_a_later_one_does_not() {
    let (was, is) = (vec![run("ridge", 0, &LIVES)], vec![run("ridge", 0, &scaled(1.02))]);
    let temporary = tempfile::tempdir().unwrap();
    let declaration = declares(&was, &is, "the penalty is halved");
    let path = temporary.path().join(Changes::FILE);
    Changes { changes: vec![declaration] }.write(&path).unwrap();
    let changes = Changes::read(&path).unwrap();
    let found = judged_with(was.clone(), is.clone(), &Noise::default(), &changes);
    assert_eq!(found[0].standing, Standing::Declared { reason: "the penalty is halved".to_owned() });
    for (was, is) in [(was, vec![run("ridge", 0, &scaled(1.03))]), (vec![run("ridge", 0, &scaled(1.1))], is)] {
        assert_eq!(judged_with(was, is, &Noise::default(), &changes)[0].standing, Standing::Moved);
    }
}

#[test]
fn of_several_declarations_of_a_run_the_newest_counts() {
    let (was, is) = (vec![run("ridge", 0, &LIVES)], vec![run("ridge", 0, &scaled(1.02))]);
    let tried = Changes { changes: vec![declares(&was, &is, "a trial")] };
    assert_eq!(judged_with(was.clone(), is.clone(), &Noise::default(), &tried)[0].standing.word(), "declared");
    let back = Changes { changes: vec![declares(&was, &is, "a trial"), declares(&is, &was, "and back")] };
    assert_eq!(judged_with(was, is, &Noise::default(), &back)[0].standing, Standing::Moved);
}

#[test]
fn a_run_that_failed_and_does_not_any_more_can_be_declared() {
    let (was, is) = (vec![failed(run("ridge", 0, &LIVES))], vec![run("ridge", 0, &LIVES)]);
    assert_eq!(judged(was.clone(), is.clone())[0].standing, Standing::Moved);
    let changes = Changes { changes: vec![declares(&was, &is, "it is mended")] };
    let found = judged_with(was, is, &Noise::default(), &changes);
    assert_eq!(found[0].standing, Standing::Declared { reason: "it is mended".to_owned() });
    // of a run that fails otherwise, that and no later failure
    let mut worse = failed(run("ridge", 0, &LIVES));
    worse.status = record::Status::Diverged;
    let (was, is) = (vec![failed(run("ridge", 0, &LIVES))], vec![worse.clone()]);
    let changes = Changes { changes: vec![declares(&was, &is, "it is known")] };
    assert_eq!(judged_with(was.clone(), is, &Noise::default(), &changes)[0].standing.word(), "declared");
    worse.status = record::Status::Failed("some new crash".to_owned());
    assert_eq!(judged_with(was, vec![worse], &Noise::default(), &changes)[0].standing, Standing::Moved);
}

#[test]
fn an_ingredient_that_changed_is_named() {
    let mut other = run("ridge", 0, &scaled(1.02));
    other.ingredients.training["hyper_parameters"] = serde_json::json!({ "alpha": 2.0 });
    let mut before = run("ridge", 0, &LIVES);
    before.ingredients.training["hyper_parameters"] = serde_json::json!({ "alpha": 1.0 });
    let found = judged(vec![before], vec![other]);
    assert_eq!((&found[0].standing, found[0].because.as_str()), (&Standing::Moved, "alpha was 1.0, is 2.0"));
}

#[test]
fn folders_without_a_common_experiment_or_under_other_profiles_are_refused() {
    let temporary = tempfile::tempdir().unwrap();
    let a = folder_of("quick", &temporary.path().join("a"), vec![run("ridge", 0, &LIVES)]);
    let b = folder_of("paper", &temporary.path().join("b"), vec![run("ridge", 0, &LIVES)]);
    let said = must_be_comparable(&a, &b).unwrap_err().to_string();
    assert!(said.contains("experiment e was run under profile quick in"), "{said}");
}

#[test]
fn a_row_that_is_not_what_its_record_says_is_named() {
    let temporary = tempfile::tempdir().unwrap();
    folder(temporary.path(), vec![run("ridge", 0, &LIVES)]);
    let path = temporary.path().join("scores.csv");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace(",ridge,", ",svm,")).unwrap();
    let said = Folder::read(temporary.path()).unwrap_err().to_string();
    assert!(said.contains("says svm, seed 0") && said.contains("and the record of that run ridge"), "{said}");
    // any column counts, not the error alone
    let row = text.lines().nth(1).unwrap();
    let mae = row.split(',').nth(9).unwrap();
    for (was, is, column) in [(mae, "1.5", "mae"), (",ok,", ",failed: singular,", "status")] {
        std::fs::write(&path, text.replacen(was, is, 1)).unwrap();
        let said = Folder::read(temporary.path()).unwrap_err().to_string();
        assert!(said.contains(&format!("its column {column} differs")), "{said}");
    }
    std::fs::write(&path, format!("{text}{row}\n")).unwrap();
    let said = Folder::read(temporary.path()).unwrap_err().to_string();
    assert!(said.contains("two rows are e, ridge, virtual cells, seed 0"), "{said}");
}

#[test]
fn an_accepted_change_is_the_new_baseline_with_its_reason_and_keeps_what_lay_there() {
    let temporary = tempfile::tempdir().unwrap();
    let (a, b) = (temporary.path().join("a"), temporary.path().join("b"));
    let ridge = |seed| run("ridge", seed, &LIVES);
    let before = folder(&a, vec![ridge(0), ridge(1), run("pls", 0, &LIVES), run("svm", 0, &LIVES)]);
    let mut again = run("svm", 0, &LIVES);
    again.provenance.commit = "another".to_owned();
    // what another processor has rounded is the same, and gets row and record of before, or both of now
    let rounded = run("pls", 0, &scaled(1.0 + 8e-10));
    let now = folder(&b, vec![run("ridge", 0, &scaled(1.02)), run("ridge", 1, &LIVES), rounded, again]);
    std::fs::write(a.join("README.md"), "what this is").unwrap();
    let svm = before.groups.values().last().unwrap().runs[&0].folder.join("record.json");
    let record = std::fs::read_to_string(&svm).unwrap();
    let judge = |before: &Folder| judge(before, &now, &Noise::default(), &Changes::default());
    let reason = crate::gate::Reason { text: "halved", date: "2026-11-28", commit: "c0ffee" };
    let judged = judge(&before);
    assert_eq!(crate::gate::accept(&a, &before, &now, &judged, &reason).unwrap(), 1);
    let accepted = Folder::read(&a).unwrap();
    assert_eq!(outcome(&judge(&accepted)), Outcome::Lands);
    assert!(judge(&accepted).iter().all(|one| one.standing == Standing::Same));
    assert_eq!(std::fs::read_to_string(a.join("README.md")).unwrap(), "what this is");
    let changes = Changes::read(&a.join(Changes::FILE)).unwrap();
    assert_eq!((changes.changes.len(), changes.changes[0].runs.len()), (1, 1), "of two seeds one moved");
    assert_eq!((changes.changes[0].runs[0].model.as_str(), changes.changes[0].runs[0].seed), ("ridge", 0));
    assert_eq!(std::fs::read_to_string(&svm).unwrap(), record, "of what did not move, the record of before stays");
    let nothing = crate::gate::accept(&a, &accepted, &now, &judge(&accepted), &reason).unwrap_err();
    assert!(nothing.to_string().contains("nothing to accept"));
}

#[test]
fn a_folder_of_other_things_becomes_no_baseline() {
    let temporary = tempfile::tempdir().unwrap();
    let (records, b) = (temporary.path().join("records"), temporary.path().join("b"));
    let now = folder(&b, vec![run("ridge", 0, &LIVES)]);
    folder(&records.join("smoke"), vec![run("ridge", 0, &LIVES)]);
    let reason = crate::gate::Reason { text: "the first", date: "2026-11-28", commit: "c0ffee" };
    let found = |at: &Path| crate::gate::found(at, &now, &reason).map_err(|error| error.to_string());
    let said = found(&records).unwrap_err();
    assert!(said.contains("smoke: there is no scores.csv beside it"), "{said}");
    assert_eq!(Folder::read(&records.join("smoke")).unwrap().groups.len(), 1);
    found(&records.join("new")).unwrap();
    assert_eq!(Folder::read(&records.join("new")).unwrap().groups.len(), 1);
    assert_eq!(Changes::read(&records.join("new").join(Changes::FILE)).unwrap().changes[0].reason, "the first");
    // one that lost its scores is nobody's first
    std::fs::remove_file(records.join("new/scores.csv")).unwrap();
    assert!(found(&records.join("new")).is_err());
    let said = found(&b.join("runs/new")).unwrap_err();
    assert!(said.contains("one lies in the other"), "{said}");
    std::fs::write(temporary.path().join("file"), "a thesis").unwrap();
    let said = found(&temporary.path().join("file")).unwrap_err();
    assert!(said.contains("this is a file"), "{said}");
}

#[test]
fn a_change_that_loses_a_run_is_not_accepted_and_what_was_made_of_old_numbers_goes_with_them() {
    let temporary = tempfile::tempdir().unwrap();
    let [a, b, c, d] = ["a", "b", "c", "d"].map(|name| temporary.path().join(name));
    let before = folder(&a, vec![run("ridge", 0, &LIVES), run("svm", 0, &LIVES)]);
    let lost = folder(&b, vec![run("ridge", 0, &scaled(1.02))]);
    let reason = crate::gate::Reason { text: "halved", date: "2026-11-28", commit: "c0ffee" };
    let accept = |now: &Folder| {
        let judged = judge(&before, now, &Noise::default(), &Changes::default());
        crate::gate::accept(&a, &before, now, &judged, &reason)
    };
    let said = accept(&lost).unwrap_err().to_string();
    assert!(said.contains("no run of seed 0; a baseline is accepted whole"), "{said}");
    assert!(Folder::read(&a).unwrap().groups.len() == 2 && !a.join(Changes::FILE).exists());
    let made = ["predictions.parquet", "reference_curves.csv", "report.html"];
    for made in made {
        std::fs::write(a.join(made), "of the numbers of before").unwrap();
    }
    let same = folder(&c, vec![run("ridge", 0, &LIVES), run("svm", 0, &LIVES)]);
    assert_eq!(accept(&same).unwrap_err().to_string(), "nothing moved: there is nothing to accept");
    // a run without a row would be gone with the numbers of before
    std::fs::create_dir_all(a.join("runs/precious")).unwrap();
    let more = folder(
        &d,
        vec![run("ridge", 0, &LIVES), run("svm", 0, &LIVES), run("svm", 1, &scaled(1.5)), run("pcr", 0, &LIVES)],
    );
    let said = accept(&more).unwrap_err().to_string();
    assert!(said.contains("runs/precious: no row"), "{said}");
    std::fs::remove_dir(a.join("runs/precious")).unwrap();
    // another model and another seed are more, though nothing moved; the seed does not judge
    let judged = judge(&before, &more, &Noise::default(), &Changes::default());
    let svm = judged.iter().find(|one| one.slot.model == "svm").unwrap();
    assert_eq!((svm.standing.word(), svm.baseline), ("same", svm.candidate));
    assert_eq!(svm.more, [1]);
    assert_eq!(accept(&more).unwrap(), 0);
    assert_eq!(Folder::read(&a).unwrap().groups.len(), 3);
    assert!(made.into_iter().all(|made| !a.join(made).exists()));
}
