//! `batlinet merge A B … --out C`

use cells::count::{counted, counted_with, verb};
use std::path::PathBuf;

use clap::Args;

use super::{
    failure::Failure,
    output::{self, say},
};
use experiments::merge::{self, Purpose};

/// Arguments of `batlinet merge`.
#[derive(Args, Debug)]
pub struct MergeArguments {
    /// Output folders of `batlinet run`, such as those of the parts of a plan (`run --shard`).
    #[arg(required = true, num_args = 2.., value_name = "FOLDER")]
    folders: Vec<PathBuf>,
    /// The folder to make; it must not be there, or be empty.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Writes nothing where runs that were meant are in none of the folders: give again the parts that lack them, and then merge. Runs that
    /// are made of others, which no part makes, are made afterwards, by the same `run` on what was merged.
    #[arg(long)]
    complete: bool,
}

/// Puts output folders together. What was run in parts is, put together, what one call would have left, but for wall times and machines.
///
/// # Errors
/// [`Failure::Usage`] for what is not as it was written, and for runs that contradict one another; [`Failure::Incomplete`] if runs that
/// were meant are in none of the folders: what is there is put together all the same, unless only all of it is wanted.
pub fn execute(arguments: &MergeArguments) -> Result<(), Failure> {
    let purpose = if arguments.complete { Purpose::Completing } else { Purpose::Keeping };
    let merged = merge::merge(&arguments.folders, &arguments.out, purpose, &say)?;
    if arguments.complete && !merged.missing.is_empty() {
        return Err(Failure::Incomplete(format!(
            "{}; nothing was written: give the parts that lack {} again, and then merge",
            lacking(&merged.missing),
            verb(merged.missing.len(), ["it", "them"])
        )));
    }
    let same = match merged.same {
        0 => String::new(),
        same => format!(", {same} of them in more than one folder and the same in each"),
    };
    output::print(&format!(
        "{} of {}{same}: {}\n",
        counted(merged.runs, "run"),
        counted(arguments.folders.len(), "folder"),
        arguments.out.display()
    ))?;
    let made = &merged.to_be_made;
    // of a whole plan, that is what follows
    if arguments.complete && !made.is_empty() {
        output::print(&format!(
            "{} made of others: the same `run` with --out {} makes {}\n",
            counted_with(made.len(), "run", ["is", "are"]),
            arguments.out.display(),
            verb(made.len(), ["it", "them"])
        ))?;
        return Ok(());
    }
    match &[&merged.missing[..], made].concat()[..] {
        [] => Ok(()),
        missing => Err(Failure::Incomplete(format!(
            "{}; the same `run` with --out {} makes {}",
            lacking(missing),
            arguments.out.display(),
            verb(missing.len(), ["it", "them"])
        ))),
    }
}

/// `2 runs that were meant are in none of the folders: …`
fn lacking(missing: &[String]) -> String {
    format!(
        "{} that {} meant {} in none of the folders: {}",
        counted(missing.len(), "run"),
        verb(missing.len(), ["was", "were"]),
        verb(missing.len(), ["is", "are"]),
        output::names(missing.iter().map(String::as_str))
    )
}
