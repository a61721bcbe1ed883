use serde_json::json;

use super::{ask, done, graph, refused, stored};

#[tokio::test]
async fn a_memory_is_shown_as_it_was() {
    let graph = graph();
    let id = stored(&graph, "fix", "First", "The pool has 32 connections.").await;
    let first = done(&graph, "get_memory", json!({ "memory_id": id })).await;
    let kept = first["memory"]["updated_at"].clone();
    let change = json!({ "memory_id": id, "title": "Second" });
    let second = done(&graph, "update_memory", change).await;
    let changed = second["memory"]["updated_at"].clone();

    let at = |time: &serde_json::Value| json!({ "memory_id": id, "as_of": time });
    let then = done(&graph, "get_memory", at(&kept)).await;
    assert_eq!(then["memory"]["title"], "First");
    let then = done(&graph, "get_memory", at(&changed)).await;
    assert_eq!(then["memory"]["title"], "Second");
    let (text, error) = refused(&graph, "get_memory", at(&json!("2020-01-01"))).await;
    assert_eq!(error["field"], "as_of");
    assert!(text.contains("valid from"), "{text}");

    done(&graph, "delete_memory", json!({ "memory_id": id })).await;
    let (failed, text, then) = ask(&graph, "get_memory", at(&kept)).await;
    assert!(!failed && text.contains("Deleted"), "{text}");
    assert_eq!(then["memory"]["title"], "First");
    assert_eq!(then["deleted"], true);
    let (_, error) = refused(&graph, "get_memory", json!({ "memory_id": id })).await;
    assert_eq!(error["kind"], "not_found");
}
