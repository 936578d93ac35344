//! A cell, from what is declared of it and the samples of its files.

use itertools::Itertools as _;

use super::beside;
use super::counter::{self, Ways};
use super::declaration::{By, Declared};
use super::divide::{Part, divide};
use super::error::Error;
use super::halves::{is_charge_alone, is_idle, numbered_before_discharge};
use super::join::join;
use super::look::{Kind, Looked, is_marked, look};
use super::odd;
use super::plan::{Plan, Read};
use super::role::Role;
use super::samples::{Samples, State};
use super::{parquet, pickles, text, workbook};
use crate::assembly::Assembly;
use crate::coulomb::{self, Half};
use crate::format::origin_of;
use crate::imported::Imported;
use crate::packed::PublishedFile;
use cells::cell::{Cycle, Origin};
use cells::count::{counted, times};
use cells::physics;
use cells::portrait::{self, Features, Portrait};
use cells::quote::shown;
use cells::suggest::did_you_mean;

/// Reads the files of a cell.
///
/// # Errors
/// [`Error`]: what of the files cannot be read or is not known, and what to write.
pub(super) fn read(declared: &Declared, files: &[PublishedFile]) -> Result<Imported, Error> {
    let mut looked = Vec::new();
    for file in files {
        looked.push(look(file, &declared.mapping.stated())?);
    }
    ignored(declared, &looked)?;
    if looked.iter().any(|file| file.kind == Kind::Pickle) {
        let mut imported = pickles::read(declared, &looked)?;
        imported.notes.guessed = declared.unconfirmed();
        let numbers: Vec<u32> = imported.cell.cycles().iter().map(|cycle| cycle.number).collect();
        count_up(&mut imported, numbers);
        return Ok(living(declared, imported));
    }
    let mut notes = Vec::new();
    let mut parts = Vec::new();
    let mut tables = Vec::new();
    for file in &looked {
        if file.kind == Kind::CycleTable {
            tables.push(file);
            continue;
        }
        let plan = plan(file, declared)?;
        note(file, &plan, &mut notes);
        let mut samples = samples(file, &plan)?;
        sign(&mut samples, file, declared, &mut notes)?;
        parts.push((file.file.place(), samples));
    }
    if parts.is_empty() {
        let what = "only a table of cycles was given: give the file with the samples beside it".to_owned();
        return Err(Error::Cell { cell: declared.id.clone(), what });
    }
    let is_virtual = files.iter().any(is_marked);
    let names: Vec<String> = parts.iter().map(|(name, _)| name.clone()).collect();
    let starts: Vec<usize> =
        parts.iter().scan(0, |sum, (_, samples)| Some(std::mem::replace(sum, *sum + samples.len()))).collect();
    let of_others = beside::of_one_cell(&parts)?;
    let rows = beside::Rows::of(&parts);
    let (samples, joined) = join(parts)?;
    notes.extend(joined);
    let (samples, uncounted) = counter::without_still(samples, declared.nominal_capacity);
    notes.extend(uncounted);
    let (numbers, doubts) = (samples.cycle.clone(), odd::odd(&samples));
    let last = numbers.as_ref().and_then(|numbers| numbers.last().copied());
    let mut imported = assemble(
        declared,
        samples,
        &Files { names: &names, starts: &starts },
        origin_of(is_virtual.then_some(crate::format::VIRTUAL_MARK)),
    )?;
    imported.doubt(doubts);
    imported.doubt(of_others);
    let missing = rows.missing(imported.cell.cycles().len());
    imported.doubt(missing);
    imported.notes.guessed = declared.unconfirmed();
    count_up(&mut imported, numbers.unwrap_or_default());
    for table in tables {
        let differs = super::cell_table::compare(&table.file, &imported.cell, last)?;
        imported.doubt(differs);
    }
    notes.append(&mut imported.remarks);
    imported.remarks = notes.into_iter().unique().collect();
    Ok(living(declared, imported))
}

/// That the columns that are to be ignored are there.
fn ignored(declared: &Declared, looked: &[Looked]) -> Result<(), Error> {
    let headings = || looked.iter().flat_map(|file| &file.headings);
    let unknown = declared.mapping.ignore.iter().find(|name| !headings().any(|heading| heading.is_called(name)));
    let Some(name) = unknown else { return Ok(()) };
    let what = format!(
        "mapping: ignore: no column \"{}\" is there{}",
        shown(name, 80),
        did_you_mean(name, headings().map(|heading| heading.text.as_str()))
    );
    Err(Error::Cell { cell: declared.id.clone(), what })
}

