//! The order of a report: one chapter per kind of study that is at hand.

use crate::{
    bench::Throughput,
    document::{Document, Section},
    made, provenance,
    published::paper,
    summary::{Summary, notice},
    verdict,
};
use record::Study;

use super::{
    batterylife, by_cell, choice, folds, learning, material, profile, reference_study,
    scatter::scatter,
    scenario,
    sweep::{self, Parameter},
    transfer,
};

/// Heading, what the paper has of it, and its name in files.
const CHAPTERS: [(Study, &str, &str); 9] = [
    (Study::Scenario, "Scenarios (paper: Fig. 3)", "scenarios"),
    (Study::Branches, "Branches of BatLiNet (paper: Supplementary Fig. 4a)", "branches"),
    (Study::Features, "Channels of the capacity map (paper: Supplementary Fig. 4b)", "features"),
    (Study::References, "Number of references (paper: Fig. 5b)", "references"),
    (Study::Alpha, "Weight of the branches", "alpha"),
    (Study::ReferenceStudy, "Single references (paper: Fig. 5)", "reference-study"),
    (Study::CrossValidation, "Cross-validation", "cross-validation"),
    (Study::Transfer, "Transfer between chemistries (paper: Fig. 4)", "transfer"),
    (Study::Folds, "Folds of the training cells, by which is chosen", "folds"),
];

/// Heading of the chapter that experiments of this kind stand in, where the paper has their scenario.
pub fn title(study: Study) -> &'static str {
    CHAPTERS.iter().find(|(of, _, _)| *of == study).map_or("", |(_, title, _)| title)
}

/// The order of the paper's tables.
const SCENARIOS: [&str; 5] = ["MATR-1", "MATR-2", "HUST", "MIX-100", "MIX-20"];

/// Everything that these summaries have to say: what follows from them, the experiments, and the runs behind it all. `throughput`
/// is what the benches have measured, if anything.
pub fn document(summaries: &[Summary], throughput: Option<&Throughput>) -> Document {
    let mut document = experiments(summaries, throughput);
    document.verdicts = verdict::sections(summaries);
    document.sections.extend(provenance::section(summaries));
    document
}

/// The experiments alone, without a verdict.
pub fn experiments(summaries: &[Summary], throughput: Option<&Throughput>) -> Document {
    let mut sections = Vec::new();
    for (study, title, slug) in CHAPTERS {
        let mut own: Vec<&Summary> = summaries.iter().filter(|summary| summary.study == study).collect();
        // as in the paper's tables; others behind them, as they came
        own.sort_by_key(|summary| {
            SCENARIOS.iter().position(|name| *name == summary.scenario).unwrap_or(SCENARIOS.len())
        });
        if !own.is_empty() {
            sections.push(head(&own, heading(&own, title), slug));
            sections.extend(own.into_iter().map(|summary| part(summary, throughput)));
        }
    }
    for section in &mut sections {
        section.figures.retain(|figure| !figure.is_empty());
    }
    Document {
        notice: notice(summaries),
        made: made::line(summaries),
        preamble: vec![
            "Means over seeds ± population standard deviation (divisor n, as in the paper); `std n-1` is the sample \
             standard deviation. RMSE and MAE in cycles, MAPE in percent."
                .to_owned(),
            "A run that diverged or failed has no numbers; it is counted wherever it is missing.".to_owned(),
        ],
        verdicts: Vec::new(),
        sections,
    }
}

/// Without what the paper has, where it has none of these scenarios.
fn heading<'a>(own: &[&Summary], title: &'a str) -> &'a str {
    let is_published = |summary: &&Summary| paper().iter().any(|number| number.scenario == summary.scenario);
    match title.split_once(" (paper") {
        Some((short, _)) if !own.iter().any(is_published) => {
            short.strip_suffix(" between chemistries").unwrap_or(short)
        }
        _ => title,
    }
}

/// Heading of a chapter, with all its experiments side by side where there are several.
fn head(summaries: &[&Summary], title: &str, slug: &str) -> Section {
    let is_comparable = summaries.len() > 1;
    let mut tables = if is_comparable {
        vec![
            scenario::overview(&format!("{slug}-rmse"), "RMSE, cycles", summaries, |row| {
                (row.rmse, row.published_rmse)
            }),
            scenario::overview(&format!("{slug}-mape"), "MAPE, percent", summaries, |row| {
                (row.mape, row.published_mape)
            }),
        ]
    } else {
        Vec::new()
    };
    tables.splice(..0, folds::tables(summaries));
    tables.iter_mut().for_each(|table| profile::mark_all(table, summaries));
    Section { title: title.to_owned(), level: 2, tables, ..Section::default() }
}

fn part(summary: &Summary, throughput: Option<&Throughput>) -> Section {
    let mut section = match summary.study {
        Study::References => sweep::section(summary, &Parameter::references()),
        Study::Alpha => sweep::section(summary, &Parameter::alpha()),
        Study::Scenario => {
            let mut section = scenario::section(summary);
            section.figures.extend(scatter(summary));
            section.figures.extend(learning::figure(summary));
            let tables = material::tables(summary);
            if !tables.is_empty() {
                section.notes.extend(material::notes(summary));
            }
            section.tables.extend(tables);
            section.tables.extend(batterylife::table(summary));
            section.tables.extend(choice::tables(summary));
            section.notes.extend(choice::notes(summary));
            section.tables.extend(by_cell::table(summary));
            section
        }
        Study::ReferenceStudy => reference_study::section(summary, throughput),
        Study::Transfer => transfer::section(summary),
        Study::Branches | Study::Features | Study::CrossValidation | Study::Folds => {
            let mut section = scenario::section(summary);
            section.figures.extend(learning::figure(summary));
            section
        }
    };
    section.runs = summary.keys();
    profile::mark(&mut section, summary);
    section
}
