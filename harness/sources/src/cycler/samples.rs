//! The samples of one file, in s, V, A, Ah and °C; current positive in charge.

use super::beside::Said;

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
    /// What `CC DChg`, `CCCV_Chg`, `Rest`, `D`, `Entladen`, `恒流充电` and the like mean.
    pub(super) fn of(word: &[u8]) -> Self {
        let text = String::from_utf8_lossy(word).to_lowercase();
        let text = text.trim();
        let has = |parts: &[&str]| parts.iter().any(|part| text.contains(part));
        // those of a Chinese system that writes no UTF-8
        let has_bytes = |part: &[u8]| word.windows(part.len()).any(|window| window == part);
        match text {
            "d" => Self::Discharge,
            "c" => Self::Charge,
            "r" | "ocv" | "idle" => Self::Rest,
            _ if has(Self::DISCHARGE) || has_bytes(&[0xb7, 0xc5, 0xb5, 0xe7]) => Self::Discharge,
            _ if has(Self::REST) || has_bytes(&[0xbe, 0xb2, 0xd6, 0xc3]) || has_bytes(&[0xb8, 0xe9, 0xd6, 0xc3]) => {
                Self::Rest
            }
            _ if text
                .split(|letter: char| !letter.is_alphanumeric())
                .any(|word| ["ch", "cch", "cvch"].contains(&word)) =>
            {
                Self::Charge
            }
            _ if has(Self::CHARGE) || has_bytes(&[0xb3, 0xe4, 0xb5, 0xe7]) => Self::Charge,
            _ => Self::Other,
        }
    }

    /// Parts of words for a discharge: English, German, French, Spanish and Portuguese, Italian, Chinese, Japanese, Korean. They come
    /// first, since in most languages the word for a charge is in them.
    const DISCHARGE: &[&str] =
        &["dch", "discharg", "dis_", "entlad", "décharge", "decharge", "descarg", "scaric", "放电", "放電", "방전"];
    /// Of a rest.
    const REST: &[&str] =
        &["rest", "paus", "ruhe", "repos", "reposo", "riposo", "静置", "搁置", "靜置", "休止", "휴지"];
    /// Of a charge.
    const CHARGE: &[&str] = &["chg", "charg", "lade", "ladung", "carga", "carica", "充电", "充電", "충전"];
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
    /// Words of the state that are not known, the first few.
    pub strange: Vec<String>,
    /// Whether the user has named the column of the time.
    pub time_is_named: bool,
    /// Whether times are those of dates, by a clock that may be set.
    pub time_is_of_dates: bool,
    /// The line, or row, of the first sample.
    pub first_line: u64,
    /// What columns say beside these.
    pub beside: Vec<Said>,
    /// Where files whose times begin anew are joined: the first sample of the later one, and s before it by the dates of both.
    pub gaps: Vec<(usize, f64)>,
}

impl Samples {
    /// Adds the state of the next sample, in the cycler's word.
    pub(super) fn push_state(&mut self, word: &[u8]) {
        let state = State::of(word);
        if state == State::Other && self.strange.len() < Self::MOST_STRANGE {
            let word = String::from_utf8_lossy(word).into_owned();
            if !self.strange.contains(&word) {
                self.strange.push(word);
            }
        }
        self.state.get_or_insert_default().push(state);
    }

    /// Words of the state that are kept.
    const MOST_STRANGE: usize = 5;

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.time.len()
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.time.is_empty()
    }

    /// s between a sample and the one before it.
    pub(super) fn gap(&self, k: usize) -> f64 {
        let by_dates: f64 = self.gaps.iter().filter(|(place, _)| *place == k).map(|(_, gap)| gap).sum();
        self.time[k] - self.time[k - 1] + by_dates
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
            beside,
            ..
        } = other;
        self.beside = beside;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_known_in_the_languages_of_cyclers() {
        use State::{Charge, Discharge, Other, Rest};
        for (words, state) in [
            (
                &[
                    "C",
                    "CC Chg",
                    "CCCV_Chg",
                    "Charge",
                    "CV Charge",
                    "CC_Ch",
                    "Laden",
                    "Ladung",
                    "Carga",
                    "恒流充电",
                    "充電",
                ][..],
                Charge,
            ),
            (
                &["D", "CC DChg", "CC_DChg", "Discharge", "Entladen", "Entladung", "Décharge", "Descarga", "恒流放电"],
                Discharge,
            ),
            (&["R", "Rest", "Pause", "Ruhe", "Ruhephase", "OCV", "静置", "搁置", "Repos"], Rest),
            (&["S", "", "Switch", "Prüfung", "ACR"], Other),
        ] {
            words.iter().for_each(|word| assert_eq!(State::of(word.as_bytes()), state, "{word}"));
        }
        // 恒流放电 in GBK
        assert_eq!(State::of(&[0xba, 0xe3, 0xc1, 0xf7, 0xb7, 0xc5, 0xb5, 0xe7]), Discharge);
    }
}
