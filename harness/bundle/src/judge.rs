//! What a predicted life means: its interval, what is left of it, and what to distrust.

use cells::count::counted_with;

use crate::{Answer, Bundle, Status, calibration::LEVEL, look::Looked, predict::Opinion};

/// Times the longest life of training cells, from which on an answer is none.
const ABSURD: f64 = 1000.0;
/// Times the longest life of training cells, or their shortest over a life, from which on a life is none that they know.
const BEYOND: f64 = 2.0;

impl Bundle {
    /// The answer to a cell of which the model has an opinion, if it could be asked.
    pub(crate) fn judge(&self, cell_id: String, looked: Looked, opinion: Option<Opinion>) -> Answer {
        let Looked { seen, has_ended, recorded, mut warnings, outside, row } = looked;
        let status = match row {
            Ok(_) if has_ended => Status::Ended,
            Ok(_) => Status::Ok,
            Err((status, reason)) => {
                warnings.insert(0, reason);
                status
            }
        };
        let answer = Answer {
            cycles_seen: seen,
            cycles_needed: self.needed(),
            warnings,
            recorded_life: recorded,
            outside,
            ..Answer::without_life(cell_id, status)
        };
        match opinion {
            Some(opinion) => self.with_life(answer, opinion),
            None => answer,
        }
    }

    /// The answer with the life that the model predicts and what follows from it; a life that is none makes it a failed one.
    fn with_life(&self, mut answer: Answer, opinion: Opinion) -> Answer {
        let (life, seen) = (opinion.life, answer.cycles_seen as f64);
        let longest = self.train.lives.iter().copied().fold(0.0_f64, f64::max);
        if !(life.is_finite() && life > 0.0 && life <= ABSURD * longest) {
            answer.warnings.insert(0, absurd(life));
            return Answer { status: Status::Failed, ..answer };
        }
        answer.life = Some(life);
        if life < 1.0 {
            let what = "less than one cycle is no life: the cell is none that the model can answer for";
            answer.warnings.insert(0, what.to_owned());
        }
        if let Some((low, high)) = self.interval(&opinion) {
            // an answer outside its own interval would puzzle, and a wider one covers no less
            (answer.low, answer.high) = (Some(low.min(life)), Some(high.max(life)));
        } else {
            answer.warnings.push(self.why_no_interval());
        }
        if answer.status != Status::Ended {
            answer.remaining = Some((life - seen).max(0.0));
            if answer.low.is_some_and(|low| low < seen) && seen <= life {
                let what = "it has lived longer than the lower end of its interval, which knows its early cycles alone";
                answer.warnings.push(what.to_owned());
            }
            if seen > life {
                answer.status = Status::Outlived;
                answer.warnings.push(format!(
                    "it has outlived its prediction by {:.0} cycles: the model was wrong about it, and that none remain says no more \
                     than this",
                    (seen - life).ceil()
                ));
            }
        }
        let said_before = answer.warnings.len();
        answer.warnings.extend(beyond(life, &self.train.lives));
        answer.warnings.extend(opinion.far.filter(|&far| far > 1.0).map(distant));
        answer.outside += answer.warnings.len() - said_before;
        (answer.reference_low, answer.reference_high) = opinion.quartiles.map(|[low, high]| (low, high)).unzip();
        answer.references = opinion.references;
        answer
    }

    fn interval(&self, opinion: &Opinion) -> Option<(f64, f64)> {
        let lives: Vec<f64> = opinion.around.iter().map(|life| life.max(1.0)).collect();
        let calibration = self.calibration.as_ref()?;
        let interval = match &opinion.deviations {
            None => calibration.interval(&lives, LEVEL),
            Some(deviations) => calibration.interval_of(&lives, deviations, LEVEL),
        };
        interval.filter(|(low, high)| low.is_finite() && high.is_finite())
    }

    fn why_no_interval(&self) -> String {
        match &self.calibration {
            None => "the model was not calibrated, so there is no interval".to_owned(),
            Some(calibration) if !calibration.is_enough(LEVEL) => format!(
                "{} too few for an interval",
                counted_with(self.train.ids.len(), "training cell", ["is", "are"])
            ),
            Some(_) => "its interval has no end, so unsure is the model of it".to_owned(),
        }
    }
}

/// What is said of an answer that is no life.
fn absurd(life: f64) -> String {
    let is_plain = life == 0.0 || (0.05..1e6).contains(&life.abs());
    let what = if is_plain { format!("{life:.1}") } else { format!("{life:.0e}") };
    format!(
        "the model predicts {what} cycles, which is no life; what was measured of the cell is not what the model has learned from: are \
         its sign, unit and cycles right?"
    )
}

/// A warning about a life that no training cell comes near.
fn beyond(life: f64, lives: &[f64]) -> Option<String> {
    let (low, high) = lives.iter().fold((f64::INFINITY, 0.0_f64), |(low, high), &life| (low.min(life), high.max(life)));
    (life < low / BEYOND || life > BEYOND * high).then(|| {
        format!("its predicted life lies far from those of all training cells, which are {low:.0} to {high:.0} cycles")
    })
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
