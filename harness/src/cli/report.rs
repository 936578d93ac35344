//! `batlinet report OUT`

use std::{fs, path::PathBuf};

use clap::Args;

use super::failure::Failure;
use super::output;
use experiments::merge::{Joined, join};
use record::files::write_whole;
use report::{
    bench::Throughput,
    lives,
    splice::splice,
    study::chapters::document,
    summary,
    terminal::{self, Width},
    write,
};

/// Arguments of `batlinet report`.
#[derive(Args, Debug)]
pub struct ReportArguments {
    /// The output folder of `batlinet run`; several are put together first, as `merge` does, and need --to.
    #[arg(value_name = "OUT", required = true)]
    out: Vec<PathBuf>,
    /// What `make bench` measured; without such a file, or machine and date in it, the report has no throughput.
    #[arg(long, value_name = "FILE", default_value = "results/bench/criterion.csv")]
    bench: PathBuf,
    /// Writes the tables between the markers of these files anew, such as `<!-- records:scenarios NAME -->` in README.md; OUT is then
    /// the folder that NAME is in. Nothing else is written.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    splice: Vec<PathBuf>,
    /// With --splice, writes nothing and fails where a table is not as the records have it.
    #[arg(long, requires = "splice")]
    check: bool,
    /// Writes there instead of into OUT, such as for records that stay as they are.
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
}

/// Prints the tables and writes Markdown, HTML, LaTeX, CSV and SVG.
///
/// # Errors
/// [`Failure::Usage`] if there are no scores, or a file cannot be read or written.
pub fn execute(arguments: &ReportArguments) -> Result<(), Failure> {
    if !arguments.splice.is_empty() {
        return splice_all(arguments);
    }
    let out = &arguments.out[0];
    let summaries = match (&arguments.out[..], &arguments.to) {
        ([out], _) => summary::summarise(out)?,
        (folders, Some(_)) => {
            let Joined { rows, experiments, .. } = join(folders, &output::say)?;
            summary::summarise_rows(&rows, &experiments)?
        }
        (_, None) => {
            let what = "a report of several folders is in none of them: give --to DIR, or put them together with `batlinet merge`";
            return Err(Failure::Usage(what.to_owned()));
        }
    };
    lives::refuse_padded(out, &summaries)?;
    let document = document(&summaries, Throughput::read(&arguments.bench)?.as_ref());
    let to = arguments.to.as_ref().unwrap_or(out);
    let files = write::write(to, &summaries, &document)?;
    // tables and figures are many; their folders are said once
    let shown = files.iter().filter(|file| file.parent() == Some(to));
    let written: String = shown.map(|file| format!("wrote {}\n", file.display())).collect();
    let (tables, figures) = (document.tables().count(), document.figures().count());
    output::print(&format!(
        "{}\n{written}wrote {tables} tables and {figures} figures to {} and {}\n",
        terminal::render(&document, Width::Full),
        to.join("tables").display(),
        to.join("figures").display(),
    ))
}

/// Tables in prose.
fn splice_all(arguments: &ReportArguments) -> Result<(), Failure> {
    let [out] = &arguments.out[..] else {
        return Err(Failure::Usage("--splice takes one folder, that of all records".to_owned()));
    };
    for file in &arguments.splice {
        let named = |problem: &dyn std::fmt::Display| Failure::Usage(format!("{}: {problem}", file.display()));
        let text = fs::read_to_string(file).map_err(|error| named(&error))?;
        let spliced = splice(&text, out).map_err(|error| named(&error))?;
        match spliced == text {
            true => output::print(&format!("{}: as the records have it\n", file.display()))?,
            false if arguments.check => {
                return Err(Failure::Faulty(format!(
                    "{}: its tables are not those of the records in {}; `make readme` writes them anew",
                    file.display(),
                    out.display()
                )));
            }
            false => {
                write_whole(file, spliced.as_bytes())?;
                output::print(&format!("wrote {}\n", file.display()))?;
            }
        }
    }
    Ok(())
}
