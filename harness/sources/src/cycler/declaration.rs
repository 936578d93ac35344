//! `cells.yaml`: which cells the files of a cycler hold, and what is known of them.

mod decoded;
mod hint;

use std::fmt;
use std::path::Path;

use itertools::Itertools as _;
use serde::de::{self, MapAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer};

use decoded::decoded;

use super::dialect::{DIALECTS, Dialect};
use super::error::Error;
use super::role::Role;
use super::text_layout::Stated;
use cells::catalogue;
use cells::cell::{Cathode, CellInfo, Chemistry, CyclingProtocol, DatasetName, Origin};
use cells::datasets;
use cells::quote::shown;
use cells::suggest::did_you_mean;

/// Bytes of a declaration.
const LARGEST: u64 = 64_000_000;
/// Cycles of a life, at most: eleven years at an hour each.
const LONGEST_LIFE: f64 = 1e5;
/// Letters of an id.
const LONGEST_NAME: usize = 100;

/// The file.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    cells: Vec<Declared>,
}

/// One cell.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Declared {
    /// A name of letters, digits, `_`, `-` and `.`.
    pub id: String,
    /// Names of its files, in order of time.
    pub files: Vec<String>,
    /// With which other cells it belongs; `own` unless stated.
    #[serde(default)]
    pub dataset: Option<String>,
    /// The program that wrote the files; known by their headings unless stated.
    #[serde(default)]
    pub format: Option<String>,
    /// Which column is what.
    #[serde(default)]
    pub mapping: Mapping,
    /// Positive electrode, any text.
    pub cathode: String,
    /// Negative electrode.
    #[serde(default)]
    pub anode: Option<String>,
    /// Such as `cylindrical_18650`.
    #[serde(default)]
    pub form_factor: Option<String>,
    /// Ah.
    pub nominal_capacity: f64,
    /// V, low and high.
    pub voltage_limits: [f64; 2],
    /// °C of the chamber.
    #[serde(default)]
    pub temperature: Option<f64>,
    /// How it was cycled.
    #[serde(default)]
    pub protocol: Protocol,
    /// Whether its test goes on.
    #[serde(default)]
    pub alive: Option<bool>,
    /// Cycles to 80 % of nominal capacity, where somebody counted them.
    #[serde(default)]
    pub life: Option<f64>,
    /// How samples are divided into cycles.
    #[serde(default)]
    pub cycles: Option<By>,
    /// Formation and check-ups.
    #[serde(default)]
    pub leave_out: LeaveOut,
    /// Guesses of `data describe` that nobody has confirmed yet.
    #[serde(default)]
    unconfirmed: Guesses,
}

/// What `data describe` guessed. Who has written another value has confirmed it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Guesses {
    nominal_capacity: Option<f64>,
    voltage_limits: Option<[f64; 2]>,
    /// Whether units or the sign of the current in the mapping are guessed.
    mapping: bool,
}

/// How samples are divided into cycles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum By {
    /// By the cycler's number of the cycle.
    Column,
    /// Where the number of the step goes back.
    Step,
    /// By the sign of the current: one half of each direction.
    Current,
}

/// In words.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Protocol {
    charge: String,
    discharge: String,
}

/// Cycles that are none of the ageing.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct LeaveOut {
    /// These numbers of the cycler.
    pub numbers: Vec<u32>,
    /// So many at the beginning.
    pub first: usize,
    /// Those that discharge more slowly than this rate in 1/h.
    pub slower_than: Option<f64>,
}

/// Which column is what; those that are not named are known from the format.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Mapping {
    #[serde(default)]
    time: Option<Mapped>,
    #[serde(default)]
    voltage: Option<Mapped>,
    #[serde(default)]
    current: Option<Mapped>,
    #[serde(default)]
    charge_capacity: Option<Mapped>,
    #[serde(default)]
    discharge_capacity: Option<Mapped>,
    #[serde(default)]
    capacity: Option<Mapped>,
    #[serde(default)]
    cycle: Option<Mapped>,
    #[serde(default)]
    step: Option<Mapped>,
    #[serde(default)]
    state: Option<Mapped>,
    #[serde(default)]
    temperature: Option<Mapped>,
    /// Between fields.
    #[serde(default)]
    separator: Option<String>,
    /// `.` or `,`.
    #[serde(default)]
    decimal: Option<String>,
    /// The line of the headings, from 1.
    #[serde(default)]
    header_line: Option<usize>,
    /// Columns that tell nothing of the cell, whatever they are called.
    #[serde(default)]
    pub ignore: Vec<String>,
    /// Filled from `current: {charge: …}`.
    #[serde(skip)]
    pub charge_is_positive: Option<bool>,
}

/// A column of a mapping.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Mapped {
    /// Its heading.
    pub column: String,
    /// Of its values.
    pub unit: Option<String>,
    charge: Option<Sign>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Sign {
    Positive,
    Negative,
}

