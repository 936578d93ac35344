//! Which column of a table is read as what, in which unit, and how the sign of the current is known.

use itertools::Itertools as _;

use cells::suggest::did_you_mean;

use super::beside::{self, Beside};
use super::declaration::Mapping;
use super::dialect::Dialect;
use super::heading::Heading;
use super::role::Role;
use super::unit::{Form, Quantity, Unit};

/// A column that is read.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Read {
    /// From 0.
    pub place: usize,
    /// Its heading.
    pub heading: String,
    /// Of its values; none of numbers of cycles and of words.
    pub unit: Option<Unit>,
    /// Whether the unit is the program's habit, and not written in the file.
    pub unit_is_assumed: bool,
    /// Whether the user has named it.
    pub is_named: bool,
}

impl Read {
    /// Whether its values are dates.
    pub(super) fn is_date(&self) -> bool {
        self.unit.is_some_and(|unit| matches!(unit.form, Form::Date(_)))
    }
}

/// The plan of a table.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Plan {
    /// By [`Role`].
    pub columns: [Option<Read>; Role::ALL.len()],
    /// Whether a positive current charges.
    pub charge_is_positive: bool,
    /// Columns that say which cell a row is of, and where it stands.
    pub beside: Vec<Beside>,
}

impl Plan {
    /// The column of a role.
    pub(super) fn column(&self, role: Role) -> Option<&Read> {
        self.columns[role as usize].as_ref()
    }

    /// That of a table with these headings.
    ///
    /// # Errors
    /// A fragment: a column that is missing, there twice or without a unit, and what to write.
    pub(super) fn new(headings: &[Heading], dialect: Option<&Dialect>, mapping: &Mapping) -> Result<Self, String> {
        let mut columns: [Option<Read>; Role::ALL.len()] = Default::default();
        for role in Role::ALL {
            let mapped = mapping.column(role);
            if let Some(mapped) = mapped {
                let place = find(headings, &mapped.column, role)?;
                let habit = dialect.into_iter().flat_map(|dialect| dialect.columns);
                let habit = habit.filter(|column| column.role == role).find(|column| column.key == headings[place].key);
                let habit = habit.map_or("?", |column| column.unit);
                let read = read(&headings[place], place, role, mapped.unit.as_deref(), habit)?;
                columns[role as usize] = Some(Read { is_named: true, ..read });
                continue;
            }
            let Some(dialect) = dialect else { continue };
            for column in dialect.columns.iter().filter(|column| column.role == role) {
                // `Step (Min)` is a time, and no number of a step
                let is_time = |heading: &Heading| {
                    role.quantity().is_none()
                        && heading.unit.as_deref().is_some_and(|unit| Quantity::Time.unit(unit).is_some())
                };
                let mut found = headings.iter().positions(|heading| heading.key == column.key && !is_time(heading));
                let Some(place) = found.next() else { continue };
                if let Some(again) = found.next() {
                    return Err(format!(
                        "the columns \"{}\" ({}) and \"{}\" ({}) are both the {}: take one out, or say under mapping which \
                         counts",
                        headings[place].text,
                        place + 1,
                        headings[again].text,
                        again + 1,
                        role.name()
                    ));
                }
                columns[role as usize] = Some(read(&headings[place], place, role, None, column.unit)?);
                break;
            }
        }
        for role in [Role::Time, Role::Voltage, Role::Current] {
            if columns[role as usize].is_none() {
                let found = headings.iter().map(|heading| &heading.text).filter(|text| !text.is_empty()).join(", ");
                return Err(format!(
                    "no column is known to be the {0}; write `mapping: {{{0}: {{column: …, unit: …}}}}`; there are: {1}",
                    role.name(),
                    cells::quote::shown(found, 300)
                ));
            }
        }
        let charge_is_positive = match (mapping.charge_is_positive, dialect) {
            (Some(stated), _) => stated,
            (None, Some(_)) => true,
            (None, None) => {
                return Err("whether a positive current charges is not known; write `charge: positive` or `charge: \
                            negative` under mapping: current"
                    .to_owned());
            }
        };
        let read: Vec<usize> = columns.iter().flatten().map(|read| read.place).collect();
        Ok(Self { columns, charge_is_positive, beside: beside::columns(headings, &read, &mapping.ignore) })
    }
}

/// The place of a column that the user names.
fn find(headings: &[Heading], wanted: &str, role: Role) -> Result<usize, String> {
    let places: Vec<usize> = headings.iter().positions(|heading| heading.is_called(wanted)).collect();
    match places[..] {
        [place] => Ok(place),
        [] => {
            let known = headings.iter().map(|heading| heading.text.as_str());
            Err(format!(
                "no column \"{}\" is there for the {}{}",
                cells::quote::shown(wanted, 80),
                role.name(),
                did_you_mean(wanted, known)
            ))
        }
        _ => Err(format!(
            "{} columns are called \"{wanted}\": it is not known which is the {}",
            places.len(),
            role.name()
        )),
    }
}

fn read(heading: &Heading, place: usize, role: Role, stated: Option<&str>, habit: &str) -> Result<Read, String> {
    let at = |unit, unit_is_assumed| {
        Ok(Read { place, heading: heading.text.clone(), unit, unit_is_assumed, is_named: false })
    };
    let Some(quantity) = role.quantity() else { return at(None, false) };
    let name = role.name();
    // programs write `Date(h:min:s.ms)` of what is a date
    if let (None, Some(unit)) = (stated, quantity.unit(habit).filter(|unit| matches!(unit.form, Form::Date(_)))) {
        return at(Some(unit), false);
    }
    if let Some(stated) = stated {
        let unit = quantity.unit(stated).ok_or_else(|| {
            format!("\"{}\" is no unit of the {name}; known are {}", cells::quote::shown(stated, 40), quantity.units())
        })?;
        return at(Some(unit), false);
    }
    match heading.unit_of(quantity) {
        Ok(Some(unit)) => at(Some(unit), false),
        Ok(None) => match quantity.unit(habit) {
            Some(unit) => at(Some(unit), true),
            None => Err(format!(
                "the unit of \"{}\", the {name}, is not known; write `mapping: {{{name}: {{column: \"{}\", unit: …}}}}` with one \
                 of {}",
                heading.text,
                heading.text,
                quantity.units()
            )),
        },
        Err(what) => Err(format!("{what}; write the unit under mapping: {name}")),
    }
}
