//! [GraphML](http://graphml.graphdrawing.org), an XML format for graphs.

use std::{fmt::Write, iter};

use domain::{Memory, Relationship, time_text};

use super::Part;

const HEAD: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
"#;

/// What is told of a memory: the key, its type, and its text.
type Told<T> = (&'static str, &'static str, fn(&T) -> Option<String>);

/// `label` is what viewers show; `context` and `tags` are JSON.
const OF_MEMORIES: [Told<Memory>; 20] = [
    ("id", "string", |it| Some(it.id.to_string())),
    ("label", "string", |it| Some(it.title.clone())),
    ("type", "string", |it| Some(it.memory_type.to_string())),
    ("content", "string", |it| Some(it.content.clone())),
    ("summary", "string", |it| it.summary.clone()),
    ("tags", "string", |it| {
        (!it.tags.is_empty()).then(|| serde_json::json!(it.tags).to_string())
    }),
    ("project", "string", |it| {
        it.project_path().map(str::to_owned)
    }),
    ("context", "string", |it| {
        let context = it.context.as_ref()?;
        Some(serde_json::json!(context).to_string())
    }),
    ("importance", "double", |it| {
        Some(it.importance.get().to_string())
    }),
    ("confidence", "double", |it| {
        Some(it.confidence.get().to_string())
    }),
    ("effectiveness", "double", |it| {
        it.effectiveness.map(|score| score.get().to_string())
    }),
    ("usage_count", "long", |it| Some(it.usage_count.to_string())),
    ("last_accessed", "string", |it| {
        it.last_accessed.map(time_text)
    }),
    ("version", "long", |it| Some(it.version.to_string())),
    ("updated_by", "string", |it| it.updated_by.clone()),
    ("created_at", "string", |it| Some(time_text(it.created_at))),
    ("updated_at", "string", |it| Some(time_text(it.updated_at))),
    ("valid_from", "string", |it| Some(time_text(it.valid_from))),
    ("valid_until", "string", |it| it.valid_until.map(time_text)),
    ("superseded_by", "string", |it| {
        it.superseded_by.as_ref().map(ToString::to_string)
    }),
];

/// `weight` is what viewers place memories by.
const OF_RELATIONSHIPS: [Told<Relationship>; 15] = [
    ("id", "string", |it| Some(it.id.to_string())),
    ("label", "string", |it| {
        Some(it.relationship_type.to_string())
    }),
    ("weight", "double", |it| Some(it.strength.get().to_string())),
    ("confidence", "double", |it| {
        Some(it.confidence.get().to_string())
    }),
    ("context", "string", |it| it.context.clone()),
    ("evidence_count", "long", |it| {
        Some(it.evidence_count.to_string())
    }),
    ("validation_count", "long", |it| {
        Some(it.validation_count.to_string())
    }),
    ("counter_evidence_count", "long", |it| {
        Some(it.counter_evidence_count.to_string())
    }),
    ("success_rate", "double", |it| {
        it.success_rate.map(|score| score.get().to_string())
    }),
    ("last_validated", "string", |it| {
        it.last_validated.map(time_text)
    }),
    ("created_at", "string", |it| Some(time_text(it.created_at))),
    ("recorded_at", "string", |it| {
        Some(time_text(it.recorded_at))
    }),
    ("valid_from", "string", |it| Some(time_text(it.valid_from))),
    ("valid_until", "string", |it| it.valid_until.map(time_text)),
    ("invalidated_by", "string", |it| {
        it.invalidated_by.as_ref().map(ToString::to_string)
    }),
];

/// Writes a part, line by line. Nodes are `n0`, `n1` and so on, since an id of a memory need not
/// be a name in XML.
pub(super) fn lines(part: &Part) -> impl Iterator<Item = String> + Send + '_ {
    let nodes = part.memories.iter().enumerate().map(|(number, memory)| {
        let mut line = format!("    <node id=\"n{number}\">");
        tell(&mut line, "n", &OF_MEMORIES, memory);
        line + "</node>\n"
    });
    let edges = part.joins().map(|(from, to, relationship)| {
        let mut line = format!("    <edge source=\"n{from}\" target=\"n{to}\"");
        if relationship.relationship_type.is_symmetric() {
            line.push_str(" directed=\"false\"");
        }
        line.push('>');
        tell(&mut line, "e", &OF_RELATIONSHIPS, relationship);
        line + "</edge>\n"
    });
    iter::once(HEAD.to_owned())
        .chain(keys("n", "node", &OF_MEMORIES))
        .chain(keys("e", "edge", &OF_RELATIONSHIPS))
        .chain(iter::once(
            "  <graph id=\"G\" edgedefault=\"directed\">\n".to_owned(),
        ))
        .chain(nodes)
        .chain(edges)
        .chain(iter::once("  </graph>\n</graphml>\n".to_owned()))
}

/// Names what is told of a node or an edge, so that programs know the types.
fn keys<T>(
    prefix: &'static str,
    of: &'static str,
    told: &'static [Told<T>],
) -> impl Iterator<Item = String> + Send {
    told.iter().map(move |(name, kind, _)| {
        format!(
            "  <key id=\"{prefix}.{name}\" for=\"{of}\" attr.name=\"{name}\" attr.type=\"{kind}\"/>\n"
        )
    })
}

fn tell<T>(line: &mut String, prefix: &str, told: &[Told<T>], of: &T) {
    for (name, _, text) in told {
        if let Some(text) = text(of) {
            write!(line, "<data key=\"{prefix}.{name}\">").expect("a string takes everything");
            escape(line, &text);
            line.push_str("</data>");
        }
    }
}

/// Writes a text into an element. What XML 1.0 cannot hold becomes a picture of it.
fn escape(line: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '&' => line.push_str("&amp;"),
            '<' => line.push_str("&lt;"),
            '>' => line.push_str("&gt;"),
            // A parser would read it as a line feed.
            '\r' => line.push_str("&#13;"),
            '\t' | '\n' => line.push(character),
            '\0'..='\u{1f}' => {
                line.extend(char::from_u32(0x2400 + u32::from(character)));
            }
            '\u{fffe}' | '\u{ffff}' => line.push(char::REPLACEMENT_CHARACTER),
            _ => line.push(character),
        }
    }
}
