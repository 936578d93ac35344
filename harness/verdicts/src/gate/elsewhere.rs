//! How far apart a network may be that another engine or other instructions computed.

use statistics::Spread;

use super::{Standing, furthest::Pair};
use crate::{Group, Run};

/// So many times the measured noise is still noise: it was measured on a few engines, and there are others.
const NOISE_FACTOR: f64 = 10.0;
/// What single precision leaves is noise where none was found.
const LEAST_NOISE: f64 = 1e-6;
/// Beyond a tenth of a life, nothing is noise that measured noise alone could excuse.
pub(super) const MOST_NOISE: f64 = 0.1;
/// What rounding, amplified by a training that is not long, leaves of a life where nobody has measured.
const UNMEASURED_NOISE: f64 = 1e-3;
/// Means of so few seeds scatter by so many standard errors.
const SEED_FACTOR: f64 = 2.0;

/// What is said of runs of a network so far apart, of which `open` were computed in another way than those of the baseline. `measured` is
/// what is known of how far that moves it.
pub(super) fn elsewhere(measured: Option<f64>, before: &Group, now: &Group, open: &[Pair<'_>], apart: f64) -> Standing {
    // beside a number of a processor, one of a card always has another key
    let is_changed = |(was, is): &Pair<'_>| was.record.class == is.record.class && was.score.key != is.score.key;
    match measured {
        // whatever was measured of rounding, it is none of another ingredient
        _ if open.iter().any(is_changed) => match apart <= LEAST_NOISE {
            true => within(LEAST_NOISE, "what single precision leaves"),
            false => Standing::Moved,
        },
        Some(measured) => by_measure(measured, before, now, apart),
        None => by_seeds(before, now, apart),
    }
}

/// How far predictions may be apart where so much was measured.
pub(super) fn allowed(measured: f64) -> f64 {
    (NOISE_FACTOR * measured).clamp(LEAST_NOISE, MOST_NOISE)
}

fn within(allowed: f64, why: &str) -> Standing {
    Standing::WithinNoise { allowed: format!("{allowed:.1e} of a life, {why}") }
}

/// Of networks that other engines or instructions computed, where it was measured how far apart these are. Where that is so far that
/// hardly anything would be noticed, seeds decide.
fn by_measure(measured: f64, before: &Group, now: &Group, apart: f64) -> Standing {
    let allowed = allowed(measured);
    if apart <= allowed {
        let why =
            format!("{NOISE_FACTOR} times what was measured, {LEAST_NOISE:.0e} at least and {MOST_NOISE} at most");
        return within(allowed, &why);
    }
    if apart > NOISE_FACTOR * measured {
        return Standing::Moved;
    }
    match by_seeds(before, now, apart) {
        Standing::Unmeasured => Standing::Scattered,
        other => other,
    }
}

/// The same where nobody has measured. A long training takes rounding as far as another seed takes it, so nothing less than seeds are
/// apart is worse; but whether it was rounding nobody can tell.
fn by_seeds(before: &Group, now: &Group, apart: f64) -> Standing {
    if apart <= UNMEASURED_NOISE {
        return within(UNMEASURED_NOISE, "since nobody has measured");
    }
    let errors = |group: &Group| -> Vec<f64> {
        group.with_numbers().filter_map(Run::metrics).map(|metrics| metrics.rmse).collect()
    };
    let deviation = |errors: &[f64]| Spread::new(errors).and_then(|spread| spread.sample_std);
    let (was, is) = (errors(before), errors(now));
    let (Some(a), Some(b)) = (deviation(&was), deviation(&is)) else { return Standing::Unmeasured };
    let mean = |errors: &[f64]| errors.iter().sum::<f64>() / errors.len() as f64;
    let standard_error = (a * a / was.len() as f64 + b * b / is.len() as f64).sqrt();
    let (allowed, moved) = (SEED_FACTOR * standard_error, mean(&is) - mean(&was));
    if moved > allowed {
        Standing::Worse
    } else if moved < -allowed {
        Standing::Moved
    } else {
        Standing::Unmeasured
    }
}
