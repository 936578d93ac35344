//! Running a plan: experiments one after another, their runs side by side, a record on disk after each.

use std::{
    collections::{HashSet, VecDeque},
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::{self, Builder},
    time::Duration,
};

pub use super::options::Options;
use super::{
    choice::opinions::Opinions,
    company::Company,
    doubts,
    entry::{ModelSpec, TrainedOn},
    former,
    job::{Job, Worker},
    library::Library,
    memory::{self, Memory, gigabytes},
    plan::{Plan, Run, State},
    progress::Reporter,
    publish::Publisher,
};
use crate::Error;
use cells::{label::LabelRule, lock, source::CellSource, whole_file};
use features::{
    feature::FeatureSpec,
    samples::{self, Samples},
};
use record::{
    ExperimentRecord, RunRecord, Status,
    files::{self, run_folder},
};

/// Before what another process is at is looked at again.
const WAIT: Duration = Duration::from_millis(100);

/// How the work went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Runs made now, well or not.
    pub made: usize,
    /// Of these, runs that trained nothing: they asked a model of another run, or are made of others.
    pub reused: usize,
    /// Runs that were there already.
    pub kept: usize,
    /// Runs asked for that have no numbers.
    pub without_numbers: usize,
    /// Runs that were in the scores and are not any more, since the experiments have changed.
    pub outdated: usize,
}

/// Makes every selected run that is not done yet, and writes records, scores and predictions.
///
/// # Errors
/// [`Error::Stopped`] if `options.stop` was set; [`Error::FirstFailure`] if `options.fail_fast` is and a run has no numbers;
/// [`Error::Record`] if something cannot be written; [`Error::Threads`]. What is finished counts all the same.
pub fn execute(plans: &[Plan], source: &dyn CellSource, options: &Options<'_>) -> Result<Tally, Error> {
    // what is made must be published: not found out after hours
    tables::threads::begin()?;
    let left =
        ["", "runs", "experiments", "pretrained", "bundles"].map(|name| whole_file::clean(&options.out.join(name)));
    lock::clean(&options.out.join(lock::FOLDER));
    let company = Company::of(plans);
    let taken_over = former::take_over(plans, options.out)?;
    let pending = pending(plans, options.retry_failed);
    // of a hundred thousand runs, what they have trained is read where somebody may want it
    let library = if pending.iter().all(Vec::is_empty) {
        Library::empty(options.out)
    } else {
        Library::open(options.out, options.retry_failed)
    };
    let demand = library.demand(with_plans(plans, &pending));
    let reporter = Reporter::new(demand.runs);
    for path in left.iter().flatten() {
        reporter.say(&format!("{}: left by a process that was ended while it wrote; removed", path.display()));
    }
    if demand.runs > 0 && !files::lock(options.out, "scores")?.is_held() {
        reporter.say(&format!(
            "{}: this file system knows no locks, so only one process at a time may work in this folder",
            options.out.display()
        ));
    }
    if taken_over > 0 {
        reporter.say(&format!("{taken_over} runs of an older program are kept in format 2 now, under other keys"));
    }
    if demand.runs > 0 {
        reporter.say(&demand.to_string());
    }
    let reused = AtomicUsize::new(0);
    let mut publisher = Publisher::new(plans, source.origin(), options);
    for (place, (plan, pending)) in plans.iter().zip(&pending).enumerate() {
        let record = ExperimentRecord {
            name: plan.experiment().name.clone(),
            scenario: plan.experiment().scenario.clone(),
            study: plan.experiment().study,
            data: source.origin(),
            profile: options.profile.to_owned(),
            settings: options.settings.to_vec(),
            changes: plan.declared.changes.clone(),
            seeds: plan.declared.seeds,
            runs: Some(plan.runs.len()),
            config_hash: plan.declared.config_hash.clone(),
            protocol: plan.experiment().protocol,
            description: plan.experiment().description.clone(),
            analysis: plan.experiment().analysis.clone(),
            expect: plan.experiment().expect.clone(),
        };
        record.write(options.out)?;
        plan.declared.notes.iter().for_each(|note| reporter.say(&format!("{}: {note}", plan.experiment().name)));
        let doubtful = doubts::of(&plan.split, source, !pending.is_empty())?;
        doubts::tell(&plan.experiment().name, &doubtful, &reporter);
        let (doubtful, library, reporter, reused, company) = (&doubtful, &library, &reporter, &reused, &company);
        let worker = Worker { plan, source, options, library, reporter, reused, company, doubtful };
        let outcome = Campaign { worker }.run(pending);
        // also after a failure: what is finished counts
        let said = |line: &str| reporter.say(line);
        if outcome.is_err() || place + 1 == plans.len() || (!pending.is_empty() && publisher.is_due()) {
            publisher.publish(&said)?;
        }
        outcome?;
    }
    let finished = reporter.finished() - company.count();
    drop(reporter);
    let selected = || plans.iter().flat_map(|plan| &plan.runs).filter(|run| run.selected);
    let mut failed = 0;
    for run in selected() {
        let is_ok = match publisher.is_ok(&run.key) {
            Some(is_ok) => is_ok,
            // what is wrong with it
            None => RunRecord::read(&run_folder(options.out, &run.key))?.status == Status::Ok,
        };
        failed += usize::from(!is_ok);
    }
    let reused = reused.into_inner();
    // one run may be in several experiments
    let kept = selected().map(|run| &run.key).collect::<HashSet<_>>().len().saturating_sub(finished);
    Ok(Tally { made: finished, reused, kept, without_numbers: failed, outdated: publisher.outdated() })
}

