//! What a client can read without a tool.

use std::borrow::Cow;

use domain::{ListQuery, MemoryFilter, MemoryId, PageRequest, Sort, Walk};
use memorygraph::{Error, MemoryGraph};
use ports::ErrorKind;
use rmcp::{
    ErrorData,
    model::{ReadResourceResult, Resource, ResourceContents, ResourceTemplate},
};
use serde::Serialize;
use serde_json::json;

const JSON: &str = "application/json";

/// How many memories the list of the last changed ones has.
const RECENT: u32 = 20;

/// What the address of a resource asks for.
#[derive(Debug, PartialEq, Eq)]
enum Asked {
    Recent,
    Statistics,
    Memory(MemoryId),
    Around { from: MemoryId, depth: u8 },
}

/// Lists the resources that have a fixed address.
pub(crate) fn all() -> Vec<Resource> {
    let recent = Resource::new("memory://recent", "recent")
        .with_title("Recent memories")
        .with_description("The 20 memories that were changed last")
        .with_mime_type(JSON);
    let stats = Resource::new("memory://stats", "stats")
        .with_title("Statistics")
        .with_description("How many memories and relationships there are, by type")
        .with_mime_type(JSON);
    vec![recent, stats]
}

/// Lists the shapes of all other addresses.
pub(crate) fn templates() -> Vec<ResourceTemplate> {
    let memory = ResourceTemplate::new("memory://{id}", "memory")
        .with_title("Memory")
        .with_description("One memory")
        .with_mime_type(JSON);
    let graph = ResourceTemplate::new("graph://{id}{?depth}", "graph")
        .with_title("Graph around a memory")
        .with_description("What is related to a memory, up to `depth` relationships far (1)")
        .with_mime_type(JSON);
    vec![memory, graph]
}

/// Reads what `uri` names.
///
/// # Errors
///
/// Fails when there is no such thing, and says which addresses there are.
pub(crate) async fn read(graph: &MemoryGraph, uri: &str) -> Result<ReadResourceResult, ErrorData> {
    let failed = |error: Error| failure(&error, uri);
    let text = match asked(uri)? {
        Asked::Recent => {
            let query = ListQuery {
                filter: MemoryFilter::default(),
                sort: Sort::RecentlyUpdated,
            };
            let page = PageRequest::first(RECENT).expect("a size in range");
            document(&graph.list(&query, &page).await.map_err(failed)?.items)
        }
        Asked::Statistics => document(&graph.statistics().await.map_err(failed)?),
        Asked::Memory(id) => match graph.get(&id).await.map_err(failed)? {
            Some(memory) => document(&memory),
            None => return Err(absent(format!("there is no memory {id}"), uri)),
        },
        Asked::Around { from, depth } => {
            let walk = Walk {
                depth,
                ..Walk::new(from)
            };
            document(&graph.related(&walk).await.map_err(failed)?)
        }
    };
    let contents = ResourceContents::text(text?, uri).with_mime_type(JSON);
    Ok(ReadResourceResult::new(vec![contents]))
}

fn document(value: &impl Serialize) -> Result<String, ErrorData> {
    let text = serde_json::to_string_pretty(value);
    text.map_err(|error| ErrorData::internal_error(error.to_string(), None))
}

fn failure(error: &Error, uri: &str) -> ErrorData {
    match error.kind() {
        ErrorKind::NotFound => absent(error.to_string(), uri),
        ErrorKind::InvalidArgument => ErrorData::invalid_params(error.to_string(), None),
        _ => ErrorData::internal_error(error.to_string(), None),
    }
}

fn absent(message: String, uri: &str) -> ErrorData {
    ErrorData::resource_not_found(message, Some(json!({ "uri": uri })))
}

fn asked(uri: &str) -> Result<Asked, ErrorData> {
    let id = |text: &str| {
        let id = decoded(text).and_then(|text| MemoryId::new(text).ok());
        id.ok_or_else(|| absent(format!("{text:?} is no id of a memory"), uri))
    };
    if let Some(name) = uri.strip_prefix("memory://") {
        return match name {
            "recent" => Ok(Asked::Recent),
            "stats" => Ok(Asked::Statistics),
            name => Ok(Asked::Memory(id(name)?)),
        };
    }
    if let Some(rest) = uri.strip_prefix("graph://") {
        let (name, query) = rest.split_once('?').unwrap_or((rest, "depth=1"));
        let depth = query.strip_prefix("depth=").and_then(|d| d.parse().ok());
        let depth = depth.ok_or_else(|| {
            let message = format!("{query:?} is not understood: write ?depth= and a number");
            ErrorData::invalid_params(message, None)
        })?;
        let from = id(name)?;
        return Ok(Asked::Around { from, depth });
    }
    let message = format!(
        "no resource is called {uri:?}: there are memory://recent, memory://stats, memory://ID and \
         graph://ID?depth=N"
    );
    Err(absent(message, uri))
}

/// Reads what stands behind percent signs.
fn decoded(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains('%') {
        return Some(text.into());
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        bytes.push(if byte == b'%' {
            let digits = std::str::from_utf8(rest.get(..2)?).ok()?;
            rest = &rest[2..];
            u8::from_str_radix(digits, 16).ok()?
        } else {
            byte
        });
    }
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_what_is_asked_for() {
        let id = |text| MemoryId::new(text).unwrap();
        for (uri, expected) in [
            ("memory://recent", Asked::Recent),
            ("memory://stats", Asked::Statistics),
            ("memory://slow-redis", Asked::Memory(id("slow-redis"))),
            ("memory://a%20%C3%A9", Asked::Memory(id("a é"))),
            (
                "graph://a",
                Asked::Around {
                    from: id("a"),
                    depth: 1,
                },
            ),
            (
                "graph://a?depth=3",
                Asked::Around {
                    from: id("a"),
                    depth: 3,
                },
            ),
        ] {
            assert_eq!(asked(uri), Ok(expected), "{uri}");
        }
    }

    #[test]
    fn an_address_without_a_meaning_is_refused() {
        for uri in [
            "",
            "file:///etc",
            "memory://",
            "memory://%",
            "memory://%zz",
            "memory://%ff",
            "graph://a?depth=",
            "graph://a?depth=-1",
            "graph://a?deep=1",
        ] {
            assert!(asked(uri).is_err(), "{uri}");
        }
    }
}
