//! Which words of a graph are rare and which are common: counted, not assumed.

use std::collections::{HashMap, HashSet};

use domain::{Memory, text};

/// How many memories have each word.
#[derive(Debug)]
pub struct Words {
    frequencies: HashMap<String, usize>,
    memories: usize,
}

/// How common a word is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Commonness {
    /// At most 4 of 1,000 memories have it, or 20, and at least 2.
    Rare,
    /// Between the other two.
    Middling,
    /// More than 3 of 100 memories have it.
    Common,
}

impl Words {
    /// Counts the words of all memories.
    pub fn of(memories: &[Memory]) -> Self {
        let mut frequencies = HashMap::new();
        for memory in memories {
            let distinct: HashSet<String> = terms(memory).map(|(_, term)| term).collect();
            for term in distinct {
                *frequencies.entry(term).or_default() += 1;
            }
        }
        Self {
            frequencies,
            memories: memories.len(),
        }
    }

    /// Returns the words of one memory that are as common as this, each once, in order.
    pub fn of_one(&self, memory: &Memory, commonness: Commonness) -> Vec<String> {
        let mut seen = HashSet::new();
        terms(memory)
            .filter(|(_, term)| self.commonness(term) == Some(commonness))
            .filter(|(word, term)| seen.insert(term.clone()) && asks_for_one(word))
            .map(|(word, _)| word)
            .collect()
    }

    fn commonness(&self, term: &str) -> Option<Commonness> {
        let frequency = *self.frequencies.get(term)?;
        if frequency < 2 {
            None
        } else if frequency <= 20.max(self.memories / 250) {
            Some(Commonness::Rare)
        } else if frequency <= self.memories * 3 / 100 {
            Some(Commonness::Middling)
        } else {
            Some(Commonness::Common)
        }
    }
}

/// The words of a memory that are plain ASCII, in lower case, each with the term that the index has for it.
fn terms(memory: &Memory) -> impl Iterator<Item = (String, String)> {
    [memory.title.as_str(), memory.content.as_str()]
        .into_iter()
        .flat_map(|text| text.split(|c: char| !c.is_alphanumeric()))
        .filter(|word| word.len() > 2 && word.is_ascii())
        .filter_map(|word| {
            let word = word.to_lowercase();
            let [term] = text::terms(&word).try_into().ok()?;
            Some((word, term.as_str().to_owned()))
        })
}

/// Says whether the word is asked for beside another one, which stop words are not.
fn asks_for_one(word: &str) -> bool {
    text::question(&format!("memory {word}")).words.len() == 2
}
