//! `batlinet gate --noise FOLDERS`: how far engines are apart.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use cells::count::counted;
use tabled::{builder::Builder, settings::Style};
use verdicts::{Folder, noise::Noise};

use crate::cli::{failure::Failure, output};

/// Measures noise and keeps it.
pub(super) fn measure(baseline: &Path, others: &[PathBuf]) -> Result<(), Failure> {
    let before = Folder::read(baseline)?;
    let others = others.iter().map(|path| Folder::read(path)).collect::<Result<Vec<_>, _>>()?;
    let noise = Noise::measure(&before, &others)?;
    say_if_programs_differ(&before, &others);
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

/// Between two programs more may differ than the engine.
fn say_if_programs_differ(before: &Folder, others: &[Folder]) {
    let commits = |folder: &Folder| -> BTreeSet<String> {
        let runs = folder.groups.values().flat_map(|group| group.runs.values());
        runs.map(|run| run.record.provenance.short_commit().0.to_owned()).collect()
    };
    let ours = commits(before);
    for other in others.iter().filter(|other| commits(other) != ours) {
        let list = |commits: &BTreeSet<String>| commits.iter().cloned().collect::<Vec<_>>().join(", ");
        output::say(&format!(
            "{} was made by the program of commit {}, the baseline by that of {}: whatever numbers these change is taken for noise of engines",
            other.path.display(),
            list(&commits(other)),
            list(&ours)
        ));
    }
}
