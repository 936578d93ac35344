//! `batlinet run --bundles`: the models of runs, kept as `batlinet train` keeps one.

use std::{
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use baselines::Progress;
use bundle::{Bundle, Folds, fit::Making};
use cells::source::CellSource;
use experiments::{Plan, library::Library, run::Options, train::Workplace};
use record::{RunRecord, Status, files::run_folder};

use super::{failure::Failure, output, train::CalibrationChoice};

/// Stops a training when Ctrl-C says so.
struct UntilStopped<'a>(&'a AtomicBool);

impl Progress for UntilStopped<'_> {
    fn epoch(&self, _done: usize, _total: usize, _loss: f64) -> bool {
        !self.0.load(Ordering::Relaxed)
    }
}

/// Writes `OUT/bundles/KEY.blm` of every selected run with numbers; one that is there is kept. What a run has trained is not trained
/// again, the folds of its intervals are.
///
/// # Errors
/// As [`Bundle::train`] and [`Bundle::write`]; [`Failure::Interrupted`].
pub(super) fn write(
    plans: &[Plan],
    source: &dyn CellSource,
    calibration: Option<CalibrationChoice>,
    options: &Options<'_>,
) -> Result<(), Failure> {
    let library = Library::open(options.out, false);
    let progress = UntilStopped(options.stop);
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let workplace = Workplace { device: options.device, threads, progress: &progress };
    for (plan, run) in plans.iter().flat_map(|plan| plan.runs.iter().map(move |run| (plan, run))) {
        let entry = &plan.experiment().models[run.entry];
        let is_well = || RunRecord::read(&run_folder(options.out, &run.key)).is_ok_and(|run| run.status == Status::Ok);
        // a transfer is a procedure, and what is made of others has no training: a bundle keeps neither
        if !run.selected || plan.is_made(run) || entry.target_cells.is_some() || !is_well() {
            continue;
        }
        let path = options.out.join("bundles").join(format!("{}.blm", run.key));
        let folds = CalibrationChoice::folds(calibration, entry, plan.split.train.len());
        if is_there(&path, &run.key, folds) {
            continue;
        }
        let trained = library.find(&run.ingredients).into_iter().find(|training| training.has_weights);
        let weights = trained.and_then(|training| training.weights(options.out).ok());
        let making = Making {
            workplace,
            folds,
            profile: options.profile,
            settings: options.settings,
            commit: options.commit,
            weights: weights.as_ref().filter(|_| entry.model.is_network()),
        };
        let bundle = Bundle::train(plan, run, source, &making).map_err(Failure::from);
        if options.stop.load(Ordering::Relaxed) {
            return Err(Failure::Interrupted("stopped; the bundles that are written are kept".to_owned()));
        }
        bundle?.write(&path)?;
        output::print(&format!("wrote {}: {}\n", path.display(), plan.label(run)))?;
    }
    Ok(())
}

/// Whether a bundle of this run lies there, with intervals of so many folds.
fn is_there(path: &Path, key: &str, folds: Folds) -> bool {
    let Ok(bundle) = Bundle::read(path) else { return false };
    let calibrated = bundle.calibration.as_ref().map_or(Folds::None, |calibration| Folds::Count(calibration.count()));
    bundle.description.key == key && calibrated == folds
}
