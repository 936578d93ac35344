//! Lives, intervals and warnings for other cells.

use std::collections::BTreeSet;

use cells::{
    cell::{Cell, Origin},
    count::counted_with,
    label::{Basis, Crossing, LabelRule, Unreached, Verdict},
    physics,
    portrait::{self, Portrait},
    source::CellSource,
};
use experiments::{
    Entry,
    train::{self, Material, TrainError, Trained, Workplace},
};
use features::samples::{Part, Samples};
use ndarray::{ArrayD, IxDyn};
use rayon::prelude::*;

use crate::{
    Answer, Bundle, Error, Status,
    calibration::{Around, LEVEL},
    domain::Traits,
    nearness::Nearness,
};

/// What is found of a cell before the model is asked.
struct Looked {
    seen: usize,
    has_ended: bool,
    /// The life that its record shows.
    recorded: Option<f64>,
    warnings: Vec<String>,
    /// In how many ways it is unlike the training cells.
    outside: usize,
    /// The features; or why there are none.
    row: Result<Vec<f32>, (Status, String)>,
}

/// That curves lie so many times as far from the nearest training cell as 99 % of these do from one another.
fn distant(far: f64) -> String {
    // rounded, what is hardly farther would seem not to be
    let times = match far {
        _ if far < 2.0 => format!("{far:.2}"),
        _ if far < 1000.0 => format!("{far:.1}"),
        _ => format!("{far:.0e}"),
    };
    format!(
        "its curves lie farther from the nearest training cell than 99 % of these do from one another, {times} times as far"
    )
}

/// What the models say of some cells.
struct Said {
    lives: Vec<f64>,
    /// Per fold, or of the whole model, what the residuals are laid around.
    around: Vec<Vec<f64>>,
    /// And the deviations of their ln life, where the model knows them.
    deviations: Option<Vec<Vec<f64>>>,
    quartiles: Option<Vec<[f64; 2]>>,
    /// Per cell, the training cells that it was compared with; none of a model that compares with none.
    references: Option<Vec<Vec<String>>>,
}

impl Bundle {
    /// What is predicted of these cells of `source`, in order of their ids. What cannot be predicted is an answer that says why.
    ///
    /// # Errors
    /// [`Error::NotABundle`] of a bundle whose parts do not fit one another; [`Error::Model`] of a model that cannot be asked.
    pub fn predict(
        &self,
        source: &dyn CellSource,
        ids: &[String],
        workplace: Workplace<'_>,
    ) -> Result<Vec<Answer>, Error> {
        // as in training: with more, libtorch splits sums differently
        tch::set_num_threads(1);
        let entry = self.entry()?;
        let mut ids: Vec<String> = ids.to_vec();
        ids.sort();
        ids.dedup();
        let looked: Vec<Looked> = ids.par_iter().map(|id| self.look(source, id)).collect();
        let with_row = looked.iter().zip(&ids).filter_map(|(looked, id)| Some((id, looked.row.as_ref().ok()?)));
        let (asked, rows): (Vec<String>, Vec<&Vec<f32>>) = with_row.map(|(id, row)| (id.clone(), row)).unzip();
        let said = if asked.is_empty() { None } else { Some(self.ask(&entry, &asked, &rows, workplace)?) };
        let nearness = Nearness::of(&self.train.features);
        let far: Vec<f64> =
            rows.par_iter().map(|row| nearness.as_ref().map_or(0.0, |nearness| nearness.excess(row))).collect();
        let mut place = 0;
        let answer = |(id, looked): (String, Looked)| {
            let position = place;
            place += usize::from(looked.row.is_ok());
            self.answer(id, looked, said.as_ref(), (position, far.get(position).copied()))
        };
        Ok(ids.into_iter().zip(looked).map(answer).collect())
    }

    fn needed(&self) -> usize {
        self.description.feature.as_ref().map_or(0, |feature| feature.cycles_needed())
    }

