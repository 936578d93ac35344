//! Cells of one's own, as a file says of them: a CSV file with the columns of `experiments/cells.csv`.

use std::collections::HashMap;
use std::path::Path;
use std::str::FromStr;

use super::{Catalogue, CatalogueEntry, find};
use crate::Error;
use crate::cell::{Cathode, DatasetName, is_plain};
use crate::datasets;
use crate::listing::{self, Line};
use crate::quote::shown;

/// What a catalogue has of a cell.
const COLUMNS: [&str; 12] = [
    "id",
    "dataset",
    "cathode",
    "anode",
    "form_factor",
    "nominal_capacity_Ah",
    "v_min",
    "v_max",
    "temperature_C",
    "charge",
    "discharge",
    "cycle_life_80",
];

impl Catalogue {
    /// Reads a file of cells of one's own, in the form of `experiments/cells.csv`. `form_factor`, `temperature_C`, `charge`,
    /// `discharge` and `cycle_life_80` may be empty. A published cell may be among them, as it is published.
    ///
    /// # Errors
    /// [`Error::Declared`] names the file, the line and the column: what cannot be read, is no number or none that can be, an id
    /// that is there twice or is that of a published cell of which other things are said, and a dataset that is published.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let name = format!("catalogue {}", path.display());
        let declared = |what: String| Error::Declared { table: name.clone(), what };
        let lines = listing::read(path, COLUMNS).map_err(declared)?;
        let mut entries = Vec::with_capacity(lines.len());
        let mut seen: HashMap<String, usize> = HashMap::new();
        for Line { number, fields } in lines {
            let row = Row(fields);
            let entry =
                row.entry().map_err(|(column, what)| declared(format!("line {number}, column {column}: {what}")))?;
            if let Some(first) = seen.insert(entry.id.clone(), number) {
                return Err(declared(format!("line {number}, column id: {} is on line {first} already", entry.id)));
            }
            entries.push(entry);
        }
        if entries.is_empty() {
            return Err(declared("it names no cell".to_owned()));
        }
        Ok(Self::new(entries, Some(path.display().to_string())))
    }
}

/// The fields of a line, in the order of [`COLUMNS`].
struct Row([String; COLUMNS.len()]);

