//! Our own JSON Lines: what is in them, and what is wrong with those that are damaged.

use memorygraph::domain::{PageRequest, Relationship, RelationshipId, Timestamp};
use memorygraph::export::Format;
use memorygraph::import::{ImportError, OnInvalid, Report};
use memorygraph::ports::{Batch, ErrorKind, GraphBackendExt};
use memorygraph::{Draft, Error, Link, MemoryGraph};
use serde_json::Value;

use super::{export, import, import_with, written};
use crate::world::{graph, id};

/// Two memories and what joins them.
async fn small() -> MemoryGraph {
    let graph = graph();
    for name in ["a", "b"] {
        let draft = Draft {
            id: Some(id(name)),
            tags: vec!["tag".to_owned()],
            ..Draft::new("fix".parse().unwrap(), name, format!("content of {name}"))
        };
        graph.remember(draft).await.unwrap();
    }
    let link = Link::new(id("a"), "SOLVES".parse().unwrap(), id("b"));
    graph.relate(link).await.unwrap();
    graph
}

async fn is_empty(graph: &MemoryGraph) -> bool {
    let kept = graph.statistics().await.unwrap();
    kept.memories + kept.relationships + kept.relationships_ended == 0
}

fn lines(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    text.lines().map(str::to_owned).collect()
}

async fn error_of(bytes: &[u8]) -> String {
    let target = graph();
    let error = import(&target, bytes).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
    assert!(is_empty(&target).await, "{error}");
    error.to_string()
}

#[tokio::test]
async fn the_first_line_says_what_follows() {
    let (bytes, report) = written(&small().await, Format::Jsonl).await.unwrap();
    assert_eq!(report.bytes, bytes.len() as u64);
    assert_eq!((report.memories, report.relationships), (2, 1));
    let lines = lines(&bytes);
    assert_eq!(lines.len(), 4);
    let start = r#"{"format":"memorygraph","version":1,"memories":2,"relationships":1,"quarantined":0,"digest":"sha256:"#;
    assert!(lines[0].starts_with(start), "{}", lines[0]);
    assert_eq!(
        lines[1],
        r#"{"memory":{"id":"a","type":"fix","title":"a","content":"content of a","tags":["tag"],"importance":0.5,"confidence":0.8,"usage_count":0,"created_at":"2026-01-01T00:00:00.000000Z","updated_at":"2026-01-01T00:00:00.000000Z","version":1,"valid_from":"2026-01-01T00:00:00.000000Z"}}"#
    );
    let relationship: Value = serde_json::from_str(&lines[3]).unwrap();
    assert_eq!(relationship["relationship"]["from_memory_id"], "a");
}

#[tokio::test]
async fn a_file_that_was_cut_off_anywhere_is_refused_with_a_line() {
    let whole = export(&small().await).await;
    for length in 0..whole.len() {
        let error = error_of(&whole[..length]).await;
        let line = whole[..length].split(|byte| *byte == b'\n').count() - 1;
        let ends_a_line = length == 0 || whole[length - 1] == b'\n';
        let line = if ends_a_line && length > 0 {
            line
        } else {
            line + 1
        };
        assert!(
            error.contains(&format!("ends in the middle, at line {line}")),
            "{length}: {error}"
        );
    }
    import(&graph(), &whole).await.unwrap();
}

#[tokio::test]
async fn a_file_that_was_cut_off_says_what_is_missing() {
    let whole = export(&small().await).await;
    let ends: Vec<_> = (0..whole.len()).filter(|at| whole[*at] == b'\n').collect();
    for (length, expected) in [
        (
            ends[0] + 1,
            "at line 1: it was cut off, 2 memories and 1 relationship are missing",
        ),
        (
            ends[1] + 9,
            "at line 3: it was cut off, 1 memory and 1 relationship are missing",
        ),
        (
            ends[2] + 1,
            "at line 3: it was cut off, 1 relationship is missing",
        ),
        (
            ends[2] + 3,
            "at line 4: it was cut off, 1 relationship is missing",
        ),
        (
            ends[3] - 1,
            "at line 4: it was cut off, 1 relationship is missing",
        ),
        (
            ends[3],
            "at line 4: it was cut off, the end of its last line is missing",
        ),
    ] {
        let error = error_of(&whole[..length]).await;
        assert!(error.ends_with(expected), "{length}: {error}");
    }
}

#[tokio::test]
async fn what_is_there_of_a_file_that_was_cut_off_is_imported_when_asked() {
    let whole = export(&small().await).await;
    let target = graph();
    let length = whole.len() - 40;
    let report = import_with(&target, &whole[..length], OnInvalid::SetAside)
        .await
        .unwrap();
    assert_eq!((report.memories.added, report.relationships.added), (2, 0));
    assert_eq!((report.relationships.set_aside, report.quarantined), (1, 1));
    assert_eq!(report.set_aside[0].line, Some(4));
    assert_eq!(
        report.damage,
        ["the file ends in the middle, at line 4: it was cut off, 1 relationship is missing"]
    );
    let kept = export(&target).await;
    let again = import_with(&target, &whole[..length], OnInvalid::SetAside)
        .await
        .unwrap();
    assert_eq!((again.memories.added, again.quarantined), (0, 0));
    assert!(kept == export(&target).await);
}

