//! Rows as they are, whatever their columns hold.

use ports::{BackendError, ErrorKind, Result, SqlValue};
use serde_json::{Map, Value, json};

use crate::{
    SqlConnection, SqlRow,
    row::{integer_of, text_of},
};

/// The most rows that are read at once.
pub(super) const CHUNK: usize = 500;

/// A row: its columns by name, of which those that are NULL are left out.
pub(super) struct Row {
    pub(super) columns: Map<String, Value>,
    /// Whether a text is not UTF-8; its bytes stand in its place in hexadecimal.
    pub(super) is_broken: bool,
}

/// Reads a table, a chunk at a time.
pub(super) struct Reader {
    sql: String,
    columns: Vec<String>,
    /// The least row id that was not read; none when there can be no more.
    next: Option<i64>,
}

impl Reader {
    pub(super) fn new(connection: &mut dyn SqlConnection, table: &str) -> Result<Self> {
        let mut columns = Vec::new();
        connection.query(
            "SELECT name FROM pragma_table_info(?1) ORDER BY cid",
            &[table.into()],
            &mut |row| {
                columns.push(text_of(row, 0)?.to_owned());
                Ok(())
            },
        )?;
        // A text that is no UTF-8, a number where a text should be: nothing may stop the reading.
        let read = columns.iter().map(|column| {
            let column = quoted(column);
            format!(
                ", typeof({column}), CASE WHEN typeof({column}) IN ('text', 'blob') THEN hex({column}) \
                 ELSE {column} END"
            )
        });
        let sql = format!(
            "SELECT rowid{} FROM {} WHERE rowid >= ?1 ORDER BY rowid LIMIT {CHUNK}",
            read.collect::<String>(),
            quoted(table)
        );
        Ok(Self {
            sql,
            columns,
            next: Some(i64::MIN),
        })
    }

    /// Reads the next rows; none after the last.
    pub(super) fn next(&mut self, connection: &mut dyn SqlConnection) -> Result<Vec<Row>> {
        let mut rows = Vec::new();
        let Some(mut next) = self.next else {
            return Ok(rows);
        };
        self.next = None;
        connection.query(&self.sql, &[SqlValue::Integer(next)], &mut |row| {
            next = integer_of(row, 0)?;
            rows.push(read(row, &self.columns)?);
            Ok(())
        })?;
        self.next = next.checked_add(1).filter(|_| !rows.is_empty());
        Ok(rows)
    }
}

fn read(row: &dyn SqlRow, columns: &[String]) -> Result<Row> {
    let mut found = Row {
        columns: Map::new(),
        is_broken: false,
    };
    for (number, name) in columns.iter().enumerate() {
        let (kind, column) = (1 + 2 * number, 2 + 2 * number);
        let value = match text_of(row, kind)? {
            "integer" => integer_of(row, column)?.into(),
            "real" => {
                let real = row.real(column)?.unwrap_or_default();
                // JSON has no infinity.
                serde_json::Number::from_f64(real)
                    .map_or_else(|| real.to_string().into(), Value::from)
            }
            "null" => continue,
            _ => {
                let hex = text_of(row, column)?;
                let text = String::from_utf8(bytes(hex));
                found.is_broken |= text.is_err();
                text.map_or_else(|_| json!({ "hex": hex }), Value::from)
            }
        };
        found.columns.insert(name.clone(), value);
    }
    Ok(found)
}

/// Reads what the engine's `hex` wrote.
fn bytes(hex: &str) -> Vec<u8> {
    let digit = |digit: u8| match digit {
        b'0'..=b'9' => digit - b'0',
        _ => digit - b'A' + 10,
    };
    let pairs = hex.as_bytes().chunks_exact(2);
    pairs
        .map(|pair| (digit(pair[0]) << 4) | digit(pair[1]))
        .collect()
}

/// Counts the rows of a table.
pub(super) fn count(connection: &mut dyn SqlConnection, table: &str) -> Result<u64> {
    let mut count = 0;
    let sql = format!("SELECT count(*) FROM {}", quoted(table));
    connection.query(&sql, &[], &mut |row| {
        count = crate::row::count_of(row, 0)?;
        Ok(())
    })?;
    Ok(count)
}

/// Writes a name as SQL does.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Says that the store cannot be upgraded, and why.
pub(super) fn refused(kind: ErrorKind, detail: impl Into<String>) -> BackendError {
    BackendError::new(kind, "upgrade the store").because(detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_read_from_hexadecimal() {
        assert_eq!(bytes("00FF7Aa"), [0, 255, 122]);
        assert_eq!(quoted("a\"b"), "\"a\"\"b\"");
    }
}
