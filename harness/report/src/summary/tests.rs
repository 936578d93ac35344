use serde_json::{Value, json};

use super::{notice::origin_notice, *};
use cells::label::Tally;
use features::feature::Channel;
use record::{ExperimentRecord, LifeBases, Metric, Protocol, Status, Study};
use statistics::Metrics;

pub(crate) fn run(model: &str, seed: u64, rmse: f64, data: &str) -> Run {
    Run::bare(score(model, seed, rmse, data))
}

pub(crate) fn variant(variant: &str, mut run: Run) -> Run {
    run.score.variant = Variant::from(variant);
    run.values = Values { channels: run.values.channels, ..Values::of_name(&run.score.model, &run.score.variant) };
    run
}

pub(crate) fn diverged(mut run: Run) -> Run {
    (run.score.metrics, run.score.status) = (None, Status::Diverged);
    run
}

fn score(model: &str, seed: u64, rmse: f64, data: &str) -> Score {
    Score {
        experiment: "matr-1".to_owned(),
        scenario: "MATR-1".to_owned(),
        data: if data == "real" { Origin::Real } else { Origin::Virtual },
        model: model.to_owned(),
        variant: Variant::default(),
        seed,
        train_cells: 41,
        test_cells: 42,
        metrics: Metrics::new(&[500.0], &[500.0 + rmse]),
        status: Status::Ok,
        key: "k".to_owned(),
        profile: "paper".to_owned(),
        lives: LifeBases {
            train: Tally { observed: 41, ..Tally::default() },
            test: Tally { observed: 42, ..Tally::default() },
        },
        protocol: Some(Protocol::Faithful),
        changed: String::new(),
    }
}

pub(crate) fn record(data: Origin) -> ExperimentRecord {
    ExperimentRecord {
        name: "matr-1".to_owned(),
        scenario: "MATR-1".to_owned(),
        study: Study::Scenario,
        data,
        profile: "paper".to_owned(),
        settings: vec![],
        changes: None,
        seeds: None,
        runs: None,
        config_hash: "c".to_owned(),
        protocol: Protocol::Faithful,
        description: "Primary test.".to_owned(),
        analysis: "Few cells & <much> noise.".to_owned(),
        expect: vec![Expectation {
            model: "mean".to_owned(),
            variant: Variant::default(),
            metric: Metric::Rmse,
            value: 398.82,
            tolerance: 0.01,
            source: "a paper".to_owned(),
            data: Origin::Real,
            profile: "paper".to_owned(),
        }],
    }
}

#[test]
fn seeds_are_gathered_and_failures_counted() {
    let runs = [run("cnn", 0, 10.0, "real"), run("cnn", 1, 30.0, "real"), diverged(run("cnn", 2, 0.0, "real"))];
    let summaries = summaries(&runs, &[]);
    let row = &summaries[0].rows[0];
    let rmse = row.rmse.unwrap();
    assert_eq!((rmse.count, rmse.mean, rmse.population_std), (2, 20.0, 10.0));
    assert_eq!((row.seeds(), row.failed.clone()), (2, Some((1, "diverged".to_owned()))));
    assert_eq!(row.published_rmse.unwrap().value, 124.89);
}

#[test]
fn expectations_are_held_against_cells_of_their_origin_only() {
    let verdicts =
        |rmse, data, origin| summaries(&[run("mean", 0, rmse, data)], &[record(origin)])[0].expectations.clone();
    assert!(verdicts(398.825, "real", Origin::Real)[0].is_met());
    assert!(!verdicts(398.84, "real", Origin::Real)[0].is_met());
    assert!(verdicts(398.82, "virtual", Origin::Virtual).is_empty());
}

