//! Files that are no exports, and records that cannot be kept.

use memorygraph::import::{ImportError, OnInvalid};
use memorygraph::{Draft, Error};
use serde_json::json;

use super::{PYTHON, document, import, import_with, memory, problem, relationship};
use crate::world::{graph, id};

#[tokio::test]
async fn a_record_that_cannot_be_kept_stops_the_import_before_it_writes() {
    let graph = graph();
    let mut long = memory("b");
    long["title"] = "x".repeat(312).into();
    let file = document(&json!([memory("a"), long]), &json!([]));
    assert!(problem(import(&graph, file).await).starts_with(
        "one record cannot be kept: memory 2 on line 1 (b): title has 1 to 200 characters, got 312"
    ));
    let related = json!([
        relationship("a", "FIXES", "b"),
        relationship("a", "SOLVES", "ghost")
    ]);
    let file = document(&json!([memory("a"), memory("b"), memory("a")]), &related);
    let Err(Error::Import(ImportError::Records { problems, count })) = import(&graph, file).await
    else {
        panic!("an import of wrong records")
    };
    let problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(count, 3);
    assert_eq!(
        problems[0],
        "memory 3 on line 1 (a): the id stands for another memory of the file too"
    );
    assert!(
        problems[1]
            .starts_with("relationship 1 on line 1 (a FIXES b): relationship type is one of")
    );
    assert_eq!(
        problems[2],
        "relationship 2 on line 1 (a SOLVES ghost): no memory has the id \"ghost\""
    );
    assert_eq!(graph.statistics().await.unwrap().memories, 0);
}

#[tokio::test]
async fn records_that_cannot_be_kept_are_set_aside_when_asked() {
    let graph = graph();
    let wrong = [
        json!(7),
        json!({"id": "x"}),
        json!({"id": "y", "type": "pattern", "title": "t", "content": "c"}),
    ];
    let mut memories = vec![memory("a"), memory("b")];
    memories.extend(wrong);
    let related = json!([
        relationship("a", "SOLVES", "b"),
        relationship("a", "SOLVES", "x"),
        relationship("a", "SOLVES", "a"),
        {"from_memory_id": "a", "type": "SOLVES", "to_memory_id": "b", "properties": {"strength": 7}},
    ]);
    let file = document(&json!(memories), &related);
    let report = import_with(&graph, &file, OnInvalid::SetAside)
        .await
        .unwrap();
    assert_eq!((report.memories.added, report.memories.set_aside), (2, 3));
    assert_eq!(
        (report.relationships.added, report.relationships.set_aside),
        (1, 3)
    );
    assert_eq!(report.set_aside.len(), 6);
    let again = import_with(&graph, &file, OnInvalid::SetAside)
        .await
        .unwrap();
    assert_eq!((again.memories.added, again.relationships.added), (0, 0));
}

#[tokio::test]
async fn a_text_that_is_no_export_says_what_it_is() {
    let graph = graph();
    let cases = [
        (
            "",
            "the file ends in the middle, at line 1, column 0: it was cut off",
        ),
        (
            "{\"memories\": [\n{",
            "the file ends in the middle, at line 2, column 1: it was cut off",
        ),
        (
            "hello",
            "the file is not JSON: expected value at line 1 column 1",
        ),
        (
            "{} {}",
            "the file is not JSON: trailing characters at line 1 column 4",
        ),
        (
            "[]",
            "the file is not an export of MemoryGraph: invalid type: sequence",
        ),
        (
            "{}",
            "the file is not an export of MemoryGraph: it has neither format_version nor",
        ),
        (
            "{\"format_version\": \"2.0\"}",
            "the file is not an export of MemoryGraph: it has neither memories",
        ),
        (
            "{\"format_version\": \"9\", \"memories\": []}",
            "the file has the format \"9\"; this program reads \"1.0\" and \"2.0\"",
        ),
        (
            "{\"format_version\": \"2.0\", \"memories\": {}}",
            "the file is not an export of MemoryGraph: invalid type: map, expected the list of all memories",
        ),
    ];
    for (text, expected) in cases {
        let error = problem(import(&graph, text).await);
        assert!(error.starts_with(expected), "{text}: {error}");
    }
    let cut = &PYTHON[..PYTHON.len() / 2];
    let error = problem(import(&graph, cut).await);
    assert!(error.contains("it was cut off"), "{error}");
    assert_eq!(graph.statistics().await.unwrap().memories, 0);
}

#[tokio::test]
async fn a_record_of_a_json_export_is_named_with_the_line_where_it_begins() {
    let graph = graph();
    let mut long = memory("b");
    long["title"] = "".into();
    let file = json!({"format_version": "2.0", "memories": [memory("a"), long],
        "relationships": [relationship("a", "CAUSES", "ghost")]});
    let file = serde_json::to_string_pretty(&file).unwrap();
    let line_of = |nth: usize| {
        let begins = file
            .lines()
            .enumerate()
            .filter(|(_, line)| *line == "    {");
        begins.map(|(at, _)| at + 1).nth(nth).unwrap() as u64
    };
    let Err(Error::Import(ImportError::Records { problems, .. })) = import(&graph, &file).await
    else {
        panic!("an import of wrong records")
    };
    let lines: Vec<_> = problems
        .iter()
        .map(|problem| problem.line.unwrap())
        .collect();
    assert_eq!(lines, [line_of(1), line_of(2)]);
}

#[tokio::test]
async fn a_relationship_whose_ends_are_both_missing_names_one_that_is_nowhere() {
    let graph = graph();
    let there = Draft {
        id: Some(id("there")),
        ..Draft::new("fix".parse().unwrap(), "t", "c")
    };
    graph.remember(there).await.unwrap();
    let related = json!([relationship("there", "CAUSES", "ghost")]);
    let error = problem(import(&graph, document(&json!([]), &related)).await);
    assert!(error.ends_with("no memory has the id \"ghost\""), "{error}");
}
