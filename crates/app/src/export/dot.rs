//! [DOT](https://graphviz.org/doc/info/lang.html), the language of Graphviz.

use std::iter;

use super::Part;

/// Writes a part, line by line.
pub(super) fn lines(part: &Part) -> impl Iterator<Item = String> + Send + '_ {
    let nodes = part.memories.iter().enumerate().map(|(number, memory)| {
        let title = quoted(&memory.title);
        let tooltip = quoted(&format!("{} {}", memory.memory_type, memory.id));
        format!("  n{number} [label={title}, tooltip={tooltip}];\n")
    });
    let edges = part.joins().map(|(from, to, relationship)| {
        let kind = relationship.relationship_type;
        let arrow = if kind.is_symmetric() {
            ", dir=none"
        } else {
            ""
        };
        format!("  n{from} -> n{to} [label=\"{kind}\"{arrow}];\n")
    });
    iter::once("digraph memories {\n  node [shape=box, style=rounded];\n".to_owned())
        .chain(nodes)
        .chain(edges)
        .chain(iter::once("}\n".to_owned()))
}

/// Quotes a text. Graphviz reads escapes with a backslash, and entities of HTML as well.
fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '&' => quoted.push_str("&amp;"),
            '\n' => quoted.push_str("\\n"),
            _ if character.is_control() => quoted.push(' '),
            _ => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}
