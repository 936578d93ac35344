//! The verbs of the program, one file each.

mod asked;
mod bundles;
mod collection;
pub mod compare;
pub mod data;
pub mod doctor;
pub mod failure;
pub mod gate;
pub mod history;
pub mod interrupt;
mod limits;
pub mod merge;
pub mod options;
pub mod output;
mod parquet;
pub mod plan;
pub mod predict;
pub mod replay;
pub mod report;
pub mod run;
pub mod schema;
pub mod split;
mod tasks;
pub mod train;

use std::path::PathBuf;

use baselines::encoder;
use clap::{Parser, Subcommand};

use experiments::panics;
use failure::Failure;
use sources::matr;

/// Seeded, declared experiments on early battery lifetime prediction around BatLiNet.
///
/// Exit codes: 0 ok, 1 a defect of this program, 2 usage or configuration, 3 some run failed or `data check` found a
/// fault, 4 a number is worse than it was, 5 incomplete or nobody can tell.
#[derive(Debug, Parser)]
#[command(name = "batlinet", version)]
pub struct Arguments {
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Which cells are here, and are they whole?
    #[command(subcommand)]
    Data(data::DataCommand),
    /// What would run, and why? Writes nothing.
    Plan(plan::PlanArguments),
    /// Run experiments; what is done already is not done again.
    Run(run::RunArguments),
    /// Keep a model of an experiment for later: one file, calibrated.
    Train(train::TrainArguments),
    /// How long will these cells live? With 90 % intervals, by a model that was kept.
    Predict(predict::PredictArguments),
    /// Put the output folders of parts of a plan, or of several people, together.
    Merge(merge::MergeArguments),
    /// What came out, next to the paper?
    Report(report::ReportArguments),
    /// Is one model, arm or commit better than another, and is that certain?
    Compare(compare::CompareArguments),
    /// May this change land? Every number of a baseline, beside what it is now.
    Gate(gate::GateArguments),
    /// Do recorded runs still come out the same?
    Replay(replay::ReplayArguments),
    /// How did a number change across commits?
    History(history::HistoryArguments),
    /// Which cells train and which test? Makes a split file, and says what is to be distrusted in it.
    Split(split::SplitArguments),
    /// What may an experiment file hold? As JSON Schema, for editors, or as a page.
    Schema(schema::SchemaArguments),
    /// What is this machine able to do?
    Doctor(doctor::DoctorArguments),
    /// What this program starts itself with, to read a batch file of MATR
    #[command(name = matr::VERB, hide = true)]
    ReadMatr { file: PathBuf },
}

/// What is asked; nothing where somebody wanted to know how to, which has been printed. A command line that cannot be understood ends the
/// program.
///
/// # Errors
/// [`Failure::Usage`] if standard output cannot be written.
pub fn asked_for() -> Result<Option<Arguments>, Failure> {
    match Arguments::try_parse() {
        Ok(arguments) => Ok(Some(arguments)),
        Err(error) if error.use_stderr() => error.exit(),
        // --help and --version
        Err(answer) => output::printed(answer.print()).map(|()| None),
    }
}

/// Does what was asked.
///
/// # Errors
/// [`Failure`], whose text is for the user and whose kind is the exit code.
pub fn execute(arguments: &Arguments) -> Result<(), Failure> {
    panics::be_brief();
    limits::heed();
    if let Ok(program) = std::env::current_exe() {
        matr::read_by(program);
    }
    sources::cycler::read_parquet_by(parquet::columns);
    encoder::check_environment().map_err(Failure::Usage)?;
    match &arguments.verb {
        Verb::Data(command) => data::execute(command),
        Verb::Plan(arguments) => plan::execute(arguments),
        Verb::Run(arguments) => run::execute(arguments),
        Verb::Train(arguments) => train::execute(arguments),
        Verb::Predict(arguments) => predict::execute(arguments),
        Verb::Merge(arguments) => merge::execute(arguments),
        Verb::Report(arguments) => report::execute(arguments),
        Verb::Compare(arguments) => compare::execute(arguments),
        Verb::Gate(arguments) => gate::execute(arguments),
        Verb::Replay(arguments) => replay::execute(arguments),
        Verb::History(arguments) => history::execute(arguments),
        Verb::Split(arguments) => split::execute(arguments),
        Verb::Schema(arguments) => schema::execute(arguments),
        Verb::Doctor(arguments) => doctor::execute(arguments),
        Verb::ReadMatr { file } => Ok(matr::serve(file)?),
    }
}
