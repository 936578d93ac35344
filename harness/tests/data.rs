//! The way of cells from published files into the store, and what the program says of them.

#[path = "support/published.rs"]
mod published;

mod data {
    mod archive;
    mod battery_archive;
    mod calce;
    mod cells;
    mod command;
    mod dialects;
    mod fetch;
    mod full_disk;
    mod import;
    mod lives;
    mod nominal;
    mod own_cells;
    mod pickle;
    mod published_files;
    mod raw;
    mod raw_bad;
    mod round_trip;
    mod rwth;
    mod store;
    mod terminal;
    mod verbs;
}
