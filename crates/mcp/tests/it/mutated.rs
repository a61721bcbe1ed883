//! Messages that something befell on their way. `FUZZ_CASES=100000` tries that many.

use std::env;

use memorygraph::ToolProfile;
use proptest::{prelude::*, test_runner::Config};
use serde_json::{Value, json};
use tokio::runtime;

use crate::client::{Client, meta};

/// How many messages one server gets.
const TOGETHER: u32 = 50;

/// Pieces that programs stumble over.
const HOSTILE: [&str; 24] = [
    "\0",
    "\"",
    "\\",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "null",
    "true",
    "{}",
    "[]",
    "\"\"",
    "-1",
    "1e999",
    "18446744073709551616",
    "0.5",
    "\"\\ud800\"",
    "\\u0000",
    "\u{feff}",
    "' OR 1=1; --",
    "\" OR \"*\" NEAR(a b, 1) NOT {title}:^",
    "😀\u{200d}数据库",
];

/// Messages of every kind that the server knows.
fn seeds() -> Vec<String> {
    let requests = requests().into_iter().map(
        |(method, params)| json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}),
    );
    let mut seeds: Vec<Value> = requests.collect();
    seeds.extend(calls().into_iter().map(|(name, arguments)| {
        let told = json!({"progressToken": 7});
        let params = json!({"name": name, "arguments": arguments, "_meta": told});
        json!({"jsonrpc": "2.0", "id": "call", "method": "tools/call", "params": params})
    }));
    seeds.push(
        json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}}),
    );
    seeds.push(json!({"jsonrpc": "2.0", "id": 1, "result": {}}));
    seeds.push(json!([{"jsonrpc": "2.0", "id": 1, "method": "ping"}, {"jsonrpc": "2.0", "method": "ping"}]));
    seeds.iter().map(ToString::to_string).collect()
}

fn requests() -> Vec<(&'static str, Value)> {
    vec![
        ("ping", json!({})),
        ("server/discover", json!({})),
        ("tools/list", json!({})),
        ("resources/list", json!({})),
        ("resources/templates/list", json!({})),
        ("resources/read", json!({"uri": "memory://recent"})),
        ("resources/read", json!({"uri": "graph://one?depth=2"})),
        ("prompts/list", json!({})),
        (
            "prompts/get",
            json!({"name": "recall_before_work", "arguments": {"task": "mend it"}}),
        ),
        (
            "completion/complete",
            json!({
                "ref": {"type": "ref/prompt", "name": "weekly_digest"},
                "argument": {"name": "tag", "value": "re"},
            }),
        ),
        (
            "completion/complete",
            json!({
                "ref": {"type": "ref/resource", "uri": "memory://{id}"},
                "argument": {"name": "id", "value": "pool"},
                "context": {"arguments": {"id": "one"}},
            }),
        ),
        ("logging/setLevel", json!({"level": "debug"})),
        ("resources/subscribe", json!({"uri": "memory://recent"})),
        ("resources/subscribe", json!({"uri": "graph://one?depth=2"})),
        ("resources/unsubscribe", json!({"uri": "memory://recent"})),
        (
            "subscriptions/listen",
            json!({
                "_meta": meta(),
                "notifications": {"resourceSubscriptions": ["memory://recent", "memory://one"]},
            }),
        ),
        (
            "initialize",
            json!({
                "protocolVersion": "2025-06-18", "capabilities": {},
                "clientInfo": {"name": "test", "version": "1"},
            }),
        ),
    ]
}

