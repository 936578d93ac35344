//! What is seen of a cell before the model is asked: its features, whether its life has ended, and what is strange about it.

use cells::{
    cell::{Cell, Origin},
    count::counted_with,
    label::{Crossing, LabelRule, Unreached, Verdict},
    physics,
    portrait::{self, Portrait},
    source::CellSource,
};

use crate::{Bundle, Status, domain::Traits};

/// What is found of a cell before the model is asked.
pub(crate) struct Looked {
    /// Cycles on record.
    pub(crate) seen: usize,
    /// Whether its record shows the end of its life.
    pub(crate) has_ended: bool,
    /// The life that its record shows.
    pub(crate) recorded: Option<f64>,
    /// What to distrust, a sentence each.
    pub(crate) warnings: Vec<String>,
    /// In how many ways it is unlike the training cells.
    pub(crate) outside: usize,
    /// The features; or why there are none.
    pub(crate) row: Result<Vec<f32>, (Status, String)>,
}

impl Bundle {
    /// Cycles in detail that the model reads.
    pub(crate) fn needed(&self) -> usize {
        self.description.feature.as_ref().map_or(0, |feature| feature.cycles_needed())
    }

    /// What is seen of this cell of `source`.
    pub(crate) fn look(&self, source: &dyn CellSource, id: &str) -> Looked {
        let failed = |error: String| Looked {
            seen: 0,
            has_ended: false,
            recorded: None,
            warnings: vec![],
            outside: 0,
            row: Err((Status::Failed, error)),
        };
        // one cycle at least, for what is known of the cell
        let cell = match source.cell(id, self.needed().max(1)) {
            Ok(cell) => cell,
            Err(error) => return failed(error.to_string()),
        };
        let seen = match cell.recorded() {
            Some(capacities) => capacities.len(),
            None => match source.glance(id) {
                Ok((_, held)) => held,
                Err(error) => return failed(error.to_string()),
            },
        };
        let mut warnings = self.description.domain.warnings(&Traits::of(&cell));
        let outside = warnings.len();
        let notes = source.notes(id).unwrap_or_default();
        // what its import found of the whole cell; of a store of an older program, what its first cycles show
        let doubts = notes.doubts.clone().unwrap_or_else(|| {
            let doubts: Vec<String> = physics::doubts(&cell).iter().map(ToString::to_string).collect();
            // what is strange in published cells is known, and only the whole cell tells
            let is_published =
                !doubts.is_empty() && source.cell(id, usize::MAX).is_ok_and(|cell| physics::is_published(&cell));
            if is_published { Vec::new() } else { doubts }
        });
        warnings.extend(doubts.iter().map(|doubt| format!("doubtful: {doubt}")));
        warnings.extend(notes.guessed.clone());
        match (self.description.origin, source.origin()) {
            (Origin::Virtual, Origin::Real) => {
                warnings.push("the training cells are virtual, this one is real".to_owned())
            }
            (Origin::Real, Origin::Virtual) => {
                warnings.push("the training cells are real, this one is virtual".to_owned())
            }
            _ => {}
        }
        let label = &self.description.label;
        let mut has_ended = has_ended(label, &cell);
        let recorded = if has_ended { recorded(label, &cell) } else { None };
        let persistent = LabelRule { crossing: Crossing::Persistent, ..label.clone() };
        if notes.alive && has_ended {
            has_ended = false;
            // by another end of life than that of the label, its import has said it
            if !doubts.iter().any(|doubt| doubt.contains("said to be alive")) {
                warnings.push(
                    "it is said to be alive, and its record shows the end of its life: one of the two is wrong"
                        .to_owned(),
                );
            }
        } else if !has_ended && !notes.alive && has_ended_near(label, &cell) {
            warnings.push(near_its_end(label, &cell));
        } else if has_ended && !self::has_ended(&persistent, &cell) {
            warnings.push(
                "that its life has ended rests on a cycle after which its capacity was above the end of life again"
                    .to_owned(),
            );
        }
        warnings.extend(notes.repairs.into_iter().map(|repair| format!("it was repaired: {repair}")));
        if self.train.ids.iter().any(|known| known == id) {
            warnings.push("a training cell has this id: if it is the same cell, its interval means nothing".to_owned());
        }
        if let Some(known) = self.known_again(&cell, source) {
            warnings.insert(0, known);
        }
        let recorded = recorded.filter(|_| has_ended);
        Looked { seen, has_ended, recorded, warnings, outside, row: self.row(&cell) }
    }

