//! `data describe`: what files hold, and a draft of `cells.yaml` whose every guess says why.

use std::fmt::Write as _;
use std::path::PathBuf;

use itertools::Itertools as _;

use super::cell;
use super::declaration::{self, By, Declared};
use super::divide::divide;
use super::error::Error;
use super::look::{Kind, Looked, look};
use super::role::Role;
use super::samples::{Samples, State};
use super::text_layout::Stated;
use super::{guess, pickles};
use crate::judged::judged;
use crate::packed;
use cells::quote::{harmless, shown};

/// What the files are, and a draft that declares them: YAML whose comments say what was found and what was guessed.
///
/// # Errors
/// [`Error`] where nothing is recognised, for each file why.
pub fn describe(paths: &[PathBuf]) -> Result<String, Error> {
    let files = packed::find(paths)?;
    let mut text = String::new();
    let mut drafts = String::new();
    let mut refusals = Vec::new();
    let mut tables = Vec::new();
    let mut looked = Vec::new();
    for file in &files {
        match look(file, &Stated::default()) {
            Ok(file) if file.kind == Kind::CycleTable => tables.push(file),
            Ok(file) => looked.push(file),
            Err(error) => refusals.push(error),
        }
    }
    for file in &looked {
        match draft(file, &tables) {
            Ok((about, draft)) => {
                text.push_str(&about);
                drafts.push_str(&draft);
            }
            Err(error) => refusals.push(error),
        }
    }
    if drafts.is_empty() {
        return Err(match refusals.len() {
            0 if tables.is_empty() => Error::Place("no file is there".to_owned()),
            0 => Error::Place(
                "Battery Archive: only tables of cycles are there; give the files with the samples (…_timeseries.csv) too"
                    .to_owned(),
            ),
            _ => Error::Place(together(&refusals).join("\n")),
        });
    }
    for refusal in together(&refusals) {
        let _ = writeln!(text, "# not read: {}", shown(refusal, 400));
    }
    Ok(format!(
        "{text}# A draft of cells.yaml: see what is guessed, write what is missing, and give it to\n\
         #   batlinet data import cycler FILES --cells cells.yaml --data DIR\n\
         # Where several files are of one cell, name them in order of time under one id.\n\
         cells:\n{drafts}"
    ))
}

/// Refusals, those of one sentence as one.
fn together(refusals: &[Error]) -> Vec<String> {
    let mut said: Vec<(Vec<&str>, &str)> = Vec::new();
    let mut others = Vec::new();
    for refusal in refusals {
        match refusal {
            Error::File { file, what } => match said.iter_mut().find(|(_, known)| known == what) {
                Some((files, _)) => files.push(file),
                None => said.push((vec![file], what)),
            },
            other => others.push(other.to_string()),
        }
    }
    let names = |files: &[&str]| match files.len().checked_sub(3) {
        None | Some(0) => files.join(", "),
        Some(more) => format!("{} and {more} more", files[..3].join(", ")),
    };
    said.into_iter().map(|(files, what)| format!("{}: {what}", names(&files))).chain(others).collect()
}

/// A text as YAML has it on one line.
fn quoted(text: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "_-.".contains(letter);
    let is_word = text.chars().all(is_plain) && text.starts_with(|letter: char| letter.is_ascii_alphabetic());
    if is_word && !["yes", "no", "true", "false", "null", "on", "off", "y", "n"].contains(&text.to_lowercase().as_str())
    {
        text.to_owned()
    } else {
        serde_json::to_string(text).unwrap_or_default()
    }
}

/// An id made of the name of a file.
fn id(name: &str) -> String {
    let stem = name.split('.').next().filter(|stem| !stem.is_empty()).unwrap_or("cell");
    let stem = stem.strip_suffix("_timeseries").unwrap_or(stem);
    let plain: String =
        stem.chars().map(|c| if c.is_ascii_alphanumeric() || "_-".contains(c) { c } else { '_' }).collect();
    if cells::catalogue::find(&plain).is_some() { format!("own_{plain}") } else { plain }
}

