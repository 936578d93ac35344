//! Whole reports, read again in every form.

mod page;
mod readme;
mod whole;
