//! Words and where they stand.

/// A word and where it stands, in bytes.
///
/// Letters, digits and `_`; inside a word also `-`, `.` and apostrophes, so that `read-only`,
/// `v2.1`, `config.yaml` and `doesn't` are one word each.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word<'a> {
    pub(super) text: &'a str,
    pub(super) start: usize,
    pub(super) end: usize,
    /// Whether only spaces stand between the word before and this one.
    pub(super) joined: bool,
}

impl Word<'_> {
    pub(super) fn is_any(&self, words: &[&str]) -> bool {
        words
            .iter()
            .any(|word| self.text.eq_ignore_ascii_case(word))
    }
}

pub(super) fn words(text: &str) -> Vec<Word<'_>> {
    let is_letter = |c: char| c.is_alphanumeric() || c == '_';
    let mut words: Vec<Word<'_>> = Vec::new();
    let mut start = None;
    let mut characters = text.char_indices().chain([(text.len(), ' ')]).peekable();
    while let Some((at, c)) = characters.next() {
        let inside = is_letter(c)
            || (start.is_some()
                && matches!(c, '-' | '.' | '\'' | '’')
                && characters.peek().is_some_and(|&(_, next)| is_letter(next)));
        if inside {
            start.get_or_insert(at);
        } else if let Some(start) = start.take() {
            let joined = words
                .last()
                .is_some_and(|before| text[before.end..start].trim().is_empty());
            words.push(Word {
                text: &text[start..at],
                start,
                end: at,
                joined,
            });
        }
    }
    words
}

/// Whether words begin with these ones, with only spaces between them.
pub(super) fn begin_with(words: &[Word<'_>], expected: &[&str]) -> bool {
    words.len() >= expected.len()
        && words
            .iter()
            .zip(expected)
            .enumerate()
            .all(|(at, (word, expected))| word.is_any(&[*expected]) && (at == 0 || word.joined))
}