fn draft(file: &Looked, tables: &[Looked]) -> Result<(String, String), Error> {
    if file.kind == Kind::Pickle {
        return pickles::draft(file);
    }
    let mut mapping = String::new();
    let mut about = String::new();
    let place = file.file.place();
    let plan = match file.dialect {
        Some(_) => {
            let declared = blank("");
            match cell::plan(file, &declared) {
                Ok(plan) => plan,
                Err(error) => {
                    // the format is known, and something of it must be said by the user
                    let _ = writeln!(about, "# {}: {}", file.format(), shown(error, 600));
                    let draft = format!(
                        "- id: {}\n  files: [{}]\n  format: {}\n  # mapping: …  (see above)\n  cathode: unknown\n  \
                         nominal_capacity: 1  # Ah; not known\n  voltage_limits: [2.0, 4.5]  # V; not known\n",
                        quoted(&id(&file.file.name)),
                        quoted(&file.file.name),
                        quoted(file.format())
                    );
                    return Ok((about, draft));
                }
            }
        }
        None => {
            let guessed = guess::mapping(&file.headings).ok_or_else(|| Error::File {
                file: place.clone(),
                what: format!(
                    "its headings are of no program that is known, and none of them tells time, voltage and current: {}",
                    shown(file.headings.iter().map(|heading| &heading.text).join(", "), 300)
                ),
            })?;
            mapping = guessed.yaml.clone();
            let declared = blank(&format!("  format: table\n  mapping:\n{}", guessed.yaml.replace("SIGN", "positive")));
            cell::plan(file, &declared)?
        }
    };
    let _ = writeln!(about, "# {}: {}", file.format(), harmless(&place).replace('\n', " "));
    let mut has_negative = false;
    let samples = match cell::samples(file, &plan) {
        Ok(mut samples) => {
            has_negative = samples.current.iter().any(|current| *current < 0.0);
            // as at import, where it is not known from the state, it stays as it is
            let _ = cell::sign(&mut samples, file, &blank(""), &mut Vec::new());
            samples
        }
        Err(error) => {
            let _ = writeln!(about, "#   it cannot be read as it is: {}", shown(error, 400));
            Samples::default()
        }
    };
    let facts = Facts { has_negative, ..Facts::of(&samples) };
    for role in Role::ALL {
        let Some(read) = plan.column(role) else { continue };
        let unit = match read.unit {
            Some(unit) if read.unit_is_assumed => format!(", in {} as the program means it", unit.name),
            Some(unit) => format!(", in {}", unit.name),
            None => String::new(),
        };
        let range = facts.range(role, &samples);
        let _ = writeln!(about, "#   {}: \"{}\"{unit}{range}", role.name(), shown(&read.heading, 80));
    }
    let _ = writeln!(about, "#   {} samples over {:.4} h", samples.len(), facts.hours);
    let sign = facts.sign(file);
    if let Some(sentence) = &sign.sentence {
        let _ = writeln!(about, "#   {sentence}");
    }
    let by = match &samples.cycle {
        None if plan.column(Role::Cycle).is_none() => "current  # or: column, step, current",
        Some(numbers) if numbers.iter().all_equal() && facts.cycles_by_current(&samples) > 1 => {
            "current  # the file has one number of the cycle for all; or: column, step, current"
        }
        _ => "column  # or: column, step, current",
    };
    let mut files = vec![file.file.name.clone()];
    let stem = file.file.name.to_lowercase().replace("_timeseries.csv", "");
    files.extend(
        tables
            .iter()
            .filter(|table| table.file.name.to_lowercase().replace("_cycle_data.csv", "") == stem)
            .map(|table| table.file.name.clone()),
    );
    let mut draft = String::new();
    let _ = writeln!(draft, "- id: {}", quoted(&id(&file.file.name)));
    let _ = writeln!(draft, "  files: [{}]", files.iter().map(|name| quoted(name)).join(", "));
    let _ = writeln!(draft, "  format: {}", quoted(file.format()));
    if !mapping.is_empty() {
        let _ = write!(draft, "  mapping:\n{}", mapping.replace("SIGN", sign.word));
    } else if let Some(stated) = sign.must_be_stated {
        let heading = plan.column(Role::Current).map(|read| read.heading.clone()).unwrap_or_default();
        let _ = writeln!(
            draft,
            "  mapping:\n    current: {{column: {}, charge: {stated}}}  # a guess, see above: confirm",
            quoted(&heading)
        );
    }
    let _ = writeln!(draft, "  cathode: unknown  # write which, in any words, such as LFP or NMC");
    let _ = writeln!(draft, "  nominal_capacity: {}  # Ah; {}", facts.nominal, facts.why_nominal);
    let _ = writeln!(
        draft,
        "  voltage_limits: [{}, {}]  # V; a guess, the lowest and highest voltage here, rounded: write the cell's",
        facts.low, facts.high
    );
    if let Some(temperature) = facts.temperature {
        let _ = writeln!(draft, "  temperature: {temperature}  # °C; a guess, the median here: write the chamber's");
    }
    let _ = writeln!(draft, "  cycles: {by}");
    let _ =
        writeln!(draft, "  # alive: true  if its test goes on; or life: N, the cycles to 80 % that somebody counted");
    about.push_str(&foreseen(&draft, file, tables));
    Ok((about, draft))
}

