//! What is kept, shown, changed and removed.

use serde_json::{Value, json};

use super::judge::{Seen, Verdict, same};

/// Keeps the memory with every field that was given.
pub(super) fn stored(seen: &Seen) -> Verdict {
    let given = &seen.call.arguments;
    let memory = &seen.answer.json["memory"];
    seen.ensure(!seen.answer.refused, "it is stored")?;
    for name in ["type", "title", "content", "summary", "importance"] {
        let expected = match &given[name] {
            Value::Null => continue,
            Value::String(text) => text.trim().into(),
            other => other.clone(),
        };
        seen.ensure(memory[name] == expected, &format!("{name} is as given"))?;
    }
    if given["importance"].is_null() {
        seen.ensure(memory["importance"] == 0.5, "importance is 0.5")?;
    }
    let tags = given["tags"].as_array().into_iter().flatten();
    let tags: Vec<String> = tags
        .map(|tag| tag.as_str().unwrap().trim().to_lowercase())
        .collect();
    let kept = memory.get("tags").cloned().unwrap_or(json!([]));
    seen.ensure(kept == json!(tags), "tags are in lower case")?;
    for (name, value) in given["context"].as_object().into_iter().flatten() {
        let context = &memory["context"];
        let kept = context
            .get(name)
            .unwrap_or(&context["additional_metadata"][name]);
        seen.ensure(kept == value, &format!("context.{name} is as given"))?;
    }
    let row = seen.after.memory(&memory["id"]);
    seen.ensure(
        row == Some(memory),
        "it is in the store as the answer has it",
    )?;
    let more = seen.before.memories.len() + 1;
    seen.ensure(seen.after.memories.len() == more, "it is one more")
}

/// Shows every field, for programs and for readers, with what the memory is joined with.
pub(super) fn shown(seen: &Seen) -> Verdict {
    let id = seen.given("memory_id");
    let Some(row) = seen.after.memory(&json!(id)) else {
        return Err("the memory is not in the store".to_owned());
    };
    let memory = &seen.answer.json["memory"];
    for (name, value) in row.as_object().unwrap() {
        let used = matches!(name.as_str(), "usage_count" | "last_accessed");
        seen.ensure(used || memory[name] == *value, &format!("{name} is shown"))?;
    }
    for name in ["id", "type", "title", "content", "summary"] {
        let value = row[name].as_str().unwrap_or_default();
        seen.ensure(
            seen.answer.text.contains(value),
            &format!("{name} can be read"),
        )?;
    }
    let found = seen.answer.json["relationships"].as_array();
    if seen.call.arguments["include_relationships"] == false {
        return seen.ensure(found.is_none(), "no relationships, which nobody wants");
    }
    let mut found: Vec<String> = found
        .into_iter()
        .flatten()
        .map(|joins| joins["id"].as_str().unwrap().to_owned())
        .collect();
    let mut expected: Vec<String> = seen
        .before
        .touching(&id)
        .iter()
        .map(|joins| joins["id"].as_str().unwrap().to_owned())
        .collect();
    found.sort();
    expected.sort();
    same(&found, &expected, "its relationships are shown")
}

/// Changes the fields that are given, and no others.
pub(super) fn updated(seen: &Seen) -> Verdict {
    let id = json!(seen.given("memory_id"));
    let (before, after) = (seen.before.memory(&id), seen.after.memory(&id));
    let (before, after) = (before.unwrap(), after.unwrap());
    seen.ensure(
        seen.answer.json["memory"] == *after,
        "it shows what is kept",
    )?;
    seen.ensure(after["title"] == "cycA renamed", "the title is the new one")?;
    seen.ensure(after["tags"] == json!(["x", "y"]), "the tags are normal")?;
    seen.ensure(after["importance"] == 0.9, "the importance is the new one")?;
    for name in ["type", "content", "created_at"] {
        seen.ensure(after[name] == before[name], &format!("{name} stays"))?;
    }
    let next = before["version"].as_u64().unwrap() + 1;
    seen.ensure(after["version"] == next, "it is the next version")
}

/// Removes the memory with its relationships, and says how many those were.
pub(super) fn deleted(seen: &Seen) -> Verdict {
    let id = seen.given("memory_id");
    let touching = seen.before.touching(&id).len();
    let told = &seen.answer.json["relationships"];
    seen.ensure(*told == touching, &format!("it removes {touching}"))?;
    seen.ensure(seen.answer.json["memory"]["id"] == *id, "it shows it")?;
    seen.ensure(seen.after.memory(&json!(id)).is_none(), "it is gone")?;
    seen.ensure(seen.after.touching(&id).is_empty(), "they are gone")?;
    let (before, after) = (&seen.before.relationships, &seen.after.relationships);
    seen.ensure(before.len() - touching == after.len(), "no others are gone")
}
