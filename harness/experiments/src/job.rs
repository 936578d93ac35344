//! One job: the runs of one train key and the same cells, from their training to their records.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicUsize, Ordering},
    time::Instant,
};

use baselines::{Weights, encoder};
use serde_json::Value;

use super::{
    attempt::{End, attempt},
    choice::{
        opinions::Opinions,
        outcome::{Outcome, outcome},
    },
    company::Company,
    entry::Entry,
    library::Library,
    options::Options,
    panics::reason,
    plan::{Plan, Run},
    pretrained::pretraining_key,
    progress::Reporter,
    train::{self, Answer, Material, TrainError, Trained, Workplace},
    values::values,
};
use crate::Error;
use cells::{label::LabelRule, source::CellSource};
use features::samples::{Part, Samples, nothing_observed};
use record::{
    Attachments, Deviations, Doubtful, DrawnReferences, Fit, LifeBases, Losses, PairPredictions, Prediction,
    Provenance, Removed, RunRecord, Seconds, Status, Versions, card, files::run_folder,
};
use statistics::Metrics;

/// Runs that one trained model serves.
pub(super) struct Job<'a> {
    /// At least one.
    runs: Vec<&'a Run>,
    /// Or why there are none.
    samples: &'a Result<Samples, String>,
}

impl<'a> Job<'a> {
    /// The jobs of some runs on the same samples.
    pub(super) fn of(runs: &[&'a Run], samples: &'a Result<Samples, String>) -> Vec<Self> {
        let mut jobs: Vec<Self> = Vec::new();
        let mut places: HashMap<(String, Option<&Value>), usize> = HashMap::new();
        for &run in runs {
            let references = run.ingredients.evaluation.get("reference_cells");
            let place = *places.entry((run.ingredients.train_key(), references)).or_insert(jobs.len());
            match jobs.get_mut(place) {
                Some(job) => job.runs.push(run),
                None => jobs.push(Self { runs: vec![run], samples }),
            }
        }
        jobs
    }

    /// Entry and seed of its first run, for sorting.
    pub(super) fn position(&self) -> (usize, u64) {
        (self.runs[0].entry, self.runs[0].seed)
    }
}

/// Makes jobs of one experiment, any number at a time.
pub(super) struct Worker<'a> {
    pub(super) plan: &'a Plan,
    pub(super) source: &'a dyn CellSource,
    pub(super) options: &'a Options<'a>,
    pub(super) library: &'a Library,
    pub(super) reporter: &'a Reporter,
    /// Counts runs that trained nothing.
    pub(super) reused: &'a AtomicUsize,
    /// What other processes do in the same folder.
    pub(super) company: &'a Company,
    /// Cells of which something may be wrong.
    pub(super) doubtful: &'a [Doubtful],
}

/// Where a trained model came from.
#[derive(Default)]
struct ModelOrigin {
    /// The run whose training was taken over.
    taken_from: Option<String>,
    /// Whether there was a training, even one that diverged.
    is_trained: bool,
    fit: Fit,
    seconds: f64,
    weights: Option<Weights>,
    /// Of every epoch, where the training was made here.
    losses: Losses,
    /// Key and hash of the network that the training began with.
    pretrained: Option<(String, String)>,
}

