use std::sync::Arc;

use adapter_memory::MemoryBackend;
use memorygraph::{MemoryGraph, SystemClock, ToolProfile, UuidV7Source};
use rmcp::model::{CallToolResult, JsonObject, Tool};
use serde_json::{Value, json};

use super::{all, arguments};

mod bundle;
mod circumstances;
mod errors;
mod pages;
mod then;

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
    Some(
        super::call(
            graph,
            tool,
            arguments,
            &crate::progress::Progress::default(),
        )
        .await,
    )
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
    assert_fits(tool, &json);
    json
}

/// Fails unless an answer fits the output schema of its tool; it may have fields that the schema
/// does not name where a tool counts.
fn assert_fits(tool: &Tool, json: &Value) {
    let schema = tool.output_schema.as_ref().unwrap();
    let properties = schema["properties"].as_object().unwrap();
    let mut given = json.as_object().unwrap().clone();
    let complete = schema["anyOf"].as_array().unwrap().iter().any(|one| {
        let mut required = one["required"].as_array().unwrap().iter();
        required.all(|name| given.contains_key(name.as_str().unwrap()))
    });
    assert!(complete, "{}: {json}", tool.name);
    if ["get_memory_statistics", "sync_now"].contains(&&*tool.name) {
        given.retain(|name, _| properties.contains_key(name));
    }
    let checked = arguments::checked(schema, given);
    assert!(checked.is_ok(), "{}: {checked:?}", tool.name);
}

async fn refused(graph: &MemoryGraph, name: &str, arguments: Value) -> (String, Value) {
    let (failed, text, json) = ask(graph, name, arguments).await;
    assert!(failed, "{name}: {text}");
    let tools = all(ToolProfile::Extended);
    assert_fits(tools.iter().find(|tool| tool.name == name).unwrap(), &json);
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

/// What a tool is asked for when nothing is wrong.
fn right(tool: &Tool, [fix, error, link]: &[String; 3]) -> JsonObject {
    let properties = tool.input_schema["properties"].as_object().unwrap();
    let required = tool.input_schema.get("required").and_then(Value::as_array);
    let value = |name: &str| match name {
        "to_memory_id" => json!(error),
        "since" => json!("2020-01-01"),
        "relationship_type" => json!("SOLVES"),
        "relationship_id" => json!(link),
        "memories" => json!([{ "type": "fix", "title": "t", "content": "c" }]),
        _ if name.ends_with("memory_id") => json!(fix),
        _ => properties[name]["enum"]
            .get(0)
            .cloned()
            .unwrap_or(json!("text")),
    };
    let required = required.into_iter().flatten();
    let names = required.map(|name| name.as_str().unwrap());
    let mut given: JsonObject = names.map(|name| (name.to_owned(), value(name))).collect();
    let mut add = |name: &str, value: &str| given.insert(name.to_owned(), value.into());
    match &*tool.name {
        "reinforce_relationship" => {
            add("from_memory_id", fix);
            add("to_memory_id", error);
        }
        "update_memory" => {
            add("title", "Another title");
        }
        _ => {}
    }
    given
}

/// A graph of a fix that solves an error, and the ids of both and of what joins them.
async fn solved() -> (MemoryGraph, [String; 3]) {
    let graph = graph();
    let fix = stored(&graph, "fix", "Larger pool", "The pool has 32 connections.").await;
    let error = stored(&graph, "error", "Redis timeout", "Reads take 2 s.").await;
    let link = json!({
        "from_memory_id": fix, "to_memory_id": error, "relationship_type": "SOLVES",
    });
    let linked = done(&graph, "create_relationship", link).await;
    let link = linked["relationship"]["id"].as_str().unwrap().to_owned();
    (graph, [fix, error, link])
}

#[tokio::test]
async fn only_tools_that_say_so_change_the_graph() {
    for tool in all(ToolProfile::Extended) {
        let (graph, ids) = solved().await;
        let changes = json!({ "since": "2020-01-01" });
        let before = done(&graph, "what_changed", changes.clone()).await;
        done(&graph, &tool.name, right(&tool, &ids).into()).await;
        let after = done(&graph, "what_changed", changes).await;
        let reads = tool.annotations.unwrap().read_only_hint.unwrap();
        // A store in memory is no replica: there is nothing to sync.
        if tool.name != "sync_now" {
            assert_eq!(before == after, reads, "{}", tool.name);
        }
    }
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
