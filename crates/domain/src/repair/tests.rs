use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{Mended, fields::cut, memory, relationship};
use crate::{Memory, MemoryContext, MemoryId, Relationship, RelationshipId, Timestamp};

fn fields(record: Value) -> Map<String, Value> {
    match record {
        Value::Object(fields) => fields,
        other => panic!("{other} is no object"),
    }
}

fn mended(record: Value) -> Result<Mended<Memory>, String> {
    let id = MemoryId::new("m").unwrap();
    memory(id, fields(record), Timestamp::UNIX_EPOCH)
}

fn mended_relationship(record: Value) -> Result<Mended<Relationship>, String> {
    let ends = ["a", "b"].map(|id| MemoryId::new(id).unwrap());
    let id = RelationshipId::new("r").unwrap();
    relationship(id, ends, fields(record), Timestamp::UNIX_EPOCH)
}

#[test]
fn a_record_that_keeps_the_rules_is_read_as_it_is() {
    let memory = Memory {
        summary: Some("a gist".to_owned()),
        tags: vec!["a".to_owned()],
        version: 3,
        superseded_by: Some(MemoryId::new("other").unwrap()),
        ..mended(json!({"type": "fix", "title": "t", "content": "c"}))
            .unwrap()
            .value
    };
    let record = serde_json::to_value(&memory).unwrap();
    let mut record = fields(record);
    record.remove("id");
    let again = mended(record.into()).unwrap();
    assert_eq!((again.value, again.notes), (memory, Vec::<String>::new()));
}

#[test]
fn a_blank_title_is_the_first_line_of_the_content() {
    for (content, title) in [("\n first \nsecond", "first"), ("one", "one")] {
        let mended = mended(json!({"type": "fix", "title": " ", "content": content})).unwrap();
        assert_eq!(mended.value.title, title);
        assert_eq!(mended.notes.len(), 1);
    }
    let long = "x".repeat(300);
    let mended = mended(json!({"type": "fix", "content": long})).unwrap();
    assert_eq!(mended.value.title.len(), Memory::LONGEST_TITLE);
}

#[test]
fn what_says_nothing_at_all_is_refused() {
    let error = mended(json!({"type": "fix", "title": "", "summary": "\0"})).unwrap_err();
    assert_eq!(error, "it has neither a title nor a content");
}

#[test]
fn the_rest_of_a_long_content_is_kept() {
    let content = format!("{}{}", "я".repeat(50_000), "rest");
    let mended = mended(json!({"type": "fix", "title": "t", "content": content})).unwrap();
    let metadata = mended.value.context.unwrap().additional_metadata;
    assert_eq!(metadata["content_rest"], "rest");
    assert_eq!(mended.value.content.chars().count(), 50_000);
}

#[test]
fn metadata_that_is_too_large_is_refused() {
    let record = json!({"type": "fix", "title": "t", "content": "c", "odd": "x".repeat(100_001)});
    let error = mended(record).unwrap_err();
    assert!(error.contains("additional_metadata"), "{error}");
}

#[test]
fn a_tag_that_is_a_number_is_a_tag_and_what_is_no_text_is_told() {
    let record = |tags| json!({"type": "fix", "title": "t", "content": "c", "tags": tags});
    let number = mended(record(json!(["a", 2024, true, null]))).unwrap();
    assert_eq!(number.value.tags, ["a", "2024", "true"]);
    assert!(number.notes.is_empty(), "{:?}", number.notes);
    let odd = mended(record(json!(["a", {"b": 1}]))).unwrap();
    assert_eq!(odd.value.tags, ["a"]);
    assert_eq!(
        odd.notes,
        ["tags has entries that are no texts: kept as original_tags"]
    );
    let metadata = odd.value.context.unwrap().additional_metadata;
    assert_eq!(metadata["original_tags"], json!([{"b": 1}]));
}

#[test]
fn of_a_list_what_fits_is_kept_and_the_rest_is_told() {
    let languages: Vec<_> = (0..=MemoryContext::MOST_ENTRIES)
        .map(|n| format!("l{n}"))
        .collect();
    let context = json!({"languages": languages, "frameworks": ["x".repeat(10_000), "axum"]});
    let record = json!({"type": "fix", "title": "t", "content": "c", "context": context});
    let mended = mended(record).unwrap();
    let context = mended.value.context.unwrap();
    assert_eq!(context.languages.len(), MemoryContext::MOST_ENTRIES);
    assert_eq!(context.frameworks, ["axum"]);
    assert_eq!(mended.notes.len(), 2);
    let note = &mended.notes[0];
    assert!(note.starts_with("context.languages has entries"), "{note}");
}

#[test]
fn what_is_kept_beside_never_replaces_what_is_there() {
    let record = json!({
        "type": "pattern", "title": "t", "content": "c", "original_type": "mine",
        "context": {"additional_metadata": {"original_type": "theirs"}, "original_type": "ours"},
    });
    let metadata = mended(record)
        .unwrap()
        .value
        .context
        .unwrap()
        .additional_metadata;
    let mut kept: Vec<&Value> = metadata.values().collect();
    kept.sort_by_key(|value| value.as_str());
    assert_eq!(kept, ["mine", "ours", "pattern", "theirs"]);
}

#[test]
fn an_end_before_the_beginning_is_told() {
    let times = json!({
        "type": "SOLVES", "valid_from": "2026-02-01T00:00:00Z", "valid_until": "2026-01-01 00:00:00",
    });
    let mended = mended_relationship(times).unwrap();
    assert_eq!(Some(mended.value.valid_from), mended.value.valid_until);
    assert!(mended.value.context.unwrap().contains("2026-02-01"));
    assert!(mended.notes[0].starts_with("valid_from is after valid_until"));
}

#[test]
fn a_text_is_cut_between_words() {
    assert_eq!(cut("one two three", 7), "one two");
    assert_eq!(cut("one two three", 9), "one two");
    assert_eq!(cut("onetwothree", 6), "onetwo");
    assert_eq!(cut("one", 6), "one");
    assert_eq!(cut("ы ыыыыыыыыы", 6), "ы ыыыы");
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,300}".prop_map(Value::from),
        Just(json!("2026-01-01T00:00:00Z")),
    ];
    leaf.prop_recursive(2, 8, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::hash_map(".{0,8}", inner, 0..4)
                .prop_map(|map| Value::from(map.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

const NAMES: [&str; 22] = [
    "type",
    "title",
    "content",
    "summary",
    "tags",
    "context",
    "importance",
    "usage_count",
    "created_at",
    "version",
    "updated_by",
    "valid_from",
    "valid_until",
    "superseded_by",
    "context_languages",
    "context_visibility",
    "context_timestamp",
    "strength",
    "evidence_count",
    "invalidated_by",
    "success_rate",
    "odd",
];

proptest! {
    #[test]
    fn whatever_a_record_says_what_comes_of_it_keeps_the_rules(
        record in proptest::collection::hash_map(proptest::sample::select(&NAMES), value(), 0..8),
    ) {
        let record: Map<String, Value> =
            record.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        if let Ok(mended) = mended(record.clone().into()) {
            prop_assert_eq!(mended.value.check(), Ok(()));
        }
        if let Ok(mended) = mended_relationship(record.into()) {
            prop_assert_eq!(mended.value.check(), Ok(()));
        }
    }
}
