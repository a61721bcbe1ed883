//! What a caller's own SQL may be, and where its parameters are.

use std::{fmt::Write as _, ops::Range};

use ports::{BackendError, ErrorKind, Result, SqlValue};

/// Says whether a caller may use a pragma: to look, and not to change settings, some of which take
/// effect when their statement is prepared.
pub fn may_use_pragma(name: &str, value: Option<&str>) -> bool {
    const LOOK_AT: [&str; 10] = [
        "foreign_key_check",
        "foreign_key_list",
        "index_info",
        "index_list",
        "index_xinfo",
        "integrity_check",
        "quick_check",
        "table_info",
        "table_list",
        "table_xinfo",
    ];
    const DO: [&str; 4] = [
        "incremental_vacuum",
        "optimize",
        "shrink_memory",
        "wal_checkpoint",
    ];
    let is = |listed: &&str| listed.eq_ignore_ascii_case(name);
    !DO.iter().any(is) && (value.is_none() || LOOK_AT.iter().any(is))
}

/// Returns the one statement of a text, without what follows it: for engines that run the first of
/// several and are silent about the rest.
///
/// # Errors
///
/// Says what is wrong when there is none, or more.
pub fn single_statement(sql: &str) -> std::result::Result<&str, &'static str> {
    if sql.contains('\0') {
        return Err("the text holds the NUL character");
    }
    let words = words(sql);
    let is = |word: &str, one: &str| word.eq_ignore_ascii_case(one);
    let Some(&first) = words.first().filter(|first| **first != ";") else {
        return Err("the text holds no statement");
    };
    let is_trigger = is(first, "create") && words.iter().take(3).any(|word| is(word, "trigger"));
    let end = if is_trigger {
        end_of_trigger(&words)
    } else {
        let end = words.iter().position(|word| *word == ";");
        end.unwrap_or(words.len())
    };
    if words[end..].iter().any(|word| *word != ";") {
        return Err("the text holds more than one statement: send one at a time");
    }
    // The words are parts of the text.
    let last = words[end - 1];
    let length = last.as_ptr().addr() - sql.as_ptr().addr() + last.len();
    Ok(&sql[..length])
}

/// Returns where a trigger ends, within which statements end too: with the first END that is of no
/// CASE.
fn end_of_trigger(words: &[&str]) -> usize {
    let mut cases = 0_u32;
    for (place, word) in words.iter().enumerate() {
        if word.eq_ignore_ascii_case("case") {
            cases += 1;
        } else if word.eq_ignore_ascii_case("end") {
            match cases.checked_sub(1) {
                Some(rest) => cases = rest,
                None => return place + 1,
            }
        }
    }
    words.len()
}

/// Says whether a statement may replace rows: what REPLACE removes fires no trigger where triggers
/// are not recursive.
pub fn is_replacing(sql: &str) -> bool {
    let words = words(sql);
    let is = |word: &str, one: &str| word.eq_ignore_ascii_case(one);
    words.windows(2).any(|pair| {
        is(pair[0], "replace") && is(pair[1], "into") || is(pair[0], "or") && is(pair[1], "replace")
    })
}

/// Returns the word with which a statement begins, after comments; nothing where there is none.
pub fn first_word(sql: &str) -> &str {
    words(sql).first().copied().unwrap_or_default()
}

/// Says whether a statement only reads, for engines that do not say: it begins as one that does, and
/// has none of the words, reserved as they are, of one that writes.
pub fn is_reading(sql: &str) -> bool {
    let words = words(sql);
    let is = |word: &&str, listed: &[&str]| listed.iter().any(|one| one.eq_ignore_ascii_case(word));
    let first = words
        .first()
        .is_some_and(|first| is(first, &["select", "values", "with", "explain"]));
    // REPLACE is a function too.
    let replaces = words
        .windows(2)
        .any(|pair| is(&pair[0], &["replace"]) && is(&pair[1], &["into"]));
    first
        && !replaces
        && !words
            .iter()
            .any(|word| is(word, &["insert", "update", "delete"]))
}

/// Says whether a statement that writes returns rows.
pub fn is_returning(sql: &str) -> bool {
    let words = words(sql);
    words
        .iter()
        .any(|word| word.eq_ignore_ascii_case("returning"))
}

/// Returns what stands for each parameter of a statement, in the order of their numbers: the name
/// with its sign, or nothing for one that has only a number.
pub fn parameters(sql: &str) -> Vec<Option<&str>> {
    let mut parameters = Vec::new();
    for found in find_parameters(sql) {
        parameters.resize(parameters.len().max(found.number), None);
        parameters[found.number - 1] = found.name;
    }
    parameters
}

