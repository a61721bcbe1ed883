//! What a request carries: batches larger than a statement may be, and every text.

use std::fmt::Write as _;

use domain::{Memory, MemoryContext, MemoryId};
use memorygraph_adapter_turso::{TursoBackend, TursoOptions};
use ports::{Access, Batch, GraphBackend, GraphBackendExt, SqlAccess, SqlParameters, SqlValue};
use proptest::{prelude::*, test_runner::Config};

use crate::{
    graph::{id, memory},
    world::{PATIENCE, World, opened},
};

/// The largest statement that the primary takes, in bytes.
const STATEMENT: usize = 5_000_000;

#[tokio::test]
async fn a_batch_larger_than_a_statement_goes_in_whole() {
    let world = World::new();
    let modes: [TursoOptions; 2] = [world.replica("replica.db"), world.remote()];
    for (mode, options) in modes.into_iter().enumerate() {
        // 24 MB of log take this machine some seconds where nothing is optimised.
        let options = TursoOptions {
            patience: PATIENCE,
            ..options
        };
        let backend = opened(options).await;
        let large = |number: usize| {
            let name = format!("large/{mode}/{number}");
            Memory {
                content: format!("{number} {}", "x'\n".repeat(13_300)),
                ..memory(&name)
            }
        };
        let memories: Vec<Memory> = (0..300).map(large).collect();
        let bytes: usize = memories.iter().map(|memory| memory.content.len()).sum();
        assert!(bytes > 2 * STATEMENT);
        let batch = memories
            .iter()
            .cloned()
            .fold(Batch::default(), Batch::put_memory);
        world.network.reset_requests();
        let receipt = backend.apply(batch).await.unwrap();
        eprintln!(
            "{bytes} bytes in one batch: {} requests",
            world.network.requests()
        );
        assert_eq!(receipt.memories_added, 300);
        let groups = world
            .at_primary("SELECT count(*) FROM batches WHERE applied")
            .unwrap();
        let ids: Vec<MemoryId> = memories.iter().map(|memory| memory.id.clone()).collect();
        let mut kept = backend.memories(&ids).await.unwrap();
        let mut wanted = memories;
        kept.sort_by(|a, b| a.id.cmp(&b.id));
        wanted.sort_by(|a, b| a.id.cmp(&b.id));
        assert_eq!(kept.len(), wanted.len(), "{groups} groups");
        for (kept, wanted) in kept.iter().zip(&wanted) {
            assert_eq!(kept.content.len(), wanted.content.len(), "{}", kept.id);
            assert!(kept == wanted, "{}", kept.id);
        }
        let lines = world.network.request_lines();
        let writes = lines.iter().filter(|line| line.contains("/v3/pipeline"));
        // One to write; reading 12 MB back takes as many as it takes.
        if mode == 0 {
            assert_eq!(writes.count(), 1, "{lines:?}");
        }
        backend.close().await.unwrap();
    }
}

/// Texts that mean something to SQL, to JSON, to a shell or to a terminal.
fn texts() -> Vec<String> {
    let mut texts: Vec<String> = [
        "it's 'quoted' ''twice''",
        "\"double\" `back` [square]",
        "; DROP TABLE nodes; --",
        "'; DROP TABLE nodes; --",
        "-- no comment",
        "/* no comment */ /*",
        "?1 ? ?2 ?999",
        ":x @x $x :: #x",
        "line\nbreak\r\nand\rreturn\ttab",
        "\\ \\\\ \\n \\u0041 \\'",
        "BEGIN; COMMIT; END; ROLLBACK",
        "{\"json\": [null, 1e999]} [] {}",
        "100% _ * ? %s {} {0}",
        "emoji 🧠👩‍👩‍👧‍👦🏳️‍🌈 e\u{301} \u{200d}\u{202e}\u{feff}",
        "記憶 память זיכרון ذاكرة",
        "\u{85}\u{a0}\u{2028}\u{2029}\u{fffd}\u{10ffff}\u{e000}",
        "x'00' 0x10 NULL nul",
        " spaces around ",
    ]
    .map(str::to_owned)
    .into();
    let control: String = ('\u{1}'..='\u{1f}').chain(['\u{7f}']).collect();
    texts.extend(control.chars().map(|c| format!("a{c}b")));
    texts.push(format!("a{control}b"));
    texts
}