    fn look(&self, source: &dyn CellSource, id: &str) -> Looked {
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

    fn ask(&self, entry: &Entry, ids: &[String], rows: &[&Vec<f32>], workplace: Workplace<'_>) -> Result<Said, Error> {
        let shape = self.description.feature.as_ref().map_or(vec![0], |feature| feature.shape());
        let whole: Vec<usize> = std::iter::once(ids.len()).chain(shape.iter().copied()).collect();
        let values: Vec<f32> = rows.iter().flat_map(|row| row.iter().copied()).collect();
        let features = ArrayD::from_shape_vec(IxDyn(&whole), values)
            .map_err(|error| Error::Internal(format!("features of shape {whole:?}: {error}")))?;
        // lives of the asked are nobody's to read
        let (lives, bases) = (vec![1.0; ids.len()], vec![Basis::Observed; ids.len()]);
        let test = Part { ids: ids.to_vec(), features, lives, bases };
        let mut samples =
            Samples { feature_shape: shape, train: self.train.clone(), test, removed: vec![], uncounted: vec![] };
        let answer = self.ask_one(entry, &samples, self.weights.as_ref(), workplace)?;
        let mut deviations = Vec::new();
        let around = match self.calibration.as_ref().map(|calibration| (calibration, &calibration.around)) {
            None => Vec::new(),
            Some((_, Around::Whole)) => vec![answer.predicted.clone()],
            Some((calibration, around)) => {
                let mut lives = Vec::new();
                for fold in 0..calibration.count() {
                    let kept: Vec<usize> =
                        (0..self.train.ids.len()).filter(|&cell| calibration.folds[cell] != fold).collect();
                    samples.train = self.train.rows(&kept);
                    let weights = match around {
                        Around::Networks(networks) => networks.get(fold),
                        _ => None,
                    };
                    let said = self.ask_one(entry, &samples, weights, workplace)?;
                    lives.push(said.predicted);
                    deviations.extend(said.deviations);
                }
                lives
            }
        };
        let deviations = Some(deviations).filter(|deviations| !deviations.is_empty());
        let references = answer
            .references
            .as_ref()
            .map(|references| (0..ids.len()).map(|cell| named(references.of(cell), &self.train.ids)).collect());
        Ok(Said { lives: answer.predicted, around, deviations, quartiles: answer.quartiles, references })
    }

    fn ask_one(
        &self,
        entry: &Entry,
        samples: &Samples,
        weights: Option<&baselines::Weights>,
        workplace: Workplace<'_>,
    ) -> Result<train::Answer, Error> {
        let material = Material { samples, source: None };
        let failed = |source: TrainError| Error::Model { model: self.description.model.clone(), source };
        let seed = self.description.seed;
        let trained = match weights {
            Some(weights) => Trained::restore(entry, material, seed, workplace, weights),
            None => Trained::fit(entry, material, seed, workplace, None).map(|(trained, _)| trained),
        };
        let mut answers =
            trained.and_then(|trained| trained.ask_closely(&[entry], &self.description.streams)).map_err(failed)?;
        answers.pop().ok_or_else(|| Error::Internal("a model was asked and gave no answer".to_owned()))
    }

    fn answer(
        &self,
        cell_id: String,
        looked: Looked,
        said: Option<&Said>,
        (position, far): (usize, Option<f64>),
    ) -> Answer {
        let Looked { seen, has_ended, recorded, mut warnings, outside, row } = looked;
        let status = match &row {
            Err((status, _)) => *status,
            Ok(_) if has_ended => Status::Ended,
            Ok(_) => Status::Ok,
        };
        let mut answer = Answer {
            cell_id,
            life: None,
            low: None,
            high: None,
            remaining: None,
            cycles_seen: seen,
            cycles_needed: self.needed(),
            status,
            warnings: vec![],
            reference_low: None,
            reference_high: None,
            references: vec![],
            recorded_life: recorded,
            outside,
        };
        match (row, said) {
            (Ok(_), Some(said)) => {
                let life = said.lives[position];
                let longest = self.train.lives.iter().copied().fold(0.0_f64, f64::max);
                if !(life.is_finite() && life > 0.0 && life <= ABSURD * longest) {
                    let is_plain = life == 0.0 || (0.05..1e6).contains(&life.abs());
                    let what = if is_plain { format!("{life:.1}") } else { format!("{life:.0e}") };
                    warnings.insert(
                        0,
                        format!(
                            "the model predicts {what} cycles, which is no life; what was measured of the cell is not what the \
                             model has learned from: are its sign, unit and cycles right?"
                        ),
                    );
                    return Answer { status: Status::Failed, warnings, ..answer };
                }
                answer.life = Some(life);
                if life < 1.0 {
                    warnings.insert(
                        0,
                        "less than one cycle is no life: the cell is none that the model can answer for".to_owned(),
                    );
                }
                if let Some((low, high)) = self.interval(said, position) {
                    // an answer outside its own interval would puzzle, and a wider one covers no less
                    (answer.low, answer.high) = (Some(low.min(life)), Some(high.max(life)));
                } else {
                    warnings.push(match &self.calibration {
                        None => "the model was not calibrated, so there is no interval".to_owned(),
                        Some(calibration) if !calibration.is_enough(LEVEL) => format!(
                            "{} too few for an interval",
                            counted_with(self.train.ids.len(), "training cell", ["is", "are"])
                        ),
                        Some(_) => "its interval has no end, so unsure is the model of it".to_owned(),
                    });
                }
                if !has_ended {
                    answer.remaining = Some((life - seen as f64).max(0.0));
                    if answer.low.is_some_and(|low| low < seen as f64) && seen as f64 <= life {
                        warnings.push("it has lived longer than the lower end of its interval, which knows its early cycles alone".to_owned());
                    }
                    if seen as f64 > life {
                        answer.status = Status::Outlived;
                        warnings.push(format!(
                            "it has outlived its prediction by {:.0} cycles: the model was wrong about it, and that none remain says \
                             no more than this",
                            (seen as f64 - life).ceil()
                        ));
                    }
                }
                let said_before = warnings.len();
                warnings.extend(beyond(life, &self.train.lives));
                warnings.extend(far.filter(|&far| far > 1.0).map(distant));
                answer.outside += warnings.len() - said_before;
                if let Some([low, high]) = said.quartiles.as_ref().map(|quartiles| quartiles[position]) {
                    (answer.reference_low, answer.reference_high) = (Some(low), Some(high));
                }
                if let Some(references) = &said.references {
                    answer.references.clone_from(&references[position]);
                }
            }
            (Err((_, reason)), _) => warnings.insert(0, reason),
            (Ok(_), None) => {}
        }
        Answer { warnings, ..answer }
    }

    fn interval(&self, said: &Said, position: usize) -> Option<(f64, f64)> {
        let lives: Vec<f64> = said.around.iter().map(|lives| lives[position].max(1.0)).collect();
        let calibration = self.calibration.as_ref()?;
        let interval = match &said.deviations {
            None => calibration.interval(&lives, LEVEL),
            Some(folds) => {
                let deviations: Vec<f64> = folds.iter().map(|deviations| deviations[position]).collect();
                calibration.interval_of(&lives, &deviations, LEVEL)
            }
        };
        interval.filter(|(low, high)| low.is_finite() && high.is_finite())
    }
}

/// Times the longest life of training cells, from which on an answer is none.
const ABSURD: f64 = 1000.0;
/// Times the longest life of training cells, or their shortest over a life, from which on a life is none that they know.
const BEYOND: f64 = 2.0;

/// A warning about a life that no training cell comes near.
fn beyond(life: f64, lives: &[f64]) -> Option<String> {
    let (low, high) = lives.iter().fold((f64::INFINITY, 0.0_f64), |(low, high), &life| (low.min(life), high.max(life)));
    (life < low / BEYOND || life > BEYOND * high).then(|| {
        format!("its predicted life lies far from those of all training cells, which are {low:.0} to {high:.0} cycles")
    })
}

/// The names of these positions, each once, sorted.
fn named(positions: &[usize], ids: &[String]) -> Vec<String> {
    let names: BTreeSet<&String> = positions.iter().map(|&position| &ids[position]).collect();
    names.into_iter().cloned().collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distance_is_told_in_digits_that_show_it() {
        for (far, times) in [(1.04, "1.04 times"), (2.04, "2.0 times"), (123_456.0, "1e5 times")] {
            assert!(
                distant(far).ends_with(&format!(
                    "farther from the nearest training cell than 99 % of these do from one another, {times} as far"
                )),
                "{far}"
            );
        }
    }
}
