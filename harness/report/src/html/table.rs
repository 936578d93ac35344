//! A table that the script of the page sorts by any column, from whole numbers and not from what is shown of them.

use maud::{Markup, html};

use crate::{
    provenance,
    table::{Cell, Table},
};

/// Longer tables are folded.
const LONG: usize = 20;

/// The table in a box of its own, which scrolls where it is wider than the page.
pub(super) fn render(table: &Table) -> Markup {
    let body = html! {
        div.wide tabindex="0" role="group" aria-label=(table.caption) {
            table {
                caption { (table.caption) }
                thead {
                    tr {
                        @for (place, heading) in table.header().into_iter().enumerate() {
                            th.words[has_words(table, place)] scope="col" { (heading.replace("95 %", "95\u{a0}%")) }
                        }
                    }
                }
                tbody {
                    @for row in &table.rows {
                        tr { @for (place, cell) in row.iter().enumerate() { (self::cell(table, place, cell)) } }
                    }
                }
            }
        }
    };
    html! {
        @if table.rows.len() > LONG {
            details { summary { (table.caption.split(" · ").next().unwrap_or_default()) ": " (table.rows.len()) " rows" } (body) }
        } @else { (body) }
    }
}

fn has_words(table: &Table, place: usize) -> bool {
    table.rows.iter().any(|row| matches!(row[place], Cell::Text(_) | Cell::Word(_)))
}

fn cell(table: &Table, place: usize, cell: &Cell) -> Markup {
    let text = cell.text();
    let value = cell.key().map(|key| key.to_string());
    let (is_first, is_word) = (place == 0, matches!(cell, Cell::Word(_)));
    html! {
        @if is_first && table.slug == provenance::SLUG {
            th scope="row" id={ "run-" (text) } { code { (text) } }
        } @else if is_first {
            th scope="row" data-value=[value] { (text) }
        } @else {
            td.words[matches!(cell, Cell::Text(_) | Cell::Word(_))] data-value=[value] {
                @if is_word { span.word data-word=(text) { (text) } }
                @else if let Cell::Runs(keys) = cell {
                    @if let Some(first) = keys.first() { a href={ "#run-" (first) } { (text) } }
                } @else { (text) }
            }
        }
    }
}

/// A link to a row of the table of runs.
pub(super) fn run(key: &str) -> Markup {
    html! { a href={ "#run-" (key) } { code { (key) } } }
}
