//! `batlinet data check`: are the cells whole, are they all here, and may they be split and labelled as declared?

mod experiment;
mod published;
mod stored_cells;

use std::io;
use std::path::{Path, PathBuf};

use crate::cli::failure::Failure;
use cells::label::LabelRule;
use stored_cells::StoredCells;

/// What was found out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Finding {
    /// Something is wrong.
    Fault(String),
    /// Something of the benchmark is not here.
    Missing(String),
    /// Worth knowing, and no fault of the data at hand.
    Note(String),
}

/// Reads every cell whole, prints what is here and what is wrong, missing or worth knowing of cells and experiments.
pub(super) fn execute(data: &Path, experiments: &[PathBuf], out: &mut dyn io::Write) -> Result<(), Failure> {
    let (cells, mut findings) = if !super::is_virtual(data) {
        StoredCells::of_store(data)?
    } else if experiments.is_empty() {
        return Err(Failure::Usage(
            "virtual cells are made when they are asked for, there is nothing to check: give a folder, `--data DIR`, or \
             experiments whose splits and labels are to be checked"
                .to_owned(),
        ));
    } else {
        (StoredCells::of_lab()?, Vec::new())
    };
    super::print(out, &cells.table(&LabelRule::default()))?;
    // what is not here of a dataset is missing to nobody where experiments say which cells are wanted
    let is_wanted = experiments.is_empty();
    findings.extend(cells.findings().into_iter().map(|finding| match finding {
        Finding::Missing(text) if !is_wanted => Finding::Note(format!("not here: {text}")),
        other => other,
    }));
    for path in experiments {
        findings.extend(experiment::findings(path, &cells)?);
    }
    let mut counts = [0; 3];
    for finding in &findings {
        let (kind, word, text) = match finding {
            Finding::Fault(text) => (0, "fault", text),
            Finding::Missing(text) => (1, "missing", text),
            Finding::Note(text) => (2, "note", text),
        };
        counts[kind] += 1;
        super::print(out, &format!("{word}: {text}\n"))?;
    }
    let place = data.display();
    match counts {
        [0, 0, _] => super::print(out, "no fault, and nothing that was asked for is missing\n"),
        [0, ..] => Err(Failure::Incomplete(format!("no fault in {place}, but something is missing, see above"))),
        [1, ..] => Err(Failure::Faulty(format!("1 fault in {place}, see above"))),
        [faults, ..] => Err(Failure::Faulty(format!("{faults} faults in {place}, see above"))),
    }
}
