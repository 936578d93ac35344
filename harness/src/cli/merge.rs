//! `batlinet merge A B … --out C`

use std::path::PathBuf;

use clap::Args;

use super::{failure::Failure, output};
use experiments::merge::merge;

/// Arguments of `batlinet merge`.
#[derive(Args, Debug)]
pub struct MergeArguments {
    /// Output folders of `batlinet run`, such as those of shards.
    #[arg(required = true, value_name = "FOLDER")]
    folders: Vec<PathBuf>,
    /// The folder that they become; it goes on where it was ended.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Puts folders together and says what there is now.
///
/// # Errors
/// [`Failure::Usage`] where they contradict each other, or one is not what was written.
pub fn execute(arguments: &MergeArguments) -> Result<(), Failure> {
    let merged = merge(&arguments.folders, &arguments.out, &output::say)?;
    output::print(&format!("{merged}\nwritten to {}\n", arguments.out.display()))
}
