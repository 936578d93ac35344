//! The table of contents: beside the page where it is wide, above it on a phone.

use maud::{Markup, html};

use crate::document::{Document, Section};

/// Anchor of the verdict with this number.
pub(super) fn verdict(number: usize) -> String {
    format!("v{number}")
}

/// Anchor of the section with this number.
pub(super) fn part(number: usize) -> String {
    format!("s{number}")
}

/// Chapters with their experiments, each a link.
pub(super) fn render(document: &Document) -> Markup {
    let verdicts = document.verdicts.iter().enumerate().map(|(number, section)| (verdict(number), section));
    let parts = document.sections.iter().enumerate().map(|(number, section)| (part(number), section));
    let entries: Vec<(String, &Section)> = verdicts.chain(parts).collect();
    // a chapter with the parts below it
    let mut chapters: Vec<&[(String, &Section)]> = Vec::new();
    let mut rest = entries.as_slice();
    while !rest.is_empty() {
        let next = rest[1..].iter().position(|(_, section)| section.level == 2).map_or(rest.len(), |place| place + 1);
        let (chapter, others) = rest.split_at(next);
        chapters.push(chapter);
        rest = others;
    }
    html! {
        nav.contents aria-label="Contents" {
            button #theme type="button" hidden { "Dark" }
            details open {
                summary { "Contents" }
                ul {
                    @for chapter in chapters {
                        li {
                            (link(&chapter[0]))
                            @if chapter.len() > 1 {
                                ul { @for entry in &chapter[1..] { li { (link(entry)) } } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn link((anchor, section): &(String, &Section)) -> Markup {
    html! { a href={ "#" (anchor) } { (name(section)) } }
}

/// The title without what stands behind it: `matr-1` of `matr-1 · 41 training cells …`.
pub(super) fn name(section: &Section) -> &str {
    section.title.split(" · ").next().unwrap_or_default()
}
