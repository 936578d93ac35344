//! Writing all files of a report.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use super::{csv, document::Document, figure, html, latex, markdown, provenance, summary::Summary};
use crate::Error;
use record::files::write_whole;

/// Writes `report.md`, `report.html`, `summary.csv`, and each table and figure into `tables/` and `figures/` of `out`;
/// returns their paths.
///
/// # Errors
/// [`Error::Record`] names the file that cannot be written.
pub fn write(out: &Path, summaries: &[Summary], document: &Document) -> Result<Vec<PathBuf>, Error> {
    let drawn: HashMap<String, String> = document
        .figures()
        .map(|figure| Ok((figure.slug.clone(), figure::draw(figure)?)))
        .collect::<Result<_, Error>>()?;
    let mut files = vec![
        (out.join("report.md"), markdown::render(document).into_bytes()),
        (out.join("report.html"), html::render(document, &drawn).into_bytes()),
        (out.join("summary.csv"), csv::summary(summaries)?),
    ];
    for table in document.tables() {
        let path = |ending: &str| out.join(format!("tables/{}.{ending}", table.slug));
        // nobody prints keys
        if table.slug != provenance::SLUG {
            files.push((path("tex"), latex::render(table).into_bytes()));
        }
        files.push((path("csv"), csv::table(table)?));
    }
    for figure in document.figures() {
        let path = |ending: &str| out.join(format!("figures/{}.{ending}", figure.slug));
        files.push((path("svg"), drawn[&figure.slug].clone().into_bytes()));
        files.push((path("csv"), csv::figure(figure)?));
    }
    for (path, bytes) in &files {
        write_whole(path, bytes)?;
    }
    Ok(files.into_iter().map(|(path, _)| path).collect())
}
