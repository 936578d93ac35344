//! Scores gathered per experiment: means and spreads over seeds, published numbers, expectations.

mod counterpart;
mod gather;
mod notice;

use cells::count::counted;
use itertools::Itertools as _;

use super::{made::Made, published::PublishedNumber};
use cells::cell::Origin;
use record::{
    AS_WRITTEN, Branches, Change, Doubtful, Expectation, Intervals, Losses, PairPredictions, Prediction, Protocol,
    Removed, Score, Selection, Sides, Study, Values, Variant,
};
use statistics::Spread;

pub use counterpart::feature_space;
pub(crate) use gather::rows;
pub use gather::{summaries, summarise};
pub use notice::notice;

/// One experiment on cells of one origin.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// Name of the experiment.
    pub experiment: String,
    /// The question it answers.
    pub study: Study,
    /// Scenario of the published benchmark.
    pub scenario: String,
    /// Measured or simulated cells.
    pub data: Origin,
    /// Faithful or honest, where its record says so.
    pub protocol: Option<Protocol>,
    /// Profile of its runs.
    pub profile: String,
    /// What `--set` changed in it, other than seeds.
    pub settings: Vec<String>,
    /// What profile and settings changed in it, by value, of what its models depend on; where its record says so.
    pub changes: Option<Vec<Change>>,
    /// What its rows say was changed and its record does not, since that is of another call or not at hand.
    pub said: Vec<String>,
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
    /// Cells of the split of which something may be wrong.
    pub doubtful: Vec<Doubtful>,
    /// What is run and why.
    pub description: String,
    /// What to distrust.
    pub analysis: String,
    /// One per model and variant, in the order of the scores.
    pub rows: Vec<Row>,
    /// Its runs, in the order of the scores.
    pub runs: Vec<Run>,
    /// Test cells that the published numbers of its scenario are not of.
    pub strangers: Vec<String>,
    /// Keys of runs whose folders are gone, while those of others are there.
    pub gone: Vec<String>,
    /// Of a cross-validation, how many folds the plan of the folder means; none where there is no plan.
    pub planned_folds: Option<usize>,
    /// Runs that the plan of the folder means and that have no row, `svm, seed 0`; nothing where there is no plan.
    pub missing: Vec<String>,
    /// What should have come out; empty for virtual cells unless expected of them.
    pub expectations: Vec<Verdict>,
}

/// One run: its line of scores and, where its folder is at hand, what it predicted.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Its line.
    pub score: Score,
    /// Name of the random streams of its trained model; empty without its folder.
    pub streams: String,
    /// Its test cells; empty without numbers or without its folder.
    pub predictions: Vec<Prediction>,
    /// By its record; without one, what its name tells.
    pub values: Values,
    /// Predictions with one reference at a time, where the run was asked for them.
    pub pairs: Option<PairPredictions>,
    /// What it was made of, where it was made of other runs.
    pub selection: Option<Selection>,
    /// Where its test cells should be, where folds told.
    pub intervals: Option<Intervals>,
    /// Who answered for which test cell, of a hand-over.
    pub sides: Option<Sides>,
    /// How its training went, where it made one and that is at hand.
    pub losses: Option<Losses>,
    /// By what it was made, where its record is at hand.
    pub made: Option<Made>,
    /// Keys of the runs of all folds that it was laid together from; of a run itself there are none.
    pub parts: Vec<String>,
}

impl Run {
    /// A run of which only the line of scores is at hand.
    pub fn bare(score: Score) -> Self {
        let (streams, predictions) = (String::new(), Vec::new());
        let values = Values::of_name(&score.model, &score.variant);
        Self {
            score,
            streams,
            predictions,
            values,
            pairs: None,
            selection: None,
            intervals: None,
            sides: None,
            losses: None,
            made: None,
            parts: Vec::new(),
        }
    }

    /// Keys of the runs that it rests on.
    pub fn keys(&self) -> Vec<String> {
        if self.parts.is_empty() { vec![self.score.key.clone()] } else { self.parts.clone() }
    }
}

/// One model of a summary.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Name of the model.
    pub model: String,
    /// Tells entries of one model apart.
    pub variant: Variant,
    /// Of its first run.
    pub values: Values,
    /// Cycles.
    pub rmse: Option<Spread>,
    /// Cycles.
    pub mae: Option<Spread>,
    /// Percent.
    pub mape: Option<Spread>,
    /// Runs that ended without numbers, with the first reason.
    pub failed: Option<(usize, String)>,
    /// Published, in cycles. Like the others below, absent for virtual cells and quick looks: they must not be compared.
    pub published_rmse: Option<&'static PublishedNumber>,
    /// Published, in cycles.
    pub published_mae: Option<&'static PublishedNumber>,
    /// Published, in percent.
    pub published_mape: Option<&'static PublishedNumber>,
}

