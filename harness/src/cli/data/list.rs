//! `batlinet data list`.

use std::fmt::Write as _;

use itertools::Itertools as _;
use tabled::{builder::Builder, settings::Style};

use super::datasets::{Terms, importable, terms};
use crate::cell::Dataset;
use crate::source::download::manifest::Manifest;
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
        Some(store) => {
            let cells = format!("{} {} cells in {}", store.ids().len(), store.origin(), store.dir().display());
            match store.hashes() {
                Some([content, lives]) => format!("{cells}, content {content}, lives {lives}"),
                None => cells,
            }
        }
        None => format!(
            "{} VIRTUAL cells, simulated by the built-in lab; `batlinet data fetch matr-curves --data DIR` brings real \
             ones",
            catalogue::cells().len()
        ),
    };
    write!(text, "\n\nhere: {where_from}\n\nto get more: batlinet data fetch NAME --data DIR\n{}", to_fetch())
        .expect("writing to a string cannot fail");
    text.push_str("\nplease cite what you use:\n");
    for dataset in Dataset::ALL {
        writeln!(text, "  {:7}{}", dataset.name(), terms(dataset).citation).expect("writing to a string cannot fail");
    }
    text
}

/// What can be fetched: a line each.
fn to_fetch() -> String {
    let mut table = Builder::default();
    for collection in Manifest::builtin().collections() {
        let size = match (collection.files.is_empty(), collection.bytes()) {
            (true, _) => "by hand, with instructions".to_owned(),
            (false, Some(bytes)) => format!("{} files, {:.1} GB", collection.files.len(), bytes as f64 / 1e9),
            (false, None) => format!("{} files", collection.files.len()),
        };
        let size = size.replacen("1 files", "1 file", usize::from(size.starts_with("1 ")));
        table.push_record([format!("  {}", collection.name), collection.about.clone(), size, collection.page.clone()]);
    }
    format!("{}\n", table.build().with(Style::empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dataset_is_listed_with_its_terms_and_virtual_cells_are_called_so() {
        let text = render(None);
        for dataset in Dataset::ALL {
            assert!(text.matches(&format!(" {dataset} ")).count() >= 2, "{dataset} in\n{text}");
        }
        for words in ["4 files, 10.9 GB", "1 file, 1.2 GB", "by hand, with instructions", "https://data.matr.io/1/"] {
            assert!(text.contains(words), "no {words} in\n{text}");
        }
        assert!(text.contains("403 VIRTUAL cells"), "{text}");
        assert!(text.contains("matr-curves"), "{text}");
    }
}
