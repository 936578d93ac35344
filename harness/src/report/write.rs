//! Writing all files of a report.

use std::path::{Path, PathBuf};

use super::{csv, html, latex, markdown, summary::Section};
use crate::{failure::Failure, record::files::write_whole};

/// Writes `report.md`, `report.html`, `summary.csv` and `tables/*.tex` into `out` and returns their paths.
///
/// # Errors
/// [`Failure::Usage`] names the file that cannot be written.
pub fn write(out: &Path, sections: &[Section]) -> Result<Vec<PathBuf>, Failure> {
    let mut files = vec![
        (out.join("report.md"), markdown::render(sections).into_bytes()),
        (out.join("report.html"), html::render(sections).into_bytes()),
        (out.join("summary.csv"), csv::render(sections)?),
    ];
    for section in sections {
        let name = format!("tables/{}-{}.tex", section.experiment, section.data);
        files.push((out.join(name), latex::render(section).into_bytes()));
    }
    for (path, bytes) in &files {
        write_whole(path, bytes)?;
    }
    Ok(files.into_iter().map(|(path, _)| path).collect())
}
