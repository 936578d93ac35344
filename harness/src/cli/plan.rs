//! `batlinet plan FILE…`

use std::{collections::HashSet, thread};

use cells::count::{counted, counted_with};
use clap::Args;

use super::failure::Failure;
use super::{
    options::{Options, Prepared},
    output,
    tasks::{Form, Tasks},
};
use baselines::card;
use cells::label::published;
use experiments::{
    Plan, Run, State,
    estimate::{Costs, Estimate, card_name},
    foresight::described,
    library::Library,
    memory::{self, Memory, gigabytes},
    plan::in_parts,
    run,
};
use features::samples::Foresight;

/// Bytes of memory that a plan mentions.
const WORTH_SAYING: u64 = 200_000_000;

/// Arguments of `batlinet plan`.
#[derive(Args, Debug)]
pub struct PlanArguments {
    #[command(flatten)]
    options: Options,
    /// Say how long the runs will take, too, from costs that were measured
    #[arg(long)]
    estimate: bool,
    /// Print the plan as tasks in so many parts, and nothing else
    #[arg(long, value_name = "N", requires = "format", conflicts_with_all = ["shard", "estimate"], value_parser = clap::value_parser!(u16).range(1..=10_000))]
    shards: Option<u16>,
    /// For which scheduler the tasks are
    #[arg(long, value_enum, requires = "shards")]
    format: Option<Form>,
}

/// Prints every run with its state and key, and the totals.
///
/// # Errors
/// As [`Options::prepare`]; [`Failure::RunsFailed`], as `run` ends, if a run that is asked for has no numbers, or will have
/// none. The latter is told from the number of cycles and the first cycle of every cell.
pub fn execute(arguments: &PlanArguments) -> Result<(), Failure> {
    let Prepared { plans, source, out, device } = arguments.options.prepare()?;
    if let (Some(shards), Some(form)) = (arguments.shards, arguments.format) {
        let has_made = plans.iter().any(|plan| plan.runs.iter().any(|run| run.selected && plan.is_made(run)));
        let parts = in_parts(&plans, usize::from(shards));
        let tasks = Tasks { options: &arguments.options, out: &out, parts, has_made };
        return output::print(&tasks.text(form));
    }
    let mut counts = [0; 4];
    let mut skipped = 0;
    let mut text = String::new();
    let foresight = Foresight::of(&*source);
    let mut obstacles: Vec<String> = Vec::new();
    for plan in &plans {
        let experiment = plan.experiment();
        let [train, test] = experiment.parts();
        text.push_str(&format!(
            "{}: {} {train} and {} ({}), {}\n",
            experiment.name,
            plan.split.train.len(),
            counted(plan.split.test.len(), &format!("{test} cell")),
            source.origin(),
            counted(plan.runs.len(), "run")
        ));
        let is_of_paper = experiment.transfer.is_some() || published::is_of_paper(&experiment.scenario);
        text.push_str(&format!("  {}\n", experiment.protocol.meaning(is_of_paper)));
        let memory = Memory::of(plan);
        // of little, nothing need be said
        if memory.features.saturating_add(memory.run) > WORTH_SAYING {
            let free = memory::free().filter(|free| *free < memory.features.saturating_add(memory.run));
            let warning =
                free.map_or_else(String::new, |free| format!(", which is more than the {} free here", gigabytes(free)));
            text.push_str(&format!("  {memory}{warning}\n"));
        }
        for note in &plan.declared.notes {
            text.push_str(&format!("  {note}\n"));
        }
        for (part, ids) in [(train, &plan.split.train), (test, &plan.split.test)] {
            let padded = foresight.padded(ids, &experiment.label);
            if !padded.is_empty() {
                let (count, which) = (counted(padded.len(), &format!("{part} cell")), output::names(padded));
                text.push_str(&format!(
                    "  of {count} the record ends before the life, and the number of its cycles plus 2 is taken for \
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
            let mut state = described(&run.state, obstacle.as_deref());
            if plan.is_made(run) && !matches!(run.state, State::Done | State::Former(_)) {
                state.push_str("; made of other runs, without a training of its own");
            }
            text.push_str(&format!("  {}  {}: {state}\n", run.key, plan.label(run)));
            obstacles.extend(obstacle.map(|reason| format!("{}: {reason}", plan.label(run))));
        }
    }
    let pending = run::pending(&plans, false);
    let library = if pending.iter().all(Vec::is_empty) { Library::empty(&out) } else { Library::open(&out, false) };
    let demand = library.demand(run::with_plans(&plans, &pending));
    let [new, stale, done, failed] = counts;
    text.push_str(&format!(
        "{new} new, {stale} stale, {done} done, {failed} failed before (--retry-failed runs them again), {skipped} not \
         asked for\n{demand}\nto {}\n",
        out.display()
    ));
    if arguments.estimate {
        text.push_str(&estimated(&plans, &pending, device));
    }
    output::print(&text)?;
    match (obstacles.first(), failed) {
        (None, 0) => Ok(()),
        (None, failed) => Err(Failure::RunsFailed(format!(
            "{} no numbers; the reasons stand above, and `run --retry-failed` runs what failed again",
            counted_with(failed, "run", ["has", "have"])
        ))),
        (Some(first), _) => Err(Failure::RunsFailed(format!(
            "{} will have no numbers, such as {first}",
            counted(obstacles.len(), "run")
        ))),
    }
}

/// How long the pending runs take, experiment by experiment, and on what that was measured.
fn estimated(plans: &[Plan], pending: &[Vec<&Run>], device: tch::Device) -> String {
    let costs = Costs::measured();
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let mut text = match card::of(device).map(card_name) {
        None => format!("estimate for the {cores} cores here, by what was measured on ones with AVX-512:\n"),
        Some(name) if costs.cards().contains(&*name) => {
            format!("estimate for this {name}, by what was measured on one:\n")
        }
        Some(name) => {
            let known: Vec<&str> = costs.cards().into_iter().collect();
            format!("estimate; nothing has been measured on this {name}, so that of {} stands in:\n", known.join(", "))
        }
    };
    let (mut trained, mut all) = (HashSet::new(), Estimate::default());
    for (plan, runs) in plans.iter().zip(pending) {
        // what is made of others takes no time beside theirs
        let trainings = runs.iter().copied().filter(|run| !plan.is_made(run));
        let estimate = costs.estimate(plan, trainings, &mut trained);
        text.push_str(&format!("  {}: {}\n", plan.experiment().name, duration(estimate.seconds(cores))));
        all.processor += estimate.processor;
        all.card += estimate.card;
        all.unmeasured.extend(estimate.unmeasured);
    }
    text.push_str(&format!("  in all {}, without reading cells and building features\n", duration(all.seconds(cores))));
    if !all.unmeasured.is_empty() {
        let names: Vec<String> = all.unmeasured.into_iter().collect();
        text.push_str(&format!("  not measured, so not in it: {}\n", names.join(", ")));
    }
    text
}

/// `2 h 05 min`, `3 min 20 s`, `4.2 s`.
fn duration(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    match whole {
        0..60 => format!("{seconds:.1} s"),
        60..3600 => format!("{} min {:02} s", whole / 60, whole % 60),
        _ => format!("{} h {:02} min", whole / 3600, whole % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn durations_are_said_in_what_they_are_long_in() {
        let said = [0.04, 59.4, 200.0, 7500.0].map(duration);
        assert_eq!(said, ["0.0 s", "59.4 s", "3 min 20 s", "2 h 05 min"]);
    }
}
