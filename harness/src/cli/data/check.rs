//! `batlinet data check`.

use std::io;
use std::path::Path;

use rayon::prelude::*;

use crate::failure::Failure;
use crate::source::Source as _;
use crate::store::{self, Store};

/// Reads every file whole, prints one line per damaged one and the number of sound ones per dataset.
pub(super) fn execute(data: &Path, out: &mut dyn io::Write) -> Result<(), Failure> {
    if super::is_virtual(data) {
        return Err(Failure::Usage(
            "virtual cells are made when they are asked for, there is nothing to check: give a folder, `--data DIR`"
                .to_owned(),
        ));
    }
    if !Store::is_at(data) {
        Store::open(data)?; // says what to do
    }
    let files = store::cell_files(data)?;
    let failures: Vec<Failure> = files.par_iter().filter_map(|file| store::check_file(file).err()).collect();
    for failure in &failures {
        super::print(out, &format!("{failure}\n"));
    }
    if !failures.is_empty() {
        return Err(Failure::Usage(format!(
            "{} of {} files in {} are not sound, see above",
            failures.len(),
            files.len(),
            data.display()
        )));
    }
    let store = Store::open(data)?;
    for (dataset, cells) in store.counts() {
        let origin = store.origin();
        super::print(out, &format!("{dataset}: {cells} {origin} cells, every hash and every invariant holds\n"));
    }
    Ok(())
}
