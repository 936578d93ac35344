//! What has to be said below a table: who is missing, what to distrust, what was expected.

use crate::{
    lives, made,
    summary::{Row, Run, Summary, Verdict},
    table::number,
};
use cells::count::{counted, counted_with, verb};
use cells::label::published::{self, of_scenario};
use record::{Doubtful, Protocol, Study};

/// All of it, in the order of the rows.
pub fn notes(summary: &Summary) -> Vec<String> {
    let mut notes = Vec::new();
    if summary.protocol == Some(Protocol::Honest) {
        let is_of_paper = summary.study == Study::Transfer || published::is_of_paper(&summary.scenario);
        notes.push(Protocol::Honest.meaning(is_of_paper));
    }
    if let Some(first) = summary.removed.first() {
        notes.push(format!(
            "{} of the split {} no part, such as {} ({})",
            counted(summary.removed.len(), "cell"),
            verb(summary.removed.len(), ["takes", "take"]),
            first.cell,
            first.reason
        ));
    }
    notes.extend(doubts(summary));
    notes.extend(lives::notes(summary));
    notes.extend(made::trainings(&summary.runs));
    notes.extend(gone(summary));
    notes.extend(unfinished(summary));
    notes.extend(other_cells(summary));
    notes.extend(repeated_references(summary));
    notes.extend(summary.rows.iter().filter_map(failure));
    notes.extend(summary.rows.iter().filter_map(wild));
    for row in &summary.rows {
        let published = [row.published_rmse, row.published_mape].into_iter().flatten();
        if let Some(number) = published.into_iter().find(|number| !number.note.is_empty()) {
            notes.push(format!("published {}: {}", row.name(), number.note));
        }
        // the run whose MAE was published need not be the one whose RMSE was
        let first = row.published_rmse.map_or("", |number| number.note.as_str());
        if let Some(number) = row.published_mae.filter(|number| !number.note.is_empty() && number.note != first) {
            notes.push(format!("published MAE of {}: {}", row.name(), number.note));
        }
        if let Some(number) = row.published_rmse.filter(|number| number.study == "features") {
            notes.push(format!(
                "published {}: the authors' feature ablation with the channels read here ({})",
                row.name(),
                number.variant
            ));
        }
    }
    notes.extend(summary.expectations.iter().map(expectation));
    notes
}

/// Cells that are told of one by one.
const MOST_DOUBTFUL: usize = 20;

/// What of the cells may be wrong: a line each; one for all that were published so.
fn doubts(summary: &Summary) -> Vec<String> {
    let (published, own): (Vec<&Doubtful>, Vec<&Doubtful>) =
        summary.doubtful.iter().partition(|cell| cell.is_published);
    let mut notes: Vec<String> = own.iter().take(MOST_DOUBTFUL).map(|cell| cell.short()).collect();
    if own.len() > MOST_DOUBTFUL {
        notes.push(format!("and of {} something may be wrong", counted(own.len() - MOST_DOUBTFUL, "more cell")));
    }
    notes.extend(published.first().map(|first| {
        format!(
            "{} published with what cannot be, such as {}",
            counted_with(published.len(), "cell", ["was", "were"]),
            first.short()
        )
    }));
    notes
}

/// Runs that are named.
const MOST_NAMED: usize = 5;

/// The first of these, and how many more.
fn named(all: &[String]) -> String {
    let more = if all.len() > MOST_NAMED { format!(" and {} more", all.len() - MOST_NAMED) } else { String::new() };
    format!("{}{more}", all[..all.len().min(MOST_NAMED)].join("; "))
}

/// Runs of which the scores alone are left.
fn gone(summary: &Summary) -> Option<String> {
    let count = summary.gone.len();
    (count > 0).then(|| {
        format!(
            "of {count} of {} the records are gone from runs/ ({}): what rests on predictions is without them; `plan` \
             calls them new, and `run` makes them again",
            counted(summary.runs.len(), "run"),
            named(&summary.gone)
        )
    })
}

/// `16 of the 56 runs of this experiment are here; without a row: svm, seed 0`.
fn unfinished(summary: &Summary) -> Option<String> {
    let (here, missing) = (summary.runs.len(), &summary.missing);
    let declared = summary.declared.unwrap_or(here + missing.len());
    let named = if missing.is_empty() { String::new() } else { format!("; without a row: {}", named(missing)) };
    (here < declared || !missing.is_empty()).then(|| {
        let runs = counted(declared, "run");
        format!("{here} of the {runs} of this experiment {} here{named}", verb(here, ["is", "are"]))
    })
}

