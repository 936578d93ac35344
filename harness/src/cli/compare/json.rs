//! The rows of a comparison for machines.

use serde_json::{Value, json};
use statistics::Measure;
use verdicts::{
    Slot,
    compare::{Comparison, Row},
};

pub(super) fn of(found: &Comparison, measure: Measure) -> String {
    let measure = measure.name();
    let rows = found.rows.iter().map(|row| as_json(row, measure));
    let alone = |slots: &[Slot], word: &'static str| -> Vec<Value> {
        slots
            .iter()
            .map(|slot| {
                let Slot { experiment, data, model, variant } = slot;
                json!({ "experiment": experiment, "model": model, "variant": variant, "metric": measure, "a": null, "b": null,
                    "difference": null, "low": null, "high": null, "verdict": word, "data": data })
            })
            .collect()
    };
    let (only_a, only_b) = (alone(&found.only_a, "only in a"), alone(&found.only_b, "only in b"));
    let all: Vec<Value> = rows.chain(only_a).chain(only_b).collect();
    format!("{:#}\n", Value::from(all))
}

fn as_json(row: &Row, measure: &str) -> Value {
    let Slot { experiment, data, model, variant } = &row.b;
    let mut json = json!({ "experiment": experiment, "model": model, "variant": variant, "metric": measure });
    let mut add = |name: &str, value: Value| json[name] = value;
    match &row.finding {
        Ok(finding) => {
            let found = &finding.difference;
            add("a", found.a.into());
            add("b", found.b.into());
            add("difference", found.difference.into());
            add("low", found.low.into());
            add("high", found.high.into());
            add("verdict", finding.verdict.to_string().into());
            add("because", finding.unclear.map(|unclear| unclear.to_string()).into());
            add("p", found.p_value.into());
            add("p_adjusted", finding.adjusted_p.into());
            add("probability_better", found.probability_better.into());
            add("detectable", finding.detectable().into());
            add("tolerance", finding.tolerance.into());
            add("level", found.level.into());
            add("cells", found.cells.into());
            add("seeds_a", found.seeds_a.into());
            add("seeds_b", found.seeds_b.into());
            add("identical", found.is_identical.into());
        }
        Err(reason) => {
            ["a", "b", "difference", "low", "high"].into_iter().for_each(|name| add(name, Value::Null));
            add("verdict", "cannot compare".into());
            add("because", reason.as_str().into());
        }
    }
    add("data", data.as_str().into());
    add("experiment_a", row.a.experiment.as_str().into());
    add("model_a", row.a.model.as_str().into());
    add("variant_a", row.a.variant.as_str().into());
    add("keys_a", row.keys.0.clone().into());
    add("keys_b", row.keys.1.clone().into());
    add("why", row.why.clone().into());
    json
}
