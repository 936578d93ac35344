//! Whether there is anything to be right or wrong about: the distance from lives that nobody has seen is no error.

use cells::label::{Basis, LabelRule, Verdict};
use cells::source::CellSource;

/// Why no model can be tested on lives that rest on these; `None` if it can, or if there are none.
pub fn nothing_observed(bases: &[Basis], rule: &LabelRule) -> Option<String> {
    (!bases.is_empty() && bases.iter().all(|basis| *basis == Basis::Padded)).then(|| {
        format!(
            "none of the {} test cells was seen to come near {} of nominal capacity, so that each life is made up (the number \
             of its cycles plus 2, by `label.unreached: pad`) and there is no error to measure; test on cells whose end of \
             life is on record, correct their nominal capacity if it is not theirs, or set label.end_of_life to what they \
             reach",
            bases.len(),
            rule.end_of_life
        )
    })
}

/// The same of some test cells; looks no further than the first whose life is known. A cell that cannot be read or labelled
/// is passed over: that is said where it is used.
pub fn nothing_observed_of(source: &dyn CellSource, test: &[String], rule: &LabelRule) -> Option<String> {
    let mut bases = Vec::new();
    for id in test {
        match source.cell(id, 0).and_then(|cell| rule.judge(&cell)) {
            Ok(Verdict::Life(life)) if life.basis == Basis::Padded => bases.push(life.basis),
            Ok(Verdict::Removed(_)) => {}
            Ok(Verdict::Life(_)) | Err(_) => return None,
        }
    }
    nothing_observed(&bases, rule)
}
