//! What a cycler's program calls its columns, and how its files are known from others.

use super::format;
use super::heading::Heading;
use super::role::Role;

/// How the files of one program are understood.
#[derive(Debug)]
pub(super) struct Dialect {
    /// As a person calls it.
    pub name: &'static str,
    /// Keys of columns; a table that has all of one of these lists is of this kind.
    pub known_by: &'static [&'static [&'static str]],
    /// Words of the lines above the table that no other program writes.
    pub preamble: &'static [&'static str],
    /// Its columns; of one role, the first that is there counts.
    pub columns: &'static [Column],
}

/// A column of a dialect.
#[derive(Debug)]
pub(super) struct Column {
    /// What it is.
    pub role: Role,
    /// Its key, see [`Heading::key`].
    pub key: &'static str,
    /// Its unit where the heading states none; `` for those without a unit, `?` where it must be stated.
    pub unit: &'static str,
}

/// A column, shortly.
pub(super) const fn column(role: Role, key: &'static str, unit: &'static str) -> Column {
    Column { role, key, unit }
}

/// All of them, those with the most distinct marks first.
pub(super) static DIALECTS: &[&Dialect] = &[
    &format::bdf::DIALECT,
    &format::basytec::DIALECT,
    &format::biologic::DIALECT,
    &format::maccor::DIALECT,
    &format::neware::DIALECT,
    &format::pec::DIALECT,
    &format::battery_archive::DIALECT,
    &format::arbin::DIALECT,
];

impl Dialect {
    /// The one of this name, however it is spelt.
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        let plain = |name: &str| -> String { name.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect() };
        let wanted = plain(name);
        let abbreviations = [("bdf", "Battery Data Format"), ("batterydataformat", "Battery Data Format")];
        let full =
            abbreviations.iter().find(|(short, _)| *short == wanted).map_or(wanted.clone(), |(_, full)| plain(full));
        DIALECTS.iter().copied().find(|dialect| plain(dialect.name) == full)
    }

    /// The one that a table is written in.
    pub(super) fn recognised(headings: &[Heading], preamble: &[String]) -> Option<&'static Self> {
        let has = |key: &&str| headings.iter().any(|heading| heading.key == **key);
        let is_known = |dialect: &&&Dialect| {
            let said = preamble.iter().any(|line| dialect.preamble.iter().any(|word| line.contains(word)));
            let shown = dialect.known_by.iter().any(|keys| keys.iter().all(&has));
            let readable = [Role::Voltage, Role::Current]
                .iter()
                .all(|role| dialect.columns.iter().any(|column| column.role == *role && has(&column.key)));
            (said || shown) && readable
        };
        DIALECTS.iter().find(is_known).copied()
    }
}
