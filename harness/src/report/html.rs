//! `report.html`: one page without scripts or outside files.

use super::{
    grid::{Grid, Width, grid, overview},
    markdown::notes,
    summary::{Section, origin_notice},
};

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem;color:#222}\
table{border-collapse:collapse;margin:1rem 0}th,td{padding:.25rem .7rem;border-bottom:1px solid #ddd;text-align:right}\
th:first-child,td:first-child{text-align:left}th{border-bottom:2px solid #888}\
.notice{padding:.6rem 1rem;background:#fff3cd;border-left:4px solid #e0a800}.distrust{color:#555;font-style:italic}";

/// All sections as a page.
pub fn render(sections: &[Section]) -> String {
    let mut body =
        format!("<h1>Results</h1>\n<p class=\"notice\"><strong>{}</strong></p>\n", escape(origin_notice(sections)));
    body.push_str(
        "<p>Means over seeds ± population standard deviation (divisor n). RMSE and MAE in cycles, MAPE in percent.</p>\n",
    );
    if sections.len() > 1 {
        body.push_str(&format!("<h2>RMSE</h2>\n{}", table(&overview(sections, |row| (row.rmse, row.published_rmse)))));
        body.push_str(&format!(
            "<h2>MAPE %</h2>\n{}",
            table(&overview(sections, |row| (row.mape, row.published_mape)))
        ));
    }
    for section in sections {
        body.push_str(&format!("<h2>{}</h2>\n<p>{}</p>\n", escape(&section.title()), escape(&section.description)));
        if !section.analysis.is_empty() {
            body.push_str(&format!("<p class=\"distrust\">Distrust: {}</p>\n", escape(&section.analysis)));
        }
        body.push_str(&table(&grid(section, Width::Full)));
        let items: String = notes(section).iter().map(|note| format!("<li>{}</li>\n", escape(note))).collect();
        if !items.is_empty() {
            body.push_str(&format!("<ul>\n{items}</ul>\n"));
        }
    }
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>batlinet results</title>\
         <style>{STYLE}</style></head>\n<body>\n{body}</body>\n</html>\n"
    )
}

fn table(grid: &Grid) -> String {
    let cells = |tag: &str, cells: &[String]| -> String {
        cells.iter().map(|cell| format!("<{tag}>{}</{tag}>", escape(cell))).collect()
    };
    let rows: String = grid.rows.iter().map(|row| format!("<tr>{}</tr>\n", cells("td", row))).collect();
    format!("<table>\n<thead><tr>{}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n", cells("th", &grid.header))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cell::Origin,
        report::summary::{sections, tests},
    };

    #[test]
    fn text_is_escaped_and_the_origin_is_said() {
        let page = render(&sections(&[tests::score("mean", 0, 9.0, "virtual")], &[tests::record(Origin::Virtual)]));
        assert!(page.contains("Few cells &amp; &lt;much&gt; noise."));
        assert!(page.contains("All cells are VIRTUAL") && page.contains("published (real cells) RMSE"));
        assert_eq!(page.matches("<tr>").count(), page.matches("</tr>").count());
    }
}
