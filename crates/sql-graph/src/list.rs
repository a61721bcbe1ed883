//! Reads by id, lists in pages, and what changed.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    Cursor, Direction, ListQuery, Memory, MemoryId, Page, PageRequest, Relationship,
    RelationshipQuery, RelationshipType, Sort, Timestamp, next_microsecond, time_text,
};
use ports::{BackendError, Changed, ErrorKind, Result, SqlValue};
use serde::{Deserialize, Serialize};

use crate::{
    SqlConnection, apply,
    connection::one_state,
    filter::Conditions,
    parameter::json,
    row::{self, text_of},
};

/// Returns the memories with these ids that are there, each once, in the order of `ids`.
pub fn memories(connection: &mut dyn SqlConnection, ids: &[MemoryId]) -> Result<Vec<Memory>> {
    let mut found = BTreeMap::new();
    apply::memories(connection, &ids, |memory| {
        found.insert(memory.id.clone(), memory);
    })?;
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}

/// How a list is ordered before ids decide.
struct Order {
    /// Whether importance comes before the time.
    by_importance: bool,
    /// The column of the time, and where it stands in [`row::MEMORY_COLUMNS`].
    time: (&'static str, usize),
    descends: bool,
}

impl Order {
    fn of(sort: Sort) -> Self {
        let (by_importance, time, descends) = match sort {
            Sort::RecentlyUpdated => (false, ("n.updated_at", 3), true),
            Sort::Newest => (false, ("n.created_at", 2), true),
            Sort::Oldest => (false, ("n.created_at", 2), false),
            Sort::MostImportant => (true, ("n.updated_at", 3), true),
        };
        Self {
            by_importance,
            time,
            descends,
        }
    }

    /// Returns what follows ORDER BY.
    fn sql(&self) -> String {
        let direction = if self.descends { "DESC" } else { "ASC" };
        let importance = if self.by_importance {
            "n.importance DESC, "
        } else {
            ""
        };
        format!("{importance}{} {direction}, n.id {direction}", self.time.0)
    }
}

/// Where a memory stands in a list: what it is sorted by, as the engine has it.
#[derive(Serialize, Deserialize)]
struct Position {
    importance: f64,
    time: String,
    id: String,
}

/// Lists memories.
pub fn list(
    connection: &mut dyn SqlConnection,
    query: &ListQuery,
    page: &PageRequest,
) -> Result<Page<Memory>> {
    let invalid = || BackendError::invalid("list memories");
    page.check().map_err(invalid())?;
    let order = Order::of(query.sort);
    let mut conditions = Conditions::default();
    let mut filter = query.filter.clone();
    let tags = filter.folded_tags();
    let source = if !filter.contents.is_empty() {
        let contents: BTreeSet<_> = std::mem::take(&mut filter.contents).into_iter().collect();
        let contents = conditions.parameter(json(&contents));
        // The first two comparisons are what the index has.
        format!(
            "json_each({contents}) AS asked CROSS JOIN nodes AS n
             ON length(n.content) = length(asked.value)
               AND substr(n.content, -12) = substr(asked.value, -12) AND n.content = asked.value"
        )
    } else if has_few(connection, &tags)? {
        filter.tags.clear();
        let tags = conditions.parameter(json(&tags));
        format!(
            "(SELECT DISTINCT t.key FROM json_each({tags}) AS asked CROSS JOIN node_tags AS t
             ON t.tag = asked.value) AS tagged CROSS JOIN nodes AS n ON n.key = tagged.key"
        )
    } else {
        "nodes AS n".to_owned()
    };
    // The index of types is not in the order of importance; `+` leaves it alone.
    let type_column = if order.by_importance {
        "+n.type"
    } else {
        "n.type"
    };
    conditions.memories(&filter, type_column, "n.key");
    if let Some(cursor) = &page.after {
        conditions.after(&order, cursor.position(query).map_err(invalid())?);
    }
    let limit = conditions.parameter(one_more(page));
    let sql = format!(
        "SELECT {}, n.importance FROM {source} WHERE {} ORDER BY {} LIMIT {limit}",
        row::MEMORY_COLUMNS,
        conditions.sql(),
        order.sql(),
    );
    let mut found = Vec::new();
    connection.query(&sql, conditions.parameters(), &mut |row| {
        let memory = row::memory(row)?;
        let position = Position {
            importance: row.real(4)?.unwrap_or_default(),
            time: text_of(row, order.time.1)?.to_owned(),
            id: text_of(row, 0)?.to_owned(),
        };
        found.push((memory, position));
        Ok(())
    })?;
    let page = Page::cut(found, page.size(), |(_, position)| {
        Cursor::new(query, position)
    });
    Ok(Page {
        items: page.items.into_iter().map(|(memory, _)| memory).collect(),
        next: page.next,
    })
}

