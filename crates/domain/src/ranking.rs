//! Which memories match a question, and which match best.
//!
//! An engine finds candidates by the words that [open](Sought::opens) and hands them to a
//! [`Ranking`], so that all backends agree on what matches, how well, and why.

mod index;

pub use index::Index;

use crate::{
    Field, Hit, Memory, SearchMode,
    text::{QueryTerm, Question, Tally, Term, Trigrams, Word},
};

/// The most hits of one search whose first page asks for no more than that.
pub const SEARCH_DEPTH: u32 = 128;

/// The most candidates that an engine scores one by one: its cost is linear in them.
pub const SCORED_CANDIDATES: u64 = 2_048;

/// A word that more than every fifth memory has is common, unless fewer than this have it.
const FEW: u64 = 100;

/// How many words stand in for one that nothing has, in a fuzzy search.
const MOST_NEAR: usize = 3;

/// How similar a word has to be to stand in for one that nothing has.
const NEAR: f64 = 0.4;

/// How much a word counts that a memory has only in parts.
const PARTS: f64 = 0.5;

/// How soon more of the same word adds little: `k1` of BM25.
const SATURATION: f64 = 1.2;

/// How much a long field counts against a match in it: `b` of BM25.
const LENGTH_PENALTY: f64 = 0.4;

/// The searched fields: how much a word in one counts, and how many words one usually has.
const FIELDS: [(Field, f64, f64); 4] = [
    (Field::Title, 6.0, 8.0),
    (Field::Tags, 4.0, 4.0),
    (Field::Summary, 2.0, 20.0),
    (Field::Content, 1.0, 75.0),
];

/// A word of a question, with what the graph knows about it.
#[derive(Clone, Debug)]
pub struct Sought {
    word: Word,
    near: Vec<Near>,
    frequency: u64,
    weight: f64,
    opens: bool,
}

/// An indexed word that stands in for one that nothing has.
#[derive(Clone, Debug, PartialEq)]
pub struct Near {
    /// The indexed word, and how to ask for it.
    pub asked: QueryTerm,
    /// How similar it is, from 0 to 1.
    pub similarity: f64,
    /// How many memories have it.
    pub frequency: u64,
}

impl Sought {
    /// The word as it was asked.
    pub fn word(&self) -> &Word {
        &self.word
    }

    /// The words that stand in for it, when nothing has it and the search is fuzzy.
    pub fn near(&self) -> &[Near] {
        &self.near
    }

    /// How many memories have it.
    pub fn frequency(&self) -> u64 {
        self.frequency
    }

    /// Whether a memory matches that has this word alone.
    ///
    /// The rarest word always opens. Others do unless they are common, or would bring more
    /// candidates than [`SCORED_CANDIDATES`] together: then they only move the score of what the
    /// rarer words found.
    pub fn opens(&self) -> bool {
        self.opens
    }
}

/// A question, ready to be held against memories.
///
/// The score of a memory is BM25F (Robertson, Zaragoza, Taylor 2004): for each word
/// `ln(1 + (N − n + ½)/(n + ½)) · t/(t + k1)`, where `n` of `N` memories have the word, and `t` is
/// the number of times that a field has it, weighted by field and divided by
/// `1 − b + b · length/usual length`, summed over the fields.
#[derive(Clone, Debug)]
pub struct Ranking {
    sought: Vec<Sought>,
    mode: SearchMode,
    tally: Tally,
}

