//! `report.html`: one page without scripts or outside files; figures stand in it as SVG.

use std::collections::HashMap;

use super::{
    document::{Document, Section},
    table::Table,
};

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem;color:#222}\
table{border-collapse:collapse;margin:1rem 0;font-size:14px}td{white-space:nowrap}th,td{padding:.25rem .7rem;border-bottom:1px solid #ddd;text-align:right}\
th:first-child,td:first-child,caption{text-align:left}th{border-bottom:2px solid #888}caption{color:#555}\
.wide{overflow-x:auto}figure{margin:1rem 0}figcaption{color:#555}svg{max-width:100%;height:auto}\
.notice{padding:.6rem 1rem;background:#fff3cd;border-left:4px solid #e0a800}.distrust{color:#555;font-style:italic}";

/// The document as a page; `figures` has the SVG of every figure by its slug.
pub fn render(document: &Document, figures: &HashMap<String, String>) -> String {
    let mut body = format!("<h1>Results</h1>\n<p class=\"notice\"><strong>{}</strong></p>\n", escape(&document.notice));
    for paragraph in document.preamble.iter().chain([&document.made]) {
        body.push_str(&format!("<p>{}</p>\n", prose(paragraph)));
    }
    body.push_str(&contents(document));
    for (number, part) in document.sections.iter().enumerate() {
        body.push_str(&section(number, part, figures));
    }
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>batlinet results</title>\
         <style>{STYLE}</style></head>\n<body>\n{body}</body>\n</html>\n"
    )
}

/// Chapters with their experiments, each a link.
fn contents(document: &Document) -> String {
    let mut html = "<nav>\n".to_owned();
    for (number, section) in document.sections.iter().enumerate() {
        let name = section.title.split(" · ").next().unwrap_or_default();
        let before = if section.level == 2 { "<br>\n" } else { " · " };
        html.push_str(&format!("{before}<a href=\"#s{number}\">{}</a>", escape(name)));
    }
    html + "\n</nav>\n"
}

fn section(number: usize, section: &Section, figures: &HashMap<String, String>) -> String {
    let level = section.level;
    let mut html = format!("<h{level} id=\"s{number}\">{}</h{level}>\n", escape(&section.title));
    if !section.description.is_empty() {
        html.push_str(&format!("<p>{}</p>\n", prose(&section.description)));
    }
    if !section.analysis.is_empty() {
        html.push_str(&format!("<p class=\"distrust\">Distrust: {}</p>\n", prose(&section.analysis)));
    }
    html.extend(section.tables.iter().map(table));
    for figure in &section.figures {
        let svg = figures.get(&figure.slug).map_or("", String::as_str);
        html.push_str(&format!("<figure>\n{svg}<figcaption>{}</figcaption>\n</figure>\n", prose(&figure.caption)));
    }
    let items: String = section.notes.iter().map(|note| format!("<li>{}</li>\n", prose(note))).collect();
    if !items.is_empty() {
        html.push_str(&format!("<ul>\n{items}</ul>\n"));
    }
    html
}

fn table(table: &Table) -> String {
    let cells = |tag: &str, cells: &[String]| -> String {
        cells.iter().map(|cell| format!("<{tag}>{}</{tag}>", escape(cell))).collect()
    };
    let rows: String = table.texts().iter().map(|row| format!("<tr>{}</tr>\n", cells("td", row))).collect();
    format!(
        "<div class=\"wide\"><table>\n<caption>{}</caption>\n<thead><tr>{}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table></div>\n",
        escape(&table.caption),
        cells("th", &table.header())
    )
}

/// Text with its `names` as code.
fn prose(text: &str) -> String {
    let parts = text.split('`').map(escape).enumerate();
    parts.map(|(place, part)| if place % 2 == 1 { format!("<code>{part}</code>") } else { part }).collect()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        study::chapters::document,
        summary::{summaries, tests},
    };
    use cells::cell::Origin;

    #[test]
    fn text_is_escaped_the_origin_is_said_and_figures_stand_in_the_page() {
        let runs = [tests::run("mean", 0, 9.0, "virtual")];
        let document = document(&summaries(&runs, &[tests::record(Origin::Virtual)]), None);
        let slug = document.figures().next().unwrap().slug.clone();
        let page = render(&document, &HashMap::from([(slug, "<svg>dots</svg>".to_owned())]));
        assert!(page.contains("Few cells &amp; &lt;much&gt; noise."));
        assert!(page.contains("All cells are VIRTUAL") && !page.contains("published RMSE"));
        assert!(page.contains("<svg>dots</svg>") && !page.contains("<script"));
        assert!(page.contains("<code>std n-1</code>") && page.contains("<a href=\"#s1\">matr-1</a>"));
        assert_eq!(page.matches("<tr>").count(), page.matches("</tr>").count());
    }
}
