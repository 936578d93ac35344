//! `batlinet train FILE --model NAME --out BUNDLE`

use std::{path::PathBuf, str::FromStr, thread};

use baselines::{Silent, device::Choice};
use bundle::{Bundle, Folds, fit::Making};
use cells::count::counted;
use cells::suggest::did_you_mean;
use clap::Args;
use experiments::{Entry, Experiment, train::Workplace};
use record::{AS_WRITTEN, Study};

use super::{
    failure::Failure,
    options::{Options, Prepared},
    output::{self, say},
};

/// Arguments of `batlinet train`.
#[derive(Args, Debug)]
pub struct TrainArguments {
    /// The experiment file.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Which of its models, such as `ridge` or `batlinet[variant]`.
    #[arg(long, value_name = "NAME[variant]")]
    model: String,
    /// The bundle to write, such as `model.blm`.
    #[arg(long, value_name = "BUNDLE")]
    out: PathBuf,
    /// Cells: a folder of imported cells, or `virtual` for the built-in lab.
    #[arg(long, default_value = "virtual", value_name = "DIR|virtual")]
    data: PathBuf,
    /// A profile of the experiment file, such as `quick`; `paper` is the file as written.
    #[arg(long, default_value = AS_WRITTEN)]
    profile: String,
    /// Seed of the random streams [default: the first of the file].
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Change the experiment, such as `models.ridge.alpha=2` (repeatable).
    #[arg(long, value_name = "PATH=VALUE")]
    set: Vec<String>,
    /// Where networks compute.
    #[arg(long, default_value = "auto", value_name = "auto|cpu|cuda|cuda:N")]
    device: Choice,
    /// In how many parts the training cells are left out in turn, each with a training, to make the 90 % intervals [default: 5; of
    /// a network 4].
    #[arg(long, value_name = "folds=K|none")]
    calibration: Option<CalibrationChoice>,
}

/// `--calibration` as given.
#[derive(Clone, Copy, Debug)]
pub(super) struct CalibrationChoice(Folds);

impl CalibrationChoice {
    /// The folds of an entry with so many training cells: those asked for, or the usual ones.
    pub(super) fn folds(asked: Option<Self>, entry: &Entry, cells: usize) -> Folds {
        match (asked, cells) {
            (Some(Self(folds)), _) => folds,
            (None, 0..=1) => Folds::None,
            (None, cells) => match Folds::usual(entry) {
                Folds::Count(folds) => Folds::Count(folds.min(cells)),
                Folds::None => Folds::None,
            },
        }
    }
}

impl FromStr for CalibrationChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let count = || text.strip_prefix("folds=")?.parse().ok().filter(|&folds| folds >= 2);
        match (text, count()) {
            ("none", _) => Ok(Self(Folds::None)),
            (_, Some(folds)) => Ok(Self(Folds::Count(folds))),
            _ => Err(format!("'{text}' is no calibration: write folds=K with K of at least 2, or none")),
        }
    }
}

/// Trains one model and writes it.
///
/// # Errors
/// As [`Options::prepare`] and [`Bundle::train`]; [`Failure::Usage`] for a model that the file does not have.
pub fn execute(arguments: &TrainArguments) -> Result<(), Failure> {
    // nothing that was run before is looked at
    let nowhere = tempfile::tempdir().map_err(|error| Failure::Usage(format!("no temporary folder: {error}")))?;
    let options = Options {
        files: vec![arguments.file.clone()],
        data: arguments.data.clone(),
        profile: arguments.profile.clone(),
        models: vec![],
        seeds: arguments.seed.map(|seed| format!("{seed},")),
        set: arguments.set.clone(),
        device: arguments.device,
        shard: None,
        only: vec![],
        out: Some(nowhere.path().join("out")),
    };
    let Prepared { plans, source, device, .. } = options.prepare()?;
    // folds of its training cells, if it has any, are planned beside it
    let whole: Vec<_> = plans.iter().filter(|plan| plan.experiment().study != Study::Folds).collect();
    let [plan] = whole[..] else {
        return Err(Failure::Usage(format!(
            "{} is a cross-validation of {} folds, and a model that is kept learns from one split: give it one, such as --set \
             train_test_split=mine.csv",
            arguments.file.display(),
            whole.len()
        )));
    };
    let position = find(plan.experiment(), &arguments.model)?;
    let entry = &plan.experiment().models[position];
    let run = plan.runs.iter().find(|run| run.entry == position);
    let run = run.ok_or_else(|| Failure::Internal(format!("{} has no run", entry.label())))?;
    plan.declared.notes.iter().for_each(|note| say(&format!("{}: {note}", plan.experiment().name)));
    let folds = CalibrationChoice::folds(arguments.calibration, entry, plan.split.train.len());
    if let (Folds::Count(folds), true) = (folds, entry.model.is_network()) {
        say(&format!(
            "{}: {} trainings, one for the model and one for each of the {folds} folds of its intervals (--calibration none leaves \
             these out)",
            entry.label(),
            folds + 1
        ));
    }
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let making = Making {
        workplace: Workplace { device, threads, progress: &Silent },
        folds,
        profile: &arguments.profile,
        settings: &options.changes(),
        commit: env!("BATLINET_COMMIT"),
        weights: None,
    };
    let bundle = Bundle::train(plan, run, &*source, &making)?;
    bundle.write(&arguments.out)?;
    output::print(&told(&bundle, &arguments.out.display().to_string()))
}

fn told(bundle: &Bundle, path: &str) -> String {
    let about = &bundle.description;
    let padded = match about.lives.padded {
        0 => String::new(),
        padded => format!(
            "; of {padded} the record ends before the life, and the number of its cycles plus 2 was taken for it"
        ),
    };
    let (model, seed, cells, origin) =
        (&about.model, about.seed, counted(about.cells.len(), "training cell"), about.origin);
    format!(
        "{model}, seed {seed}, of {cells}, {origin}{padded}\npredicts: {}\nintervals: {}\nwrote {path}\n",
        about.meaning,
        about.calibration.as_deref().unwrap_or("none"),
    )
}

/// The entry of this name: with its variant, or without where there is one such entry only, or one without a variant.
fn find(experiment: &Experiment, wanted: &str) -> Result<usize, Failure> {
    let position = |is_it: &dyn Fn(&Entry) -> bool| experiment.models.iter().position(is_it);
    if let Some(exact) = position(&|entry| entry.label() == wanted) {
        return Ok(exact);
    }
    let named: Vec<usize> =
        (0..experiment.models.len()).filter(|&index| experiment.models[index].model.name() == wanted).collect();
    let labels: Vec<String> = experiment.models.iter().map(Entry::label).collect();
    match named[..] {
        [only] => Ok(only),
        [] => Err(Failure::Usage(format!(
            "--model {wanted}: {} has no such model{}; it has {}",
            experiment.name,
            did_you_mean(wanted, labels.iter().map(String::as_str)),
            labels.join(", ")
        ))),
        _ => Err(Failure::Usage(format!(
            "--model {wanted}: {} has several of it, say which: {}",
            experiment.name,
            named.iter().map(|&index| labels[index].as_str()).collect::<Vec<_>>().join(", ")
        ))),
    }
}
