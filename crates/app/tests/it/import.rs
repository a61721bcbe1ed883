mod refused;

use std::io::Cursor;

use memorygraph::domain::{
    AsOf, ListQuery, Memory, MemoryId, PageRequest, Relationship, RelationshipQuery, Sort,
    Visibility, parse_time,
};
use memorygraph::import::{OnInvalid, Options, Report, Stage};
use memorygraph::{Draft, Link, MemoryGraph, Result, Update};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::world::{graph, id};

const PYTHON: &str = include_str!("../fixtures/python-0.12-export.json");
const TYPESCRIPT: &str = include_str!("../fixtures/typescript-0.13-export.json");

pub(crate) async fn import(graph: &MemoryGraph, text: impl AsRef<[u8]>) -> Result<Report> {
    import_with(graph, text, OnInvalid::Stop).await
}

async fn import_with(
    graph: &MemoryGraph,
    text: impl AsRef<[u8]>,
    invalid: OnInvalid,
) -> Result<Report> {
    let source = Cursor::new(text.as_ref().to_vec());
    graph.import(source, Options { invalid }, &mut |_| {}).await
}

/// Everything that the graph has, in an order.
async fn contents(graph: &MemoryGraph) -> (Vec<Memory>, Vec<Relationship>) {
    let page = PageRequest::first(PageRequest::LARGEST).unwrap();
    let mut query = ListQuery::default();
    query.filter.as_of = AsOf::Ever;
    query.sort = Sort::Oldest;
    let memories = graph.list(&query, &page).await.unwrap().items;
    let query = RelationshipQuery {
        as_of: AsOf::Ever,
        ..RelationshipQuery::default()
    };
    let relationships = graph
        .backend()
        .relationships(&query, &page)
        .await
        .unwrap()
        .items;
    (memories, relationships)
}

fn document(memories: &Value, relationships: &Value) -> String {
    json!({"format_version": "2.0", "memories": memories, "relationships": relationships})
        .to_string()
}

fn memory(name: &str) -> Value {
    json!({"id": name, "type": "general", "title": name, "content": "c",
        "created_at": "2026-01-01T00:00:00Z"})
}

fn relationship(from: &str, kind: &str, to: &str) -> Value {
    json!({"from_memory_id": from, "type": kind, "to_memory_id": to})
}

fn problem(result: Result<Report>) -> String {
    result.unwrap_err().to_string()
}

#[tokio::test]
async fn the_python_sample_is_imported_as_a_whole() {
    let graph = graph();
    let report = import(&graph, PYTHON).await.unwrap();
    assert_eq!((report.memories.read, report.memories.added), (203, 203));
    assert_eq!(
        (report.relationships.read, report.relationships.added),
        (290, 290)
    );
    assert!(report.set_aside.is_empty() && report.fields_ignored.is_empty());
    assert_eq!(report.memories_differing, 0);

    let file: Value = serde_json::from_str(PYTHON).unwrap();
    let (memories, relationships) = contents(&graph).await;
    assert_eq!(memories.len(), 203);
    for written in file["memories"].as_array().unwrap() {
        let kept = memories
            .iter()
            .find(|kept| written["id"] == kept.id.as_str())
            .unwrap();
        let kept = serde_json::to_value(kept).unwrap();
        let same = |name| {
            // What is empty is not written.
            let none = if name == "tags" {
                json!([])
            } else {
                Value::Null
            };
            assert_eq!(kept.get(name).unwrap_or(&none), &written[name]);
        };
        for name in ["type", "title", "content", "summary"] {
            same(name);
        }
        for name in ["tags", "importance", "confidence"] {
            same(name);
        }
        for time in ["created_at", "updated_at"] {
            let stated = parse_time(time, written[time].as_str().unwrap());
            assert_eq!(parse_time(time, kept[time].as_str().unwrap()), stated);
        }
        let context = written.get("context").and_then(Value::as_object);
        for (name, value) in context.into_iter().flatten() {
            let empty = value.as_array().is_some_and(Vec::is_empty)
                || value.as_object().is_some_and(serde_json::Map::is_empty);
            assert!(empty || kept["context"][name] == *value, "{name}: {kept}");
        }
    }
    for written in file["relationships"].as_array().unwrap() {
        let kept = relationships.iter().find(|kept| {
            written["from_memory_id"] == kept.from.as_str()
                && written["to_memory_id"] == kept.to.as_str()
                && written["type"] == kept.relationship_type.as_str()
        });
        let kept = kept.unwrap();
        let written = &written["properties"];
        assert_eq!(written["strength"], kept.strength.get());
        assert_eq!(written["evidence_count"], kept.evidence_count);
        if let Some(context) = written["context"].as_str() {
            let text = kept.context.as_deref().unwrap();
            let reading: Value = serde_json::from_str(context).unwrap();
            assert_eq!(reading["text"], text);
        }
    }
}

