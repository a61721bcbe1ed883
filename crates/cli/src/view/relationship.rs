//! How relationships look to a person.

use memorygraph::domain::Relationship;

use super::time;
use crate::{
    style::{ID, RELATION, paint},
    table::{Table, on_one_line},
};

/// Returns what a relationship says, on one line.
pub(crate) fn statement(relationship: &Relationship) -> String {
    let end = |id: &str| paint(ID, on_one_line(id));
    format!(
        "{} {} {}",
        end(relationship.from.as_str()),
        paint(RELATION, relationship.relationship_type),
        end(relationship.to.as_str())
    )
}

/// Returns a table of relationships; of none, a sentence.
pub(crate) fn relationships(items: &[Relationship], width: Option<usize>) -> Vec<String> {
    if items.is_empty() {
        return vec!["Nothing found.".to_owned()];
    }
    let has_ended = items.iter().any(|item| item.valid_until.is_some());
    let mut headings = vec!["FROM", "RELATIONSHIP", "TO", "STRENGTH", "CONTEXT"];
    if has_ended {
        headings.push("HELD UNTIL");
    }
    headings.push("ID");
    let mut table = Table::new(&headings, 4);
    for item in items {
        let mut cells = vec![
            item.from.to_string(),
            item.relationship_type.to_string(),
            item.to.to_string(),
            format!("{:.2}", item.strength.get()),
            item.context.clone().unwrap_or_default(),
        ];
        if has_ended {
            cells.push(item.valid_until.map(time).unwrap_or_default());
        }
        cells.push(item.id.to_string());
        table.row(cells);
    }
    table.lines(width)
}
