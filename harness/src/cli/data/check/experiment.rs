//! Whether the cells may be split and labelled as an experiment declares.

use std::path::Path;

use itertools::Itertools as _;

use super::Finding;
use super::stored_cells::{StoredCells, uncounted, unknown};
use crate::cli::output::names;
use cells::catalogue;
use cells::count::{counted, counted_with, verb};
use cells::label::{LabelRule, Unreached, Verdict, published};
use cells::split::{Split, one_test};
use experiments::pools::Pools;
use experiments::{Error, Experiment, read};
use features::samples;
use record::AS_WRITTEN;

/// Everything that is to be said of the experiment file `path`.
pub(super) fn findings(path: &Path, cells: &StoredCells) -> Result<Vec<Finding>, Error> {
    let of = |declared: read::Declared| of_one(&declared.experiment, cells);
    Ok(read::read_all(path, AS_WRITTEN, &[])?.into_iter().map(of).collect::<Result<Vec<_>, _>>()?.concat())
}

fn of_one(experiment: &Experiment, cells: &StoredCells) -> Result<Vec<Finding>, Error> {
    let split = match split(experiment) {
        Ok(split) => split,
        // a cell in both parts, an empty part: what reading it says
        Err(error) => return Ok(vec![Finding::Fault(error.to_string())]),
    };
    let subject = Subject { experiment, split: &split, cells };
    let mut findings = subject.unknown();
    findings.extend(subject.leaks());
    for (rule, horizon) in subject.rules() {
        findings.extend(subject.labels(&rule, horizon));
    }
    if !findings.iter().any(|finding| matches!(finding, Finding::Fault(_) | Finding::Missing(_))) {
        let count = subject.ids().count();
        let all = counted_with(count, "cell", ["is", "are"]);
        findings.push(Finding::Note(format!("all {all} here, and may be split and labelled as declared")));
    }
    let name = &experiment.name;
    Ok(findings
        .into_iter()
        .map(|finding| match finding {
            Finding::Fault(text) => Finding::Fault(format!("{name}: {text}")),
            Finding::Missing(text) => Finding::Missing(format!("{name}: {text}")),
            Finding::Note(text) => Finding::Note(format!("{name}: {text}")),
        })
        .collect())
}

fn split(experiment: &Experiment) -> Result<Split, Error> {
    match &experiment.transfer {
        None => Ok(Split::read(&experiment.train_test_split)?),
        Some(draw) => draw.pools(&Pools::read(&experiment.train_test_split)?),
    }
}

struct Subject<'a> {
    experiment: &'a Experiment,
    split: &'a Split,
    cells: &'a StoredCells,
}