#[tokio::test]
async fn importing_again_changes_nothing() {
    let graph = graph();
    for file in [PYTHON, TYPESCRIPT] {
        let first = import(&graph, file).await.unwrap();
        let before = contents(&graph).await;
        let second = import(&graph, file).await.unwrap();
        assert_eq!(second.memories.already_there, first.memories.read);
        assert_eq!(second.relationships.already_there, first.relationships.read);
        let differing = (second.memories_differing, second.relationships_differing);
        assert_eq!(differing, (0, 0));
        assert_eq!((second.memories.added, second.relationships.added), (0, 0));
        assert_eq!(second.memories_differing, 0);
        assert!(before == contents(&graph).await);
    }
}

/// A file of ours that has these records.
fn lines(records: &[Value]) -> String {
    let lines = records
        .iter()
        .fold(String::new(), |text, record| format!("{text}{record}\n"));
    let count = |kind: &str| records.iter().filter(|it| it.get(kind).is_some()).count();
    let digest = Sha256::digest(&lines)
        .iter()
        .fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    let header = json!({"format": "memorygraph", "version": 1, "memories": count("memory"),
        "relationships": count("relationship"), "quarantined": 0, "digest": format!("sha256:{digest}")});
    format!("{header}\n{lines}")
}

#[tokio::test]
async fn relationships_may_stand_before_their_memories() {
    let file = include_str!("../corpus/lines/relationships-first.jsonl");
    let records = file.lines().skip(1);
    let records: Vec<Value> = records.map(|line| line.parse().unwrap()).collect();
    let file = lines(&records);
    for invalid in [OnInvalid::Stop, OnInvalid::SetAside] {
        let graph = graph();
        let report = import_with(&graph, &file, invalid).await.unwrap();
        assert_eq!((report.memories.added, report.relationships.added), (3, 3));
        assert!(report.set_aside.is_empty() && report.damage.is_empty());
        let before = contents(&graph).await;
        let again = import_with(&graph, &file, invalid).await.unwrap();
        assert_eq!((again.memories.added, again.relationships.added), (0, 0));
        assert!(before == contents(&graph).await);
    }
}

#[tokio::test]
async fn of_relationships_before_their_memories_those_without_one_are_set_aside() {
    let graph = graph();
    let time = "2026-01-01T00:00:00Z";
    let memory = |name: &str| {
        json!({"memory": {"id": name, "type": "general", "title": name, "content": "c",
            "created_at": time, "updated_at": time, "valid_from": time}})
    };
    let relationship = |name: &str, to: &str| {
        json!({"relationship": {"id": name, "from_memory_id": "a", "type": "SOLVES",
            "to_memory_id": to, "strength": 0.5, "confidence": 0.5, "created_at": time,
            "recorded_at": time, "valid_from": time}})
    };
    let file = lines(&[
        relationship("r1", "b"),
        relationship("r2", "ghost"),
        memory("a"),
        json!({"memory": {"id": "broken"}}),
        memory("a"),
        memory("b"),
        relationship("r3", "c"),
        memory("c"),
    ]);
    let report = import_with(&graph, &file, OnInvalid::SetAside).await;
    let report = report.unwrap();
    assert!(report.damage.is_empty(), "{:?}", report.damage);
    assert_eq!((report.memories.added, report.memories.set_aside), (3, 2));
    let related = report.relationships;
    assert_eq!((related.added, related.set_aside), (2, 1));
    assert_eq!(report.quarantined, 3);
    let aside: Vec<_> = report.set_aside.iter().map(|it| it.line).collect();
    assert_eq!(aside, [Some(3), Some(5), Some(6)]);
    let before = contents(&graph).await;
    let again = import_with(&graph, &file, OnInvalid::SetAside).await;
    let again = again.unwrap();
    assert_eq!((again.relationships.added, again.quarantined), (0, 0));
    assert!(before == contents(&graph).await);
}

#[tokio::test]
async fn the_typescript_sample_is_imported() {
    let graph = graph();
    let report = import(&graph, TYPESCRIPT).await.unwrap();
    assert_eq!((report.memories.added, report.relationships.added), (3, 2));
    let project = graph
        .get(&id("37a475ea-5942-4936-aabb-0aaf448ad716"))
        .await
        .unwrap();
    let metadata = project.unwrap().context.unwrap().additional_metadata;
    assert_eq!(metadata["project_type"], "typescript");
}

