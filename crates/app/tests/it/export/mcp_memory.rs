//! The file of the official MCP memory server goes in and comes out as it was.

use memorygraph::domain::{
    Memory, MemoryFilter, MemoryType, PageRequest, RelationshipQuery, RelationshipType,
};
use memorygraph::export::Format;
use memorygraph::import::OnInvalid;
use memorygraph::{Draft, Link, MemoryGraph, Update};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{export, import, import_with, random::run, written};
use crate::world::{graph, id};

const FILE: &str = r#"{"type":"entity","name":"Ada Lovelace","entityType":"Person","observations":["Wrote the first program","Lives in London"]}
{"type":"entity","name":"Analytical Engine","entityType":"project","observations":[]}
{"type":"entity","name":"Babbage","entityType":"person","observations":["Says:\nit runs \"by steam\"","","  indented "]}
{"type":"relation","from":"Ada Lovelace","to":"Babbage","relationType":"works with"}
{"type":"relation","from":"Ada Lovelace","to":"Analytical Engine","relationType":"writes programs for"}
{"type":"relation","from":"Babbage","to":"Ada Lovelace","relationType":"admires"}
{"type":"relation","from":"Babbage","to":"Ada Lovelace","relationType":"writes letters to"}
{"type":"relation","from":"Ada Lovelace","to":"Babbage","relationType":"knows"}
{"type":"relation","from":"Analytical Engine","to":"Babbage","relationType":"DEPENDS_ON"}"#;

async fn mcp(graph: &MemoryGraph) -> String {
    let (bytes, _) = written(graph, Format::McpMemory).await.unwrap();
    String::from_utf8(bytes).unwrap()
}

/// The lines, in an order.
fn sorted(text: &str) -> Vec<&str> {
    let mut lines: Vec<_> = text.lines().collect();
    lines.sort_unstable();
    lines
}

async fn memory(graph: &MemoryGraph, name: &str) -> Memory {
    graph.get(&id(name)).await.unwrap().unwrap()
}

async fn relationships(
    graph: &MemoryGraph,
    query: RelationshipQuery,
) -> Vec<memorygraph::domain::Relationship> {
    let page = PageRequest::first(1_000).unwrap();
    graph
        .backend()
        .relationships(&query, &page)
        .await
        .unwrap()
        .items
}

#[tokio::test]
async fn entities_and_relations_come_back_as_they_were() {
    let graph = graph();
    let report = import(&graph, FILE.as_bytes()).await.unwrap();
    assert_eq!((report.memories.read, report.memories.added), (3, 3));
    assert_eq!(report.relationships.read, 6);
    assert_eq!(
        report.relationships.added + report.relationships_reinforced,
        6
    );
    assert_eq!(sorted(&mcp(&graph).await), sorted(FILE));
    let entities = |text: &str| {
        let lines = text.lines().filter(|line| line.contains("\"entity\""));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(entities(&mcp(&graph).await), entities(FILE));

    let kept = export(&graph).await;
    let again = import(&graph, FILE.as_bytes()).await.unwrap();
    assert_eq!((again.memories.added, again.memories.already_there), (0, 3));
    assert_eq!(
        (again.relationships.added, again.relationships.already_there),
        (0, 6)
    );
    assert_eq!(
        (again.memories_differing, again.relationships_differing),
        (0, 0)
    );
    assert!(kept == export(&graph).await);
}

#[tokio::test]
async fn a_file_comes_back_byte_by_byte_where_nothing_is_said_twice() {
    let lines: Vec<_> = FILE.lines().collect();
    let file = [&lines[..5], &lines[8..]].concat().join("\n");
    let graph = graph();
    import(&graph, file.as_bytes()).await.unwrap();
    assert_eq!(mcp(&graph).await, file);
    // Also by way of our own format.
    let other = crate::world::graph();
    import(&other, &export(&graph).await).await.unwrap();
    assert_eq!(mcp(&other).await, file);
}

#[tokio::test]
async fn an_entity_is_a_memory_under_its_name() {
    let graph = graph();
    import(&graph, FILE.as_bytes()).await.unwrap();
    let ada = memory(&graph, "Ada Lovelace").await;
    assert_eq!(ada.title, "Ada Lovelace");
    assert_eq!(ada.content, "Wrote the first program\nLives in London");
    assert_eq!(ada.tags, ["person"]);
    assert_eq!(ada.memory_type, MemoryType::General);
    let engine = memory(&graph, "Analytical Engine").await;
    assert_eq!(
        (engine.content.as_str(), engine.memory_type),
        ("Analytical Engine", MemoryType::Project)
    );
    let page = PageRequest::first(10).unwrap();
    let found = graph
        .recall("first program", MemoryFilter::default(), &page)
        .await
        .unwrap();
    assert_eq!(found.items[0].memory.id.as_str(), "Ada Lovelace");
}

#[tokio::test]
async fn a_word_that_is_no_type_is_related_to_and_found_by_its_word() {
    let graph = graph();
    import(&graph, FILE.as_bytes()).await.unwrap();
    let asking = |words: &str| RelationshipQuery {
        context: Some(words.to_owned()),
        ..RelationshipQuery::default()
    };
    let found = relationships(&graph, asking("admires")).await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].relationship_type, RelationshipType::RelatedTo);
    assert_eq!(
        found[0].context.as_deref(),
        Some("admires\nwrites letters to\n← knows")
    );
    let found = relationships(&graph, asking("works with")).await;
    assert_eq!(found[0].relationship_type, RelationshipType::WorksWith);
    let all = relationships(&graph, RelationshipQuery::default()).await;
    let plain = all
        .iter()
        .find(|it| it.relationship_type == RelationshipType::DependsOn);
    assert_eq!(plain.unwrap().context, None);
}

