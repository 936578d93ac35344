//! The rows of a comparison for machines.

use serde::Serialize;
use statistics::Measure;
use verdicts::{
    Slot,
    compare::{Comparison, Row},
};

/// A row; every one has every key, and what cannot be said is null.
#[derive(Serialize)]
struct Line<'a> {
    experiment: &'a str,
    data: &'a str,
    model: &'a str,
    variant: &'a str,
    experiment_a: Option<&'a str>,
    model_a: Option<&'a str>,
    variant_a: Option<&'a str>,
    metric: &'static str,
    verdict: String,
    because: Option<String>,
    #[serde(flatten)]
    numbers: Numbers,
    keys_a: &'a [String],
    keys_b: &'a [String],
    why: &'a [String],
}

#[derive(Default, Serialize)]
struct Numbers {
    a: Option<f64>,
    b: Option<f64>,
    difference: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
    level: Option<f64>,
    p: Option<f64>,
    p_adjusted: Option<f64>,
    probability_better: Option<f64>,
    detectable: Option<f64>,
    tolerance: Option<f64>,
    cells: Option<usize>,
    seeds_a: Option<usize>,
    seeds_b: Option<usize>,
    identical: Option<bool>,
}

/// A list with a row per comparison, and per model that is on one side alone.
pub(super) fn of(found: &Comparison, measure: Measure) -> Result<String, serde_json::Error> {
    let metric = measure.name();
    let rows = found.rows.iter().map(|row| compared(row, metric));
    let sides = [(&found.only_a, "only in a"), (&found.only_b, "only in b")];
    let alone = sides.into_iter().flat_map(|(slots, word)| slots.iter().map(move |slot| alone(slot, word, metric)));
    Ok(serde_json::to_string_pretty(&rows.chain(alone).collect::<Vec<_>>())? + "\n")
}

fn alone<'a>(slot: &'a Slot, word: &str, metric: &'static str) -> Line<'a> {
    Line {
        experiment: &slot.experiment,
        data: &slot.data,
        model: &slot.model,
        variant: &slot.variant,
        experiment_a: None,
        model_a: None,
        variant_a: None,
        metric,
        verdict: word.to_owned(),
        because: None,
        numbers: Numbers::default(),
        keys_a: &[],
        keys_b: &[],
        why: &[],
    }
}

fn compared<'a>(row: &'a Row, metric: &'static str) -> Line<'a> {
    let (verdict, because, numbers) = match &row.finding {
        Err(reason) => ("cannot compare".to_owned(), Some(reason.clone()), Numbers::default()),
        Ok(told) => {
            let found = &told.difference;
            let numbers = Numbers {
                a: Some(found.a),
                b: Some(found.b),
                difference: Some(found.difference),
                low: Some(found.low),
                high: Some(found.high),
                level: Some(found.level),
                p: Some(found.p_value),
                p_adjusted: Some(told.adjusted_p),
                probability_better: Some(found.probability_better),
                detectable: told.detectable(),
                tolerance: Some(told.tolerance),
                cells: Some(found.cells),
                seeds_a: Some(found.seeds_a),
                seeds_b: Some(found.seeds_b),
                identical: Some(found.is_identical),
            };
            (told.verdict.to_string(), told.unclear.map(|unclear| unclear.to_string()), numbers)
        }
    };
    Line {
        experiment_a: Some(&row.a.experiment),
        model_a: Some(&row.a.model),
        variant_a: Some(&row.a.variant),
        verdict,
        because,
        numbers,
        keys_a: &row.keys.0,
        keys_b: &row.keys.1,
        why: &row.why,
        ..alone(&row.b, "", metric)
    }
}
