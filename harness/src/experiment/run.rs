//! Running a plan: experiments one after another, their runs side by side, a record on disk after each.

use std::{
    any::Any,
    collections::HashSet,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

use baselines::{ModelError, Weights};

use super::{
    plan::{Plan, Run, State, run_folder},
    progress::Reporter,
    train::{self, Outcome, TrainError},
};
use crate::{
    failure::Failure,
    feature::FeatureSpec,
    label::LabelRule,
    record::{ExperimentRecord, Fit, Prediction, Removed, RunRecord, Seconds, Status, Versions},
    samples::{self, Samples},
    source::Source,
    statistics::Metrics,
};

/// How to run.
pub struct Options<'a> {
    /// Output folder.
    pub out: &'a Path,
    /// Where networks compute.
    pub device: tch::Device,
    /// Runs side by side; also the workers that build features.
    pub jobs: usize,
    /// Whether the first failed run ends the work.
    pub fail_fast: bool,
    /// Whether runs that failed before are tried again.
    pub retry_failed: bool,
    /// Name of the profile.
    pub profile: &'a str,
    /// `--set` options, for the record.
    pub settings: &'a [String],
    /// Set by Ctrl-C.
    pub stop: &'a AtomicBool,
}

/// How the work went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Runs made now, well or not.
    pub made: usize,
    /// Runs that were there already.
    pub kept: usize,
    /// Runs asked for that have no numbers.
    pub without_numbers: usize,
}

/// Makes every selected run that is not done yet, and writes records, scores and predictions.
///
/// # Errors
/// [`Failure::RunsFailed`] after all work if some selected run has no numbers; [`Failure::Interrupted`] if
/// `options.stop` was set; [`Failure::Usage`] if something cannot be written.
pub fn execute(plans: &[Plan], source: &dyn Source, options: &Options<'_>) -> Result<Tally, Failure> {
    let is_pending = |run: &&Run| {
        run.selected
            && match run.state {
                State::New | State::Stale(_) => true,
                State::Failed(_) => options.retry_failed,
                State::Done => false,
            }
    };
    let mut seen = HashSet::new();
    // runs of the same key, in whatever experiment, are one piece of work
    let pending: Vec<Vec<&Run>> = plans
        .iter()
        .map(|plan| plan.runs.iter().filter(is_pending).filter(|run| seen.insert(run.key.clone())).collect())
        .collect();
    let reporter = Reporter::new(seen.len());
    for (plan, pending) in plans.iter().zip(&pending) {
        let record = ExperimentRecord {
            name: plan.experiment().name.clone(),
            scenario: plan.experiment().scenario.clone(),
            study: plan.experiment().study,
            data: source.origin(),
            profile: options.profile.to_owned(),
            settings: options.settings.to_vec(),
            config_hash: plan.declared.config_hash.clone(),
            protocol: plan.experiment().protocol,
            description: plan.experiment().description.clone(),
            analysis: plan.experiment().analysis.clone(),
            expect: plan.experiment().expect.clone(),
        };
        record.write(options.out)?;
        let outcome = Worker { plan, source, options, reporter: &reporter }.run(pending);
        // also after a failure: what is finished counts
        super::publish::publish(plans, source.origin(), options.profile, options.out)?;
        outcome?;
    }
    let finished = reporter.finished();
    drop(reporter);
    let selected = || plans.iter().flat_map(|plan| &plan.runs).filter(|run| run.selected);
    let mut failed = 0;
    for run in selected() {
        failed += usize::from(RunRecord::read(&run_folder(options.out, &run.key))?.status != Status::Ok);
    }
    Ok(Tally { made: finished, kept: selected().count().saturating_sub(finished), without_numbers: failed })
}

/// Works through the pending runs of one experiment.
struct Worker<'a> {
    plan: &'a Plan,
    source: &'a dyn Source,
    options: &'a Options<'a>,
    reporter: &'a Reporter,
}

/// Runs that share a label rule and a feature set.
struct Group<'a> {
    rule: &'a LabelRule,
    feature: &'a FeatureSpec,
    runs: Vec<&'a Run>,
}

