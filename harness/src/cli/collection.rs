//! `--data`: where the cells come from.

use std::path::Path;

use super::{failure::Failure, output::say};
use cells::{source::CellSource, store::Store};
use lab::VirtualLab;

/// Whether `--data` asks for the built-in lab.
pub(super) fn is_virtual(data: &Path) -> bool {
    data == Path::new("virtual")
}

/// The built-in lab for `virtual`, else the store in this folder.
pub(super) fn open(data: &Path) -> Result<Box<dyn CellSource>, Failure> {
    if is_virtual(data) { Ok(Box::new(VirtualLab::new())) } else { Ok(Box::new(store(data)?)) }
}

/// The store in this folder; what was found of an import that was ended, and done about it, is said aloud.
pub(super) fn store(data: &Path) -> Result<Store, Failure> {
    let store = Store::open(data)?;
    store.mended().iter().for_each(|what| say(what));
    Ok(store)
}

/// Opens the cells, and says aloud which they are.
pub(super) fn open_aloud(data: &Path) -> Result<Box<dyn CellSource>, Failure> {
    let source = open(data)?;
    if is_virtual(data) {
        say(
            "cells: VIRTUAL, simulated by the built-in lab; for real cells import some (`batlinet data --help`) and give \
             --data DIR",
        );
    } else {
        say(&format!("cells: {} {}, from {}", source.ids().len(), source.origin(), data.display()));
    }
    Ok(source)
}