impl Ranking {
    /// Prepares `question` for a graph of `memories` memories, of which `frequencies` have the
    /// respective word; `near` gives the words that stand in for one that nothing has.
    pub fn new(
        question: Question,
        mode: SearchMode,
        memories: u64,
        frequencies: &[u64],
        mut near: impl FnMut(&Word) -> Vec<Near>,
    ) -> Self {
        let mut tally = Tally::default();
        let mut sought = Vec::new();
        for (word, &counted) in question.words.into_iter().zip(frequencies) {
            let near = if counted == 0 && mode == SearchMode::Fuzzy {
                near(&word)
            } else {
                Vec::new()
            };
            let terms = word.terms().chain(near.iter().map(|near| &near.asked));
            terms.for_each(|asked| tally.add(&asked.term));
            let frequency = counted.max(near.iter().map(|near| near.frequency).sum());
            sought.push(Sought {
                word,
                near,
                frequency,
                weight: inverse_frequency(memories, frequency),
                opens: false,
            });
        }
        let mut ranking = Self {
            sought,
            mode,
            tally,
        };
        ranking.choose_openers(memories);
        ranking
    }

    fn choose_openers(&mut self, memories: u64) {
        let mut rarest_first: Vec<usize> = (0..self.sought.len())
            .filter(|&at| self.sought[at].frequency > 0)
            .collect();
        rarest_first.sort_by_key(|&at| self.sought[at].frequency);
        let mut candidates = 0;
        for (place, at) in rarest_first.into_iter().enumerate() {
            let sought = &mut self.sought[at];
            candidates += sought.frequency;
            let common = sought.frequency > FEW.max(memories / 5);
            if place > 0 && (common || candidates > SCORED_CANDIDATES) {
                break;
            }
            sought.opens = true;
        }
    }

    /// The words, in the order of the question.
    pub fn sought(&self) -> &[Sought] {
        &self.sought
    }

    /// Returns the memory as a hit, or `None` when it does not match.
    ///
    /// In a strict search a memory matches when it has every word, else when it has one that
    /// [opens](Sought::opens).
    pub fn hit(&self, memory: Memory) -> Option<Hit> {
        let found = self.count(&memory);
        let mut score = 0.0;
        let mut fields = Fields::default();
        let mut words = Vec::new();
        let mut opened = false;
        for sought in &self.sought {
            match self.find(sought, &found) {
                Some(place) => {
                    score += sought.weight * place.weight / (place.weight + SATURATION);
                    fields.0 |= place.fields.0;
                    words.push(sought.word.whole.word.clone());
                    opened |= sought.opens;
                }
                None if self.mode == SearchMode::Strict => return None,
                None => {}
            }
        }
        opened.then(|| Hit {
            memory,
            score,
            fields: fields.names(),
            words,
        })
    }

    /// Counts the terms of the question in a memory.
    fn count(&self, memory: &Memory) -> Vec<Place> {
        let mut found = vec![Place::default(); self.tally.slots()];
        let mut counts = vec![0; self.tally.slots()];
        let tags = memory.tags.join(" ");
        let texts = [
            memory.title.as_str(),
            tags.as_str(),
            memory.summary.as_deref().unwrap_or_default(),
            memory.content.as_str(),
        ];
        for (at, text) in texts.into_iter().enumerate() {
            let (_, weight, usual) = FIELDS[at];
            let length = f64::from(self.tally.count(text, &mut counts));
            let penalty = 1.0 - LENGTH_PENALTY + LENGTH_PENALTY * length / usual;
            for (place, count) in found.iter_mut().zip(&mut counts) {
                if *count > 0 {
                    place.weight += weight * f64::from(std::mem::take(count)) / penalty;
                    place.fields.0 |= 1 << at;
                }
            }
        }
        found
    }

    /// Says how, and where, a memory has a word: whole, else in parts, else by a near one.
    fn find(&self, sought: &Sought, found: &[Place]) -> Option<Place> {
        let place = |term: &Term| {
            let slot = self.tally.slot(term);
            found[slot.expect("each term of the question has a slot")]
        };
        let has = |term: &Term| place(term).weight > 0.0;
        let whole = &sought.word.whole.term;
        if has(whole) {
            return Some(place(whole));
        }
        if sought.word.is_in(has) {
            // As often as the part that it has least.
            let parts = sought.word.parts.iter().map(|part| place(&part.term));
            let rarest = parts.reduce(|a, b| Place {
                weight: a.weight.min(b.weight),
                fields: Fields(a.fields.0 | b.fields.0),
            });
            return rarest.map(|place| Place {
                weight: PARTS * place.weight,
                ..place
            });
        }
        let near = |near: &Near| Place {
            weight: near.similarity * place(&near.asked.term).weight,
            ..place(&near.asked.term)
        };
        let best = sought
            .near
            .iter()
            .map(near)
            .max_by(|a, b| a.weight.total_cmp(&b.weight));
        best.filter(|place| place.weight > 0.0)
    }
}

