//! What can be told of `report.html` without a browser; `scripts/report_check.sh` has one.

use std::collections::HashSet;

use super::output::{EXPERIMENTS, Output};
use cells::cell::Origin;

/// Whatever stands between `open` and a quotation mark.
fn all<'a>(page: &'a str, open: &str) -> Vec<&'a str> {
    page.split(open).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

fn page(profile: &str, data: Origin) -> (Output, String) {
    let output = Output::under(profile, &EXPERIMENTS, data, 3);
    output.report();
    let page = output.text("report.html");
    (output, page)
}

#[test]
fn every_link_leads_somewhere_and_nothing_is_loaded() {
    let (_, page) = page("paper", Origin::Real);
    let ids = all(&page, " id=\"");
    let unique: HashSet<&str> = ids.iter().copied().collect();
    assert_eq!(ids.len(), unique.len(), "an id is there twice");
    let links = all(&page, "href=\"#");
    assert!(links.len() > 40, "{links:?}");
    for link in links {
        assert!(unique.contains(link), "#{link} leads nowhere");
    }
    for labels in all(&page, "aria-labelledby=\"") {
        assert!(labels.split(' ').all(|label| unique.contains(label)), "{labels}");
    }
    for foreign in [" src=", "<link", "url(", "@import", "https://", "<iframe", "<img"] {
        assert!(!page.contains(foreign), "{foreign}");
    }
    let addresses = page.matches("http://").count();
    assert_eq!(addresses, page.matches("xmlns=\"http://www.w3.org/2000/svg\"").count(), "names of formats alone");
    assert!(page.len() < 5 << 20, "{} bytes", page.len());
}

#[test]
fn every_figure_has_a_title_and_a_description_and_every_table_heads_that_say_what_of() {
    let (_, page) = page("paper", Origin::Real);
    let figures = page.matches("<svg ").count();
    assert!(figures > 8);
    for part in ["<svg width", " role=\"img\" aria-labelledby=\"", "<title id=\"", "<desc id=\""] {
        assert_eq!(page.matches(part).count(), figures, "{part}");
    }
    assert_eq!(page.matches("<th").count() - page.matches("<thead").count(), page.matches(" scope=\"").count());
    assert!(page.contains("<html lang=\"en\">") && page.contains("name=\"viewport\""));
}

#[test]
fn the_page_opens_with_verdicts_and_they_are_of_real_cells_alone_and_of_whole_schedules() {
    let (_, real) = page("paper", Origin::Real);
    let at = |page: &str, words: &str| page.find(words).unwrap_or_else(|| panic!("'{words}' is not there"));
    assert!(at(&real, "<h2>Verdicts</h2>") < at(&real, "<h2>Scenarios"));
    assert!(
        real.contains("data-word=\"cannot tell\"") && real.contains("Published numbers · reproduced is within 5 %")
    );
    let (output, simulated) = page("paper", Origin::Virtual);
    assert!(simulated.contains("these are virtual cells") && !simulated.contains("reproduced is within"));
    assert!(!output.path("tables/matr-1-virtual-published.csv").exists());
    let (_, quick) = page("quick", Origin::Real);
    assert!(quick.contains("there is no verdict on ") && !quick.contains("class=\"word\""));
}

#[test]
fn every_point_of_a_figure_is_of_a_model_or_a_cell() {
    let output = Output::new(&EXPERIMENTS, Origin::Real, 3);
    for file in output.report().iter().filter(|file| file.starts_with("figures/") && file.ends_with(".csv")) {
        // throughput is of no cells, zero of no model, and a published bar stands with the bar beside it
        for row in output.table(file) {
            let is_known = ["model", "cell", "x_name", "y_name"].iter().any(|column| !row[*column].is_empty());
            assert!(
                is_known || row["series"] == "no difference" || row["series"].starts_with("published"),
                "{file}: {row:?}"
            );
        }
    }
    let scatter = output.table("figures/matr-1-real-scatter.csv");
    assert!(scatter.iter().all(|row| row["cell"].contains('_') && !row["model"].is_empty()), "{scatter:?}");
}

#[test]
fn a_run_is_known_by_its_key_wherever_its_numbers_are() {
    let (output, page) = page("paper", Origin::Real);
    let runs = output.table("tables/runs.csv");
    assert!(runs.iter().all(|row| !row["commit"].is_empty() && row["dirty"] == "no" && row["device"] == "cpu"));
    let keys: HashSet<String> = runs.into_iter().map(|row| row["run"].clone()).collect();
    for row in output.table("summary.csv").iter().filter(|row| !row["rmse_mean"].is_empty()) {
        let own: Vec<&str> = row["runs"].split(' ').collect();
        assert!(own.iter().any(|key| keys.contains(*key)), "{row:?}");
    }
    for row in output.table("tables/matr-1-real-published.csv") {
        assert!(row["runs"].split(' ').all(|key| keys.contains(key)) && !row["why"].is_empty(), "{row:?}");
    }
    assert!(keys.iter().all(|key| page.contains(&format!("id=\"run-{key}\""))));
}