/// Writes a statement with the values in the place of its parameters.
///
/// # Errors
///
/// - [`InvalidArgument`](ErrorKind::InvalidArgument) when a parameter has no value
pub fn inlined(sql: &str, values: &[SqlValue]) -> Result<String> {
    let mut text = String::new();
    let mut end = 0;
    for found in find_parameters(sql) {
        let value = values.get(found.number - 1).ok_or_else(|| {
            BackendError::new(ErrorKind::InvalidArgument, "write a statement")
                .because(format!("its parameter {} has no value", found.number))
        })?;
        text.push_str(&sql[end..found.at.start]);
        // Nothing beside it may grow together with it: neither a sign, as in "5-?1", nor a word.
        text.push(' ');
        push_literal(&mut text, value)?;
        text.push(' ');
        end = found.at.end;
    }
    text.push_str(&sql[end..]);
    Ok(text)
}

fn push_literal(sql: &mut String, value: &SqlValue) -> Result<()> {
    match value {
        SqlValue::Text(text) if text.contains('\0') => {
            return Err(
                BackendError::new(ErrorKind::InvalidArgument, "write a statement")
                    .because("a text with the NUL character does not travel to a primary"),
            );
        }
        SqlValue::Null => sql.push_str("NULL"),
        SqlValue::Integer(integer) => sql.push_str(&integer.to_string()),
        SqlValue::Real(real) if real.is_nan() => sql.push_str("NULL"),
        SqlValue::Real(real) if real.is_infinite() => {
            sql.push_str(if *real > 0.0 { "9e999" } else { "-9e999" });
        }
        SqlValue::Real(real) => _ = write!(sql, "{real:?}"),
        SqlValue::Text(text) => sql.push_str(&quoted_text(text)),
        SqlValue::Blob(blob) => {
            sql.push_str("x'");
            for byte in blob {
                _ = write!(sql, "{byte:02x}");
            }
            sql.push('\'');
        }
    }
    Ok(())
}

/// Writes a text as SQL does.
pub(crate) fn quoted_text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A parameter in the text of a statement.
struct Parameter<'a> {
    at: Range<usize>,
    /// From 1 on.
    number: usize,
    name: Option<&'a str>,
}

/// Finds the parameters, numbered as SQLite numbers them (<https://sqlite.org/lang_expr.html#varparam>).
fn find_parameters(sql: &str) -> Vec<Parameter<'_>> {
    let mut found: Vec<Parameter<'_>> = Vec::new();
    let mut last = 0;
    let mut rest = sql;
    while let Some((word, after)) = next_word(rest) {
        rest = after;
        let start = sql.len() - after.len() - word.len();
        let name_length = after.find(|c| !is_part(c)).unwrap_or(after.len());
        let (length, name) = match word.as_bytes()[0] {
            b'?' => (after.bytes().take_while(u8::is_ascii_digit).count(), None),
            b':' | b'@' if name_length > 0 => {
                (name_length, Some(&sql[start..=start + name_length]))
            }
            b'$' if word.len() > 1 => (0, Some(word)),
            _ => continue,
        };
        rest = &after[length..];
        let number = match name {
            Some(name) => {
                let known = found.iter().find(|known| known.name == Some(name));
                known.map_or(last + 1, |known| known.number)
            }
            // SQLite takes no greater ones, and says so itself.
            None => after[..length].parse().unwrap_or(last + 1).clamp(1, 32_766),
        };
        last = last.max(number);
        let at = start..start + word.len() + length;
        found.push(Parameter { at, number, name });
    }
    found
}

/// Takes a text apart as SQLite does, as far as is needed to see where statements end: words,
/// quoted texts, and each other character for itself. Comments and white space are left out.
fn words(sql: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = sql;
    while let Some((word, after)) = next_word(rest) {
        words.push(word);
        rest = after;
    }
    words
}

/// Returns the next word, and what follows it.
fn next_word(text: &str) -> Option<(&str, &str)> {
    let mut rest = text.trim_start();
    loop {
        let first = rest.chars().next()?;
        let after_comment = if rest.starts_with("--") {
            rest.split_once('\n').map_or("", |(_, after)| after)
        } else if let Some(comment) = rest.strip_prefix("/*") {
            comment.split_once("*/").map_or("", |(_, after)| after)
        } else {
            let length = match first {
                '\'' | '"' | '`' => quoted(rest, first),
                '[' => rest.find(']').map_or(rest.len(), |end| end + 1),
                _ if is_part(first) => rest.find(|c| !is_part(c)).unwrap_or(rest.len()),
                _ => first.len_utf8(),
            };
            return Some(rest.split_at(length));
        };
        rest = after_comment.trim_start();
    }
}

fn is_part(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '$' || !c.is_ascii()
}

