//! Words as a reader sees them, where the index sees only what stands between separators.

use std::borrow::Cow;

use unicode_normalization::char::decompose_compatible;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use super::letters::{Seen, bare, is_presentation_form, is_word_alone, seen};

/// An identifier has fewer parts; what has more is encoded data.
const MOST_HUMPS: usize = 16;

/// Composes letters with their accents, and spells presentation forms plainly.
pub(super) fn normalised(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    if !text.chars().any(is_presentation_form) {
        return match is_nfc_quick(text.chars()) {
            IsNormalized::Yes => Cow::Borrowed(text),
            _ => Cow::Owned(text.nfc().collect()),
        };
    }
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        if is_presentation_form(c) {
            decompose_compatible(c, |part| plain.push(part));
        } else {
            plain.push(c);
        }
    }
    Cow::Owned(plain.nfc().collect())
}

/// A text without accents: each letter as [`bare`] has it, without marks.
pub(super) fn without_marks(text: &str) -> String {
    text.chars()
        .filter(|&c| seen(c) != Seen::Mark)
        .map(bare)
        .collect()
}

/// What a word is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Letters and digits.
    Letters,
    /// Letters of a script without spaces: rather a phrase than a word.
    Unspaced,
    /// One pictograph or flag.
    Emoji,
}

/// A word in its text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word<'a> {
    pub(super) kind: Kind,
    pub(super) raw: &'a str,
    before: &'a str,
    after: &'a str,
}

/// The words of a [normalised] text, in order. Marks belong to the word before them.
pub(super) fn words(text: &str) -> impl Iterator<Item = Word<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        // Most of most texts is ASCII, which needs no decoding.
        at += run(&text.as_bytes()[at..], |byte| {
            byte.is_ascii() && !byte.is_ascii_alphanumeric()
        });
        let (start, kind) = text[at..].char_indices().find_map(|(offset, c)| {
            let kind = match seen(c) {
                Seen::Letter => Kind::Letters,
                Seen::Unspaced => Kind::Unspaced,
                Seen::Emoji | Seen::Flag => Kind::Emoji,
                Seen::Mark | Seen::Separator => return None,
            };
            Some((at + offset, kind))
        })?;
        at = start + length(&text[start..]);
        Some(Word {
            kind,
            raw: &text[start..at],
            before: &text[..start],
            after: &text[at..],
        })
    })
}

/// Counts the bytes at the start of a text that are alike.
fn run(bytes: &[u8], alike: impl Fn(u8) -> bool) -> usize {
    bytes.iter().take_while(|&&byte| alike(byte)).count()
}

/// The length in bytes of the word that a text starts with.
fn length(text: &str) -> usize {
    let letters = run(text.as_bytes(), |byte| byte.is_ascii_alphanumeric());
    let next = text.as_bytes().get(letters);
    if letters > 0 && next.is_none_or(u8::is_ascii) {
        return letters;
    }
    let mut characters = text.char_indices().map(|(at, c)| (at, seen(c)));
    let first = characters.next().map(|(_, first)| first);
    let mut flags = 1;
    characters
        .find(|&(_, next)| match (first, next) {
            (_, Seen::Mark) => false,
            (Some(Seen::Flag), Seen::Flag) => {
                flags += 1;
                flags > 2
            }
            (Some(Seen::Emoji), _) => true,
            (first, next) => first != Some(next),
        })
        .map_or(text.len(), |(end, _)| end)
}

