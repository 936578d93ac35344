//! Reports of made-up results.

mod output;
mod whole_report;
