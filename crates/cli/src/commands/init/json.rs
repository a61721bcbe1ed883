//! JSON files of others, changed in one place.

use jsonc_parser::{
    ParseOptions,
    cst::{CstInputValue, CstObject, CstObjectProp, CstRootNode},
};
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use super::{
    document::Lenience,
    entry::{Fields, NAME},
};

/// Returns the whole text as a value; of an empty text, an object without fields.
pub(super) fn value(text: &str, lenience: Lenience) -> Result<Value, String> {
    let root = parse(text, lenience)?;
    let value = match root.value() {
        None => Some(Value::Object(Map::new())),
        Some(value) => value.to_serde_value(),
    };
    value.ok_or_else(|| "it is not JSON".to_owned())
}

/// Adds the entry below the keys, or brings it up to date.
pub(super) fn put(
    text: &str,
    lenience: Lenience,
    keys: &[&str],
    fields: &Fields,
) -> Result<String, String> {
    let root = parse(text, lenience)?;
    let not_an_object = |key: &str| format!("{key:?} is not an object");
    let mut place = root
        .object_value_or_create()
        .ok_or_else(|| "it is not an object".to_owned())?;
    for key in keys {
        only(&place, key)?;
        let next = place.object_value_or_create(key);
        place = next.ok_or_else(|| not_an_object(key))?;
    }
    if let Some(entry) = only(&place, NAME)? {
        let entry = entry.object_value().ok_or_else(|| not_an_object(NAME))?;
        update(&entry, fields)?;
    } else {
        let fields = fields
            .iter()
            .map(|(key, value)| ((*key).to_owned(), input(value)));
        place.append(NAME, CstInputValue::Object(fields.collect()));
    }
    Ok(root.to_string())
}

/// Takes the entry out, and leaves everything else.
pub(super) fn remove(text: &str, lenience: Lenience, keys: &[&str]) -> Result<String, String> {
    let root = parse(text, lenience)?;
    let mut place = root.object_value();
    for key in keys {
        let Some(object) = place else { break };
        place = only(&object, key)?.and_then(|found| found.object_value());
    }
    if let Some(object) = place
        && let Some(entry) = only(&object, NAME)?
    {
        entry.remove();
    }
    Ok(root.to_string())
}

/// Writes the fields of an entry as they stand in an empty file.
fn update(entry: &CstObject, fields: &Fields) -> Result<(), String> {
    for (key, value) in fields {
        let Some(found) = only(entry, key)? else {
            entry.append(key, input(value));
            continue;
        };
        match (value, found.object_value()) {
            (Value::Object(added), Some(there)) => {
                for (key, value) in added {
                    match only(&there, key)? {
                        Some(found) => set(&found, value),
                        None => drop(there.append(key, input(value))),
                    }
                }
            }
            _ => set(&found, value),
        }
    }
    Ok(())
}

/// Sets what is something else, so that what is right stays byte for byte.
fn set(property: &CstObjectProp, value: &Value) {
    if property.to_serde_value().as_ref() != Some(value) {
        property.set_value(input(value));
    }
}

/// Returns the property with this name. Of two, clients and this program could mean different ones.
fn only(object: &CstObject, name: &str) -> Result<Option<CstObjectProp>, String> {
    let mut found = object
        .properties()
        .into_iter()
        .filter(|property| property.decoded_name().as_deref() == Some(name));
    match (found.next(), found.next()) {
        (_, Some(_)) => Err(format!("it has {name:?} twice")),
        (found, None) => Ok(found),
    }
}

fn input(value: &Value) -> CstInputValue {
    match value {
        Value::Null => CstInputValue::Null,
        Value::Bool(value) => CstInputValue::Bool(*value),
        Value::Number(number) => CstInputValue::Number(number.to_string()),
        Value::String(text) => CstInputValue::String(text.clone()),
        Value::Array(values) => CstInputValue::Array(values.iter().map(input).collect()),
        Value::Object(fields) => {
            let fields = fields
                .iter()
                .map(|(key, value)| (key.clone(), input(value)));
            CstInputValue::Object(fields.collect())
        }
    }
}

fn parse(text: &str, lenience: Lenience) -> Result<CstRootNode, String> {
    if lenience == Lenience::Strict && !text.trim().is_empty() {
        // The tree has comments whatever the options say.
        serde_json::from_str::<IgnoredAny>(text)
            .map_err(|error| format!("{error} (its client takes no comments)"))?;
    }
    let options = ParseOptions {
        allow_comments: lenience != Lenience::Strict,
        allow_trailing_commas: lenience == Lenience::Full,
        allow_loose_object_property_names: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    };
    CstRootNode::parse(text, &options).map_err(|error| error.to_string())
}
