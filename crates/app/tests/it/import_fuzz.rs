//! Whatever a file says, the import answers: it succeeds, or fails and has written nothing.

use proptest::prelude::*;

use crate::{import::import, world::graph};

const SAMPLE: &[u8] = include_bytes!("../fixtures/typescript-0.13-export.json");

fn answers(text: &[u8]) -> Result<(), TestCaseError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        let graph = graph();
        let result = import(&graph, text).await;
        let kept = graph.statistics().await.unwrap();
        let Ok(report) = result else {
            prop_assert_eq!((kept.memories, kept.relationships), (0, 0));
            return Ok(());
        };
        prop_assert_eq!(report.memories.added, kept.memories);
        let relationships = kept.relationships + kept.relationships_ended;
        prop_assert_eq!(report.relationships.added, relationships);
        Ok(())
    })
}

proptest! {
    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        answers(&bytes)?;
    }

    #[test]
    fn a_sample_with_bytes_changed_is_answered(
        changes in prop::collection::vec((0..SAMPLE.len(), any::<u8>()), 1..6),
    ) {
        let mut bytes = SAMPLE.to_vec();
        for (place, byte) in changes {
            bytes[place] = byte;
        }
        answers(&bytes)?;
    }

    #[test]
    fn a_sample_with_a_piece_repeated_or_left_out_is_answered(
        from in 0..SAMPLE.len(), length in 0..400_usize, to in 0..SAMPLE.len(), repeat: bool,
    ) {
        let piece = &SAMPLE[from..(from + length).min(SAMPLE.len())];
        let mut bytes = SAMPLE.to_vec();
        if repeat {
            bytes.splice(to..to, piece.iter().copied());
        } else {
            bytes.drain(from..from + piece.len());
        }
        answers(&bytes)?;
    }

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
        answers(file.to_string().as_bytes())?;
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
