//! The tests of the build script, which Cargo does not run by itself.

#[expect(dead_code, reason = "its main function is for Cargo")]
#[path = "../../build.rs"]
mod build;
