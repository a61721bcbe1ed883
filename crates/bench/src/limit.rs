//! The limit: the same questions and the same rows by someone who knows the schema and writes SQL
//! by hand, with prepared statements, on one connection, in the calling thread.
//!
//! The file, its schema, its pragmas and the decoding of memories are the backend's. What the
//! domain adds is not here: validation, reinforcement, cycles, ranking beyond FTS5's own, a walk's
//! choice among equally strong relationships.

mod paths;
mod rows;

use std::{fmt::Write as _, path::Path};

use domain::{Memory, SearchMode, Sort, Timestamp, text, time_text};
use sqlite_engine::rusqlite::{CachedStatement, Connection, OpenFlags, Row, ToSql};

use crate::{
    Result,
    ask::{Answer, Ask, HITS, LISTED, Only, REACHED},
};

/// The columns of a relationship `r`, as it is decoded from them.
const RELATIONSHIP: &str =
    "r.id, r.from_id, r.to_id, r.rel_type, r.properties, r.created_at, r.recorded_at, r.valid_from";

/// One connection to a graph that a backend made.
#[derive(Debug)]
pub struct Limit {
    connection: Connection,
}

impl Limit {
    /// Opens the file with the pragmas of the backend's writer.
    pub fn open(path: &Path) -> Result<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = sqlite_engine::open(path, flags)?;
        connection.set_prepared_statement_cache_capacity(128);
        connection.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA recursive_triggers = ON;
             PRAGMA foreign_keys = ON; PRAGMA cache_size = -1536",
        )?;
        Ok(Self { connection })
    }

    /// Returns the version of the schema, which reads the file for the first time.
    pub fn version(&self) -> Result<i64> {
        let sql = "SELECT user_version FROM pragma_user_version";
        Ok(self.connection.query_row(sql, [], |row| row.get(0))?)
    }

    /// Answers a question as [`Ask::of`] does.
    pub fn answer(&self, ask: &Ask) -> Result<Answer> {
        match ask {
            Ask::Search { text, mode, only } => self.search(text, *mode, only),
            Ask::Walk { from, depth } => self.walk(from.as_str(), *depth),
            Ask::Path { from, to } => paths::shortest(&self.connection, from.as_str(), to.as_str()),
            Ask::Get(id) => {
                let sql = "SELECT n.id, n.properties FROM nodes AS n WHERE n.id = ?1";
                memories(self.prepare(sql)?, &[&id.as_str()])
            }
            Ask::List { sort, only } => self.list(*sort, only),
            Ask::Relationships(id) => self.relationships(id.as_str()),
            Ask::Changes(since) => self.changes(*since),
            Ask::Statistics => self.statistics(),
        }
    }

    fn prepare(&self, sql: &str) -> Result<CachedStatement<'_>> {
        Ok(self.connection.prepare_cached(sql)?)
    }

    /// Any word, or all of them, in the order of FTS5's BM25 with the weights of the schema.
    fn search(&self, text: &str, mode: SearchMode, only: &Only) -> Result<Answer> {
        let question = text::question(text);
        let words = question.words.iter();
        let words: Vec<String> = words
            .map(|word| format!("\"{}\"", word.whole.word))
            .collect();
        let operator = match mode {
            SearchMode::Strict => " AND ",
            SearchMode::Normal | SearchMode::Fuzzy => " OR ",
        };
        let (conditions, values) = conditions(only, 2);
        let sql = format!(
            "SELECT n.id, n.properties FROM nodes_fts AS f CROSS JOIN nodes AS n ON n.key = f.rowid
             WHERE f.nodes_fts MATCH ?1 AND {conditions} ORDER BY rank LIMIT {HITS}"
        );
        let expression = words.join(operator);
        let mut parameters: Vec<&dyn ToSql> = vec![&expression];
        parameters.extend(values.iter().map(|value| &**value));
        memories(self.prepare(&sql)?, &parameters)
    }

    fn list(&self, sort: Sort, only: &Only) -> Result<Answer> {
        let order = match sort {
            Sort::RecentlyUpdated => "n.updated_at DESC, n.id DESC",
            Sort::Newest => "n.created_at DESC, n.id DESC",
            Sort::Oldest => "n.created_at, n.id",
            Sort::MostImportant => "n.importance DESC, n.updated_at DESC, n.id DESC",
        };
        // Left alone, SQLite takes the index of the type, and sorts all memories that have it.
        let index = match sort {
            Sort::MostImportant => "INDEXED BY nodes_importance",
            Sort::RecentlyUpdated | Sort::Newest | Sort::Oldest => "",
        };
        let (conditions, values) = conditions(only, 1);
        let sql = format!(
            "SELECT n.id, n.properties FROM nodes AS n {index} WHERE {conditions} ORDER BY {order}
             LIMIT {LISTED}"
        );
        let parameters: Vec<&dyn ToSql> = values.iter().map(|value| &**value).collect();
        memories(self.prepare(&sql)?, &parameters)
    }

    /// A join a level: each memory once, at its least depth, the strongest relationship first. A
    /// level that fills the answer is the last.
    fn walk(&self, from: &str, depth: u8) -> Result<Answer> {
        let mut reached = Vec::new();
        for depth in 1..=depth {
            let sql = walk(depth);
            let mut statement = self.prepare(&sql)?;
            let mut rows = statement.query([from])?;
            reached.clear();
            while let Some(row) = rows.next()? {
                rows::relationship(row, 2)?;
                reached.push(memory(row)?);
            }
            if reached.len() == REACHED as usize {
                break;
            }
        }
        Ok(reached)
    }

    fn relationships(&self, id: &str) -> Result<Answer> {
        let sql = format!(
            "SELECT {RELATIONSHIP} FROM (SELECT key FROM relationships WHERE from_id = ?1
               UNION SELECT key FROM relationships WHERE to_id = ?1) AS touching
             CROSS JOIN relationships AS r ON r.key = touching.key
             WHERE r.valid_until IS NULL ORDER BY r.id LIMIT {LISTED}"
        );
        let mut statement = self.prepare(&sql)?;
        let mut rows = statement.query([id])?;
        let mut ids = Vec::new();
        while let Some(row) = rows.next()? {
            ids.push(rows::relationship(row, 0)?.id.to_string());
        }
        Ok(ids)
    }

    fn changes(&self, since: Timestamp) -> Result<Answer> {
        let since = time_text(since);
        let mut changes = Vec::new();
        let sql = format!(
            "SELECT n.id, n.properties, n.updated_at FROM nodes AS n WHERE n.updated_at >= ?1
             ORDER BY n.updated_at, n.id LIMIT {LISTED}"
        );
        let mut statement = self.prepare(&sql)?;
        let mut rows = statement.query([&since])?;
        while let Some(row) = rows.next()? {
            changes.push((row.get::<_, String>(2)?, 0, memory(row)?));
        }
        let sql = format!(
            "SELECT {RELATIONSHIP} FROM relationships AS r WHERE r.recorded_at >= ?1
             ORDER BY r.recorded_at, r.id LIMIT {LISTED}"
        );
        let mut statement = self.prepare(&sql)?;
        let mut rows = statement.query([&since])?;
        while let Some(row) = rows.next()? {
            let id = rows::relationship(row, 0)?.id.to_string();
            changes.push((row.get::<_, String>(6)?, 1, id));
        }
        changes.sort();
        changes.truncate(LISTED as usize);
        Ok(changes.into_iter().map(|(_, _, id)| id).collect())
    }

    fn statistics(&self) -> Result<Answer> {
        let mut counts = Vec::new();
        for sql in [
            "SELECT type, count(*), avg(importance), avg(confidence) FROM nodes GROUP BY type",
            "SELECT rel_type, count(*) FROM relationships WHERE valid_until IS NULL GROUP BY rel_type",
        ] {
            let mut statement = self.prepare(sql)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let kind: String = row.get(0)?;
                counts.push(format!("{kind} {}", row.get::<_, i64>(1)?));
            }
        }
        let mut statement = self.prepare(
            "SELECT count(valid_until), (SELECT min(created_at) FROM nodes),
             (SELECT max(created_at) FROM nodes) FROM relationships",
        )?;
        statement.query_row([], |row| row.get::<_, String>(1))?;
        Ok(counts)
    }
}

