//! `batlinet data`: which cells are here, are they whole?

mod check;
mod datasets;
mod export;
mod fetch;
mod import;
mod list;
mod show;

use std::io;
use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};

use super::cells::{is_virtual, open};
use crate::failure::Failure;
use crate::source::{self, matr_curves};
use crate::store::Store;

/// What to do with cells.
#[derive(Debug, Subcommand)]
pub enum DataCommand {
    /// The eight datasets, with what can be imported and what is here
    List {
        /// A folder of imported cells, or `virtual`
        #[arg(long, default_value = "virtual", value_name = "DIR|virtual")]
        data: PathBuf,
    },
    /// Download published files and import them
    Fetch {
        /// What to fetch
        source: Fetchable,
        /// The folder of cells to write to
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        /// Replace cells that are there
        #[arg(long)]
        force: bool,
    },
    /// Import published files
    Import {
        /// What the files are
        #[arg(value_name = "DATASET", value_parser = import::parser())]
        format: &'static source::import::Format,
        /// Files or folders, as the publisher serves them
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<PathBuf>,
        /// The folder of cells to write to
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        /// Replace cells that are there
        #[arg(long)]
        force: bool,
    },
    /// Write cells as their publishers would serve them, to try importers with
    Export {
        /// What to write
        #[arg(long, value_parser = export::parser())]
        format: &'static crate::export::Format,
        /// A folder of imported cells, or `virtual`
        #[arg(long, default_value = "virtual", value_name = "DIR|virtual")]
        data: PathBuf,
        /// The folder to write to
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// Only these cells, such as `MATR_b1c0,MATR_b1c1` [default: all that fit the format]
        #[arg(long, value_delimiter = ',', value_name = "IDS")]
        cells: Vec<String>,
    },
    /// What is known of one cell
    Show {
        /// Its id, such as MATR_b1c0
        cell: String,
        /// A folder of imported cells, or `virtual`
        #[arg(long, default_value = "virtual", value_name = "DIR|virtual")]
        data: PathBuf,
    },
    /// Read every cell whole and compare it with its hash
    Check {
        /// A folder of imported cells
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
    },
}

/// Published files that this program can download.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Fetchable {
    /// Discharge curves Q(V) of 124 MATR cells, cycles 2 to 100
    MatrCurves,
}

/// Does what was asked, printing to the terminal.
///
/// # Errors
/// [`Failure`], whose text is for the user.
pub fn execute(command: &DataCommand) -> Result<(), Failure> {
    execute_to(command, &mut io::stdout().lock())
}

/// Does what was asked, printing to `out`.
///
/// # Errors
/// As [`execute`].
pub fn execute_to(command: &DataCommand, out: &mut dyn io::Write) -> Result<(), Failure> {
    match command {
        DataCommand::List { data } => {
            let store = if is_virtual(data) { None } else { Some(Store::open(data)?) };
            print(out, &list::render(store.as_ref()));
            Ok(())
        }
        DataCommand::Fetch { source: Fetchable::MatrCurves, data, force } => {
            import::check_target(data, &matr_curves::ids(), *force)?;
            let curves = fetch::matr_curves(data, &mut |line| eprintln!("{line}"))?;
            import::execute(&curves, data, *force, out)
        }
        DataCommand::Import { format, paths, data, force } => {
            import::check_target(data, &[], *force)?;
            import::execute(&*(format.open)(paths)?, data, *force, out)
        }
        DataCommand::Export { format, data, out: folder, cells } => {
            export::execute(format, &*open(data)?, cells, folder, out)
        }
        DataCommand::Show { cell, data } => {
            let source = open(data)?;
            print(out, &show::render(&source.cell(cell, usize::MAX)?, &source.fingerprint(cell)?));
            Ok(())
        }
        DataCommand::Check { data } => check::execute(data, out),
    }
}

/// A reader who has seen enough (`| head`) is no error.
fn print(out: &mut dyn io::Write, text: &str) {
    let _ = out.write_all(text.as_bytes());
}