#[tokio::test]
async fn what_was_changed_here_goes_out_as_it_is_now() {
    let graph = graph();
    import(&graph, FILE.as_bytes()).await.unwrap();
    let update = Update {
        content: Some("Wrote the first program\nLived in London\nDied in 1852".to_owned()),
        ..Update::default()
    };
    graph.update(&id("Ada Lovelace"), &update).await.unwrap();
    let draft = Draft {
        id: Some(id("own")),
        ..Draft::new(MemoryType::Fix, "Babbage", "Not the person.\nA server.")
    };
    graph.remember(draft).await.unwrap();
    let link = Link::new(id("own"), RelationshipType::Solves, id("Ada Lovelace"));
    graph.relate(link).await.unwrap();
    let text = mcp(&graph).await;
    for line in [
        json!({"type": "entity", "name": "Ada Lovelace", "entityType": "Person",
            "observations": ["Wrote the first program", "Lived in London", "Died in 1852"]}),
        json!({"type": "entity", "name": "Babbage (own)", "entityType": "fix",
            "observations": ["Not the person.\nA server."]}),
        json!({"type": "relation", "from": "Babbage (own)", "to": "Ada Lovelace",
            "relationType": "SOLVES"}),
    ] {
        let is_there = |text: &str| serde_json::from_str::<Value>(text).unwrap() == line;
        assert!(text.lines().any(is_there), "{line}: {text}");
    }
}

#[tokio::test]
async fn an_entity_that_is_longer_than_a_memory_is_several_that_are_joined() {
    let observations: Vec<_> = (0..900)
        .map(|n| format!("{n}: {}", "word ".repeat(30)))
        .collect();
    let long = "x".repeat(120_000);
    let file = [
        json!({"type": "entity", "name": "log", "entityType": "x", "observations": observations}),
        json!({"type": "entity", "name": long, "entityType": "x", "observations": ["a"]}),
        json!({"type": "entity", "name": "one", "entityType": "x", "observations": [long]}),
        json!({"type": "relation", "from": "log", "to": "one", "relationType": "feeds"}),
    ];
    let file = file.map(|line| line.to_string()).join("\n");
    let graph = graph();
    let report = import_with(&graph, file.as_bytes(), OnInvalid::SetAside)
        .await
        .unwrap();
    // The name does not fit where names are kept: it is in quarantine, whole.
    assert_eq!((report.memories.set_aside, report.quarantined), (1, 1));
    assert_eq!(report.set_aside[0].line, Some(2));
    assert!(memory(&graph, "log").await.title.starts_with("log"));
    let joined = relationships(&graph, RelationshipQuery::default()).await;
    assert_eq!(joined.len() as u64, report.memories.added - 2 + 1);
    let text = mcp(&graph).await;
    let back: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let sent: Vec<Value> = file
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(back, [&sent[0], &sent[2], &sent[3]].map(Clone::clone));
}

