//! `batlinet compare A B`

mod json;
mod text;

use clap::Args;

use super::failure::Failure;
use super::output;
use cells::{count::counted, suggest::did_you_mean};
use statistics::{Bootstrap, Measure, Verdict};
use verdicts::compare::{self, Comparison, End, Question, Row, Side, Tolerance};

/// Arguments of `batlinet compare`.
///
/// A side is an output folder (FOLDER), a model or an arm of it (FOLDER:batlinet, `FOLDER:batlinet[intra_only]`), or one run
/// (FOLDER:KEY, FOLDER/runs/KEY). The second side may leave out the folder of the first (:ridge).
///
/// Two folders are compared model by model; a model or a run with everything that the other side has of the same experiment.
/// Exit codes: 0 B is nowhere worse, 4 somewhere it is, 5 these cells and seeds do not tell, 2 something cannot be compared.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct CompareArguments {
    /// What B is held against.
    #[arg(value_name = "A")]
    a: String,
    /// What may be better or worse.
    #[arg(value_name = "B")]
    b: String,
    /// By which error: rmse, mae, mape, median_ae, smape, within_10 or within_20.
    #[arg(long, value_name = "NAME", default_value = "rmse")]
    metric: String,
    /// A difference that does not matter, in the unit of the metric, or in percent of A, such as 2%.
    #[arg(long, value_name = "X", default_value = "0")]
    tolerance: Tolerance,
    /// The rows as JSON.
    #[arg(long)]
    json: bool,
}

/// Prints a verdict per experiment and model.
///
/// # Errors
/// [`Failure::Regressed`] if B is worse somewhere, [`Failure::Usage`] if something cannot be compared,
/// [`Failure::Incomplete`] if these cells and seeds do not tell.
pub fn execute(arguments: &CompareArguments) -> Result<(), Failure> {
    let names = Measure::ALL.map(Measure::name);
    let measure = Measure::parse(&arguments.metric).ok_or_else(|| {
        let hint = did_you_mean(&arguments.metric, names);
        Failure::Usage(format!("there is no metric '{}'{hint} (known: {})", arguments.metric, names.join(", ")))
    })?;
    let a = Side::open(&arguments.a, None)?;
    let b = Side::open(&arguments.b, Some(&a))?;
    let question = Question { measure, tolerance: arguments.tolerance, bootstrap: Bootstrap::default() };
    let found = compare::compare(&a, &b, &question)?;
    let shown = match arguments.json {
        true => json::of(&found, measure).map_err(|error| Failure::Internal(error.to_string()))?,
        false => text::of(&a, &b, &question, &found),
    };
    output::print(&shown)?;
    end(&a, &b, &question, &found)
}

fn end(a: &Side, b: &Side, question: &Question, found: &Comparison) -> Result<(), Failure> {
    let rows = &found.rows;
    let with = |verdict: Verdict| {
        let of: Vec<String> = rows.iter().filter(|row| row.verdict() == Some(verdict)).map(named).collect();
        format!("in {} of {} ({})", of.len(), counted(rows.len(), "comparison"), short(&of))
    };
    let (a, b) = (&a.name, &b.name);
    match found.end() {
        End::NoWorse => Ok(()),
        End::Worse => Err(Failure::Regressed(format!("{b} is worse than {a} {}", with(Verdict::Worse)))),
        End::CannotTell => {
            let open = rows.iter().filter_map(|row| row.finding.as_ref().ok()).filter(|told| told.unclear.is_some());
            let draws = open.map(|told| &told.difference).any(|of| of.seeds_a.max(of.seeds_b) > 1 || !of.shows_seeds);
            let more = if draws { "more test cells or seeds" } else { "more test cells" };
            let tolerance = if question.tolerance.is_none() { ", or a --tolerance," } else { "" };
            Err(Failure::Incomplete(format!(
                "whether {b} is as good as {a}, these cells and seeds do not tell {}; {more}{tolerance} may",
                with(Verdict::CannotTell)
            )))
        }
        End::NotComparable => {
            let refused = rows.iter().filter_map(|row| Some((row, row.finding.as_ref().err()?)));
            let (count, first) = (refused.clone().count(), refused.map(|(row, why)| format!("{}: {why}", named(row))));
            let first: String = first.take(1).collect();
            Err(Failure::Usage(format!("{count} of {} comparisons cannot be made, such as {first}", rows.len())))
        }
    }
}

/// `batlinet`, or `ridge → batlinet` of two.
fn model(row: &Row) -> String {
    let (a, b) = (row.a.entry(), row.b.entry());
    if a == b { a } else { format!("{a} → {b}") }
}

fn named(row: &Row) -> String {
    format!("{} of {}", model(row), row.b.experiment)
}

fn short(names: &[String]) -> String {
    output::names(names.iter().map(String::as_str))
}