#[test]
fn a_published_number_stands_beside_its_like_only() {
    let rmse = |run: &Run, study| {
        let mut record = record(Origin::Real);
        record.study = study;
        summaries(std::slice::from_ref(run), &[record])[0].rows[0].published_rmse.map(|number| number.value)
    };
    let whole = run("batlinet", 0, 60.0, "real");
    assert_eq!(rmse(&whole, Study::Scenario), Some(63.03));
    assert_eq!(rmse(&variant("intra_only", whole.clone()), Study::Scenario), Some(117.2));
    assert_eq!(rmse(&variant("intra_only", whole.clone()), Study::Branches), Some(117.2));
    assert_eq!(rmse(&variant("both", whole.clone()), Study::Branches).map(f64::round), Some(63.0));
    assert_eq!(rmse(&variant("faithful:intra_only", whole.clone()), Study::Branches), Some(117.2));
    assert_eq!(rmse(&variant("clean:intra_only", whole.clone()), Study::Branches), None);
    assert_eq!(rmse(&variant("of_ours", whole.clone()), Study::Branches), None);
    assert_eq!(rmse(&run("batlinet", 0, 60.0, "virtual"), Study::Scenario), None);
    // two channels of six
    let channels = Some(vec![Channel::DischargeVoltage, Channel::DischargeCurrent]);
    let discharge = Run { values: Values { channels, ..whole.values.clone() }, ..whole };
    for study in [Study::Scenario, Study::Branches, Study::Features] {
        assert_eq!(rmse(&discharge, study).map(f64::round), Some(76.0));
    }
    assert_eq!(rmse(&variant("intra_only", discharge), Study::Branches), None);
}

fn quick(mut run: Run) -> Run {
    run.score.profile = "quick".to_owned();
    run
}

fn change(model: Option<&str>, what: &str, is: Value, was: Value) -> Change {
    Change { model: model.map(str::to_owned), what: what.to_owned(), is, was }
}

#[test]
fn a_quick_look_says_what_was_cut_and_stands_beside_nothing() {
    let mut record = record(Origin::Real);
    record.profile = "quick".to_owned();
    record.seeds = Some(8);
    record.changes = Some(vec![
        change(None, "seeds", json!([0, 1]), json!([0, 1, 2, 3, 4, 5, 6, 7])),
        change(None, "grid_points", json!(250), json!(1000)),
        change(Some("batlinet"), "epochs", json!(80), json!(1000)),
        change(Some("lstm"), "epochs", json!(100), json!(2000)),
    ]);
    // expectations of a quick look would be a conclusion too
    let of_quick = Expectation { profile: "quick".to_owned(), ..record.expect[0].clone() };
    record.expect.push(of_quick);
    let runs = [run("mean", 0, 398.82, "real"), run("batlinet", 0, 60.0, "real"), run("batlinet", 1, 66.0, "real")];
    let summary = summaries(&runs.map(quick), &[record.clone()]).remove(0);
    let how = "profile quick, no result, with grid_points 250 of 1000, batlinet.epochs 80 of 1000, 2 seeds of 8";
    assert_eq!(summary.how(), how);
    assert!(summary.title().ends_with(how) && summary.is_cut() && !summary.is_comparable() && !summary.is_plain());
    assert!(summary.rows.iter().all(|row| row.published_rmse.or(row.published_mape).is_none()));
    assert!(summary.expectations.is_empty());
    let said = notice(&[summary]);
    assert!(said.contains("quick look (profile quick)") && said.contains("No number here is a result"), "{said}");
    // rows of both profiles are no result either
    let mixed = [run("mean", 0, 398.82, "real"), quick(run("batlinet", 0, 60.0, "real"))];
    let mixed = summaries(&mixed, &[record]).remove(0);
    assert!(mixed.is_cut() && mixed.rows[0].published_rmse.is_none() && mixed.expectations.is_empty());
}

#[test]
fn a_part_of_the_seeds_is_said_by_model_and_published_numbers_stay() {
    let mut record = record(Origin::Real);
    (record.seeds, record.changes) = (Some(8), Some(vec![]));
    let title = |runs: &[Run]| summaries(runs, &[record.clone()]).remove(0).how();
    let forests: Vec<Run> = (0..8).map(|seed| run("forest", seed, 150.0, "real")).collect();
    let networks = [run("cnn", 0, 90.0, "real"), diverged(run("cnn", 1, 0.0, "real"))];
    assert_eq!(title(&networks), "profile paper, with 2 seeds of 8");
    assert_eq!(title(&[&forests[..], &networks].concat()), "profile paper, with 2 seeds of 8 (cnn)");
    assert_eq!(title(&forests), "profile paper");
    // no seed changes the mean
    assert_eq!(title(&[run("mean", 0, 398.82, "real")]), "profile paper");
    let summary = summaries(&networks, &[record.clone()]).remove(0);
    assert!(summary.is_comparable() && summary.rows[0].published_rmse.is_some());
}

