//! Folders that are made up, compared.

use std::path::Path;

use record::RunRecord;
use statistics::{Bootstrap, Measure, Unclear, Verdict};

use super::{Comparison, End, Question, Side, Tolerance, compare};
use crate::{
    Error,
    made_up::{failed, folder, folder_of, run},
};

const CELLS: usize = 20;

/// Predictions that are off by `scale` times an error that differs by cell and seed.
fn predicted(seed: u64, scale: f64) -> Vec<f64> {
    let error = |cell: usize| ((cell * 37 + 11) % 23) as f64 - 11.0 + ((cell as u64 * 5 + seed * 3) % 7) as f64 - 3.0;
    (0..CELLS).map(|cell| 500.0 + 100.0 * cell as f64 + scale * error(cell)).collect()
}

fn networks(scale: f64) -> Vec<RunRecord> {
    (0..4).map(|seed| run("cnn", seed, &predicted(seed, scale))).collect()
}

fn question(tolerance: Tolerance) -> Question {
    Question { measure: Measure::Rmse, tolerance, bootstrap: Bootstrap::default() }
}

fn compared(a: &str, b: &str, tolerance: Tolerance) -> Result<Comparison, Error> {
    let a = Side::open(a, None)?;
    let b = Side::open(b, Some(&a))?;
    compare(&a, &b, &question(tolerance))
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn the_same_is_equal_twice_the_error_is_worse_and_half_of_it_better() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    folder(one.path(), [networks(1.0), vec![run("ridge", 0, &predicted(9, 1.0))]].concat());
    folder(other.path(), [networks(2.0), vec![run("ridge", 0, &predicted(9, 1.0))]].concat());
    let verdicts = |a: &Path, b: &Path, tolerance| -> Vec<(String, Verdict)> {
        let found = compared(text(a), text(b), tolerance).unwrap();
        found.rows.iter().map(|row| (row.b.entry(), row.verdict().unwrap())).collect()
    };
    let none = Tolerance::Plain(0.0);
    let of = |cnn| vec![("cnn".to_owned(), cnn), ("ridge".to_owned(), Verdict::Equal)];
    assert_eq!(verdicts(one.path(), one.path(), none), of(Verdict::Equal));
    assert_eq!(verdicts(one.path(), other.path(), none), of(Verdict::Worse));
    assert_eq!(verdicts(other.path(), one.path(), none), of(Verdict::Better));
    assert_eq!(verdicts(one.path(), other.path(), "1000%".parse().unwrap()), of(Verdict::Equal));
    let found = compared(text(one.path()), text(other.path()), none).unwrap();
    assert_eq!((found.end(), found.family), (End::Worse, 1));
    let finding = found.rows[0].finding.as_ref().unwrap();
    assert!((finding.difference.b - 2.0 * finding.difference.a).abs() < 1e-9);
    assert_eq!(finding.adjusted_p, finding.difference.p_value);
}

#[test]
fn a_comparison_that_several_experiments_share_counts_once() {
    let out = tempfile::tempdir().unwrap();
    folder(out.path(), [networks(1.0), vec![run("ridge", 0, &predicted(9, 1.3))]].concat());
    // the same runs, as inner folds are, under another name
    let path = out.path().join("scores.csv");
    let rows = record::read_scores(&path).unwrap();
    let again = rows.iter().map(|row| record::Score { experiment: "f".to_owned(), ..row.clone() });
    record::write_scores(&path, &rows.iter().cloned().chain(again).collect::<Vec<_>>()).unwrap();
    let found = compared(&format!("{}:ridge", text(out.path())), ":cnn", Tolerance::Plain(0.0)).unwrap();
    assert_eq!((found.rows.len(), found.family), (2, 1));
    for row in &found.rows {
        let finding = row.finding.as_ref().unwrap();
        assert_eq!(finding.adjusted_p, finding.difference.p_value, "{}", row.b);
    }
}