#[tokio::test]
async fn what_is_wrong_is_named_with_its_line() {
    let broken = [
        (
            r#"{"type":"entity","name":"x"}"#,
            "memory 4 on line 10 (x): missing field `entityType`",
        ),
        (
            r#"{"type":"thing"}"#,
            "memory 4 on line 10 (?): unknown variant `thing`",
        ),
        (
            r#"{"type":"relation","from":"Babbage","to":"Babbage","relationType":"is"}"#,
            "relationship 7 on line 10 (Babbage is Babbage): to_memory_id is another memory",
        ),
        (
            r#"{"type":"relation","from":"Babbage","to":"Ghost","relationType":"is"}"#,
            "relationship 7 on line 10 (Babbage RELATED_TO Ghost): no memory has the id \"Ghost\"",
        ),
        (
            r#"{"type":"entity","name":"Babbage","entityType":"x","observations":[]}"#,
            "memory 4 on line 10 (Babbage): the id stands for another memory of the file too",
        ),
        (
            r#"{"type":"entity","na"#,
            "the file ends in the middle, at line 10, column 20",
        ),
    ];
    for (line, expected) in broken {
        let file = format!("{FILE}\n{line}");
        let target = graph();
        let error = import(&target, file.as_bytes())
            .await
            .unwrap_err()
            .to_string();
        assert!(error.contains(expected), "{error}");
        assert_eq!(target.statistics().await.unwrap().memories, 0);
        let report = import_with(&target, file.as_bytes(), OnInvalid::SetAside)
            .await
            .unwrap();
        assert_eq!(
            (report.memories.added, report.quarantined),
            (3, 1),
            "{line}"
        );
        let kept = export(&target).await;
        import_with(&target, file.as_bytes(), OnInvalid::SetAside)
            .await
            .unwrap();
        assert!(kept == export(&target).await);
    }
}

#[tokio::test]
async fn fields_of_other_servers_come_back() {
    let line = r#"{"type":"entity","name":"x","entityType":"y","observations":["z"],"createdAt":"2026-01-01","score":0.5}"#;
    let graph = graph();
    import(&graph, line.as_bytes()).await.unwrap();
    assert_eq!(mcp(&graph).await, line);
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-c]{1,2}",
        Just(String::new()),
        Just(" ".to_owned()),
        Just("related to".to_owned()),
        Just("DEPENDS-ON".to_owned()),
        Just("← a".to_owned()),
        Just("two\nlines".to_owned()),
        Just("é🚀".to_owned()),
        Just("n".repeat(300)),
        any::<String>().prop_map(|text| text.replace('\0', "")),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_file_comes_back_with_the_same_lines(
        entities in prop::collection::btree_map(text(), (text(), prop::collection::vec(text(), 0..4)), 1..6),
        relations in prop::collection::vec((any::<usize>(), text(), any::<usize>()), 0..16),
    ) {
        let names: Vec<&String> = entities.keys().collect();
        let mut lines: Vec<String> = entities
            .iter()
            .map(|(name, (kind, observations))| {
                let tail = json!({"name": name, "entityType": kind, "observations": observations});
                let [name, kind, list] = ["name", "entityType", "observations"].map(|it| tail[it].to_string());
                format!(r#"{{"type":"entity","name":{name},"entityType":{kind},"observations":{list}}}"#)
            })
            .collect();
        for (from, word, to) in relations {
            let (from, to) = (names[from % names.len()], names[to % names.len()]);
            if from != to {
                let [from, to, word] = [from, to, &word].map(|text| json!(text).to_string());
                lines.push(format!(r#"{{"type":"relation","from":{from},"to":{to},"relationType":{word}}}"#));
            }
        }
        let file = lines.join("\n");
        run(async {
            let graph = graph();
            let report = import(&graph, file.as_bytes()).await.unwrap();
            let back = mcp(&graph).await;
            prop_assert_eq!(sorted(&back), sorted(&file));
            let again = import(&graph, file.as_bytes()).await.unwrap();
            prop_assert_eq!((again.memories.added, again.relationships.added), (0, 0));
            prop_assert_eq!(again.relationships.already_there, report.relationships.read);
            prop_assert_eq!((again.memories_differing, again.relationships_differing), (0, 0));
            Ok(())
        })?;
    }
}
