use rmcp::model::JsonObject;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::refusal::Refusal;

/// Reads arguments that were checked.
pub(super) fn read<T: DeserializeOwned>(given: JsonObject) -> Result<T, Refusal> {
    serde_json::from_value(Value::Object(given))
        .map_err(|error| Refusal::new("invalid_argument", error.to_string()))
}

/// Returns the arguments without nulls, when they fit the schema, the
/// same that clients see.
pub(super) fn checked(
    schema: &JsonObject,
    mut arguments: JsonObject,
) -> Result<JsonObject, Refusal> {
    drop_nulls(schema, &mut arguments);
    check_object(schema, &arguments, "")?;
    Ok(arguments)
}

/// A client that writes null where it has nothing to say means that it says nothing.
fn drop_nulls(schema: &JsonObject, given: &mut JsonObject) {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
        return;
    };
    given.retain(|_, value| !value.is_null());
    for (name, value) in given {
        let items = properties.get(name).and_then(|list| list.get("items"));
        let Some(schema) = items.and_then(Value::as_object) else {
            continue;
        };
        for item in value.as_array_mut().into_iter().flatten() {
            if let Value::Object(item) = item {
                drop_nulls(schema, item);
            }
        }
    }
}

fn check_object(schema: &JsonObject, given: &JsonObject, place: &str) -> Result<(), Refusal> {
    let none = JsonObject::new();
    let properties = schema.get("properties").and_then(Value::as_object);
    let names = || {
        let names = properties.unwrap_or(&none).keys();
        names.cloned().collect::<Vec<_>>().join(", ")
    };
    for required in list(schema, "required") {
        let name = required.as_str().unwrap_or_default();
        if !given.contains_key(name) {
            let field = format!("{place}{name}");
            return Err(Refusal::argument(&field, "is missing: it is required"));
        }
    }
    // A schema without properties takes any, as the context of a memory.
    let Some(properties) = properties else {
        return Ok(());
    };
    for (name, value) in given {
        let field = format!("{place}{name}");
        let Some(schema) = properties.get(name).and_then(Value::as_object) else {
            let message = format!("is not an argument of this tool; it takes {}", names());
            return Err(Refusal::argument(&field, message));
        };
        check_value(schema, value, &field)?;
    }
    Ok(())
}

fn check_value(schema: &JsonObject, value: &Value, field: &str) -> Result<(), Refusal> {
    let kind = schema
        .get("type")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let fits = match kind {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => true,
    };
    if !fits {
        let message = format!("has to be of type {kind}, got {}", name_of(value));
        return Err(Refusal::argument(field, message));
    }
    check_range(schema, value, field)?;
    let choices = list(schema, "enum");
    if let (Some(text), false) = (value.as_str(), choices.is_empty()) {
        let names: Vec<&str> = choices.iter().filter_map(Value::as_str).collect();
        if !names.iter().any(|name| name.eq_ignore_ascii_case(text)) {
            let shown: String = text.chars().take(60).collect();
            let message = format!("is one of {}; got {shown:?}", names.join(", "));
            return Err(Refusal::argument(field, message).with("valid", choices.to_vec()));
        }
    }
    if let Value::Array(items) = value {
        let schema = schema.get("items").and_then(Value::as_object);
        for (at, item) in items.iter().enumerate() {
            if let Some(schema) = schema {
                check_value(schema, item, &format!("{field}[{at}]"))?;
            }
        }
    }
    match value {
        Value::Object(object) => check_object(schema, object, &format!("{field}.")),
        _ => Ok(()),
    }
}

fn check_range(schema: &JsonObject, value: &Value, field: &str) -> Result<(), Refusal> {
    let limit = |name: &str| schema.get(name).and_then(Value::as_f64);
    if let Some(number) = value.as_f64() {
        let low = limit("minimum").is_some_and(|least| number < least);
        let high = limit("maximum").is_some_and(|most| number > most);
        if low || high {
            let bound = |name: &str| schema.get(name).map_or("…".to_owned(), Value::to_string);
            let (least, most) = (bound("minimum"), bound("maximum"));
            let message = format!("is a number from {least} to {most}, got {value}");
            return Err(Refusal::argument(field, message));
        }
    }
    let (size, most, unit) = match value {
        Value::String(text) => (text.chars().count(), "maxLength", "characters"),
        Value::Array(items) => (items.len(), "maxItems", "entries"),
        _ => return Ok(()),
    };
    let most = schema.get(most).and_then(Value::as_u64);
    if let Some(most) = most.filter(|most| size as u64 > *most) {
        let message = format!("has at most {most} {unit}, got {size}: shorten it");
        return Err(Refusal::argument(field, message));
    }
    Ok(())
}

fn list<'a>(schema: &'a JsonObject, name: &str) -> &'a [Value] {
    schema
        .get(name)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

fn name_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// Fails when a text among the arguments holds a secret; says where, and never what.
pub(super) fn refuse_secrets(arguments: &JsonObject) -> Result<(), Refusal> {
    let mut found = Vec::new();
    for (name, value) in arguments {
        look(name, value, &mut found);
    }
    if found.is_empty() {
        return Ok(());
    }
    let message = format!(
        "nothing was stored: {}. Replace it by a placeholder; or, when it has to be kept, call \
         again with allow_secrets: true",
        found.join("; ")
    );
    Err(Refusal::new("secret", message).with("found", found))
}

fn look(field: &str, value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => {
            for secret in domain::secrets::find(text) {
                let at = text[..secret.start].chars().count() + 1;
                found.push(format!("{field} has a {} at character {at}", secret.kind));
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                look(&format!("{field}[{at}]"), item, found);
            }
        }
        Value::Object(object) => {
            for (name, value) in object {
                look(&format!("{field}.{name}"), value, found);
            }
        }
        _ => {}
    }
}
