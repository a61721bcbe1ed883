//! A part of the graph in the formats of others, read back.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use memorygraph::domain::{
    AsOf, ListQuery, Memory, MemoryContext, MemoryFilter, MemoryType, Relationship, RelationshipId,
    RelationshipType, Score, Sort, Timestamp, Walk,
};
use memorygraph::export::{Existing, Part, PartFormat, PartQuery, Target};
use memorygraph::ports::ErrorKind;
use memorygraph::{Draft, Link, MemoryGraph};
use proptest::prelude::*;
use serde_json::json;

use crate::world::{graph, id};

use RelationshipType::{Causes, SimilarTo, Solves};

/// a causes b, b is like c, c solves d.
async fn chain() -> MemoryGraph {
    let graph = graph();
    let drafts = ["a", "b", "c", "d"].map(|name| Draft {
        id: Some(id(name)),
        ..Draft::new(MemoryType::General, name, format!("Content of {name}."))
    });
    graph.remember_all(drafts.to_vec()).await.unwrap();
    for (from, kind, to) in [
        ("a", Causes, "b"),
        ("b", SimilarTo, "c"),
        ("c", Solves, "d"),
    ] {
        graph
            .relate(Link::new(id(from), kind, id(to)))
            .await
            .unwrap();
    }
    graph
}

fn around(name: &str, depth: u8) -> PartQuery {
    PartQuery::Around(Walk {
        depth,
        ..Walk::new(id(name))
    })
}

