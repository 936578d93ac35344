//! Files in the dress of vendors, systems and countries, made of one cell of the lab: each gives the same cycles, or asks for what it
//! does not say.

mod beside;

use std::fmt::Write as _;
use std::fs;

use cells::cell::{Cell, Cycle};
use encoding_rs::{GB18030, SHIFT_JIS, UTF_8, WINDOWS_1252};
use rust_xlsxwriter::{Format, Workbook};
use sources::cycler;

use super::cycler_files::{Row, STYLES, cell, declaration, outcome, outcome_of, rows};

const OF: &str = "MATR_b1c0";
const CYCLES: usize = 5;
/// 2023-01-25 13:05:07 in days since the last of 1899.
const BEGAN: f64 = 44_951.545_219_907_41;

fn plain() -> (Cell, Vec<Row>) {
    let cell = cell(OF, CYCLES);
    let rows = rows(&cell);
    (cell, rows)
}

/// Whether the cycles are those of the lab, to what a file of dates and few digits keeps.
fn assert_alike(found: &Cell, cell: &Cell, what: &str) {
    assert_eq!(found.cycles().len(), cell.cycles().len(), "{what}");
    for (one, other) in found.cycles().iter().zip(cell.cycles()) {
        let (given, wanted) = (Cycle::discharged(one), Cycle::discharged(other));
        assert!((given - wanted).abs() < 0.02 * wanted, "{what}: cycle {}: {given} for {wanted} Ah", one.number);
    }
}

fn hours(seconds: f64) -> String {
    format!("{:.0}:{:02.0}:{:06.3}", (seconds / 3600.0).floor(), (seconds % 3600.0 / 60.0).floor(), seconds % 60.0)
}

fn days(seconds: f64, mark: &str) -> String {
    let days = (seconds / 86_400.0).floor();
    format!("{days}{mark}{}", hours(seconds - 86_400.0 * days))
}

/// The date of so many seconds after the test began; no test here takes more than six days.
fn date(seconds: f64, style: &str) -> String {
    let of_day = 47_107.0 + seconds;
    let (day, rest) = (25 + (of_day / 86_400.0).floor() as u32, of_day % 86_400.0);
    assert!(day < 32);
    let (hour, minute, second) = ((rest / 3600.0).floor(), (rest % 3600.0 / 60.0).floor(), (rest % 60.0).floor());
    match style {
        "iso" => format!("2023-01-{day} {hour:02}:{minute:02}:{second:02}"),
        "german" => format!("{day}.01.2023 {hour:02}:{minute:02}:{second:02}"),
        _ => {
            let half = if hour < 12.0 { "AM" } else { "PM" };
            format!("1/{day}/2023 {}:{minute:02}:{second:02} {half}", (hour + 11.0) % 12.0 + 1.0)
        }
    }
}

/// A heading, and what stands below it in a row.
type Column<'a> = (&'a str, &'a dyn Fn(&Row) -> String);

