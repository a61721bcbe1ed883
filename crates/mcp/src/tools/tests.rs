use std::sync::Arc;

use adapter_memory::MemoryBackend;
use memorygraph::{MemoryGraph, SystemClock, ToolProfile, UuidV7Source};
use rmcp::model::{CallToolResult, JsonObject};
use serde_json::{Value, json};

use super::all;

fn graph() -> MemoryGraph {
    let backend = Arc::new(MemoryBackend::new());
    MemoryGraph::over(
        backend,
        Arc::new(SystemClock::new()),
        Arc::new(UuidV7Source),
    )
}

/// Calls a tool of a profile; none when the profile has no tool of this name.
async fn call(
    graph: &MemoryGraph,
    profile: ToolProfile,
    name: &str,
    arguments: JsonObject,
) -> Option<CallToolResult> {
    let tools = all(profile);
    let tool = tools.iter().find(|tool| tool.name == name)?;
    Some(super::call(graph, tool, arguments).await)
}

/// Calls a tool, and returns whether that is an error, the text, and what programs read.
async fn ask(graph: &MemoryGraph, name: &str, arguments: Value) -> (bool, String, Value) {
    let arguments = arguments.as_object().unwrap().clone();
    let answer = call(graph, ToolProfile::Extended, name, arguments)
        .await
        .unwrap();
    let text = answer.content[0].as_text().unwrap().text.clone();
    (
        answer.is_error == Some(true),
        text,
        answer.structured_content.unwrap(),
    )
}

async fn done(graph: &MemoryGraph, name: &str, arguments: Value) -> Value {
    let (failed, text, json) = ask(graph, name, arguments).await;
    assert!(!failed, "{name}: {text}");
    let tools = all(ToolProfile::Extended);
    let tool = tools.iter().find(|tool| tool.name == name).unwrap();
    let schema = tool.output_schema.as_ref().unwrap();
    for key in schema["required"].as_array().unwrap() {
        assert!(json.get(key.as_str().unwrap()).is_some(), "{name}: {json}");
    }
    json
}

async fn refused(graph: &MemoryGraph, name: &str, arguments: Value) -> (String, Value) {
    let (failed, text, json) = ask(graph, name, arguments).await;
    assert!(failed, "{name}: {text}");
    (text, json["error"].clone())
}

