//! What is asked of a graph, drawn from it by a seed.

use std::collections::HashMap;

use contract::chance::Chance;
use domain::{Memory, MemoryId, Score, SearchMode, Sort};
use serde::{Deserialize, Serialize};

use crate::{
    ask::{Ask, Only},
    graph::Graph,
    words::{Commonness, Words},
};

/// Questions of one kind.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Workload {
    /// What they are, for a table.
    pub name: String,
    /// The most milliseconds that 95 of 100 may take, where there is a goal.
    pub goal_millis: Option<f64>,
    /// The questions.
    pub questions: Vec<Question>,
}

/// A question with what is known of its answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Question {
    /// The question.
    pub ask: Ask,
    /// A memory that belongs to the answer.
    pub wanted: Option<MemoryId>,
}

/// Draws the workloads that read, `count` questions each.
pub fn reads(graph: &Graph, count: usize, seed: u64) -> Vec<Workload> {
    let words = Words::of(&graph.memories);
    let mut draw = Draw {
        graph,
        words: &words,
        chance: Chance::new(seed),
        count,
    };
    let mut workloads = draw.searches();
    workloads.extend(draw.walks());
    workloads.extend(draw.rest());
    workloads
}

struct Draw<'a> {
    graph: &'a Graph,
    words: &'a Words,
    chance: Chance,
    count: usize,
}

use Commonness::{Common, Middling, Rare};

