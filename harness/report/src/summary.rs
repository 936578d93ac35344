//! Scores gathered per experiment: means and spreads over seeds, published numbers, expectations.

use std::path::Path;

use itertools::Itertools as _;
use serde_json::Value;

use super::{
    labels::Versions,
    lives,
    made::Made,
    published::{Published, published},
};
use cells::failure::Failure;
use features::feature::Channel;
use record::files::run_folder;
use record::{
    AS_WRITTEN, Change, Expectation, ExperimentRecord, Ingredients, Metric, Pairs, Prediction, Protocol, Removed,
    RunRecord, Score, Study, read_scores,
};
use statistics::{Metrics, Spread};

/// One experiment on cells of one origin.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// Name of the experiment.
    pub experiment: String,
    /// The question it answers.
    pub study: Study,
    /// Scenario of the published benchmark.
    pub scenario: String,
    /// `real` or `virtual`.
    pub data: String,
    /// Faithful or honest, where its record says so.
    pub protocol: Option<Protocol>,
    /// Profile of its runs.
    pub profile: String,
    /// What `--set` changed in it, other than seeds.
    pub settings: Vec<String>,
    /// What profile and settings changed in it, by value, of what its models depend on; where its record says so.
    pub changes: Option<Vec<Change>>,
    /// Seeds that its file declares, where its record says so.
    pub declared_seeds: Option<usize>,
    /// Runs that it declares, where its record says so.
    pub declared: Option<usize>,
    /// Training and test cells with a label: of the first run, in words; in a transfer of all runs, `1 to 16`.
    pub cells: (String, String),
    /// What the lives of training and test cells rest on, in words; absent where the scores do not say it.
    pub lives: Option<[String; 2]>,
    /// Cells of the split that took no part.
    pub removed: Vec<Removed>,
    /// What is run and why.
    pub description: String,
    /// What to distrust.
    pub analysis: String,
    /// One per model and variant, in the order of the scores.
    pub rows: Vec<Row>,
    /// Its runs, in the order of the scores.
    pub runs: Vec<Run>,
    /// What should have come out; empty for virtual cells unless expected of them.
    pub expectations: Vec<Verdict>,
}

/// One run: its line of scores and, where its folder is at hand, what it predicted.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Its line.
    pub score: Score,
    /// Key of its trained model; empty without its folder.
    pub train_key: String,
    /// Its test cells; empty without numbers or without its folder.
    pub predictions: Vec<Prediction>,
    /// Channels of the capacity map that its model read, if it read one.
    pub channels: Option<Vec<Channel>>,
    /// Predictions with one reference at a time, where the run was asked for them.
    pub pairs: Option<Pairs>,
    /// Number of references that its model was asked with for each cell, if it has an inter-cell branch.
    pub references: Option<usize>,
    /// By what it was made, where its record is at hand.
    pub made: Option<Made>,
}

impl Run {
    /// A run of which only the line of scores is at hand.
    pub fn bare(score: Score) -> Self {
        let (train_key, predictions) = (String::new(), Vec::new());
        Self { score, train_key, predictions, channels: None, pairs: None, references: None, made: None }
    }
}

/// One model of a summary.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Name of the model.
    pub model: String,
    /// Tells entries of one model apart.
    pub variant: String,
    /// Cycles.
    pub rmse: Option<Spread>,
    /// Cycles.
    pub mae: Option<Spread>,
    /// Percent.
    pub mape: Option<Spread>,
    /// Runs that ended without numbers, with the first reason.
    pub failed: Option<(usize, String)>,
    /// Published, in cycles. Like the others below, absent for virtual cells and quick looks: they must not be compared.
    pub published_rmse: Option<&'static Published>,
    /// Published, in cycles.
    pub published_mae: Option<&'static Published>,
    /// Published, in percent.
    pub published_mape: Option<&'static Published>,
}

impl Row {
    /// `batlinet` or `batlinet intra_only`.
    pub fn name(&self) -> String {
        if self.variant.is_empty() { self.model.clone() } else { format!("{} {}", self.model, self.variant) }
    }

    /// Runs with numbers.
    pub fn seeds(&self) -> usize {
        self.rmse.map_or(0, |spread| spread.count)
    }
}

/// An expectation and what came out.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// What was expected.
    pub expectation: Expectation,
    /// Mean over seeds; absent if no run has numbers.
    pub found: Option<f64>,
}

impl Verdict {
    /// Whether what came out is within the tolerance.
    pub fn is_met(&self) -> bool {
        self.found.is_some_and(|found| (found - self.expectation.value).abs() <= self.expectation.tolerance)
    }
}

