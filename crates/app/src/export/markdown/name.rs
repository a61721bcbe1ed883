//! How the file of a memory is called.

use domain::MemoryId;
use sha2::{Digest, Sha256};

/// The most characters of a title in a name: with the rest of the name, at most 255 bytes.
const LONGEST: usize = 60;
/// How many letters tell memories of one title apart.
const LETTERS: usize = 10;
/// Names that Windows keeps for devices, whatever follows their first dot.
const RESERVED: [&str; 6] = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];
/// Names that Windows keeps for devices with a digit behind them.
const NUMBERED: [&str; 2] = ["COM", "LPT"];

/// Returns the name of the file without its ending: the title, without what a file system or a
/// link of Obsidian does not allow, and letters that follow from the id.
pub(super) fn of(id: &MemoryId, title: &str) -> String {
    let plain: String = plain(title).chars().take(LONGEST).collect();
    let plain = plain.trim_matches(|c: char| c == '.' || c == ' ');
    let title = if plain.is_empty() { "memory" } else { plain };
    let before = if is_reserved(title) { "_" } else { "" };
    format!("{before}{title} {}", letters(id))
}

/// Returns a text in one line, without the characters that have a meaning in names of files or in
/// links.
pub(super) fn plain(text: &str) -> String {
    let mut plain = String::new();
    for character in text.chars() {
        let character = match character {
            '\\' | '/' | ':' | '*' | '?' | '"' | '<' | '>' | '|' | '#' | '^' | '[' | ']' | '%'
            | '`' => ' ',
            _ if is_invisible(character) => continue,
            _ if character.is_whitespace() || character.is_control() => ' ',
            _ => character,
        };
        if character != ' ' || !plain.ends_with(' ') {
            plain.push(character);
        }
    }
    plain.trim().to_owned()
}

/// Marks of direction and order, which would make one name look like another. Joiners are part
/// of words and of emoji.
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff0}'..='\u{ffff}'
    )
}

fn is_reserved(name: &str) -> bool {
    let before_dot = name.split('.').next().unwrap_or_default().trim_end();
    let upper = before_dot.to_uppercase();
    let numbered = || {
        let digit = upper.chars().last()?;
        let name = upper.strip_suffix(digit)?;
        let digits = "0123456789¹²³";
        Some(digits.contains(digit) && NUMBERED.contains(&name))
    };
    RESERVED.contains(&upper.as_str()) || numbered() == Some(true)
}

/// Letters and digits that follow from the id, and hardly ever from another one: 50 bits.
fn letters(id: &MemoryId) -> String {
    const ALPHABET: [u8; 32] = *b"0123456789abcdefghjkmnpqrstvwxyz";
    let digest = Sha256::digest(id.as_str().as_bytes());
    let letters = digest[..LETTERS].iter();
    letters
        .map(|byte| char::from(ALPHABET[usize::from(byte % 32)]))
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn name(title: &str) -> String {
        of(&MemoryId::new("a").unwrap(), title)
    }

    #[test]
    fn a_title_keeps_what_it_can() {
        let title_of = |name: String| name.rsplit_once(' ').unwrap().0.to_owned();
        let names = [
            ("Redis timeout", "Redis timeout"),
            ("Why: a/b\\c?", "Why a b c"),
            ("[[x]] | #y ^z", "x y z"),
            ("..hidden..", "hidden"),
            ("v1.2, überall \u{1f980}", "v1.2, überall \u{1f980}"),
            ("two\nlines\t\u{7}", "two lines"),
            ("/:*", "memory"),
            ("a\u{202e}b", "ab"),
        ];
        for (title, expected) in names {
            assert_eq!(title_of(name(title)), expected, "{title:?}");
        }
    }

    #[test]
    fn names_of_devices_are_no_names() {
        for title in ["con", "NUL.txt", "Lpt1", "com¹.x", "CONIN$", "aux ."] {
            assert!(name(title).starts_with('_'), "{}", name(title));
        }
        for title in ["console", "com", "com10", "nullable"] {
            assert!(!name(title).starts_with('_'), "{}", name(title));
        }
    }

    #[test]
    fn one_title_of_two_memories_makes_two_names() {
        let ids = ["a", "b", "A"].map(|id| MemoryId::new(id).unwrap());
        let names = ids.map(|id| of(&id, "Title").to_lowercase());
        assert!(names[0] != names[1] && names[0] != names[2]);
        assert_eq!(name("Title"), name("Title"));
    }

    proptest! {
        #[test]
        fn every_name_is_safe(title in "\\PC{0,200}|[\\x01-\\x7f]{0,200}|\\p{any}{0,200}") {
            let name = name(&title);
            prop_assert!(name.len() + ".md".len() <= 255);
            prop_assert!(!name.contains(['\\', '/', ':', '*', '?', '"', '<', '>', '|']));
            prop_assert!(!name.contains(['#', '^', '[', ']', '%', '`']));
            prop_assert!(!name.chars().any(char::is_control));
            prop_assert!(!name.starts_with(['.', ' ']) && !name.ends_with(['.', ' ']));
            prop_assert!(!name.contains("  "));
        }
    }
}