impl Draw<'_> {
    fn searches(&mut self) -> Vec<Workload> {
        let everything = |_: &Memory| Only::default();
        let kinds: [(&str, &[Commonness]); 9] = [
            ("1 rare word", &[Rare]),
            ("1 common word", &[Common]),
            ("2 rare words", &[Rare, Rare]),
            ("1 rare and 1 common word", &[Rare, Common]),
            ("2 common words", &[Common, Common]),
            ("3 rare words", &[Rare, Rare, Rare]),
            (
                "a rare, a middling and a common word",
                &[Rare, Middling, Common],
            ),
            ("3 middling words", &[Middling, Middling, Middling]),
            ("3 common words", &[Common, Common, Common]),
        ];
        let mut workloads: Vec<Workload> = kinds
            .iter()
            .map(|(name, wanted)| {
                let goal = (wanted.len() == 3).then_some(10.0);
                let name = format!("recall: {name}");
                self.search(name, wanted, SearchMode::Fuzzy, goal, everything)
            })
            .collect();
        for (name, wanted, mode) in [
            (
                "strict: 3 rare words",
                [Rare, Rare, Rare],
                SearchMode::Strict,
            ),
            (
                "strict: 3 common words",
                [Common, Common, Common],
                SearchMode::Strict,
            ),
            (
                "normal: 3 common words",
                [Common, Common, Common],
                SearchMode::Normal,
            ),
        ] {
            workloads.push(self.search(name.to_owned(), &wanted, mode, None, everything));
        }
        let of_type = |memory: &Memory| Only {
            kind: Some(memory.memory_type),
            ..Only::default()
        };
        let of_tag = |memory: &Memory| Only {
            tag: memory.tags.first().cloned(),
            ..Only::default()
        };
        let important = |memory: &Memory| Only {
            min_importance: Some(Score::clamped(memory.importance.get().min(0.9))),
            ..Only::default()
        };
        let mixed = [Rare, Middling, Common];
        let common = [Common, Common, Common];
        let recall = SearchMode::Fuzzy;
        let name = |words: &str, filter: &str| format!("recall: {words}, {filter}");
        workloads.push(self.search(
            name("mixed", "of a type"),
            &mixed,
            recall,
            Some(10.0),
            of_type,
        ));
        workloads.push(self.search(
            name("3 common", "of a type"),
            &common,
            recall,
            Some(10.0),
            of_type,
        ));
        workloads.push(self.search(
            name("3 common", "with a tag"),
            &common,
            recall,
            Some(10.0),
            of_tag,
        ));
        workloads.push(self.search(
            name("3 common", "important"),
            &common,
            recall,
            Some(10.0),
            important,
        ));
        workloads.push(self.misspelt());
        workloads
    }

    fn search(
        &mut self,
        name: String,
        wanted: &[Commonness],
        mode: SearchMode,
        goal_millis: Option<f64>,
        only: impl Fn(&Memory) -> Only,
    ) -> Workload {
        let mut questions = Vec::new();
        for _ in 0..self.count * 100 {
            if questions.len() == self.count {
                break;
            }
            let memory = &self.graph.memories[self.chance.below(self.graph.memories.len())];
            let Some(text) = self.text(memory, wanted) else {
                continue;
            };
            questions.push(Question {
                ask: Ask::Search {
                    text,
                    mode,
                    only: only(memory),
                },
                wanted: Some(memory.id.clone()),
            });
        }
        Workload {
            name,
            goal_millis,
            questions,
        }
    }

    /// Takes words of a memory, of each wanted commonness.
    fn text(&mut self, memory: &Memory, wanted: &[Commonness]) -> Option<String> {
        let mut pools: HashMap<Commonness, Vec<String>> = HashMap::new();
        let mut chosen = Vec::new();
        for commonness in wanted {
            let pool = pools
                .entry(*commonness)
                .or_insert_with(|| self.words.of_one(memory, *commonness));
            if pool.is_empty() {
                return None;
            }
            chosen.push(pool.swap_remove(self.chance.below(pool.len())));
        }
        Some(chosen.join(" "))
    }

    /// Three rare words, of which one lacks a letter.
    fn misspelt(&mut self) -> Workload {
        let rare = [Rare, Rare, Rare];
        let name = "recall: 3 rare words, 1 misspelt".to_owned();
        let mut workload = self.search(name, &rare, SearchMode::Fuzzy, Some(10.0), |_| {
            Only::default()
        });
        for question in &mut workload.questions {
            if let Ask::Search { text, .. } = &mut question.ask {
                // The words are ASCII of at least 3 letters: the last but one of the first is left out.
                text.remove(text.find(' ').map_or(0, |end| end - 2));
            }
        }
        workload
    }

    fn walks(&mut self) -> Vec<Workload> {
        let mut degrees: HashMap<&MemoryId, usize> = HashMap::new();
        for relationship in &self.graph.relationships {
            *degrees.entry(&relationship.from).or_default() += 1;
            *degrees.entry(&relationship.to).or_default() += 1;
        }
        let mut by_degree: Vec<(&MemoryId, usize)> = degrees.into_iter().collect();
        by_degree.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
        let hubs: Vec<MemoryId> = by_degree
            .iter()
            .take(20)
            .map(|(id, _)| (*id).clone())
            .collect();
        let mut anywhere = Vec::new();
        for _ in 0..self.count {
            anywhere.push(by_degree[self.chance.below(by_degree.len())].0.clone());
        }
        let mut workloads = Vec::new();
        for (starts, name) in [(&anywhere, "anywhere"), (&hubs, "hubs")] {
            for depth in 1..=3 {
                workloads.push(Workload {
                    name: format!("related: depth {depth}, from {name}"),
                    goal_millis: (depth == 2).then_some(5.0),
                    questions: plain(starts.iter().map(|from| Ask::Walk {
                        from: from.clone(),
                        depth,
                    })),
                });
            }
        }
        workloads
    }

    fn rest(&mut self) -> Vec<Workload> {
        let graph = self.graph;
        let some = |draw: &mut Self| {
            graph.memories[draw.chance.below(graph.memories.len())]
                .id
                .clone()
        };
        let gets: Vec<Question> = (0..self.count)
            .map(|_| {
                let id = some(self);
                Question {
                    ask: Ask::Get(id.clone()),
                    wanted: Some(id),
                }
            })
            .collect();
        let paths: Vec<Ask> = (0..self.count.min(50))
            .map(|_| Ask::Path {
                from: some(self),
                to: some(self),
            })
            .collect();
        let recent = Ask::List {
            sort: Sort::RecentlyUpdated,
            only: Only::default(),
        };
        let lists = (0..self.count).map(|_| Ask::List {
            sort: Sort::MostImportant,
            only: Only {
                kind: Some(graph.memories[self.chance.below(graph.memories.len())].memory_type),
                ..Only::default()
            },
        });
        let lists = plain(lists.collect::<Vec<_>>());
        let workload = |name: &str, goal_millis, questions| Workload {
            name: name.to_owned(),
            goal_millis,
            questions,
        };
        vec![
            workload("get by id", None, gets),
            workload("list: recent", None, plain(vec![recent; self.count])),
            workload("list: most important of a type", None, lists),
            workload("shortest path", None, plain(paths)),
            workload("statistics", Some(50.0), plain(vec![Ask::Statistics; 20])),
        ]
    }
}

fn plain(asks: impl IntoIterator<Item = Ask>) -> Vec<Question> {
    asks.into_iter()
        .map(|ask| Question { ask, wanted: None })
        .collect()
}
