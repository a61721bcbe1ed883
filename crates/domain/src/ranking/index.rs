use std::collections::{BTreeMap, BTreeSet};

use super::{Near, Ranking, Sought, nearest};
use crate::{
    Memory, SearchMode,
    text::{self, Question, Term, Word},
};

/// An index of the words of some memories at hand, each of which has a key: for a store without an
/// engine of its own, and for a question about a few memories of a larger one.
#[derive(Clone, Debug)]
pub struct Index<K> {
    having: BTreeMap<Term, BTreeSet<K>>,
    memories: u64,
}

impl<K> Default for Index<K> {
    fn default() -> Self {
        Self {
            having: BTreeMap::new(),
            memories: 0,
        }
    }
}

impl<K: Ord + Clone> Index<K> {
    /// Takes in a memory, whose key no other one has.
    pub fn add(&mut self, key: &K, memory: &Memory) {
        let tags = memory.tags.join(" ");
        let summary = memory.summary.as_deref().unwrap_or_default();
        for text in [&memory.title, &tags, summary, &memory.content] {
            let terms = text::terms(text).into_iter();
            for term in terms.chain(text::terms(&text::expansion(text))) {
                self.having.entry(term).or_default().insert(key.clone());
            }
        }
        self.memories += 1;
    }

    /// Prepares the question, and returns the keys of all memories that can match it.
    pub fn ask(&self, question: Question, mode: SearchMode) -> (Ranking, BTreeSet<K>) {
        let words = question.words.iter();
        let having: Vec<_> = words.map(|word| self.having(word)).collect();
        let frequencies: Vec<u64> = having.iter().map(|having| having.len() as u64).collect();
        let near = |word: &Word| self.nearest(word);
        let ranking = Ranking::new(question, mode, self.memories, &frequencies, near);
        let near = ranking.sought().iter().flat_map(Sought::near);
        let near = near.filter_map(|near| self.having.get(&near.asked.term));
        let candidates = having.iter().chain(near).flatten().cloned().collect();
        (ranking, candidates)
    }

    /// The memories that have the whole word, or all of its parts.
    fn having(&self, word: &Word) -> BTreeSet<K> {
        let having = |term: &Term| self.having.get(term).cloned().unwrap_or_default();
        let parts = word.parts.iter().map(|part| having(&part.term));
        let parts = parts.reduce(|a, b| &a & &b).unwrap_or_default();
        &having(&word.whole.term) | &parts
    }

    fn nearest(&self, word: &Word) -> Vec<Near> {
        let known = self.having.iter();
        let known = known.map(|(term, memories)| (term.as_str(), memories.len() as u64));
        nearest(word, known)
    }
}
