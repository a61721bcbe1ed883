//! English stems, as FTS5's `porter` makes them.
//!
//! The algorithm is M. F. Porter's, "An algorithm for suffix stripping", Program 14(3), 1980,
//! pages 130-137, with the author's later departures (`bli`, `logi`). FTS5 differs from it in two
//! ways: a suffix must be shorter than the word, and words of fewer than 3 or more than 64 bytes
//! stay as they are. Bytes that are not ASCII count as consonants.

/// Words of more bytes are names, hashes or sentences without spaces, and have no stem.
const LONGEST: usize = 64;

/// Turns a word in lower case into its stem.
///
/// A word without ASCII letters at its end has none of the suffixes and stays as it is.
pub(super) fn stem(word: &mut String) {
    if !(3..=LONGEST).contains(&word.len()) {
        return;
    }
    // All suffixes are ASCII, and so is the end of every word that has one.
    if !word.ends_with(|last: char| last.is_ascii_lowercase()) {
        return;
    }
    plural(word);
    past_and_progressive(word);
    final_y(word);
    for suffixes in [double_suffix, second_suffix] {
        if let Some((length, replacement)) = strip(word, suffixes)
            && measure(&word.as_bytes()[..length]) > 0
        {
            replace_end(word, length, replacement);
        }
    }
    last_suffix(word);
    final_e(word);
    if word.ends_with("ll") && measure(&word.as_bytes()[..word.len() - 1]) > 1 {
        word.pop();
    }
}

type Suffixes = &'static [(&'static str, &'static str)];

/// Step 1a: caresses, ponies, cats.
fn plural(word: &mut String) {
    let bytes = word.as_bytes();
    let length = bytes.len();
    let cut = match bytes {
        [_, .., b's', b's', b'e', b's'] | [_, .., b'i', b'e', b's'] => 2,
        [.., b's', b's'] => 0,
        [.., b's'] => 1,
        _ => 0,
    };
    word.truncate(length - cut);
}

/// Step 1b: agreed, plastered, motoring; then a stem that one would write: conflat(ed) -> conflate,
/// hopp(ing) -> hop, fil(ing) -> file.
fn past_and_progressive(word: &mut String) {
    let length = word.len();
    if length > 3 && word.ends_with("eed") {
        if measure(&word.as_bytes()[..length - 3]) > 0 {
            word.pop();
        }
        return;
    }
    let cut = if word.ends_with("ed") {
        2
    } else if length > 3 && word.ends_with("ing") {
        3
    } else {
        return;
    };
    if !has_vowel(&word.as_bytes()[..length - cut]) {
        return;
    }
    word.truncate(length - cut);
    let stem = word.as_bytes();
    match stem {
        [_, .., b'a', b't'] | [_, .., b'b', b'l'] | [_, .., b'i', b'z'] => word.push('e'),
        // Half of a doubled consonant goes; FTS5 does so to bytes beyond ASCII as well, which
        // may leave a broken character that no `String` can hold.
        [.., a, b]
            if a == b
                && b.is_ascii()
                && !is_vowel(*b, false)
                && !matches!(b, b'l' | b's' | b'z') =>
        {
            word.pop();
        }
        _ if measure(stem) == 1 && ends_short(stem) => word.push('e'),
        _ => {}
    }
}

/// Step 1c: happy -> happi, sky -> sky.
fn final_y(word: &mut String) {
    if word.ends_with('y') && has_vowel(&word.as_bytes()[..word.len() - 1]) {
        replace_end(word, word.len() - 1, "i");
    }
}

/// Step 2, by the last letter but one.
fn double_suffix(last_but_one: u8) -> Suffixes {
    match last_but_one {
        b'a' => &[("ational", "ate"), ("tional", "tion")],
        b'c' => &[("enci", "ence"), ("anci", "ance")],
        b'e' => &[("izer", "ize")],
        b'g' => &[("logi", "log")],
        b'l' => &[
            ("bli", "ble"),
            ("alli", "al"),
            ("entli", "ent"),
            ("eli", "e"),
            ("ousli", "ous"),
        ],
        b'o' => &[("ization", "ize"), ("ation", "ate"), ("ator", "ate")],
        b's' => &[
            ("alism", "al"),
            ("iveness", "ive"),
            ("fulness", "ful"),
            ("ousness", "ous"),
        ],
        b't' => &[("aliti", "al"), ("iviti", "ive"), ("biliti", "ble")],
        _ => &[],
    }
}

/// Step 3, by the last letter but one.
fn second_suffix(last_but_one: u8) -> Suffixes {
    match last_but_one {
        b'a' => &[("ical", "ic")],
        b's' => &[("ness", "")],
        b't' => &[("icate", "ic"), ("iciti", "ic")],
        b'u' => &[("ful", "")],
        b'v' => &[("ative", "")],
        b'z' => &[("alize", "al")],
        _ => &[],
    }
}

/// Step 4, by the last letter but one.
fn removed_suffix(last_but_one: u8) -> Suffixes {
    match last_but_one {
        b'a' => &[("al", "")],
        b'c' => &[("ance", ""), ("ence", "")],
        b'e' => &[("er", "")],
        b'i' => &[("ic", "")],
        b'l' => &[("able", ""), ("ible", "")],
        b'n' => &[("ant", ""), ("ement", ""), ("ment", ""), ("ent", "")],
        b'o' => &[("ion", ""), ("ou", "")],
        b's' => &[("ism", "")],
        b't' => &[("ate", ""), ("iti", "")],
        b'u' => &[("ous", "")],
        b'v' => &[("ive", "")],
        b'z' => &[("ize", "")],
        _ => &[],
    }
}