impl Summary {
    /// Whether the cells are simulated.
    pub fn is_virtual(&self) -> bool {
        self.data != "real"
    }

    /// Name of the experiment and of its cells, for files.
    pub fn slug(&self) -> String {
        format!("{}-{}", self.experiment, self.data)
    }

    /// Whether the schedule is another than the one written down, by profile or by settings: a quick look, from which
    /// nothing follows.
    pub fn is_cut(&self) -> bool {
        self.profile != AS_WRITTEN || self.changes.iter().flatten().any(Change::is_cut)
    }

    /// Whether published numbers may stand beside these: they are of real cells, of the whole schedule, and by the authors'
    /// protocol.
    pub fn is_comparable(&self) -> bool {
        !self.is_virtual() && !self.is_cut() && is_theirs(self.protocol, self.study)
    }

    /// Whether its runs are those of the file as written.
    pub fn is_plain(&self) -> bool {
        !self.is_cut() && self.differences().is_empty()
    }

    /// `profile paper`, or what was cut and changed: `profile quick, no result, with 2 seeds of 8, batlinet.epochs 80 of
    /// 1000`.
    pub fn how(&self) -> String {
        let cut = if self.is_cut() { ", no result" } else { "" };
        let differences = self.differences();
        let with = if differences.is_empty() { String::new() } else { format!(", with {}", differences.join(", ")) };
        format!("profile {}{cut}{with}", self.profile)
    }

    /// In what the runs differ from the file as written.
    pub fn differences(&self) -> Vec<String> {
        let mut differences: Vec<String> = match &self.changes {
            None => self.settings.clone(),
            Some(changes) => {
                let protocol = self.settings.iter().filter(|setting| setting.starts_with("protocol=")).cloned();
                protocol.chain(changes.iter().map(ToString::to_string)).collect()
            }
        };
        differences.extend(self.fewer_seeds());
        differences
    }

    /// `2 seeds of 8 (cnn, batlinet)`: where a model that draws random numbers has fewer runs than declared.
    fn fewer_seeds(&self) -> Vec<String> {
        let Some(declared) = self.declared_seeds else { return Vec::new() };
        let seeded: Vec<(&Row, usize)> = self
            .rows
            .iter()
            .filter(|row| self.study == Study::Transfer || record::SEEDED_MODELS.contains(&row.model.as_str()))
            .map(|row| (row, row.seeds() + row.failed.as_ref().map_or(0, |(count, _)| *count)))
            .collect();
        let counts = seeded.iter().map(|(_, count)| *count).filter(|count| *count < declared).sorted_unstable().dedup();
        let said = |count: usize| {
            let seeds = if count == 1 { "seed" } else { "seeds" };
            if seeded.iter().all(|(_, other)| *other == count) {
                return format!("{count} {seeds} of {declared}");
            }
            let names = seeded.iter().filter(|(_, other)| *other == count).map(|(row, _)| row.model.as_str());
            format!("{count} {seeds} of {declared} ({})", names.unique().join(", "))
        };
        counts.map(said).collect()
    }

    /// `matr-1 · 41 training cells (41 observed) and 42 test cells (39 observed, 3 padded) · VIRTUAL cells · profile quick, no
    /// result, with …`; in brackets what their lives rest on.
    pub fn title(&self) -> String {
        let (train, test) = &self.cells;
        let cells = match &self.lives {
            None => format!("{train} training and {test} test cells"),
            Some([of_train, of_test]) => {
                format!("{train} training cells ({of_train}) and {test} test cells ({of_test})")
            }
        };
        format!("{} · {cells} · {} cells · {}", self.experiment, self.data.to_uppercase(), self.how())
    }
}

/// Whether the published numbers are of this protocol. In a transfer, the preset says whose it is.
fn is_theirs(protocol: Option<Protocol>, study: Study) -> bool {
    protocol != Some(Protocol::Honest) || study == Study::Transfer
}

/// What to say of the cells of these summaries and of how they were run, before any number.
pub fn notice(summaries: &[Summary]) -> String {
    let origin = origin_notice(summaries);
    let name = |summary: &Summary| match &summary.profile[..] {
        AS_WRITTEN => format!("{AS_WRITTEN}, cut by settings"),
        profile => profile.to_owned(),
    };
    let cut: Vec<String> = summaries.iter().filter(|summary| summary.is_cut()).map(name).unique().collect();
    match cut.join(", ") {
        profiles if profiles.is_empty() => origin.to_owned(),
        profiles if summaries.iter().all(Summary::is_cut) => format!(
            "{origin} This is a quick look (profile {profiles}): it shows that everything runs. No number here is a result, \
             none is compared with a published one, and nothing follows from which is smaller."
        ),
        profiles => format!(
            "{origin} Some of it is a quick look (profile {profiles}), as each title says: those numbers are no results, and \
             nothing follows from which is smaller."
        ),
    }
}

