//! Questions whose answer is known: words of a memory, by which it has to be found again.

use std::collections::{BTreeSet, HashMap, HashSet};

use domain::{
    Memory, MemoryId,
    text::{self, Term, Word},
};

use crate::chance::Chance;

/// A word may stand in so many memories when it is asked for alone. Nothing tells these memories
/// apart but where they have the word, so with twice as many no ranking could put the wanted one
/// among the first five more often than not.
const MOST_WITH_ONE_WORD: usize = 10;

/// A word may stand in so many memories, a tenth of 1,000, when it is asked for beside others.
const MOST_WITH_MORE_WORDS: usize = 100;

/// Draws questions about memories.
pub(crate) struct KnownItems<'a> {
    memories: &'a [Memory],
    having: HashMap<Term, BTreeSet<usize>>,
    /// What each piece of text was read as.
    read: HashMap<&'a str, Option<(Term, usize)>>,
    chance: Chance,
}

impl<'a> KnownItems<'a> {
    pub(crate) fn new(memories: &'a [Memory], seed: u64) -> Self {
        let mut having: HashMap<Term, BTreeSet<usize>> = HashMap::new();
        for (at, memory) in memories.iter().enumerate() {
            let summary = memory.summary.as_deref().unwrap_or_default();
            let tags = memory.tags.join(" ");
            for text in [&memory.title, &memory.content, summary, &tags] {
                let terms = text::terms(text).into_iter();
                for term in terms.chain(text::terms(&text::expansion(text))) {
                    having.entry(term).or_default().insert(at);
                }
            }
        }
        Self {
            memories,
            having,
            read: HashMap::new(),
            chance: Chance::new(seed),
        }
    }

    /// Draws a memory, and `count` of its content words.
    ///
    /// A content word stands in the title or the content, is no stop word, and is not too common.
    /// People choose what sets a memory apart, so a word that stands in `n` memories is drawn with
    /// a probability proportional to `1 / n`.
    pub(crate) fn question(&mut self, count: usize) -> (&'a MemoryId, String) {
        let most = if count == 1 {
            MOST_WITH_ONE_WORD
        } else {
            MOST_WITH_MORE_WORDS
        };
        loop {
            let memory = &self.memories[self.chance.below(self.memories.len())];
            let mut words = self.content_words(memory, most);
            let mut asked: Vec<&str> = Vec::new();
            while asked.len() < count && !words.is_empty() {
                let weight = |frequency: usize| 10_000 / frequency;
                let total = words.iter().map(|&(_, frequency)| weight(frequency)).sum();
                let mut left = self.chance.below(total);
                let drawn = words.iter().position(|&(_, frequency)| {
                    let here = left < weight(frequency);
                    left = left.saturating_sub(weight(frequency));
                    here
                });
                asked.push(words.swap_remove(drawn.expect("one of them was drawn")).0);
            }
            // A memory with too few such words is not asked about.
            if asked.len() == count {
                return (&memory.id, asked.join(" "));
            }
        }
    }

    /// The content words of a memory as they are written, with the number of memories that have
    /// them.
    fn content_words(&mut self, memory: &'a Memory, most: usize) -> Vec<(&'a str, usize)> {
        let mut seen: HashSet<Term> = HashSet::new();
        let mut words = Vec::new();
        let texts = [&memory.title, &memory.content];
        for piece in texts.into_iter().flat_map(|text| text.split_whitespace()) {
            let piece = piece.trim_matches(|c: char| c.is_ascii_punctuation());
            if let Some((term, frequency)) = self.read(piece)
                && (1..=most).contains(&frequency)
                && seen.insert(term)
            {
                words.push((piece, frequency));
            }
        }
        words
    }

    /// Reads a piece of text as one word that is no stop word, with the number of memories that
    /// have it.
    fn read(&mut self, piece: &'a str) -> Option<(Term, usize)> {
        if let Some(read) = self.read.get(piece) {
            return read.clone();
        }
        // Beside another word, a stop word is not asked for.
        let question = text::question(&format!("{piece} walrus"));
        let read = match question.words.as_slice() {
            [word, _] => Some((word.whole.term.clone(), self.frequency(word))),
            _ => None,
        };
        self.read.insert(piece, read.clone());
        read
    }

    fn frequency(&self, word: &Word) -> usize {
        let having = |term: &Term| self.having.get(term).cloned().unwrap_or_default();
        let parts = word.parts.iter().map(|part| having(&part.term));
        let parts = parts.reduce(|a, b| &a & &b).unwrap_or_default();
        (&having(&word.whole.term) | &parts).len()
    }
}
