//! The way of cells from published files into the store, and back.

mod battery_archive;
mod calce;
mod cases;
mod cycler_archives;
mod cycler_damage;
mod cycler_files;
mod cycler_records;
mod cycler_samples;
mod cycler_young;
mod dialects;
mod fetch;
mod import;
mod pickle;
mod published_files;
mod raw;
mod raw_bad;
mod rwth;
mod vendors;
mod words;
