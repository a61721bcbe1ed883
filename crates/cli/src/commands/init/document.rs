//! A file of a client, in whichever format, as a text that an entry goes into and comes out of.

use serde_json::{Map, Value};

use super::{
    client::Client,
    entry::{Fields, NAME, Server, Shape},
    json, toml,
};

/// The mark with which some editors begin a file.
const BOM: char = '\u{feff}';

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Json(Lenience),
    Toml,
    /// A file of YAML that has nothing but our entry.
    Own,
}

/// What a client lets pass beyond JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lenience {
    /// Nothing.
    Strict,
    /// Comments.
    Comments,
    /// Comments, and a comma behind the last.
    Full,
}

/// Returns the text with the entry in it; what is up to date stays byte for byte.
///
/// # Errors
///
/// Says what is wrong with the text when it does not parse, or when it would not be the same but for
/// the entry.
pub(super) fn put(text: &str, client: &Client, server: &Server) -> Result<String, String> {
    let (mark, body) = unmarked(text);
    let fields = server.fields(client.shape);
    let edited = match client.format {
        Format::Own => return Ok(own(server)),
        Format::Json(lenience) => {
            let keys = keys(client, &json::value(body, lenience)?);
            let edited = json::put(body, lenience, &keys, &fields)?;
            if body.trim().is_empty() {
                format!("{edited}\n")
            } else {
                edited
            }
        }
        Format::Toml => toml::put(body, client.servers, &fields)?,
    };
    checked(client, body, &edited)?;
    if !holds(entry(&edited, client)?.as_ref(), &fields) {
        return Err("the entry cannot be written where it belongs".to_owned());
    }
    Ok(format!("{mark}{edited}"))
}

/// Returns the text without the entry; none when nothing of it is left.
///
/// # Errors
///
/// As [`put`].
pub(super) fn remove(text: &str, client: &Client) -> Result<Option<String>, String> {
    let (mark, body) = unmarked(text);
    let edited = match client.format {
        Format::Own => return Ok(None),
        Format::Json(lenience) => {
            let keys = keys(client, &json::value(body, lenience)?);
            json::remove(body, lenience, &keys)?
        }
        Format::Toml => toml::remove(body, client.servers)?,
    };
    checked(client, body, &edited)?;
    Ok(Some(format!("{mark}{edited}")))
}

/// Whether the entry is in the text.
///
/// # Errors
///
/// Says what is wrong with the text when it does not parse.
pub(super) fn has(text: &str, client: &Client) -> Result<bool, String> {
    Ok(client.format == Format::Own || entry(unmarked(text).1, client)?.is_some())
}

fn unmarked(text: &str) -> (&str, &str) {
    let body = text.trim_start_matches(BOM);
    text.split_at(text.len() - body.len())
}

fn value(text: &str, client: &Client) -> Result<Value, String> {
    match client.format {
        Format::Json(lenience) => json::value(text, lenience),
        Format::Toml => toml::value(text),
        Format::Own => Ok(Value::Null),
    }
}

fn entry(text: &str, client: &Client) -> Result<Option<Value>, String> {
    let value = value(text, client)?;
    let keys = keys(client, &value);
    let servers = keys.iter().try_fold(&value, |value, key| value.get(key));
    Ok(servers.and_then(|servers| servers.get(NAME)).cloned())
}

/// Whether an entry says all that it should.
fn holds(entry: Option<&Value>, fields: &Fields) -> bool {
    let is_in = |key: &str, value: &Value| match (entry.and_then(|entry| entry.get(key)), value) {
        (Some(Value::Object(found)), Value::Object(added)) => added
            .iter()
            .all(|(key, value)| found.get(key) == Some(value)),
        (found, value) => found == Some(value),
    };
    fields.iter().all(|(key, value)| is_in(key, value))
}

/// The keys that lead to the servers. Newer files of opencode have them one level deeper, in an
/// object that is no server itself.
fn keys(client: &Client, value: &Value) -> Vec<&'static str> {
    let servers = client.servers;
    let deeper = value.get(servers).and_then(|mcp| mcp.get("servers"));
    let is_deeper = deeper.and_then(Value::as_object).is_some_and(|map| {
        let of_a_server = ["type", "command", "enabled", "url"];
        of_a_server.iter().all(|key| !map.contains_key(*key))
    });
    if client.shape == Shape::Opencode && is_deeper {
        vec![servers, "servers"]
    } else {
        vec![servers]
    }
}

/// Makes sure that everything but the entry is as it was.
fn checked(client: &Client, before: &str, after: &str) -> Result<(), String> {
    let rest = |text| {
        let mut value = value(text, client)?;
        let keys = keys(client, &value);
        without(&mut value, &keys);
        Ok::<_, String>(value)
    };
    let lost = || "other entries would change, so it is left alone".to_owned();
    let after = rest(after).map_err(|_| lost())?;
    if rest(before)? == after {
        Ok(())
    } else {
        Err(lost())
    }
}

/// Takes out the entry, and then what has nothing left in it on the way there.
fn without(value: &mut Value, keys: &[&str]) {
    let Some(object) = value.as_object_mut() else {
        return;
    };
    let Some((key, further)) = keys.split_first() else {
        object.remove(NAME);
        return;
    };
    if let Some(next) = object.get_mut(*key) {
        without(next, further);
        if *next == Value::Object(Map::new()) {
            object.remove(*key);
        }
    }
}

/// Writes a file of YAML; what JSON calls a string is one there, too.
fn own(server: &Server) -> String {
    let quoted = |text: &str| Value::from(text).to_string();
    let mut lines = vec![
        "name: MemoryGraph".to_owned(),
        "version: 0.0.1".to_owned(),
        "schema: v1".to_owned(),
        "mcpServers:".to_owned(),
        format!("  - name: {NAME}"),
        format!("    command: {}", quoted(&server.command)),
        "    args:".to_owned(),
    ];
    let arguments = server.arguments.iter();
    lines.extend(arguments.map(|argument| format!("      - {}", quoted(argument))));
    if !server.environment.is_empty() {
        lines.push("    env:".to_owned());
    }
    let environment = server.environment.iter();
    lines.extend(environment.map(|(name, value)| format!("      {name}: {}", quoted(value))));
    lines.join("\n") + "\n"
}
