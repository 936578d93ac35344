//! Panics: a defect of one run is a reason in its record, and neither a backtrace on the terminal nor the end of the others.

use std::{
    any::Any,
    cell::Cell,
    env,
    io::{self, Write as _},
    panic::{self, AssertUnwindSafe, PanicHookInfo, catch_unwind},
};

thread_local! {
    /// Whether somebody above on this thread catches a panic and tells what it was.
    static IS_CAUGHT: Cell<bool> = const { Cell::new(false) };
}

/// The longest reason, in characters.
const LONGEST: usize = 500;

/// Does `work`; of a panic, only its text is left.
///
/// # Errors
/// `panicked: ` and the text, on one line.
pub(super) fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    let before = IS_CAUGHT.replace(true);
    let outcome = catch_unwind(AssertUnwindSafe(work));
    IS_CAUGHT.set(before);
    outcome.map_err(|panic| reason(&format!("panicked: {}", text_of(&*panic))))
}

/// From here on a panic prints one line; none, where it is caught and told; all that Rust has to say, where somebody
/// asks for that by `RUST_BACKTRACE` and it is not caught.
pub fn be_brief() {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |info: &PanicHookInfo<'_>| {
        if IS_CAUGHT.get() {
            return;
        }
        if env::var_os("RUST_BACKTRACE").is_some_and(|asked| asked != "0") {
            return usual(info);
        }
        let place = info.location().map_or_else(String::new, |place| format!(" ({}:{})", place.file(), place.line()));
        let what = reason(text_of(info.payload()));
        // where nobody listens, there is nobody to tell
        let _ = writeln!(io::stderr().lock(), "batlinet: a defect of this program{place}: {what}");
    }));
}

/// A text on one line: without the frames that libtorch's errors list, and not longer than a person reads.
pub(super) fn reason(text: &str) -> String {
    let text = text.split("Exception raised from").next().unwrap_or(text);
    // a text within a text has its line ends spelt out
    let line = text.replace("\\n", " ").split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= LONGEST {
        return line;
    }
    line.chars().take(LONGEST).chain(['…']).collect()
}

fn text_of(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("for an unknown reason")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_one_line_and_the_next_thing_works() {
        assert_eq!(
            caught(|| panic!("index 3 is\n out of range")),
            Err::<(), _>("panicked: index 3 is out of range".to_owned())
        );
        assert_eq!(caught(|| 3), Ok(3));
        assert!(!IS_CAUGHT.get());
    }

    #[test]
    fn the_frames_of_libtorch_are_left_out_and_long_texts_end() {
        let theirs = "value cannot be converted to type float without overflow\nException raised from checked_convert at \
                      ../c10/util/TypeCast.h:199 (most recent call first):\nframe #0: c10::Error::Error\n";
        let theirs = format!("called `Result::unwrap()` on an `Err` value: Torch({theirs:?})");
        let ours = reason(&theirs);
        assert!(ours.ends_with("without overflow"), "{ours}");
        assert!(!ours.contains("frame"), "{ours}");
        assert_eq!(reason(&"ä ".repeat(1000)).chars().count(), LONGEST + 1);
    }
}