impl Worker<'_> {
    /// Makes what of a job no other process has made, unless one is at it: then `false`.
    pub(super) fn make_alone(&self, job: &Job<'_>, threads: usize) -> Result<bool, Error> {
        let train_key = job.runs[0].ingredients.train_key();
        let Some(_lease) = self.company.lease(self.options.out, &train_key)? else { return Ok(false) };
        let mut left = Vec::new();
        for &run in &job.runs {
            match self.company.made(self.options.out, run) {
                Some(record) => {
                    self.library.add(&record);
                    self.reporter.end(&format!("{}: made by another process", self.plan.label(run)));
                }
                None => left.push(run),
            }
        }
        self.library.look_again(&job.runs[0].ingredients, self.company.sharing(&train_key));
        if !left.is_empty() {
            self.make(&Job { runs: left, samples: job.samples }, threads)?;
        }
        Ok(true)
    }

    /// Trains the model of a job, or takes one that is trained; asks it for every run and writes the records.
    fn make(&self, job: &Job<'_>, threads: usize) -> Result<(), Error> {
        let mut origin = ModelOrigin::default();
        let drawn = self.drawn(job);
        let samples = drawn.as_ref().map_or(job.samples.as_ref(), Ok);
        let outcome = match samples {
            Err(text) => Err(Status::Failed(reason(text))),
            Ok(_) if !self.are_lives_as_planned(job) => Err(Status::Failed(
                "the lives of its cells have changed since this was planned; run it again".to_owned(),
            )),
            Ok(samples) => match self.ask(job, samples, threads, &mut origin) {
                End::Interrupted => return Ok(()),
                End::Lost(sentence) => return Err(Error::CardLost(sentence)),
                End::Unwritten(error) => return Err(error.into()),
                End::Without(status) => Err(status),
                End::With(answers) => Ok(answers),
            },
        };
        for (index, run) in job.runs.iter().enumerate() {
            let mut record = self.blank(run, threads);
            record.fit = origin.fit.clone();
            record.seconds.fit = origin.seconds;
            let trainer = origin.taken_from.as_ref().unwrap_or(&job.runs[0].key);
            record.trained_by = (origin.is_trained && *trainer != run.key).then(|| trainer.clone());
            let (mut pairs, mut references, mut deviations) = (None, None, None);
            if let Ok(samples) = samples {
                describe(&mut record, samples);
                match &outcome {
                    Err(status) => record.status = status.clone(),
                    Ok((answers, seconds)) => {
                        record.seconds.predict = seconds / answers.len() as f64;
                        let entry = self.entry(run);
                        conclude(&mut record, samples, self.plan.experiment().rule(entry), &answers[index]);
                        let asked = Material { samples, source: source(job, entry) }.references(entry);
                        pairs = paired(&samples.test, asked, &answers[index]);
                        references = drawn_references(&samples.test, asked, &answers[index]);
                        deviations = unsure(&samples.test, &answers[index]);
                    }
                }
            } else if let Err(status) = &outcome {
                record.status = status.clone();
            }
            let weights = origin
                .weights
                .as_ref()
                .map(Weights::to_bytes)
                .transpose()
                .map_err(|error| Error::Internal(error.to_string()))?;
            let weights = weights.as_deref();
            let pretrained = origin.pretrained.as_ref().map(|(key, hash)| (key.as_str(), hash.as_str()));
            let (pairs, references, deviations) = (pairs.as_ref(), references.as_ref(), deviations.as_ref());
            let losses = Some(&origin.losses).filter(|losses| !losses.0.is_empty());
            let beside =
                Attachments { weights, losses, pairs, references, deviations, pretrained, ..Attachments::default() };
            self.keep(run, &mut record, beside)?;
        }
        Ok(())
    }

    /// Makes a run of the records of others, and writes its record.
    pub(super) fn make_of_others(&self, run: &Run, opinions: &Opinions<'_>) -> Result<(), Error> {
        let _progress = self.reporter.begin(&self.plan.label(run), self.options.stop);
        let rule = self.plan.experiment().rule(self.entry(run));
        let start = Instant::now();
        let samples = opinions.samples(run.entry);
        let outcome = outcome(opinions, run);
        let mut record = self.blank(run, 1);
        if let Ok(samples) = &samples {
            describe(&mut record, samples);
        }
        record.seconds.predict = start.elapsed().as_secs_f64();
        let (mut deviations, mut selection, mut intervals, mut sides) = (None, None, None, None);
        match (samples, outcome) {
            (Ok(samples), Ok(outcome)) if samples.test.ids == outcome.cells => {
                let Outcome { cells, predicted, deviations: unsure, .. } = outcome;
                let answer = Answer { predicted, deviations: None, pairs: None, references: None, quartiles: None };
                conclude(&mut record, &samples, rule, &answer);
                deviations = unsure.map(|deviations| Deviations { cells, deviations });
                (selection, intervals, sides) = (outcome.selection, outcome.intervals, outcome.sides);
            }
            (Ok(_), Ok(_)) => record.status = Status::Failed("its members were tested on other cells".to_owned()),
            (Err(problem), _) | (_, Err(problem)) => record.status = Status::Failed(reason(&problem)),
        }
        let (deviations, selection, intervals) = (deviations.as_ref(), selection.as_ref(), intervals.as_ref());
        let sides = sides.as_ref();
        self.keep(run, &mut record, Attachments { deviations, selection, intervals, sides, ..Attachments::default() })
    }

    /// In a transfer, the samples are pools of source and target cells, and a run has its own of the target cells.
    fn drawn(&self, job: &Job<'_>) -> Option<Samples> {
        let (run, pools) = (job.runs[0], job.samples.as_ref().ok()?);
        let entry = self.entry(run);
        entry.target_cells.map(|_| pools.drawn(&self.plan.cells(entry, run.seed)))
    }

    /// The keys were made of lives that a plan has looked at; of a transfer, those of all cells that runs draw from.
    fn are_lives_as_planned(&self, job: &Job<'_>) -> bool {
        let rule = self.plan.experiment().rule(self.entry(job.runs[0]));
        job.samples.as_ref().is_ok_and(|samples| samples.label_version() == self.plan.label_hash(rule))
    }

    fn keep(&self, run: &Run, record: &mut RunRecord, mut beside: Attachments<'_>) -> Result<(), Error> {
        // one copy of the weights, with the run that trained them
        let is_trainer = record.trained_by.is_none();
        beside.weights = beside.weights.filter(|_| is_trainer);
        beside.losses = beside.losses.filter(|_| is_trainer);
        beside.pretrained = beside.pretrained.filter(|_| is_trainer);
        record.write(&run_folder(self.options.out, &run.key), beside)?;
        self.library.add(record);
        let trained_nothing = record.trained_by.is_some() || self.plan.is_made(run);
        self.reused.fetch_add(usize::from(trained_nothing), Ordering::Relaxed);
        let label = self.plan.label(run);
        self.reporter.end(&format!("{label}: {}", summary(record)));
        if self.options.fail_fast && record.status != Status::Ok {
            return Err(Error::FirstFailure { run: label, status: record.status.clone() });
        }
        Ok(())
    }

    /// One answer per run, and how long they took together.
    fn ask(
        &self,
        job: &Job<'_>,
        samples: &Samples,
        threads: usize,
        origin: &mut ModelOrigin,
    ) -> End<(Vec<Answer>, f64)> {
        let first = job.runs[0];
        let progress = self.reporter.begin(&self.plan.label(first), self.options.stop);
        let entries: Vec<&Entry> = job.runs.iter().map(|run| self.entry(run)).collect();
        let workplace = Workplace { device: self.device_of(entries[0]), threads, progress: &progress };
        let material = Material { samples, source: source(job, entries[0]) };
        attempt(|| {
            let trained = self.trained(first, material, workplace, origin)?;
            let start = Instant::now();
            let answers = trained.ask(&entries, &first.ingredients.streams())?;
            Ok((answers, start.elapsed().as_secs_f64()))
        })
    }

    fn trained<'a>(
        &'a self,
        run: &Run,
        material: Material<'a>,
        workplace: Workplace<'a>,
        origin: &mut ModelOrigin,
    ) -> Result<Trained<'a>, TrainError> {
        let entry = self.entry(run);
        // other models leave no tensors, and take no time
        let known = if entry.model.is_network() { self.library.find(&run.ingredients) } else { vec![] };
        for training in known {
            if !training.has_weights {
                *origin = ModelOrigin { taken_from: Some(training.by), is_trained: true, ..ModelOrigin::default() };
                return Err(TrainError::DivergedBefore);
            }
            let restored = training
                .weights(self.options.out)
                .map_err(TrainError::from)
                .and_then(|weights| Ok((Trained::restore(entry, material, run.seed, workplace, &weights)?, weights)));
            match restored {
                Ok((trained, weights)) => {
                    let (fit, seconds) = (training.fit, training.seconds);
                    let taken_from = Some(training.by);
                    *origin = ModelOrigin {
                        taken_from,
                        is_trained: true,
                        fit,
                        seconds,
                        losses: Losses::default(),
                        weights: Some(weights),
                        pretrained: None,
                    };
                    return Ok(trained);
                }
                Err(problem) => self.reporter.say(&format!(
                    "{}: the model that run {} has trained is of no use ({problem}); it is trained again",
                    self.plan.label(run),
                    training.by
                )),
            }
        }
        let start = Instant::now();
        origin.is_trained = true;
        let pretrained = match pretraining_key(&run.ingredients) {
            Some(key) => {
                let made = || train::pretrain(entry, material, run.seed, workplace);
                self.library.pretrained.get(&key, &|line| self.reporter.say(line), made)?.map(|(weights, hash)| {
                    origin.pretrained = Some((key, hash));
                    weights
                })
            }
            None => None,
        };
        let (trained, summary) = Trained::fit(entry, material, run.seed, workplace, pretrained)?;
        origin.seconds = start.elapsed().as_secs_f64();
        origin.fit = Fit {
            epochs: summary.epochs,
            final_loss: summary.final_loss.filter(|loss| loss.is_finite()),
            restarts: summary.restarts,
        };
        origin.losses = Losses::of(&summary.losses);
        origin.weights = trained.weights();
        Ok(trained)
    }

    fn entry(&self, run: &Run) -> &Entry {
        &self.plan.experiment().models[run.entry]
    }

    fn device_of(&self, entry: &Entry) -> tch::Device {
        self.plan.surroundings.device_of(self.plan.experiment(), entry)
    }

    fn blank(&self, run: &Run, threads: usize) -> RunRecord {
        let entry = self.entry(run);
        let device = self.device_of(entry);
        // libtorch has one thread per run, whatever there is
        let is_ours = entry.model.has_encoder() && device == tch::Device::Cpu && !encoder::is_torch_asked();
        let cells = self.plan.cells(entry, run.seed);
        RunRecord {
            trained_by: None,
            ingredients: run.ingredients.clone(),
            status: Status::Diverged,
            model: entry.model.name().to_owned(),
            seed: run.seed,
            data: self.source.origin(),
            values: values(self.plan.experiment(), entry),
            device: match device {
                tch::Device::Cuda(index) => format!("cuda:{index}"),
                _ => "cpu".to_owned(),
            },
            class: self.plan.surroundings.class_of(self.plan.experiment(), entry),
            precision: entry.model.precision(),
            config_hash: self.plan.declared.config_hash.clone(),
            versions: Versions::current(match device {
                tch::Device::Cuda(index) => {
                    match (entry.model.has_encoder(), baselines::card::of(device).map(baselines::card::named)) {
                        (true, Some(Ok(card))) => format!("native on {card}"),
                        _ => format!("libtorch on {}", card(index)),
                    }
                }
                _ => encoder::cpu_engine(),
            }),
            provenance: Provenance::current(self.options.commit, if is_ours { threads } else { 1 }),
            train: cells.train.clone(),
            removed: Vec::new(),
            doubtful: self.doubtful.to_vec(),
            data_hash: self.plan.data_hash(),
            // of all cells of the split: in a transfer, every run draws others of them
            label_hash: self.plan.label_hash(self.plan.experiment().rule(entry)),
            lives: LifeBases::default(),
            metrics: None,
            fit: Fit::default(),
            seconds: Seconds::default(),
            predictions: Vec::new(),
            test_cells: cells.test.len(),
            attachments: Default::default(),
        }
    }
}