fn origin_notice(summaries: &[Summary]) -> &'static str {
    match (summaries.iter().any(Summary::is_virtual), summaries.iter().any(|summary| !summary.is_virtual())) {
        (true, true) => {
            "Some of these cells are VIRTUAL, simulated by the built-in lab, and some are real; each table says which. \
             Published numbers stand beside those of real cells only, for virtual ones say nothing about them."
        }
        (true, false) => {
            "All cells are VIRTUAL, simulated by the built-in lab: these numbers show that the machinery works and say \
             nothing about the published ones, which are of real cells and therefore not shown."
        }
        _ => "All cells are real, measured in a laboratory.",
    }
}

/// The summaries of the output folder `out`, in the order of its scores.
///
/// # Errors
/// [`Failure::Usage`] if `out` holds no scores, something in it cannot be read, or runs of one experiment were made with
/// different labels.
pub fn summarise(out: &Path) -> Result<Vec<Summary>, Failure> {
    let path = out.join("scores.csv");
    if !path.exists() {
        return Err(Failure::Usage(format!(
            "{}: there is no scores.csv here; `batlinet run` writes one",
            out.display()
        )));
    }
    let mut runs = Vec::new();
    let mut removed = Vec::new();
    let mut versions = Versions::default();
    for score in read_scores(&path)? {
        let folder = run_folder(out, &score.key);
        let mut run = Run::bare(score);
        // scores alone, such as those of a colleague, are enough for the tables
        if run.score.metrics.is_some() && RunRecord::exists(&folder) {
            let record = RunRecord::read(&folder)?;
            versions.add(out, &run.score, &record)?;
            run.channels = channels(&record.ingredients.training);
            run.references = references(&record.ingredients);
            run.train_key = record.train_key;
            run.made =
                Some(Made { versions: record.versions, provenance: record.provenance, trained_by: record.trained_by });
            run.predictions = record.predictions;
            run.pairs = Pairs::read(&folder)?;
            removed.push(((run.score.experiment.clone(), run.score.data.clone()), record.removed));
        }
        runs.push(run);
    }
    let mut summaries = summaries(&runs, &ExperimentRecord::read_all(out)?);
    for summary in &mut summaries {
        let first = removed.iter().find(|(of, _)| of.0 == summary.experiment && of.1 == summary.data);
        summary.removed = first.map_or_else(Vec::new, |(_, removed)| removed.clone());
    }
    Ok(summaries)
}

/// The channels that a run's model was trained on, by the identity of its feature.
fn channels(training: &Value) -> Option<Vec<Channel>> {
    let (_, settings) = training["feature"].as_str()?.split_once(' ')?;
    let settings: Value = serde_json::from_str(settings).ok()?;
    serde_json::from_value(settings["capacity_map"]["channels"].clone()).ok()
}

fn references(ingredients: &Ingredients) -> Option<usize> {
    let has_branch = ingredients.training["hyper_parameters"]["inter_cell"].as_bool()?;
    let count = ingredients.evaluation["references_test"].as_u64()?;
    usize::try_from(count).ok().filter(|_| has_branch)
}

