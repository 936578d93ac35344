//! What `make bench` measured, as far as a report shows it.

use std::path::Path;

use crate::Error;
use cells::whole_file;

/// Group of the benches of predictions, one for each number of references.
const GROUP: &str = "predict_by_references/";

/// Cells per second by number of reference cells, and where that was.
#[derive(Clone, Debug, PartialEq)]
pub struct Throughput {
    /// Number of references and cells per second, the numbers rising.
    pub rates: Vec<(usize, f64)>,
    /// The machine that it was measured on.
    pub machine: String,
    /// The last day of measuring, such as `2026-11-28`.
    pub date: String,
    /// The same on cards, where any has been measured.
    pub cards: Vec<OnCard>,
}

/// Cells per second on a card, whole predictions with cleaning.
#[derive(Clone, Debug, PartialEq)]
pub struct OnCard {
    /// What it is called.
    pub card: String,
    /// `exact` or `fast`.
    pub precision: String,
    /// Number of references and cells per second, the numbers rising.
    pub rates: Vec<(usize, f64)>,
}

impl OnCard {
    /// From `cuda.csv` of `make bench-cuda`; none without such a file.
    fn read(path: &Path) -> Result<Vec<Self>, Error> {
        let broken = |what: String| Error::Bench { path: path.to_owned(), what };
        if !path.is_file() {
            return Ok(Vec::new());
        }
        let bytes = whole_file::read(path).map_err(|error| broken(error.to_string()))?;
        let mut reader = csv::Reader::from_reader(bytes.as_slice());
        let header = reader.headers().map_err(|error| broken(error.to_string()))?.clone();
        let column = |name: &str| {
            header.iter().position(|known| known == name).ok_or_else(|| broken(format!("column {name} is missing")))
        };
        let (work, precision, card, seconds) =
            (column("work")?, column("precision")?, column("card")?, column("ours_s")?);
        let mut cards: Vec<Self> = Vec::new();
        for row in reader.records() {
            let row = row.map_err(|error| broken(error.to_string()))?;
            let [work, precision, card, seconds] =
                [work, precision, card, seconds].map(|column| row.get(column).unwrap_or_default());
            let references = work.strip_prefix("inference_").and_then(|rest| rest.strip_suffix("refs"));
            let Some(references) = references.and_then(|count| count.parse().ok()) else { continue };
            let seconds: f64 = seconds.parse().map_err(|_| broken(format!("ours_s: '{seconds}' is no number")))?;
            let rate = (references, 1.0 / seconds);
            match cards.iter_mut().find(|known| (&*known.card, &*known.precision) == (card, precision)) {
                Some(known) => known.rates.push(rate),
                None => {
                    cards.push(Self { card: card.to_owned(), precision: precision.to_owned(), rates: vec![rate] });
                }
            }
        }
        cards.iter_mut().for_each(|card| card.rates.sort_by_key(|(references, _)| *references));
        Ok(cards)
    }
}

impl Throughput {
    /// From `criterion.csv` of `make bench`; `None` if there is no such file, nothing of predictions in it, or if it does not
    /// say on which machine and day it was measured: such a number means nothing.
    ///
    /// # Errors
    /// [`Error::Bench`] names the file.
    pub fn read(path: &Path) -> Result<Option<Self>, Error> {
        if !path.is_file() {
            return Ok(None);
        }
        let broken = |what: String| Error::Bench { path: path.to_owned(), what };
        let bytes = whole_file::read(path).map_err(|error| broken(error.to_string()))?;
        let mut reader = csv::Reader::from_reader(bytes.as_slice());
        let header = reader.headers().map_err(|error| broken(error.to_string()))?.clone();
        let place = |name: &str| header.iter().position(|known| known == name);
        let column = |name: &str| place(name).ok_or_else(|| broken(format!("column {name} is missing")));
        let (bench, rate) = (column("bench")?, column("per_second")?);
        let (Some(machine), Some(date)) = (place("machine"), place("date")) else { return Ok(None) };
        let mut rates = Vec::new();
        let mut origin: Option<[String; 2]> = None;
        for row in reader.records() {
            let row = row.map_err(|error| broken(error.to_string()))?;
            let references = row.get(bench).and_then(|name| name.strip_prefix(GROUP)?.parse::<usize>().ok());
            let Some(references) = references else { continue };
            let own = [machine, date].map(|column| row.get(column).unwrap_or_default().trim().to_owned());
            if own.iter().any(String::is_empty) {
                return Ok(None);
            }
            let [machine, mut date] = own;
            if let Some([first, earlier]) = origin.take() {
                if first != machine {
                    return Err(broken(format!(
                        "{GROUP}{references} was measured on {machine}, others on {first}: they make no curve"
                    )));
                }
                date = date.max(earlier);
            }
            origin = Some([machine, date]);
            let text = row.get(rate).unwrap_or_default();
            let rate = text.parse::<f64>().map_err(|_| broken(format!("per_second: '{text}' is no number")))?;
            rates.push((references, rate));
        }
        rates.sort_by_key(|(references, _)| *references);
        let cards = OnCard::read(&path.with_file_name("cuda.csv"))?;
        Ok(origin.map(|[machine, date]| Self { rates, machine, date, cards }))
    }