impl Word<'_> {
    /// Whether no index can see the word in another way than we do, and it has no other form: ASCII
    /// among ASCII, two letters or more, and small ones after the first.
    pub(super) fn is_plain(self) -> bool {
        let [first, rest @ ..] = self.raw.as_bytes() else {
            return false;
        };
        let before = self.before.chars().next_back();
        let after = self.after.chars().next();
        first.is_ascii_alphabetic()
            && !rest.is_empty()
            && rest.iter().all(u8::is_ascii_lowercase)
            && before.is_none_or(|c| c.is_ascii())
            && after.is_none_or(|c| c.is_ascii())
    }

    /// Calls back with each way to write the word, or a piece of it, that a person may type.
    pub(super) fn each_form(self, mut form: impl FnMut(&str)) {
        match self.kind {
            Kind::Letters => {
                if self.raw.is_ascii() {
                    form(self.raw);
                } else {
                    form(&without_marks(self.raw));
                }
                if let Some(name) = self.name_with_sign() {
                    form(&name);
                }
                if let Some(name) = before_number(self.raw) {
                    form(&without_marks(name));
                }
                for hump in humps(self.raw) {
                    let hump = without_marks(hump);
                    form(&hump);
                    if let Some(name) = before_number(&hump) {
                        form(name);
                    }
                }
            }
            Kind::Unspaced => {
                let run = without_marks(self.raw);
                for c in run.chars().filter(|&c| is_word_alone(c)) {
                    form(c.encode_utf8(&mut [0; 4]));
                }
                pairs(&run).for_each(form);
            }
            Kind::Emoji => form(&self.emoji_name()),
        }
    }

    /// The pieces that stand for the word in a question when all of them are found. None when
    /// the word is all of one piece.
    pub(super) fn pieces(self) -> Vec<String> {
        match self.kind {
            Kind::Letters => humps(self.raw).into_iter().map(without_marks).collect(),
            Kind::Unspaced => pairs(&without_marks(self.raw)).map(str::to_owned).collect(),
            Kind::Emoji => Vec::new(),
        }
    }

    /// A word for an emoji: `u`, then its code point in hexadecimal; both code points of a flag.
    pub(super) fn emoji_name(self) -> String {
        use std::fmt::Write as _;
        let mut name = String::new();
        for c in self.raw.chars().filter(|&c| seen(c) != Seen::Mark) {
            write!(name, "u{:x}", u32::from(c)).expect("a String takes all that is written");
        }
        name
    }

    /// `csharp` for C#, `cplusplus` for C++: programming languages that are one letter and a sign.
    pub(super) fn name_with_sign(self) -> Option<String> {
        let [letter] = *self.raw.as_bytes() else {
            return None;
        };
        let (sign, after) = if let Some(after) = self.after.strip_prefix('#') {
            ("sharp", after)
        } else {
            ("plusplus", self.after.strip_prefix("++")?)
        };
        let ends = !after.starts_with(|next: char| next.is_alphanumeric() || "+#".contains(next));
        (ends && letter.is_ascii_alphabetic()).then(|| format!("{}{sign}", self.raw))
    }

    /// Whether the word is what an apostrophe joins to another: the `s` of "user's", both halves
    /// of "don't".
    pub(super) fn is_contracted(self) -> bool {
        let apostrophe = |c| matches!(c, '\'' | '’');
        let tail = self
            .before
            .strip_suffix(apostrophe)
            .is_some_and(|head| head.ends_with(char::is_alphabetic))
            && ["s", "t", "d", "m", "ll", "re", "ve"]
                .iter()
                .any(|tail| tail.eq_ignore_ascii_case(self.raw));
        let negated = self.raw.ends_with(['n', 'N'])
            && self
                .after
                .strip_prefix(apostrophe)
                .and_then(|after| after.strip_prefix(['t', 'T']))
                .is_some_and(|after| !after.starts_with(char::is_alphanumeric));
        tail || negated
    }
}

/// The overlapping pairs of neighbours; the character itself when it has none.
fn pairs(run: &str) -> impl Iterator<Item = &str> {
    let alone = (run.chars().count() == 1).then_some(run);
    let starts = run.char_indices().map(|(at, _)| at);
    let ends = starts.clone().skip(2).chain([run.len()]);
    alone.into_iter().chain(
        starts
            .zip(ends)
            .filter(move |_| alone.is_none())
            .map(|(start, end)| &run[start..end]),
    )
}

/// `python` for `python3`: the letters of a word of at least two that ends in a number.
fn before_number(word: &str) -> Option<&str> {
    let name = word.trim_end_matches(|c: char| c.is_ascii_digit());
    let named = name.len() < word.len()
        && name.chars().nth(1).is_some()
        && name.chars().all(char::is_alphabetic);
    named.then_some(name)
}

/// The parts of a camelCase word, cut before a capital that follows a small letter (`user|Id`),
/// or that begins a small word after capitals (`HTTP|Server`) or digits (`s3|Bucket`). None when
/// it is all of one part, or of more than [`MOST_HUMPS`].
fn humps(word: &str) -> Vec<&str> {
    if !word.chars().skip(1).any(char::is_uppercase) {
        return Vec::new();
    }
    let letters: Vec<(usize, char)> = word
        .char_indices()
        .filter(|&(_, c)| seen(c) != Seen::Mark)
        .collect();
    let mut parts = Vec::new();
    let mut start = 0;
    for (index, pair) in letters.windows(2).enumerate() {
        let [(_, left), (cut, right)] = *pair else {
            continue;
        };
        let begins_small_word = match letters[index + 2..] {
            // A plural, as in URLs.
            [] | [(_, 's')] => false,
            [(_, next), ..] => next.is_lowercase(),
        };
        if right.is_uppercase() && (left.is_lowercase() || begins_small_word) {
            parts.push(&word[start..cut]);
            start = cut;
        }
    }
    if !parts.is_empty() {
        parts.push(&word[start..]);
    }
    if parts.len() > MOST_HUMPS {
        parts.clear();
    }
    parts
}