#[tokio::test]
async fn every_field_that_a_file_can_have_is_kept() {
    let graph = graph();
    let mut full = memory("a");
    let more = json!({
        "summary": "gist", "tags": ["Ü"], "importance": 0.1, "confidence": 0.2,
        "effectiveness": 0.3, "usage_count": 4, "updated_at": "2026-01-02 03:04:05",
        "last_accessed": "2026-01-03T00:00:00.000001+01:00", "version": 7, "updated_by": "ada",
        "mood": "good", "relationships": {"SOLVES": 1},
        "context": {"project_path": "/p", "git_commit": "c0ffee", "git_branch": "main",
            "working_directory": "/w", "timestamp": "2026-01-01T00:00:00Z", "session_id": "s",
            "user_id": "u", "tenant_id": "t", "team_id": "g", "visibility": "team",
            "created_by": "ada", "files_involved": "[\"x.rs\"]", "languages": null,
            "function_name": "main", "additional_metadata": "{\"ticket\": 5}"},
    });
    full.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    let mut related = relationship("a", "SOLVES", "b");
    related["id"] = "r-1".into();
    related["bidirectional"] = false.into();
    related["properties"] = json!({"strength": 0.4, "confidence": 0.5, "context": "legacy text",
        "evidence_count": 6, "success_rate": 0.7, "validation_count": 8,
        "counter_evidence_count": 9, "created_at": "2026-02-01T00:00:00.000000Z",
        "last_validated": "2026-02-02T00:00:00.000000Z", "valid_from": "2026-02-03T00:00:00.000000Z",
        "valid_until": "2026-02-04T00:00:00.000000Z", "recorded_at": "2026-02-05T00:00:00.000000Z",
        "invalidated_by": "r-2"});
    let mut by = relationship("b", "SOLVES", "a");
    by["id"] = "r-2".into();
    by["invalidated_by"] = "nobody".into();
    let file = document(&json!([full, memory("b")]), &json!([related, by]));
    let report = import(&graph, file).await.unwrap();
    assert_eq!(
        report.fields_ignored.into_iter().collect::<Vec<_>>(),
        [("bidirectional".into(), 1), ("invalidated_by".into(), 1)]
    );

    let kept = graph.get(&id("a")).await.unwrap().unwrap();
    assert_eq!((kept.usage_count, kept.version), (4, 7));
    assert_eq!(kept.updated_at.to_string(), "2026-01-02T03:04:05Z");
    assert_eq!(
        kept.last_accessed.unwrap().to_string(),
        "2026-01-02T23:00:00.000001Z"
    );
    assert_eq!(kept.tags, ["ü"]);
    let context = kept.context.unwrap();
    assert_eq!(context.visibility, Some(Visibility::Team));
    assert_eq!(context.files_involved, ["x.rs"]);
    assert_eq!(context.git_commit.as_deref(), Some("c0ffee"));
    let metadata = Value::from(context.additional_metadata);
    assert_eq!(
        metadata,
        json!({"function_name": "main", "mood": "good", "ticket": 5})
    );

    let (_, relationships) = contents(&graph).await;
    let kept = serde_json::to_value(&relationships[0]).unwrap();
    assert_eq!(kept["id"], "r-1");
    for (name, value) in related["properties"].as_object().unwrap() {
        assert_eq!(&kept[name], value, "{name}");
    }
}

#[tokio::test]
async fn a_file_of_format_1_and_relationships_in_front_are_read() {
    let graph = graph();
    let file = format!(
        "\u{feff}{{\"relationships\": [{}], \"extra\": {{}}, \"memories\": [{}, {}], \
         \"export_version\": \"1.0\"}}",
        relationship("a", "CAUSES", "b"),
        memory("a"),
        memory("b"),
    );
    let report = import(&graph, file).await.unwrap();
    assert_eq!((report.memories.added, report.relationships.added), (2, 1));
    // Nothing says when it began: with the memories that it joins.
    let (memories, relationships) = contents(&graph).await;
    assert_eq!(relationships[0].valid_from, memories[0].created_at);
}

#[tokio::test]
async fn what_is_stated_twice_in_a_file_is_reinforced_once() {
    let graph = graph();
    let memories = json!([memory("a"), memory("b")]);
    let twice = json!([
        relationship("a", "RELATED_TO", "b"),
        relationship("b", "RELATED_TO", "a")
    ]);
    let file = document(&memories, &twice);
    let report = import(&graph, &file).await.unwrap();
    assert_eq!(
        (report.relationships.added, report.relationships_reinforced),
        (1, 1)
    );
    let before = contents(&graph).await;
    assert_eq!(before.1[0].evidence_count, 2);
    let again = import(&graph, &file).await.unwrap();
    assert_eq!(again.relationships.already_there, 2);
    assert!(before == contents(&graph).await);
}