/// What is wrong, and in which column.
type Fault = (&'static str, String);

impl Row {
    fn entry(&self) -> Result<CatalogueEntry, Fault> {
        let [id, dataset, cathode, anode, form_factor, .., charge, discharge, _] = &self.0;
        for (column, name) in [("id", id), ("dataset", dataset)] {
            if !is_plain(name) {
                return Err((
                    column,
                    format!("\"{}\" is not made of letters, digits, '_', '-' and '.'", shown(name, 40)),
                ));
            }
        }
        for (column, material) in [("cathode", cathode), ("anode", anode)] {
            if material.is_empty() {
                return Err((column, "it is empty".to_owned()));
            }
        }
        let entry = CatalogueEntry {
            id: id.clone(),
            dataset: DatasetName::from(dataset.clone()),
            cathode: Cathode::from(cathode.clone()),
            anode: anode.clone(),
            form_factor: form_factor.clone(),
            nominal_capacity: self.positive(5)?,
            v_min: self.number(6)?,
            v_max: self.number(7)?,
            temperature: self.unless_empty(8, Self::number)?,
            charge: charge.clone(),
            discharge: discharge.clone(),
            cycle_life: self.unless_empty(11, Self::positive)?,
        };
        if entry.v_min >= entry.v_max {
            return Err(("v_max", format!("{} V is not above v_min, {} V", entry.v_max, entry.v_min)));
        }
        match find(id) {
            Some(published) if *published == entry => Ok(entry),
            Some(published) => Err(("id", other_than_published(published, &entry))),
            None if datasets::all().iter().any(|known| known.name.name().eq_ignore_ascii_case(dataset)) => {
                Err(("dataset", format!("{dataset} is published, and {id} is none of its cells: call yours otherwise")))
            }
            None => Ok(entry),
        }
    }

    fn number(&self, place: usize) -> Result<f64, Fault> {
        let text = &self.0[place];
        match f64::from_str(text) {
            Ok(number) if number.is_finite() => Ok(number),
            _ if text.is_empty() => Err((COLUMNS[place], "it is empty".to_owned())),
            _ => Err((COLUMNS[place], format!("\"{}\" is no number", shown(text, 40)))),
        }
    }

    fn positive(&self, place: usize) -> Result<f64, Fault> {
        match self.number(place)? {
            number if number > 0.0 => Ok(number),
            number => Err((COLUMNS[place], format!("{number} is not positive"))),
        }
    }

    fn unless_empty(&self, place: usize, read: fn(&Self, usize) -> Result<f64, Fault>) -> Result<Option<f64>, Fault> {
        if self.0[place].is_empty() { Ok(None) } else { read(self, place).map(Some) }
    }
}

/// That a published cell was described otherwise than it was published, and how.
fn other_than_published(published: &CatalogueEntry, given: &CatalogueEntry) -> String {
    let texts = |entry: &CatalogueEntry| {
        let or_none = |number: Option<f64>| number.map_or_else(|| "nothing".to_owned(), |number| number.to_string());
        [
            entry.dataset.name().to_owned(),
            entry.cathode.name().to_owned(),
            entry.anode.clone(),
            entry.form_factor.clone(),
            entry.nominal_capacity.to_string(),
            entry.v_min.to_string(),
            entry.v_max.to_string(),
            or_none(entry.temperature),
            entry.charge.clone(),
            entry.discharge.clone(),
            or_none(entry.cycle_life),
        ]
    };
    let both = COLUMNS[1..].iter().zip(texts(given)).zip(texts(published));
    let other = both.map(|((column, given), published)| (column, given, published)).find(|(_, one, two)| one != two);
    let what = other.map_or_else(String::new, |(column, given, published)| {
        format!(": its {column} is {}, not {}", shown(published, 80), shown(given, 80))
    });
    format!("{} is a published cell{what}; give a cell of your own an id of its own", published.id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue;

    const MINE: &str = "cell_1,MINE,LMFP,graphite,pouch,4.8,2.5,4.1,25,1C,2C,612";

    fn read(lines: &[&str]) -> Result<Catalogue, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mine.csv");
        std::fs::write(&path, [&[&COLUMNS.join(",")[..]], lines].concat().join("\n")).unwrap();
        Catalogue::read(&path).map_err(|failure| failure.to_string())
    }

    #[test]
    fn cells_of_ones_own_have_what_the_file_says() {
        let bare = "cell_2,MINE,LMFP,graphite,,4.8,2.5,4.1,,,,";
        let catalogue = read(&[MINE, bare]).unwrap();
        let [one, two] = ["cell_1", "cell_2"].map(|id| catalogue.find(id).unwrap());
        assert_eq!((one.cathode.name(), one.nominal_capacity, one.cycle_life), ("LMFP", 4.8, Some(612.0)));
        let info = two.info(crate::cell::Origin::Real);
        assert_eq!((info.form_factor, info.ambient_temperature, info.published_life), (None, None, None));
        assert!(catalogue.is_own() && catalogue.find("MATR_b1c0").is_none());
        assert_eq!(catalogue.named("HUST_", "cell_2"), Some(two));
        assert_eq!(Catalogue::published().named("HUST_", "HUST_1-1"), None);
        assert!(Catalogue::published().named("HUST_", "1-1").is_some());
    }

    #[test]
    fn a_published_cell_is_what_is_published() {
        let table = include_str!("../../../../experiments/cells.csv");
        let line = table.lines().find(|line| line.starts_with("MATR_b1c0,")).unwrap();
        assert_eq!(read(&[line]).unwrap().find("MATR_b1c0"), catalogue::find("MATR_b1c0"));
        let message = read(&[&line.replace("2.0,3.5", "2.0,3.6")]).err().unwrap();
        assert!(
            message.contains("line 2, column id: MATR_b1c0 is a published cell: its v_max is 3.5, not 3.6"),
            "{message}"
        );
        let all: Vec<&str> = table.lines().skip(1).collect();
        assert_eq!(read(&all).unwrap().cells(), catalogue::cells());
    }

    #[test]
    fn faults_name_file_line_and_column() {
        for (column, right, wrong, what) in [
            ("id", "cell_1", "../cell", "is not made of letters"),
            ("id", "cell_1", "cell_0", "cell_0 is on line 2 already"),
            ("dataset", "MINE", "", "is not made of letters"),
            ("dataset", "MINE", "HUST", "HUST is published, and cell_1 is none of its cells"),
            ("cathode", "LMFP", "", "it is empty"),
            ("nominal_capacity_Ah", "4.8", "4.8 Ah", "\"4.8 Ah\" is no number"),
            ("nominal_capacity_Ah", "4.8", "0", "0 is not positive"),
            ("nominal_capacity_Ah", "4.8", "NaN", "is no number"),
            ("v_min", "2.5", "", "it is empty"),
            ("v_max", "4.1", "2.5", "2.5 V is not above v_min, 2.5 V"),
            ("temperature_C", "25", "warm", "\"warm\" is no number"),
            ("cycle_life_80", "612", "-1", "-1 is not positive"),
        ] {
            let line = MINE.replacen(right, wrong, 1);
            let message = read(&[&MINE.replace("cell_1", "cell_0"), "", &line]).err().unwrap();
            assert!(message.contains(&format!("mine.csv: line 4, column {column}: ")), "{message}");
            assert!(message.contains(what), "{message}");
        }
        assert!(read(&[]).err().unwrap().contains("it names no cell"));
        assert!(read(&["cell_1,MINE"]).err().unwrap().contains("line 2 has no cathode"));
        let missing = Catalogue::read(Path::new("/nowhere.csv")).unwrap_err().to_string();
        assert!(missing.contains("catalogue /nowhere.csv: cannot be opened"), "{missing}");
    }
}
