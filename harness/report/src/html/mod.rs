//! `report.html`: one page that loads nothing; figures stand in it as SVG, style and script are its own.
//!
//! | file | makes | from |
//! |---|---|---|
//! | `contents` | the table of contents | all sections |
//! | `section` | a heading with what stands below it | a section |
//! | `table` | a table that sorts | a table |
//! | `page.css`, `page.js` | light, dark, phone and paper; sorting, folding, the switch | |

mod contents;
mod section;
mod table;

use std::collections::HashMap;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::document::Document;

/// The document as a page; `figures` has the SVG of every figure by its slug.
pub fn render(document: &Document, figures: &HashMap<String, String>) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "batlinet results" }
                style { (PreEscaped(include_str!("page.css"))) }
            }
            body {
                a.skip href="#results" { "To the results" }
                (contents::render(document))
                main #results tabindex="-1" {
                    (body(document, figures))
                }
                script { (PreEscaped(include_str!("page.js"))) }
            }
        }
    };
    page.into_string() + "\n"
}

/// Verdicts come before the rules by which they are to be read.
fn body(document: &Document, figures: &HashMap<String, String>) -> Markup {
    html! {
        h1 { "Results" }
        p.notice { strong { (document.notice) } }
        @for (number, part) in document.verdicts.iter().enumerate() {
            (section::render(&contents::verdict(number), part, figures))
        }
        section.reading {
            @for paragraph in document.preamble.iter().chain([&document.made]) {
                p { (prose(paragraph)) }
            }
        }
        @for (number, part) in document.sections.iter().enumerate() {
            (section::render(&contents::part(number), part, figures))
        }
    }
}

/// Text with its `names` as code.
fn prose(text: &str) -> Markup {
    html! {
        @for (place, part) in text.split('`').enumerate() {
            @if place % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
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
        assert!(page.contains("<svg>dots</svg>") && !page.contains("<script src"));
        assert!(page.contains("<code>std n-1</code>") && page.contains("<a href=\"#s1\">matr-1</a>"));
        assert_eq!(page.matches("<tr>").count(), page.matches("</tr>").count());
    }
}
