//! Why a table cannot be read, in words that say what to do: the dialects of spreadsheets and cyclers.

use cells::quote::shown;

/// What is said of bytes of zero in a text.
pub(crate) const ZEROS: &str = "it has bytes of zero, which no text has: the program or the disk was stopped while it was written; \
                                cut the file before this line, or get it anew";

/// What is wrong with a field that should be a number.
pub(crate) fn not_a_number(text: &str) -> String {
    let why = if text.matches(',').count() == 1 && text.replace(',', ".").trim().parse::<f64>().is_ok() {
        ": it has a decimal comma; export the file with decimal points"
    } else if is_clock(text) {
        ": it is a time in hours, minutes and seconds; export it as a number of seconds"
    } else {
        ""
    };
    format!("\"{}\" is not a number{why}", shown(text, 24))
}

/// Whether a text is like `0:10:00`, `10:00.5` or `2010-08-17 10:00:00`.
fn is_clock(text: &str) -> bool {
    let clock = text.trim().rsplit(' ').next().unwrap_or_default();
    let parts: Vec<&str> = clock.split(':').collect();
    (2..=3).contains(&parts.len()) && parts.iter().all(|part| part.parse::<f64>().is_ok_and(|part| part >= 0.0))
}

/// Whether a line of so many fields, of a table of so many columns, is no line of the table but a remark.
pub(super) fn is_prose(line: &[u8], width: usize, columns: usize) -> bool {
    let letters = line.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    let digits = line.iter().filter(|byte| byte.is_ascii_digit()).count();
    width < columns && columns > 2 && letters > 3 && (width == 1 || letters > digits)
}

/// Why a line may have another number of fields than the header.
pub(super) fn of_width(width: usize, columns: usize, is_prose: bool, is_last: bool) -> &'static str {
    if is_prose {
        "it seems to be a remark and no line of the table: take it out of the file"
    } else if width < columns && is_last {
        "it is the last line, and cut short or damaged, as where an export was stopped: delete this line, or get the file anew"
    } else if width < columns {
        "the line is cut short or damaged: get the file anew"
    } else {
        "if its numbers have decimal commas or commas between thousands, export it with decimal points alone"
    }
}

/// Why these columns may be missing from a header: the end of a sentence, or nothing where nobody can tell.
pub(crate) fn of_missing_columns(missing: &[&str], header: &[String], delimiter: u8) -> String {
    if let [only] = header {
        let separators = [(b',', "commas"), (b';', "semicolons"), (b'\t', "tabs")];
        let named = |wanted: u8| separators.iter().find(|(separator, _)| *separator == wanted).map(|(_, name)| *name);
        let other =
            separators.iter().find(|(separator, _)| *separator != delimiter && only.as_bytes().contains(separator));
        if let (Some((_, theirs)), Some(ours)) = (other, named(delimiter)) {
            return format!(
                "; its fields are separated by {theirs}: export it with {ours} between them and decimal points within"
            );
        }
    }
    let like = |name| Some((name, header.iter().find(|found| plain(found) == plain(name))?));
    match missing.iter().copied().find_map(like) {
        Some((name, found)) => format!(
            "; it has \"{}\" where \"{name}\" is read: export it in that unit, and name it so",
            shown(found, 40)
        ),
        None => String::new(),
    }
}

/// Whether two headings are one: blanks, underscores and, before the unit, the case of letters apart. Versions of one cycler's
/// program write `Test_Time(s)`, `Test_Time (s)` and `Test Time (s)`.
pub(crate) fn is_same_heading(one: &str, other: &str) -> bool {
    let parts = |text: &str| {
        let text: String = text.chars().filter(|letter| !matches!(letter, ' ' | '_' | '\u{a0}')).collect();
        let unit = text.find(['(', '[', '/']).unwrap_or(text.len());
        (text[..unit].to_ascii_lowercase(), text[unit..].replace('[', "(").replace(']', ")"))
    };
    parts(one) == parts(other)
}

