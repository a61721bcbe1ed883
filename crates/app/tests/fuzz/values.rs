//! Records of a JSON export whose fields say anything.

use memorygraph::import::OnInvalid;
use proptest::prelude::*;

use crate::{corpus::config, files::answers, store::Asking};

proptest! {
    #![proptest_config(config(100))]

    #[test]
    fn values_of_any_kind_are_answered(values in prop::collection::vec(value(), 12)) {
        let names = ["id", "type", "title", "content", "tags", "importance", "created_at",
            "updated_at", "context", "usage_count", "version", "valid_until"];
        let memory: serde_json::Map<_, _> =
            names.iter().map(|name| (*name).to_owned()).zip(values.clone()).collect();
        let names = ["id", "from_memory_id", "to_memory_id", "type", "properties", "strength",
            "context", "evidence_count", "created_at", "valid_from", "valid_until", "invalidated_by"];
        let relationship: serde_json::Map<_, _> =
            names.iter().map(|name| (*name).to_owned()).zip(values).collect();
        let file = serde_json::json!({"format_version": "2.0", "memories": [memory.clone(), memory],
            "relationships": [relationship.clone(), relationship]});
        let text = file.to_string().into_bytes();
        Asking::begin().run(async {
            answers(&text, OnInvalid::Stop).await?;
            answers(&text, OnInvalid::SetAside).await
        })?;
    }
}

/// A value that a field may have, right or wrong.
fn value() -> impl Strategy<Value = serde_json::Value> {
    use serde_json::json;
    let plain = prop_oneof![
        Just(json!(null)),
        Just(json!("fix")),
        Just(json!("SOLVES")),
        Just(json!("2026-01-01T00:00:00Z")),
        Just(json!(["a", "A", ""])),
        Just(json!({"text": 5})),
        any::<bool>().prop_map(|b| json!(b)),
        any::<i64>().prop_map(|n| json!(n)),
        any::<f64>().prop_map(|n| json!(n)),
        ".{0,20}".prop_map(|text| json!(text)),
    ];
    plain.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(serde_json::Value::Array),
            prop::collection::btree_map("[a-z_]{1,8}", inner, 0..3)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}
