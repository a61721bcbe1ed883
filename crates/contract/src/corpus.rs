//! Believable memories and relationships, as many as one likes, the same for the same seed.
//!
//! Memories read like notes of software teams: about 75 words of content (500 bytes) over a
//! vocabulary whose frequencies follow Zipf's law, with topics, identifiers, ticket numbers,
//! accents, Cyrillic, CJK and emoji. Everything is made on the way and nothing is kept, so a
//! million memories take as much memory as one.
//!
//! # Examples
//!
//! ```
//! use memorygraph_contract::corpus::Corpus;
//!
//! let corpus = Corpus::new(7);
//! let memories: Vec<_> = corpus.memories(1_000).collect();
//! let relationships: Vec<_> = corpus.relationships(1_000, 3_000).collect();
//! assert_eq!(memories[17], corpus.memory(17));
//! assert!(relationships.iter().all(|relationship| relationship.check().is_ok()));
//! ```

mod words;

use std::fmt::Write;

use domain::{
    Memory, MemoryContext, MemoryId, MemoryType, Relationship, RelationshipId, RelationshipType,
    Score, Timestamp,
};

use crate::chance::Chance;

/// How many words of the vocabulary a topic prefers.
const TOPIC_WORDS: usize = 200;

/// How many topics there are.
const TOPICS: usize = 64;

/// The first memory is from the first of January 2024.
const BEGINNING: i64 = 1_704_067_200_000_000;

/// So far apart are memories on average, in microseconds.
const APART: i64 = 97_000_000;

const PROJECTS: &[&str] = &[
    "/projects/payments",
    "/projects/shop",
    "/projects/search",
    "/projects/mobile",
    "/projects/platform",
    "/home/ada/notes",
    "/projects/billing",
    "/projects/gateway",
    "/projects/data",
    "/projects/design",
    "/projects/agents",
    "/home/grace/compiler",
];

const TAGS: &[&str] = &[
    "backend",
    "bug",
    "performance",
    "rust",
    "typescript",
    "database",
    "security",
    "api",
    "frontend",
    "testing",
    "deployment",
    "docs",
    "python",
    "kubernetes",
    "redis",
    "postgres",
    "sqlite",
    "auth",
    "ci",
    "observability",
    "caching",
    "concurrency",
    "networking",
    "migration",
    "incident",
    "decision",
    "onboarding",
    "tooling",
    "refactoring",
    "mobile",
    "payments",
    "search",
    "ux",
    "accessibility",
    "compliance",
    "cost",
    "oncall",
    "queue",
    "encoding",
    "sync",
];

const MEMORY_TYPES: &[MemoryType] = &[
    MemoryType::Solution,
    MemoryType::Problem,
    MemoryType::General,
    MemoryType::Task,
    MemoryType::Error,
    MemoryType::Fix,
    MemoryType::CodePattern,
    MemoryType::Technology,
    MemoryType::Command,
    MemoryType::Workflow,
    MemoryType::FileContext,
    MemoryType::Project,
    MemoryType::Conversation,
];

/// A source of believable memories.
#[derive(Clone, Debug)]
pub struct Corpus {
    seed: u64,
    words: Vec<String>,
    word: Zipf,
    topic_word: Zipf,
    tag: Zipf,
    project: Zipf,
    memory_type: Zipf,
}