/// Says which numbers of cycles are skipped. The lab leaves cycles out on purpose.
fn count_up(imported: &mut Imported, numbers: Vec<u32>) {
    match odd::skipped(numbers) {
        Some((said, true)) if imported.cell.info().origin == Origin::Real => imported.doubt([said]),
        Some((said, _)) => imported.remarks.push(said),
        None => {}
    }
}

/// The cell with the word that its test goes on, if it does: it has no life yet, whatever its record shows.
fn living(declared: &Declared, mut imported: Imported) -> Imported {
    imported.notes.alive = declared.alive == Some(true);
    if imported.notes.alive {
        imported.remarks.push("its test goes on, as declared: it has no life to train or test on yet".to_owned());
    }
    if let Some(life) = declared.life {
        imported.remarks.push(format!(
            "its declared life of {life} cycles is no label: lives are counted from the record, which is held against it"
        ));
    }
    imported
}

/// The plan of a file: of the format that is declared, or of the one that its headings show.
///
/// # Errors
/// [`Error::File`] with what to write.
pub(super) fn plan(file: &Looked, declared: &Declared) -> Result<Plan, Error> {
    let is_table = declared.format.as_deref().is_some_and(|format| format.eq_ignore_ascii_case("table"));
    let dialect = declared.dialect().or(if is_table { None } else { file.dialect });
    if dialect.is_none() && !is_table && declared.mapping == Default::default() {
        let headings = file.headings.iter().map(|heading| &heading.text).filter(|text| !text.is_empty()).join(", ");
        return Err(Error::File {
            file: file.file.place(),
            what: format!(
                "its headings are of no program that is known; `batlinet data describe` drafts a mapping for it; there are: {}",
                shown(headings, 300)
            ),
        });
    }
    Plan::new(&file.headings, dialect, &declared.mapping).map_err(|what| Error::File { file: file.file.place(), what })
}

fn note(file: &Looked, plan: &Plan, notes: &mut Vec<String>) {
    notes.push(format!("read as {}", file.format()));
    let assumed = Role::ALL.into_iter().filter_map(|role| plan.column(role)).filter(|read| read.unit_is_assumed);
    let assumed = assumed.filter_map(|read| Some(format!("{} in {}", read.heading, read.unit?.name))).join(", ");
    if let Some(read) = plan.column(Role::Time).filter(|read| read.is_date()) {
        notes.push(format!("the time is that of the dates in \"{}\"", shown(&read.heading, 80)));
    }
    if !assumed.is_empty() {
        notes.push(format!("units that {} means and does not write: {assumed}", file.format()));
    }
}

/// The samples of one file.
///
/// # Errors
/// [`Error`] with file, line and column.
pub(super) fn samples(file: &Looked, plan: &Plan) -> Result<Samples, Error> {
    let samples = match &file.kind {
        Kind::Text(layout) => text::read(&file.file, layout, plan)?,
        Kind::Workbook(sheet) => workbook::read(&file.file, sheet, plan)?,
        Kind::Parquet => parquet::read(&file.file, plan)?,
        Kind::Pickle | Kind::CycleTable => Samples::default(),
    };
    let time = plan.column(Role::Time);
    let time_is_named = time.is_some_and(|read| read.is_named);
    Ok(Samples { time_is_named, time_is_of_dates: time.is_some_and(Read::is_date), ..samples })
}

