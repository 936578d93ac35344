//! Which runs of a plan will have no numbers, as far as that can be known without reading whole series.

use super::{
    panics::reason,
    plan::{Plan, Run, State},
    run::is_pending,
};
use features::samples::Foresight;

impl Plan {
    /// Per run: the reason why it will have no numbers, in the words that its record will have. None for runs that are
    /// not to be made, and for those of which nothing is known against.
    pub fn foresee(&self, foresight: &Foresight<'_>) -> Vec<Option<String>> {
        self.runs.iter().map(|run| is_pending(run, false).then(|| self.obstacle(run, foresight)).flatten()).collect()
    }

    fn obstacle(&self, run: &Run, foresight: &Foresight<'_>) -> Option<String> {
        let experiment = self.experiment();
        let entry = &experiment.models[run.entry];
        let feature = entry.reads().and_then(|name| experiment.feature(name));
        let lives = match foresight.training_lives(&self.split, experiment.rule(entry), feature) {
            Ok(lives) => lives,
            Err(failure) => return Some(reason(&failure.to_string())),
        };
        // a transfer learns from some of its cells only
        if experiment.transfer.is_some() {
            return None;
        }
        entry.label_transformation.fit(&lives).err().map(|failure| reason(&failure.to_string()))
    }
}

/// What a plan says of a run: its state, and an obstacle if there is one.
pub fn described(state: &State, obstacle: Option<&str>) -> String {
    match obstacle {
        Some(reason) => format!("{state}, and it will fail: {reason}"),
        None => state.to_string(),
    }
}