/// Returns the length of a quoted text, in which the quote stands twice for itself. Each such pair
/// ends one text and begins another, which is the same here.
fn quoted(text: &str, quote: char) -> usize {
    text[1..].find(quote).map_or(text.len(), |end| end + 2)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_statement_is_one_statement() {
        for sql in [
            "SELECT 1",
            "SELECT 1;",
            " SELECT ';' ; ; ",
            "SELECT 1 -- ; SELECT 2",
            "SELECT /* ; */ 1",
            "SELECT 'it''s; here'",
            "SELECT \";\", [;], `;`",
            "CREATE TRIGGER t AFTER INSERT ON nodes BEGIN SELECT 1; SELECT 2; END;",
            "CREATE TEMP TRIGGER t AFTER INSERT ON nodes BEGIN SELECT 1; END",
            "CREATE TRIGGER t AFTER INSERT ON nodes BEGIN SELECT CASE WHEN 1 THEN 2 END; SELECT 3; END",
        ] {
            assert!(single_statement(sql).is_ok(), "{sql}");
        }
    }

    #[test]
    fn what_follows_a_statement_is_left_out() {
        assert_eq!(single_statement(" SELECT ';' ; -- more"), Ok(" SELECT ';'"));
        assert_eq!(single_statement("SELECT 1 /* x */"), Ok("SELECT 1"));
    }

    #[test]
    fn several_or_none_are_refused() {
        for sql in [
            "",
            " -- nothing",
            ";",
            "SELECT 1; SELECT 2",
            "SELECT 1; nonsense",
            "SELECT 'a'; DROP TABLE nodes",
            "CREATE TRIGGER t AFTER INSERT ON nodes BEGIN SELECT 1; END; DROP TABLE nodes",
            "CREATE TRIGGER t AFTER INSERT ON nodes BEGIN SELECT 1; END; DROP TABLE x; SELECT 1 AS end",
        ] {
            assert!(single_statement(sql).is_err(), "{sql}");
        }
    }

    #[test]
    fn parameters_are_numbered_as_the_engine_does() {
        for (sql, expected) in [
            ("SELECT 1", &[][..]),
            ("SELECT ?, ?", &[None, None]),
            ("SELECT ?2", &[None, None]),
            ("SELECT ?1, ?1, ?", &[None, None]),
            (
                "SELECT :a, @b, $c, :a",
                &[Some(":a"), Some("@b"), Some("$c")],
            ),
            ("SELECT '?', \":x\", [@y] -- ?", &[]),
            ("SELECT ?1, :a", &[None, Some(":a")]),
            ("SELECT ?1, $a, ?", &[None, Some("$a"), None]),
        ] {
            assert_eq!(parameters(sql), expected, "{sql}");
        }
    }

    #[test]
    fn values_stand_where_the_parameters_were() {
        let values = [
            SqlValue::from("it's ?1"),
            SqlValue::Integer(-7),
            SqlValue::Real(0.1),
            SqlValue::Blob(vec![0, 255]),
            SqlValue::Null,
        ];
        for (sql, expected) in [
            ("SELECT ?1, '?2' -- ?3", "SELECT  'it''s ?1' , '?2' -- ?3"),
            ("SELECT :a-@b", "SELECT  'it''s ?1' - -7 "),
            ("LIMIT?3,?4,?5AS x", "LIMIT 0.1 , x'00ff' , NULL AS x"),
        ] {
            assert_eq!(inlined(sql, &values).ok().as_deref(), Some(expected));
        }
        assert!(inlined("SELECT ?6", &values).is_err());
    }

    #[test]
    fn what_replaces_is_found() {
        for sql in [
            "REPLACE INTO nodes (id) VALUES (1)",
            "insert or replace into nodes (id) values (1)",
            "UPDATE OR REPLACE nodes SET id = 1",
        ] {
            assert!(is_replacing(sql), "{sql}");
        }
        assert!(!is_replacing(
            "SELECT replace(title, 'a', 'b') FROM nodes -- or replace into"
        ));
    }

    #[test]
    fn what_only_reads_is_told_from_what_writes() {
        for sql in [
            "SELECT replace(title, 'insert', 'delete') FROM nodes",
            "with x as (select 1) select * from x",
            "VALUES (1)",
        ] {
            assert!(is_reading(sql), "{sql}");
        }
        for sql in [
            "",
            "WITH x AS (SELECT 1) DELETE FROM nodes",
            "WITH x AS (SELECT 1) REPLACE INTO nodes (id) SELECT 1",
            "DROP TABLE nodes",
            "PRAGMA user_version = 1",
            "UPDATE nodes SET label = 'x'",
        ] {
            assert!(!is_reading(sql), "{sql}");
        }
    }

    #[test]
    fn the_first_word_follows_comments() {
        assert_eq!(first_word("-- x\n /* y */ begin; commit"), "begin");
        assert_eq!(first_word(""), "");
    }

    proptest! {
        #[test]
        fn any_text_is_taken_apart(sql in "\\PC{0,60}") {
            let whole: String = words(&sql).concat();
            prop_assert!(whole.len() <= sql.len());
            prop_assert!(single_statement(&sql).map_or(true, |one| sql.starts_with(one)));
            prop_assert!(parameters(&sql).iter().flatten().all(|name| sql.contains(name)));
        }
    }
}
