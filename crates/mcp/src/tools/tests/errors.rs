use memorygraph::ToolProfile;
use serde_json::{Value, json};

use super::{all, done, graph, refused, right, solved, stored};

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
async fn an_unknown_relationship_names_those_that_may_be_meant() {
    let (graph, [fix, _, id]) = solved().await;
    let misspelt = format!("{}x", &id[..id.len() - 1]);
    for name in ["reinforce_relationship", "invalidate_relationship"] {
        let asked = json!({ "relationship_id": misspelt });
        let (text, refusal) = refused(&graph, name, asked).await;
        assert_eq!(refusal["kind"], "not_found");
        assert_eq!(refusal["field"], "relationship_id");
        assert_eq!(refusal["nearest"][0]["id"], id, "{text}");
        let (text, refusal) = refused(&graph, name, json!({ "relationship_id": fix })).await;
        assert!(text.contains("is a memory (Larger pool)"), "{text}");
        assert_eq!(refusal["nearest"][0]["id"], id, "{text}");
    }
    let asked = json!({ "relationship_id": id, "invalidated_by": "nothing like it" });
    let (_, refusal) = refused(&graph, "invalidate_relationship", asked).await;
    assert_eq!(refusal["field"], "invalidated_by");
}

/// A value of a wrong type for an argument, and what is beyond its limits.
fn wrong(name: &str, schema: &Value) -> Vec<Value> {
    let kind = schema["type"].as_str().unwrap();
    let size = |name: &str| {
        schema[name]
            .as_u64()
            .and_then(|most| usize::try_from(most).ok())
    };
    let mut wrong = vec![if kind == "string" {
        json!(1)
    } else {
        json!("x")
    }];
    wrong.extend(size("maxLength").map(|most| json!("x".repeat(most + 1))));
    wrong.extend(size("maxItems").map(|most| json!(vec!["x"; most + 1])));
    wrong.extend(schema["maximum"].as_u64().map(|most| json!(most + 1)));
    wrong.extend(schema["minimum"].as_i64().map(|least| json!(least - 1)));
    wrong.extend(schema.get("enum").map(|_| json!("no such thing")));
    if name.ends_with("_id") || name == "invalidated_by" {
        wrong.extend([json!(""), json!("nobody"), json!("x".repeat(129))]);
    }
    if ["as_of", "until", "since", "cursor"].contains(&name) {
        wrong.push(json!("neither"));
    }
    if ["title", "content"].contains(&name) {
        wrong.extend([json!("  "), json!("\0")]);
    }
    wrong
}

#[tokio::test]
async fn a_wrong_value_of_any_argument_of_any_tool_names_it() {
    let (graph, ids) = solved().await;
    let mut missed = Vec::new();
    for tool in all(ToolProfile::Extended) {
        let given = right(&tool, &ids);
        for (name, schema) in tool.input_schema["properties"].as_object().unwrap() {
            for value in wrong(name, schema) {
                let mut given = given.clone();
                given.insert(name.clone(), value.clone());
                let (text, error) = refused(&graph, &tool.name, given.into()).await;
                if error["field"] != **name || !text.contains(name) || text.len() > 1_500 {
                    let shown: String = value.to_string().chars().take(40).collect();
                    missed.push(format!("{} {name} {shown}: {text}", tool.name));
                }
            }
        }
        let required = tool.input_schema.get("required").and_then(Value::as_array);
        for name in required.into_iter().flatten() {
            let mut given = given.clone();
            given.remove(name.as_str().unwrap());
            let (text, error) = refused(&graph, &tool.name, given.into()).await;
            if error["field"] != *name {
                missed.push(format!("{} without {name}: {text}", tool.name));
            }
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}
