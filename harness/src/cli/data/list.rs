//! `batlinet data list`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use itertools::Itertools as _;
use tabled::{builder::Builder, settings::Style};

use super::datasets::importable;
use cells::count::counted;
use cells::quote::shown;
use cells::store::Store;
use cells::{catalogue, datasets, source::CellSource};
use sources::download::manifest::Manifest;

/// A table of the published datasets and of those of one's own; the cells here are those of `store`, or the virtual ones where there is none.
pub(super) fn render(store: Option<&Store>) -> String {
    let mut table = Builder::default();
    table.push_record(["dataset", "cells", "chemistry", "licence", "import", "here", "cycles"]);
    for dataset in datasets::all() {
        let entries = || catalogue::cells().iter().filter(|entry| entry.dataset == dataset.name);
        let here = match store {
            Some(store) => store.infos().filter(|info| info.dataset == dataset.name).count(),
            None => entries().count(),
        };
        table.push_record([
            dataset.name.to_string(),
            dataset.cells.to_string(),
            entries().map(|entry| entry.cathode.name()).unique().join(", "),
            dataset.licence.clone(),
            importable(&dataset.name).join(", "),
            if here == 0 { "-".to_owned() } else { here.to_string() },
            match store {
                Some(store) => numbered(&store.numbered(&dataset.name)),
                None => "whole lives".to_owned(),
            },
        ]);
    }
    for (store, (own, here)) in store.iter().flat_map(|store| store.counts().into_iter().map(move |own| (store, own))) {
        if datasets::find(&own).is_none() {
            let cathodes = store.infos().filter(|info| info.dataset == own).map(|info| info.chemistry.cathode.name());
            let chemistry = cathodes.unique().map(|name| shown(name, 20)).join(", ");
            let cycles = numbered(&store.numbered(&own));
            table.push_record([
                own.to_string(),
                "-".to_owned(),
                chemistry,
                "your own".to_owned(),
                "--catalogue".to_owned(),
                here.to_string(),
                cycles,
            ]);
        }
    }
    let mut text = table.build().with(Style::psql()).to_string();
    let where_from = match store {
        Some(store) => {
            let cells = counted(store.ids().len(), &format!("{} cell", store.origin()));
            let cells = format!("{cells} in {}", store.dir().display());
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
    text.push_str("\nwhat of them is here once all of it is imported:\n");
    for dataset in datasets::all() {
        writeln!(text, "  {:7}{}", dataset.name, dataset.record).expect("writing to a string cannot fail");
    }
    text.push_str("\nplease cite what you use:\n");
    for dataset in datasets::all() {
        writeln!(text, "  {:7}{}; doi {}", dataset.name, dataset.citation, dataset.doi)
            .expect("writing to a string cannot fail");
    }
    text
}

/// Which cycles are at hand, by the source's numbers, such as `2 to 150` or `1 to 502…2236`.
fn numbered(counts: &BTreeMap<(u32, u32), usize>) -> String {
    const FEW: usize = 3;
    let cells = |(&(first, last), &count): (&(u32, u32), &usize)| match counts.len() {
        1 => format!("{first} to {last}"),
        _ => format!("{first} to {last} ({count} {})", if count == 1 { "cell" } else { "cells" }),
    };
    let range = |ends: &mut dyn Iterator<Item = u32>| match ends.minmax().into_option() {
        Some((least, most)) if least < most => format!("{least}…{most}"),
        Some((only, _)) => only.to_string(),
        None => String::new(),
    };
    match counts.len() {
        0 => "-".to_owned(),
        1..=FEW => counts.iter().map(cells).join(", "),
        _ => {
            let firsts = range(&mut counts.keys().map(|(first, _)| *first));
            format!("{firsts} to {}", range(&mut counts.keys().map(|(_, last)| *last)))
        }
    }
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
        for dataset in datasets::all().iter().map(|dataset| &dataset.name) {
            assert!(text.matches(&format!(" {dataset} ")).count() >= 2, "{dataset} in\n{text}");
        }
        for words in ["4 files, 10.9 GB", "1 file, 1.2 GB", "by hand, with instructions", "https://data.matr.io/1/"] {
            assert!(text.contains(words), "no {words} in\n{text}");
        }
        assert!(text.contains("403 VIRTUAL cells"), "{text}");
        assert!(text.contains("matr-curves"), "{text}");
    }

    #[test]
    fn cycles_at_hand_are_said_shortly() {
        let said = |counts: &[((u32, u32), usize)]| numbered(&counts.iter().copied().collect());
        assert_eq!(said(&[]), "-");
        assert_eq!(said(&[((2, 150), 123)]), "2 to 150");
        assert_eq!(said(&[((2, 150), 123), ((2, 100), 1)]), "2 to 100 (1 cell), 2 to 150 (123 cells)");
        assert_eq!(said(&[((1, 700), 1), ((1, 502), 2), ((1, 2236), 1), ((1, 900), 1)]), "1 to 502…2236");
    }
}
