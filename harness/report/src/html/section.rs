//! A heading with what stands below it: findings, tables, figures, notes, and the runs that it is all made of.

use std::collections::HashMap;

use maud::{Markup, PreEscaped, html};

use super::{contents::name, prose, table};
use crate::{
    document::{Finding, Section},
    figure::Figure,
};

/// More notes than this are folded.
const FEW_NOTES: usize = 3;

/// The section below its anchor.
pub(super) fn render(anchor: &str, section: &Section, figures: &HashMap<String, String>) -> Markup {
    let more = section.title.strip_prefix(name(section)).and_then(|rest| rest.strip_prefix(" · "));
    html! {
        section #(anchor) {
            @if section.level == 2 { h2 { (section.title) } } @else { h3 { (name(section)) } }
            @if section.level > 2 {
                @if let Some(more) = more { p.about { (more) } }
            }
            @if !section.description.is_empty() { p { (prose(&section.description)) } }
            @if !section.findings.is_empty() {
                ul.findings { @for finding in &section.findings { (self::finding(finding)) } }
            }
            @if !section.analysis.is_empty() { p.distrust { "Distrust: " (prose(&section.analysis)) } }
            @for part in &section.tables { (table::render(part)) }
            @for part in &section.figures { (figure(part, figures)) }
            (notes(&section.notes))
            (runs("Runs behind it", &section.runs))
        }
    }
}

fn finding(finding: &Finding) -> Markup {
    html! {
        li {
            span.word data-word=(finding.word) { (finding.word) } " "
            (prose(&finding.text))
            (runs("runs", &finding.runs))
        }
    }
}

fn figure(figure: &Figure, figures: &HashMap<String, String>) -> Markup {
    html! {
        figure {
            div.wide tabindex="0" role="group" aria-label=(figure.title) {
                (PreEscaped(figures.get(&figure.slug).map_or("", String::as_str)))
            }
            figcaption {
                (prose(&figure.caption)) " "
                span.files { code { "figures/" (figure.slug) ".csv" } }
            }
        }
    }
}

fn notes(notes: &[String]) -> Markup {
    let list = html! { ul.notes { @for note in notes { li { (prose(note)) } } } };
    match notes.len() {
        0 => html! {},
        count if count > FEW_NOTES => html! { details { summary { (count) " notes" } (list) } },
        _ => list,
    }
}

/// Links to the table of runs at the end of the page.
fn runs(words: &str, keys: &[String]) -> Markup {
    html! {
        @if !keys.is_empty() {
            details.runs {
                summary { (words) ": " (keys.len()) }
                p { @for key in keys { (table::run(key)) " " } }
            }
        }
    }
}
