//! A [Mermaid](https://mermaid.js.org/syntax/flowchart.html) flow chart.

use std::{fmt::Write, iter};

use super::Part;

/// Writes a part, line by line.
pub(super) fn lines(part: &Part) -> impl Iterator<Item = String> + Send + '_ {
    let nodes = part.memories.iter().enumerate().map(|(number, memory)| {
        let title = escaped(&memory.title);
        format!("    n{number}[\"{title}\"]\n")
    });
    let edges = part.joins().map(|(from, to, relationship)| {
        let kind = relationship.relationship_type;
        let arrow = if kind.is_symmetric() { "---" } else { "-->" };
        format!("    n{from} {arrow}|\"{kind}\"| n{to}\n")
    });
    iter::once("flowchart LR\n".to_owned())
        .chain(nodes)
        .chain(edges)
}

/// Writes all but letters, digits, spaces and commas as entity codes: within quotes Mermaid reads
/// Markdown and HTML, and it takes any line with `style`, `:` and `#` in it for a style.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for character in text.chars() {
        match character {
            ' ' | ',' => escaped.push(character),
            _ if character.is_alphanumeric() => escaped.push(character),
            _ if character.is_whitespace() || character.is_control() => escaped.push(' '),
            _ => write!(escaped, "#{};", u32::from(character)).expect("a string takes everything"),
        }
    }
    escaped
}
