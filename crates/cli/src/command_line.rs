//! Command lines as a person would type them.

use memorygraph::domain::Cursor;

/// Writes a command line.
pub(crate) fn line_of(words: &[impl AsRef<str>]) -> String {
    let quoted = words.iter().map(|word| quoted(word.as_ref()));
    quoted.collect::<Vec<_>>().join(" ")
}

fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./:=+,@%~".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else if word.contains(['$', '`', '"', '\\', '!']) {
        format!("'{}'", word.replace('\'', "'\\''"))
    } else {
        format!("\"{word}\"")
    }
}

/// Returns the command that goes on where the one that runs ends.
pub(crate) fn further(cursor: &Cursor) -> String {
    let typed = std::env::args_os().skip(1);
    let words = typed.map(|word| word.to_string_lossy().into_owned());
    line_of(&after(words, &cursor.to_string()))
}

fn after(typed: impl Iterator<Item = String>, cursor: &str) -> Vec<String> {
    let mut words = vec!["memorygraph".to_owned()];
    let mut typed = typed.peekable();
    while let Some(word) = typed.next_if(|word| word != "--") {
        if word == "--after" {
            typed.next();
        } else if !word.starts_with("--after=") {
            words.push(word);
        }
    }
    words.extend(["--after".to_owned(), cursor.to_owned()]);
    words.extend(typed);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_a_shell_would_read_is_quoted() {
        let words = ["recall", "two words", "it's $5", "", "a/b.c"];
        assert_eq!(
            line_of(&words),
            r#"recall "two words" 'it'\''s $5' "" a/b.c"#
        );
    }

    #[test]
    fn the_next_page_is_asked_for_by_the_same_words() {
        for (typed, expected) in [
            ("recall a -n 5", "memorygraph recall a -n 5 --after C"),
            ("recall --after B a", "memorygraph recall a --after C"),
            ("recall a --after=B", "memorygraph recall a --after C"),
            (
                "recall -n 5 -- -a",
                "memorygraph recall -n 5 --after C -- -a",
            ),
        ] {
            let words = typed.split(' ').map(str::to_owned);
            assert_eq!(line_of(&after(words, "C")), expected);
        }
    }
}
