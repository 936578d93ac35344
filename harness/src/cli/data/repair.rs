//! `batlinet data repair`.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use super::import::{bar, show};
use crate::cli::{collection, failure::Failure, interrupt};
use cells::count::counted;
use cells::source::CellSource as _;
use cells::store::{Kept, Store};
use sources::Error;
use sources::repair::{self, Rule};

/// Writes the store in `data` to `to` with some cells repaired; those that are there already stay. All of it, or nothing.
pub(super) fn execute(
    ids: &[String],
    rules: &[Rule],
    data: &Path,
    to: Option<&Path>,
    out: &mut dyn io::Write,
) -> Result<(), Failure> {
    if super::is_virtual(data) {
        return Err(Failure::Usage("virtual cells need no repair: give a folder, `--data DIR`".to_owned()));
    }
    let source = collection::store(data)?;
    let target = to.map_or_else(|| beside(data), Path::to_owned);
    if is_same(data, &target) {
        return Err(Failure::Usage(format!(
            "{} has the cells as they were measured: give another folder, `--to DIR`, for the repaired ones",
            target.display()
        )));
    }
    let stop = interrupt::flag("stopping; nothing is written");
    let mut repaired = Vec::new();
    let mut said = String::new();
    for id in ids {
        let (kept, remarks) = repair::repaired(source.cell(id, usize::MAX)?, source.notes(id)?, rules)?;
        remarks.iter().for_each(|remark| said.push_str(&format!("  {id}: {remark}\n")));
        repaired.push(kept);
    }
    let was_there = Store::is_at(&target);
    let mut store = Store::create(&target)?;
    let others: Vec<String> = source.ids().into_iter().filter(|id| !ids.contains(id) && !store.contains(id)).collect();
    let bar = bar("cells copied");
    let done = AtomicUsize::new(0);
    let copied = others.par_iter().map(|id| {
        show(&bar, stop, done.fetch_add(1, Ordering::Relaxed), others.len())?;
        Ok::<_, Error>(Kept { cell: source.cell(id, usize::MAX)?, notes: source.notes(id)? })
    });
    let written = store.write_all(repaired.into_par_iter().map(Ok).chain(copied));
    bar.finish_and_clear();
    if written.is_err() && !was_there {
        // neither goes if there is anything in it
        let _ = std::fs::remove_dir(target.join("cells")).and_then(|()| std::fs::remove_dir(&target));
    }
    written?;
    super::print(
        out,
        &format!(
            "{} repaired, {} as they are\n{said}written to {}; {} is as it was\n",
            counted(ids.len(), "cell"),
            counted(others.len(), "other"),
            target.display(),
            data.display()
        ),
    )
}

/// `cells-repaired` beside `cells`.
fn beside(data: &Path) -> PathBuf {
    let name = data.file_name().map_or("cells".into(), |name| name.to_string_lossy());
    data.with_file_name(format!("{name}-repaired"))
}

fn is_same(one: &Path, other: &Path) -> bool {
    one == other || matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}
