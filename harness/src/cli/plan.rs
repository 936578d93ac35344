//! `batlinet plan FILE…`

use clap::Args;

use super::failure::Failure;
use super::{
    options::{Options, Prepared},
    output,
};
use experiments::{State, foresight::described, library::Library, run};
use features::samples::Foresight;

/// Arguments of `batlinet plan`.
#[derive(Args, Debug)]
pub struct PlanArguments {
    #[command(flatten)]
    options: Options,
}

/// Prints every run with its state and key, and the totals.
///
/// # Errors
/// As [`Options::prepare`]; [`Failure::RunsFailed`], as `run` ends, if a run that is asked for has no numbers, or will have
/// none. The latter is told from the number of cycles and the first cycle of every cell.
pub fn execute(arguments: &PlanArguments) -> Result<(), Failure> {
    let Prepared { plans, source, out, .. } = arguments.options.prepare()?;
    let mut counts = [0; 4];
    let mut skipped = 0;
    let mut text = String::new();
    let foresight = Foresight::of(&*source);
    let mut obstacles: Vec<String> = Vec::new();
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
        for note in &plan.declared.notes {
            text.push_str(&format!("  {note}\n"));
        }
        for (part, ids) in [(train, &plan.split.train), (test, &plan.split.test)] {
            let padded = foresight.padded(ids, &experiment.label);
            if !padded.is_empty() {
                let (count, which) = (padded.len(), output::names(padded));
                text.push_str(&format!(
                    "  of {count} {part} cells the record ends before the life, and the number of its cycles plus 2 is taken for \
                     it: {which}\n"
                ));
            }
        }
        for (run, obstacle) in plan.runs.iter().zip(plan.foresee(&foresight)) {
            if !run.selected {
                skipped += 1;
                continue;
            }
            counts[match run.state {
                State::New => 0,
                State::Stale(_) => 1,
                State::Done | State::Former(_) => 2,
                State::Failed(_) => 3,
            }] += 1;
            let state = described(&run.state, obstacle.as_deref());
            text.push_str(&format!("  {}  {}: {state}\n", run.key, plan.label(run)));
            obstacles.extend(obstacle.map(|reason| format!("{}: {reason}", plan.label(run))));
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
    output::print(&text)?;
    match (obstacles.first(), failed) {
        (None, 0) => Ok(()),
        (None, failed) => Err(Failure::RunsFailed(format!(
            "{failed} runs have no numbers; their reasons stand above, and `run --retry-failed` runs them again"
        ))),
        (Some(first), _) => {
            Err(Failure::RunsFailed(format!("{} runs will have no numbers, such as {first}", obstacles.len())))
        }
    }
}