/// The place of a column in a header, by its own name or else by that of another version of the program.
///
/// Fails with a fragment if it is there twice.
pub(crate) fn place_of(name: &str, header: &[String]) -> Result<Option<usize>, String> {
    let exact = || header.iter().enumerate().filter(|(_, found)| *found == name);
    let alike = || header.iter().enumerate().filter(|(_, found)| is_same_heading(found, name));
    let places: Vec<usize> = match exact().count() {
        0 => alike().map(|(place, _)| place).collect(),
        _ => exact().map(|(place, _)| place).collect(),
    };
    match places[..] {
        [] => Ok(None),
        [place] => Ok(Some(place)),
        [first, second, ..] => Err(format!(
            "the column \"{name}\" is there twice ({} and {}), and it is not known which counts: take one out",
            first + 1,
            second + 1
        )),
    }
}

/// The letters of a name before its unit.
fn plain(name: &str) -> String {
    let name = name.split(['(', '[', '/']).next().unwrap_or_default();
    name.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dialects_of_numbers_are_called_by_name() {
        for (text, why) in [
            ("0,5500", "decimal comma"),
            ("-1,5e-3", "decimal comma"),
            ("0:10:00", "hours, minutes and seconds"),
            ("10:00.5", "hours, minutes and seconds"),
            ("2010-08-17 10:00:00", "hours, minutes and seconds"),
        ] {
            let said = not_a_number(text);
            assert!(said.starts_with(&format!("\"{text}\" is not a number: ")) && said.contains(why), "{said}");
        }
        for text in ["one", "1,2,3", "a:b", ",", ":", "1 000", ""] {
            assert_eq!(not_a_number(text), format!("\"{text}\" is not a number"));
        }
        assert_eq!(not_a_number("\u{1b}[31m"), "\"\\u{1b}[31m\" is not a number");
    }

    #[test]
    fn headings_of_other_versions_are_known_and_those_that_are_there_twice_refused() {
        for other in ["Test_Time(s)", "Test_Time (s)", "Test Time (s)", "test_time(s)", "Test Time [s]"] {
            assert!(is_same_heading("Test_Time (s)", other), "{other}");
        }
        for other in ["Test_Time(ms)", "Test_Time", "Step_Time (s)", "Current (MA)"] {
            assert!(!is_same_heading("Test_Time (s)", other) && !is_same_heading("Current (mA)", other), "{other}");
        }
        let header: Vec<String> = ["a", "Cycle Index", "b", "Cycle_Index", "cycle index"].map(str::to_owned).into();
        assert_eq!(place_of("Cycle_Index", &header), Ok(Some(3)), "its own name first");
        assert!(place_of("CycleIndex", &header).unwrap_err().contains("twice (2 and 4)"));
        assert_eq!(place_of("c", &header), Ok(None));
    }

    #[test]
    fn dialects_of_headers_are_called_by_name() {
        let of = |missing: &[&str], header: &[&str], delimiter| {
            let header: Vec<String> = header.iter().map(|name| (*name).to_owned()).collect();
            of_missing_columns(missing, &header, delimiter)
        };
        assert!(of(&["a", "b"], &["a;b"], b',').contains("separated by semicolons: export it with commas"));
        assert!(of(&["a", "b"], &["a\tb"], b',').contains("separated by tabs"));
        assert!(of(&["a", "b"], &["a,b"], b'\t').contains("separated by commas: export it with tabs"));
        let said = of(&["Current (A)"], &["t", "Current (mA)"], b',');
        assert!(said.contains("it has \"Current (mA)\" where \"Current (A)\" is read"), "{said}");
        assert!(of(&["Test_Time(s)"], &["Test Time (s)"], b',').contains("it has \"Test Time (s)\""));
        assert_eq!(of(&["Voltage (V)"], &["t", "mV"], b','), "");
    }
}