impl Row {
    /// `batlinet` or `batlinet intra_only`.
    pub fn name(&self) -> String {
        if self.variant.is_plain() { self.model.clone() } else { format!("{} {}", self.model, self.variant) }
    }

    /// Whether a line of scores is one of its runs.
    pub fn is_of(&self, score: &Score) -> bool {
        score.model == self.model && score.variant == self.variant
    }

    /// Whether it is BatLiNet with both branches, and nothing is varied.
    pub fn is_whole(&self) -> bool {
        self.values.branches == Some(Branches::Both) && self.variant.swept.is_empty()
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
        self.data == Origin::Virtual
    }

    /// The runs of a row, in the order of the scores.
    pub fn runs_of<'a>(&'a self, row: &'a Row) -> impl Iterator<Item = &'a Run> {
        self.runs.iter().filter(|run| row.is_of(&run.score))
    }

    /// How many runs of a row have no numbers. With some, those that have may be the lucky ones, and nothing is said of them.
    pub fn without_numbers(&self, row: &Row) -> usize {
        self.runs_of(row).filter(|run| run.score.metrics.is_none()).count()
    }

    /// Of the models that are not BatLiNet, the one with the least mean RMSE.
    pub fn best_other(&self) -> Option<&Row> {
        let rmse = |row: &&Row| row.rmse.map_or(f64::INFINITY, |spread| spread.mean);
        let others = self.rows.iter().filter(|row| row.model != "batlinet" && row.rmse.is_some());
        others.min_by(|one, other| rmse(one).total_cmp(&rmse(other)))
    }

    /// Keys of the runs whose records are at hand, in the order of the scores.
    pub fn keys(&self) -> Vec<String> {
        let known = self.runs.iter().filter(|run| run.made.is_some());
        known.flat_map(Run::keys).unique().collect()
    }

    /// Name of the experiment and of its cells, for files.
    pub fn slug(&self) -> String {
        format!("{}-{}", self.experiment, self.data)
    }

    /// Whether the schedule is another than the one written down, by profile or by settings: a quick look, from which
    /// nothing follows.
    pub fn is_cut(&self) -> bool {
        self.profile != AS_WRITTEN
            || self.changes.iter().flatten().any(Change::is_cut)
            || self.said.iter().any(|said| Change::is_cut_in_words(said))
    }

    /// Whether published numbers may stand beside these: they are of real cells that were published as a test, of the whole schedule,
    /// and by the authors' protocol.
    pub fn is_comparable(&self) -> bool {
        self.strangers.is_empty() && self.is_done_alike()
    }

    /// Whether they may but for the cells.
    pub fn is_done_alike(&self) -> bool {
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
        differences.extend(self.said.iter().cloned());
        differences.extend(self.fewer_seeds());
        differences
    }

    /// `2 seeds of 8 (cnn, batlinet)`: where a model that draws random numbers has fewer runs than declared.
    fn fewer_seeds(&self) -> Vec<String> {
        let Some(declared) = self.declared_seeds else { return Vec::new() };
        let seeded: Vec<(&Row, usize)> = self
            .rows
            .iter()
            .filter(|row| record::is_drawn(&row.model, &row.variant))
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
        // a number, or the numbers of a transfer
        let of = |count: &str, noun: &str| match count.parse() {
            Ok(count) => counted(count, noun),
            Err(_) => format!("{count} {noun}s"),
        };
        let cells = match &self.lives {
            None => format!("{train} training and {}", of(test, "test cell")),
            Some([of_train, of_test]) => {
                format!("{} ({of_train}) and {} ({of_test})", of(train, "training cell"), of(test, "test cell"))
            }
        };
        format!("{} · {cells} · {} cells · {}", self.experiment, self.data.to_string().to_uppercase(), self.how())
    }
}

/// Whether the published numbers are of this protocol. In a transfer, the preset says whose it is.
fn is_theirs(protocol: Option<Protocol>, study: Study) -> bool {
    protocol != Some(Protocol::Honest) || study == Study::Transfer
}

#[cfg(test)]
pub(crate) mod tests;
