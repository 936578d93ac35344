//! `batlinet data list`.

use std::fmt::Write as _;

use itertools::Itertools as _;
use tabled::{builder::Builder, settings::Style};

use super::datasets::{Terms, importable, terms};
use crate::cell::Dataset;
use crate::source::{Source, catalogue};
use crate::store::Store;

/// A table of the eight datasets; the cells here are those of `store`, or the virtual ones where there is none.
pub(super) fn render(store: Option<&Store>) -> String {
    let mut table = Builder::default();
    table.push_record(["dataset", "cells", "chemistry", "licence", "import", "here"]);
    for dataset in Dataset::ALL {
        let entries = || catalogue::cells().iter().filter(|entry| entry.dataset == dataset);
        let Terms { licence, .. } = terms(dataset);
        let importable = importable(dataset);
        let here = match store {
            Some(store) => store.infos().filter(|info| info.dataset == dataset).count(),
            None => entries().count(),
        };
        table.push_record([
            dataset.name().to_owned(),
            entries().count().to_string(),
            entries().map(|entry| entry.cathode.name()).unique().join(", "),
            licence.to_owned(),
            if importable.is_empty() { "not yet".to_owned() } else { importable.join(", ") },
            if here == 0 { "-".to_owned() } else { here.to_string() },
        ]);
    }
    let mut text = table.build().with(Style::psql()).to_string();
    let where_from = match store {
        Some(store) => format!("{} {} cells in {}", store.ids().len(), store.origin(), store.dir().display()),
        None => format!(
            "{} VIRTUAL cells, simulated by the built-in lab; import real ones with `batlinet data import matr-curves \
             FILE --data DIR`",
            catalogue::cells().len()
        ),
    };
    write!(text, "\n\nhere: {where_from}\n\nplease cite what you use:\n").expect("writing to a string cannot fail");
    for dataset in Dataset::ALL {
        writeln!(text, "  {:7}{}", dataset.name(), terms(dataset).citation).expect("writing to a string cannot fail");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dataset_is_listed_with_its_terms_and_virtual_cells_are_called_so() {
        let text = render(None);
        for dataset in Dataset::ALL {
            assert_eq!(text.matches(&format!(" {dataset} ")).count(), 2, "{dataset} in\n{text}");
        }
        assert!(text.contains("403 VIRTUAL cells"), "{text}");
        assert!(text.contains("matr-curves"), "{text}");
    }
}
