//! The rows of a comparison as a table, and below it what its words mean.

use cells::{cell::Origin, count::counted, quote::harmless};
use itertools::Itertools as _;
use statistics::{Judgement, Verdict, coverage_found};
use tabled::{builder::Builder, settings::Style};
use verdicts::{
    Slot,
    compare::{Comparison, Question, Row, Side, Tolerance},
};

use super::{model, named, short};
use crate::cli::output;

pub(super) fn of(a: &Side, b: &Side, question: &Question, found: &Comparison) -> String {
    harmless(&Shown { a, b, question, found }.text()).into_owned()
}

struct Shown<'a> {
    a: &'a Side,
    b: &'a Side,
    question: &'a Question,
    found: &'a Comparison,
}

/// What stands in a cell that has nothing to say.
const NOTHING: &str = "–";

impl Shown<'_> {
    fn text(&self) -> String {
        let causes: Vec<String> = self.found.rows.iter().filter_map(cause).unique().collect();
        let mut builder = Builder::default();
        let titles =
            ["experiment", "model", "cells", "seeds", "A", "B", "B − A", "interval", "p", "verdict", "detectable"];
        builder.push_record(titles);
        for row in &self.found.rows {
            builder.push_record(self.record(row, &causes));
        }
        let causes = causes.iter().enumerate().map(|(place, cause)| format!("{} {cause}\n", output::mark(place)));
        format!("{}\n{}{}", builder.build().with(Style::sharp()), causes.collect::<String>(), self.notes())
    }

    fn record(&self, row: &Row, causes: &[String]) -> [String; 11] {
        let place = cause(row).and_then(|cause| causes.iter().position(|one| *one == cause));
        let marked =
            |word: &str| place.map_or_else(|| word.to_owned(), |place| format!("{word} {}", output::mark(place)));
        let (one, other) = (row.a.experiment.clone(), row.b.experiment.clone());
        let experiment = if one == other { other } else { format!("{one} → {other}") };
        let model = model(row);
        let Ok(finding) = &row.finding else {
            let mut cells = [NOTHING; 11].map(str::to_owned);
            (cells[0], cells[1], cells[9]) = (experiment, model, marked("cannot compare"));
            return cells;
        };
        let found = &finding.difference;
        let number = |value: f64| self.number(value);
        let seeds = if found.seeds_a == found.seeds_b {
            found.seeds_a.to_string()
        } else {
            format!("{} / {}", found.seeds_a, found.seeds_b)
        };
        let p = match finding.adjusted_p {
            _ if found.is_identical => NOTHING.to_owned(),
            small if small < 1e-4 => "<0.0001".to_owned(),
            p => format!("{p:.4}"),
        };
        let detectable = Some(finding)
            .filter(|finding| finding.verdict == Verdict::CannotTell)
            .and_then(Judgement::detectable)
            .map_or_else(|| NOTHING.to_owned(), number);
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
            marked(&self.verdict(finding)),
            detectable,
        ]
    }

    fn verdict(&self, finding: &Judgement) -> String {
        match finding.verdict {
            Verdict::Equal if finding.difference.is_identical => "equal, to the last digit".to_owned(),
            Verdict::Equal => format!("equal within {}", self.number(finding.tolerance)),
            verdict => verdict.to_string(),
        }
    }

    fn number(&self, value: f64) -> String {
        match self.question.measure.unit() {
            _ if value.abs() >= 1e7 => format!("{value:.2e}"),
            "of cells" => format!("{value:.3}"),
            _ => format!("{value:.1}"),
        }
    }

    fn notes(&self) -> String {
        let Question { measure, tolerance, bootstrap } = self.question;
        let better = if measure.lower_is_better() { "less is better" } else { "more is better" };
        let mut text = format!(
            "A: {}\nB: {}\n{measure} ({}; {better}), mean over seeds; interval: {:.0} % over other cells and seeds",
            self.a.name,
            self.b.name,
            measure.unit(),
            100.0 * bootstrap.level,
        );
        text.push_str(&match self.found.family {
            0 => "\n".to_owned(),
            family => format!(
                "; p: adjusted for {}\n\
                 detectable: the least difference that so many cells and seeds find four times out of five, with that correction\n",
                counted(family, "comparison")
            ),
        });
        text.push_str(&self.origins());
        let differences = self.found.rows.iter().filter_map(|row| Some(&row.finding.as_ref().ok()?.difference));
        let fewest = differences.filter(|difference| !difference.is_identical).map(|difference| difference.cells).min();
        match fewest.map(|cells| coverage_found(*measure, true, cells)) {
            Some(Some(found)) => text.push_str(&format!("such intervals: {found}\n")),
            Some(None) => text.push_str("how often such intervals hold was not tried for this measure\n"),
            None => {}
        }
        if self.found.family > 1 {
            text.push_str(
                "of fewer comparisons p is smaller: ask for one model (`A:ridge`) or for folders of one experiment where that is the question; \
                 `report` corrects for those of one experiment\n",
            );
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
}

/// Why nothing can be said of two, as a sentence without its end.
fn cause(row: &Row) -> Option<String> {
    match &row.finding {
        Ok(finding) => finding.unclear.map(|unclear| unclear.to_string()),
        Err(reason) => Some(reason.clone()),
    }
}

fn listed(slots: &[Slot]) -> String {
    let names: Vec<String> = slots.iter().map(|slot| format!("{} of {}", slot.entry(), slot.experiment)).collect();
    short(&names)
}