impl Corpus {
    /// Makes the vocabulary, which takes a few milliseconds.
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            words: words::all(),
            word: Zipf::new(words::COUNT),
            topic_word: Zipf::new(TOPIC_WORDS),
            tag: Zipf::new(TAGS.len()),
            project: Zipf::new(PROJECTS.len()),
            memory_type: Zipf::new(MEMORY_TYPES.len()),
        }
    }

    /// The first `count` memories, from the oldest on.
    pub fn memories(&self, count: usize) -> impl Iterator<Item = Memory> + '_ {
        (0..count).map(|index| self.memory(index))
    }

    /// Returns the memory at this place.
    pub fn memory(&self, index: usize) -> Memory {
        let mut chance = self.chance(index, 1);
        let topic = chance.below(TOPICS);
        let title = self.title(topic, &mut chance);
        let content = self.content(topic, &mut chance);
        let memory_type = MEMORY_TYPES[self.memory_type.draw(&mut chance)];
        let mut memory = Memory::new(
            self.id(index),
            memory_type,
            title,
            content,
            self.time(index),
        );
        if chance.one_in(3) {
            let mut summary = String::new();
            self.say(12, topic, &mut chance, &mut summary);
            memory.summary = Some(summary);
        }
        for _ in 0..chance.below(5) {
            let tag = TAGS[self.tag.draw(&mut chance)].to_owned();
            if !memory.tags.contains(&tag) {
                memory.tags.push(tag);
            }
        }
        if !chance.one_in(5) {
            let project = PROJECTS[self.project.draw(&mut chance)];
            memory.context = Some(MemoryContext {
                project_path: Some(project.to_owned()),
                ..MemoryContext::default()
            });
        }
        memory.importance = twentieth(chance.below(21));
        memory.confidence = twentieth(10 + chance.below(11));
        memory
    }

    /// The first `count` relationships among the first `memories` memories: unique statements,
    /// of all types, without cycles. A few memories have very many, most have few.
    ///
    /// There are none among less than two memories, and at most 35 from one memory.
    pub fn relationships(
        &self,
        memories: usize,
        count: usize,
    ) -> impl Iterator<Item = Relationship> + '_ {
        let sources = memories.saturating_sub(1);
        let most = sources.saturating_mul(RelationshipType::ALL.len());
        (0..count.min(most)).map(move |index| self.relationship(index, sources))
    }

    /// Each of the memories but the first is a source once in a round, of another type each time,
    /// and what it points to is older.
    fn relationship(&self, index: usize, sources: usize) -> Relationship {
        let (round, from) = (index / sources, 1 + index % sources);
        let mut of_source = self.chance(from, 2);
        let types = RelationshipType::ALL;
        let favourite = of_source
            .below(types.len())
            .min(of_source.below(types.len()));
        let kind = types[(favourite * 8 + round) % types.len()];
        let mut chance = self.chance(index, 3);
        // Old memories gather relationships: the first of `n` has about 2 √n in each round.
        let to = chance.below(from);
        let to = to * to / from;
        let mut id = format!("{:016x}", chance.next_number());
        write!(id, "-{index:08x}").expect("a String takes all that is written");
        let id = RelationshipId::new(id).expect("it is short");
        let now = self.time(from);
        let mut made = Relationship::new(id, self.id(from), kind, self.id(to), now);
        made.strength = twentieth(4 + chance.below(17));
        made.confidence = twentieth(8 + chance.below(13));
        if chance.one_in(4) {
            let mut context = String::new();
            let topic = chance.below(TOPICS);
            self.say(9, topic, &mut chance, &mut context);
            made.context = Some(context);
        }
        made
    }

    /// Returns the id of the memory at this place: like a UUID of version 7, by time and unique.
    pub fn id(&self, index: usize) -> MemoryId {
        let milliseconds = self.time(index).as_millisecond();
        let mut chance = self.chance(index, 4);
        let (high, low) = (milliseconds >> 16, milliseconds & 0xffff);
        let (a, b) = (
            chance.next_number() & 0xfff,
            chance.next_number() & 0x3fff | 0x8000,
        );
        let c = chance.next_number() & 0xffff_ffff_ffff;
        MemoryId::new(format!("{high:08x}-{low:04x}-7{a:03x}-{b:04x}-{c:012x}"))
            .expect("a UUID is short")
    }

    /// When the memory at this place was kept.
    fn time(&self, index: usize) -> Timestamp {
        let index = i64::try_from(index).expect("memories are fewer");
        let mut chance = self.chance(usize::try_from(index).expect("it was one"), 5);
        let later = i64::try_from(chance.below(90_000_000)).expect("it is small");
        Timestamp::from_microsecond(BEGINNING + index * APART + later)
            .expect("memories are of this century")
    }

    fn chance(&self, index: usize, purpose: u64) -> Chance {
        let mut chance = Chance::new(self.seed ^ (index as u64) << 3 ^ purpose);
        Chance::new(chance.next_number())
    }

    fn title(&self, topic: usize, chance: &mut Chance) -> String {
        let mut title = String::with_capacity(64);
        let length = 3 + chance.below(5);
        self.say(length, topic, chance, &mut title);
        title.pop();
        title
    }

    fn content(&self, topic: usize, chance: &mut Chance) -> String {
        let mut content = String::with_capacity(640);
        let mut length = 45 + chance.below(60);
        while length > 0 {
            let sentence = length.min(6 + chance.below(12));
            self.say(sentence, topic, chance, &mut content);
            content.push(if chance.one_in(4) { '\n' } else { ' ' });
            length -= sentence;
        }
        content.pop();
        content
    }

    /// Writes a sentence of about `length` words.
    fn say(&self, length: usize, topic: usize, chance: &mut Chance, text: &mut String) {
        let start = text.len();
        for n in 0..length {
            if n > 0 {
                text.push(' ');
            }
            match chance.below(64) {
                0..22 => text.push_str(chance.pick(words::SMALL)),
                22..38 => {
                    let word = self.topic_word.draw(chance);
                    let word = (topic * 613 + word * 19) % self.words.len();
                    text.push_str(&self.words[word]);
                }
                38 => write!(
                    text,
                    "{}-{}",
                    chance.pick(&["PAY", "OPS", "WEB"]),
                    chance.below(9_000)
                )
                .expect("a String takes all that is written"),
                _ => text.push_str(&self.words[self.word.draw(chance)]),
            }
        }
        if let Some(first) = text.get_mut(start..=start) {
            first.make_ascii_uppercase();
        }
        text.push('.');
    }
}

