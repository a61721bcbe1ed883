//! A memory as a page of Markdown.

use std::collections::HashMap;

use domain::{Memory, MemoryId, Relationship, time_text};

use super::{front_matter, name};

/// A file to be.
pub(super) struct Note {
    /// Its name, with its ending.
    pub(super) file: String,
    /// What it holds.
    pub(super) text: String,
}

/// Which way a relationship goes, seen from a memory, in the order in which a note lists them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    Out,
    In,
    Both,
}

/// Writes a memory with its relationships. An end that `titles` does not have is named by its id.
///
/// The relationships stand before the content: a block of code or a comment that the content
/// opens and does not close would take them in.
pub(super) fn of(
    memory: &Memory,
    relationships: &[&Relationship],
    titles: &HashMap<MemoryId, String>,
) -> Note {
    let mut text = front_matter::of(memory);
    add(&mut text, ["\n# ", &escaped(&memory.title), "\n"]);
    if let Some(summary) = &memory.summary {
        add(&mut text, ["\n> ", &escaped(summary), "\n"]);
    }
    if !relationships.is_empty() {
        text.push_str("\n## Relationships\n\n");
        let mut lines: Vec<_> = relationships
            .iter()
            .map(|relationship| line(memory, relationship, titles))
            .collect();
        lines.sort_unstable();
        for (_, line, _) in lines {
            text.push_str(&line);
        }
    }
    add(&mut text, ["\n## Content\n\n", &memory.content, "\n"]);
    Note {
        file: format!("{}.md", name::of(&memory.id, &memory.title)),
        text,
    }
}

fn line<'a>(
    memory: &Memory,
    relationship: &'a Relationship,
    titles: &HashMap<MemoryId, String>,
) -> (Way, String, &'a str) {
    let kind = relationship.relationship_type;
    let (other, way) = if relationship.from == memory.id {
        (&relationship.to, Way::Out)
    } else {
        (&relationship.from, Way::In)
    };
    let way = if kind.is_symmetric() { Way::Both } else { way };
    let arrow = match way {
        Way::Out => "→",
        Way::In => "←",
        Way::Both => "↔",
    };
    let link = link(
        other,
        titles.get(other).map_or(other.as_str(), String::as_str),
    );
    let strength = relationship.strength.get();
    let mut line = format!(
        "- {arrow} **{}** {link} ({strength}",
        escaped(kind.as_str())
    );
    if let Some(until) = relationship.valid_until {
        add(&mut line, [", until ", &time_text(until)]);
    }
    line.push(')');
    if let Some(context) = &relationship.context {
        add(&mut line, [": ", &escaped(context)]);
    }
    line.push('\n');
    (way, line, relationship.id.as_str())
}

fn add<const N: usize>(text: &mut String, parts: [&str; N]) {
    text.extend(parts);
}

/// A link that Obsidian resolves, whatever the title.
fn link(id: &MemoryId, title: &str) -> String {
    let name = name::of(id, title);
    match name::plain(title) {
        shown if shown.is_empty() => format!("[[{name}]]"),
        shown => format!("[[{name}|{shown}]]"),
    }
}

/// Writes a text in one line, so that nothing in it is read as Markdown.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for (place, word) in text.split_whitespace().enumerate() {
        if place > 0 {
            escaped.push(' ');
        }
        for character in word.chars() {
            if character.is_ascii_punctuation() && !matches!(character, ',' | '\'' | '/' | '"') {
                escaped.push('\\');
            }
            escaped.push(character);
        }
    }
    escaped
}
