//! Phrases that a marker word announces.

use super::words::{Word, begin_with};

/// What a marker announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Marker {
    Condition,
    Evidence,
    Time,
    Exception,
}

/// The longer of two markers that begin alike stands first.
pub(super) const MARKERS: &[(&[&str], Marker)] = &[
    (&["when"], Marker::Condition),
    (&["if"], Marker::Condition),
    (&["requires"], Marker::Condition),
    (&["only", "works", "in"], Marker::Condition),
    (&["only", "in"], Marker::Condition),
    (&["verified", "by"], Marker::Evidence),
    (&["tested", "by"], Marker::Evidence),
    (&["proven", "by"], Marker::Evidence),
    (&["observed", "in"], Marker::Evidence),
    (&["since"], Marker::Time),
    (&["after"], Marker::Time),
    (&["as", "of"], Marker::Time),
    (&["except", "for"], Marker::Exception),
    (&["except"], Marker::Exception),
    (&["excluding"], Marker::Exception),
    (&["but", "not"], Marker::Exception),
    (&["without"], Marker::Exception),
];

/// The marker that words begin with, and how many of them it has.
fn marker(words: &[Word<'_>]) -> Option<(Marker, usize)> {
    MARKERS
        .iter()
        .find(|(marker, _)| begin_with(words, marker))
        .map(|&(marker, kind)| (kind, marker.len()))
}

/// Whether a phrase ends where another one with this marker begins. Conditions and times may be
/// nested ("if deployed after noon"), and "without" mostly belongs to the phrase around it.
fn ends_phrase(words: &[Word<'_>]) -> bool {
    match marker(words) {
        Some((Marker::Evidence, _)) => true,
        Some((Marker::Exception, _)) => !words[0].is_any(&["without"]),
        _ => false,
    }
}

/// The phrases that markers announce, in order. Phrases of one kind do not overlap.
pub(super) fn phrases<'a>(text: &'a str, words: &[Word<'_>]) -> Vec<(Marker, &'a str)> {
    let stops: Vec<usize> = (0..words.len())
        .filter(|&at| ends_phrase(&words[at..]))
        .map(|at| words[at].start)
        .collect();
    let mut phrases = Vec::new();
    let mut free_from = [0; 4];
    let mut exception_from = None;
    for (at, word) in words.iter().enumerate() {
        let rest = &words[at..];
        let Some((marker, length)) = marker(rest) else {
            if let Some(environment) = environment(text, rest)
                && word.start >= free_from[Marker::Condition as usize]
            {
                phrases.push((Marker::Condition, environment));
            }
            continue;
        };
        let from = rest[length - 1].end;
        // "Except when offline" is an exception, and no condition.
        let excepted = word.joined && at > 0 && exception_from == Some(words[at - 1].end);
        if word.start < free_from[marker as usize] || (excepted && marker == Marker::Condition) {
            continue;
        }
        if marker == Marker::Exception {
            exception_from = Some(from);
        }
        let stop = stops[stops.partition_point(|&stop| stop < from)..]
            .first()
            .map_or(text.len(), |&stop| stop);
        let end = from + phrase_length(&text[from..stop]);
        let mut phrase = text[from..end].trim();
        if rest[length - 1].is_any(&["in"]) {
            phrase = without_environment(phrase);
        }
        if phrase.contains(char::is_alphanumeric) {
            free_from[marker as usize] = end;
            phrases.push((marker, phrase));
        }
    }
    phrases
}

/// How far a phrase goes: to a comma (not that of 1,000), a semicolon, the end of the sentence or
/// line, or the bracket that closes around the phrase.
fn phrase_length(text: &str) -> usize {
    let mut open_brackets = 0_usize;
    let mut before = ' ';
    let mut characters = text.char_indices().peekable();
    while let Some((at, c)) = characters.next() {
        let next = characters.peek().map(|&(_, next)| next);
        let ends = match c {
            ';' | '\n' => true,
            ',' => !(before.is_ascii_digit() && next.is_some_and(|next| next.is_ascii_digit())),
            '.' | '!' | '?' => next.is_none_or(char::is_whitespace),
            '(' | '[' => {
                open_brackets += 1;
                false
            }
            ')' | ']' if open_brackets == 0 => true,
            ')' | ']' => {
                open_brackets -= 1;
                false
            }
            _ => false,
        };
        if ends {
            return at;
        }
        before = c;
    }
    text.len()
}

/// The X of "in X environment", where X has one to three words, an article not counted.
fn environment<'a>(text: &'a str, words: &[Word<'_>]) -> Option<&'a str> {
    let (first, rest) = words.split_first()?;
    if !first.is_any(&["in"]) {
        return None;
    }
    let article = rest.first()?.is_any(&["a", "an", "the", "our", "this"]);
    let named = &rest[usize::from(article)..];
    let length = named
        .iter()
        .take(4)
        .take_while(|word| word.joined)
        .position(|word| word.is_any(&["environment", "environments"]))
        .filter(|&length| length > 0 && rest[0].joined)?;
    Some(&text[named[0].start..named[length - 1].end])
}

fn without_environment(phrase: &str) -> &str {
    ["environment", "environments"]
        .iter()
        .find_map(|noun| phrase.strip_suffix(noun)?.strip_suffix(' '))
        .map_or(phrase, str::trim_end)
}