#[tokio::test]
async fn a_changed_byte_anywhere_is_refused() {
    let whole = export(&small().await).await;
    for place in 0..whole.len() {
        for flip in [1, 2] {
            let mut bytes = whole.clone();
            bytes[place] ^= flip;
            let target = graph();
            let result = import(&target, &bytes).await;
            assert!(
                result.is_err(),
                "{place}: {}",
                String::from_utf8_lossy(&bytes)
            );
            assert!(is_empty(&target).await, "{place}");
        }
    }
    let text = String::from_utf8(whole).unwrap();
    let error = error_of(text.replace("content of b", "content of c").as_bytes()).await;
    assert!(
        error.starts_with("the file was changed after it was written: "),
        "{error}"
    );
}

#[tokio::test]
async fn a_bad_record_is_named_with_its_line() {
    let whole = String::from_utf8(export(&small().await).await).unwrap();
    for (from, to, expected) in [
        (
            "\"title\":\"b\"",
            "\"title\":\"\"",
            "memory 2 on line 3 (b): title has 1 to 200 characters, got 0",
        ),
        (
            "\"title\":\"b\"",
            "\"title\":7",
            "memory 2 on line 3 (b): invalid type: integer `7`, expected a string",
        ),
        (
            "\"SOLVES\"",
            "\"FIXES\"",
            "relationship 1 on line 4 (a FIXES b): unknown variant `FIXES`",
        ),
        (
            "\"to_memory_id\":\"b\"",
            "\"to_memory_id\":\"ghost\"",
            "relationship 1 on line 4 (a SOLVES ghost): no memory has the id \"ghost\"",
        ),
        (
            "{\"memory\":{\"id\":\"b\"",
            "{\"thing\":{\"id\":\"b\"",
            "memory 2 on line 3 (b): unknown variant `thing`",
        ),
        (
            "{\"memory\":{\"id\":\"b\"",
            "{\"memory\":{\"id\":\"a\"",
            "memory 2 on line 3 (a): the id stands for another memory of the file too",
        ),
    ] {
        let broken = whole.replace(from, to);
        assert_ne!(broken, whole);
        let error = error_of(broken.as_bytes()).await;
        assert!(error.contains(expected), "{error}");
        let target = graph();
        let report = import_with(&target, broken.as_bytes(), OnInvalid::SetAside)
            .await
            .unwrap();
        all_are_accounted_for(&report);
        assert!(
            report.damage[0].starts_with("the file was changed"),
            "{report:?}"
        );
        let page = PageRequest::first(10).unwrap();
        let aside = target.backend().quarantine(&page).await.unwrap().items;
        assert_eq!(aside.len() as u64, report.quarantined);
        assert!(!aside.is_empty());
        // What is in quarantine is exported, and comes back, like everything else.
        let kept = export(&target).await;
        let again = import_with(&target, broken.as_bytes(), OnInvalid::SetAside)
            .await
            .unwrap();
        assert_eq!((again.memories.added, again.quarantined), (0, 0));
        assert!(kept == export(&target).await);
        let other = graph();
        import(&other, &kept).await.unwrap();
        assert!(kept == export(&other).await);
    }
}

fn all_are_accounted_for(report: &Report) {
    for tally in [report.memories, report.relationships, report.quarantine] {
        let sum = tally.added + tally.already_there + tally.set_aside;
        assert_eq!(tally.read, sum, "{report:?}");
    }
}

#[tokio::test]
async fn what_does_not_fit_the_first_line_is_told() {
    let whole = String::from_utf8(export(&small().await).await).unwrap();
    let last = whole.lines().nth(2).unwrap();
    for (broken, expected) in [
        (
            format!("{whole}{}\n", last.replace("\"b\"", "\"c\"")),
            "the file has 1 more records than its first line says",
        ),
        (
            whole.replace("\"version\":1,\"memories\"", "\"version\":2,\"memories\""),
            "the file has version 2 of our format; this program reads version 1",
        ),
        (
            whole.replace("\"quarantined\":0", "\"quarantined\":-1"),
            "the file is not an export of MemoryGraph: its first line is no header: invalid value",
        ),
        ("SQLite format 3\0".to_owned(), "the file is a database"),
    ] {
        let error = error_of(broken.as_bytes()).await;
        assert!(error.starts_with(expected), "{error}");
    }
}