/// Gives the current its sign where the program writes none: by what the cycler does.
pub(super) fn sign(
    samples: &mut Samples,
    file: &Looked,
    declared: &Declared,
    notes: &mut Vec<String>,
) -> Result<(), Error> {
    let is_signed = samples.current.iter().any(|current| *current < 0.0);
    let unsigned_by_habit = file.dialect.is_some_and(|dialect| ["Maccor", "Neware"].contains(&dialect.name));
    if is_signed || declared.mapping.charge_is_positive.is_some() {
        return contradicted(samples, file);
    }
    match &samples.state {
        Some(states) => {
            let is_told = states.iter().any(|state| matches!(state, State::Charge | State::Discharge));
            if let (false, true, [_, ..]) =
                (is_told, samples.current.iter().any(|current| *current > 0.0), &samples.strange[..])
            {
                return Err(Error::File {
                    file: file.file.place(),
                    what: format!(
                        "no current is negative, and the words for what the cycler does are not known ({}): whether the cell was charged \
                         is not known; write `charge: positive` or `charge: negative` under mapping: current where the current has a sign, \
                         or export the file in English",
                        samples.strange.iter().map(|word| shown(word, 30)).join(", ")
                    ),
                });
            }
            strange_flow(samples, states, file)?;
            let mut last = State::Rest;
            for (current, state) in samples.current.iter_mut().zip(states) {
                let here = if *state == State::Other { last } else { *state };
                last = here;
                if here == State::Discharge {
                    *current = -*current;
                }
            }
            if states.contains(&State::Discharge) {
                notes.push("the current has no sign in the file: it is that of the state".to_owned());
            }
            Ok(())
        }
        None if unsigned_by_habit && samples.current.iter().any(|current| *current > 0.0) => Err(Error::File {
            file: file.file.place(),
            what: format!(
                "no current is negative and no column says what the cycler does, as {} writes it: whether the cell was charged \
                 is not known; export the state too, or write `charge: positive` or `charge: negative` under mapping: current",
                file.format()
            ),
        }),
        None => Ok(()),
    }
}

/// Samples in a row with a current whose state nobody knows, at most.
const MOST_STRANGE: usize = 3;

/// A current without a sign that flows where the word for what the cycler does is not known: it may flow either way.
fn strange_flow(samples: &Samples, states: &[State], file: &Looked) -> Result<(), Error> {
    let largest = samples.current.iter().fold(0.0, |largest: f64, current| largest.max(current.abs()));
    let is_strange = |(current, state): (&f64, &State)| *current > 0.01 * largest && *state == State::Other;
    let strange: Vec<bool> = samples.current.iter().zip(states).map(is_strange).collect();
    // cyclers have words of their own for the sample at which a step changes
    let Some(first) = strange.windows(MOST_STRANGE + 1).position(|some| some.iter().all(|is_strange| *is_strange))
    else {
        return Ok(());
    };
    let count = strange.iter().filter(|is_strange| **is_strange).count();
    // some write a word where it changes alone
    let words = samples
        .strange
        .iter()
        .filter(|word| !word.trim().is_empty())
        .map(|word| format!("\"{}\"", shown(word, 30)))
        .join(", ");
    if words.is_empty() {
        return Ok(());
    }
    Err(Error::Line {
        file: file.file.place(),
        line: samples.first_line + first as u64,
        column: String::new(),
        what: format!(
            "current flows, and the word for what the cycler does is not known ({words}), and so in {count} samples: \
             whether the cell was charged is not known, since the current has no sign; export the states as C, D and R or in English, or \
             write `charge: positive` or `charge: negative` under mapping: current where the current has a sign"
        ),
    })
}

/// A current whose sign is against what the cycler says that it does.
fn contradicted(samples: &Samples, file: &Looked) -> Result<(), Error> {
    let Some(states) = &samples.state else { return Ok(()) };
    let largest = samples.current.iter().fold(0.0, |largest: f64, current| largest.max(current.abs()));
    let against = |(current, state): &(&f64, &State)| match state {
        State::Charge => **current < -0.01 * largest,
        State::Discharge => **current > 0.01 * largest,
        State::Rest | State::Other => false,
    };
    let flowing = samples.current.iter().filter(|current| current.abs() > 0.01 * largest).count();
    let wrong = samples.current.iter().zip(states).filter(against).count();
    if 10 * wrong > flowing {
        return Err(Error::File {
            file: file.file.place(),
            what: format!(
                "the current charges where the state says discharge, or the other way round, in {wrong} of {flowing} samples: its \
                 sign seems to be turned; write `charge: negative` under mapping: current if so"
            ),
        });
    }
    Ok(())
}

/// The files of a cell: the first sample of each among all.
struct Files<'a> {
    names: &'a [String],
    starts: &'a [usize],
}

