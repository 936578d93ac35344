//! A record, and what came out of making its run again.

use record::RunRecord;

use crate::gate::{are_alike, distance, is_same, words};

/// How a run that was made again compares.
#[derive(Clone, Debug, PartialEq)]
pub enum Replayed {
    /// To the last bit, or to the last digits where that is all that is promised.
    Same,
    /// Another engine or other instructions computed it; rounding may be all that differs, and the largest relative difference of a
    /// predicted life is this.
    Elsewhere {
        /// Relative.
        apart: f64,
        /// What computed then, and now.
        how: String,
    },
    /// What should be the same is not.
    Other(String),
}

/// Compares `now`, made of the same ingredients, with the record `then`. `tolerance` is how far predicted lives may be apart,
/// relative, where another engine computed.
pub fn compare(then: &RunRecord, now: &RunRecord, is_network: bool, tolerance: f64) -> Replayed {
    if then.status != now.status {
        return Replayed::Other(format!("{} then, {} now", then.status, now.status));
    }
    let apart = match distance(then, now) {
        Ok((apart, _)) => apart,
        Err(why) => return Replayed::Other(why),
    };
    if is_same(apart, is_network) {
        return Replayed::Same;
    }
    if !is_network || are_alike(then, now) {
        return Replayed::Other(format!("a predicted life is {apart:.1e} away"));
    }
    if apart <= tolerance {
        return Replayed::Same;
    }
    Replayed::Elsewhere { apart, how: format!("{} then, {} now", words(then), words(now)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made_up::run;

    #[test]
    fn the_same_is_the_same_and_another_engine_is_said() {
        let (then, now) = (run("cnn", 0, &[520.0, 600.0]), run("cnn", 0, &[520.0, 600.0 * (1.0 + 1e-7)]));
        assert_eq!(compare(&then, &then, true, 1e-6), Replayed::Same);
        assert!(matches!(compare(&then, &now, true, 1e-6), Replayed::Other(_)));
        let mut elsewhere = now.clone();
        elsewhere.versions.engine = "native, portable".to_owned();
        assert_eq!(compare(&then, &elsewhere, true, 1e-6), Replayed::Same);
        assert!(matches!(compare(&then, &elsewhere, true, 1e-8), Replayed::Elsewhere { .. }));
        // without a network an engine is no excuse
        assert!(matches!(compare(&then, &elsewhere, false, 1e-6), Replayed::Other(_)));
    }
}