impl Worker<'_> {
    fn run(&self, pending: &[&Run]) -> Result<(), Failure> {
        let mut groups = self.groups(pending)?;
        while !groups.is_empty() {
            self.check_stop()?;
            // all feature sets of one label rule come out of one pass over the cells
            let rule = groups[0].rule;
            let (now, later): (Vec<Group<'_>>, Vec<Group<'_>>) =
                groups.into_iter().partition(|group| group.rule == rule);
            groups = later;
            let built = self.build(&now);
            self.check_stop()?;
            let mut work: Vec<(&Run, &Result<Samples, String>)> = now
                .iter()
                .zip(&built)
                .flat_map(|(group, samples)| group.runs.iter().map(move |run| (*run, samples)))
                .collect();
            work.sort_by_key(|(run, _)| (run.entry, run.seed));
            if let Some(samples) = built.iter().find_map(|samples| samples.as_ref().ok()) {
                self.tell_removed(samples);
            }
            self.side_by_side(&work)?;
        }
        Ok(())
    }

    fn groups<'a>(&'a self, pending: &[&'a Run]) -> Result<Vec<Group<'a>>, Failure> {
        let experiment = self.plan.experiment();
        let lightest = experiment
            .features
            .iter()
            .map(|(_, feature)| feature)
            .min_by_key(|feature| feature.shape().iter().product::<usize>());
        let mut groups: Vec<Group<'a>> = Vec::new();
        for &run in pending {
            let entry = &experiment.models[run.entry];
            let feature = match &entry.feature {
                Some(name) => experiment.feature(name),
                // the training mean looks at labels only, so any feature will do
                None => lightest,
            };
            let feature = feature.ok_or_else(|| {
                Failure::Usage(format!("experiment {}: give at least one feature set", experiment.name))
            })?;
            let rule = experiment.rule(entry);
            match groups.iter_mut().find(|group| group.rule == rule && group.feature == feature) {
                Some(group) => group.runs.push(run),
                None => groups.push(Group { rule, feature, runs: vec![run] }),
            }
        }
        Ok(groups)
    }

    /// Samples per group, or why there are none.
    fn build(&self, groups: &[Group<'_>]) -> Vec<Result<Samples, String>> {
        let features: Vec<FeatureSpec> = groups.iter().map(|group| group.feature.clone()).collect();
        let build = |features: &[FeatureSpec]| {
            samples::build(self.source, &self.plan.split, groups[0].rule, features, self.options.jobs)
        };
        match build(&features) {
            Ok(samples) => samples.into_iter().map(Ok).collect(),
            Err(failure) if features.len() == 1 => vec![Err(failure.to_string())],
            // one feature set that the cells cannot give must not take the models of the others with it
            Err(_) => features
                .iter()
                .map(|feature| {
                    let mut samples = build(std::slice::from_ref(feature)).map_err(|failure| failure.to_string())?;
                    samples.pop().ok_or_else(|| "no samples were built".to_owned())
                })
                .collect(),
        }
    }

    fn tell_removed(&self, samples: &Samples) {
        if samples.removed.is_empty() {
            return;
        }
        let test = samples.removed.iter().filter(|(id, _)| self.plan.split.test.contains(id)).count();
        let (id, reason) = &samples.removed[0];
        self.reporter.say(&format!(
            "{}: {} training and {test} test cells of the split take no part, such as {id} ({reason}); all are in the records",
            self.plan.experiment().name,
            samples.removed.len() - test,
        ));
    }

    fn side_by_side(&self, work: &[(&Run, &Result<Samples, String>)]) -> Result<(), Failure> {
        let next = AtomicUsize::new(0);
        let broken: Mutex<Option<Failure>> = Mutex::new(None);
        let halt = AtomicBool::new(false);
        let workers = self.options.jobs.clamp(1, work.len().max(1));
        let cores = thread::available_parallelism().map_or(1, usize::from);
        // where there are fewer runs than cores, a run may use several: our own engine gives the same bits for any number
        let threads = (cores / workers).max(1);
        let worker = || {
            // libtorch gets one thread per run: with more, it splits sums differently and the last digits change
            tch::set_num_threads(1);
            while !halt.load(Ordering::Relaxed) && !self.options.stop.load(Ordering::Relaxed) {
                let Some((run, samples)) = work.get(next.fetch_add(1, Ordering::Relaxed)) else { break };
                if let Err(failure) = self.one(run, samples, threads) {
                    halt.store(true, Ordering::Relaxed);
                    broken.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).get_or_insert(failure);
                }
            }
        };
        thread::scope(|scope| {
            for _ in 0..workers {
                scope.spawn(worker);
            }
        });
        self.check_stop()?;
        match broken.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner()) {
            Some(failure) => Err(failure),
            None => Ok(()),
        }
    }

    /// Makes one run and writes its record.
    fn one(&self, run: &Run, samples: &Result<Samples, String>, threads: usize) -> Result<(), Failure> {
        let label = self.plan.label(run);
        let mut record = self.blank(run);
        let mut weights = None;
        match samples {
            Err(reason) => record.status = Status::Failed(one_line(reason)),
            Ok(samples) => {
                let progress = self.reporter.begin(&label, self.options.stop);
                let entry = &self.plan.experiment().models[run.entry];
                let drawn = entry.target_cells.map(|_| samples.drawn(&self.plan.cells(entry, run.seed)));
                let source = drawn.as_ref().map(|_| &samples.train);
                let samples = drawn.as_ref().unwrap_or(samples);
                let end =
                    attempt(|| train::train(entry, samples, source, run.seed, self.options.device, threads, &progress));
                drop(progress);
                describe(&mut record, samples);
                match end {
                    End::Interrupted => return Ok(()),
                    End::Without(status) => record.status = status,
                    End::With(outcome) => weights = conclude(&mut record, samples, outcome),
                }
            }
        }
        record.write(&run_folder(self.options.out, &run.key), weights.as_ref())?;
        self.reporter.end(&format!("{label}: {}", summary(&record)));
        if self.options.fail_fast && record.status != Status::Ok {
            return Err(Failure::RunsFailed(format!("{label}: {}; stopped at the first failure", record.status)));
        }
        Ok(())
    }

    fn blank(&self, run: &Run) -> RunRecord {
        let entry = &self.plan.experiment().models[run.entry];
        let device = if entry.model.is_network() { self.options.device } else { tch::Device::Cpu };
        let cells = self.plan.cells(entry, run.seed);
        RunRecord {
            key: run.key.clone(),
            train_key: run.ingredients.train_key(),
            ingredients: run.ingredients.clone(),
            status: Status::Diverged,
            model: entry.model.name().to_owned(),
            seed: run.seed,
            data: self.source.origin(),
            device: match device {
                tch::Device::Cuda(index) => format!("cuda:{index}"),
                _ => "cpu".to_owned(),
            },
            config_hash: self.plan.declared.config_hash.clone(),
            versions: Versions::current(),
            train: cells.train.clone(),
            removed: Vec::new(),
            metrics: None,
            fit: Fit::default(),
            seconds: Seconds::default(),
            predictions: Vec::new(),
            test_cells: cells.test.len(),
        }
    }

    fn check_stop(&self) -> Result<(), Failure> {
        if !self.options.stop.load(Ordering::Relaxed) {
            return Ok(());
        }
        Err(Failure::Interrupted(format!(
            "stopped: {} of {} runs are finished and kept in {}; the same command goes on from there",
            self.reporter.finished(),
            self.reporter.total(),
            self.options.out.display()
        )))
    }
}