fn told(part: &Part) -> String {
    let memories = part.memories.iter().map(|it| it.id.to_string());
    let relationships = part.relationships.iter();
    let relationships = relationships.map(|it| format!("{}{}", it.from, it.to));
    memories.chain(relationships).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn a_part_is_what_is_around_with_what_joins_it() {
    let graph = chain().await;
    assert_eq!(
        told(&graph.part(&around("b", 1)).await.unwrap()),
        "b a c ab bc"
    );
    assert_eq!(
        told(&graph.part(&around("d", 10)).await.unwrap()),
        "d c b a ab bc cd"
    );
    let PartQuery::Around(walk) = around("b", 2) else {
        unreachable!()
    };
    let walk = Walk {
        types: vec![Causes],
        ..walk
    };
    assert_eq!(
        told(&graph.part(&PartQuery::Around(walk.clone())).await.unwrap()),
        "b a ab"
    );
    let few = Walk {
        types: Vec::new(),
        limit: NonZeroU32::MIN,
        ..walk
    };
    let few = graph.part(&PartQuery::Around(few)).await.unwrap();
    assert_eq!((few.memories.len(), few.truncated), (2, true));
    let nobody = graph.part(&around("nobody", 1)).await.unwrap_err();
    assert_eq!(nobody.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn a_part_is_what_a_list_begins_with() {
    let graph = chain().await;
    let first = |limit| PartQuery::Matching {
        list: ListQuery {
            filter: MemoryFilter::default(),
            sort: Sort::Oldest,
        },
        types: Vec::new(),
        as_of: AsOf::Latest,
        limit: NonZeroU32::new(limit).unwrap(),
    };
    let part = graph.part(&first(3)).await.unwrap();
    assert_eq!(
        (told(&part).as_str(), part.truncated),
        ("a b c ab bc", true)
    );
    let part = graph.part(&first(4)).await.unwrap();
    assert_eq!(
        (told(&part).as_str(), part.truncated),
        ("a b c d ab bc cd", false)
    );
    let all = graph.part(&first(PartQuery::LARGEST)).await.unwrap();
    assert_eq!(all, part);
    let many = graph
        .part(&first(PartQuery::LARGEST + 1))
        .await
        .unwrap_err();
    assert_eq!(many.kind(), ErrorKind::InvalidArgument);
}

#[tokio::test]
async fn a_part_is_written_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("part.dot");
    let graph = chain().await;
    let write = |existing| {
        let target = Target::File(file.clone());
        let (graph, query) = (&graph, around("b", 1));
        async move {
            graph
                .export_part(&query, PartFormat::Dot, target, existing)
                .await
        }
    };
    let report = write(Existing::Keep).await.unwrap();
    assert_eq!(
        (report.memories, report.relationships, report.truncated),
        (3, 2, false)
    );
    let part = graph.part(&around("b", 1)).await.unwrap();
    let expected: String = part.lines(PartFormat::Dot).collect();
    assert_eq!(std::fs::read_to_string(&file).unwrap(), expected);
    let error = write(Existing::Keep).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    write(Existing::Replace).await.unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

/// Two memories with this title that are joined both ways.
fn part(title: &str) -> Part {
    let now = Timestamp::UNIX_EPOCH;
    let memory = |name: &str| Memory::new(id(name), MemoryType::Fix, title, title, now);
    let join = |name: &str, kind| {
        let name = RelationshipId::new(name).unwrap();
        Relationship {
            context: Some(title.to_owned()),
            ..Relationship::new(name, id("a \"<x>"), kind, id("b"), now)
        }
    };
    Part {
        memories: vec![memory("a \"<x>"), memory("b")],
        relationships: vec![join("r1", Causes), join("r2", SimilarTo)],
        truncated: false,
    }
}

fn written(part: &Part, format: PartFormat) -> String {
    part.lines(format).collect()
}

/// What XML 1.0 has no place for, as its picture.
fn pictured(text: &str) -> String {
    let picture = |c: char| match c {
        '\t' | '\n' | '\r' => c,
        '\u{1}'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)).unwrap(),
        '\u{fffe}' | '\u{ffff}' => '\u{fffd}',
        _ => c,
    };
    text.chars().map(picture).collect()
}

/// The attributes and data of every element of this name.
fn elements(xml: &roxmltree::Document<'_>, name: &str) -> Vec<BTreeMap<String, String>> {
    let named = xml.descendants().filter(|node| node.has_tag_name(name));
    named
        .map(|node| {
            let attributes = node.attributes();
            let attributes = attributes.map(|it| (it.name().to_owned(), it.value().to_owned()));
            let data = node.children().filter(|child| child.has_tag_name("data"));
            let data = data.map(|child| {
                let text = child.text().unwrap_or_default();
                (child.attribute("key").unwrap().to_owned(), text.to_owned())
            });
            attributes.chain(data).collect()
        })
        .collect()
}

fn check_graphml(title: &str) {
    let written = written(&part(title), PartFormat::GraphMl);
    let xml = roxmltree::Document::parse(&written).unwrap();
    let keys = elements(&xml, "key");
    let [nodes, edges] = ["node", "edge"].map(|name| elements(&xml, name));
    assert_eq!((nodes.len(), edges.len()), (2, 2));
    assert_eq!(
        (nodes[0]["id"].as_str(), nodes[1]["id"].as_str()),
        ("n0", "n1")
    );
    assert_eq!(nodes[0]["n.id"], "a \"<x>");
    assert_eq!(nodes[0]["n.label"], pictured(title));
    assert_eq!(nodes[0]["n.importance"], "0.5");
    assert_eq!(edges[0]["e.context"], pictured(title));
    assert_eq!(
        (edges[0]["source"].as_str(), edges[0]["target"].as_str()),
        ("n0", "n1")
    );
    assert_eq!(edges[0].get("directed"), None);
    assert_eq!(edges[1]["directed"], "false");
    for element in nodes.iter().chain(&edges) {
        for name in element.keys().filter(|name| name.contains('.')) {
            assert!(keys.iter().any(|key| key["id"] == *name), "{name}");
        }
    }
}

/// What a document has beside what stands elsewhere in the file.
fn texts(document: &serde_json::Value, named: &[(&str, &str)]) -> BTreeMap<String, String> {
    let fields = document.as_object().unwrap().iter();
    fields
        .map(|(name, value)| {
            let named = named.iter().find(|(field, _)| field == name);
            let text = value.as_str().map_or(value.to_string(), str::to_owned);
            (named.map_or(name.as_str(), |(_, as_)| as_).to_owned(), text)
        })
        .collect()
}

#[test]
fn graphml_has_every_field() {
    let now = Timestamp::UNIX_EPOCH;
    let score = Score::new("score", 0.25).unwrap();
    let memory = Memory {
        summary: Some("In short".into()),
        tags: vec!["redis".into()],
        context: Some(MemoryContext {
            files_involved: vec!["a.rs".into()],
            ..MemoryContext::default()
        }),
        effectiveness: Some(score),
        last_accessed: Some(now),
        updated_by: Some("someone".into()),
        valid_until: Some(now),
        superseded_by: Some(id("b")),
        ..Memory::new(id("a"), MemoryType::Fix, "Title", "Content", now)
    };
    let name = |name: &str| RelationshipId::new(name).unwrap();
    let relationship = Relationship {
        context: Some("only when warm".into()),
        validation_count: 3,
        counter_evidence_count: 2,
        success_rate: Some(score),
        last_validated: Some(now),
        valid_until: Some(now),
        invalidated_by: Some(name("r2")),
        ..Relationship::new(name("r1"), id("a"), Causes, id("a"), now)
    };
    let [of_memory, of_relationship] = [json!(memory), json!(relationship)];
    let part = Part {
        memories: vec![memory],
        relationships: vec![relationship],
        truncated: false,
    };
    let written = written(&part, PartFormat::GraphMl);
    let xml = roxmltree::Document::parse(&written).unwrap();
    let [mut node, mut edge] = ["node", "edge"].map(|name| elements(&xml, name).remove(0));
    node.remove("id");
    for end in ["source", "target"] {
        edge.remove(end);
    }
    let prefixed = |prefix: &str, texts: BTreeMap<String, String>| -> BTreeMap<_, _> {
        let texts = texts.into_iter();
        texts
            .map(|(name, text)| (format!("{prefix}.{name}"), text))
            .collect()
    };
    assert_eq!(
        node,
        prefixed("n", texts(&of_memory, &[("title", "label")]))
    );
    let names = [("type", "label"), ("strength", "weight")];
    let mut expected = texts(&of_relationship, &names);
    // An edge has them as its source and target.
    for end in ["from_memory_id", "to_memory_id"] {
        expected.remove(end);
    }
    assert_eq!(edge, prefixed("e", expected));
}

/// Reads a quoted string of DOT as Graphviz does: its lexer, its escapes, its entities.
fn unquoted(text: &str) -> (String, &str) {
    let mut read = String::new();
    let mut characters = text.strip_prefix('"').unwrap().char_indices();
    while let Some((place, character)) = characters.next() {
        match character {
            '"' => return (read.replace("&amp;", "&"), &text[place + 2..]),
            '\\' => match characters.next().unwrap().1 {
                'n' => read.push('\n'),
                escaped @ ('"' | '\\') => read.push(escaped),
                other => panic!("an escape of {other:?} in {text}"),
            },
            _ => read.push(character),
        }
    }
    panic!("no end of {text}")
}

fn check_dot(title: &str) {
    let written = written(&part(title), PartFormat::Dot);
    let lines: Vec<_> = written.split('\n').collect();
    assert_eq!(lines.len(), 8, "{written}");
    assert_eq!((lines[0], lines[6]), ("digraph memories {", "}"));
    let (label, rest) = unquoted(lines[2].strip_prefix("  n0 [label=").unwrap());
    let spaced: String = title
        .chars()
        .map(|c| if c.is_control() && c != '\n' { ' ' } else { c })
        .collect();
    assert_eq!(label, spaced);
    let (tooltip, rest) = unquoted(rest.strip_prefix(", tooltip=").unwrap());
    assert_eq!((tooltip.as_str(), rest), ("fix a \"<x>", "];"));
    assert_eq!(lines[4], "  n0 -> n1 [label=\"CAUSES\"];");
    assert_eq!(lines[5], "  n0 -> n1 [label=\"SIMILAR_TO\", dir=none];");
}

fn check_mermaid(title: &str) {
    let written = written(&part(title), PartFormat::Mermaid);
    let lines: Vec<_> = written.split('\n').collect();
    assert_eq!(lines.len(), 6, "{written}");
    assert_eq!(lines[0], "flowchart LR");
    assert_eq!(lines[3], "    n0 -->|\"CAUSES\"| n1");
    assert_eq!(lines[4], "    n0 ---|\"SIMILAR_TO\"| n1");
    let label = lines[1].strip_prefix("    n0[\"").unwrap();
    let label = label.strip_suffix("\"]").unwrap();
    let mut read = String::new();
    let mut rest = label;
    while let Some(character) = rest.chars().next() {
        if character == '#' {
            let (code, after) = rest[1..].split_once(';').unwrap();
            read.extend(char::from_u32(code.parse().unwrap()));
            rest = after;
        } else {
            assert!(
                character.is_alphanumeric() || " ,".contains(character),
                "{label}"
            );
            read.push(character);
            rest = &rest[character.len_utf8()..];
        }
    }
    let space = |c: char| c.is_whitespace() || c.is_control();
    assert_eq!(read, title.replace(space, " "));
}

fn check(title: &str) {
    check_graphml(title);
    check_dot(title);
    check_mermaid(title);
}

#[test]
fn what_has_a_meaning_in_a_format_is_text_in_a_title() {
    for title in [
        "end",
        "style a: b #35;",
        "]]> <!-- --> <![CDATA[ &amp; &#13;",
        "a\r\nb\tc\u{1b}[0m\u{fffe}",
        "\"quoted\" \\N \\",
        "`**bold**` 1. one [x] {y} (z) | > <b>",
        "überall \u{1f980} かな क्षि",
    ] {
        check(title);
    }
}

proptest! {
    #[test]
    fn hostile_titles_stay_what_they_are(title in "\\PC{1,60}|[\\x01-\\x7f]{1,60}|[^\\x00]{1,60}") {
        check(&title);
    }
}
