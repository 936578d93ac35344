//! The samples of one file, in s, V, A, Ah and °C; current positive in charge.

/// What the cycler does, in its own word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Current flows in.
    Charge,
    /// Current flows out.
    Discharge,
    /// No current flows.
    Rest,
    /// A word that says none of these.
    Other,
}

impl State {
    /// What `CC DChg`, `CCCV_Chg`, `Rest`, `D` and the like mean.
    pub(super) fn of(word: &[u8]) -> Self {
        let word = String::from_utf8_lossy(word).to_lowercase();
        match word.trim() {
            "d" => Self::Discharge,
            "c" => Self::Charge,
            "r" | "rest" | "pause" | "ocv" | "idle" => Self::Rest,
            word if word.contains("dch") || word.contains("discharg") || word.contains("dis_") => Self::Discharge,
            word if word.contains("ch") => Self::Charge,
            word if word.contains("rest") || word.contains("paus") => Self::Rest,
            _ => Self::Other,
        }
    }
}

/// Columns of equal length; those that a file does not have are none.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Samples {
    /// s.
    pub time: Vec<f64>,
    /// V.
    pub voltage: Vec<f64>,
    /// A.
    pub current: Vec<f64>,
    /// Ah, as the cycler counts.
    pub charge: Option<Vec<f64>>,
    /// Ah, as the cycler counts.
    pub discharge: Option<Vec<f64>>,
    /// Ah of whichever direction.
    pub capacity: Option<Vec<f64>>,
    /// °C; NaN where none was logged.
    pub temperature: Option<Vec<f64>>,
    /// The cycler's number.
    pub cycle: Option<Vec<u32>>,
    /// The cycler's number.
    pub step: Option<Vec<u32>>,
    /// What the cycler does.
    pub state: Option<Vec<State>>,
    /// The line, or row, of the first sample.
    pub first_line: u64,
}

impl Samples {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.time.len()
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.time.is_empty()
    }

    /// Appends those of the next file. A column that one of the two lacks goes.
    pub(super) fn append(&mut self, other: Self) {
        fn join<T>(own: &mut Option<Vec<T>>, other: Option<Vec<T>>) {
            match (own.as_mut(), other) {
                (Some(own), Some(mut other)) => own.append(&mut other),
                _ => *own = None,
            }
        }
        let Self {
            mut time,
            mut voltage,
            mut current,
            charge,
            discharge,
            capacity,
            temperature,
            cycle,
            step,
            state,
            ..
        } = other;
        self.time.append(&mut time);
        self.voltage.append(&mut voltage);
        self.current.append(&mut current);
        join(&mut self.charge, charge);
        join(&mut self.discharge, discharge);
        join(&mut self.capacity, capacity);
        join(&mut self.temperature, temperature);
        join(&mut self.cycle, cycle);
        join(&mut self.step, step);
        join(&mut self.state, state);
    }
}