async fn stored(graph: &MemoryGraph, kind: &str, title: &str, content: &str) -> String {
    let asked = json!({ "type": kind, "title": title, "content": content, "tags": ["Redis"] });
    let json = done(graph, "store_memory", asked).await;
    json["memory"]["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_core_tools_do_what_they_say() {
    let graph = graph();
    let fix = stored(&graph, "fix", "Larger pool", "The pool has 32 connections.").await;
    let error = stored(&graph, "error", "Redis timeout", "Reads take 2 s.").await;
    let link = json!({
        "from_memory_id": fix, "to_memory_id": error, "relationship_type": "solves",
    });
    let linked = done(&graph, "create_relationship", link.clone()).await;
    assert_eq!(linked["reinforced"], false);
    assert_eq!(
        done(&graph, "create_relationship", link).await["reinforced"],
        true
    );

    let found = done(
        &graph,
        "recall_memories",
        json!({ "query": "larger pools" }),
    )
    .await;
    assert_eq!(found["items"][0]["memory"]["id"], *fix);
    let asked = json!({ "tags": ["REDIS"], "relationship_filter": ["solves"], "limit": 1 });
    let found = done(&graph, "search_memories", asked.clone()).await;
    let mut next = asked;
    next["cursor"] = found["next_cursor"].clone();
    let rest = done(&graph, "search_memories", next).await;
    assert_ne!(
        found["items"][0]["memory"]["id"],
        rest["items"][0]["memory"]["id"]
    );
    assert!(rest.get("next_cursor").is_none());

    let got = done(&graph, "get_memory", json!({ "memory_id": fix })).await;
    assert_eq!(got["relationships"][0]["type"], "SOLVES");
    let related = json!({ "memory_id": error, "direction": "incoming", "max_depth": 2 });
    let related = done(&graph, "get_related_memories", related).await;
    assert_eq!(related["items"][0]["memory"]["id"], *fix);
    let related = json!({ "memory_id": error, "direction": "outgoing" });
    let related = done(&graph, "get_related_memories", related).await;
    assert_eq!(related["items"], json!([]));
    let activity = done(&graph, "get_recent_activity", json!({})).await;
    assert_eq!(activity["total"], 2);
    assert_eq!(activity["unresolved"], json!([]));

    let change = json!({ "memory_id": fix, "importance": 0.9, "summary": null });
    let updated = done(&graph, "update_memory", change).await;
    assert_eq!(updated["memory"]["version"], 2);
    let deleted = done(&graph, "delete_memory", json!({ "memory_id": fix })).await;
    assert_eq!(deleted["relationships"], 1);
}

#[tokio::test]
async fn the_extended_tools_do_what_they_say() {
    let graph = graph();
    let fix = stored(&graph, "fix", "Larger pool", "The pool has 32 connections.").await;
    let error = stored(&graph, "error", "Redis timeout", "Reads take 2 s.").await;
    let ends = json!({ "from_memory_id": fix, "to_memory_id": error });
    let none = done(&graph, "find_memory_path", ends.clone()).await;
    assert_eq!(none["found"], false);
    let fits = done(&graph, "suggest_relationship_type", ends.clone()).await;
    assert_eq!(fits["items"][0]["type"], "SOLVES");
    let (text, _) = refused(&graph, "reinforce_relationship", ends.clone()).await;
    assert!(text.contains("create one first"), "{text}");
    let mut link = ends.clone();
    link["relationship_type"] = "SOLVES".into();
    let linked = done(&graph, "create_relationship", link).await;
    let before = linked["relationship"]["strength"].as_f64().unwrap();
    let path = done(&graph, "find_memory_path", ends.clone()).await;
    assert_eq!(path["hops"], 1);
    let tried = done(&graph, "reinforce_relationship", ends).await;
    assert!(tried["relationship"]["strength"].as_f64().unwrap() > before);

    let near = json!({ "memory_id": error, "query": "connections" });
    let near = done(&graph, "contextual_search", near).await;
    assert_eq!(near["items"][0]["memory"]["id"], *fix);
    let counted = done(&graph, "get_memory_statistics", json!({})).await;
    assert_eq!(counted["memories"], 2);
    let states = done(&graph, "memory_history", json!({ "memory_id": fix })).await;
    assert_eq!(states["items"].as_array().unwrap().len(), 1);
    let changes = done(&graph, "what_changed", json!({ "since": "2020-01-01" })).await;
    assert_eq!(changes["items"].as_array().unwrap().len(), 3);
    let end = json!({ "relationship_id": linked["relationship"]["id"] });
    let ended = done(&graph, "invalidate_relationship", end).await;
    assert!(ended["relationship"]["valid_until"].is_string());
    assert_eq!(
        done(&graph, "sync_now", json!({})).await["synced"],
        Value::Null
    );
}

#[tokio::test]
async fn errors_name_the_field_and_what_to_do() {
    let graph = graph();
    let id = stored(&graph, "fix", "Larger pool", "The pool has 32 connections.").await;
    let draft = json!({ "type": "pattern", "title": "t", "content": "c" });
    let (text, error) = refused(&graph, "store_memory", draft).await;
    assert_eq!(error["field"], "type");
    assert!(text.contains("code_pattern"), "{text}");
    let cases = [
        (
            "store_memory",
            json!({ "type": "fix", "content": "c" }),
            "title",
        ),
        (
            "store_memory",
            json!({ "type": "fix", "title": " ", "content": "c" }),
            "title",
        ),
        (
            "store_memory",
            json!({ "type": "fix", "title": "t", "content": 1 }),
            "content",
        ),
        ("recall_memories", json!({ "limit": 0 }), "limit"),
        ("recall_memories", json!({ "limit": "many" }), "limit"),
        ("recall_memories", json!({ "question": "why" }), "question"),
        ("recall_memories", json!({ "as_of": "yesterday" }), "as_of"),
        (
            "recall_memories",
            json!({ "query": "x".repeat(1001) }),
            "query",
        ),
        ("recall_memories", json!({ "cursor": "garbage" }), "cursor"),
        (
            "search_memories",
            json!({ "memory_types": ["nope"] }),
            "memory_types[0]",
        ),
        (
            "get_related_memories",
            json!({ "memory_id": id, "max_depth": 6 }),
            "max_depth",
        ),
    ];
    for (name, arguments, field) in cases {
        let (text, error) = refused(&graph, name, arguments).await;
        assert_eq!(error["field"], field, "{text}");
    }
    let misspelt = format!("{}x", &id[..id.len() - 1]);
    for name in [
        "get_memory",
        "delete_memory",
        "get_related_memories",
        "memory_history",
    ] {
        let (text, error) = refused(&graph, name, json!({ "memory_id": misspelt })).await;
        assert_eq!(error["kind"], "not_found");
        assert!(text.contains(&id), "{text}");
    }
    let change = json!({ "memory_id": id, "title": "Mine", "expected_version": 1 });
    done(
        &graph,
        "update_memory",
        json!({ "memory_id": id, "title": "Theirs" }),
    )
    .await;
    let (text, error) = refused(&graph, "update_memory", change).await;
    assert_eq!(error["kind"], "conflict");
    assert!(text.contains("Mine") && text.contains("Theirs"), "{text}");
    assert_eq!(error["found"]["memory"]["title"], "Theirs");
}

#[tokio::test]
async fn a_secret_is_refused_unless_it_is_allowed() {
    let graph = graph();
    let secret = "postgres://app:s3cr3t-Pw9@db.internal/app";
    let mut draft = json!({ "type": "fix", "title": "Database", "content": secret });
    let (text, error) = refused(&graph, "store_memory", draft.clone()).await;
    assert_eq!(error["kind"], "secret");
    assert!(
        text.contains("content has a password") && !text.contains("s3cr3t"),
        "{text}"
    );
    draft["allow_secrets"] = true.into();
    done(&graph, "store_memory", draft).await;
}

#[tokio::test]
async fn a_page_goes_on_where_the_budget_ends() {
    let graph = graph();
    for number in 0..12 {
        let content = format!("The pool number {number} is full.");
        stored(&graph, "problem", &format!("Pool {number}"), &content).await;
    }
    let mut seen = std::collections::BTreeSet::new();
    let mut asked = json!({ "query": "pool", "budget_tokens": 600 });
    loop {
        let page = done(&graph, "recall_memories", asked.clone()).await;
        for item in page["items"].as_array().unwrap() {
            assert!(seen.insert(item["memory"]["id"].to_string()));
        }
        match page.get("next_cursor") {
            Some(next) => asked["cursor"] = next.clone(),
            None => break,
        }
    }
    assert_eq!(seen.len(), 12);
    let skipped = done(
        &graph,
        "recall_memories",
        json!({ "query": "pool", "offset": 9 }),
    )
    .await;
    assert_eq!(skipped["items"].as_array().unwrap().len(), 3);
    let tiny = done(
        &graph,
        "recall_memories",
        json!({ "query": "pool", "budget_tokens": 1 }),
    )
    .await;
    assert_eq!(tiny["left_out"], 11);
}

#[tokio::test]
async fn a_profile_has_its_tools_alone() {
    let graph = graph();
    assert_eq!(all(ToolProfile::Core).len(), 9);
    let hidden = call(
        &graph,
        ToolProfile::Core,
        "sync_now",
        serde_json::Map::new(),
    )
    .await;
    assert!(hidden.is_none());
    for tool in all(ToolProfile::Extended) {
        assert!(
            call(
                &graph,
                ToolProfile::Extended,
                &tool.name,
                serde_json::Map::new()
            )
            .await
            .is_some()
        );
    }
}

#[test]
fn descriptions_and_schemas_stay_small() {
    // No tokenizer of Claude is public. Its counts are said to be near those of o200k.
    let tokenizer = tiktoken_rs::o200k_base_singleton();
    for (profile, most) in [(ToolProfile::Core, 1_500), (ToolProfile::Extended, 3_500)] {
        let tools = all(profile);
        let shown = tools.iter().map(|tool| {
            json!({ "name": tool.name, "description": tool.description, "inputSchema": tool.input_schema })
        });
        let shown: Value = shown.collect();
        let tokens = tokenizer.encode_ordinary(&shown.to_string());
        assert!(tokens.len() <= most, "{profile}: {} tokens", tokens.len());
    }
}