#[tokio::test]
async fn what_the_store_has_stays_as_it_is() {
    let graph = graph();
    let memories = json!([memory("a"), memory("b"), memory("c")]);
    import(&graph, document(&memories, &json!([])))
        .await
        .unwrap();
    let update = Update {
        title: Some("better".into()),
        ..Update::default()
    };
    graph.update(&id("a"), &update).await.unwrap();
    let stated = Link::new(id("a"), "SOLVES".parse().unwrap(), id("b"));
    graph.relate(stated).await.unwrap();
    let before = contents(&graph).await;

    let related = [
        relationship("a", "SOLVES", "b"),
        relationship("a", "SOLVES", "c"),
    ];
    let report = import(&graph, document(&memories, &json!(related)))
        .await
        .unwrap();
    assert_eq!(
        (report.memories.already_there, report.memories_differing),
        (3, 1)
    );
    assert_eq!(report.relationships.already_there, 1);
    assert_eq!(report.relationships.added, 1);
    let after = contents(&graph).await;
    assert!(before.0 == after.0);
    assert!(before.1.iter().all(|kept| after.1.contains(kept)));
}

#[tokio::test]
async fn relationships_may_join_what_only_the_store_has() {
    let graph = graph();
    let there = Draft {
        id: Some(id("there")),
        ..Draft::new("fix".parse().unwrap(), "t", "c")
    };
    graph.remember(there).await.unwrap();
    let related = json!([relationship("a", "CAUSES", "there")]);
    let report = import(&graph, document(&json!([memory("a")]), &related))
        .await
        .unwrap();
    assert_eq!(report.relationships.added, 1);
}

#[tokio::test]
async fn cycles_of_a_file_are_kept_and_told() {
    let graph = graph();
    let related = ["a", "b", "c"].map(|from| {
        let to = if from == "a" {
            "b"
        } else if from == "b" {
            "c"
        } else {
            "a"
        };
        relationship(from, "DEPENDS_ON", to)
    });
    let file = document(&json!(["a", "b", "c"].map(memory)), &json!(related));
    let report = import(&graph, file).await.unwrap();
    assert_eq!(report.relationships.added, 3);
    assert_eq!(report.cycles.len(), 1);
    let ids: Vec<_> = report.cycles[0]
        .memories
        .iter()
        .map(MemoryId::as_str)
        .collect();
    assert_eq!(ids, ["a", "b", "c"]);
}

#[tokio::test]
async fn a_large_file_goes_in_by_batches_and_says_how_far_it_is() {
    let graph = graph();
    let memories: Vec<_> = (0..6_000).map(|n| memory(&format!("m{n}"))).collect();
    let related: Vec<_> = (1..6_000)
        .map(|n| relationship(&format!("m{n}"), "FOLLOWS", &format!("m{}", n - 1)))
        .collect();
    let file = document(&json!(memories), &json!(related));
    let mut seen = Vec::new();
    let report = graph
        .import(Cursor::new(file), Options::default(), &mut |progress| {
            seen.push((progress.stage, progress.done));
        })
        .await
        .unwrap();
    assert_eq!(
        (report.memories.added, report.relationships.added),
        (6_000, 5_999)
    );
    let of = |stage| {
        let steps = seen.iter().filter(move |(at, _)| *at == stage);
        steps.map(|(_, done)| *done).collect::<Vec<_>>()
    };
    let checks: Vec<_> = (1..12).map(|thousands| thousands * 1_000).collect();
    assert_eq!(of(Stage::Check), checks);
    for (stage, all) in [(Stage::Memories, 6_000), (Stage::Relationships, 5_999)] {
        let steps = of(stage);
        assert!(steps.is_sorted() && steps.last() == Some(&all), "{steps:?}");
    }
    assert!(of(Stage::Memories).len() > 1);
}

#[tokio::test]
async fn each_sample_is_imported_with_every_record_accounted_for() {
    // Memories and relationships: read, added, already there, set aside.
    let table = [
        (PYTHON, [203, 203, 0, 0], [290, 290, 0, 0]),
        (TYPESCRIPT, [3, 3, 0, 0], [2, 2, 0, 0]),
    ];
    for (file, memories, relationships) in table {
        let graph = graph();
        let report = import(&graph, file).await.unwrap();
        let counts =
            |it: memorygraph::import::Tally| [it.read, it.added, it.already_there, it.set_aside];
        assert_eq!(counts(report.memories), memories);
        assert_eq!(counts(report.relationships), relationships);
        assert_eq!(
            (report.relationships_reinforced, report.quarantined),
            (0, 0)
        );
        assert!(report.damage.is_empty());
    }
}