impl Files<'_> {
    /// That the files go on from one another in another order, by the cycles that are made of them.
    fn in_another_order(&self, cycles: &[Cycle], parts: &[Part]) -> Option<String> {
        // the first number of a cycle that is of a file alone, or most of it
        let number = |start: &usize| {
            parts.get(parts.partition_point(|(_, range)| range.start < *start)).map(|(number, _)| *number)
        };
        let positions = self.starts.iter().map(|start| {
            number(start).map_or(cycles.len(), |number| cycles.partition_point(|cycle| cycle.number < number))
        });
        let portrait = Portrait::of(if self.starts.len() > 1 { cycles } else { &[] });
        let features: Vec<&[Features]> = positions
            .chain([cycles.len()])
            .tuple_windows()
            .filter_map(|(from, to)| portrait.features().get(from..to))
            .collect();
        let order = (features.len() == self.names.len()).then(|| portrait::better(&features)).flatten()?;
        let names = order.iter().filter_map(|part| self.names.get(*part)).join(", ");
        Some(format!(
            "its files do not go on from one another as they are given, by capacity and voltage, and in another order they do: {names}; \
             write them so under files if that is their order in time"
        ))
    }
}

fn assemble(declared: &Declared, samples: Samples, files: &Files<'_>, origin: Origin) -> Result<Imported, Error> {
    let refuse = |what: String| Error::Cell { cell: declared.id.clone(), what };
    let mut notes = Vec::new();
    let by = declared.cycles.unwrap_or(if samples.cycle.is_some() { By::Column } else { By::Current });
    if declared.cycles.is_none() && by == By::Current {
        notes.push("the files number no cycles: they are divided by the sign of the current".to_owned());
    }
    if samples.capacity.is_none() && (samples.charge.is_none() || samples.discharge.is_none()) {
        notes.push(
            "capacities are the current over time, since the files have no counters of charge and discharge".to_owned(),
        );
    }
    let nominal = declared.nominal_capacity;
    let parts = divide(&samples, by, nominal).map_err(refuse)?;
    let mut ways = Ways::default();
    let mut assembly = Assembly::new(declared.info(origin));
    let (mut left_out, mut idle, mut kept) = (Vec::new(), 0, 0);
    // the number of a cycle may go up before its charge or before its discharge
    let mut undischarged = None;
    for (place, part) in parts.iter().enumerate() {
        let cycle =
            cycle(&samples, part, nominal, &mut ways).map_err(|what| refuse(format!("cycle {}: {what}", part.0)))?;
        if is_idle(&cycle, nominal) {
            idle += 1;
            // where the cycler counts it, it is a place in the count
            if by == By::Column {
                assembly.push(cycle).map_err(|what| refuse(format!("cycle {}: {what}", part.0)))?;
            }
            continue;
        }
        if is_left_out(declared, &cycle, place) {
            left_out.push(part.0);
            continue;
        }
        if kept == 0 && undischarged.is_none() && is_charge_alone(&cycle, nominal) && place + 1 < parts.len() {
            undischarged = Some(part.0);
            continue;
        }
        // in longer records, the cycles before tell what is not finished
        if (1..3).contains(&kept) && is_charge_alone(&cycle, nominal) && place + 1 == parts.len() {
            notes.push(format!(
                "cycle {}: the record ends before its discharge begins: it is not finished and not counted",
                part.0
            ));
            continue;
        }
        kept += 1;
        assembly.push(cycle).map_err(|what| refuse(format!("cycle {}: {what}", part.0)))?;
    }
    for number in &declared.leave_out.numbers {
        if !parts.iter().any(|(known, _)| known == number) {
            return Err(refuse(format!("leave_out: there is no cycle {number}")));
        }
    }
    if kept == 0 && !left_out.is_empty() {
        return Err(refuse(format!(
            "leave_out: it leaves out {} of {} cycles, and none is left",
            left_out.len(),
            parts.len()
        )));
    }
    if kept == 0 {
        return Err(refuse(format!(
            "no cycle is left of {}: {idle} of them hardly pass any charge (1 % of the nominal capacity of {nominal} Ah); see that \
             the nominal capacity is in Ah, and that the files are of a cycling test",
            parts.len()
        )));
    }
    if let Some(number) = undischarged {
        notes.push(format!("cycle {number} is a charge alone, before the first discharge, and not counted; where the number of the cycle goes up \
             before a discharge, `cycles: current` puts each charge before its discharge"));
    }
    if ways.went_on > 0 {
        notes.push(format!(
            "a counter of capacity goes on from cycle to cycle ({}): what each cycle adds is taken",
            times(ways.went_on)
        ));
    }
    if ways.began_anew > 0 {
        notes.push(format!(
            "a counter of capacity begins anew within a cycle ({}): what it had counted before is added",
            times(ways.began_anew)
        ));
    }
    if ways.below_zero {
        notes.push("a counter of capacity counts below zero: it is taken without its sign".to_owned());
    }
    if samples.capacity.is_some() && (samples.charge.is_none() || samples.discharge.is_none()) {
        notes.push(
            "one counter of capacity counts both directions: the sign of the current tells them apart".to_owned(),
        );
    }
    if idle > 0 && by != By::Column {
        notes.push(format!("hardly any charge passes in {}: not counted", counted(idle, "cycle")));
    }
    if !left_out.is_empty() {
        let numbers = left_out.iter().take(10).join(", ");
        notes.push(format!(
            "{} left out, as declared: {numbers}{}",
            counted(left_out.len(), "cycle"),
            if left_out.len() > 10 { ", …" } else { "" }
        ));
    }
    let mut imported = assembly.finish().map_err(refuse)?;
    imported.doubt(undischarged.and_then(|_| numbered_before_discharge(imported.cell.cycles())));
    imported.doubt(odd::lost_time(&samples, &parts));
    imported.doubt(files.in_another_order(imported.cell.cycles(), &parts));
    let (cell, rests) = physics::without_rests(imported.cell, true);
    imported.cell = cell;
    notes.extend(rests);
    notes.append(&mut imported.remarks);
    imported.remarks = notes;
    Ok(imported)
}

