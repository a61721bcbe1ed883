//! Single characters: how the index sees them, and how a reader does.

use unicode_normalization::char::{canonical_combining_class, decompose_canonical};
use unicode_properties::{
    GeneralCategory, GeneralCategoryGroup, UnicodeEmoji, UnicodeGeneralCategory,
};

/// What the index makes of a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Indexed {
    /// Belongs to a token, as this character.
    As(char),
    /// Leaves no trace inside a token, and separates outside of one.
    Accent,
    /// Ends a token.
    Separator,
}

/// Says what FTS5's `unicode61 remove_diacritics 2` makes of a character.
///
/// Letters, numbers and private use characters make tokens. Its tables are those of Unicode 6.1,
/// and what Unicode 6.1 had not assigned makes tokens too. (Engines before 3.5x differ for the
/// noncharacters U+FFFE and U+FFFF, which no text has.)
#[inline]
pub(super) fn indexed(c: char) -> Indexed {
    if c.is_ascii() {
        return if c.is_ascii_alphanumeric() {
            Indexed::As(c.to_ascii_lowercase())
        } else {
            Indexed::Separator
        };
    }
    indexed_beyond_ascii(c)
}

fn indexed_beyond_ascii(c: char) -> Indexed {
    match c {
        // The bulk of Chinese, Japanese and Korean text, where no table has more to say.
        '\u{3041}'..='\u{3096}' | '\u{4e00}'..='\u{9fcc}' | '\u{ac00}'..='\u{d7a3}' => {
            Indexed::As(c)
        }
        '\u{300}'..='\u{331}' if is_indexed_accent(c) => Indexed::Accent,
        _ if was_a_mark(c) => Indexed::Separator,
        _ if is_younger_than_the_index(c) => Indexed::As(c),
        _ if is_letter(c) => Indexed::As(index_fold(c)),
        _ => Indexed::Separator,
    }
}

/// New Tai Lue vowels and two Vedic signs, which Unicode 6.1 had as marks and now has as letters.
fn was_a_mark(c: char) -> bool {
    matches!(c, '\u{19b0}'..='\u{19c0}' | '\u{19c8}'..='\u{19c9}' | '\u{1cf2}'..='\u{1cf3}')
}

/// The combining marks that `sqlite3Fts5UnicodeIsdiacritic` knows.
fn is_indexed_accent(c: char) -> bool {
    matches!(
        c,
        '\u{300}'..='\u{304}'
            | '\u{306}'..='\u{30c}'
            | '\u{30f}'
            | '\u{311}'
            | '\u{31b}'
            | '\u{323}'..='\u{328}'
            | '\u{32d}'..='\u{32e}'
            | '\u{330}'..='\u{331}'
    )
}

/// Lower case by simple case folding, and without accents where that leaves a letter of ASCII.
fn index_fold(c: char) -> char {
    let lower = match c {
        // Simple case folding where it is more than lower case (Unicode's CaseFolding.txt).
        '\u{b5}' => 'μ',
        '\u{130}' => return 'i',
        '\u{17f}' | '\u{1e9b}' => return 's',
        '\u{3c2}' => 'σ',
        '\u{3d0}' => 'β',
        '\u{3d1}' => 'θ',
        '\u{3d5}' => 'φ',
        '\u{3d6}' => 'π',
        '\u{3f0}' => 'κ',
        '\u{3f1}' => 'ρ',
        '\u{3f5}' => 'ε',
        '\u{1fbe}' => 'ι',
        // The one letter of ASCII under two accents that SQLite leaves as it is.
        '\u{1e0}' | '\u{1e1}' => return '\u{1e1}',
        _ => lower_case(c),
    };
    match base(lower) {
        Some(base) if base.is_ascii() => base,
        _ => lower,
    }
}

/// The lower case of a character where that is one character, else the character itself.
pub(super) fn lower_case(c: char) -> char {
    let mut lower = c.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}

/// The letter under the accents of a character, or `None` when it has no accents.
fn base(c: char) -> Option<char> {
    let mut base = None;
    let mut accents = false;
    let mut others = false;
    decompose_canonical(c, |part| {
        if base.is_none() {
            base = Some(part);
        } else if canonical_combining_class(part) == 0 {
            others = true;
        } else {
            accents = true;
        }
    });
    base.filter(|_| accents && !others)
}

