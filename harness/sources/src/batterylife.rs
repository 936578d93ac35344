//! `batterylife`: the processed cells of BatteryLife (Tan et al., KDD 2025, doi 10.1145/3711896.3737372): one pickle per cell, the
//! dictionary of BatteryML, with `SOC_interval`, and with time in seconds from the beginning of the first cycle.
//!
//! Files say all that is known of their cells. They are called `BL_` and what the file calls them: a `MATR_b1c0` of BatteryLife is not
//! the one that others have (limits, and cycles that were dropped). States of health are over nominal capacity times the width of the
//! interval of charge, as BatteryLife counts them, so that is what is taken for nominal; of CALB, the capacity of the first cycle.
//!
//! Lives are ours: the number of cycles until capacity is at or under the threshold, which is one more than BatteryLife's label.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::batteryml;
use super::format::{CellFiles, Datasets, Format};
use super::imported::Imported;
use super::packed::{self, PublishedFile};
use super::pickle::{self, Node, Pickle};
use crate::Error;
use cells::catalogue::CatalogueEntry;
use cells::cell::{Cathode, Cell, DatasetName};
use cells::count::{ah, counted};
use cells::quote::shown;

/// See the module.
pub const FORMAT: Format = Format {
    name: "batterylife",
    files: "pickles of BatteryLife's processed cells, such as MATR_b1c0.pkl or CALB_0_B182.pkl, or folders or zip archives of them",
    datasets: Datasets::Of(&[]),
    open,
    own: None,
};

/// What goes before the names of cells and datasets.
pub const PREFIX: &str = "BL_";

/// Bytes of one pickle.
const LARGEST_FILE: u64 = 1 << 30;

/// The files, by the ids that their cells get.
struct Files {
    files: BTreeMap<String, PublishedFile>,
    others: usize,
}

fn open(paths: &[PathBuf]) -> Result<Box<dyn CellFiles>, Error> {
    let mut found = Files { files: BTreeMap::new(), others: 0 };
    for file in packed::find(paths)? {
        if !file.has_extension(&["pkl"]) {
            found.others += 1;
            continue;
        }
        let id = format!("{PREFIX}{}", stem(&file.name));
        if let Some(other) = found.files.get(&id) {
            let (one, two) = (other.place(), file.place());
            return Err(Error::Given(format!("{one} and {two} are both cell {id}: give one of them")));
        }
        found.files.insert(id, file);
    }
    if found.files.is_empty() {
        let given: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
        return Err(Error::Given(format!("{}: there is no pickle (.pkl) here", given.join(", "))));
    }
    Ok(Box::new(found))
}

