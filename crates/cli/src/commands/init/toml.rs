//! TOML files of others, changed in one place.

use serde_json::Value;
use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, TableLike};

use super::entry::{Fields, NAME};

/// Returns the whole text as a value.
pub(super) fn value(text: &str) -> Result<Value, String> {
    let table: toml::Table = toml::from_str(text).map_err(|error| error.to_string())?;
    serde_json::to_value(table).map_err(|error| error.to_string())
}

/// Adds the entry below the key, or brings it up to date.
pub(super) fn put(text: &str, key: &str, fields: &Fields) -> Result<String, String> {
    let mut document = parse(text)?;
    let not_a_table = |name: &str| format!("{name} is not a table");
    let is_written_out = match document.get(key) {
        None => true,
        Some(Item::Table(servers)) => !servers.is_dotted() && !servers.contains_key(NAME),
        Some(_) => false,
    };
    if is_written_out {
        // What is there stays byte for byte.
        return Ok(with_line_ends_of(text, &appended(text, key, fields)));
    }
    let servers = document[key]
        .as_table_like_mut()
        .ok_or_else(|| not_a_table(key))?;
    if servers.contains_key(NAME) {
        let entry = servers.get_mut(NAME).and_then(Item::as_table_like_mut);
        if !update(entry.ok_or_else(|| not_a_table(NAME))?, fields) {
            return Ok(text.to_owned());
        }
    } else {
        let entry: InlineTable = fields
            .iter()
            .map(|(key, value)| (*key, input(value)))
            .collect();
        servers.insert(NAME, entry.into());
    }
    Ok(with_line_ends_of(text, &document.to_string()))
}

/// Takes the entry out, and leaves everything else.
pub(super) fn remove(text: &str, key: &str) -> Result<String, String> {
    let mut document = parse(text)?;
    let servers = document.get_mut(key).and_then(Item::as_table_like_mut);
    let Some(servers) = servers.filter(|servers| servers.contains_key(NAME)) else {
        return Ok(text.to_owned());
    };
    servers.remove(NAME);
    // Lines taken out leave the rest byte for byte; where the entry is not made of lines of its own,
    // the document is written anew.
    let cut = without_section(text, key);
    if value(&cut).is_ok_and(|cut| without_empty(cut, key) == without_empty_of(&document, key)) {
        return Ok(cut);
    }
    Ok(with_line_ends_of(text, &document.to_string()))
}

fn without_empty_of(document: &DocumentMut, key: &str) -> Value {
    without_empty(value(&document.to_string()).unwrap_or_default(), key)
}

/// A table without entries is as good as none.
fn without_empty(mut value: Value, key: &str) -> Value {
    if let Some(table) = value.as_object_mut()
        && table.get(key) == Some(&Value::Object(serde_json::Map::new()))
    {
        table.remove(key);
    }
    value
}

fn parse(text: &str) -> Result<DocumentMut, String> {
    let has_both = text.replace("\r\n", "").contains('\n') && text.contains("\r\n");
    if has_both {
        return Err("its lines end in two ways, with and without a carriage return".to_owned());
    }
    text.parse()
        .map_err(|error: toml_edit::TomlError| error.to_string())
}

/// Puts a table of its own behind everything else.
fn appended(text: &str, key: &str, fields: &Fields) -> String {
    let mut entry = Table::new();
    for (key, value) in fields {
        entry[*key] = Item::Value(input(value));
    }
    let gap = match text {
        "" => "",
        text if text.ends_with('\n') => "\n",
        _ => "\n\n",
    };
    format!("{text}{gap}[{key}.{NAME}]\n{entry}")
}

/// Takes out the lines of the entry's tables, and the empty line before them.
fn without_section(text: &str, key: &str) -> String {
    let (whole, within) = (format!("[{key}.{NAME}]"), format!("[{key}.{NAME}."));
    let is_ours = |line: &str| line.starts_with(&whole) || line.starts_with(&within);
    let mut kept: Vec<&str> = Vec::new();
    // Comments and empty lines belong to what comes behind them.
    let mut waiting: Vec<&str> = Vec::new();
    let mut is_inside = false;
    for line in text.split_inclusive('\n') {
        let words = line.trim();
        if words.starts_with('[') {
            let was_inside = std::mem::replace(&mut is_inside, is_ours(words));
            if is_inside && !was_inside && kept.last().is_some_and(|line| line.trim().is_empty()) {
                kept.pop();
            }
            if !is_inside {
                kept.append(&mut waiting);
            }
        }
        if !is_inside {
            kept.push(line);
        } else if words.is_empty() || words.starts_with('#') {
            waiting.push(line);
        } else {
            waiting.clear();
        }
    }
    kept.append(&mut waiting);
    kept.concat()
}

/// Brings the fields up to date; says whether anything was to do.
fn update(entry: &mut dyn TableLike, fields: &Fields) -> bool {
    let mut is_changed = false;
    for (key, value) in fields {
        match (value, entry.get_mut(key).and_then(Item::as_table_like_mut)) {
            (Value::Object(added), Some(there)) => {
                for (key, value) in added {
                    is_changed |= set(there, key, value);
                }
            }
            _ => is_changed |= set(entry, key, value),
        }
    }
    is_changed
}

/// Sets what is something else, and keeps the comment behind it.
fn set(table: &mut dyn TableLike, key: &str, value: &Value) -> bool {
    let mut new = input(value);
    match table.get_mut(key).and_then(Item::as_value_mut) {
        Some(old) if plain(old) == plain(&new) => return false,
        Some(old) => {
            *new.decor_mut() = old.decor().clone();
            *old = new;
        }
        None => drop(table.insert(key, Item::Value(new))),
    }
    true
}

/// A value without the space around it.
fn plain(value: &toml_edit::Value) -> Option<Value> {
    let text = format!("value = {}", value.clone().decorated("", ""));
    self::value(&text).ok()
}

fn input(value: &Value) -> toml_edit::Value {
    match value {
        Value::Array(values) => values.iter().map(input).collect::<Array>().into(),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(key, value)| (key, input(value)));
            fields.collect::<InlineTable>().into()
        }
        Value::String(text) => text.as_str().into(),
        other => other.to_string().into(),
    }
}

/// What is written anew has lost its carriage returns.
fn with_line_ends_of(text: &str, edited: &str) -> String {
    if text.contains("\r\n") {
        edited.replace("\r\n", "\n").replace('\n', "\r\n")
    } else {
        edited.to_owned()
    }
}