#[test]
fn neither_another_protocol_nor_a_schedule_cut_by_settings_stands_beside_published_numbers() {
    let runs = [run("batlinet", 0, 90.0, "real")];
    let summary = |record: &ExperimentRecord| summaries(&runs, std::slice::from_ref(record)).remove(0);
    let mut plain = record(Origin::Real);
    plain.changes = Some(vec![]);
    plain.protocol = Protocol::Faithful;
    assert!(summary(&plain).rows[0].published_rmse.is_some());
    let mut cut = plain.clone();
    cut.changes = Some(vec![change(Some("batlinet"), "epochs", json!(1), json!(1000))]);
    let mut honest = plain.clone();
    honest.protocol = Protocol::Honest;
    for record in [cut, honest] {
        let summary = summary(&record);
        assert!(!summary.is_comparable() && summary.rows[0].published_rmse.is_none(), "{}", summary.how());
    }
}

#[test]
fn settings_are_said_by_their_values_or_in_older_records_as_given() {
    let mut record = record(Origin::Real);
    record.settings = vec!["models.ridge.alpha=2".to_owned(), "protocol=honest".to_owned()];
    let how = |record: &ExperimentRecord| {
        summaries(&[run("ridge", 0, 9.0, "real")], std::slice::from_ref(record)).remove(0).how()
    };
    assert_eq!(how(&record), "profile paper, with models.ridge.alpha=2, protocol=honest");
    record.changes = Some(vec![change(Some("ridge"), "alpha", json!(2.0), json!(1.0))]);
    assert_eq!(how(&record), "profile paper, with protocol=honest, ridge.alpha 2.0 instead of 1.0");
}

#[test]
fn real_and_virtual_cells_do_not_mix() {
    let summaries =
        summaries(&[run("batlinet", 0, 60.0, "real"), run("batlinet", 0, 9.0, "virtual")], &[record(Origin::Real)]);
    assert_eq!(summaries.len(), 2);
    assert!(origin_notice(&summaries).contains("VIRTUAL") && origin_notice(&summaries[..1]).contains("real"));
    assert!(origin_notice(&summaries[1..]).contains("nothing about cells that were measured"));
    assert!(!origin_notice(&[]).contains("real"), "of nothing, nothing is said");
}

#[test]
fn published_numbers_stand_beside_no_other_cells() {
    let of = |cells: &[&str], data| {
        let mut run = run("ridge", 0, 9.0, data);
        let predicted = |id: &&str| Prediction { cell: (*id).to_owned(), observed: 500.0, predicted: 509.0 };
        run.predictions = cells.iter().map(predicted).collect();
        summaries(&[run], &[record(Origin::Real)]).remove(0)
    };
    // one that tests in MATR-1, one that trains there, one of somebody else
    let (theirs, own) = (of(&["MATR_b1c0"], "real"), of(&["MATR_b1c0", "MATR_b1c1", "mine", "mine"], "real"));
    assert!(theirs.is_comparable() && theirs.rows[0].published_rmse.is_some());
    assert!(!own.is_comparable() && own.rows[0].published_rmse.is_none() && own.is_done_alike());
    assert_eq!(own.strangers, ["MATR_b1c1", "mine"]);
    let notes = crate::study::notes::notes(&own).join("\n");
    assert!(notes.contains("2 of the test cells, such as MATR_b1c1, are none of those"), "{notes}");
    assert!(!crate::study::notes::notes(&theirs).join("\n").contains("none of those"));
    assert!(of(&["mine"], "virtual").strangers.is_empty(), "nothing stands beside virtual cells as it is");
}

#[test]
fn channels_are_the_papers_by_what_they_are() {
    assert_eq!(feature_space(&Channel::ALL), Some("all"));
    assert_eq!(feature_space(&[Channel::Resistance]), None);
}