/// What an import says of a file, declared as drafted: why it refuses it, or what of it may be wrong.
fn foreseen(draft: &str, file: &Looked, tables: &[Looked]) -> String {
    let Some(declared) = declaration::parse(&format!("cells:\n{draft}")).ok().and_then(|mut cells| cells.pop()) else {
        return String::new();
    };
    let tables = tables.iter().filter(|table| declared.files.contains(&table.file.name));
    let files: Vec<_> = std::iter::once(file).chain(tables).map(|file| file.file.clone()).collect();
    let judged = cell::read(&declared, &files).map_err(crate::Error::from).and_then(judged);
    match judged {
        Err(error) => format!("#   as drafted, import will refuse it: {}\n", shown(error, 600)),
        Ok((kept, _)) => {
            let doubts = kept.notes.doubts.unwrap_or_default();
            doubts
                .iter()
                .map(|doubt| format!("#   as drafted, import will say: doubtful: {}\n", shown(doubt, 400)))
                .collect()
        }
    }
}

/// A declaration of which only the mapping matters.
fn blank(more: &str) -> Declared {
    let text =
        format!("cells:\n- id: x\n  files: [x]\n  cathode: x\n  nominal_capacity: 1\n  voltage_limits: [1, 5]\n{more}");
    let mut cells = declaration::parse(&text).unwrap_or_default();
    cells.pop().unwrap_or_else(|| blank(""))
}

/// What the samples show.
struct Facts {
    hours: f64,
    low: f64,
    high: f64,
    nominal: f64,
    why_nominal: &'static str,
    temperature: Option<f64>,
    /// Share of the voltage's changes that go with a positive current.
    with: f64,
    /// In the file.
    has_negative: bool,
    has_discharge_state: bool,
    has_current: bool,
}

/// What is said of the sign of the current.
struct Sign {
    word: &'static str,
    must_be_stated: Option<&'static str>,
    sentence: Option<String>,
}

fn minmax(values: &[f64]) -> Option<(f64, f64)> {
    values.iter().copied().filter(|value| value.is_finite()).minmax().into_option()
}