fn twentieth(n: usize) -> Score {
    let n = u32::try_from(n).expect("it is at most 20");
    Score::clamped(f64::from(n) / 20.0)
}

/// Draws numbers below some end, the n-th with a probability of about 1 / n.
#[derive(Clone, Debug)]
struct Zipf(Vec<u16>);

impl Zipf {
    const SLOTS: usize = 1 << 16;

    fn new(end: usize) -> Self {
        let weight = |n: usize| (1_u64 << 32) / (n as u64 + 2);
        let total: u64 = (0..end).map(weight).sum();
        let mut slots = Vec::with_capacity(Self::SLOTS);
        let mut sum = 0;
        for n in 0..end {
            sum += weight(n);
            let filled = sum * Self::SLOTS as u64 / total;
            let filled = usize::try_from(filled).expect("the slots are few");
            slots.resize(filled, u16::try_from(n).expect("words are few"));
        }
        Self(slots)
    }

    fn draw(&self, chance: &mut Chance) -> usize {
        usize::from(self.0[chance.below(Self::SLOTS)])
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use domain::text;

    use super::*;

    #[test]
    fn everything_is_valid_and_unique() {
        let corpus = Corpus::new(1);
        let memories: Vec<Memory> = corpus.memories(3_000).collect();
        let ids: HashSet<&MemoryId> = memories.iter().map(|memory| &memory.id).collect();
        assert_eq!(ids.len(), memories.len());
        for memory in &memories {
            assert_eq!(memory.check(), Ok(()));
        }
        let relationships: Vec<Relationship> = corpus.relationships(3_000, 20_000).collect();
        assert_eq!(relationships.len(), 20_000);
        let statements: HashSet<_> = relationships.iter().map(Relationship::statement).collect();
        assert_eq!(statements.len(), relationships.len());
        for relationship in &relationships {
            assert_eq!(relationship.check(), Ok(()));
            assert!(relationship.to < relationship.from, "a cycle could form");
            assert!(ids.contains(&relationship.from) && ids.contains(&relationship.to));
        }
        assert_eq!(corpus.relationships(1, 5).count(), 0);
        assert_eq!(corpus.relationships(2, 50).count(), 35);
    }

    #[test]
    fn the_same_seed_gives_the_same() {
        let [one, other, third] = [1, 1, 2].map(Corpus::new);
        assert!(one.memories(50).eq(other.memories(50)));
        assert!(one.relationships(50, 90).eq(other.relationships(50, 90)));
        assert_ne!(one.memory(7), third.memory(7));
    }

    #[test]
    fn texts_are_about_75_words_and_500_bytes() {
        let corpus = Corpus::new(1);
        let contents: Vec<String> = corpus
            .memories(2_000)
            .map(|memory| memory.content)
            .collect();
        let words: usize = contents
            .iter()
            .map(|text| text.split_whitespace().count())
            .sum();
        let bytes: usize = contents.iter().map(String::len).sum();
        assert!((70..80).contains(&(words / 2_000)), "{}", words / 2_000);
        assert!((420..580).contains(&(bytes / 2_000)), "{}", bytes / 2_000);
    }

    #[test]
    fn frequencies_and_degrees_have_heavy_tails() {
        let corpus = Corpus::new(1);
        let mut frequencies: HashMap<text::Term, usize> = HashMap::new();
        for memory in corpus.memories(1_000) {
            let terms: HashSet<text::Term> = text::terms(&memory.content).into_iter().collect();
            for term in terms {
                *frequencies.entry(term).or_default() += 1;
            }
        }
        let rare = frequencies
            .values()
            .filter(|&&frequency| frequency <= 10)
            .count();
        let common = frequencies
            .values()
            .filter(|&&frequency| frequency > 200)
            .count();
        assert!(
            frequencies.len() > 3_000 && rare * 4 > frequencies.len(),
            "{rare} rare words"
        );
        assert!((10..60).contains(&common), "{common} common words");
        let mut degrees: HashMap<MemoryId, usize> = HashMap::new();
        for relationship in corpus.relationships(10_000, 30_000) {
            *degrees.entry(relationship.to).or_default() += 1;
        }
        let most = degrees.values().max().copied().unwrap_or_default();
        assert!(most > 100, "{most} is the greatest degree");
        assert!(
            degrees.len() < 9_000,
            "{} memories are pointed to",
            degrees.len()
        );
    }
}