/// The runs of each plan that are to be made; runs of the same key, in whatever experiment, are one.
pub fn pending(plans: &[Plan], retry_failed: bool) -> Vec<Vec<&Run>> {
    let mut seen = HashSet::new();
    let is_pending = |run: &&Run| is_pending(run, retry_failed);
    plans
        .iter()
        .map(|plan| plan.runs.iter().filter(is_pending).filter(|run| seen.insert(run.key.as_str())).collect())
        .collect()
}

/// Whether a run is asked for and is to be made.
pub(super) fn is_pending(run: &Run, retry_failed: bool) -> bool {
    run.selected
        && match run.state {
            State::New | State::Stale(_) => true,
            State::Failed(_) => retry_failed,
            State::Done | State::Former(_) => false,
        }
}

/// Each run of [`pending`] with its plan.
pub fn with_plans<'a>(plans: &'a [Plan], pending: &[Vec<&'a Run>]) -> impl Iterator<Item = (&'a Plan, &'a Run)> {
    plans.iter().zip(pending).flat_map(|(plan, runs)| runs.iter().map(move |&run| (plan, run)))
}

/// Works through the pending runs of one experiment.
struct Campaign<'a> {
    worker: Worker<'a>,
}

/// Runs that share a label rule and a feature set, or read none.
struct Group<'a> {
    rule: &'a LabelRule,
    feature: Option<&'a FeatureSpec>,
    runs: Vec<&'a Run>,
}