/// A table with these columns, each by what it writes of a row.
fn table(delimiter: &str, columns: &[Column<'_>], rows: &[Row]) -> String {
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let mut text = names.join(delimiter) + "\n";
    for row in rows {
        let fields: Vec<String> = columns.iter().map(|(_, write)| write(row)).collect();
        let _ = writeln!(text, "{}", fields.join(delimiter));
    }
    text
}

fn number(place: usize) -> impl Fn(&Row) -> String {
    move |row| format!("{:.5}", row[place])
}

fn whole(place: usize) -> impl Fn(&Row) -> String {
    move |row| format!("{:.0}", row[place])
}

/// The rest of a table of Neware, in the language of the system.
fn neware(time: (&str, &dyn Fn(&Row) -> String), names: [&str; 6], with_counters: bool, rows: &[Row]) -> String {
    let (voltage, current, cycle, step, charge, discharge) =
        (number(1), number(2), whole(3), whole(4), number(5), number(6));
    let mut columns: Vec<Column<'_>> =
        vec![time, (names[0], &voltage), (names[1], &current), (names[2], &cycle), (names[3], &step)];
    if with_counters {
        columns.extend([(names[4], &charge as &dyn Fn(&Row) -> String), (names[5], &discharge)]);
    }
    columns.push(("T1(℃)", &|_| "25.0".to_owned()));
    table(",", &columns, rows)
}

const ENGLISH: [&str; 6] = ["Voltage(V)", "Current(A)", "Cycle Index", "Step Index", "Chg. Cap.(Ah)", "DChg. Cap.(Ah)"];
const CHINESE: [&str; 6] = ["电压(V)", "电流(A)", "循环号", "工步号", "充电容量(Ah)", "放电容量(Ah)"];

#[test]
fn neware_in_the_encodings_and_clocks_of_its_systems() {
    let (cell, rows) = plain();
    let clock = |row: &Row| hours(row[0]);
    let english = neware(("Total Time", &clock), ENGLISH, true, &rows);
    let chinese = neware(("总时间", &clock), CHINESE, true, &rows);
    let read = |what: &str, bytes: &[u8]| {
        let (found, said) =
            outcome(&declaration(&cell, "Neware", ""), bytes).unwrap_or_else(|why| panic!("{what}: {why}"));
        assert_alike(&found, &cell, what);
        assert!(found.cycles()[0].temperature.is_some(), "{what}");
        said
    };
    for (what, bytes) in [
        ("GBK, English", GB18030.encode(&english).0.into_owned()),
        ("GBK, Chinese", GB18030.encode(&chinese).0.into_owned()),
        ("UTF-8, Chinese", chinese.clone().into_bytes()),
        ("a mark, CRLF", format!("\u{feff}{}", chinese.replace('\n', "\r\n")).into_bytes()),
    ] {
        read(what, &bytes);
    }
    for mark in [" ", "d ", "-"] {
        let time = |row: &Row| days(row[0], mark);
        read("days", neware(("Total Time", &time), ENGLISH, true, &rows).as_bytes());
    }
    let said = read("no counters", neware(("Total Time", &clock), ENGLISH, false, &rows).as_bytes());
    assert!(said.contains("capacities are the current over time"), "{said}");
    for style in ["iso", "german", "us"] {
        let said = read(style, neware(("Date", &|row: &Row| date(row[0], style)), ENGLISH, true, &rows).as_bytes());
        assert!(said.contains("the time is that of the dates in \"Date\""), "{said}");
    }
}

#[test]
fn a_clock_of_dates_may_be_set_back_by_an_hour() {
    let (cell, mut rows) = plain();
    let middle = rows[rows.len() / 2][0];
    rows.iter_mut().filter(|row| row[0] > middle).for_each(|row| row[0] -= 3600.0);
    let text = neware(("Date", &|row: &Row| date(row[0], "iso")), ENGLISH, true, &rows);
    let (found, said) = outcome(&declaration(&cell, "Neware", ""), text.as_bytes()).unwrap();
    assert!(said.contains("as at the end of summer time"), "{said}");
    assert_alike(&found, &cell, "summer");
    let of_clock = neware(("Total Time", &|row: &Row| hours(row[0])), ENGLISH, true, &rows);
    assert!(outcome(&declaration(&cell, "Neware", ""), of_clock.as_bytes()).unwrap_err().contains("out of order"));
}

#[test]
fn neware_in_layers_of_cycles_steps_and_records() {
    let (cell, rows) = plain();
    let mut text = "Cycle ID,Cap_Chg(mAh),Cap_DChg(mAh)\r\n,Step ID,Step Name,Step Time(h:min:s.ms)\r\n,,Record ID,\
                    Time(h:min:s.ms),Vol(mV),Cur(mA),Cap(mAh),Realtime\r\n"
        .to_owned();
    let (mut last, mut began) = ([0.0; 2], [0.0; 3]);
    for (place, row) in rows.iter().enumerate() {
        if last[0] != row[3] {
            let _ = write!(text, "{},1100.0,1100.0\r\n", row[3]);
        }
        if last != [row[3], row[4]] {
            let name = ["", "CC Chg", "Rest", "CC DChg"][row[4] as usize];
            let _ = write!(text, ",{},{name},00:10:00\r\n", row[4]);
            (last, began) = ([row[3], row[4]], [row[0], row[5], row[6]]);
        }
        let passed = [0.0, row[5] - began[1], 0.0, row[6] - began[2]][row[4] as usize];
        let _ = write!(
            text,
            ",,{},{},{:.2},{:.2},{:.3},{}\r\n",
            place + 1,
            hours(row[0] - began[0]),
            1e3 * row[1],
            1e3 * row[2],
            1e3 * passed,
            date(row[0], "iso")
        );
    }
    for delimiter in [",", "\t"] {
        let text = text.replace(',', delimiter);
        let (found, said) = outcome(&declaration(&cell, "Neware", ""), text.as_bytes()).unwrap();
        assert_alike(&found, &cell, delimiter);
        assert!(said.contains("the dates in \"Realtime\""), "{said}");
        // what is wrong is told by the line of the file: three of headings, one of the cycle, one of the step
        let lines = text.lines().enumerate().map(|(place, line)| {
            let mut fields: Vec<&str> = line.split(delimiter).collect();
            if place == 5 {
                fields[4] = "x";
            }
            fields.join(delimiter) + "\r\n"
        });
        let said = outcome(&declaration(&cell, "Neware", ""), lines.collect::<String>().as_bytes()).unwrap_err();
        assert!(said.contains("line 6, column \"Vol(mV)\": \"x\" is not a number"), "{said}");
    }
}

#[test]
fn numbers_in_the_dress_of_countries() {
    let (cell, rows) = plain();
    let names = STYLES[0].headings;
    let dressed = |delimiter: &str, thousands: &str, decimal: &str, quote: &str, minus: &str| {
        let field = |row: &Row, place: usize| {
            if (3..5).contains(&place) {
                return format!("{quote}{:.0}{quote}", row[place]);
            }
            let plain = format!("{:.4}", row[place].abs());
            let (digits, decimals) = plain.split_once('.').unwrap();
            let grouped = match digits.len().checked_sub(3).filter(|at| *at > 0) {
                Some(at) if !thousands.is_empty() => format!("{}{thousands}{}", &digits[..at], &digits[at..]),
                _ => digits.to_owned(),
            };
            let sign = if row[place] < 0.0 { minus } else { "" };
            format!("{quote}{sign}{grouped}{decimal}{decimals}{quote}")
        };
        let mut text = names.join(delimiter) + "\r\n";
        for row in rows.iter().filter(|row| row[0] < 1e6) {
            let _ = write!(text, "{}\r\n", (0..8).map(|place| field(row, place)).collect::<Vec<_>>().join(delimiter));
        }
        text
    };
    let utf16 = |text: String| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    for (what, bytes) in [
        ("German", dressed(";", ".", ",", "", "-").into_bytes()),
        ("French", dressed(";", "\u{202f}", ",", "", "-").into_bytes()),
        ("French, of an old system", WINDOWS_1252.encode(&dressed("\t", "\u{a0}", ",", "", "-")).0.into_owned()),
        ("Swiss", dressed(";", "'", ".", "", "-").into_bytes()),
        ("US", dressed(",", ",", ".", "\"", "-").into_bytes()),
        ("US, UTF-16", utf16(dressed("\t", ",", ".", "", "-"))),
        ("decimal commas in quotes", dressed(",", "", ",", "\"", "-").into_bytes()),
        ("German in quotes, with thousands", dressed(",", ".", ",", "\"", "-").into_bytes()),
        ("the minus of typesetters", dressed(",", "", ".", "", "\u{2212}").into_bytes()),
        ("the same, UTF-16 and commas", utf16(dressed(";", "", ",", "", "\u{2212}"))),
        ("lines of separators", (dressed(",", "", ".", "", "-") + ",,,,,,,\r\n,,,,,,,\r\n").into_bytes()),
    ] {
        let (found, _) = outcome(&declaration(&cell, "BDF", ""), &bytes).unwrap_or_else(|why| panic!("{what}: {why}"));
        assert_alike(&found, &cell, what);
    }
}

/// `1,100` is a thousand and a hundred, or one and a tenth: who says which is believed.
#[test]
fn a_mark_that_is_stated_settles_what_a_number_is() {
    let table = |voltage: &str, current: &str| {
        let half = |sign: &str, from: u32| -> String {
            (from..from + 30).map(|k| format!("{};{voltage}{k:02};{sign}{current};1\n", 120 * k)).collect()
        };
        format!("t;U;I;n\n{}{}", half("", 0), half("-", 30))
    };
    let declared = |decimal: &str| {
        format!(
            "cells:\n- id: mine_1\n  files: [mine.txt]\n  format: table\n  mapping:\n    {decimal}\n    time: {{column: t, unit: s}}\n    \
             voltage: {{column: U, unit: V}}\n    current: {{column: I, unit: mA, charge: positive}}\n    cycle: {{column: n}}\n  \
             cathode: LFP\n  nominal_capacity: 1.1\n  voltage_limits: [3, 4]\n"
        )
    };
    let largest = |text: &str, decimal: &str| {
        outcome(&declared(decimal), text.as_bytes())
            .map(|(cell, _)| cell.cycles()[0].current.iter().copied().fold(0.0, f64::max))
    };
    let (points, commas) = (table("3.3", "1,100"), table("3,3", "1.100"));
    for text in [&points, &commas] {
        let said = largest(text, "").unwrap_err();
        assert!(said.contains("with its thousands apart"), "{said}");
    }
    assert_eq!(largest(&points, "decimal: \".\""), Ok(1.1));
    assert_eq!(largest(&commas, "decimal: \",\""), Ok(1.1));
}

#[test]
fn a_time_that_begins_anew_with_each_step_is_told_or_counted_on() {
    let (cell, rows) = plain();
    let (mut last, mut began) = (0.0, 0.0);
    let of_step: Vec<Row> = rows
        .iter()
        .map(|row| {
            if row[4] != last {
                (last, began) = (row[4], row[0]);
            }
            let mut row = *row;
            row[0] -= began;
            row
        })
        .collect();
    let text = neware(("Total Time", &|row: &Row| hours(row[0])), ENGLISH, true, &of_step);
    let said = outcome(&declaration(&cell, "Neware", ""), text.as_bytes()).unwrap_err();
    assert!(
        said.contains("it seems to be the time of the step") && said.contains("if there is none, name this one"),
        "{said}"
    );
    let named = "  mapping: {time: {column: Total Time}}\n";
    let (found, said) = outcome(&declaration(&cell, "Neware", named), text.as_bytes()).unwrap();
    assert!(said.contains("as that of a step does: it is counted on"), "{said}");
    assert_alike(&found, &cell, "named");
}

#[test]
fn a_workbook_of_arbin_with_statistics_or_dates_is_one_test() {
    let (cell, rows) = plain();
    let names = [
        "Test_Time(s)",
        "Voltage(V)",
        "Current(A)",
        "Cycle_Index",
        "Step_Index",
        "Charge_Capacity(Ah)",
        "Discharge_Capacity(Ah)",
        "Date_Time",
    ];
    let save = |with_time: bool| {
        let mut workbook = Workbook::new();
        let format = Format::new().set_num_format("mm/dd/yyyy hh:mm:ss");
        for (sheet, last_alone) in [("Channel_1-008_1", false), ("Statistics_1-008", true)] {
            let sheet = workbook.add_worksheet().set_name(sheet).unwrap();
            for (column, name) in (0..).zip(names).filter(|(column, _)| with_time || *column > 0) {
                sheet.write(0, column, name).unwrap();
            }
            for (row, values) in (1..).zip(rows.iter().skip(if last_alone { rows.len() - 1 } else { 0 })) {
                for column in u16::from(!with_time)..7 {
                    sheet.write(row, column, values[usize::from(column)]).unwrap();
                }
                sheet.write_with_format(row, 7, BEGAN + values[0] / 86_400.0, &format).unwrap();
            }
        }
        workbook.save_to_buffer().unwrap()
    };
    for with_time in [true, false] {
        let bytes = save(with_time);
        let declared = declaration(&cell, "Arbin", "").replace("mine.txt", "mine.xlsx");
        let (found, _) = outcome_of(&declared, &[("mine.xlsx", &bytes)]).unwrap();
        assert_alike(&found, &cell, "a workbook");
    }
}

/// Of programs that are none of those known, a draft tells what is what.
#[test]
fn drafts_of_other_programs_name_their_columns() {
    let (_, rows) = plain();
    let (voltage, current, cycle) = (number(1), number(2), whole(3));
    let clock = |row: &Row| hours(row[0]);
    let seconds = number(0);
    let german = table(
        ";",
        &[
            ("Schritt", &whole(4)),
            ("Zeit", &|row: &Row| date(row[0], "german")),
            ("Programmdauer", &clock),
            ("Schrittdauer", &clock),
            ("Zyklus", &cycle),
            ("Spannung", &voltage),
            ("Strom", &current),
        ],
        &rows,
    )
    .replacen('\n', "\n;;;;;[V];[A]\n", 1);
    let novonix = format!(
        "[Summary]\nHPC Data File\n[Data]\n{}",
        table(
            ",",
            &[
                ("Date and Time", &|row: &Row| date(row[0], "us")),
                ("Cycle Number", &cycle),
                ("Run Time (h)", &|row: &Row| format!("{:.6}", row[0] / 3600.0)),
                ("Current (A)", &current),
                ("Potential (V)", &voltage),
            ],
            &rows,
        )
    );
    let gamry = table("\t", &[("Pt", &whole(3)), ("T", &seconds), ("Vf", &voltage), ("Im", &current)], &rows).replacen(
        '\n',
        "\n#\ts\tV vs. Ref.\tA\n",
        1,
    );
    let japanese = table(",", &[("時間(h:min:s)", &clock), ("電圧(V)", &voltage), ("電流(A)", &current)], &rows);
    let dir = tempfile::tempdir().unwrap();
    for (name, bytes, words) in [
        (
            "digatron.csv",
            WINDOWS_1252.encode(&german).0,
            ["\"Programmdauer\"", "\"Spannung\", in V", "\"Strom\", in A"],
        ),
        (
            "novonix.csv",
            UTF_8.encode(&novonix).0,
            ["\"Run Time (h)\", in h", "\"Potential (V)\", in V", "\"Cycle Number\""],
        ),
        ("gamry.DTA", UTF_8.encode(&gamry).0, ["\"T\", in s", "\"Vf\", in V", "\"Im\", in A"]),
        ("japan.csv", SHIFT_JIS.encode(&japanese).0, ["\"時間(h:min:s)\"", "\"電圧(V)\", in V", "\"電流(A)\", in A"]),
    ] {
        let file = dir.path().join(name);
        fs::write(&file, &*bytes).unwrap();
        let draft = cycler::describe(std::slice::from_ref(&file)).unwrap_or_else(|why| panic!("{name}: {why}"));
        assert!(draft.starts_with("# table: "), "{draft}");
        for word in words {
            assert!(draft.contains(word), "{name}: no {word} in {draft}");
        }
        assert!(
            draft.contains("#   as drafted, import will say: guessed") && !draft.contains("will refuse"),
            "{name}: {draft}"
        );
    }
}

#[test]
fn drafts_of_a_folder_call_no_two_cells_alike() {
    let (_, rows) = plain();
    let text = neware(("Total Time", &|row: &Row| hours(row[0])), ENGLISH, true, &rows);
    let dir = tempfile::tempdir().unwrap();
    for folder in ["a", "b"] {
        fs::create_dir(dir.path().join(folder)).unwrap();
        fs::write(dir.path().join(folder).join("test.csv"), &text).unwrap();
    }
    let draft = cycler::describe(&[dir.path().to_owned()]).unwrap();
    for words in ["- id: test\n  files: [\"a/test.csv\"]", "- id: test_2\n  files: [\"b/test.csv\"]"] {
        assert!(draft.contains(words), "{draft}");
    }
}

/// What reading files says is a sentence of its own, and says once that nothing was imported.
#[test]
fn nothing_was_imported_is_said_once() {
    let (cell, rows) = plain();
    let text = neware(("Total Time", &|row: &Row| hours(row[0])), ENGLISH, true, &rows);
    let mut packed = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    packed.start_file("mine.txt", zip::write::SimpleFileOptions::default()).unwrap();
    std::io::Write::write_all(&mut packed, text.as_bytes()).unwrap();
    let whole = packed.finish().unwrap().into_inner();
    let declared = declaration(&cell, "Neware", "");
    for bytes in [&whole[..whole.len() / 2], &[&whole[..60], &[0xff; 40], &whole[100..]].concat()] {
        let said = outcome_of(&declared, &[("mine.zip", bytes)]).unwrap_err();
        assert_eq!(said.matches("nothing was imported").count(), 1, "{said}");
    }
    let said = outcome(&declared, b"").unwrap_err();
    assert_eq!(said.matches("nothing was imported").count(), 1, "{said}");
}
