//! Lives, and differences of lives, in units that a network learns.

use super::parameters::Preset;

/// Least standard deviation to divide by.
const LEAST_DEVIATION: f64 = 1e-8;

/// What is subtracted from a number of cycles, and what the rest is divided by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// Subtracted.
    pub mean: f64,
    /// Divided by.
    pub deviation: f64,
}

impl Scale {
    /// Mean and standard deviation (n − 1, at least 1e-8) of at least two numbers.
    pub fn of(values: impl ExactSizeIterator<Item = f64> + Clone) -> Self {
        let count = values.len() as f64;
        let mean = values.clone().sum::<f64>() / count;
        let squares: f64 = values.map(|value| (value - mean).powi(2)).sum();
        Self { mean, deviation: (squares / (count - 1.0)).sqrt().max(LEAST_DEVIATION) }
    }

    /// Of the lives of the target cells.
    ///
    /// One life has no deviation. It is then its own unit, so that an output of 0 means that life and 1 twice as
    /// much; the notebook leaves it in cycles.
    pub fn of_target(lives: &[f64], preset: Preset) -> Self {
        match (lives, preset) {
            (&[life], Preset::Paper) => Self { mean: life, deviation: life },
            ([_], Preset::Code) => Self { mean: 0.0, deviation: 1.0 },
            _ => Self::of(lives.iter().copied()),
        }
    }

    /// Of the lives of the source cells, for pretraining.
    pub fn of_source(lives: &[f64], preset: Preset) -> Self {
        let scale = Self::of(lives.iter().copied());
        match preset {
            Preset::Paper => scale,
            Preset::Code => Self { deviation: scale.mean, ..scale },
        }
    }

    /// From cycles.
    pub fn forward(self, cycles: f64) -> f64 {
        (cycles - self.mean) / self.deviation
    }

    /// To cycles.
    pub fn inverse(self, output: f64) -> f64 {
        output * self.deviation + self.mean
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_lives_are_standardised_with_n_minus_1_in_both_presets() {
        for preset in [Preset::Paper, Preset::Code] {
            let scale = Scale::of_target(&[400.0, 600.0, 1100.0], preset);
            assert_eq!(scale.mean, 700.0);
            assert!((scale.deviation - 130_000.0_f64.sqrt()).abs() < 1e-9, "the root of (300² + 100² + 400²) / 2");
            assert!((scale.inverse(scale.forward(512.0)) - 512.0).abs() < 1e-9);
            assert_eq!(Scale::of_target(&[500.0, 500.0], preset).deviation, 1e-8);
        }
    }

    #[test]
    fn one_life_is_left_in_cycles_by_the_notebook_and_is_its_own_unit_otherwise() {
        assert_eq!(Scale::of_target(&[640.0], Preset::Code).forward(640.0), 640.0);
        let corrected = Scale::of_target(&[640.0], Preset::Paper);
        assert_eq!((corrected.forward(640.0), corrected.inverse(1.0)), (0.0, 1280.0));
    }

    #[test]
    fn only_the_notebook_takes_the_mean_of_the_source_lives_for_their_deviation() {
        let lives = [400.0, 600.0, 1100.0];
        assert_eq!(Scale::of_source(&lives, Preset::Code), Scale { mean: 700.0, deviation: 700.0 });
        assert_eq!(Scale::of_source(&lives, Preset::Paper), Scale::of_target(&lives, Preset::Paper));
    }
}
