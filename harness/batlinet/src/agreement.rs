//! What one branch learns from the other where both should say the same of a cell.

/// What a step says of its targets by the other branch, and how much it counts that both say the same.
#[derive(Clone, Copy)]
pub(super) struct Agreement<'a> {
    /// One answer per target; none where nothing is asked of it.
    others: &'a [f64],
    /// Of the squared difference of the answers, in the loss.
    weight: f64,
}

impl<'a> Agreement<'a> {
    /// With these answers; with none there is nothing to agree with.
    pub(super) fn with(others: &'a [f64], weight: f64) -> Self {
        Self { others, weight }
    }

    /// That of some of the targets.
    pub(super) fn of(&self, targets: std::ops::Range<usize>) -> Self {
        if self.others.is_empty() { *self } else { Self { others: &self.others[targets], weight: self.weight } }
    }

    /// Half the derivative of its part of the loss by this answer to a target.
    pub(super) fn slope(&self, target: usize, answer: f64) -> f64 {
        self.others.get(target).map_or(0.0, |other| self.weight * (answer - other))
    }
}