fn cycle(samples: &Samples, (number, range): &Part, nominal: f64, ways: &mut Ways) -> Result<Cycle, String> {
    let time: Vec<f64> = samples.time[range.clone()].iter().map(|time| time - samples.time[range.start]).collect();
    let current = samples.current[range.clone()].to_vec();
    let counted = |raw: &Vec<f64>, ways: &mut Ways| -> Result<Vec<f64>, String> {
        let magnitude: Vec<f64> = raw[range.clone()].iter().map(|value| value.abs()).collect();
        ways.below_zero |= raw[range.clone()].iter().any(|value| *value < -1e-3 * nominal);
        let before = counter::before(raw, range).map(f64::abs);
        counter::within(&magnitude, before, nominal, ways)
    };
    let (charge, discharge) = match (&samples.charge, &samples.discharge, &samples.capacity) {
        (Some(charge), Some(discharge), _) => (
            counted(charge, ways).map_err(|what| format!("the counter of charge: {what}"))?,
            counted(discharge, ways).map_err(|what| format!("the counter of discharge: {what}"))?,
        ),
        (_, _, Some(capacity)) => {
            let before = counter::before(capacity, range).map(f64::abs);
            let [charge, discharge] = counter::by_direction(&capacity[range.clone()], &current, before);
            (charge, discharge)
        }
        _ => [Half::Charge, Half::Discharge].map(|half| coulomb::count(&current, &time, half, coulomb::SECONDS)).into(),
    };
    let temperature = samples.temperature.as_ref().map(|values| values[range.clone()].to_vec());
    Ok(Cycle {
        number: *number,
        voltage: samples.voltage[range.clone()].to_vec(),
        current,
        charge_capacity: Some(charge),
        discharge_capacity: discharge,
        time: Some(time),
        // one value that was not logged costs no sample
        temperature: temperature.filter(|values| values.iter().all(|value| value.is_finite())),
        ..Cycle::default()
    })
}

fn is_left_out(declared: &Declared, cycle: &Cycle, place: usize) -> bool {
    let rule = &declared.leave_out;
    let is_slow = rule.slower_than.is_some_and(|rate| {
        let largest = cycle.current.iter().fold(0.0, |largest: f64, current| largest.max(-current));
        largest < rate * declared.nominal_capacity
    });
    rule.numbers.contains(&cycle.number) || place < rule.first || is_slow
}