fn describe(record: &mut RunRecord, samples: &Samples) {
    record.train.clone_from(&samples.train.ids);
    record.test_cells = samples.test.ids.len();
    record.lives = LifeBases { train: samples.train.tally(), test: samples.test.tally() };
    record.removed =
        samples.removed.iter().map(|(cell, reason)| Removed { cell: cell.clone(), reason: reason.clone() }).collect();
}

fn conclude(record: &mut RunRecord, samples: &Samples, rule: &LabelRule, answer: &Answer) {
    if samples.test.ids.is_empty() {
        record.status = Status::Failed("no test cell has a usable label".to_owned());
        return;
    }
    // in a transfer, those that this run has drawn
    if let Some(problem) = nothing_observed(&samples.test.bases, rule) {
        record.status = Status::Failed(problem);
        return;
    }
    record.metrics = Metrics::new(&samples.test.lives, &answer.predicted);
    if record.metrics.is_none() {
        return;
    }
    record.status = Status::Ok;
    let lives = samples.test.lives.iter().zip(&answer.predicted);
    record.predictions = samples
        .test
        .ids
        .iter()
        .zip(lives)
        .map(|(cell, (&observed, &predicted))| Prediction { cell: cell.clone(), observed, predicted })
        .collect();
}

/// The source cells, which a transfer learns from too.
fn source<'a>(job: &Job<'a>, entry: &Entry) -> Option<&'a Part> {
    let pools = job.samples.as_ref().ok()?;
    entry.target_cells.map(|_| &pools.train)
}

