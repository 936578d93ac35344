use super::*;

fn said(heading: &str, texts: &[&str]) -> Said {
    let column = columns(&[Heading::new(heading)], &[], &[]).pop().unwrap();
    let mut said = Said::of(&column);
    texts.iter().zip(2..).for_each(|(text, line)| said.push_text(text.as_bytes(), line));
    said
}

fn file(name: &str, beside: Vec<Said>) -> (String, Samples) {
    (name.to_owned(), Samples { beside, ..Samples::default() })
}

#[test]
fn columns_that_tell_are_found_unless_they_are_read_or_ignored() {
    let headings = ["Data_Point", "Cell (V)", "Channel_ID", "Test_ID", "Date_Time", "Voltage"].map(Heading::new);
    let names = |read: &[usize], ignored: &[String]| -> Vec<String> {
        columns(&headings, read, ignored).into_iter().map(|column| column.heading).collect()
    };
    assert_eq!(names(&[], &[]), ["Data_Point", "Channel_ID", "Test_ID", "Date_Time"]);
    assert_eq!(names(&[4], &["Channel_ID".to_owned()]), ["Data_Point", "Test_ID"]);
}

#[test]
fn two_cells_in_one_file_are_refused_and_two_tests_or_files_doubted() {
    let judged = |files: &[(String, Samples)]| of_one_cell(files).map_err(|error| error.to_string());
    for heading in ["Channel", "Barcode", "Cell", "Serial No.", "通道号"] {
        let refused = judged(&[file("a.csv", vec![said(heading, &["7", "7", "", "8", "7"])])]).unwrap_err();
        assert!(
            refused.starts_with(&format!("a.csv, line 5, column \"{heading}\": it has \"8\", and above \"7\"")),
            "{refused}"
        );
        assert!(refused.contains(&format!("ignore: [\"{heading}\"]")), "{refused}");
    }
    // what is measured, or is one
    for (heading, texts) in
        [("Cell", ["3.5", "3.6"]), ("Channel", ["1", "1"]), ("Barcode", ["", "A"]), ("Channel", ["", ""])]
    {
        assert_eq!(judged(&[file("a.csv", vec![said(heading, &texts)])]), Ok(vec![]));
    }
    let doubts = judged(&[file("a.csv", vec![said("Test_ID", &["11", "12"])])]).unwrap();
    assert!(
        doubts.len() == 1 && doubts[0].starts_with("a.csv, line 3: the column \"Test_ID\" has \"12\""),
        "{doubts:?}"
    );
    let files = ["A", "B"].map(|cell| file(cell, vec![said("Barcode", &[cell]), said("Test_ID", &[cell])]));
    let doubts = judged(&files).unwrap();
    assert!(
        doubts.len() == 1 && doubts[0].starts_with("the column \"Barcode\" has \"A\" in A and \"B\" in B"),
        "{doubts:?}"
    );
}

#[test]
fn rows_that_lack_are_counted_by_their_numbers() {
    let rows = |ranges: &[(u32, u32)]| {
        let files: Vec<_> = ranges
            .iter()
            .map(|(from, to)| {
                let mut said = said("Data_Point", &[]);
                (*from..*to).for_each(|number| said.push_number(number.into(), 0));
                file("a.csv", vec![said])
            })
            .collect();
        // of 100 rows a cycle
        let all: u32 = ranges.iter().map(|(from, to)| to - from).sum();
        Rows::of(&files).missing(all as usize / 100)
    };
    for whole in [&[(1, 1000)][..], &[(0, 1000)], &[(1, 1000), (1000, 3000)], &[(1, 1000), (1, 1000)], &[(30, 1000)]] {
        assert_eq!(rows(whole), None, "{whole:?}");
    }
    let late = rows(&[(501, 1501)]).unwrap();
    assert!(
        late.starts_with("the first 500 rows, before those of a.csv, are not") && late.contains("as 5.0 cycles"),
        "{late}"
    );
    let between = rows(&[(1, 1001), (1301, 2301)]).unwrap();
    assert!(
        between.starts_with("rows 1001 to 1300, before those of a.csv or in it, are not in the files"),
        "{between}"
    );
    // numbers of every tenth row
    let mut thinned = said("Data_Point", &[]);
    (0..1000).for_each(|place| thinned.push_number(f64::from(10 * place), 0));
    assert_eq!(Rows::of(&[file("a.csv", vec![thinned])]).missing(10), None);
}

#[test]
fn dates_say_what_lies_between_two_files() {
    let part = |texts: &[&str]| file("a.csv", vec![said("Date_Time", texts)]).1;
    let hour = 3600.0;
    let gap = |one: &[&str], two: &[&str]| between(&part(one), &part(two), [hour; 2]).map(|gap| gap / hour);
    let iso = ["2024-01-01 00:00:00", "2024-01-01 01:00:00"];
    assert_eq!(gap(&iso, &["2024-01-01 03:00:00", "2024-01-01 04:00:00"]), Some(2.0));
    assert_eq!(gap(&iso, &iso), None);
    // the day that does not last for a month
    assert_eq!(gap(&["1/2/2024 23:30:00", "1/3/2024 0:30:00"], &["1/3/2024 1:30:00", "1/3/2024 2:30:00"]), Some(1.0));
    assert_eq!(gap(&["x"], &iso), None);
}
