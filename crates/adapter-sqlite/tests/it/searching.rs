//! Any text is a question, and a text finds the memory that has it.

use domain::{Memory, SearchMode, SearchQuery, text};
use memorygraph_adapter_sqlite::SqliteBackend;
use ports::{GraphBackend, GraphBackendExt};
use proptest::{prelude::*, test_runner::Config};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::graph::{all, memory, opened};

const MODES: [SearchMode; 3] = [SearchMode::Strict, SearchMode::Normal, SearchMode::Fuzzy];

/// Text of which every part means something to FTS5, to SQL, to JSON or to LIKE.
fn syntax() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => prop::sample::select(vec![
            "\"", "\"\"", "*", "^", "+", "-", ":", "(", ")", "{", "}", "[", "]", ",", ".", "'",
            "''", "\\", "%", "_", "?1", ":a", ";", "--", "/*", "*/", "\0", "\n", "\u{feff}", "AND",
            "OR", "NOT", "NEAR(", "NEAR/2", "title:", "{title tags}:", "- title:", "nodes_fts",
            "rank", "rowid", "NULL", "u1f680", "\u{300}", "\u{10ffff}",
        ]).prop_map(str::to_owned),
        2 => Just(" ".to_owned()),
        2 => "[a-zA-Z]{1,8}",
        1 => "\\PC{0,8}",
        1 => any::<String>(),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

/// Text as people mix it.
fn mixed() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-zA-Z0-9_.'+#-]{0,12} ",
        2 => "[a-z]{1,4}([A-Z][a-z]{0,3}){1,3}[0-9]{0,2}",
        2 => "\\PC{0,6}",
        1 => "[ぁ-んァ-ヶ一-鿿가-힣ก-๙]{1,6}",
        1 => "[\u{300}-\u{338}\u{64b}-\u{652}\u{200c}\u{200d}\u{fe0f}\u{3099}\u{309a}]{1,2}",
        1 => "[🚀🦀👩💻🇫🇷🇩🏽☀❤]{1,3}",
        1 => "[А-яёЁΑ-ωάέή\u{5d0}-\u{5ea}\u{621}-\u{64a}अ-ह\u{93e}-\u{94d}]{1,5}",
        1 => "[\u{ff01}-\u{ff9f}\u{fb00}-\u{fb06}]{1,4}",
        1 => any::<String>(),
    ];
    prop::collection::vec(piece, 1..8).prop_map(|pieces| pieces.concat())
}

fn short(text: &str) -> String {
    text.chars().take(SearchQuery::LONGEST_TEXT).collect()
}

struct Graph {
    backend: SqliteBackend,
    runtime: Runtime,
    _folder: TempDir,
}

impl Graph {
    /// A graph in which some words are in many memories and some in few.
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let runtime = Runtime::new().unwrap();
        let backend = runtime.block_on(opened(&folder.path().join("graph.db")));
        for number in 0..40 {
            let said = Memory {
                content: format!("lorem NOT ipsum title AND word{number} getUserById 記憶"),
                ..memory(&format!("m{number}"))
            };
            runtime.block_on(backend.put_memory(said)).unwrap();
        }
        Self {
            backend,
            runtime,
            _folder: folder,
        }
    }

    fn search(&self, text: &str, mode: SearchMode) -> ports::Result<Vec<String>> {
        let query = SearchQuery {
            text: text.to_owned(),
            mode,
            ..SearchQuery::default()
        };
        let hits = self.runtime.block_on(self.backend.search(&query, &all()))?;
        let ids = hits.items.into_iter().map(|hit| hit.memory.id.to_string());
        Ok(ids.collect())
    }
}

fn cases(cases: u32) -> Config {
    Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    }
}

#[test]
fn no_text_makes_a_search_fail() {
    let graph = Graph::new();
    proptest!(cases(1_500), |(text in syntax())| {
        for mode in MODES {
            graph.search(&short(&text), mode).unwrap();
        }
    });
}

#[test]
fn a_memory_is_found_by_its_own_text() {
    let graph = Graph::new();
    proptest!(cases(600), |(text in mixed())| {
        let text = short(&text);
        prop_assume!(!text.trim().is_empty());
        let said = Memory { content: text.clone(), ..memory("said") };
        graph.runtime.block_on(graph.backend.put_memory(said)).unwrap();
        if !text::question(&text).is_empty() {
            for mode in MODES {
                let found = graph.search(&text, mode).unwrap();
                prop_assert!(found.contains(&"said".to_owned()), "{:?}: {:?}", mode, found);
            }
        }
    });
}
