//! `batlinet data`: which cells are here, are they whole?

mod check;
mod datasets;
mod fetch;
mod list;
mod show;

use std::io;
use std::path::{Path, PathBuf};

use clap::{Subcommand, ValueEnum};

use super::cells::{is_virtual, open};
use crate::failure::Failure;
use crate::source::matr_curves::{self, Curves};
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
        source: Importable,
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
        source: Importable,
        /// A folder, a .tar or a .tar.gz, as the publisher serves it
        path: PathBuf,
        /// The folder of cells to write to
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        /// Replace cells that are there
        #[arg(long)]
        force: bool,
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

/// Published files that this program can read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Importable {
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
        DataCommand::Fetch { source: Importable::MatrCurves, data, force } => {
            check_target(data, *force)?;
            write(&fetch::matr_curves(data, &mut |line| eprintln!("{line}"))?, data, out)
        }
        DataCommand::Import { source: Importable::MatrCurves, path, data, force } => {
            check_target(data, *force)?;
            write(&Curves::read(path)?, data, out)
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

/// Says no before anything long is begun: to `virtual`, and to cells that are there unless they are to be replaced.
fn check_target(data: &Path, force: bool) -> Result<(), Failure> {
    if is_virtual(data) {
        return Err(Failure::Usage(
            "virtual cells are made when they are asked for, nothing is imported: give a folder, `--data DIR`"
                .to_owned(),
        ));
    }
    if force || !Store::is_at(data) {
        return Ok(());
    }
    match matr_curves::present_in(&Store::create(data)?) {
        0 => Ok(()),
        present => Err(Failure::Usage(format!(
            "{present} of these cells are in {} already: nothing to do, or replace them with --force",
            data.display()
        ))),
    }
}

fn write(curves: &Curves, data: &Path, out: &mut dyn io::Write) -> Result<(), Failure> {
    let summary = curves.write(&mut Store::create(data)?)?;
    print(out, &format!("{summary}\nwritten to {}\n", data.display()));
    Ok(())
}