#[tokio::test]
async fn an_import_that_was_interrupted_is_completed_by_repeating_it() {
    let source = small().await;
    let relate = |name: &str| {
        let mut link = Link::new(id("b"), "CAUSES".parse().unwrap(), id("a"));
        link.id = Some(RelationshipId::new(name).unwrap());
        source.relate(link)
    };
    let first = relate("r1").await.unwrap().relationship;
    let at = Timestamp::from_second(1_767_225_700).unwrap();
    let end = Relationship {
        valid_until: Some(at),
        ..first
    };
    source
        .backend()
        .put_relationship(end.clone())
        .await
        .unwrap();
    let by = relate("r2").await.unwrap().relationship.id;
    let replaced = Relationship {
        invalidated_by: Some(by),
        ..end
    };
    source.backend().put_relationship(replaced).await.unwrap();

    let whole = export(&source).await;
    assert!(String::from_utf8_lossy(&whole).contains("\"invalidated_by\":\"r2\""));
    // What an import wrote that ended before it named what took the place of the other one.
    let target = graph();
    for line in lines(&whole).iter().skip(1) {
        let mut value: Value = serde_json::from_str(line).unwrap();
        let batch = Batch::default();
        let batch = if let Some(memory) = value.get("memory") {
            batch.put_memory(serde_json::from_value(memory.clone()).unwrap())
        } else {
            let relationship = value["relationship"].as_object_mut().unwrap();
            relationship.remove("invalidated_by");
            batch.put_relationship(serde_json::from_value(relationship.clone().into()).unwrap())
        };
        target.backend().apply(batch).await.unwrap();
    }
    assert!(export(&target).await != whole);
    let report = import(&target, &whole).await.unwrap();
    assert_eq!(report.relationships.already_there, 3);
    assert_eq!(report.relationships_differing, 0);
    assert!(export(&target).await == whole);
}

#[tokio::test]
async fn what_the_store_says_otherwise_is_counted_and_stays() {
    let source = small().await;
    let whole = export(&source).await;
    let target = small().await;
    let text = String::from_utf8(export(&target).await).unwrap();
    let other = text
        .replace("content of a", "another content")
        .replace("\"strength\":0.9", "\"strength\":0.1");
    let other_graph = graph();
    import_with(&other_graph, other.as_bytes(), OnInvalid::SetAside)
        .await
        .unwrap();
    let before = export(&other_graph).await;
    let relationship = before
        .windows(9)
        .filter(|part| part == b"id-1\",\"fr")
        .count();
    assert_eq!(relationship, 1);
    let report = import(&other_graph, &whole).await.unwrap();
    assert_eq!(
        (report.memories_differing, report.relationships_differing),
        (1, 1)
    );
    assert!(before == export(&other_graph).await);
}

#[tokio::test]
async fn an_error_says_which_it_is() {
    let whole = export(&small().await).await;
    let cut = import(&graph(), &whole[..whole.len() - 1]).await;
    let Err(Error::Import(ImportError::Incomplete { line: 4, missing })) = cut else {
        panic!("{cut:?}")
    };
    assert_eq!((missing.memories, missing.relationships), (0, 0));
}

const DOCUMENT: &str = include_str!("../../../../../docs/export-format.md");

/// The examples of the documentation.
fn examples() -> Vec<&'static str> {
    let blocks = DOCUMENT.split("```json\n").skip(1);
    blocks
        .map(|block| block.split("```").next().unwrap())
        .collect()
}

#[tokio::test]
async fn the_example_of_the_documentation_is_what_is_written() {
    let example = examples()[0];
    let target = graph();
    let error = import(&target, example.as_bytes()).await.unwrap_err();
    let Error::Import(ImportError::Digest { found, .. }) = error else {
        panic!("{error}")
    };
    let example = example.replace("sha256:DIGEST", &found);
    import(&target, example.as_bytes()).await.unwrap();
    assert_eq!(String::from_utf8(export(&target).await).unwrap(), example);
    let server = graph();
    import(&server, examples()[1].as_bytes()).await.unwrap();
    let (back, _) = written(&server, Format::McpMemory).await.unwrap();
    assert_eq!(String::from_utf8(back).unwrap(), examples()[1].trim_end());
}

#[test]
fn the_documentation_names_every_field() {
    let source = [
        include_str!("../../../../domain/src/memory.rs"),
        include_str!("../../../../domain/src/context.rs"),
        include_str!("../../../../domain/src/relationship.rs"),
        include_str!("../../../../ports/src/quarantine.rs"),
    ];
    let structs = ["Memory", "MemoryContext", "Relationship", "Quarantined"];
    for (text, name) in source.into_iter().zip(structs) {
        let fields = text.split(&format!("pub struct {name} {{")).nth(1).unwrap();
        let fields = fields.split("\n}").next().unwrap();
        let mut seen = 0;
        for line in fields.lines() {
            let Some((field, _)) = line
                .trim()
                .strip_prefix("pub ")
                .and_then(|it| it.split_once(':'))
            else {
                continue;
            };
            let written = match field {
                "memory_type" | "relationship_type" => "type",
                "from" => "from_memory_id",
                "to" => "to_memory_id",
                field => field,
            };
            assert!(DOCUMENT.contains(&format!("`{written}`")), "{name}.{field}");
            seen += 1;
        }
        assert!(seen > 5, "{name}");
    }
}