/// Where a term is found, and how much that counts.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    weight: f64,
    fields: Fields,
}

/// A set of the searched fields, a bit each.
#[derive(Clone, Copy, Debug, Default)]
struct Fields(u8);

impl Fields {
    fn names(self) -> Vec<Field> {
        let set = FIELDS
            .iter()
            .enumerate()
            .filter(|(at, _)| self.0 & (1 << at) != 0);
        set.map(|(_, &(field, ..))| field).collect()
    }
}

/// Puts the best hits first, equal ones by ascending id.
pub fn rank(hits: &mut [Hit]) {
    hits.sort_by(|a, b| {
        b.score
            .total_cmp(&a.score)
            .then_with(|| a.memory.id.cmp(&b.memory.id))
    });
}

/// Chooses, from the indexed words of a graph with their frequencies, those that stand in for
/// `word`: the most similar, among equals the most frequent. They begin with the same two
/// characters, or, where none of those is near, with the same one.
pub fn nearest<'a>(word: &Word, vocabulary: impl IntoIterator<Item = (&'a str, u64)>) -> Vec<Near> {
    let sought = word.whole.term.as_str();
    let beginning = |term: &str, characters| term.chars().take(characters).collect::<String>();
    let trigrams = Trigrams::of(sought);
    let mut near: Vec<Near> = vocabulary
        .into_iter()
        .filter(|(term, _)| term.chars().next() == sought.chars().next())
        .filter_map(|(term, frequency)| {
            let similarity = trigrams.similarity(&Trigrams::of(term));
            let asked = (similarity >= NEAR).then(|| QueryTerm::for_indexed(term))?;
            Some(Near {
                asked: asked?,
                similarity,
                frequency,
            })
        })
        .collect();
    let alike = |near: &Near| beginning(near.asked.term.as_str(), 2) == beginning(sought, 2);
    if near.iter().any(alike) {
        near.retain(alike);
    }
    near.sort_by(|a, b| {
        b.similarity
            .total_cmp(&a.similarity)
            .then_with(|| b.frequency.cmp(&a.frequency))
            .then_with(|| a.asked.term.cmp(&b.asked.term))
    });
    near.truncate(MOST_NEAR);
    near
}

