use serde_json::{Value, json};

use super::{done, graph, refused, stored};

fn two(more: &Value) -> Value {
    let mut asked = json!({
        "memories": [
            { "ref": "fix", "type": "fix", "title": "Larger pool", "content": "Now 32." },
            { "ref": "error", "type": "error", "title": "Timeout", "content": "Slow.", "summary": null },
        ],
        "relationships": [
            { "from_memory_id": "fix", "to_memory_id": "error", "relationship_type": "solves" },
        ],
    });
    for (name, value) in more.as_object().unwrap() {
        asked[name] = value.clone();
    }
    asked
}

#[tokio::test]
async fn memories_are_stored_with_what_joins_them() {
    let graph = graph();
    let load = stored(&graph, "general", "Load", "900 requests a second.").await;
    let asked = two(&json!({ "relationships": [
        { "from_memory_id": "fix", "to_memory_id": "error", "relationship_type": "SOLVES" },
        { "from_memory_id": load, "to_memory_id": "error", "relationship_type": "CAUSES",
          "context": "only in production" },
    ]}));
    let kept = done(&graph, "store_memories", asked).await;
    let error = kept["memories"][1]["id"].as_str().unwrap();
    assert_eq!(kept["memories"][1]["ref"], "error");
    assert_eq!(kept["relationships"][1]["to_memory_id"], error);
    let related = done(
        &graph,
        "get_related_memories",
        json!({ "memory_id": error }),
    )
    .await;
    assert_eq!(related["items"].as_array().unwrap().len(), 2);

    let again = done(&graph, "store_memories", two(&json!({}))).await;
    assert_eq!(again["memories"][1]["id"], error);
    assert_eq!(again["memories"][1]["existed"], true);
    assert_eq!(again["relationships"][0]["reinforced"], true);
}

#[tokio::test]
async fn a_call_with_a_key_is_repeated_without_harm() {
    let graph = graph();
    let asked = two(&json!({ "idempotency_key": "k", "allow_duplicates": true }));
    let first = done(&graph, "store_memories", asked.clone()).await;
    let again = done(&graph, "store_memories", asked).await;
    assert_eq!(first["relationships"], again["relationships"]);
    assert_eq!(again["memories"][0]["existed"], true);
    let counted = done(&graph, "get_memory_statistics", json!({})).await;
    assert_eq!(counted["memories"], 2);
    let other = two(&json!({ "idempotency_key": "l", "allow_duplicates": true }));
    let other = done(&graph, "store_memories", other).await;
    assert_eq!(other["memories"][0]["existed"], false);
}

#[tokio::test]
async fn nothing_is_stored_when_one_part_does_not_fit() {
    let graph = graph();
    let there = stored(&graph, "general", "Load", "900 requests a second.").await;
    let memory = |change: Value| {
        let mut memory = json!({ "type": "fix", "title": "t", "content": "c" });
        for (name, value) in change.as_object().unwrap() {
            memory[name] = value.clone();
        }
        json!([{ "type": "fix", "title": "first", "content": "first" }, memory])
    };
    let join = |from: &str, to: &str, kind: &str| {
        json!([{
            "from_memory_id": from, "to_memory_id": to, "relationship_type": kind,
        }])
    };
    let many = json!({ "type": "fix", "title": "t", "content": "c" });
    let many: Vec<Value> = (0..101).map(|_| many.clone()).collect();
    let cases = [
        (json!({ "memories": [] }), "memories"),
        (json!({ "memories": many }), "memories"),
        (json!({ "memories": "one" }), "memories"),
        (
            json!({ "memories": memory(json!({ "title": " " })) }),
            "memories[1].title",
        ),
        (
            json!({ "memories": memory(json!({ "title": 1 })) }),
            "memories[1].title",
        ),
        (
            json!({ "memories": memory(json!({ "type": "pattern" })) }),
            "memories[1].type",
        ),
        (
            json!({ "memories": memory(json!({ "importance": 2 })) }),
            "memories[1].importance",
        ),
        (
            json!({ "memories": memory(json!({ "why": 2 })) }),
            "memories[1].why",
        ),
        (
            json!({ "memories": memory(json!({ "content": "\0" })) }),
            "memories[1].content",
        ),
        (
            json!({ "memories": memory(json!({ "context": { "languages": "rust" } })) }),
            "memories[1].context.languages",
        ),
        (
            two(&json!({ "memories": [
                { "ref": "a", "type": "fix", "title": "t", "content": "c" },
                { "ref": "a", "type": "fix", "title": "u", "content": "d" },
            ]})),
            "memories[1].ref",
        ),
        (
            two(&json!({ "relationships": join("fix", "fix", "SOLVES") })),
            "relationships[0].to_memory_id",
        ),
        (
            two(&json!({ "relationships": join("fix", "cause", "SOLVES") })),
            "relationships[0].to_memory_id",
        ),
        (
            two(&json!({ "relationships": join("", "error", "SOLVES") })),
            "relationships[0].from_memory_id",
        ),
        (
            two(&json!({ "relationships": join("fix", &there, "MENDS") })),
            "relationships[0].relationship_type",
        ),
        (
            two(&json!({ "relationships": [{}] })),
            "relationships[0].from_memory_id",
        ),
    ];
    for (asked, field) in cases {
        let (text, error) = refused(&graph, "store_memories", asked).await;
        assert_eq!(error["field"], field, "{text}");
    }
    let counted = done(&graph, "get_memory_statistics", json!({})).await;
    assert_eq!(counted["memories"], 1);
}

#[tokio::test]
async fn a_refusal_speaks_of_the_call_as_its_caller_wrote_it() {
    let graph = graph();
    let secret = "postgres://app:s3cr3t-Pw9@db.internal/app";
    let asked = json!({ "memories": [
        { "type": "fix", "title": "t", "content": "c" },
        { "type": "fix", "title": "t", "content": secret },
    ]});
    let (text, error) = refused(&graph, "store_memories", asked).await;
    assert_eq!(error["kind"], "secret");
    assert!(text.contains("memories[1].content has a"), "{text}");
    let lost = two(&json!({ "relationships": [
        { "from_memory_id": "fix", "to_memory_id": "cause", "relationship_type": "SOLVES" },
    ]}));
    let (text, _) = refused(&graph, "store_memories", lost).await;
    assert!(text.contains("refs of this call: error, fix"), "{text}");

    let circle = two(&json!({ "relationships": [
        { "from_memory_id": "fix", "to_memory_id": "error", "relationship_type": "CAUSES" },
        { "from_memory_id": "error", "to_memory_id": "fix", "relationship_type": "CAUSES" },
    ]}));
    let (text, error) = refused(&graph, "store_memories", circle).await;
    assert_eq!(error["kind"], "conflict");
    assert_eq!(error["field"], "relationships");
    assert!(text.contains("is the ref \"error\""), "{text}");
    let counted = done(&graph, "get_memory_statistics", json!({})).await;
    assert_eq!(counted["memories"], 0);
}
