//! `batlinet gate --noise FOLDERS`: how far engines are apart.

use std::path::{Path, PathBuf};

use cells::count::counted;
use tabled::{builder::Builder, settings::Style};
use verdicts::{Folder, noise::Noise};

use crate::cli::{failure::Failure, output};

/// Measures noise and keeps it.
pub(super) fn measure(baseline: &Path, others: &[PathBuf]) -> Result<(), Failure> {
    let before = Folder::read(baseline)?;
    let others = others.iter().map(|path| Folder::read(path)).collect::<Result<Vec<_>, _>>()?;
    let noise = Noise::measure(&before, &others)?;
    let mut builder = Builder::default();
    builder.push_record(["experiment", "model", "relative difference"]);
    for slot in before.groups.keys() {
        if let Some(found) = noise.of(slot) {
            builder.push_record([slot.experiment.clone(), slot.entry(), format!("{found:.1e}")]);
        }
    }
    let path = noise.write(baseline)?;
    output::print(&format!(
        "{}\n{} measured in {}: {}\n",
        builder.build().with(Style::sharp()),
        counted(noise.len(), "model"),
        counted(others.len(), "folder"),
        path.display()
    ))
}