/// `ln(1 + (N − n + ½)/(n + ½))`, never negative.
#[expect(
    clippy::cast_precision_loss,
    reason = "a weight needs no more than 52 bits"
)]
fn inverse_frequency(memories: u64, frequency: u64) -> f64 {
    let without = memories.saturating_sub(frequency) as f64;
    (1.0 + (without + 0.5) / (frequency as f64 + 0.5)).ln()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{MemoryId, MemoryType, Timestamp, text::question};

    fn memory(id: &str, title: &str, content: &str) -> Memory {
        let id = MemoryId::new(id).unwrap();
        Memory::new(
            id,
            MemoryType::General,
            title,
            content,
            Timestamp::UNIX_EPOCH,
        )
    }

    fn ranking(text: &str, mode: SearchMode, memories: u64, frequencies: &[u64]) -> Ranking {
        Ranking::new(question(text), mode, memories, frequencies, |_| Vec::new())
    }

    #[test]
    fn a_title_outweighs_content_and_a_rare_word_a_common_one() {
        let ranking = ranking("redis timeout", SearchMode::Normal, 1_000, &[5, 90]);
        let score = |title, content| ranking.hit(memory("m", title, content)).unwrap().score;
        assert!(score("redis", "x") > score("x", "redis"));
        assert!(score("redis", "x") > score("timeout", "x"));
        assert!(score("redis timeouts", "x") > score("redis", "x"));
    }

    #[test]
    fn a_hit_says_where_and_by_which_words() {
        let ranking = ranking("redis getUser", SearchMode::Normal, 10, &[1, 1]);
        let hit = ranking
            .hit(memory("m", "Redis", "the user was asked to get it"))
            .unwrap();
        assert_eq!(hit.fields, [Field::Title, Field::Content]);
        assert_eq!(hit.words, ["redis", "getuser"]);
        assert_eq!(ranking.hit(memory("m", "nothing", "of it")), None);
    }

    #[test]
    fn strict_wants_every_word() {
        let ranking = ranking("redis timeout", SearchMode::Strict, 10, &[1, 1]);
        assert!(ranking.hit(memory("m", "redis", "timed out")).is_none());
        assert!(ranking.hit(memory("m", "redis", "many timeouts")).is_some());
    }

    #[test]
    fn common_words_open_only_when_there_is_nothing_else() {
        let both = ranking("error redis", SearchMode::Normal, 1_000, &[400, 3]);
        assert_eq!(
            both.sought().iter().map(Sought::opens).collect::<Vec<_>>(),
            [false, true]
        );
        assert!(both.hit(memory("m", "error", "x")).is_none());
        let alone = ranking("error", SearchMode::Normal, 1_000, &[400]);
        assert!(alone.hit(memory("m", "error", "x")).is_some());
        let two = ranking("error service", SearchMode::Normal, 1_000, &[400, 500]);
        assert_eq!(
            two.sought().iter().map(Sought::opens).collect::<Vec<_>>(),
            [true, false]
        );
    }

    #[test]
    fn openers_stay_within_what_is_scored() {
        let many = ranking(
            "a1 b2 c3",
            SearchMode::Normal,
            1_000_000,
            &[1_500, 1_501, 10],
        );
        assert_eq!(
            many.sought().iter().map(Sought::opens).collect::<Vec<_>>(),
            [true, false, true]
        );
    }

    #[test]
    fn a_near_word_stands_in_for_one_that_nothing_has() {
        let question = question("kubernets");
        let vocabulary = ["kubernet", "kubectl", "cubernet"].map(|word| (word, 2));
        let near = nearest(&question.words[0], vocabulary);
        assert_eq!(near[0].asked.term.as_str(), "kubernet");
        let ranking = Ranking::new(question, SearchMode::Fuzzy, 10, &[0], |word| {
            nearest(word, vocabulary)
        });
        assert!(ranking.hit(memory("m", "Kubernetes", "x")).is_some());
    }

    proptest! {
        #[test]
        fn any_question_can_be_held_against_any_memory(
            asked in ".{0,40}", title in ".{0,40}", content in ".{0,200}", frequency in 0_u64..50,
        ) {
            let words = question(&asked).words.len();
            for mode in [SearchMode::Strict, SearchMode::Normal, SearchMode::Fuzzy] {
                let ranking = ranking(&asked, mode, 20, &vec![frequency; words]);
                if let Some(hit) = ranking.hit(memory("m", &title, &content)) {
                    prop_assert!(hit.score.is_finite() && hit.score > 0.0);
                    prop_assert!(!hit.fields.is_empty() && !hit.words.is_empty());
                }
            }
        }

        #[test]
        fn a_word_of_the_title_is_found(title in "[a-zA-Zа-яА-Я]{1,12}( [a-zA-Z0-9]{1,9}){0,4}") {
            let words = question(&title).words.len();
            let ranking = ranking(&title, SearchMode::Strict, 20, &vec![1; words]);
            prop_assert!(ranking.hit(memory("m", &title, "x")).is_some());
        }
    }
}