/// Returns the conditions on `nodes n`, and their values, which are named from `?first` on.
fn conditions(only: &Only, first: usize) -> (String, Vec<Box<dyn ToSql>>) {
    let mut conditions = vec!["n.valid_until IS NULL".to_owned()];
    let mut values: Vec<Box<dyn ToSql>> = Vec::new();
    if let Some(kind) = only.kind {
        values.push(Box::new(kind.as_str()));
        conditions.push(format!("n.type = ?{}", first + values.len() - 1));
    }
    if let Some(tag) = &only.tag {
        values.push(Box::new(tag.clone()));
        conditions.push(format!(
            "EXISTS (SELECT 1 FROM node_tags AS t WHERE t.tag = ?{} AND t.key = n.key)",
            first + values.len() - 1
        ));
    }
    if let Some(least) = only.min_importance {
        values.push(Box::new(least.get()));
        conditions.push(format!("n.importance >= ?{}", first + values.len() - 1));
    }
    (conditions.join(" AND "), values)
}

fn walk(depth: u8) -> String {
    let mut levels = String::from("WITH level_0 (id) AS (VALUES (?1))");
    for level in 1..=depth {
        let before = level - 1;
        let seen: Vec<_> = (0..level)
            .map(|seen| format!("SELECT id FROM level_{seen}"))
            .collect();
        let seen = seen.join(" UNION ALL ");
        // Beside max(), SQLite takes the other columns from the row that has the greatest.
        write!(
            levels,
            ", level_{level} (id, strength, key) AS MATERIALIZED (
               SELECT id, max(strength), key FROM (
                 SELECT r.to_id AS id, r.strength, r.key FROM level_{before} AS b
                 CROSS JOIN relationships AS r ON r.from_id = b.id WHERE r.valid_until IS NULL
                 UNION ALL
                 SELECT r.from_id, r.strength, r.key FROM level_{before} AS b
                 CROSS JOIN relationships AS r ON r.to_id = b.id WHERE r.valid_until IS NULL
               ) WHERE id NOT IN ({seen}) GROUP BY id)"
        )
        .expect("writing to a string does not fail");
    }
    let all: Vec<_> = (1..=depth)
        .map(|level| format!("SELECT {level} AS depth, id, strength, key FROM level_{level}"))
        .collect();
    format!(
        "{levels}, nearest AS MATERIALIZED ({} ORDER BY depth, strength DESC, id LIMIT {REACHED})
         SELECT n.id, n.properties, r.id, r.from_id, r.to_id, r.rel_type, r.properties,
           r.created_at, r.recorded_at, r.valid_from FROM nearest
         CROSS JOIN nodes AS n ON n.id = nearest.id
         CROSS JOIN relationships AS r ON r.key = nearest.key
         ORDER BY nearest.depth, nearest.strength DESC, nearest.id",
        all.join(" UNION ALL ")
    )
}

fn memories(mut statement: CachedStatement<'_>, parameters: &[&dyn ToSql]) -> Result<Answer> {
    let mut rows = statement.query(parameters)?;
    let mut ids = Vec::new();
    while let Some(row) = rows.next()? {
        ids.push(memory(row)?);
    }
    Ok(ids)
}

/// Decodes the memory of a row that begins with id and document, as every caller needs it.
fn memory(row: &Row<'_>) -> Result<String> {
    let memory: Memory = serde_json::from_str(row.get_ref(1)?.as_str()?)?;
    Ok(memory.id.to_string())
}
