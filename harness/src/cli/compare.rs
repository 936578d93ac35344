//! `batlinet compare A B`

use clap::Args;
use serde_json::{Value, json};
use tabled::{builder::Builder, settings::Style};

use super::failure::Failure;
use super::output;
use cells::{cell::Origin, count::counted, suggest::did_you_mean};
use statistics::{Bootstrap, Measure, Verdict, coverage_found};
use verdicts::{
    Slot,
    compare::{self, Comparison, End, Finding, Question, Row, Side, Tolerance},
};

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
    let refused = |error: verdicts::Error| Failure::Usage(error.to_string());
    let a = Side::open(&arguments.a, None).map_err(refused)?;
    let b = Side::open(&arguments.b, Some(&a)).map_err(refused)?;
    let question = Question { measure, tolerance: arguments.tolerance, bootstrap: Bootstrap::default() };
    let found = compare::compare(&a, &b, &question).map_err(refused)?;
    let shown = Shown { a: &a, b: &b, question: &question, found: &found };
    output::print(&if arguments.json { shown.json() } else { shown.text() })?;
    shown.end()
}

struct Shown<'a> {
    a: &'a Side,
    b: &'a Side,
    question: &'a Question,
    found: &'a Comparison,
}

impl Shown<'_> {
    fn text(&self) -> String {
        let mut builder = Builder::default();
        builder.push_record(["experiment", "model", "cells", "seeds", "A", "B", "B − A", "interval", "p", "verdict"]);
        for row in &self.found.rows {
            builder.push_record(self.record(row));
        }
        format!("{}\n{}", builder.build().with(Style::sharp()), self.notes())
    }

    fn record(&self, row: &Row) -> [String; 10] {
        let (experiment, model) = (row.b.experiment.clone(), model(row));
        match &row.finding {
            Ok(finding) => {
                let found = &finding.difference;
                let number = |value: f64| self.number(value);
                let seeds = if found.seeds_a == found.seeds_b {
                    found.seeds_a.to_string()
                } else {
                    format!("{} / {}", found.seeds_a, found.seeds_b)
                };
                let p = match finding.adjusted_p {
                    _ if found.is_identical => "–".to_owned(),
                    small if small < 1e-4 => "<0.0001".to_owned(),
                    p => format!("{p:.4}"),
                };
                [
                    experiment,
                    model,
                    found.cells.to_string(),
                    seeds,
                    number(found.a),
                    number(found.b),
                    number(found.difference),
                    format!("{} to {}", number(found.low), number(found.high)),
                    p,
                    self.verdict(finding),
                ]
            }
            Err(reason) => {
                let none = || "–".to_owned();
                let said = format!("cannot compare: {reason}");
                [experiment, model, none(), none(), none(), none(), none(), none(), none(), said]
            }
        }
    }

    /// The word, and what it takes to say more.
    fn verdict(&self, finding: &Finding) -> String {
        let found = &finding.difference;
        match (finding.verdict, &finding.because) {
            (Verdict::Equal, _) if found.is_identical => "equal, to the last digit".to_owned(),
            (Verdict::Equal, _) => format!("equal within {}", self.number(finding.tolerance)),
            (Verdict::CannotTell, because) => {
                let because = because.as_ref().map_or_else(String::new, |because| format!(": {because}"));
                let detectable = Some(found.detectable_among(self.found.family))
                    .filter(|detectable| finding.says_what_it_takes() && detectable.is_finite() && *detectable > 0.0);
                let detectable =
                    detectable.map_or_else(String::new, |value| format!(" (detectable: {})", self.number(value)));
                format!("cannot tell{because}{detectable}")
            }
            (verdict, _) => verdict.to_string(),
        }
    }

    fn number(&self, value: f64) -> String {
        match self.question.measure.unit() {
            "of cells" => format!("{value:.3}"),
            _ => format!("{value:.1}"),
        }
    }

    fn notes(&self) -> String {
        let Question { measure, tolerance, bootstrap } = self.question;
        let better = if measure.lower_is_better() { "less is better" } else { "more is better" };
        let mut text = format!(
            "A: {}\nB: {}\n{measure} ({}; {better}), mean over seeds; interval: {:.0} % over other cells and seeds; p: adjusted for {}\n\
             detectable: the least difference that so many cells and seeds find four times out of five, with that correction\n",
            self.a.name,
            self.b.name,
            measure.unit(),
            100.0 * bootstrap.level,
            counted(self.found.family, "comparison"),
        );
        text.push_str(&self.origins());
        let fewest = self.found.rows.iter().filter_map(|row| Some(row.finding.as_ref().ok()?.difference.cells)).min();
        match fewest.map(|cells| coverage_found(*measure, true, cells)) {
            Some(Some(found)) => text.push_str(&format!("such intervals: {found}\n")),
            Some(None) => text.push_str("how often such intervals hold was not tried for this measure\n"),
            None => {}
        }
        if self.found.family > 1 {
            text.push_str("of fewer comparisons p is smaller: ask for one model (`A:ridge`) or for folders of one experiment where that is the question\n");
        }
        if !tolerance.is_none() {
            let of = if matches!(tolerance, Tolerance::Percent(_)) { " of A" } else { "" };
            text.push_str(&format!("differences up to {tolerance}{of} do not matter\n"));
        }
        let one_seed = |row: &&Row| row.finding.as_ref().is_ok_and(|finding| !finding.difference.shows_seeds);
        if self.found.rows.iter().any(|row| one_seed(&row)) {
            text.push_str("of one seed, the interval is over other cells alone: that says nothing of other seeds\n");
        }
        if self.found.has_folds() {
            text.push_str("folds are compared one by one, on few cells each; `report` judges those of a cross-validation together\n");
        }
        for (side, slots) in [("A", &self.found.only_a), ("B", &self.found.only_b)] {
            if !slots.is_empty() {
                text.push_str(&format!("only in {side}: {}\n", listed(slots)));
            }
        }
        for (why, rows) in self.reasons() {
            text.push_str(&format!("{why} ({})\n", output::names(rows.iter().map(String::as_str))));
        }
        text
    }

    /// What is said of virtual cells, which look like real ones in every other word.
    fn origins(&self) -> String {
        let word = Origin::Virtual.to_string();
        let of = |data: &str| data == word;
        let (of_virtual, others): (Vec<&Row>, Vec<&Row>) = self.found.rows.iter().partition(|row| of(&row.b.data));
        match (of_virtual.is_empty(), others.is_empty()) {
            (true, _) => String::new(),
            (false, true) => {
                "all cells are VIRTUAL, simulated by the built-in lab: what is better or worse here says nothing of real cells\n".to_owned()
            }
            (false, false) => format!(
                "VIRTUAL, simulated by the built-in lab, are the cells of {}: that says nothing of real cells\n",
                short(&of_virtual.into_iter().map(named).collect::<Vec<_>>())
            ),
        }
    }

    /// Why keys or numbers differ, with the rows of which it is so.
    fn reasons(&self) -> Vec<(&str, Vec<String>)> {
        let mut reasons: Vec<(&str, Vec<String>)> = Vec::new();
        for row in &self.found.rows {
            for why in &row.why {
                let name = format!("{} of {}", row.b.entry(), row.b.experiment);
                match reasons.iter_mut().find(|(reason, _)| reason == why) {
                    Some((_, rows)) if rows.contains(&name) => {}
                    Some((_, rows)) => rows.push(name),
                    None => reasons.push((why, vec![name])),
                }
            }
        }
        reasons
    }

    fn json(&self) -> String {
        let measure = self.question.measure.name();
        let rows = self.found.rows.iter().map(|row| as_json(row, measure, self.found.family));
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
        let (only_a, only_b) = (alone(&self.found.only_a, "only in a"), alone(&self.found.only_b, "only in b"));
        let all: Vec<Value> = rows.chain(only_a).chain(only_b).collect();
        format!("{:#}\n", Value::from(all))
    }

    fn end(&self) -> Result<(), Failure> {
        let rows = &self.found.rows;
        let with = |verdict: Verdict| {
            let found: Vec<String> = rows.iter().filter(|row| row.verdict() == Some(verdict)).map(named).collect();
            format!("in {} of {} comparisons ({})", found.len(), rows.len(), short(&found))
        };
        let (a, b) = (&self.a.name, &self.b.name);
        match self.found.end() {
            End::NoWorse => Ok(()),
            End::Worse => Err(Failure::Regressed(format!("{b} is worse than {a} {}", with(Verdict::Worse)))),
            End::CannotTell => Err(Failure::Incomplete(format!(
                "whether {b} is as good as {a}, these cells and seeds do not tell {}; more test cells, more seeds or a --tolerance may",
                with(Verdict::CannotTell)
            ))),
            End::NotComparable => {
                let refused = rows.iter().filter_map(|row| Some((row, row.finding.as_ref().err()?)));
                let (count, first) =
                    (refused.clone().count(), refused.map(|(row, why)| format!("{}: {why}", named(row))));
                let first: String = first.take(1).collect();
                Err(Failure::Usage(format!("{count} of {} comparisons cannot be made, such as {first}", rows.len())))
            }
        }
    }
}

fn as_json(row: &Row, measure: &str, family: usize) -> Value {
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
            add("because", finding.because.clone().into());
            add("p", found.p_value.into());
            add("p_adjusted", finding.adjusted_p.into());
            add("probability_better", found.probability_better.into());
            add("detectable", found.detectable_among(family).into());
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

/// `batlinet`, or `ridge → batlinet` of two.
fn model(row: &Row) -> String {
    let (a, b) = (row.a.entry(), row.b.entry());
    if a == b { a } else { format!("{a} → {b}") }
}

fn named(row: &Row) -> String {
    format!("{} of {}", model(row), row.b.experiment)
}

fn listed(slots: &[Slot]) -> String {
    let names: Vec<String> = slots.iter().map(|slot| format!("{} of {}", slot.entry(), slot.experiment)).collect();
    short(&names)
}

fn short(names: &[String]) -> String {
    output::names(names.iter().map(String::as_str))
}