impl Facts {
    fn of(samples: &Samples) -> Self {
        let hours = match (samples.time.first(), samples.time.last()) {
            (Some(first), Some(last)) => (last - first) / 3600.0,
            _ => 0.0,
        };
        let (low, high) = minmax(&samples.voltage).unwrap_or((2.0, 4.5));
        let (low, high) = ((low * 20.0).floor() / 20.0, (high * 20.0).ceil() / 20.0);
        let high = if high <= low { low + 0.05 } else { high };
        let largest = samples.current.iter().fold(0.0, |largest: f64, current| largest.max(current.abs()));
        let (mut with, mut all) = (0.0, 0.0);
        let mut half: f64 = 0.0;
        let mut largest_half: f64 = 0.0;
        let mut direction = 0.0;
        for k in 1..samples.len() {
            let (one, two) = (samples.current[k - 1], samples.current[k]);
            let since = samples.time[k] - samples.time[k - 1];
            if two.abs() > 0.01 * largest {
                if two.signum() != direction {
                    half = 0.0;
                    direction = two.signum();
                }
                if since > 0.0 {
                    half += two.abs() * since / 3600.0;
                }
                largest_half = largest_half.max(half);
            }
            // within one step, so that the jump at its beginning does not count
            if one.abs() > 0.02 * largest && two.abs() > 0.02 * largest && (one - two).abs() < 0.1 * largest {
                let change = samples.voltage[k] - samples.voltage[k - 1];
                all += change.abs();
                with += if change * two > 0.0 { change.abs() } else { 0.0 };
            }
        }
        let with = if all > 0.0 { with / all } else { 0.5 };
        let (nominal, why_nominal) = if largest_half > 0.0 {
            let digits = 10_f64.powf(1.0 - largest_half.log10().floor());
            (
                ((largest_half * digits).ceil() / digits).max(1e-6),
                "a guess, the most that passed in one half, rounded: write the maker's",
            )
        } else {
            (1.0, "not known, since no charge passed: write the maker's")
        };
        let temperature = samples.temperature.as_ref().and_then(|values| {
            let mut known: Vec<f64> = values.iter().copied().filter(|value| (-60.0..150.0).contains(value)).collect();
            known.sort_by(f64::total_cmp);
            known.get(known.len() / 2).map(|median| median.round())
        });
        Self {
            hours,
            low: (low * 100.0).round() / 100.0,
            high: (high * 100.0).round() / 100.0,
            nominal,
            why_nominal,
            temperature,
            with,
            has_negative: samples.current.iter().any(|current| *current < 0.0),
            has_discharge_state: samples.state.as_ref().is_some_and(|states| states.contains(&State::Discharge)),
            has_current: largest > 0.0,
        }
    }

    /// Cycles by the sign of the current.
    fn cycles_by_current(&self, samples: &Samples) -> usize {
        divide(samples, By::Current, self.nominal).map_or(0, |parts| parts.len())
    }

    fn range(&self, role: Role, samples: &Samples) -> String {
        let count = |numbers: &Option<Vec<u32>>| {
            numbers
                .as_ref()
                .and_then(|numbers| numbers.iter().minmax().into_option().map(|(a, b)| format!(", {a} to {b}")))
        };
        let values = |values: Option<&[f64]>| values.and_then(minmax).map(|(a, b)| format!(", {a:.4} to {b:.4}"));
        let text = match role {
            Role::Time => values(Some(&samples.time)),
            Role::Voltage => values(Some(&samples.voltage)),
            Role::Current => values(Some(&samples.current)),
            Role::ChargeCapacity => values(samples.charge.as_deref()),
            Role::DischargeCapacity => values(samples.discharge.as_deref()),
            Role::Capacity => values(samples.capacity.as_deref()),
            Role::Temperature => values(samples.temperature.as_deref()),
            Role::Cycle => count(&samples.cycle),
            Role::Step => count(&samples.step),
            Role::State => None,
        };
        text.unwrap_or_default()
    }

    /// What the voltage says of the sign of the current.
    fn sign(&self, file: &Looked) -> Sign {
        let share = (100.0 * self.with.max(1.0 - self.with)).round();
        let (word, why) = if self.with > 0.7 {
            ("positive", format!("a positive current charges: the voltage rises with it ({share} % of its changes)"))
        } else if self.with < 0.3 {
            ("negative", format!("a positive current DISCHARGES: the voltage falls with it ({share} % of its changes)"))
        } else {
            ("positive", "whether a positive current charges, the voltage does not show: confirm".to_owned())
        };
        if !self.has_current {
            let sentence = Some("no current flows here, so its sign is not seen".to_owned());
            return Sign { word, must_be_stated: None, sentence };
        }
        let by_state = !self.has_negative && self.has_discharge_state;
        if by_state {
            let sentence = Some("the current has no sign; that of the state is taken".to_owned());
            return Sign { word: "positive", must_be_stated: None, sentence };
        }
        let unsigned = !self.has_negative && ["Maccor", "Neware"].contains(&file.format());
        let must_be_stated = (unsigned || self.with < 0.3).then_some(word);
        Sign { word, must_be_stated, sentence: Some(why) }
    }
}