/// As [`summarise`], from what was read; cells that took no part are left out.
pub fn summaries(runs: &[Run], records: &[ExperimentRecord]) -> Vec<Summary> {
    let mut names: Vec<(&str, &str)> = Vec::new();
    for Run { score, .. } in runs {
        let name = (score.experiment.as_str(), score.data.as_str());
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
        .into_iter()
        .map(|(experiment, data)| {
            let runs: Vec<Run> = runs
                .iter()
                .filter(|run| run.score.experiment == experiment && run.score.data == data)
                .cloned()
                .collect();
            let record = records.iter().find(|record| record.name == experiment && record.data.to_string() == data);
            summary(runs, record)
        })
        .collect()
}

fn summary(runs: Vec<Run>, record: Option<&ExperimentRecord>) -> Summary {
    let first = &runs[0].score;
    let whole = runs.iter().map(|run| &run.score).find(|score| score.metrics.is_some()).unwrap_or(first);
    let study = record.map_or_else(Study::default, |record| record.study);
    let mut profiles: Vec<&str> = Vec::new();
    for run in &runs {
        if !profiles.contains(&run.score.profile.as_str()) {
            profiles.push(&run.score.profile);
        }
    }
    let mut summary = Summary {
        experiment: first.experiment.clone(),
        study,
        scenario: first.scenario.clone(),
        data: first.data.clone(),
        protocol: record.map(|record| record.protocol),
        profile: match profiles.join(" and ") {
            profiles if profiles.is_empty() => "unknown".to_owned(),
            profiles => profiles,
        },
        settings: record.into_iter().flat_map(changes).cloned().collect(),
        changes: record.and_then(|record| Some(of_runs(record.changes.as_ref()?, record.seeds.is_some(), &runs))),
        declared_seeds: record.and_then(|record| record.seeds),
        declared: record.and_then(|record| record.runs),
        cells: if study == Study::Transfer {
            (span(&runs, |score| score.train_cells), span(&runs, |score| score.test_cells))
        } else {
            (whole.train_cells.to_string(), whole.test_cells.to_string())
        },
        lives: lives::words(&runs),
        removed: Vec::new(),
        description: record.map_or_else(String::new, |record| record.description.clone()),
        analysis: record.map_or_else(String::new, |record| record.analysis.clone()),
        rows: Vec::new(),
        expectations: Vec::new(),
        runs,
    };
    let is_comparable = summary.is_comparable();
    for run in &summary.runs {
        if !summary.rows.iter().any(|row| row.model == run.score.model && row.variant == run.score.variant) {
            summary.rows.push(row(&summary.runs, run, study, is_comparable));
        }
    }
    summary.expectations = record.map_or_else(Vec::new, |record| verdicts(record, &summary));
    summary
}

/// The settings of an experiment that make it another one; with other seeds it is the same.
fn changes(record: &ExperimentRecord) -> impl Iterator<Item = &String> {
    record.settings.iter().filter(|setting| !setting.starts_with("seeds="))
}

/// The changes that these runs depend on. Fewer seeds are counted by the rows where it is known how many there should be.
fn of_runs(changes: &[Change], are_seeds_known: bool, runs: &[Run]) -> Vec<Change> {
    let is_here = |model: &String| runs.iter().any(|run| run.score.model == *model);
    let is_fewer_seeds = |change: &Change| change.what == "seeds" && change.is_part();
    changes
        .iter()
        .filter(|change| change.model.as_ref().is_none_or(is_here) && !(are_seeds_known && is_fewer_seeds(change)))
        .cloned()
        .collect()
}

/// `21`, or `1 to 16` where the runs differ.
fn span(runs: &[Run], of: fn(&Score) -> usize) -> String {
    lives::span(runs.iter().map(|run| of(&run.score)))
}

fn verdicts(record: &ExperimentRecord, summary: &Summary) -> Vec<Verdict> {
    record
        .expect
        .iter()
        // what is expected is what the authors found by their protocol
        .filter(|_| record.protocol == Protocol::Faithful || record.study == Study::Transfer)
        .filter(|expectation| expectation.data.to_string() == summary.data)
        // of a quick look nothing is to be concluded, whoever expects it
        .filter(|expectation| summary.profile == AS_WRITTEN && expectation.profile == AS_WRITTEN)
        .filter(|_| changes(record).next().is_none())
        .filter_map(|expectation| {
            let row =
                summary.rows.iter().find(|row| row.model == expectation.model && row.variant == expectation.variant)?;
            let spread = match expectation.metric {
                Metric::Rmse => row.rmse,
                Metric::Mae => row.mae,
                Metric::Mape => row.mape,
            };
            Some(Verdict { expectation: expectation.clone(), found: spread.map(|spread| spread.mean) })
        })
        .collect()
}

fn row(runs: &[Run], of: &Run, study: Study, is_comparable: bool) -> Row {
    let Score { model, variant, scenario, .. } = &of.score;
    let own = || runs.iter().map(|run| &run.score).filter(|score| score.model == *model && score.variant == *variant);
    let spread = |measure: fn(&Metrics) -> f64| {
        Spread::new(&own().filter_map(|score| score.metrics.as_ref()).map(measure).collect::<Vec<_>>())
    };
    let failures: Vec<String> =
        own().filter(|score| score.metrics.is_none()).map(|score| score.status.to_string()).collect();
    let channels = runs
        .iter()
        .filter(|run| run.score.model == *model && run.score.variant == *variant)
        .find_map(|run| run.channels.as_deref());
    let paper =
        |metric| is_comparable.then(|| counterpart(study, scenario, model, variant, channels, metric)).flatten();
    Row {
        model: model.clone(),
        variant: variant.clone(),
        rmse: spread(|metrics| metrics.rmse),
        mae: spread(|metrics| metrics.mae),
        mape: spread(|metrics| metrics.mape),
        failed: failures.first().map(|reason| (failures.len(), reason.clone())),
        published_rmse: paper("rmse"),
        published_mae: paper("mae"),
        published_mape: paper("mape"),
    }
}

/// The published number that a row of a study stands beside.
fn counterpart(
    study: Study,
    scenario: &str,
    model: &str,
    variant: &str,
    channels: Option<&[Channel]>,
    metric: &str,
) -> Option<&'static Published> {
    let arm = published_arm(variant)?;
    let is_plain = arm.is_empty();
    let has_all_channels = channels.is_none_or(|channels| channels.len() == Channel::ALL.len());
    match study {
        Study::Transfer => published("transfer", scenario, model, variant, metric),
        // one of several counts or weights: the paper has medians, which the study's own table shows
        Study::References | Study::Alpha | Study::ReferenceStudy => None,
        Study::Features => published("features", scenario, model, feature_space(channels?)?, metric),
        // with fewer channels only the feature ablation of the whole model is comparable
        _ if !has_all_channels && is_plain => published("features", scenario, model, feature_space(channels?)?, metric),
        _ if !has_all_channels => None,
        Study::Scenario if is_plain => published("scenario", scenario, model, "", metric),
        Study::Scenario | Study::Branches => published("branches", scenario, model, arm, metric),
    }
}

