//! The judgements on numbers, for people and for machines.

use cells::{count::counted, quote::harmless};
use itertools::Itertools as _;
use serde_json::json;
use tabled::{builder::Builder, settings::Style};
use verdicts::{
    Folder,
    gate::{Judged, Outcome, Standing},
    history,
};

/// What is not as it was, or `all` of it, as a table.
pub(super) fn table(judged: &[Judged], all: bool) -> String {
    let mut builder = Builder::default();
    builder.push_record(["experiment", "model", "verdict", "was", "is", "apart", "because"]);
    let shown = judged.iter().filter(|one| all || one.standing != Standing::Same || !one.because.is_empty());
    let mut is_any = false;
    for one in shown {
        is_any = true;
        let number = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format!("{value:.4}"));
        builder.push_record([
            one.slot.experiment.clone(),
            one.slot.entry(),
            one.standing.word().to_owned(),
            number(one.baseline),
            number(one.candidate),
            one.apart.map_or_else(|| "–".to_owned(), |apart| format!("{apart:.1e}")),
            because(one),
        ]);
    }
    let table = if is_any {
        format!(
            "{}\nRMSE in cycles, mean over seeds; apart: the largest relative difference of a predicted life, or of a number in the tables beside it\n",
            builder.build().with(Style::sharp())
        )
    } else {
        String::new()
    };
    let words: Vec<&str> = judged.iter().map(|one| one.standing.word()).unique().collect();
    let count = |word: &str| judged.iter().filter(|one| one.standing.word() == word).count();
    let counts = words.into_iter().map(|word| format!("{} {word}", count(word))).join(", ");
    let new = match judged.iter().any(|one| one.standing == Standing::New) {
        true => "what is new is in no baseline, and nothing guards it until one is accepted that has it\n",
        false => "",
    };
    let with_more = judged.iter().filter(|one| !one.more.is_empty() && one.standing != Standing::New).count();
    let more = match with_more {
        0 => String::new(),
        count => format!("of {} the candidate has more seeds, which are not judged\n", counted(count, "model")),
    };
    harmless(&format!("{table}{}: {counts}\n{new}{more}", counted(judged.len(), "model"))).into_owned()
}

/// Every judgement, and what follows.
pub(super) fn json(judged: &[Judged], outcome: Outcome) -> String {
    let rows: Vec<_> = judged
            .iter()
            .map(|one| {
                json!({
                    "experiment": one.slot.experiment, "data": one.slot.data, "model": one.slot.model, "variant": one.slot.variant,
                    "metric": "rmse", "a": one.baseline, "b": one.candidate,
                    "difference": one.candidate.zip(one.baseline).map(|(now, before)| now - before),
                    "apart": one.apart, "verdict": one.standing.word(), "because": because(one),
                    "keys_a": one.keys.0, "keys_b": one.keys.1,
                })
            })
            .collect();
    format!("{}\n", json!({ "outcome": outcome.word(), "judgements": rows }))
}

/// What led to the judgement, with what was allowed or declared.
fn because(one: &Judged) -> String {
    let more = match &one.standing {
        Standing::Declared { reason } => format!("declared: {}", reason.split_whitespace().join(" ")),
        Standing::WithinNoise { allowed } => format!("allowed: {allowed}"),
        Standing::Scattered => {
            "measured noise is so large that it excuses anything, and seeds are as far apart".to_owned()
        }
        Standing::Unmeasured => "further than rounding goes, and how far engines are apart was not measured".to_owned(),
        _ => String::new(),
    };
    let seeds = match &one.more[..] {
        [] => String::new(),
        [seed] => format!("seed {seed} is in the candidate alone, and not judged"),
        seeds => format!("seeds {} are in the candidate alone, and not judged", seeds.iter().join(", ")),
    };
    [one.because.clone(), more, seeds].into_iter().filter(|part| !part.is_empty()).join("; ")
}

/// The numbers of a folder in the Bencher Metric Format: benchmark, measure, value with bounds.
pub(super) fn bencher(folder: &Folder) -> String {
    let mut all = serde_json::Map::new();
    for point in history::points(folder, "") {
        let name = format!("{}/{}/{}", point.experiment, point.data, record::entry(&point.model, &point.variant));
        let measure = json!({ "value": point.value, "lower_value": point.low, "upper_value": point.high });
        let of = all.entry(name).or_insert_with(|| json!({}));
        of[point.metric.as_str()] = measure;
    }
    format!("{}\n", serde_json::Value::Object(all))
}