#[test]
fn models_and_runs_of_one_folder_are_laid_side_by_side() {
    let out = tempfile::tempdir().unwrap();
    let key = networks(1.0)[2].key();
    folder(out.path(), [networks(1.0), vec![run("ridge", 0, &predicted(9, 4.0))]].concat());
    let here = text(out.path());
    let found = compared(&format!("{here}:ridge"), ":cnn", Tolerance::Plain(0.0)).unwrap();
    assert_eq!((found.rows[0].a.entry(), found.rows[0].b.entry()), ("ridge".to_owned(), "cnn".to_owned()));
    assert_eq!(found.rows[0].verdict(), Some(Verdict::Better));
    assert!(found.rows[0].why.is_empty() && found.only_a.is_empty() && found.only_b.is_empty());
    // everything beside one model, but for that itself
    let found = compared(here, ":cnn", Tolerance::Plain(0.0)).unwrap();
    assert_eq!(found.rows.len(), 1);
    // of one seed nothing is said, and the run is the same by either name
    for name in [format!(":{key}"), format!("{here}/runs/{key}")] {
        let found = compared(&format!("{here}:ridge"), &name, Tolerance::Plain(0.0)).unwrap();
        let finding = found.rows[0].finding.as_ref().unwrap();
        assert_eq!((finding.verdict, finding.difference.seeds_b), (Verdict::CannotTell, 1));
        assert_eq!(finding.unclear, Some(Unclear::OneSeed), "{finding:?}");
        assert_eq!(found.end(), End::CannotTell);
    }
    let refused = |a: &str, b: &str| compared(a, b, Tolerance::Plain(0.0)).unwrap_err().to_string();
    assert!(refused(&format!("{here}:ridg"), here).contains("did you mean 'ridge'?"));
    assert!(refused(&format!("{here}:ridge"), ":ridge").contains("are the same runs"));
    assert!(refused("nowhere", here).contains("there is no such folder"));
}

#[test]
fn what_cannot_be_compared_gets_a_reason_and_no_verdict() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    folder(one.path(), vec![run("ridge", 0, &predicted(0, 1.0)), run("svm", 0, &predicted(0, 1.0))]);
    folder(other.path(), vec![run("ridge", 0, &predicted(0, 1.0)[1..]), run("svm", 0, &predicted(0, 1.0))]);
    let none = Tolerance::Plain(0.0);
    let reason = |found: &Comparison| found.rows[0].finding.as_ref().unwrap_err().clone();
    let found = compared(text(one.path()), text(other.path()), none).unwrap();
    assert!(reason(&found).contains("on the same cells"), "{}", reason(&found));
    assert_eq!((found.rows[1].verdict(), found.end()), (Some(Verdict::Equal), End::NotComparable));

    let quick = tempfile::tempdir().unwrap();
    folder_of("paper", quick.path(), vec![run("ridge", 0, &predicted(0, 1.0))]);
    let found = compared(text(one.path()), text(quick.path()), none).unwrap();
    assert!(reason(&found).contains("profile quick there and paper here"), "{}", reason(&found));
    assert_eq!(found.only_a.iter().map(|slot| slot.model.as_str()).collect::<Vec<_>>(), ["svm"]);

    let broken = tempfile::tempdir().unwrap();
    folder(broken.path(), vec![failed(run("ridge", 0, &[]))]);
    let found = compared(text(one.path()), text(broken.path()), none).unwrap();
    assert!(reason(&found).contains("b has no numbers: failed: singular"), "{}", reason(&found));

    // survivors are not judged
    let some = tempfile::tempdir().unwrap();
    let (three, all) = (networks(9.0), tempfile::tempdir().unwrap());
    folder(some.path(), [three[..3].to_vec(), vec![failed(three[3].clone())]].concat());
    folder(all.path(), networks(1.0));
    let found = compared(text(all.path()), text(some.path()), none).unwrap();
    let finding = found.rows[0].finding.as_ref().unwrap();
    assert_eq!((finding.verdict, finding.unclear), (Verdict::CannotTell, Some(Unclear::NoNumbers { runs: 1 })));

    let empty = tempfile::tempdir().unwrap();
    assert!(compared(text(empty.path()), text(all.path()), none).unwrap_err().to_string().contains("no scores.csv"));
    assert!(compared(text(one.path()), text(all.path()), none).unwrap_err().to_string().contains("nothing is in both"));
}

#[test]
fn a_tolerance_is_a_number_or_a_share() {
    assert_eq!("5".parse(), Ok(Tolerance::Plain(5.0)));
    assert_eq!("2 %".parse::<Tolerance>().map(|tolerance| tolerance.beside(50.0)), Ok(1.0));
    for wrong in ["-1", "five", "nan", "inf", "%", ""] {
        assert!(wrong.parse::<Tolerance>().is_err(), "{wrong}");
    }
}