fn paired(test: &Part, asked: &Part, answer: &Answer) -> Option<PairPredictions> {
    Some(PairPredictions {
        cells: test.ids.clone(),
        observed: test.lives.clone(),
        references: asked.ids.clone(),
        predicted: answer.pairs.clone()?,
    })
}

fn unsure(test: &Part, answer: &Answer) -> Option<Deviations> {
    Some(Deviations { cells: test.ids.clone(), deviations: answer.deviations.clone()? })
}

fn drawn_references<'a>(test: &'a Part, asked: &'a Part, answer: &Answer) -> Option<DrawnReferences<'a>> {
    let drawn = answer.references.as_ref()?;
    Some(DrawnReferences {
        cells: &test.ids,
        training: &asked.ids,
        drawn: (0..test.ids.len()).map(|cell| drawn.of(cell).to_vec()).collect(),
    })
}

fn summary(record: &RunRecord) -> String {
    let Some(metrics) = &record.metrics else { return record.status.to_string() };
    let seconds = match &record.trained_by {
        None => format!("{:.1} s", record.seconds.fit + record.seconds.predict),
        Some(by) => format!("{:.1} s, trained by {by}", record.seconds.predict),
    };
    format!("RMSE {:.1} cycles, MAPE {:.1} % ({seconds})", metrics.rmse, metrics.mape)
}
