//! `batlinet predict BUNDLE CELLS…`

use std::{path::PathBuf, thread};

use baselines::{Silent, device::Choice};
use bundle::{Answer, Bundle, Status, answer};
use cells::count::counted;
use cells::{cell::Origin, suggest::did_you_mean};
use clap::{Args, ValueEnum};
use experiments::train::Workplace;
use tabled::{builder::Builder, settings::Style};

use super::{
    asked::Asked,
    failure::Failure,
    output::{self, say},
};

/// Arguments of `batlinet predict`.
#[derive(Args, Debug)]
pub struct PredictArguments {
    /// What `batlinet train` wrote.
    #[arg(value_name = "BUNDLE")]
    bundle: PathBuf,
    /// A folder of imported cells, `virtual` for the built-in lab, or with --cells the files that a cycler wrote.
    #[arg(required = true, value_name = "STORE|virtual|FILE")]
    cells: Vec<PathBuf>,
    /// Of a cycler's files: which cells they hold; `batlinet data describe FILES` drafts it.
    #[arg(long = "cells", value_name = "cells.yaml")]
    described: Option<PathBuf>,
    /// Only the cells with these ids.
    #[arg(long, value_name = "IDS", value_delimiter = ',')]
    only: Vec<String>,
    /// How the answers are written.
    #[arg(long, value_enum, default_value_t = Form::Table)]
    format: Form,
    /// Where networks compute.
    #[arg(long, default_value = "auto", value_name = "auto|cpu|cuda|cuda:N")]
    device: Choice,
}

/// How answers are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// For programs, all digits.
    Csv,
    /// For programs, all digits.
    Json,
    /// For people, whole cycles.
    Table,
}

/// Prints what the bundle says of every cell.
///
/// # Errors
/// [`Failure::Usage`] for what is no bundle, no store and no file of a cycler, and for cells that cannot be; [`Failure::RunsFailed`] if some cells could not be predicted, those with too
/// few cycles not counted.
pub fn execute(arguments: &PredictArguments) -> Result<(), Failure> {
    let bundle = Bundle::read(&arguments.bundle)?;
    let device = arguments.device.resolve().map_err(|error| Failure::Usage(error.to_string()))?;
    let asked = Asked::open(&arguments.cells, arguments.described.as_deref())?;
    let source = asked.source();
    let known = source.ids();
    if let Some(unknown) = arguments.only.iter().find(|id| known.binary_search(id).is_err()) {
        let hint = did_you_mean(unknown, known.iter().map(String::as_str));
        return Err(Failure::Usage(format!("--only {unknown}: there is no such cell{hint}")));
    }
    let about = &bundle.description;
    if about.origin == Origin::Virtual {
        say("the model was trained on VIRTUAL cells, simulated by the built-in lab");
    }
    if about.lives.padded > 0 {
        let (padded, cells) = (about.lives.padded, counted(about.cells.len(), "training cell"));
        say(&format!("of {padded} of its {cells} the record ends before the life: their lives are lower bounds"));
    }
    let ids = if arguments.only.is_empty() { &known } else { &arguments.only };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let answers = bundle.predict(source, ids, Workplace { device, threads, progress: &Silent })?;
    output::print(&match arguments.format {
        Form::Csv => answer::csv(&answers)?,
        Form::Json => answer::json(&answers)?,
        Form::Table => {
            let interval = about.calibration.as_deref().filter(|_| answers.iter().any(|answer| answer.low.is_some()));
            format!("{}: {}\n{}", about.model, about.meaning, table(&answers, interval))
        }
    })?;
    match answers.iter().filter(|answer| answer.status == Status::Failed).count() {
        0 => Ok(()),
        failed => Err(Failure::RunsFailed(format!(
            "of {failed} of {} no life could be predicted; their warnings say why",
            counted(answers.len(), "cell")
        ))),
    }
}

/// The answers in columns, how their intervals were made, and their warnings.
fn table(answers: &[Answer], interval: Option<&str>) -> String {
    // what no cell has is left out, the names of references are too many for a table, and warnings, which are sentences, stand below it
    let has_references = answers.iter().any(|answer| answer.reference_low.is_some());
    let has_recorded = answers.iter().any(|answer| answer.recorded_life.is_some());
    let is_outside = answers.iter().any(|answer| answer.outside > 0);
    let is_shown = |column: &str| match column {
        "references" | "warnings" => false,
        "reference_low" | "reference_high" => has_references,
        "recorded_life" => has_recorded,
        "outside" => is_outside,
        _ => true,
    };
    let shown = |row: [String; Answer::COLUMNS.len()]| {
        let columns = Answer::COLUMNS.into_iter().zip(row);
        columns.filter(|(column, _)| is_shown(column)).map(|(_, text)| text).collect::<Vec<_>>()
    };
    let mut builder = Builder::default();
    builder.push_record(shown(Answer::COLUMNS.map(|name| name.replace('_', " "))));
    for answer in answers {
        builder.push_record(shown(answer.row(|value| format!("{value:.0}"))));
    }
    let warnings: String = answers
        .iter()
        .filter(|answer| !answer.warnings.is_empty())
        .map(|answer| format!("\nwarnings of {}:\n- {}\n", answer.cell_id, answer.warnings.join("\n- ")))
        .collect();
    let interval = interval.map_or_else(String::new, |how| format!("low and high are a {how}\n"));
    format!("{}\n{interval}{warnings}", builder.build().with(Style::markdown()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_says_what_its_intervals_are() {
        let answer = Answer {
            life: Some(500.0),
            low: Some(400.0),
            high: Some(600.0),
            warnings: vec!["it is another; and so on".to_owned()],
            ..Answer::without_life("mine", Status::Ok)
        };
        let text = table(std::slice::from_ref(&answer), Some("90 % interval of folds"));
        assert!(
            text.contains(
                "|\nlow and high are a 90 % interval of folds\n\nwarnings of mine:\n- it is another; and so on\n"
            ),
            "{text}"
        );
        assert!(!table(&[answer], None).contains("low and high"));
    }
}