impl Campaign<'_> {
    fn run(&self, pending: &[&Run]) -> Result<(), Error> {
        let (made, trained): (Vec<&Run>, Vec<&Run>) = pending.iter().partition(|run| self.worker.plan.is_made(run));
        self.train(&trained)?;
        // in the order of the file, which is that in which they need one another
        let Worker { plan, source, options, .. } = self.worker;
        let opinions = Opinions::of(plan, options.out, source, options.jobs);
        made.into_iter().try_for_each(|run| {
            self.check_stop()?;
            self.worker.make_of_others(run, &opinions)
        })
    }

    fn train(&self, pending: &[&Run]) -> Result<(), Error> {
        let mut groups = self.groups(pending);
        while !groups.is_empty() {
            self.check_stop()?;
            // all feature sets of one label rule come out of one pass over the cells
            let rule = groups[0].rule;
            let (now, later): (Vec<Group<'_>>, Vec<Group<'_>>) =
                groups.into_iter().partition(|group| group.rule == rule);
            groups = later;
            let built = self.build(&now);
            self.check_stop()?;
            let mut jobs: Vec<Job<'_>> =
                now.iter().zip(&built).flat_map(|(group, samples)| Job::of(&group.runs, samples)).collect();
            jobs.sort_by_key(Job::position);
            if let Some(samples) = built.iter().find_map(|samples| samples.as_ref().ok()) {
                self.tell_removed(samples);
                self.tell_uncounted(samples);
                self.tell_repeated_references(pending, samples);
            }
            self.side_by_side(&jobs)?;
        }
        Ok(())
    }

    fn groups<'a>(&'a self, pending: &[&'a Run]) -> Vec<Group<'a>> {
        let experiment = self.worker.plan.experiment();
        let mut groups: Vec<Group<'a>> = Vec::new();
        for &run in pending {
            let entry = &experiment.models[run.entry];
            let feature = entry.reads().and_then(|name| experiment.feature(name));
            let rule = experiment.rule(entry);
            match groups.iter_mut().find(|group| group.rule == rule && group.feature == feature) {
                Some(group) => group.runs.push(run),
                None => groups.push(Group { rule, feature, runs: vec![run] }),
            }
        }
        groups
    }

    /// Samples per group, or why there are none.
    fn build(&self, groups: &[Group<'_>]) -> Vec<Result<Samples, String>> {
        let features: Vec<FeatureSpec> = groups.iter().filter_map(|group| group.feature.cloned()).collect();
        let mut with_features =
            if features.is_empty() { Vec::new() } else { self.build_features(groups[0].rule, &features) };
        let without = |known: &[Result<Samples, String>]| match known.iter().find_map(|samples| samples.as_ref().ok()) {
            Some(samples) => Ok(samples.without_features()),
            None => {
                samples::lives(self.worker.source, &self.worker.plan.split, groups[0].rule, self.worker.options.jobs)
                    .map_err(|failure| failure.to_string())
            }
        };
        if let Some(place) = groups.iter().position(|group| group.feature.is_none()) {
            let lives = without(&with_features);
            with_features.insert(place, lives);
        }
        with_features
    }

    /// Samples per feature, or why there are none.
    fn build_features(&self, rule: &LabelRule, features: &[FeatureSpec]) -> Vec<Result<Samples, String>> {
        let build = |features: &[FeatureSpec]| {
            samples::build(self.worker.source, &self.worker.plan.split, rule, features, self.worker.options.jobs)
        };
        match build(features) {
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
        let of_test = samples.removed.iter().filter(|(id, _)| self.worker.plan.split.test.contains(id)).count();
        let (id, reason) = &samples.removed[0];
        let [train, test] = self.worker.plan.experiment().parts();
        self.worker.reporter.say(&format!(
            "{}: {} {train} and {of_test} {test} cells of the split take no part, such as {id} ({reason}); all are in the records",
            self.worker.plan.experiment().name,
            samples.removed.len() - of_test,
        ));
    }

    /// Lives that a cleaning rule made shorter, or longer, than the cells lived.
    fn tell_uncounted(&self, samples: &Samples) {
        if let Some((id, uncounted)) = samples.uncounted.first() {
            self.worker.reporter.say(&format!(
                "{}: of {} cells with a life, cycles were dropped as outliers that it does not count, such as {id} ({}); \
                 `--set protocol=honest` counts them",
                self.worker.plan.experiment().name,
                samples.uncounted.len(),
                uncounted.short()
            ));
        }
    }

    /// The paper's draws are with replacement; where there are more of them than cells, nobody should take them for others.
    fn tell_repeated_references(&self, pending: &[&Run], samples: &Samples) {
        let entries = pending.iter().map(|run| &self.worker.plan.experiment().models[run.entry]);
        let drawn = entries.filter(|entry| entry.trained_on == TrainedOn::Target);
        let most = drawn.filter_map(|entry| match &entry.model {
            ModelSpec::BatLiNet(parameters) if parameters.inter_cell => Some(parameters.references_test),
            _ => None,
        });
        let cells = samples.train.ids.len();
        if let Some(most) = most.max().filter(|&most| most > cells) {
            self.worker.reporter.say(&format!(
                "{}: {most} references are asked for and there are {cells} training cells; references are drawn with \
                 replacement, so some count more than once",
                self.worker.plan.experiment().name
            ));
        }
    }

    fn side_by_side(&self, jobs: &[Job<'_>]) -> Result<(), Error> {
        // what another process is at comes back to the end, to be tried again
        let queue: Mutex<VecDeque<(&Job<'_>, bool)>> = Mutex::new(jobs.iter().map(|job| (job, false)).collect());
        let queue = || queue.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let broken: Mutex<Option<Error>> = Mutex::new(None);
        let halt = AtomicBool::new(false);
        let asked = self.worker.options.jobs.clamp(1, jobs.len().max(1));
        let memory = Memory::of(self.worker.plan);
        let free = memory::free();
        let workers = asked.min(free.map_or(usize::MAX, |free| memory.fitting(free)));
        if workers < asked {
            self.worker.reporter.say(&format!(
                "{}: {workers} side by side instead of {asked}: a run needs up to {} of memory, and {} are free",
                self.worker.plan.experiment().name,
                gigabytes(memory.run),
                gigabytes(free.unwrap_or(0))
            ));
        }
        let cores = thread::available_parallelism().map_or(1, usize::from);
        // where there are fewer runs than cores, a run may use several: our own engine gives the same bits for any number
        let threads = (cores / workers).max(1);
        let worker = || {
            // libtorch gets one thread per run: with more, it splits sums differently and the last digits change
            tch::set_num_threads(1);
            while !halt.load(Ordering::Relaxed) && !self.worker.options.stop.load(Ordering::Relaxed) {
                let next = queue().pop_front();
                let Some((job, is_tried)) = next else { break };
                if is_tried {
                    thread::sleep(WAIT);
                }
                match self.worker.make_alone(job, threads) {
                    Ok(true) => {}
                    Ok(false) => queue().push_back((job, true)),
                    Err(failure) => {
                        halt.store(true, Ordering::Relaxed);
                        broken.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).get_or_insert(failure);
                    }
                }
            }
        };
        thread::scope(|scope| {
            let started = (0..workers).take_while(|_| Builder::new().spawn_scoped(scope, worker).is_ok()).count();
            // where the system gives no more threads
            if started == 0 {
                worker();
            }
        });
        self.check_stop()?;
        match broken.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner()) {
            Some(failure) => Err(failure),
            None => Ok(()),
        }
    }

    fn check_stop(&self) -> Result<(), Error> {
        if !self.worker.options.stop.load(Ordering::Relaxed) {
            return Ok(());
        }
        Err(Error::Stopped {
            finished: self.worker.reporter.finished(),
            total: self.worker.reporter.total(),
            out: self.worker.options.out.to_owned(),
        })
    }
}