/// Where published numbers are of other test cells.
fn other_cells(summary: &Summary) -> Option<String> {
    if let Some(first) = summary.strangers.first()
        && summary.is_done_alike()
        && summary.study != Study::Folds
    {
        return Some(format!(
            "no published number stands beside these: {} of the test cells, such as {first}, {} none of those that the published numbers \
             of {} are of",
            summary.strangers.len(),
            verb(summary.strangers.len(), ["is", "are"]),
            summary.scenario
        ));
    }
    if !summary.is_comparable() || summary.study == Study::Transfer {
        return None;
    }
    // a name that is nearly a published one was refused when the file was read
    let published = of_scenario(&summary.scenario).map(|labels| labels.test)?;
    let ours = summary.runs.iter().map(|run| &run.score).find(|score| score.metrics.is_some())?.test_cells;
    (ours != published).then(|| {
        format!(
            "published numbers are of {}, these of {ours}: they do not compare strictly",
            counted(published, "test cell")
        )
    })
}

/// Draws are with replacement; where there are more of them than cells, nobody should take them for others. The
/// references of a transfer are the source cells, which are many.
fn repeated_references(summary: &Summary) -> Option<String> {
    let asked = |run: &Run| Some((run.values.references?, run.score.train_cells));
    let (most, cells) = summary.runs.iter().filter_map(asked).max()?;
    (most > cells && summary.study != Study::Transfer).then(|| {
        format!(
            "{most} references are drawn from {}, with replacement as in the authors' code: some count more than once",
            counted(cells, "training cell")
        )
    })
}

/// `cnn: 1 of 8 runs without numbers: diverged`.
pub fn failure(row: &Row) -> Option<String> {
    let (count, reason) = row.failed.as_ref()?;
    Some(format!("{}: {count} of {} without numbers: {reason}", row.name(), counted(count + row.seeds(), "run")))
}

/// Where a mean says little, the numbers that say more.
fn wild(row: &Row) -> Option<String> {
    let spread = row.rmse?;
    let (lower, upper) = spread.quartiles;
    (spread.is_wild() || (row.failed.is_some() && spread.count > 1)).then(|| {
        format!(
            "{}: seeds differ so much that the median says more than the mean: RMSE {}, quartiles {} and {}",
            row.name(),
            number(spread.median),
            number(lower),
            number(upper)
        )
    })
}

/// `expected of mean: RMSE = 398.82 ± 0.01 (source): met, 398.820`.
pub fn expectation(verdict: &Verdict) -> String {
    let expected = &verdict.expectation;
    let found = verdict.found.map_or_else(|| "no numbers".to_owned(), |found| format!("{found:.3}"));
    format!(
        "expected of {} {}: {} = {} ± {} ({}): {}, {found}",
        expected.model,
        expected.variant,
        format!("{:?}", expected.metric).to_uppercase(),
        expected.value,
        expected.tolerance,
        expected.source,
        if verdict.is_met() { "met" } else { "NOT met" },
    )
    .replace(" :", ":")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::{summaries, tests};
    use cells::cell::Origin;

    #[test]
    fn diverged_runs_are_counted_aloud_and_the_median_stands_by() {
        let runs = [
            tests::run("cnn", 0, 10.0, "virtual"),
            tests::run("cnn", 1, 30.0, "virtual"),
            tests::diverged(tests::run("cnn", 2, 0.0, "virtual")),
        ];
        let notes = notes(&summaries(&runs, &[])[0]);
        assert_eq!(notes[0], "cnn: 1 of 3 runs without numbers: diverged");
        assert!(notes[1].contains("RMSE 20.0, quartiles 15.0 and 25.0"), "{notes:?}");
    }

    #[test]
    fn references_that_repeat_are_said_to() {
        let of = |references| {
            let mut run = tests::run("batlinet", 0, 10.0, "virtual");
            run.values.references = Some(references);
            notes(&summaries(&[run], &[])[0])
        };
        assert!(of(64)[0].contains("64 references are drawn from 41 training cells, with replacement"));
        assert!(of(41).is_empty());
    }

    #[test]
    fn verdicts_are_of_real_cells_only_and_sources_are_named() {
        let of = |data, origin| {
            let runs = [tests::run("mean", 0, 398.82, data), tests::run("ridge", 0, 120.0, data)];
            notes(&summaries(&runs, &[tests::record(origin)])[0]).join("\n")
        };
        let real = of("real", Origin::Real);
        assert!(real.contains("expected of mean: RMSE = 398.82 ± 0.01 (a paper): met, 398.820"), "{real}");
        assert!(real.contains("published ridge: quoted by the paper from Severson 2019"), "{real}");
        assert!(real.contains("published MAE of ridge: of the authors' own run, not of the one whose RMSE"), "{real}");
        assert_eq!(of("virtual", Origin::Virtual), "");
    }
}