/// Letters, numbers, private use characters, and what Unicode has not assigned yet.
fn is_letter(c: char) -> bool {
    matches!(
        c.general_category_group(),
        GeneralCategoryGroup::Letter | GeneralCategoryGroup::Number
    ) || matches!(
        c.general_category(),
        GeneralCategory::PrivateUse | GeneralCategory::Unassigned
    )
}

/// Whether the tables of FTS5 lack a character whose category or case would now say otherwise.
///
/// Ranges span neighbours for which it makes no difference. They come from comparing the
/// answer of FTS5 for every code point with that of the tables used here (Unicode 18).
fn is_younger_than_the_index(c: char) -> bool {
    let c = u32::from(c);
    let after = YOUNGER.partition_point(|&(first, _)| first <= c);
    after > 0 && c <= YOUNGER[after - 1].1
}

/// First and last code points, ascending.
#[rustfmt::skip]
const YOUNGER: &[(u32, u32)] = &[
    (0x37f, 0x37f), (0x528, 0x52e), (0x58d, 0x58e), (0x5c8, 0x5c9), (0x605, 0x605), (0x61c, 0x61d),
    (0x7fd, 0x7ff), (0x888, 0x8e3), (0x8ff, 0x8ff), (0x9fd, 0x9fe), (0xa76, 0xa76), (0xafa, 0xaff),
    (0xb53, 0xb55), (0xc00, 0xc00), (0xc04, 0xc3c), (0xc77, 0xc77), (0xc81, 0xc81), (0xc84, 0xc84),
    (0xcf3, 0xd01), (0xd3b, 0xd3c), (0xd4f, 0xd4f), (0xd81, 0xd81), (0xeba, 0xeba), (0xece, 0xece),
    (0x13a0, 0x13f5), (0x1715, 0x1715), (0x180f, 0x1886), (0x1ab0, 0x1af0), (0x1b4e, 0x1b4f),
    (0x1b7d, 0x1b7f), (0x1c89, 0x1cbf), (0x1cf7, 0x1cf9), (0x1de7, 0x1dfb), (0x2066, 0x2069),
    (0x20ba, 0x20c4), (0x218a, 0x218b), (0x23f4, 0x23ff), (0x2427, 0x2429), (0x2700, 0x2700),
    (0x2b4d, 0x2b4f), (0x2b5a, 0x2bff), (0x2c2f, 0x2c2f), (0x2e3c, 0x2e63), (0x2ffc, 0x2fff),
    (0x31e4, 0x31ef), (0x32ff, 0x32ff), (0xa698, 0xa69e), (0xa796, 0xa79e), (0xa7ab, 0xa7f5),
    (0xa82c, 0xa82c), (0xa8c5, 0xa8c5), (0xa8fc, 0xa8ff), (0xa9e5, 0xa9e5), (0xaa7c, 0xaa7d),
    (0xab5b, 0xab6b), (0xfbc2, 0xfbd2), (0xfd40, 0xfdcf), (0xfdfe, 0xfdff), (0xfe27, 0xfe2f),
    (0x1018c, 0x1018e), (0x1019c, 0x101a0), (0x102e0, 0x1037a), (0x104b0, 0x10595),
    (0x10877, 0x10878), (0x10ac8, 0x10af6), (0x10b99, 0x10f89), (0x11070, 0x1107f),
    (0x110c2, 0x110cd), (0x11145, 0x11175), (0x111c9, 0x1166c), (0x116b9, 0x11fff),
    (0x12474, 0x16f4f), (0x16f7f, 0x16f87), (0x16fe2, 0x1cfc3), (0x1d127, 0x1d128),
    (0x1d1de, 0x1d1ff), (0x1d250, 0x1d281), (0x1d800, 0x1ed2e), (0x1f0bf, 0x1f0bf),
    (0x1f0e0, 0x1f10f), (0x1f12f, 0x1f12f), (0x1f16c, 0x1f16f), (0x1f19b, 0x1f1ae),
    (0x1f23b, 0x1f23b), (0x1f260, 0x1f265), (0x1f321, 0x1f32f), (0x1f336, 0x1f336),
    (0x1f37d, 0x1f37f), (0x1f394, 0x1f39f), (0x1f3c5, 0x1f3c5), (0x1f3cb, 0x1f3df),
    (0x1f3f1, 0x1f3ff), (0x1f43f, 0x1f43f), (0x1f441, 0x1f441), (0x1f4f8, 0x1f4f8),
    (0x1f4fd, 0x1f4ff), (0x1f53e, 0x1f53f), (0x1f544, 0x1f54f), (0x1f568, 0x1f5fa),
    (0x1f641, 0x1f644), (0x1f650, 0x1f67f), (0x1f6c6, 0x1f6fc), (0x1f774, 0x1fbfa),
];

