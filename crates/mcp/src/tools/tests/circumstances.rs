use serde_json::{Value, json};

use super::{done, graph, refused, stored};

#[tokio::test]
async fn relationships_are_found_by_their_contexts_page_by_page() {
    let graph = graph();
    let hub = stored(&graph, "general", "Hub", "The hub.").await;
    let contexts = [
        "partially implements auth module, verified by integration tests",
        "conditional: when Redis enabled, except legacy clients",
        "fully solves the problem since v2.1.0",
        "only works in production environment",
    ];
    for (at, context) in contexts.iter().enumerate() {
        let other = stored(&graph, "general", "Other", &format!("Number {at}.")).await;
        let link = json!({
            "from_memory_id": hub, "to_memory_id": other, "relationship_type": "APPLIES_TO",
            "context": context,
        });
        done(&graph, "create_relationship", link).await;
    }
    let name = "search_relationships_by_context";
    let cases = [
        (json!({ "scope": "PARTIAL" }), vec![0]),
        (json!({ "conditions": ["production", "redis"] }), vec![1, 3]),
        (json!({ "has_evidence": true }), vec![0]),
        (json!({ "has_evidence": false, "scope": "full" }), vec![2]),
        (json!({ "evidence": ["integration"] }), vec![0]),
        (json!({ "components": ["redis"] }), vec![1]),
        (json!({ "temporal": "v2.1" }), vec![2]),
        (json!({ "as_of": "2020-01-01" }), vec![]),
    ];
    for (asked, expected) in cases {
        let found = done(&graph, name, asked.clone()).await;
        let found = found["items"].as_array().unwrap().iter();
        let found: Vec<_> = found
            .map(|found| found["context"].as_str().unwrap())
            .collect();
        let expected: Vec<_> = expected.into_iter().map(|at: usize| contexts[at]).collect();
        assert_eq!(found, expected, "{asked}");
    }

    for small in [json!({ "limit": 1 }), json!({ "budget_tokens": 1 })] {
        let mut asked = small;
        let mut seen: Vec<Value> = Vec::new();
        while seen.len() <= contexts.len() {
            let page = done(&graph, name, asked.clone()).await;
            seen.extend(page["items"].as_array().unwrap().iter().cloned());
            match page.get("next_cursor") {
                Some(next) => asked["cursor"] = next.clone(),
                None => break,
            }
        }
        let seen: Vec<_> = seen
            .iter()
            .map(|found| found["context"].as_str().unwrap())
            .collect();
        assert_eq!(seen, contexts);
    }

    for (asked, field) in [
        (json!({ "scope": "whole" }), "scope"),
        (json!({ "limit": 101 }), "limit"),
        (json!({ "conditions": "production" }), "conditions"),
        (json!({ "evidence": [1] }), "evidence[0]"),
        (json!({ "cursor": "garbage" }), "cursor"),
        (json!({ "as_of": "then" }), "as_of"),
    ] {
        let (text, error) = refused(&graph, name, asked).await;
        assert_eq!(error["field"], field, "{text}");
    }
}
