//! English words that are in every question and say nothing about what is asked.

/// Sorted, in lower case.
#[rustfmt::skip]
const STOP_WORDS: &[&str] = &[
    "a", "about", "after", "all", "also", "am", "an", "and", "any", "are", "as", "at", "be",
    "because", "been", "before", "being", "between", "both", "but", "by", "can", "cannot",
    "could", "did", "do", "does", "doing", "done", "each", "either", "for", "from", "had", "has",
    "have", "having", "he", "her", "here", "hers", "him", "his", "how", "i", "if", "in", "into",
    "is", "it", "its", "itself", "just", "let", "many", "may", "me", "might", "mine", "much",
    "must", "my", "myself", "no", "nor", "not", "of", "on", "only", "onto", "or", "other", "our",
    "ours", "own", "please", "shall", "she", "should", "so", "some", "such", "than", "that",
    "the", "their", "theirs", "them", "then", "there", "these", "they", "this", "those", "to",
    "too", "us", "very", "was", "we", "were", "what", "when", "where", "whether", "which",
    "while", "who", "whom", "whose", "why", "will", "with", "would", "you", "your", "yours",
];

/// Whether a folded, unstemmed word is a stop word.
pub(crate) fn is_stop_word(word: &str) -> bool {
    STOP_WORDS.binary_search(&word).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_and_has_no_word_twice() {
        assert!(STOP_WORDS.is_sorted_by(|left, right| left < right));
    }

    #[test]
    fn question_words_are_stop_words_and_nouns_are_not() {
        assert!(is_stop_word("how") && is_stop_word("a") && is_stop_word("yours"));
        assert!(!is_stop_word("timeout") && !is_stop_word("c") && !is_stop_word(""));
    }
}