impl<'de> Deserialize<'de> for Mapped {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Whole {
            column: String,
            #[serde(default)]
            unit: Option<String>,
            #[serde(default)]
            charge: Option<Sign>,
        }
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Mapped;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("the heading of a column, or {column: …, unit: …}")
            }
            fn visit_str<E: de::Error>(self, column: &str) -> Result<Mapped, E> {
                Ok(Mapped { column: column.to_owned(), unit: None, charge: None })
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Mapped, A::Error> {
                let Whole { column, unit, charge } = Whole::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Mapped { column, unit, charge })
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl<'de> Deserialize<'de> for Protocol {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Whole {
            #[serde(default)]
            charge: String,
            #[serde(default)]
            discharge: String,
        }
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Protocol;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a text, or {charge: …, discharge: …}")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Protocol, E> {
                Ok(Protocol { charge: text.to_owned(), discharge: String::new() })
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Protocol, A::Error> {
                let Whole { charge, discharge } = Whole::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Protocol { charge, discharge })
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl<'de> Deserialize<'de> for LeaveOut {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Whole {
            #[serde(default)]
            numbers: Vec<u32>,
            #[serde(default)]
            first: usize,
            #[serde(default)]
            slower_than: Option<f64>,
        }
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = LeaveOut;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a list of numbers of cycles, or {first: …, numbers: […], slower_than: …}")
            }
            fn visit_seq<A: de::SeqAccess<'de>>(self, mut list: A) -> Result<LeaveOut, A::Error> {
                let mut numbers = Vec::new();
                while let Some(number) = list.next_element()? {
                    numbers.push(number);
                }
                Ok(LeaveOut { numbers, ..LeaveOut::default() })
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<LeaveOut, A::Error> {
                let Whole { numbers, first, slower_than } = Whole::deserialize(MapAccessDeserializer::new(map))?;
                Ok(LeaveOut { numbers, first, slower_than })
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl Mapping {
    /// The column of a role.
    pub(super) fn column(&self, role: Role) -> Option<&Mapped> {
        match role {
            Role::Time => self.time.as_ref(),
            Role::Voltage => self.voltage.as_ref(),
            Role::Current => self.current.as_ref(),
            Role::ChargeCapacity => self.charge_capacity.as_ref(),
            Role::DischargeCapacity => self.discharge_capacity.as_ref(),
            Role::Capacity => self.capacity.as_ref(),
            Role::Cycle => self.cycle.as_ref(),
            Role::Step => self.step.as_ref(),
            Role::State => self.state.as_ref(),
            Role::Temperature => self.temperature.as_ref(),
        }
    }

    /// What is said of the layout of text.
    pub(super) fn stated(&self) -> Stated {
        let letter = |text: &Option<String>| match text.as_deref() {
            Some("tab" | "\\t") => Some('\t'),
            Some(text) => text.chars().next(),
            None => None,
        };
        Stated { separator: letter(&self.separator), decimal: letter(&self.decimal), header_line: self.header_line }
    }

    fn fault(&self) -> Option<String> {
        for role in Role::ALL.into_iter().filter(|role| *role != Role::Current) {
            if self.column(role).is_some_and(|mapped| mapped.charge.is_some()) {
                return Some(format!("mapping: {}: `charge` is said of the current only", role.name()));
            }
        }
        match self.decimal.as_deref() {
            None | Some("." | ",") => None,
            Some(other) => Some(format!("mapping: decimal is \".\" or \",\", not \"{}\"", shown(other, 20))),
        }
    }
}

impl Declared {
    /// The format that is stated.
    pub(super) fn dialect(&self) -> Option<&'static Dialect> {
        self.format.as_deref().and_then(Dialect::named)
    }

    /// What is known of the cell before its files are read.
    pub(super) fn info(&self, origin: Origin) -> CellInfo {
        CellInfo {
            id: self.id.clone(),
            dataset: DatasetName::from(self.dataset.clone().unwrap_or_else(|| "own".to_owned())),
            origin,
            chemistry: Chemistry {
                cathode: Cathode::from(self.cathode.clone()),
                anode: self.anode.clone().unwrap_or_else(|| "unknown".to_owned()),
            },
            form_factor: self.form_factor.clone(),
            nominal_capacity: self.nominal_capacity,
            voltage_limits: (self.voltage_limits[0], self.voltage_limits[1]),
            ambient_temperature: self.temperature,
            protocol: CyclingProtocol {
                charge: self.protocol.charge.clone(),
                discharge: self.protocol.discharge.clone(),
            },
            published_life: self.life,
        }
    }

    /// What is said of guesses that nobody has confirmed.
    pub(super) fn unconfirmed(&self) -> Option<String> {
        let Guesses { nominal_capacity, voltage_limits, mapping } = self.unconfirmed;
        let [low, high] = self.voltage_limits;
        let open = [
            (nominal_capacity == Some(self.nominal_capacity))
                .then(|| format!("nominal_capacity {} Ah", self.nominal_capacity)),
            (voltage_limits == Some([low, high])).then(|| format!("voltage_limits {low} V to {high} V")),
            mapping.then(|| "mapping".to_owned()),
        ];
        let open = open.into_iter().flatten().join(", ");
        (!open.is_empty()).then(|| {
            format!(
                "guessed from the record by `data describe`, and confirmed by nobody: {open}; lives are counted and curves drawn by \
                 them, so write what the maker says, or take `unconfirmed` out of cells.yaml if the guess is right"
            )
        })
    }

    fn fault(&self) -> Option<String> {
        let plain = |text: &str| {
            !text.is_empty()
                && !text.starts_with('.')
                && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c))
        };
        let dataset = self.dataset.as_deref().unwrap_or("own");
        if !plain(&self.id) || !plain(dataset) {
            return Some("an id and a dataset are made of letters, digits, '_', '-' and '.'".to_owned());
        }
        if let Some(long) = [&self.id[..], dataset].into_iter().find(|name| name.len() > LONGEST_NAME) {
            return Some(format!(
                "an id and a dataset have {LONGEST_NAME} letters at most, since files are called so; this one has {}",
                long.len()
            ));
        }
        if self.files.is_empty() {
            return Some("it names no files".to_owned());
        }
        // as letters of either case are one on some disks
        if let Some(known) = catalogue::cells().iter().find(|known| known.id.eq_ignore_ascii_case(&self.id)) {
            return Some(format!("{} is a published cell: give a cell of your own an id of its own", known.id));
        }
        if datasets::all().iter().any(|known| known.name.name().eq_ignore_ascii_case(dataset)) {
            return Some(format!("{dataset} is a published dataset: call yours otherwise"));
        }
        if self.cathode.trim().is_empty() || self.cathode.trim() == "?" {
            return Some("cathode: write which, in any words, such as NMC".to_owned());
        }
        if !(self.nominal_capacity.is_finite() && self.nominal_capacity > 0.0) {
            return Some(format!("nominal_capacity: {} Ah is not positive", self.nominal_capacity));
        }
        let [low, high] = self.voltage_limits;
        if !(low.is_finite() && high.is_finite() && low < high) {
            return Some(format!("voltage_limits: {low} V and {high} V, the first must be the lower"));
        }
        if high > 100.0 {
            return Some(format!("voltage_limits: {high} V seems to be in mV: write V"));
        }
        if self.life.is_some() && self.alive == Some(true) {
            return Some("it has a life and is alive: say one of the two".to_owned());
        }
        if let Some(life) = self.life.filter(|life| !(life.is_finite() && *life > 0.0)) {
            return Some(format!("life: {life} cycles: write how many somebody counted, or leave it out"));
        }
        if let Some(life) = self.life.filter(|life| *life > LONGEST_LIFE) {
            return Some(format!(
                "life: {life} cycles are more than any test has ({LONGEST_LIFE} take eleven years at an hour each): write how many somebody \
                 counted, or leave it out"
            ));
        }
        if let Some(temperature) = self.temperature.filter(|temperature| !temperature.is_finite()) {
            return Some(format!("temperature: {temperature} °C is no number: write the chamber's, or leave it out"));
        }
        if let Some(format) = &self.format
            && self.dialect().is_none()
            && !["table", "batteryml"].contains(&format.to_lowercase().as_str())
        {
            let known = || DIALECTS.iter().map(|dialect| dialect.name).chain(["BatteryML", "table"]);
            let names: Vec<&str> = known().collect();
            let hint = did_you_mean(format, names.iter().copied());
            return Some(format!("format: \"{}\" is none of {}{hint}", shown(format, 40), names.join(", ")));
        }
        self.mapping.fault()
    }
}