/// What a reader sees in a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// A letter or digit of a script that puts spaces between words.
    Letter,
    /// A letter of a script that does not.
    Unspaced,
    /// A pictograph.
    Emoji,
    /// Half of a flag.
    Flag,
    /// Part of what stands before it: accents, vowel signs, joiners, variation selectors.
    Mark,
    /// Punctuation, symbols, spaces, controls.
    Separator,
}

/// Says what a reader sees in a character.
#[inline]
pub(super) fn seen(c: char) -> Seen {
    if c.is_ascii() {
        return if c.is_ascii_alphanumeric() {
            Seen::Letter
        } else {
            Seen::Separator
        };
    }
    seen_beyond_ascii(c)
}

fn seen_beyond_ascii(c: char) -> Seen {
    match c {
        // Soft hyphen, joiners, tags of regional flags, skin tones.
        '\u{ad}'
        | '\u{200c}'..='\u{200d}'
        | '\u{2060}'
        | '\u{e0020}'..='\u{e007f}'
        | '\u{1f3fb}'..='\u{1f3ff}' => Seen::Mark,
        '\u{1f1e6}'..='\u{1f1ff}' => Seen::Flag,
        '©' | '®' | '™' => Seen::Separator,
        _ if was_a_mark(c) || c.general_category_group() == GeneralCategoryGroup::Mark => {
            Seen::Mark
        }
        _ if is_letter(c) && is_unspaced(c) => Seen::Unspaced,
        _ if is_letter(c) => Seen::Letter,
        _ if c.is_emoji_char() => Seen::Emoji,
        _ => Seen::Separator,
    }
}

/// Whether the blocks of a character belong to a script that is written without spaces, or, as
/// Korean, with particles joined to the words.
fn is_unspaced(c: char) -> bool {
    matches!(
        c,
        '\u{e00}'..='\u{eff}'         // Thai, Lao
            | '\u{1000}'..='\u{109f}' // Myanmar
            | '\u{1100}'..='\u{11ff}' // Hangul letters
            | '\u{1780}'..='\u{17ff}' // Khmer
            | '\u{1950}'..='\u{19df}' // Tai Le, New Tai Lue
            | '\u{1a20}'..='\u{1aaf}' // Tai Tham
            | '\u{2e80}'..='\u{2fdf}' // Han radicals
            | '\u{3005}'..='\u{3007}'
            | '\u{3021}'..='\u{30ff}' // Kana
            | '\u{3100}'..='\u{31ff}' // Bopomofo, Hangul letters, kana
            | '\u{3400}'..='\u{4dbf}' // Han
            | '\u{4e00}'..='\u{9fff}' // Han
            | '\u{a960}'..='\u{a97f}' // Hangul letters
            | '\u{a9e0}'..='\u{a9ff}' // Myanmar
            | '\u{aa60}'..='\u{aadf}' // Myanmar, Tai Viet
            | '\u{ac00}'..='\u{d7ff}' // Hangul
            | '\u{f900}'..='\u{faff}' // Han
            | '\u{ff66}'..='\u{ffdc}' // Half-width kana and Hangul
            | '\u{1b000}'..='\u{1b16f}' // Kana
            | '\u{20000}'..='\u{3ffff}' // Han
    )
}

