//! `batlinet data`: which cells are here, are they whole?

mod check;
mod datasets;
mod export;
mod features;
mod fetch;
pub mod import;
mod list;
mod picture;
mod repair;
mod show;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Subcommand;

use super::collection::{self, is_virtual, open};
use super::{failure::Failure, output};
use cells::catalogue::Catalogue;
use cells::quote;
use import::Kind;
use sources::nominal::Nominal;
use sources::repair::Rule;

/// What to do with cells.
#[derive(Debug, Subcommand)]
pub enum DataCommand {
    /// The published datasets, with what can be imported and what is here
    List {
        /// A folder of imported cells, or `virtual`
        #[arg(long, default_value = "virtual", value_name = "DIR|virtual")]
        data: PathBuf,
    },
    /// Download published files, verify them and import them
    ///
    /// Files are kept in DIR/downloads/NAME: an interrupted download goes on where it broke off, and what is there is
    /// not fetched again. Files whose publisher states a hash must have it; of the others, the hash of the first download
    /// is noted in DIR/downloads/checksums.csv and must stay the same. Where a publisher serves people only, the steps
    /// are printed (exit code 5), and files brought by hand are imported.
    Fetch {
        /// What to fetch, such as `matr`; `batlinet data list` shows all
        #[arg(value_name = "NAME")]
        source: String,
        /// The folder of cells to write to
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        /// Other addresses, such as mirrors: a file like harness/sources/src/download/manifest.yaml
        #[arg(long, value_name = "FILE")]
        manifest: Option<PathBuf>,
        /// Fetch and verify, but import nothing
        #[arg(long)]
        download_only: bool,
        /// Replace cells that are there
        #[arg(long)]
        force: bool,
    },
    /// What is in the files of a cycler? Prints a draft of cells.yaml
    ///
    /// The draft says in comments which program wrote the files, what their columns are taken for and what is guessed. Save it,
    /// see it through, and give it to `batlinet data import cycler FILES --cells cells.yaml --data DIR`.
    Describe {
        /// Files or folders
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<PathBuf>,
    },
    /// Import published files, files of the same form with cells of your own, or what a cycler wrote
    Import {
        /// What the files are
        #[arg(value_name = "DATASET", value_parser = import::parser())]
        format: Kind,
        /// Files or folders, as the publisher serves them
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<PathBuf>,
        /// The folder of cells to write to
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        /// Replace cells that are there
        #[arg(long)]
        force: bool,
        /// Which nominal capacity lives are counted to where a file and the catalogue differ [default: the catalogue's, and
        /// no import if they differ by more than 2 %]
        #[arg(long, value_name = "WHOSE", value_parser = import::nominal())]
        nominal_capacity: Option<Nominal>,
        /// Cells of your own: a table with the columns of experiments/cells.csv, whose ids are what the files call them
        #[arg(long, value_name = "FILE.csv")]
        catalogue: Option<PathBuf>,
        /// With `cycler`: which cells the files hold; `batlinet data describe FILES` drafts it
        #[arg(long, value_name = "cells.yaml")]
        cells: Option<PathBuf>,
    },
    /// Write cells as their publishers would serve them, to try importers with
    Export {
        /// What to write, as `data import` names it
        #[arg(long, value_parser = export::parser())]
        format: &'static sources::export::Format,
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
    /// Write the features that an experiment declares, a row for each cell of its split
    ///
    /// Exit code 5 if some cells cannot give a feature, which is then empty.
    Features {
        /// The experiment file
        #[arg(value_name = "FILE")]
        experiment: PathBuf,
        /// A folder of imported cells, or `virtual`
        #[arg(long, default_value = "virtual", value_name = "DIR|virtual")]
        data: PathBuf,
        /// The table to write, Parquet or CSV by its ending
        #[arg(long, value_name = "FILE.parquet|FILE.csv")]
        out: PathBuf,
        /// Replace the file that is there
        #[arg(long)]
        force: bool,
    },
    /// Put cells right by rules that you name, into another folder
    ///
    /// The other cells are copied. A repaired cell is judged like one that is imported, and says for ever what was done to it, in
    /// `data show` and `data check`. The folder it comes from stays as it is.
    Repair {
        /// Ids of the cells
        #[arg(required = true, value_name = "CELL")]
        cells: Vec<String>,
        /// What is done, in this order: flip-current, swap-capacities, scale-current=FACTOR, scale-capacity=FACTOR,
        /// scale-voltage=FACTOR, drop-cycles=5,7-9 (the source's numbers), cut-tail=CYCLES
        #[arg(long = "rule", required = true, value_name = "RULE")]
        rules: Vec<Rule>,
        /// A folder of imported cells
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        /// The folder to write to [default: DIR-repaired]
        #[arg(long, value_name = "DIR")]
        to: Option<PathBuf>,
    },
    /// What is known of one cell, in words and as pictures
    Show {
        /// Its id, such as MATR_b1c0
        cell: String,
        /// A folder of imported cells, or `virtual`
        #[arg(long, default_value = "virtual", value_name = "DIR|virtual")]
        data: PathBuf,
        /// Also draw its capacity fade and its voltage curves into this folder, as SVG and CSV
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
        /// Positions of the cycles whose voltage curves are drawn, from 0, such as `0,9,99` [default: 0, 9, 99 and the
        /// last]
        #[arg(long, value_delimiter = ',', value_name = "POSITIONS", requires = "out")]
        cycles: Vec<usize>,
    },
    /// Are the cells whole, are they all here, and may they be split and labelled as declared?
    ///
    /// Exit codes: 0 if nothing is wrong or missing; 3 for a fault, such as a damaged or exchanged file, one cell under
    /// two names, or a test cell that a model has been trained on; 5 if nothing is wrong but cells are missing: those of the
    /// experiments given or, without any, of a dataset of which there are some.
    Check {
        /// A folder of imported cells, or `virtual` with experiments
        #[arg(long, value_name = "DIR|virtual")]
        data: PathBuf,
        /// Experiments whose splits and labels are checked on these cells
        #[arg(value_name = "FILE")]
        experiments: Vec<PathBuf>,
    },
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
            let store = if is_virtual(data) { None } else { Some(collection::store(data)?) };
            print(out, &list::render(store.as_ref()))
        }
        DataCommand::Fetch { source, data, manifest, download_only, force } => fetch::execute(
            &fetch::Fetch {
                name: source,
                data,
                manifest: manifest.as_deref(),
                force: *force,
                download_only: *download_only,
            },
            out,
        ),
        DataCommand::Describe { paths } => {
            print(out, &sources::cycler::describe(paths).map_err(|error| Failure::Usage(error.to_string()))?)
        }
        DataCommand::Import { format: Kind::Cycler, paths, data, force, nominal_capacity, catalogue, cells } => {
            import::check_target(data, &[], *force)?;
            import::of_cycler(cells.as_deref(), nominal_capacity.is_some() || catalogue.is_some()).and_then(|cells| {
                let opened = sources::cycler::open(paths, cells).map_err(sources::Error::from)?;
                import::execute(&opened, data, *force, out)
            })
        }
        DataCommand::Import { cells: Some(_), .. } => Err(Failure::Usage(
            "--cells says what the files of a cycler hold: give it with `data import cycler`, or leave it out"
                .to_owned(),
        )),
        DataCommand::Import {
            format: Kind::Published(format),
            paths,
            data,
            force,
            nominal_capacity,
            catalogue,
            ..
        } => {
            import::check_target(data, &[], *force)?;
            let mut published = match catalogue {
                None => (format.open)(paths)?,
                Some(file) => format.open_own(paths, Arc::new(Catalogue::read(file)?))?,
            };
            published.choose(nominal_capacity.unwrap_or_default())?;
            import::execute(&*published, data, *force, out)
        }
        DataCommand::Export { format, data, out: folder, cells } => {
            export::execute(format, &*open(data)?, cells, folder, out)
        }
        DataCommand::Features { experiment, data, out: table, force } => {
            features::execute(experiment, data, table, *force, out)
        }
        DataCommand::Repair { cells, rules, data, to } => repair::execute(cells, rules, data, to.as_deref(), out),
        DataCommand::Show { cell: id, data, out: folder, cycles } => {
            let source = open(data)?;
            let cell = source.cell(id, usize::MAX)?;
            print(out, &show::render(&cell, &source.fingerprint(id)?, &source.notes(id)?))?;
            let files =
                folder.iter().map(|folder| picture::write(&cell, cycles, folder)).collect::<Result<Vec<_>, _>>()?;
            files.iter().flatten().try_for_each(|file| print(out, &format!("wrote {}\n", file.display())))
        }
        DataCommand::Check { data, experiments } => check::execute(data, experiments, out),
    }
}

/// [`output::print`] of what is there; what files hold steers no terminal.
fn print(out: &mut dyn io::Write, text: &str) -> Result<(), Failure> {
    output::print_to(out, &quote::harmless(text))
}