    /// Cells per second with so many references each.
    pub fn with(&self, references: usize) -> Option<f64> {
        self.rates.iter().find(|(count, _)| *count == references).map(|(_, rate)| *rate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_of_predictions_are_read_with_their_machine_and_others_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("criterion.csv");
        let read = |rows: &[&str]| {
            std::fs::write(&path, rows.join("\n")).unwrap();
            Throughput::read(&path)
        };
        assert_eq!(Throughput::read(&path).unwrap(), None);
        let rows = [
            "bench,median_s,low_s,high_s,per_second,unit,machine,date",
            "predict_by_references/8,1,1,1,12.5,elements,\"A CPU, 2 cores\",2026-11-28",
            "predict_by_references/2,1,1,1,40,elements,\"A CPU, 2 cores\",2026-11-28",
            "epoch/hust,3,3,3,,,another,2020-01-01",
        ];
        let measured = read(&rows).unwrap().unwrap();
        assert_eq!(measured.rates, [(2, 40.0), (8, 12.5)]);
        assert_eq!((measured.machine.as_str(), measured.date.as_str()), ("A CPU, 2 cores", "2026-11-28"));
        assert_eq!((measured.with(8), measured.with(4)), (Some(12.5), None));
        let longer = [rows[0], &rows[1].replace("-28", "-27"), rows[2]];
        assert_eq!(read(&longer).unwrap().unwrap().date, "2026-11-28");
        // what was measured on a card lies beside it
        let of_card = [
            "work,precision,card,ours_s,oracle_s,ratio",
            "inference_8refs,exact,A card,0.001,0.1,100",
            "inference_2refs,exact,A card,0.0005,,",
            "inference_8refs_uncleaned,exact,A card,1,1,1",
            "clean_pair,exact,A card,1,1,1",
            "inference_8refs,fast,A card,0.0001,0.1,1000",
        ];
        std::fs::write(folder.path().join("cuda.csv"), of_card.join("\n")).unwrap();
        let cards = read(&rows).unwrap().unwrap().cards;
        let card = |precision: &str, rates: &[(usize, f64)]| OnCard {
            card: "A card".to_owned(),
            precision: precision.to_owned(),
            rates: rates.to_vec(),
        };
        assert_eq!(cards, [card("exact", &[(2, 2000.0), (8, 1000.0)]), card("fast", &[(8, 10_000.0)])]);
        // without a machine or a day it is left out
        let bare = ["bench,per_second", "predict_by_references/8,12.5"];
        assert_eq!(read(&bare).unwrap(), None);
        assert_eq!(read(&["bench,per_second,machine,date", "predict_by_references/8,12.5,,2026-11-28"]).unwrap(), None);
        let mixed = [rows[0], rows[1], &rows[2].replace("A CPU", "B CPU")];
        let message = read(&mixed).unwrap_err().to_string();
        assert!(message.contains("was measured on B CPU, 2 cores, others on A CPU"), "{message}");
        assert!(read(&["a,b"]).unwrap_err().to_string().contains("criterion.csv: column bench is missing"));
    }
}
