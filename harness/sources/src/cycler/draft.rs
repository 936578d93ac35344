//! `data describe`: what files hold, and a draft of `cells.yaml` whose every guess says why.

mod facts;
mod sequence;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;

use itertools::Itertools as _;

use super::cell;
use super::declaration::{self, Declared};
use super::error::Error;
use super::look::{Kind, Looked, is_marked, look};
use super::role::Role;
use super::samples::Samples;
use super::text_layout::Stated;
use super::{guess, pickles};
use crate::judged::judged;
use crate::packed;
use cells::count::counted;
use cells::quote::{harmless, shown};
use facts::Facts;
use sequence::Ends;

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
    let mut names = Names::of(&looked);
    let mut ends = Vec::new();
    for file in &looked {
        match draft(file, &tables, &mut names, &mut ends) {
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
        "{text}# A draft of cells.yaml: confirm or mend what is guessed, write what is missing, and give it to\n\
         #   batlinet data import cycler FILES --cells cells.yaml --data DIR\n\
         # Where several files are of one cell, name them in order of time under one id.\n\
         {}cells:\n{drafts}",
        sequence::said(ends)
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

/// What drafts call cells and files, so that no two are called alike.
pub(super) struct Names {
    ids: BTreeSet<String>,
    /// Names that several files have.
    shared: BTreeSet<String>,
}

impl Names {
    fn of(files: &[Looked]) -> Self {
        let shared = files.iter().map(|file| file.file.name.clone()).duplicates().collect();
        Self { ids: BTreeSet::new(), shared }
    }

    /// An id made of the name of a file or of a cell, which no other draft has.
    pub(super) fn id(&mut self, name: &str) -> String {
        let stem = name.split('.').next().filter(|stem| !stem.is_empty()).unwrap_or("cell");
        let stem = stem.strip_suffix("_timeseries").unwrap_or(stem);
        let plain: String =
            stem.chars().map(|c| if c.is_ascii_alphanumeric() || "_-".contains(c) { c } else { '_' }).collect();
        let plain = if cells::catalogue::find(&plain).is_some() { format!("own_{plain}") } else { plain };
        let numbered = (2..).map(|number| format!("{plain}_{number}"));
        let free = std::iter::once(plain.clone()).chain(numbered).find(|id| !self.ids.contains(id)).unwrap_or(plain);
        self.ids.insert(free.clone());
        free
    }

    /// The name of a file, with its folder where the name alone is not enough.
    pub(super) fn file(&self, file: &Looked) -> String {
        let name = &file.file.name;
        match file.file.folders.first().filter(|_| self.shared.contains(name)) {
            Some(folder) => format!("{folder}/{name}"),
            None => name.clone(),
        }
    }
}

fn draft(file: &Looked, tables: &[Looked], names: &mut Names, ends: &mut Vec<Ends>) -> Result<(String, String), Error> {
    if file.kind == Kind::Pickle {
        let (about, draft) = pickles::draft(file, names)?;
        return Ok((about + &foreseen(&draft, file, &[]), draft));
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
                         nominal_capacity: 1  # Ah; not known\n  voltage_limits: [2.0, 4.5]  # V; not known\n  \
                         unconfirmed: {{nominal_capacity: 1, voltage_limits: [2.0, 4.5]}}  # nobody knows these: write them above\n",
                        quoted(&names.id(&file.file.name)),
                        quoted(&names.file(file)),
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
                    "its headings are of no program that is known, and none of them tells time, voltage and current: {}; write which column is what \
                     under `mapping:` in cells.yaml, as docs/own-cells.md shows",
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
    ends.extend(Ends::of(names.file(file), file.format(), &samples));
    let mut facts = Facts::of(&samples);
    facts.has_negative = has_negative;
    for role in Role::ALL {
        let Some(read) = plan.column(role) else { continue };
        let unit = match read.unit {
            Some(unit) if read.unit_is_assumed => format!(", in {} as the program means it", unit.name),
            Some(unit) => format!(", in {}", unit.name),
            None => String::new(),
        };
        let range = facts.range(role, &samples, read.unit);
        let _ = writeln!(about, "#   {}: \"{}\"{unit}{range}", role.name(), shown(&read.heading, 80));
    }
    let read: Vec<usize> = Role::ALL.into_iter().filter_map(|role| Some(plan.column(role)?.place)).collect();
    let beside: Vec<usize> = plan.beside.iter().map(|beside| beside.place).collect();
    let called = |is_so: &dyn Fn(usize) -> bool| {
        let headings = file.headings.iter().enumerate().filter(|(_, heading)| !heading.text.is_empty());
        let so = headings.filter(|(place, _)| !read.contains(place) && is_so(*place));
        shown(so.map(|(_, heading)| format!("\"{}\"", shown(&heading.text, 40))).join(", "), 1000)
    };
    for (what, columns) in [
        ("read for doubts alone", called(&|place| beside.contains(&place))),
        ("not read", called(&|place| !beside.contains(&place))),
    ] {
        if !columns.is_empty() {
            let _ = writeln!(about, "#   {what}: {columns}");
        }
    }
    if is_marked(&file.file) {
        let _ = writeln!(
            about,
            "#   VIRTUAL: the file says that its cell was simulated by the lab of this program, and never measured"
        );
    }
    let _ = writeln!(about, "#   {} over {:.4} h", counted(samples.len(), "sample"), facts.hours);
    let sign = facts.sign(file);
    if let Some(sentence) = &sign.sentence {
        let _ = writeln!(about, "#   {sentence}");
    }
    let by = match &samples.cycle {
        None if plan.column(Role::Cycle).is_none() => "current  # or: column, step, current",
        Some(numbers) if numbers.iter().all_equal() && facts.cycles_by_current > 1 => {
            "current  # the file has one number of the cycle for all; or: column, step, current"
        }
        _ => "column  # or: column, step, current",
    };
    let mut files = vec![names.file(file)];
    let stem = file.file.name.to_lowercase().replace("_timeseries.csv", "").replace(".gz", "");
    files.extend(
        tables
            .iter()
            .filter(|table| table.file.name.to_lowercase().replace("_cycle_data.csv", "").replace(".gz", "") == stem)
            .map(|table| table.file.name.clone()),
    );
    let mut draft = String::new();
    let _ = writeln!(draft, "- id: {}", quoted(&names.id(&file.file.name)));
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
        "  voltage_limits: [{}, {}]  # V; a guess, the lowest and highest voltage here, rounded outwards to 10 mV: write the cell's",
        facts.low, facts.high
    );
    if let Some(temperature) = facts.temperature {
        let _ = writeln!(draft, "  temperature: {temperature}  # °C; a guess, the median here: write the chamber's");
    }
    let of_mapping =
        if mapping.contains(guess::UNSURE) || sign.must_be_stated.is_some() { ", mapping: true" } else { "" };
    let _ = writeln!(
        draft,
        "  unconfirmed: {{nominal_capacity: {}, voltage_limits: [{}, {}]{of_mapping}}}  # GUESSES, that lives and curves rest on: write \
         above what the maker says, or take this line out if they are right; until then it is said of the cell wherever it is used",
        facts.nominal, facts.low, facts.high
    );
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
            let doubts = kept.notes.doubts.iter().flatten().map(|doubt| format!("doubtful: {doubt}"));
            doubts
                .chain(kept.notes.guessed)
                .map(|said| format!("#   as drafted, import will say: {}\n", shown(said, 400)))
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
