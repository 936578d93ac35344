//! What is not the paper's schedule says so wherever it can be taken out of its report: in every caption, and a figure in
//! its title.

use itertools::Itertools as _;

use crate::{document::Section, summary::Summary, table::Table};

/// Says in every table and figure of the section how its runs differ from the file as written, if they do.
pub fn mark(section: &mut Section, summary: &Summary) {
    let how = summary.how();
    if summary.is_cut() {
        // nothing follows from which is smaller
        section.tables.iter_mut().flat_map(|table| &mut table.columns).for_each(|column| column.is_error = false);
    }
    if !summary.is_plain() {
        for table in section.tables.iter_mut().filter(|table| !table.caption.contains(&how)) {
            table.caption.push_str(&format!(" · {how}"));
        }
    }
    // benches have no profile
    for figure in section.figures.iter_mut().filter(|figure| !figure.slug.ends_with("-throughput")) {
        if !summary.is_plain() {
            figure.caption = format!("{} By {how}.", figure.caption.trim()).trim().to_owned();
        }
        if summary.is_cut() {
            figure.title.push_str(&format!(", profile {}", summary.profile));
        }
    }
}

/// The same for a table of several experiments.
pub fn mark_all(table: &mut Table, summaries: &[&Summary]) {
    let said = summaries.iter().filter(|summary| !summary.is_plain()).into_group_map_by(|summary| summary.how());
    for (how, of) in said.into_iter().sorted_by(|one, other| one.0.cmp(&other.0)) {
        let names = of.iter().map(|summary| format!("{} ({})", summary.experiment, summary.data)).join(", ");
        table.caption.push_str(&format!(" · {names}: {how}"));
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        bench::Throughput,
        figure,
        study::chapters::document,
        summary::{Run, Summary, summaries, tests::run},
    };

    fn of(experiment: &str, profile: &str) -> Vec<Run> {
        let models = [("ridge", 120.0), ("svm", 130.0), ("batlinet", 60.0)];
        let named = models.map(|(model, rmse)| {
            let mut run = run(model, 0, rmse, "real");
            (run.score.experiment, run.score.profile) = (experiment.to_owned(), profile.to_owned());
            run
        });
        named.into()
    }

    fn all(runs: &[Run]) -> (Vec<Summary>, crate::document::Document) {
        let measured = Throughput {
            rates: vec![(1, 2.0)],
            machine: "A".to_owned(),
            date: "2026-11-28".to_owned(),
            cards: Vec::new(),
        };
        let summaries = summaries(runs, &[]);
        let document = document(&summaries, Some(&measured));
        (summaries, document)
    }

    #[test]
    fn a_quick_look_is_one_in_every_caption_and_figure_and_concludes_nothing() {
        let (summaries, quick) = all(&[of("matr-1", "quick"), of("matr-2", "quick")].concat());
        assert!(quick.tables().count() == 4 && quick.figures().count() == 2);
        for table in quick.tables() {
            assert!(table.caption.contains("profile quick, no result"), "{}", table.caption);
            assert!(table.header().iter().all(|heading| !heading.contains("published")), "{:?}", table.header());
        }
        for figure in quick.figures() {
            assert!(figure.caption.contains("profile quick, no result"), "{}", figure.caption);
            assert!(figure.title.ends_with(", profile quick"), "{}", figure.title);
            assert!(figure::draw(figure).unwrap().contains("profile quick"));
            assert!(figure.series.iter().all(|series| !series.name.contains("published")));
        }
        for section in quick.sections.iter().filter(|section| section.level == 3) {
            assert!(section.title.contains("profile quick, no result"), "{}", section.title);
            assert!(section.notes.iter().all(|note| !note.contains("best") && !note.contains("below")));
        }
        assert!(summaries.iter().all(|summary| summary.expectations.is_empty()));
        // the same runs under the published schedule do conclude
        let (_, paper) = all(&of("matr-1", "paper"));
        assert!(paper.sections[1].notes[0].contains("50.0 % below that of the best other model"));
        assert!(paper.figures().all(|figure| !figure.caption.contains("profile") && !figure.title.contains("profile")));
    }

    #[test]
    fn a_table_of_several_experiments_says_which_were_cut() {
        let (_, document) = all(&[of("matr-1", "quick"), of("matr-2", "paper")].concat());
        let table = document.tables().next().unwrap();
        assert_eq!(table.caption, "RMSE, cycles · matr-1 (real): profile quick, no result");
        let headings = table.header();
        assert_eq!(headings[1..3], ["matr-1 (real, profile quick)", "matr-2 (real)"], "{headings:?}");
        assert!(headings[3].starts_with("published matr-2"), "{headings:?}");
    }
}
