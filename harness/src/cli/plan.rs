//! `batlinet plan FILE…`

use clap::Args;

use super::{
    options::{Options, Prepared},
    output,
};
use crate::{
    experiment::{State, library::Library, run},
    failure::Failure,
};

/// Arguments of `batlinet plan`.
#[derive(Args, Debug)]
pub struct PlanArguments {
    #[command(flatten)]
    options: Options,
}

/// Prints every run with its state and key, and the totals.
///
/// # Errors
/// As [`Options::prepare`].
pub fn execute(arguments: &PlanArguments) -> Result<(), Failure> {
    let Prepared { plans, source, out, .. } = arguments.options.prepare()?;
    let mut counts = [0; 4];
    let mut skipped = 0;
    let mut text = String::new();
    for plan in &plans {
        let experiment = plan.experiment();
        let [train, test] = experiment.parts();
        text.push_str(&format!(
            "{}: {} {train} and {} {test} cells ({}), {} runs\n",
            experiment.name,
            plan.split.train.len(),
            plan.split.test.len(),
            source.origin(),
            plan.runs.len()
        ));
        text.push_str(&format!("  {}\n", experiment.protocol.meaning()));
        for run in &plan.runs {
            if !run.selected {
                skipped += 1;
                continue;
            }
            counts[match run.state {
                State::New => 0,
                State::Stale(_) => 1,
                State::Done => 2,
                State::Failed(_) => 3,
            }] += 1;
            text.push_str(&format!("  {}  {}: {}\n", run.key, plan.label(run), run.state));
        }
    }
    let pending = run::pending(&plans, false);
    let demand = Library::open(&out, false).demand(run::with_plans(&plans, &pending));
    let [new, stale, done, failed] = counts;
    text.push_str(&format!(
        "{new} new, {stale} stale, {done} done, {failed} failed before (--retry-failed runs them again), {skipped} not \
         asked for\n{demand}\nto {}\n",
        out.display()
    ));
    output::print(&text)
}
