use std::collections::BTreeSet;

use domain::Cursor;
use memorygraph::ContextualSearch;
use serde_json::{Value, json};

use super::{ask, done, graph, stored};

#[tokio::test]
async fn a_page_goes_on_where_the_budget_ends() {
    let graph = graph();
    for number in 0..12 {
        let content = format!("The pool number {number} is full.");
        stored(&graph, "problem", &format!("Pool {number}"), &content).await;
    }
    let mut seen = BTreeSet::new();
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

/// Reads all pages of an answer, and returns how often each id comes in a list of it.
async fn read_on(
    graph: &memorygraph::MemoryGraph,
    name: &str,
    mut asked: Value,
    list: &str,
) -> Vec<String> {
    let mut seen = Vec::new();
    for _ in 0..50 {
        let page = done(graph, name, asked.clone()).await;
        for item in page[list].as_array().unwrap() {
            let state = item.get("memory").unwrap_or(item);
            seen.push(format!("{} {}", state["id"], state["version"]));
        }
        match page.get("next_cursor") {
            Some(next) => asked["cursor"] = next.clone(),
            None => return seen,
        }
    }
    panic!("{name} does not end: {asked}");
}

#[tokio::test]
async fn every_list_goes_on_with_its_cursor_and_tells_all_once() {
    let graph = graph();
    let hub = stored(&graph, "general", "Hub", "The hub.").await;
    let mut names = BTreeSet::new();
    for number in 0..7 {
        let content = format!("The pool number {number} is full.");
        let id = stored(&graph, "problem", &format!("Pool {number}"), &content).await;
        let link = json!({
            "from_memory_id": id, "to_memory_id": hub, "relationship_type": "APPLIES_TO",
        });
        done(&graph, "create_relationship", link).await;
        let change = json!({ "memory_id": hub, "title": format!("Hub {number}") });
        done(&graph, "update_memory", change).await;
        names.insert(id);
    }
    let near = json!({ "memory_id": hub, "query": "pool" });
    let cases = [
        ("contextual_search", near, "items", 7),
        (
            "get_related_memories",
            json!({ "memory_id": hub }),
            "items",
            7,
        ),
        ("get_recent_activity", json!({}), "recent", 8),
        ("get_recent_activity", json!({}), "unresolved", 7),
        ("memory_history", json!({ "memory_id": hub }), "items", 8),
        (
            "what_changed",
            json!({ "since": "2020-01-01" }),
            "items",
            15,
        ),
    ];
    for (name, asked, list, count) in cases {
        let whole = read_on(&graph, name, asked.clone(), list).await;
        assert_eq!(whole.len(), count, "{name}: {whole:?}");
        for (key, value) in [("limit", 3), ("budget_tokens", 700), ("budget_tokens", 1)] {
            let mut small = asked.clone();
            small[key] = value.into();
            let read = read_on(&graph, name, small, list).await;
            assert_eq!(read, whole, "{name} with {key} {value}");
        }
        let mut foreign = asked;
        foreign["cursor"] = "00".into();
        let (_, error) = super::refused(&graph, name, foreign).await;
        assert_eq!(error["field"], "cursor", "{name}");
    }
}

#[tokio::test]
async fn a_cursor_that_somebody_made_up_is_harmless() {
    let graph = graph();
    let id = stored(&graph, "problem", "Pool", "The pool is full.").await;
    for since in [i64::MIN, 0, i64::MAX] {
        let place = json!({ "since": since, "unresolved": usize::MAX, "recent": usize::MAX });
        let made_up = Cursor::new(&(7_i64, None::<String>), &place);
        let asked = json!({ "cursor": made_up, "limit": 1000, "budget_tokens": 1 });
        let (failed, text, answer) = ask(&graph, "get_recent_activity", asked).await;
        assert_eq!(failed, since != 0, "{text}");
        assert!(failed || answer["recent"] == json!([]), "{text}");
    }
    let search = ContextualSearch::new(id.parse().unwrap(), "pool");
    let made_up = Cursor::new(&search, &u32::MAX);
    let asked = json!({ "memory_id": id, "query": "pool", "cursor": made_up, "limit": 1000 });
    let found = done(&graph, "contextual_search", asked).await;
    assert_eq!(found["items"], json!([]));
}