fn stem(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

impl CellFiles for Files {
    fn ids(&self) -> Vec<String> {
        self.files.keys().cloned().collect()
    }

    fn cell(&self, id: &str) -> Result<Imported, Error> {
        let unknown = || Error::UnknownCell { id: id.to_owned(), place: "the files given" };
        let file = self.files.get(id).ok_or_else(unknown)?;
        let pickle = file.read(LARGEST_FILE, |reader| {
            Pickle::read(reader, pickle::MEMORY).map_err(|problem| file.refused(problem))
        })?;
        read(id, stem(&file.name), pickle.root()).map_err(|what| file.refused(what))
    }

    fn remarks(&self) -> Vec<String> {
        let others = (self.others > 0).then(|| format!("no pickle, and not read: {}", counted(self.others, "file")));
        others.into_iter().collect()
    }
}

/// Fails with a fragment.
fn read(id: &str, name: &str, root: Node<'_>) -> Result<Imported, String> {
    let number = |key: &str| root.get(key).and_then(Node::number);
    let needed = |key: &str| number(key).filter(|value| value.is_finite()).ok_or(format!("it has no number \"{key}\""));
    let text = |key: &str| root.get(key).and_then(Node::text).unwrap_or("unknown").to_owned();
    let stated = needed("nominal_capacity_in_Ah")?;
    let width = width(root)?;
    let dataset = name.split('_').next().unwrap_or(name);
    let entry = CatalogueEntry {
        id: name.to_owned(),
        dataset: DatasetName::from(format!("{PREFIX}{dataset}")),
        cathode: Cathode::from(text("cathode_material")),
        anode: text("anode_material"),
        form_factor: root.get("form_factor").and_then(Node::text).unwrap_or_default().to_owned(),
        nominal_capacity: stated * width,
        v_min: needed("min_voltage_limit_in_V")?,
        v_max: needed("max_voltage_limit_in_V")?,
        temperature: None,
        charge: String::new(),
        discharge: String::new(),
        cycle_life: None,
    };
    if entry.nominal_capacity <= 0.0 {
        return Err(format!("its nominal capacity is {}", shown(entry.nominal_capacity.to_string(), 40)));
    }
    let Imported { cell, mut remarks, notes } = batteryml::own(&entry, root)?;
    let mut info = cell.info().clone();
    info.id = id.to_owned();
    if width != 1.0 {
        remarks.push(format!(
            "counts to {} Ah, its nominal {stated} Ah times {width:.2} of its interval of charge",
            ah(info.nominal_capacity)
        ));
    }
    if dataset == "CALB" {
        info.nominal_capacity = cell.cycles().first().map_or(stated, |cycle| cycle.discharged());
        remarks.push(format!(
            "counts to {} Ah, what its first cycle gave, as BatteryLife counts CALB",
            ah(info.nominal_capacity)
        ));
    }
    // none of the remarks on a life that is nobody's but the file's
    let cell = Cell::new(info, cell.cycles().to_vec(), cell.life().clone()).map_err(|fault| fault.to_string())?;
    Ok(Imported { cell, remarks, notes })
}

/// What a pickle of BatteryLife counts to, for a draft of a cell of one's own.
pub(crate) struct CountedTo {
    /// What BatteryLife counts to, a clause.
    pub(crate) said: String,
    /// Ah: the nominal capacity of a cell of one's own.
    pub(crate) own: f64,
    /// Where that is from.
    pub(crate) why: String,
}

/// What is counted to, where the pickle is one of BatteryLife, as its `SOC_interval` shows.
pub(crate) fn counted_to(root: Node<'_>) -> Option<CountedTo> {
    root.get("SOC_interval")?;
    let stated = root.get("nominal_capacity_in_Ah").and_then(Node::number)?;
    let width = width(root).ok()?;
    let is_calb = root.get("cell_id").and_then(Node::text).is_some_and(|id| id.starts_with("CALB"));
    let own = stated * width;
    let said = match is_calb {
        true => "what its first cycle gave, with the end of life at 90 %".to_owned(),
        false => format!("{own} Ah"),
    };
    let why = match width == 1.0 {
        true => "as the file says".to_owned(),
        false => format!(
            "the {stated} Ah of the file times {width:.2}, the width of its SOC_interval, between which it was cycled"
        ),
    };
    Some(CountedTo { said, own, why })
}

/// The part of the charge that the cell was cycled over; a width of 0 counts as 1, as in BatteryLife.
fn width(root: Node<'_>) -> Result<f64, String> {
    let Some(interval) = root.get("SOC_interval").and_then(|node| node.numbers(2).ok()) else { return Ok(1.0) };
    match interval[..] {
        [low, high] if low == high => Ok(1.0),
        [low, high] if (0.0..=1.0).contains(&low) && low < high && high <= 1.0 => Ok(high - low),
        _ => Err(format!("its SOC_interval is {interval:?}, not a lower and an upper end from 0 to 1")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pickle::writer::Writer;

    /// A cell of two cycles in BatteryLife's form; of "format 1", each half keeps the capacity of the other, of "format 2" it is 0.
    fn pickle(id: &str, interval: Option<[f64; 2]>, keeps: bool) -> Vec<u8> {
        let mut pickle = Writer::new(Vec::new()).unwrap();
        pickle
            .dict(|pickle| {
                for (name, text) in [
                    ("cell_id", id),
                    ("cathode_material", "NCM"),
                    ("anode_material", "carbon"),
                    ("form_factor", "18650"),
                ] {
                    pickle.text(name)?;
                    pickle.text(text)?;
                }
                for (name, number) in
                    [("nominal_capacity_in_Ah", 1.85), ("min_voltage_limit_in_V", 3.5), ("max_voltage_limit_in_V", 3.9)]
                {
                    pickle.text(name)?;
                    pickle.float(number)?;
                }
                if let Some(interval) = interval {
                    pickle.text("SOC_interval")?;
                    pickle.list(|pickle| interval.into_iter().try_for_each(|end| pickle.float(end)))?;
                }
                pickle.text("cycle_data")?;
                pickle.list(|pickle| {
                    (0..2).try_for_each(|cycle| {
                        pickle.dict(|pickle| {
                            pickle.text("cycle_number")?;
                            pickle.integer(cycle + 1)?;
                            let start = 2e4 * cycle as f64;
                            let steps = || (0..40).map(f64::from);
                            let half = |k: f64| if k < 20.0 { k } else { k - 20.0 };
                            let charged = steps().map(|k| {
                                if k < 20.0 {
                                    0.05 * k
                                } else if keeps {
                                    0.95
                                } else {
                                    0.0
                                }
                            });
                            let discharged = steps().map(|k| if k < 20.0 { 0.0 } else { 0.05 * half(k) });
                            let columns: [(&str, Vec<f64>); 5] = [
                                ("current_in_A", steps().map(|k| if k < 20.0 { 1.0 } else { -1.0 }).collect()),
                                (
                                    "voltage_in_V",
                                    steps()
                                        .map(|k| if k < 20.0 { 3.5 + 0.02 * k } else { 3.9 - 0.02 * half(k) })
                                        .collect(),
                                ),
                                ("charge_capacity_in_Ah", charged.collect()),
                                ("discharge_capacity_in_Ah", discharged.collect()),
                                ("time_in_s", steps().map(|k| start + 180.0 * k).collect()),
                            ];
                            columns.iter().try_for_each(|(name, values)| {
                                pickle.text(name)?;
                                pickle.floats(values)
                            })
                        })
                    })
                })
            })
            .unwrap();
        pickle.finish().unwrap()
    }

    fn imported(name: &str, bytes: &[u8]) -> Result<Imported, String> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(format!("{name}.pkl")), bytes).unwrap();
        let files = open(&[folder.path().to_owned()]).unwrap();
        assert_eq!(files.ids(), [format!("{PREFIX}{name}")]);
        files.cell(&files.ids()[0]).map_err(|error| error.to_string())
    }

    #[test]
    fn a_cell_is_what_its_file_says_under_a_name_of_its_own() {
        for keeps in [true, false] {
            let cell = imported("RWTH_002", &pickle("RWTH_002", Some([0.2, 0.8]), keeps)).unwrap().cell;
            let info = cell.info();
            assert_eq!(
                (&info.id[..], info.dataset.name(), info.voltage_limits),
                ("BL_RWTH_002", "BL_RWTH", (3.5, 3.9))
            );
            assert_eq!((info.chemistry.cathode.name(), &info.chemistry.anode[..]), ("NCM", "carbon"));
            // 1.11 Ah, as BatteryML has it
            assert!((info.nominal_capacity - 1.85 * 0.6).abs() < 1e-12);
            // seconds, from the beginning of each cycle
            let times: Vec<f64> = cell.cycles().iter().map(|cycle| cycle.time.as_ref().unwrap()[39]).collect();
            assert_eq!(times, [39.0 * 180.0; 2]);
            assert!((cell.cycles()[1].discharged() - 0.95).abs() < 1e-12);
        }
    }

    #[test]
    fn the_interval_of_charge_and_calb_are_counted_as_batterylife_does() {
        let nominal = |name, interval| {
            imported(name, &pickle(name, interval, true)).map(|found| found.cell.info().nominal_capacity)
        };
        for interval in [None, Some([0.0, 1.0]), Some([0.5, 0.5])] {
            assert_eq!(nominal("XJTU_1", interval), Ok(1.85));
        }
        let of_calb = nominal("CALB_0_B182", None).unwrap();
        assert!((of_calb - 0.95).abs() < 1e-12, "{of_calb}");
        assert!(nominal("XJTU_1", Some([0.8, 0.2])).unwrap_err().contains("SOC_interval"));
        let other = imported("XJTU_2", &pickle("XJTU_1", None, true)).unwrap_err();
        assert!(other.contains("it holds the cell XJTU_1"), "{other}");
        assert!(open(&["/nowhere".into()]).is_err());
    }
}
