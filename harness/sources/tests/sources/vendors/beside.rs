//! What stands beside the samples in a file, and around them.

use super::*;

/// Columns beside those that are read say which cell a row is of, and which rows are not there.
#[test]
fn two_cells_in_a_file_and_rows_that_lack_are_told_by_the_columns_beside() {
    let (cell, rows) = plain();
    let half = rows.len() / 2;
    let with = |heading: &str, value: &dyn Fn(usize) -> String, rows: &[Row]| {
        let mut text = neware(("Total Time", &|row: &Row| hours(row[0])), ENGLISH, true, rows);
        text = text.replacen("T1(℃)\n", &format!("T1(℃),{heading}\n"), 1);
        let mut lines = text.lines();
        let head = lines.next().unwrap().to_owned();
        let body = lines.enumerate().map(|(place, line)| format!("\n{line},{}", value(place)));
        head + &body.collect::<String>() + "\n"
    };
    let channel = with("Channel", &|place| format!("30-1-{}", 1 + place / half), &rows);
    let refused = outcome(&declaration(&cell, "Neware", ""), channel.as_bytes()).unwrap_err();
    let place = format!("line {}, column \"Channel\": it has \"30-1-2\", and above \"30-1-1\"", half + 2);
    assert!(refused.contains(&place), "{refused}");
    let ignored = |name: &str| declaration(&cell, "Neware", &format!("  mapping: {{ignore: [{name}]}}\n"));
    let (found, said) = outcome(&ignored("Channel"), channel.as_bytes()).unwrap();
    assert!(!said.contains("30-1"), "{said}");
    assert_alike(&found, &cell, "ignored");
    let unknown = outcome(&ignored("Chanel"), channel.as_bytes()).unwrap_err();
    assert!(unknown.contains("no column \"Chanel\" is there, did you mean"), "{unknown}");
    let (_, said) = outcome(
        &declaration(&cell, "Neware", ""),
        with("Test_ID", &|place| (11 + place / half).to_string(), &rows).as_bytes(),
    )
    .unwrap();
    assert!(said.contains("the column \"Test_ID\" has \"12\", and above \"11\""), "{said}");
    // numbers of rows, from the first and from a later one on
    let numbered = |from: usize| {
        let text = with("DataPoint", &|place| (from + place).to_string(), &rows);
        outcome(&declaration(&cell, "Neware", ""), text.as_bytes()).unwrap().1
    };
    let whole = numbered(1);
    assert!(!whole.contains("by the numbers of rows"), "{whole}");
    let late = numbered(1 + 2 * rows.len());
    assert!(late.contains(&format!("the first {} rows", 2 * rows.len())) && late.contains("10.0 cycles"), "{late}");
}

#[test]
fn headings_that_stand_twice_and_last_lines_that_are_cut_are_called_what_they_are() {
    let (cell, rows) = plain();
    let text = neware(("Total Time", &|row: &Row| hours(row[0])), ENGLISH, true, &rows);
    let head = text.lines().next().unwrap();
    let said = |text: &str| outcome(&declaration(&cell, "Neware", ""), text.as_bytes()).unwrap_err();
    let again = said(&format!("{text}{head}\n"));
    assert!(again.contains("the headings stand here once more") && again.contains("delete this line"), "{again}");
    let cut = said(&text[..text.len() - 20]);
    assert!(cut.contains("it is the last line, and cut short") && cut.contains("delete this line"), "{cut}");
    let remark = said(&format!("{text}End of test,at midnight\n"));
    assert!(remark.contains("it seems to be a remark"), "{remark}");
}

#[test]
fn durations_of_a_workbook_are_read_in_the_format_of_a_time_of_day() {
    let (cell, rows) = plain();
    let names = ["Test_Time(s)", "Voltage(V)", "Current(A)", "Cycle_Index", "Step_Index"];
    let save = |format: &str| {
        let mut workbook = Workbook::new();
        let sheet = workbook.add_worksheet().set_name("Channel_1-008_1").unwrap();
        for (column, name) in (0..).zip(names) {
            sheet.write(0, column, name).unwrap();
        }
        for (row, values) in (1..).zip(&rows) {
            for column in 1..5 {
                sheet.write(row, column, values[usize::from(column)]).unwrap();
            }
            let days = values[0] / 86_400.0;
            let format = Format::new().set_num_format(format);
            sheet.write_with_format(row, 0, days, &format).unwrap();
        }
        workbook.save_to_buffer().unwrap()
    };
    let read = |bytes: &[u8], mapping: &str| {
        outcome_of(&declaration(&cell, "Arbin", mapping).replace("mine.txt", "mine.xlsx"), &[("mine.xlsx", bytes)])
    };
    for format in ["hh:mm:ss", "[h]:mm:ss"] {
        assert_alike(&read(&save(format), "").unwrap().0, &cell, format);
    }
    let of_date = "  mapping: {time: {column: Test_Time(s), unit: date}}\n";
    let said = read(&save("hh:mm:ss"), of_date).unwrap_err();
    assert!(said.contains("it is a duration, and no date"), "{said}");
}
