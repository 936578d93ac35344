//! The runs behind a report: which key, by which commit, engine and device.

use itertools::Itertools as _;

use super::{
    document::Section,
    summary::{Run, Summary},
    table::{Cell, Column, Table},
};

/// Name of the table; its rows are what everything else leads to.
pub const SLUG: &str = "runs";

/// A row per record; `None` where there are none, as of scores alone.
pub fn section(summaries: &[Summary]) -> Option<Section> {
    let known = || summaries.iter().flat_map(|summary| &summary.runs).filter(|run| run.made.is_some());
    let users = known().map(|run| (run.score.key.as_str(), run)).into_group_map();
    let keys: Vec<&str> = known().map(|run| run.score.key.as_str()).unique().collect();
    if keys.is_empty() {
        return None;
    }
    let columns = ["run", "experiments", "model", "seed", "commit", "dirty", "engine", "device", "processor"];
    Some(Section {
        title: "Runs".to_owned(),
        level: 2,
        description: "Every number above is of these runs. A key is the name of a folder below `runs/`, whose `record.json` says \
                      all that the run depends on; `batlinet run` makes it again from there. A commit is dirty where the \
                      sources had changes that are in none."
            .to_owned(),
        tables: vec![Table {
            slug: SLUG.to_owned(),
            caption: "Runs and what made them".to_owned(),
            columns: columns.into_iter().map(Column::new).collect(),
            rows: keys.into_iter().map(|key| line(key, &users[key])).collect(),
        }],
        ..Section::default()
    })
}

/// One run, which several experiments may share.
fn line(key: &str, users: &[&Run]) -> Vec<Cell> {
    let text = |text: &str| Cell::Text(text.to_owned());
    let names = users.iter().map(|run| run.score.experiment.as_str()).unique().join(", ");
    let models = users.iter().map(|run| format!("{} {}", run.score.model, run.score.variant).trim().to_owned());
    let (score, made) = (&users[0].score, users[0].made.as_ref());
    let made = made.map_or([const { Cell::Missing }; 5], |made| {
        let (commit, is_dirty) = made.provenance.short_commit();
        let dirty = if is_dirty { "yes" } else { "no" };
        [commit, dirty, &made.versions.engine, &made.device, &made.provenance.processor].map(text)
    });
    let seed = usize::try_from(score.seed).map_or_else(|_| Cell::Text(score.seed.to_string()), Cell::Count);
    [text(key), Cell::Text(names), Cell::Text(models.unique().join(", ")), seed].into_iter().chain(made).collect()
}