/// Says whether so few memories have one of `tags` that it is quicker to sort those than to look
/// for them in the order of the list.
fn has_few(connection: &mut dyn SqlConnection, tags: &[String]) -> Result<bool> {
    const FEW: i64 = 1_000;
    if tags.is_empty() {
        return Ok(false);
    }
    let mut count = 0;
    connection.query(
        "SELECT count(*) FROM (SELECT 1 FROM json_each(?1) AS asked
         CROSS JOIN node_tags AS t ON t.tag = asked.value LIMIT ?2)",
        &[json(&tags), SqlValue::Integer(FEW + 1)],
        &mut |row| {
            count = row.integer(0)?.unwrap_or_default();
            Ok(())
        },
    )?;
    Ok(count <= FEW)
}

impl Conditions {
    /// Adds the condition that a row comes after `position`.
    fn after(&mut self, order: &Order, position: Position) {
        let id = self.parameter(position.id);
        let time = self.parameter(position.time);
        let (column, beyond) = (order.time.0, if order.descends { "<" } else { ">" });
        // The first comparison lets an index begin at the place.
        let mut after = format!(
            "{column} {beyond}= {time} AND ({column} {beyond} {time} OR n.id {beyond} {id})"
        );
        if order.by_importance {
            let importance = self.parameter(SqlValue::Real(position.importance));
            after = format!(
                "n.importance <= {importance} AND (n.importance < {importance} OR ({after}))"
            );
        }
        self.add(after);
    }
}

/// Lists relationships by ascending id.
pub fn relationships(
    connection: &mut dyn SqlConnection,
    query: &RelationshipQuery,
    page: &PageRequest,
) -> Result<Page<Relationship>> {
    let invalid = || BackendError::invalid("list relationships");
    page.check().map_err(invalid())?;
    let mut conditions = Conditions::default();
    let source = if query.touching.is_empty() {
        conditions.any_of("r.id", &query.ids);
        "relationships AS r".to_owned()
    } else {
        let memories = conditions.parameter(json(&query.touching));
        if !query.ids.is_empty() {
            let ids = conditions.parameter(json(&query.ids));
            conditions.add(format!("r.id IN (SELECT value FROM json_each({ids}))"));
        }
        let arms = arms("r.key", query.direction, &memories, "true");
        format!(
            "({}) AS touching CROSS JOIN relationships AS r ON r.key = touching.key",
            arms.join(" UNION ")
        )
    };
    conditions.any_of("r.rel_type", &query.types);
    conditions.as_of("r", query.as_of);
    let words = query.context_words();
    if words.is_some() {
        conditions.add("r.properties ->> 'context' IS NOT NULL");
    }
    if let Some(cursor) = &page.after {
        let id: String = cursor.position(query).map_err(invalid())?;
        let id = conditions.parameter(id);
        conditions.add(format!("r.id > {id}"));
    }
    let limit = match words {
        None => conditions.parameter(one_more(page)),
        Some(_) => "-1".to_owned(),
    };
    let sql = format!(
        "SELECT {} FROM {source} WHERE {} ORDER BY r.id LIMIT {limit}",
        row::RELATIONSHIP_COLUMNS,
        conditions.sql(),
    );
    let mut found = Vec::new();
    let read = connection.query(&sql, conditions.parameters(), &mut |row| {
        let relationship = row::relationship(row)?;
        // Words are compared here, where they are folded as everywhere.
        let answers = words
            .as_ref()
            .is_none_or(|words| relationship.context_answers(words));
        if answers {
            found.push(relationship);
        }
        // With words the statement has no limit: this ends it.
        if found.len() > page.size() && words.is_some() {
            return Err(BackendError::new(ErrorKind::Backend, "read on"));
        }
        Ok(())
    });
    if found.len() <= page.size() {
        read?;
    }
    Ok(Page::cut(found, page.size(), |last| {
        Cursor::new(query, &last.id)
    }))
}