impl Subject<'_> {
    fn ids(&self) -> impl Iterator<Item = &str> {
        self.split.train.iter().chain(&self.split.test).map(String::as_str)
    }

    /// Cells of the split that are not here: published ones are missing, others do not exist.
    fn unknown(&self) -> Vec<Finding> {
        let (missing, unknown): (Vec<&str>, Vec<&str>) =
            self.ids().filter(|id| self.cells.get(id).is_none()).partition(|id| catalogue::find(id).is_some());
        let file = self.experiment.train_test_split.display();
        let mut findings: Vec<Finding> = unknown
            .into_iter()
            .map(|id| {
                let hint = self.cells.hint(id);
                Finding::Fault(format!("{file} names {id}, which is neither here nor among the published cells{hint}"))
            })
            .collect();
        if !missing.is_empty() {
            let (count, are) = (counted(missing.len(), "cell"), verb(missing.len(), ["is", "are"]));
            findings.push(Finding::Missing(format!("{count} of {file} {are} not here: {}", names(missing))));
        }
        findings
    }

    /// The same measurements, or the same test, on both sides under two names. (The same name on both sides is no split.)
    fn leaks(&self) -> Vec<Finding> {
        let pairs = self.split.train.iter().cartesian_product(&self.split.test);
        let leak = |(train, test): (&String, &String)| match () {
            () if self.cells.are_twins(train, test) => {
                Some(format!("the test cell {test} holds the very same measurements as the training cell {train}"))
            }
            () => self.cells.are_one_test(train, test).then(|| one_test(test, train)),
        };
        pairs.filter_map(leak).map(Finding::Fault).collect()
    }

    /// Every label rule, with how many cycles the models that are given these labels look at.
    fn rules(&self) -> Vec<(LabelRule, usize)> {
        let mut rules: Vec<(LabelRule, usize)> = Vec::new();
        for entry in &self.experiment.models {
            let feature = entry.feature.as_deref().and_then(|name| self.experiment.feature(name));
            let cycles = feature.map_or(0, |feature| feature.cycles_needed());
            let rule = self.experiment.rule(entry);
            match rules.iter_mut().find(|(known, _)| known == rule) {
                Some((_, horizon)) => *horizon = cycles.max(*horizon),
                None => rules.push((rule.clone(), cycles)),
            }
        }
        rules
    }

    fn labels(&self, rule: &LabelRule, horizon: usize) -> Vec<Finding> {
        let mut findings = Vec::new();
        let [train, test] = self.experiment.parts();
        let mut counts = Vec::new();
        let mut lives: Vec<f64> = Vec::new();
        let mut over: Vec<&str> = Vec::new();
        let mut unlabelled: Vec<String> = Vec::new();
        for (part, ids) in [(train, &self.split.train), (test, &self.split.test)] {
            let seen = || ids.iter().filter_map(|id| self.cells.get(id));
            let mut labelled = 0;
            let mut bases = Vec::new();
            for seen in seen() {
                match rule.judge(&seen.cell) {
                    Ok(Verdict::Life(life)) => {
                        labelled += 1;
                        bases.push(life.basis);
                        lives.push(life.cycles);
                        if life.cycles <= horizon as f64 {
                            over.push(seen.cell.id());
                        }
                    }
                    Ok(Verdict::Removed(_)) => {}
                    Err(failure) => unlabelled.push(failure.to_string()),
                }
            }
            let censored: Vec<&str> = seen().filter(|seen| seen.is_censored(rule)).map(|seen| seen.cell.id()).collect();
            if !censored.is_empty() {
                let what = match rule.unreached {
                    Unreached::Pad => "the number of their cycles plus 2 is taken for it",
                    Unreached::Drop => "they are left out",
                };
                let (count, which) = (censored.len(), names(censored));
                findings.push(Finding::Note(format!(
                    "the life of {count} of {} {part} cells is not known, since {}; {what}: {which}",
                    ids.len(),
                    unknown(rule)
                )));
            }
            counts.push(labelled);
            if part == test
                && let Some(problem) = samples::nothing_observed(&bases, rule)
            {
                findings.push(Finding::Fault(problem));
            }
        }
        findings.extend(uncounted(rule, self.ids().filter_map(|id| self.cells.get(id))));
        let short: Vec<&str> = self
            .ids()
            .filter_map(|id| self.cells.get(id))
            .filter(|seen| seen.held < horizon && matches!(rule.judge(&seen.cell), Ok(Verdict::Life(_))))
            .map(|seen| seen.cell.id())
            .collect();
        if !short.is_empty() {
            let (count, which) = (short.len(), names(short));
            findings.push(Finding::Missing(format!(
                "{} here with fewer than the {horizon} cycles that features read: {which}",
                counted_with(count, "cell", ["is", "are"])
            )));
        }
        if !over.is_empty() {
            let (count, which) = (counted_with(over.len(), "cell", ["ends", "end"]), names(over));
            findings.push(Finding::Fault(format!(
                "{count} within the {horizon} cycles that features read, so that a model sees what it is to \
                 predict: {which}; raise label.minimum"
            )));
        }
        if let Some(first) = unlabelled.first() {
            let more = match unlabelled.len() - 1 {
                0 => String::new(),
                more => format!(" (and so for {more} more)"),
            };
            findings.push(Finding::Fault(format!("{first}{more}")));
        }
        let is_whole = self.ids().all(|id| self.cells.get(id).is_some());
        let range = lives.iter().copied().minmax_by(|a, b| a.total_cmp(b)).into_option();
        if let (Some(theirs), Some((shortest, longest))) = (published::by_rule(&self.experiment.scenario, rule), range)
            && is_whole
            && !self.cells.are_virtual()
        {
            // publishers count a cycle less or more, see `stored_cells::otherwise_published`
            let near = |one: f64, other: f64| (one - other).abs() <= 1.0;
            let same_lives = near(shortest, theirs.shortest) && near(longest, theirs.longest);
            if counts != [theirs.train, theirs.test] || !same_lives {
                findings.push(Finding::Fault(format!(
                    "{} training and {} test cells have lives of {shortest} to {longest} cycles; published are {} and {} \
                     with {} to {}",
                    counts[0], counts[1], theirs.train, theirs.test, theirs.shortest, theirs.longest
                )));
            }
        }
        findings
    }
}
