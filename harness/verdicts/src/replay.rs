//! A record, and what came out of making its run again.

use crate::{
    Run,
    gate::{are_alike, is_same, loose_distance, whole_distance, words},
};

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

/// Compares `now`, made of the same ingredients, with the run `then`. `tolerance` is how far predicted lives may be apart,
/// relative, where another engine computed.
pub fn compare(then: &Run, now: &Run, tolerance: f64) -> Replayed {
    let is_network = then.is_of_network();
    let (before, after) = (&then.record, &now.record);
    if before.status != after.status {
        return Replayed::Other(format!("{} then, {} now", before.status, after.status));
    }
    let is_decided = !is_network || are_alike(before, after);
    let apart = if is_decided { whole_distance(then, now) } else { loose_distance(then, now) };
    match apart {
        Err(why) => Replayed::Other(why),
        Ok((apart, _)) if is_same(apart, is_network) => Replayed::Same,
        Ok((apart, place)) if is_decided => {
            let place = place.map_or_else(String::new, |place| format!(", {place}"));
            Replayed::Other(format!("a number is {apart:.1e} away{place}"))
        }
        Ok((apart, _)) if apart <= tolerance => Replayed::Same,
        Ok((apart, _)) => Replayed::Elsewhere { apart, how: format!("{} then, {} now", words(before), words(after)) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made_up::{folder, run};

    fn made(model: &str, by: f64, engine: &str) -> Run {
        let temporary = tempfile::tempdir().unwrap();
        let mut record = run(model, 0, &[520.0, 600.0 * by]);
        record.versions.engine = engine.to_owned();
        let folder = folder(temporary.path(), vec![record]);
        folder.groups.into_values().next().unwrap().runs.remove(&0).unwrap()
    }

    #[test]
    fn the_same_is_the_same_and_another_engine_is_said() {
        let (then, now) = (made("cnn", 1.0, "native"), made("cnn", 1.0 + 1e-7, "native"));
        assert_eq!(compare(&then, &then, 1e-6), Replayed::Same);
        assert!(matches!(compare(&then, &now, 1e-6), Replayed::Other(what) if what.ends_with("away, c1")));
        let elsewhere = made("cnn", 1.0 + 1e-7, "native, portable");
        assert_eq!(compare(&then, &elsewhere, 1e-6), Replayed::Same);
        assert!(matches!(compare(&then, &elsewhere, 1e-8), Replayed::Elsewhere { .. }));
    }

    #[test]
    fn without_a_network_an_engine_is_no_excuse() {
        let (then, elsewhere) = (made("ridge", 1.0, "native"), made("ridge", 1.0 + 1e-7, "portable"));
        assert!(matches!(compare(&then, &elsewhere, 1e-6), Replayed::Other(_)));
    }
}