/// Returns the SELECTs that follow relationships from `memories`, a JSON array, in `direction`:
/// forwards, backwards, or the symmetric ones backwards. `columns` may name `asked`, `r`, and the
/// far end as `{other}`.
pub(crate) fn arms(
    columns: &str,
    direction: Direction,
    memories: &str,
    condition: &str,
) -> Vec<String> {
    let arm = |near: &str, far: &str, symmetric: bool| {
        let only = if symmetric {
            let names: Vec<_> = RelationshipType::symmetric()
                .map(|kind| format!("'{kind}'"))
                .collect();
            format!(" AND r.rel_type IN ({})", names.join(", "))
        } else {
            String::new()
        };
        format!(
            "SELECT {} FROM json_each({memories}) AS asked CROSS JOIN relationships AS r
             ON r.{near} = asked.value{only} WHERE {condition}",
            columns.replace("{other}", &format!("r.{far}")),
        )
    };
    let outgoing = direction != Direction::Incoming;
    let incoming = direction != Direction::Outgoing;
    vec![
        arm("from_id", "to_id", !outgoing),
        arm("to_id", "from_id", !incoming),
    ]
}

/// Lists what the graph learned at or after `since`.
pub fn changes_since(
    connection: &mut dyn SqlConnection,
    since: Timestamp,
    page: &PageRequest,
) -> Result<Page<Changed>> {
    let invalid = || BackendError::invalid("list changes");
    page.check().map_err(invalid())?;
    let after: Option<(Timestamp, u8, String)> = match &page.after {
        Some(cursor) => Some(cursor.position(&since).map_err(invalid())?),
        None => None,
    };
    let mut found = one_state(connection, |connection| {
        let mut found = Vec::new();
        let (sql, parameters) = changed("n.updated_at", "n.id", 0, since, after.as_ref(), page);
        let sql = format!("SELECT {} FROM nodes AS n {sql}", row::MEMORY_COLUMNS);
        connection.query(&sql, &parameters, &mut |row| {
            found.push(Changed::Memory(Box::new(row::memory(row)?)));
            Ok(())
        })?;
        let (sql, parameters) = changed("r.recorded_at", "r.id", 1, since, after.as_ref(), page);
        let sql = format!(
            "SELECT {} FROM relationships AS r {sql}",
            row::RELATIONSHIP_COLUMNS
        );
        connection.query(&sql, &parameters, &mut |row| {
            found.push(Changed::Relationship(Box::new(row::relationship(row)?)));
            Ok(())
        })?;
        Ok(found)
    })?;
    found.sort_by(|a, b| a.position().cmp(&b.position()));
    Ok(Page::cut(found, page.size(), |last| {
        Cursor::new(&since, &last.position())
    }))
}

/// Returns the end of a statement that reads what one kind of thing, by its place in the order of
/// kinds, changed.
fn changed(
    time: &str,
    id: &str,
    kind: u8,
    since: Timestamp,
    after: Option<&(Timestamp, u8, String)>,
    page: &PageRequest,
) -> (String, [SqlValue; 3]) {
    let (from, least, same_time) = match after {
        None => (next_microsecond(since), String::new(), true),
        // At the moment of the last item, later kinds are all still to come, earlier ones are not.
        Some((at, last, id)) if kind == *last => (*at, id.clone(), true),
        Some((at, last, _)) => (*at, String::new(), kind > *last),
    };
    let beyond = if same_time {
        format!("({time} > ?1 OR {id} > ?2)")
    } else {
        // It names the id all the same: a statement takes the parameters that it names.
        format!("({time} > ?1 OR (false AND {id} > ?2))")
    };
    (
        format!("WHERE {time} >= ?1 AND {beyond} ORDER BY {time}, {id} LIMIT ?3"),
        [time_text(from).into(), least.into(), one_more(page)],
    )
}

/// Returns the page's limit and one more, which tells whether there is a next page.
pub(crate) fn one_more(page: &PageRequest) -> SqlValue {
    SqlValue::Integer(i64::from(page.limit.get()) + 1)
}