fn last_suffix(word: &mut String) {
    let Some((length, _)) = strip(word, removed_suffix) else {
        return;
    };
    let (stem, suffix) = word.as_bytes().split_at(length);
    if measure(stem) > 1 && (suffix != b"ion" || matches!(stem, [.., b's' | b't'])) {
        word.truncate(length);
    }
}

/// Step 5a: probate -> probat, cease -> ceas, rate -> rate.
fn final_e(word: &mut String) {
    if let Some(stem) = word.as_bytes().strip_suffix(b"e") {
        let goes = match measure(stem) {
            0 => false,
            1 => !ends_short(stem),
            _ => true,
        };
        if goes {
            word.pop();
        }
    }
}

/// Finds the first of the suffixes that the word has with something before it: how long that is,
/// and what replaces the suffix.
fn strip(word: &str, suffixes: fn(u8) -> Suffixes) -> Option<(usize, &'static str)> {
    let bytes = word.as_bytes();
    let [.., last_but_one, _] = *bytes else {
        return None;
    };
    suffixes(last_but_one)
        .iter()
        .find_map(|&(suffix, replacement)| {
            let stem = bytes.strip_suffix(suffix.as_bytes())?;
            (!stem.is_empty()).then_some((stem.len(), replacement))
        })
}

fn replace_end(word: &mut String, from: usize, replacement: &str) {
    word.truncate(from);
    word.push_str(replacement);
}

/// Whether a byte is a vowel; `y` is one after a consonant.
fn is_vowel(byte: u8, after_consonant: bool) -> bool {
    matches!(byte, b'a' | b'e' | b'i' | b'o' | b'u') || (byte == b'y' && after_consonant)
}

fn has_vowel(stem: &[u8]) -> bool {
    stem.iter()
        .enumerate()
        .any(|(at, &byte)| is_vowel(byte, at > 0))
}

/// Porter's measure: how often consonants follow vowels.
fn measure(stem: &[u8]) -> usize {
    let mut measure = 0;
    let mut consonant = false;
    let mut after_vowel = false;
    for &byte in stem {
        consonant = !is_vowel(byte, consonant);
        measure += usize::from(consonant && after_vowel);
        after_vowel = !consonant;
    }
    measure
}

/// Porter's `*o`: the stem ends in consonant, vowel, consonant, the last of them not w, x or y.
fn ends_short(stem: &[u8]) -> bool {
    if stem.len() < 3 || matches!(stem, [.., b'w' | b'x' | b'y']) {
        return false;
    }
    let mut consonant = false;
    let mut last_three = 0b111;
    for &byte in stem {
        consonant = !is_vowel(byte, consonant);
        last_three = (last_three << 1 | u8::from(consonant)) & 0b111;
    }
    last_three == 0b101
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn stemmed(word: &str) -> String {
        let mut word = word.to_owned();
        stem(&mut word);
        word
    }

    /// The examples of Porter's paper, step by step, with the stems of his published vocabulary.
    #[test]
    fn words_of_the_paper_have_their_published_stems() {
        let vocabulary = "caresses caress ponies poni ties ti caress caress cats cat feed feed \
            agreed agre plastered plaster bled bled motoring motor sing sing conflated conflat \
            troubled troubl sized size hopping hop tanned tan falling fall hissing hiss \
            fizzed fizz failing fail filing file happy happi sky sky relational relat \
            conditional condit rational ration valenci valenc hesitanci hesit digitizer digit \
            conformabli conform radicalli radic differentli differ vileli vile \
            analogousli analog vietnamization vietnam predication predic operator oper \
            feudalism feudal decisiveness decis hopefulness hope callousness callous \
            formaliti formal sensitiviti sensit sensibiliti sensibl triplicate triplic \
            formative form formalize formal electriciti electr electrical electr hopeful hope \
            goodness good revival reviv allowance allow inference infer airliner airlin \
            gyroscopic gyroscop adjustable adjust defensible defens irritant irrit \
            replacement replac adjustment adjust dependent depend adoption adopt \
            homologou homolog communism commun activate activ angulariti angular \
            homologous homolog effective effect bowdlerize bowdler probate probat rate rate \
            cease ceas controlled control roll roll generalizations gener oscillators oscil";
        let words: Vec<_> = vocabulary.split_whitespace().collect();
        for pair in words.chunks(2) {
            assert_eq!(stemmed(pair[0]), pair[1], "{}", pair[0]);
        }
    }

    /// What FTS5 answers where it differs from the paper, or the paper is silent.
    #[test]
    fn odd_words_have_the_stems_of_the_engine() {
        let answers = [
            ("as", "as"),
            ("ies", "ie"),
            ("sses", "sse"),
            ("eed", "e"),
            ("ing", "ing"),
            ("ization", "izat"),
            ("archaeology", "archaeolog"),
            ("possibly", "possibl"),
            ("yyed", "y"),
            ("großtes", "großt"),
            ("être", "être"),
            ("日本語", "日本語"),
            ("sha256s", "sha256"),
        ];
        for (word, expected) in answers {
            assert_eq!(stemmed(word), expected, "{word}");
        }
    }

    #[test]
    fn only_words_of_3_to_64_bytes_have_stems() {
        let longest = "s".repeat(60) + "ings";
        assert_eq!(longest.len(), LONGEST);
        assert_ne!(
            stemmed(&longest.replacen('s', "a", 1)),
            longest.replacen('s', "a", 1)
        );
        let longer = "a".to_owned() + &longest;
        assert_eq!(stemmed(&longer), longer);
    }

    proptest! {
        #[test]
        fn a_stem_is_there_and_at_most_as_long(
            word in "[a-zé語]{1,8}(ed|ing|s|es|ational|ement|ll|y|e|at|bl|iz){0,3}"
        ) {
            let stem = stemmed(&word);
            prop_assert!(!stem.is_empty() && stem.len() <= word.len());
        }
    }
}
