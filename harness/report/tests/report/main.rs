//! Reports of made-up results.

mod output;
mod page;
mod readme;
mod whole_report;