fn calls() -> Vec<(&'static str, Value)> {
    vec![
        (
            "store_memory",
            json!({
                "type": "solution", "title": "Pool", "content": "Raise it to 50.", "tags": ["redis"],
                "importance": 0.8, "context": {"project_path": "/shop", "languages": ["rust"]},
            }),
        ),
        (
            "recall_memories",
            json!({
                "query": "redis pool", "memory_types": ["solution"], "limit": 5, "offset": 1,
                "as_of": "2026-01-01T00:00:00Z", "budget_tokens": 100,
            }),
        ),
        (
            "search_memories",
            json!({"terms": ["pool"], "match_mode": "all", "relationship_filter": ["SOLVES"]}),
        ),
        (
            "get_memory",
            json!({"memory_id": "one", "include_relationships": true}),
        ),
        (
            "update_memory",
            json!({"memory_id": "one", "title": "Pools", "expected_version": 1}),
        ),
        ("delete_memory", json!({"memory_id": "one"})),
        (
            "create_relationship",
            json!({
                "from_memory_id": "one", "to_memory_id": "two", "relationship_type": "SOLVES", "strength": 0.9,
            }),
        ),
        (
            "get_related_memories",
            json!({"memory_id": "one", "max_depth": 2, "relationship_types": ["SOLVES"]}),
        ),
        ("get_recent_activity", json!({"days": 7})),
        ("get_memory_statistics", json!({})),
        (
            "contextual_search",
            json!({"memory_id": "one", "query": "pool"}),
        ),
        (
            "find_memory_path",
            json!({"from_memory_id": "one", "to_memory_id": "two"}),
        ),
        ("memory_history", json!({"memory_id": "one"})),
        ("what_changed", json!({"since": "2026-01-01T00:00:00Z"})),
        (
            "invalidate_relationship",
            json!({"relationship_id": "three"}),
        ),
        (
            "reinforce_relationship",
            json!({"relationship_id": "three"}),
        ),
        (
            "suggest_relationship_type",
            json!({"from_memory_id": "one", "to_memory_id": "two"}),
        ),
        ("sync_now", json!({})),
        (
            "store_memories",
            json!({
                "memories": [
                    {"ref": "fix", "type": "fix", "title": "Pool", "content": "Now 32."},
                    {"ref": "error", "type": "error", "title": "Timeout", "content": "Slow."},
                ],
                "relationships": [
                    {"from_memory_id": "fix", "to_memory_id": "error", "relationship_type": "SOLVES"},
                ],
                "idempotency_key": "k",
            }),
        ),
        (
            "search_relationships_by_context",
            json!({"scope": "partial", "conditions": ["production"], "has_evidence": true}),
        ),
    ]
}

/// What befalls a message at a place, which counts around its end.
#[derive(Clone, Debug)]
enum Mutation {
    Cut { at: usize, length: usize },
    Set { at: usize, byte: u8 },
    Insert { at: usize, hostile: usize },
    Repeat { at: usize, length: usize },
    Nothing,
}

impl Mutation {
    fn befall(&self, line: &mut Vec<u8>) {
        let place = |at: usize| at % (line.len() + 1);
        match *self {
            Self::Cut { at, length } => {
                let at = place(at);
                let end = line.len().min(at + length);
                line.drain(at..end);
            }
            Self::Set { at, byte } => {
                let at = place(at);
                if let Some(there) = line.get_mut(at) {
                    *there = byte;
                }
            }
            Self::Insert { at, hostile } => {
                let at = place(at);
                line.splice(at..at, HOSTILE[hostile % HOSTILE.len()].bytes());
            }
            Self::Repeat { at, length } => {
                let at = place(at);
                let piece = line[at..line.len().min(at + length)].to_vec();
                line.splice(at..at, piece);
            }
            Self::Nothing => {}
        }
    }
}

fn mutation() -> impl Strategy<Value = Mutation> {
    prop_oneof![
        (any::<usize>(), 1..40_usize).prop_map(|(at, length)| Mutation::Cut { at, length }),
        (any::<usize>(), any::<u8>()).prop_map(|(at, byte)| Mutation::Set { at, byte }),
        (any::<usize>(), any::<usize>()).prop_map(|(at, hostile)| Mutation::Insert { at, hostile }),
        (any::<usize>(), 1..40_usize).prop_map(|(at, length)| Mutation::Repeat { at, length }),
        Just(Mutation::Nothing),
    ]
}

#[test]
fn whatever_comes_the_server_goes_on_and_says_nothing_but_messages() {
    let cases = env::var("FUZZ_CASES").map_or(1_000, |cases| {
        cases.parse().expect("FUZZ_CASES is a number of cases")
    });
    let config = Config {
        failure_persistence: None,
        ..Config::with_cases((cases / TOGETHER).max(1))
    };
    let seeds = seeds();
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let message = (any::<usize>(), proptest::collection::vec(mutation(), 0..4));
    let messages = proptest::collection::vec(message, TOGETHER as usize);
    proptest!(config, |(messages in messages)| {
        let lines = messages.iter().map(|(seed, mutations)| {
            let mut line = seeds[seed % seeds.len()].clone().into_bytes();
            for mutation in mutations {
                mutation.befall(&mut line);
            }
            line
        });
        let lines: Vec<_> = lines.collect();
        runtime.block_on(async {
            let mut client = Client::new(ToolProfile::Extended);
            client.greets("2025-11-25").await;
            client.survives(&lines).await;
            client.leaves().await;
        });
    });
}
