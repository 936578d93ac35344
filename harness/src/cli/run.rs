//! `batlinet run FILE…`

use std::thread;

use cells::count::{counted, counted_with, verb};
use clap::{Args, ValueEnum};

use super::failure::Failure;
use super::{
    bundles, interrupt,
    options::{Options, Prepared},
    output,
    train::CalibrationChoice,
};
use experiments::run;
use record::{Score, Study};
use report::{
    lives,
    study::chapters::experiments,
    summary::{self, Summary},
    terminal::{self, Width},
};

/// Arguments of `batlinet run`.
#[derive(Args, Debug)]
pub struct RunArguments {
    #[command(flatten)]
    pub(super) options: Options,
    /// Runs side by side [default: number of cores]; where runs are fewer, each computes on several threads.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
    /// Go on after a failed run (the default).
    #[arg(long, conflicts_with = "fail_fast")]
    keep_going: bool,
    /// Stop at the first failed run.
    #[arg(long)]
    fail_fast: bool,
    /// Also keep the model of every run that went well, for `predict`: OUT/bundles/KEY.blm, as `train` writes it.
    #[arg(long)]
    bundles: bool,
    /// Of --bundles: in how many parts the training cells are left out in turn for the intervals, as of `train`.
    #[arg(long, value_name = "folds=K|none", requires = "bundles")]
    calibration: Option<CalibrationChoice>,
    /// Try failed runs again.
    #[arg(long)]
    retry_failed: bool,
    /// What follows where the numbers that a file expects do not come out, on real cells and by the whole schedule.
    #[arg(long, value_enum, default_value_t = Expect::Fail, value_name = "fail|warn")]
    expect: Expect,
}

/// What an expectation that is not met does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Expect {
    /// It is said, and the command ends as regressed.
    Fail,
    /// It is said.
    Warn,
}

/// Runs what is missing and prints the table.
///
/// # Errors
/// As [`Options::prepare`] and [`run::execute`]; [`Failure::Regressed`] for an expectation that is not met.
pub fn execute(arguments: &RunArguments) -> Result<(), Failure> {
    let Prepared { plans, source, device, out } = arguments.options.prepare()?;
    let jobs = arguments.jobs.map_or_else(|| thread::available_parallelism().map_or(1, usize::from), usize::from);
    let settings = arguments.options.changes();
    let options = run::Options {
        out: &out,
        device,
        jobs,
        fail_fast: arguments.fail_fast,
        retry_failed: arguments.retry_failed,
        profile: &arguments.options.profile,
        settings: &settings,
        commit: env!("BATLINET_COMMIT"),
        stop: interrupt::flag("stopping after this epoch; finished runs are kept"),
    };
    let tally = run::execute(&plans, &*source, &options)?;
    // of folds, the runs that are made of theirs tell
    let shown = plans.iter().filter(|plan| plan.experiment().study != Study::Folds);
    let names: Vec<&str> = shown.map(|plan| plan.experiment().name.as_str()).collect();
    let data = source.origin();
    let mut summaries = summary::summarise(&out)?;
    summaries.retain(|summary| names.contains(&summary.experiment.as_str()) && summary.data == data);
    lives::refuse_padded(&out, &summaries)?;
    let outdated = match tally.outdated {
        0 => String::new(),
        outdated => format!(
            "{} not in the scores any more, since the experiments or settings have changed; {} in {}\n",
            counted_with(outdated, "earlier run", ["is", "are"]),
            verb(outdated, ["it stays", "they stay"]),
            out.join("runs").display()
        ),
    };
    output::print(&format!(
        "{}\n{} made with {}, {} {} there already\n{outdated}scores: {}\n`batlinet report {}` writes Markdown, HTML, LaTeX, CSV and SVG\n",
        terminal::render(&experiments(&summaries, None), Width::Short),
        counted(tally.made, "run"),
        counted(tally.made - tally.reused, "training"),
        tally.kept,
        verb(tally.kept, ["was", "were"]),
        out.join(Score::FILE).display(),
        out.display(),
    ))?;
    if arguments.bundles {
        bundles::write(&plans, &*source, arguments.calibration, &options)?;
    }
    match tally.without_numbers {
        0 if arguments.expect == Expect::Warn => Ok(()),
        0 => expected(&summaries),
        failed => Err(Failure::RunsFailed(format!(
            "{} no numbers; the reasons are in the column status of {}, and --retry-failed runs what failed again",
            counted_with(failed, "run", ["has", "have"]),
            out.join(Score::FILE).display()
        ))),
    }
}

/// Every expectation of these experiments must be met; those on virtual cells and of cut schedules count for nothing.
fn expected(summaries: &[Summary]) -> Result<(), Failure> {
    let of = |summary: &Summary| {
        let missed = summary.expectations.iter().filter(|verdict| verdict.found.is_some() && !verdict.is_met());
        missed.map(|verdict| format!("{} {}", summary.experiment, verdict.expectation.model)).collect::<Vec<_>>()
    };
    let missed: Vec<String> = summaries.iter().filter(|summary| !summary.is_virtual()).flat_map(of).collect();
    if missed.is_empty() {
        return Ok(());
    }
    Err(Failure::Regressed(format!(
        "{} numbers are not those that the files expect, see above: {}; --expect warn lets them pass",
        missed.len(),
        missed.join(", ")
    )))
}