/// How an attempt at a run ended.
enum End {
    With(Outcome),
    Without(Status),
    Interrupted,
}

/// Makes of every way to fail, a panic included, a reason for the record: other runs go on.
fn attempt(train: impl FnOnce() -> Result<Outcome, TrainError>) -> End {
    match catch_unwind(AssertUnwindSafe(train)) {
        Ok(Ok(outcome)) => End::With(outcome),
        Ok(Err(TrainError::Model(ModelError::Interrupted))) => End::Interrupted,
        Ok(Err(TrainError::Model(ModelError::Diverged { .. }))) => End::Without(Status::Diverged),
        Ok(Err(error)) => End::Without(Status::Failed(one_line(&error.to_string()))),
        Err(panic) => End::Without(Status::Failed(one_line(&format!("panicked: {}", panic_text(&*panic))))),
    }
}

fn describe(record: &mut RunRecord, samples: &Samples) {
    record.train.clone_from(&samples.train.ids);
    record.test_cells = samples.test.ids.len();
    record.removed =
        samples.removed.iter().map(|(cell, reason)| Removed { cell: cell.clone(), reason: reason.clone() }).collect();
}

fn conclude(record: &mut RunRecord, samples: &Samples, outcome: Outcome) -> Option<Weights> {
    record.fit = Fit {
        epochs: outcome.fit.epochs,
        final_loss: outcome.fit.final_loss.filter(|loss| loss.is_finite()),
        restarts: outcome.fit.restarts,
    };
    record.seconds = outcome.seconds;
    if samples.test.ids.is_empty() {
        record.status = Status::Failed("no test cell has a usable label".to_owned());
        return None;
    }
    record.metrics = Metrics::new(&samples.test.lives, &outcome.predicted);
    record.metrics.as_ref()?;
    record.status = Status::Ok;
    let lives = samples.test.lives.iter().zip(&outcome.predicted);
    record.predictions = samples
        .test
        .ids
        .iter()
        .zip(lives)
        .map(|(cell, (&observed, &predicted))| Prediction { cell: cell.clone(), observed, predicted })
        .collect();
    outcome.weights
}

fn summary(record: &RunRecord) -> String {
    let seconds = record.seconds.fit + record.seconds.predict;
    match &record.metrics {
        Some(metrics) => format!("RMSE {:.1} cycles, MAPE {:.1} % ({seconds:.1} s)", metrics.rmse, metrics.mape),
        None => record.status.to_string(),
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("for an unknown reason")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_fail_becomes_a_reason() {
        let status = |train: fn() -> Result<Outcome, TrainError>| match attempt(train) {
            End::Without(status) => status,
            End::With(_) | End::Interrupted => Status::Ok,
        };
        assert_eq!(
            status(|| panic!("index 3 is\n out of range")).to_string(),
            "failed: panicked: index 3 is out of range"
        );
        assert_eq!(status(|| Err(ModelError::NotFitted.into())).to_string(), "failed: the model has not been fitted");
        assert_eq!(status(|| Err(ModelError::Diverged { epoch: 1, loss: f64::NAN }.into())), Status::Diverged);
        assert!(matches!(attempt(|| Err(ModelError::Interrupted.into())), End::Interrupted));
    }
}