/// The arm of the paper that a variant is; the paper has no counterpart of arms that differ from BatLiNet in the branch
/// only (`clean:intra_only`).
fn published_arm(variant: &str) -> Option<&str> {
    match variant.split_once(':') {
        None if ["default", "both"].contains(&variant) => Some(""),
        None => Some(variant),
        Some(("faithful", arm)) => Some(arm),
        Some(_) => None,
    }
}

/// The name under which the paper's feature ablation has these channels.
pub fn feature_space(channels: &[Channel]) -> Option<&'static str> {
    use Channel::{ChargeCurrent, ChargeVoltage, DischargeCurrent, DischargeVoltage};
    let is = |set: &[Channel]| channels.len() == set.len() && set.iter().all(|channel| channels.contains(channel));
    let spaces: [(&str, &[Channel]); 6] = [
        ("all", &Channel::ALL),
        ("raw", &[ChargeVoltage, DischargeVoltage, ChargeCurrent, DischargeCurrent]),
        ("voltage", &[ChargeVoltage, DischargeVoltage]),
        ("current", &[ChargeCurrent, DischargeCurrent]),
        ("charge", &[ChargeVoltage, ChargeCurrent]),
        ("discharge", &[DischargeVoltage, DischargeCurrent]),
    ];
    spaces.into_iter().find(|(_, set)| is(set)).map(|(name, _)| name)
}

#[cfg(test)]
pub(crate) mod tests {
    use serde_json::json;

    use super::*;
    use cells::{cell::Origin, label::Tally};
    use record::{LifeBases, Protocol, Status, Study};

    pub(crate) fn run(model: &str, seed: u64, rmse: f64, data: &str) -> Run {
        Run::bare(score(model, seed, rmse, data))
    }

    pub(crate) fn variant(variant: &str, mut run: Run) -> Run {
        run.score.variant = variant.to_owned();
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
            data: data.to_owned(),
            model: model.to_owned(),
            variant: String::new(),
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
            protocol: "faithful".to_owned(),
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
                variant: String::new(),
                metric: Metric::Rmse,
                value: 398.82,
                tolerance: 0.01,
                source: "spec".to_owned(),
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
        let discharge = Run { channels: Some(vec![Channel::DischargeVoltage, Channel::DischargeCurrent]), ..whole };
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
        assert!(origin_notice(&summaries[1..]).contains("not shown"));
    }

    #[test]
    fn channels_are_read_from_the_identity_of_a_feature() {
        let map = features::feature::CapacityMap { channels: vec![Channel::Resistance], ..Default::default() };
        let identity = features::feature::FeatureSpec::CapacityMap(map).identity();
        assert_eq!(channels(&serde_json::json!({ "feature": identity })), Some(vec![Channel::Resistance]));
        assert_eq!(channels(&serde_json::json!({ "feature": null })), None);
        assert_eq!(feature_space(&Channel::ALL), Some("all"));
        assert_eq!(feature_space(&[Channel::Resistance]), None);
    }
}
