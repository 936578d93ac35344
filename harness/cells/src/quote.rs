//! What files hold, shown to a person: never long, and without anything that would steer the terminal.

use std::borrow::Cow;
use std::fmt::Display;

/// The first `most` letters, on one line and harmless; `…` stands for the rest.
pub fn shown(text: impl Display, most: usize) -> String {
    let text = text.to_string();
    let mut letters = text.chars();
    let mut shown = String::new();
    for letter in letters.by_ref().take(most) {
        push(&mut shown, letter, is_harmful);
    }
    if letters.next().is_some() {
        shown.push('…');
    }
    shown
}

/// All of it, with its lines and tabs as they are and everything else that is no text escaped.
pub fn harmless(text: &str) -> Cow<'_, str> {
    let is_harmful = |letter| is_harmful(letter) && !matches!(letter, '\n' | '\t');
    if !text.contains(is_harmful) {
        return text.into();
    }
    let mut harmless = String::with_capacity(text.len());
    text.chars().for_each(|letter| push(&mut harmless, letter, is_harmful));
    harmless.into()
}

fn push(text: &mut String, letter: char, is_harmful: impl Fn(char) -> bool) {
    if is_harmful(letter) {
        text.extend(letter.escape_default());
    } else {
        text.push(letter);
    }
}

/// Whether a letter does something else than stand there: moves the cursor, colours, turns the direction of writing, hides.
fn is_harmful(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(letter, '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_short_and_stays_on_its_line() {
        assert_eq!(shown("Zelle ü \"1\"", 80), "Zelle ü \"1\"");
        assert_eq!(shown("\u{1b}[31mred\r\n\u{202e}", 80), "\\u{1b}[31mred\\r\\n\\u{202e}");
        assert_eq!(shown("üüüü", 3), "üüü…");
        assert_eq!(shown("üüü", 3), "üüü");
        assert_eq!(shown("", 0), "");
    }

    #[test]
    fn a_table_keeps_its_lines() {
        assert_eq!(harmless("a\tb\nc\n"), "a\tb\nc\n");
        assert!(matches!(harmless("é 中\n"), Cow::Borrowed(_)));
        assert_eq!(harmless("a\n\u{9b}2J\u{7}"), "a\n\\u{9b}2J\\u{7}");
    }
}