/// Puts a text wherever a memory has one.
fn with(name: &str, text: &str) -> Memory {
    let tag = text
        .trim()
        .to_lowercase()
        .chars()
        .take(100)
        .collect::<String>();
    let context = MemoryContext {
        project_path: Some(text.to_owned()),
        languages: vec![text.to_owned()],
        additional_metadata: [(text.to_owned(), serde_json::Value::from(text))]
            .into_iter()
            .collect(),
        ..MemoryContext::default()
    };
    Memory {
        title: text.chars().take(200).collect(),
        content: text.to_owned(),
        summary: Some(text.chars().take(500).collect()),
        tags: vec![tag.trim().to_lowercase()],
        context: Some(context),
        updated_by: Some(text.chars().take(100).collect()),
        ..memory(name)
    }
}

#[tokio::test]
async fn every_text_goes_through_a_primary_byte_for_byte() {
    let world = World::new();
    for options in [world.replica("replica.db"), world.remote()] {
        let backend = opened(options).await;
        for (number, text) in texts().iter().enumerate() {
            let memory = with(&format!("text/{number}"), text);
            memory.check().unwrap();
            backend.put_memory(memory.clone()).await.unwrap();
            let kept = backend.memory(&memory.id).await.unwrap();
            assert_eq!(kept.as_ref(), Some(&memory), "{text:?}");
        }
        backend.close().await.unwrap();
    }
}

/// The same texts as parameters, literals, and identifiers of a caller's own SQL.
#[tokio::test]
async fn every_text_goes_through_a_callers_sql_byte_for_byte() {
    let world = World::new();
    for options in [
        world.local("local.db"),
        world.replica("replica.db"),
        world.remote(),
    ] {
        let backend = opened(options).await;
        for text in texts() {
            let literal = text.replace('\'', "''");
            let sql = format!("SELECT ?1 AS given, '{literal}' AS written, hex(?1) AS bytes");
            let values = SqlParameters::Positional(vec![SqlValue::from(text.as_str())]);
            for access in [Access::Read, Access::Write] {
                let rows = backend.execute_query(&sql, values.clone(), access).await;
                let rows = rows.unwrap_or_else(|error| panic!("{text:?}: {error}"));
                let said = SqlValue::from(text.as_str());
                assert_eq!(rows[0].get("given"), Some(&said));
                assert_eq!(rows[0].get("written"), Some(&said));
                let bytes = hex(text.as_bytes());
                assert_eq!(rows[0].get("bytes"), Some(&SqlValue::from(bytes)));
            }
        }
        backend.close().await.unwrap();
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        _ = write!(text, "{byte:02X}");
        text
    })
}

#[test]
fn any_text_goes_through_a_primary_byte_for_byte() {
    let world = World::new();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let modes = [world.replica("replica.db"), world.remote()];
    let backends: Vec<TursoBackend> = modes
        .into_iter()
        .map(|options| runtime.block_on(opened(options)))
        .collect();
    let config = Config {
        cases: 60,
        failure_persistence: None,
        ..Config::default()
    };
    proptest!(config, |(texts in prop::collection::vec("([^\0]|['\"`;:?@$/*\\-\n\\\\]){1,80}", 1..4))| {
        let named = texts.iter().enumerate();
        let memories: Vec<Memory> = named.map(|(n, text)| with(&format!("any/{n}"), text)).collect();
        prop_assume!(memories.iter().all(|memory| memory.check().is_ok()));
        for backend in &backends {
            let batch = memories.iter().cloned().fold(Batch::default(), Batch::put_memory);
            runtime.block_on(backend.apply(batch)).unwrap();
            for memory in &memories {
                let kept = runtime.block_on(backend.memory(&memory.id)).unwrap();
                prop_assert_eq!(kept.as_ref(), Some(memory));
            }
        }
    });
    let left = runtime.block_on(backends[0].memory(&id("any/0"))).unwrap();
    assert!(left.is_some(), "no case was tried");
}