/// Whether one character of an unspaced script is often a word of its own.
pub(super) fn is_word_alone(c: char) -> bool {
    matches!(
        c,
        '\u{3005}'..='\u{3007}'
            | '\u{3400}'..='\u{4dbf}'
            | '\u{4e00}'..='\u{9fff}'
            | '\u{ac00}'..='\u{d7ff}'
            | '\u{f900}'..='\u{faff}'
            | '\u{20000}'..='\u{3ffff}'
    )
}

/// The letter that people type for a character when they type no accents.
///
/// What counts as a letter of its own keeps its marks: voiced kana, Hangul syllables, and the
/// Cyrillic letters except ё.
pub(super) fn bare(c: char) -> char {
    match c {
        'ё' => 'е',
        'Ё' => 'Е',
        '\u{400}'..='\u{52f}' => c,
        _ if c.is_ascii() || is_unspaced(c) => c,
        _ => base(c).unwrap_or(c),
    }
}

/// Whether a character is another spelling of plain ones: full and half width, ligatures, and
/// the joined forms of Arabic letters.
pub(super) fn is_presentation_form(c: char) -> bool {
    matches!(
        c,
        '\u{fb00}'..='\u{fb06}'
            | '\u{fb50}'..='\u{fdff}'
            | '\u{fe70}'..='\u{fefc}'
            | '\u{ff01}'..='\u{ffee}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn younger_ranges_ascend_and_leave_gaps() {
        assert!(YOUNGER.iter().all(|(first, last)| first <= last));
        assert!(YOUNGER.windows(2).all(|pair| pair[0].1 + 1 < pair[1].0));
    }

    #[test]
    fn the_index_knows_the_characters_of_unicode_6_1() {
        let known = [
            ('é', Indexed::As('e')),
            ('Ǟ', Indexed::As('a')),
            ('ß', Indexed::As('ß')),
            ('ή', Indexed::As('ή')),
            ('Й', Indexed::As('й')),
            ('İ', Indexed::As('i')),
            ('ς', Indexed::As('σ')),
            ('𐐀', Indexed::As('𐐨')),
            ('Ａ', Indexed::As('ａ')),
            ('語', Indexed::As('語')),
            ('½', Indexed::As('½')),
            ('\u{e000}', Indexed::As('\u{e000}')),
            ('\u{301}', Indexed::Accent),
            ('\u{305}', Indexed::Separator),
            ('\u{93f}', Indexed::Separator),
            ('🚀', Indexed::Separator),
            ('_', Indexed::Separator),
            ('\0', Indexed::Separator),
        ];
        for (c, expected) in known {
            assert_eq!(indexed(c), expected, "{c}");
        }
    }

    #[test]
    fn what_is_younger_is_a_letter_to_the_index() {
        for c in ['🦀', '\u{2e42}', 'Ꭰ', '\u{1cf7}', '\u{10ffff}', '\u{378}'] {
            assert_eq!(indexed(c), Indexed::As(c), "{c}");
        }
    }

    #[test]
    fn folding_what_is_folded_changes_nothing() {
        for c in '\0'..=char::MAX {
            if let Indexed::As(folded) = indexed(c) {
                assert_eq!(indexed(folded), Indexed::As(folded), "{c}");
            }
        }
    }

    #[test]
    fn readers_see_scripts_emoji_and_marks() {
        let sights = [
            ('a', Seen::Letter),
            ('9', Seen::Letter),
            ('я', Seen::Letter),
            ('語', Seen::Unspaced),
            ('ー', Seen::Unspaced),
            ('・', Seen::Separator),
            ('한', Seen::Unspaced),
            ('ก', Seen::Unspaced),
            ('\u{e31}', Seen::Mark),
            ('\u{200d}', Seen::Mark),
            ('🏽', Seen::Mark),
            ('🚀', Seen::Emoji),
            ('🦀', Seen::Emoji),
            ('❤', Seen::Emoji),
            ('🇫', Seen::Flag),
            ('©', Seen::Separator),
            ('#', Seen::Separator),
            ('。', Seen::Separator),
        ];
        for (c, expected) in sights {
            assert_eq!(seen(c), expected, "{c}");
        }
    }
}