    /// That a cell is a training cell under another id, if its capacities and curves say so.
    fn known_again(&self, cell: &Cell, source: &dyn CellSource) -> Option<String> {
        let id = cell.id();
        // what the features need is at hand, and mostly more than a portrait does
        let portrait = if self.needed() >= portrait::MOST {
            Portrait::of_first(cell)
        } else {
            Portrait::of_first(&source.cell(id, portrait::MOST).ok()?)
        };
        let of = self.portraits.iter().position(|known| known.is_of_one_test(&portrait))?;
        let known = self.train.ids.get(of).filter(|known| *known != id)?;
        Some(format!(
            "it is the training cell {known}: its capacities and curves are the same cycle by cycle. The model has learned its life, so \
             this is no prediction and its interval means nothing"
        ))
    }

    fn row(&self, cell: &Cell) -> Result<Vec<f32>, (Status, String)> {
        let Some(feature) = &self.description.feature else { return Ok(Vec::new()) };
        let (held, needed) = (cell.cycles().len(), self.needed());
        if held < needed {
            let more = needed - held;
            return Err((
                Status::TooFewCycles,
                format!(
                    "{} at hand in detail and the model reads {needed}: {more} more {} needed",
                    counted_with(held, "cycle", ["is", "are"]),
                    if more == 1 { "is" } else { "are" }
                ),
            ));
        }
        let mut row = vec![0.0; feature.shape().iter().product()];
        match feature.extractor().extract(cell, &mut row) {
            Ok(()) if row.iter().all(|value| value.is_finite()) => Ok(row),
            Ok(()) => Err((Status::Failed, "its features hold numbers that are not finite".to_owned())),
            Err(error) => Err((Status::Failed, error.to_string())),
        }
    }
}

/// Whether a record shows the end of a life, by the label rule: of one that stops in time above it, the cell lives. Publishers stop
/// near the end; of a cell of which nobody has said how long it lived, a record that stops near it is one that goes on.
fn has_ended(rule: &LabelRule, cell: &Cell) -> bool {
    // a life to another threshold was published: whoever published it has seen it
    seen_to_end(rule, cell).map_or(true, |verdict| matches!(verdict, Verdict::Life(_)))
}

/// Whether a split of the same label counts such a record as one that ends with the life.
fn has_ended_near(rule: &LabelRule, cell: &Cell) -> bool {
    let rule = LabelRule { unreached: Unreached::Drop, minimum: 0, ..rule.clone() };
    matches!(rule.judge(cell), Ok(Verdict::Life(_)))
}

/// What is said where the two rules part.
fn near_its_end(rule: &LabelRule, cell: &Cell) -> String {
    let last = cell.recorded().and_then(|capacities| capacities.last().copied()).unwrap_or_default();
    format!(
        "its record ends at {:.1} % of nominal capacity, above the {:.0} % that end a life: it is taken for a cell that lives, since nobody \
         has said that it ended. In a split, `run` counts such a record, under {:.1} %, as one that ends with the life; write `alive: \
         true` or `life: N` in cells.yaml, and both go by that",
        100.0 * last / cell.info().nominal_capacity,
        100.0 * rule.end_of_life,
        100.0 * rule.censored_above
    )
}

/// The life that such a record shows; none where only one to another threshold is known.
fn recorded(rule: &LabelRule, cell: &Cell) -> Option<f64> {
    match seen_to_end(rule, cell) {
        Ok(Verdict::Life(life)) => Some(life.cycles),
        _ => None,
    }
}

fn seen_to_end(rule: &LabelRule, cell: &Cell) -> Result<Verdict, cells::Error> {
    let censored_above = cell.info().published_life.map_or(rule.end_of_life, |_| rule.censored_above);
    LabelRule { unreached: Unreached::Drop, minimum: 0, censored_above, ..rule.clone() }.judge(cell)
}