/// The cells of a file.
///
/// # Errors
/// [`Error::Declaration`] with the line: what cannot be read, what no key is (with the nearest), ids that are there twice,
/// and values that cannot be.
pub(super) fn read(path: &Path) -> Result<Vec<Declared>, Error> {
    let name = path.display().to_string();
    let fault = |what: String| Error::Declaration { file: name.clone(), what };
    let bytes = cells::text::bytes(path, LARGEST).map_err(|error| fault(format!("cannot be opened: {error}")))?;
    decoded(&bytes).and_then(|text| parse(&text)).map_err(fault)
}

/// As [`read`], of a text; the error is a fragment.
pub(super) fn parse(text: &str) -> Result<Vec<Declared>, String> {
    let document: Document = serde_yaml::from_str(text).map_err(|error| hint::with_hint(&error.to_string()))?;
    let mut cells = document.cells;
    if cells.is_empty() {
        return Err("it names no cell".to_owned());
    }
    for place in 0..cells.len() {
        cells[place].mapping.charge_is_positive =
            cells[place].mapping.current.as_ref().and_then(|current| current.charge).map(|sign| sign == Sign::Positive);
        let cell = &cells[place];
        let at = || {
            let line = text.lines().position(|line| line.contains("id:") && line.contains(&cell.id));
            line.map_or_else(
                || format!("cell {}", shown(&cell.id, 80)),
                |line| format!("line {}, cell {}", line + 1, shown(&cell.id, 80)),
            )
        };
        if let Some(what) = cell.fault() {
            return Err(format!("{}: {what}", at()));
        }
        if cells[..place].iter().any(|other| other.id == cell.id) {
            return Err(format!("cell {} is there twice", cell.id));
        }
    }
    Ok(cells)
}

#[cfg(test)]
mod tests;
